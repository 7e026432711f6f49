/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/target.h"

#include <bpf/btf.h>
#include <errno.h>

#include "bpf/uapi.h"
#include "image/kdeny.h"
#include "image/kproto.h"
#include "image/ktarget.h"
#include "verifier/ctx.h"
#include "verifier/kernctx.h"

#define RET_BYTES_MAX 8

static bool type_is_known(const struct verify_opts *o)
{
	switch (o->type) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_SYSCALL:
		return true;
	default:
		return ctx_is_trampoline(o) || (o->flags & VERIFY_KERNEL_KINDS && kernctx_is_kind(o));
	}
}

static bool may_sleep(const struct verify_opts *o)
{
	return o->type == BPF_PROG_TYPE_SYSCALL || ctx_is_trampoline(o) || o->type == BPF_PROG_TYPE_LSM ||
	       o->type == BPF_PROG_TYPE_KPROBE || (kernctx_has_slots(o) && o->attach_type == BPF_TRACE_ITER);
}

static int check_sleepable(struct env *env)
{
	bool sleepable = env->o->flags & VERIFY_SLEEPABLE;

	if (env->o->type == BPF_PROG_TYPE_SYSCALL && !sleepable && !(env->o->flags & VERIFY_EXTENSION))
		return refuse(env, -EINVAL, "syscall programs must be sleepable");
	if (sleepable && !may_sleep(env->o))
		return refuse(env, -EINVAL, "programs of this type cannot be sleepable");
	return 0;
}

/* Kinds that run when the function has returned, so that it must. */
static bool runs_at_return(const struct verify_opts *o)
{
	return o->attach_type != BPF_TRACE_FENTRY;
}

static int check_proto(struct env *env, const char *name)
{
	const struct verify_opts *o = env->o;
	struct ktarget_proto proto;
	const char *why, *hint_text;
	bool wide;

	if (kproto_from_btf(o->target_btf, o->target_id, &proto))
		return refuse(env, -EINVAL, "the target '%s' is no function", name);
	wide = proto.ret_size > RET_BYTES_MAX && !proto.ret_struct && !proto.odd_type;
	if (wide && !runs_at_return(o))
		proto.ret_size = RET_BYTES_MAX;	/* nobody looks at it */
	why = kproto_refusal(&proto, &hint_text);
	if (!why)
		return 0;
	refuse(env, wide && !proto.varargs ? -EOPNOTSUPP : -EINVAL, "the target '%s' %s", name, why);
	if (hint_text)
		hint(env, "%s", hint_text);
	return wide && !proto.varargs ? -EOPNOTSUPP : -EINVAL;
}

static int check_denied(struct env *env, const char *name)
{
	const char *why, *hint_text;

	if (!(env->o->flags & VERIFY_KERNEL))
		return 0;
	why = kdeny_reason(name, &hint_text);
	if (!why || (kdeny_never_returns(name) && !runs_at_return(env->o)))
		return 0;
	refuse(env, -EINVAL, "the target '%s' %s", name, why);
	if (hint_text)
		hint(env, "%s", hint_text);
	return -EINVAL;
}

int target_check(struct env *env)
{
	const struct verify_opts *o = env->o;
	const struct btf_type *t;
	const char *name;
	int err;

	if (!type_is_known(o)) {
		refuse(env, -EOPNOTSUPP, "programs of type %u, attach type %u, are not supported", o->type,
		       o->attach_type);
		if (o->type == BPF_PROG_TYPE_EXT)
			hint(env, "it is judged when it is loaded, with the program whose function it replaces");
		return -EOPNOTSUPP;
	}
	err = check_sleepable(env);
	if (err || !ctx_is_trampoline(o) || ctx_is_multi(o) || !o->target_id)
		return err;
	t = o->target_btf ? btf__type_by_id(o->target_btf, o->target_id) : NULL;
	name = t ? btf__name_by_offset(o->target_btf, t->name_off) : NULL;
	if (!name)
		return refuse(env, -EINVAL, "a target without types");
	return check_denied(env, name) ?: check_proto(env, name);
}
