/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/trace.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/helpers.h"
#include "bpf/kfuncs.h"
#include "bpf/uapi.h"
#include "image/kproto.h"
#include "image/ktarget.h"
#include "syscall/prog.h"
#include "syscall/selftest.h"
#include "util/log.h"

#define SLOT_BYTES 8

static int kind_of(u32 attach_type)
{
	switch (attach_type) {
	case BPF_TRACE_FENTRY:
	case FS_BPF_TRACE_FENTRY_MULTI:
		return TRAMP_FENTRY;
	case BPF_TRACE_FEXIT:
	case FS_BPF_TRACE_FEXIT_MULTI:
		return TRAMP_FEXIT;
	case BPF_MODIFY_RETURN:
		return TRAMP_FMOD_RET;
	case FS_BPF_TRACE_FSESSION:
	case FS_BPF_TRACE_FSESSION_MULTI:
		return TRAMP_FSESSION;
	default:
		return -EINVAL;
	}
}

/* -- What the attribute says --- */

/* A module's types, or a BPF program's. */
static int open_fd(struct trace *t, int fd)
{
	int err;

	if (!prog_from_fd(fd, &t->dst)) {
		t->btf = t->dst->btf;
		if (t->btf)
			obj_get(&t->btf->obj);
		t->target = target_for_progs();
		return 0;
	}
	if (btf_from_fd(fd, &t->btf))
		return -EINVAL;
	err = t->btf->kernel ? 0 : -FS_ENOTSUPP;
	t->target = t->btf->target;
	return err;
}

static int open_target(struct trace *t, const struct prog_load_attr *attr)
{
	int err;

	t->func.btf_id = attr->attach_btf_id;
	t->multi = attr->prog_type == BPF_PROG_TYPE_TRACING &&
		   attr->expected_attach_type >= FS_BPF_TRACE_FENTRY_MULTI &&
		   attr->expected_attach_type <= FS_BPF_TRACE_FSESSION_MULTI;
	if (attr->attach_prog_fd)
		return open_fd(t, attr->attach_prog_fd);
	err = t->func.btf_id || t->multi ? target_vmlinux(&t->btf) : 0;
	t->target = t->btf ? t->btf->target : NULL;
	return err;
}

int trace_open(const struct prog_load_attr *attr, struct trace **ret)
{
	bool tracing = attr->prog_type == BPF_PROG_TYPE_TRACING;
	struct trace *t = calloc(1, sizeof(*t));
	int err = t ? open_target(t, attr) : -ENOMEM;

	*ret = NULL;
	if (!err && !tracing && attr->prog_type != BPF_PROG_TYPE_EXT && (t->btf || t->dst || t->func.btf_id))
		err = -EINVAL;
	if (!err && t->multi && (t->dst || t->func.btf_id))
		err = -EINVAL;
	if (!err && !t->multi && t->btf && !t->dst && !t->func.btf_id)
		err = -EINVAL;
	if (err || !tracing) {
		trace_free(t);
		return err;
	}
	*ret = t;
	return 0;
}

/* -- May it? --- */

static u32 bytes_of(const struct btf *btf, u32 type)
{
	const struct btf_type *t = btf__type_by_id(btf, btf__resolve_type(btf, type));

	return !t || btf_is_ptr(t) ? SLOT_BYTES : t->size;
}

void trace_describe(const struct trace *t, struct trace_func *f)
{
	const struct btf *btf = t->btf->btf;
	const struct btf_type *func = btf__type_by_id(btf, f->btf_id), *proto = btf__type_by_id(btf, func->type);
	const struct btf_param *args = btf_params(proto);

	f->proto.untyped = f->code.untyped;
	f->proto.entered = f->code.entered;
	f->proto.nr_args = btf_vlen(proto);
	for (u32 i = 0; i < f->proto.nr_args; i++)
		f->proto.arg_words[i] = bytes_of(btf, args[i].type) > SLOT_BYTES ? 2 : 1;
}

static int check_proto(const struct trace *t, const struct trace_func *f, struct blog *log)
{
	struct ktarget_proto proto;
	const char *why;
	int err = kproto_from_btf(t->btf->btf, f->btf_id, &proto);

	if (err) {
		blog_print(log, "attach_btf_id %u is not a function\n", f->btf_id);
		return err;
	}
	why = kproto_refusal(&proto, NULL);
	if (!why)
		return 0;
	err = !proto.varargs && !proto.ret_struct && proto.ret_size > SLOT_BYTES ? -EOPNOTSUPP : -EINVAL;
	if (err == -EOPNOTSUPP && t->kind == TRAMP_FENTRY)
		return 0;
	blog_print(log, "The function %s %s.\n", f->name, why);
	return err;
}

/* FSESSION_MODIFIABLE() in the same object? */
static bool is_modifiable(const struct trace *t, const struct trace_func *f)
{
	char name[sizeof(f->name) + 32];

	snprintf(name, sizeof(name), "__fsession_modify_%s", f->name);
	return !t->dst && btf__find_by_name_kind(t->btf->btf, name, BTF_KIND_FUNC) > 0;
}

/* Sleepable programs may go to any function of a process, and programs that change results to those that
 * allow it; the engine's own functions are as in the kernel. */
static int check_policy(const struct prog *p, const struct trace_func *f, struct blog *log)
{
	const struct trace *t = p->trace;
	const struct selftest *test = t->dst || t->btf->nr ? NULL : selftest_find(f->name);

	if ((test || t->dst) && p->flags & BPF_F_SLEEPABLE && (!test || !test->sleepable)) {
		blog_print(log, "%s is not sleepable\n", f->name);
		return -EINVAL;
	}
	if (t->kind == TRAMP_FMOD_RET && !(test && test->modify) && !is_modifiable(t, f)) {
		blog_print(log, "%s() is not modifiable\n", f->name);
		return -EINVAL;
	}
	return 0;
}

/* Of a tracing program, which images have copies of: all run one from now on. */
static int find_traced_code(const struct prog *dst, struct trace_func *f, struct blog *log)
{
	u32 bytes;

	if (f->code.addr != prog_func_addr(dst, 0, &bytes)) {
		blog_print(log, "Functions of tracing programs other than the first cannot be traced\n");
		return -EOPNOTSUPP;
	}
	return tramp_prog_single_copy(dst->trace->code, f->code.addr, &f->code.addr, &f->code.size);
}

static int find_prog_code(const struct trace *t, struct trace_func *f, struct blog *log)
{
	const struct trace *on = t->dst->trace;

	if (!t->target || !t->target->here)
		return -EOPNOTSUPP;
	if (on && on->dst && on->dst->trace) {
		blog_print(log, "Cannot nest tracing program attach more than once\n");
		return -EINVAL;
	}
	if (prog_func(t->dst, f->btf_id, &f->code)) {
		blog_print(log, "Subprog %s doesn't exist\n", f->name);
		return -EINVAL;
	}
	return on ? find_traced_code(t->dst, f, log) : 0;
}

static int find_code(const struct trace *t, struct trace_func *f, struct blog *log)
{
	char buf[128];
	const char *why;
	int err;

	if (t->dst)
		return find_prog_code(t, f, log);
	why = target_refusal(t->btf, f->btf_id, buf);
	if (why) {
		blog_print(log, "Function %s cannot be traced: %s\n", f->name, why);
		return -EOPNOTSUPP;
	}
	err = target_func(t->btf, f->btf_id, &f->code);
	if (!err && t->multi && f->code.home)
		err = -EOPNOTSUPP;	/* its code is for another place */
	if (err)
		blog_print(log, "The address of function %s cannot be found\n", f->name);
	return err;
}

int trace_find(const struct prog *p, u32 id, struct trace_func *ret, struct blog *log)
{
	const struct trace *t = p->trace;
	const struct btf_type *type = id ? btf__type_by_id(t->btf->btf, id) : NULL;
	struct trace_func f = { .btf_id = id };
	int err;

	if (!type) {
		blog_print(log, "attach_btf_id %u is invalid\n", id);
		return -EINVAL;
	}
	strncat(f.name, btf__name_by_offset(t->btf->btf, type->name_off) ?: "", sizeof(f.name) - 1);
	err = check_proto(t, &f, log);
	err = err ?: find_code(t, &f, log);
	if (err)
		return err;
	trace_describe(t, &f);
	*ret = f;
	return check_policy(p, &f, log);
}

static int check_sessions(const struct prog *p, struct blog *log)
{
	struct tramp_space *space;
	int err;

	if (p->trace->kind != TRAMP_FSESSION)
		return 0;
	err = p->trace->target->ops->space(p->trace->target->arg, &space);
	if (!err && !space->arch->sessions) {
		blog_print(log, "JIT does not support fsession\n");
		err = -EOPNOTSUPP;
	}
	return err;
}

int trace_check(struct prog *p, struct blog *log)
{
	struct trace *t = p->trace;
	u32 id = t->func.btf_id;
	int err = kind_of(p->attach_type);

	if (!id && !t->multi)
		blog_print(log, "Tracing programs must provide btf_id\n");
	if (err < 0 || (!id && !t->multi))
		return -EINVAL;
	t->kind = err;
	if (!t->btf) {
		blog_print(log, "Tracing program can only be attached to a program with BTF\n");
		return -EINVAL;
	}
	err = check_sessions(p, log);
	if (err || t->multi)
		return err;
	err = trace_find(p, id, &t->func, log);
	if (!err && t->func.code.home)
		t->target = t->func.code.home;
	return err;
}

int trace_tramp(const struct trace *t, const struct trace_func *f, struct tramp **ret)
{
	struct tramp_space *space;
	int err = t->target->ops->space(t->target->arg, &space);

	if (!err && t->dst)
		t->dst->traced_in = space;
	return err ?: tramp_get(space, f->code.addr, f->code.size, &f->proto, f->name, ret);
}

/* -- Code --- */

/* Those that look at ctx alone need no lane and no run record. */
static bool needs_run(const struct helper *h)
{
	return !(h->flags & HELPER_TRACING);
}

static bool kfunc_runs(const struct bpf_insn *insn)
{
	const struct kfunc *k = kfunc_find(target_kfunc_name(insn->imm));

	return k && k->fn;
}

static u32 flags_of(const struct prog *p)
{
	u32 flags = stats_are_on() ? TRAMP_PROG_RUN : 0;

	for (u32 i = 0; i < p->cnt; i++) {
		const struct bpf_insn *insn = &p->insns[i];
		const struct helper *h = insn_is_helper_call(insn) ? helper_find(insn->imm) : NULL;

		i += insn_is_ldimm64(insn);
		if (insn_is_kfunc_call(insn) && kfunc_runs(insn))
			flags |= TRAMP_PROG_RUN;
		if (!h)
			continue;
		if (h->flags & HELPER_VECTOR)
			flags |= TRAMP_PROG_VECTORS;
		if (insn->imm == BPF_FUNC_get_func_ip)
			flags |= TRAMP_PROG_FUNC_IP;
		if (needs_run(h) && !(p->insn_flags && p->insn_flags[i] & JIT_INSN_ARRAY))
			flags |= TRAMP_PROG_RUN;
	}
	return flags;
}

/* For another process: the maps that @insns name have other addresses there. */
static int move_maps(const struct prog *p, struct bpf_insn *insns)
{
	const struct target *t = p->trace->target;
	u64 rt, values, at;

	for (u32 i = 0; i < p->cnt; i++) {
		const struct map *map = prog_map_at(p, i, &at);
		int err;

		if (!map)
			continue;
		err = t->ops->map(t->arg, map, &rt, &values);
		if (err)
			return err;
		at = at == (u64)map->rt ? rt : values + (at - (u64)map->rt->values);
		insns[i].imm = at;
		insns[i + 1].imm = at >> 32;
	}
	return 0;
}

static int resolve_there(void *arg, const struct bpf_insn *insn, struct bpf_call *ret)
{
	const struct prog *p = arg;
	const struct target *t = p->trace->target;
	int err = prog_resolve_call(p, insn, ret);

	if (err || ret->kind != BPF_CALL_ADDR)
		return err;
	ret->addr = t->ops->helper(t->arg, ret->addr);
	return ret->addr ? 0 : -ENOENT;
}

static int compile_there(struct prog *p, struct tramp_space *space, struct tramp_prog_opts *opts)
{
	struct bpf_insn *insns = malloc(p->cnt * sizeof(*insns));
	int err;

	if (!insns)
		return -ENOMEM;
	memcpy(insns, p->xlated, p->cnt * sizeof(*insns));
	err = move_maps(p, insns);
	opts->insns = insns;
	opts->jit.resolve = resolve_there;
	opts->jit.probe_fn = p->trace->target->ops->helper(p->trace->target->arg, opts->jit.probe_fn);
	err = err ?: tramp_prog_new(space, opts, &p->trace->code);
	free(insns);
	return err;
}

int trace_compile(struct prog *p, const struct jit_opts *jit, struct blog *log)
{
	struct target *target = p->trace->target;
	struct tramp_prog_opts opts = {
		.insns = p->xlated,
		.cnt = p->cnt,
		.name = p->name,
		.flags = flags_of(p),
		.jit = *jit,
	};
	struct tramp_space *space;
	int err = target->ops->space(target->arg, &space);

	if (!err)
		err = target->ops->map ? compile_there(p, space, &opts) :
					 tramp_prog_new(space, &opts, &p->trace->code);
	if (err)
		blog_print(log, "jit: %s\n", log_errstr(err));
	return err;
}

bool trace_free(struct trace *t)
{
	if (!t)
		return true;
	if (t->attached && tramp_prog_wait(t->code))
		return false;
	tramp_prog_put(t->code);
	btf_put(t->btf);
	prog_put(t->dst);
	free(t);
	return true;
}

void trace_stats(const struct trace *t, struct guard_prog *ret)
{
	tramp_prog_stats(t->code, ret);
}
