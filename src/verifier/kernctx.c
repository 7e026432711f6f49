/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/kernctx.h"

#include <bpf/btf.h>
#include <errno.h>

#include "bpf/uapi.h"
#include "verifier/btfwalk.h"
#include "verifier/ctx.h"
#include "verifier/protos.h"

#define TRACEPOINT_BYTES 8192		/* of a record at most; the first 8 are the kernel's own */
#define REGS_BYTES 168			/* struct pt_regs where there are no types to ask */

static bool is_tracing(const struct verify_opts *o, u32 attach_type)
{
	return o->type == BPF_PROG_TYPE_TRACING && o->attach_type == attach_type;
}

static bool is_lsm(const struct verify_opts *o)
{
	return o->type == BPF_PROG_TYPE_LSM && o->attach_type == BPF_LSM_MAC;
}

bool kernctx_has_slots(const struct verify_opts *o)
{
	return is_tracing(o, BPF_TRACE_RAW_TP) || is_tracing(o, BPF_TRACE_ITER) || is_lsm(o);
}

bool kernctx_is_kind(const struct verify_opts *o)
{
	return kernctx_has_slots(o) || o->type == BPF_PROG_TYPE_KPROBE || o->type == BPF_PROG_TYPE_TRACEPOINT ||
	       o->type == BPF_PROG_TYPE_PERF_EVENT;
}

/* -- ctx --- */

static u32 struct_bytes(const struct verify_opts *o, const char *name, u32 otherwise)
{
	s32 id = o->target_btf ? btf__find_by_name_kind(o->target_btf, name, BTF_KIND_STRUCT) : -1;

	return id > 0 ? btf__type_by_id(o->target_btf, id)->size : otherwise;
}

static bool in_perf_event(const struct verify_opts *o, const struct access *a, s32 off)
{
	u32 bytes = struct_bytes(o, "bpf_perf_event_data", REGS_BYTES + 16);

	/* registers as they are, the period and the address behind them in parts, too */
	return !a->write && off + a->size <= bytes && (a->size == 8 || off >= (s32)bytes - 16);
}

static bool in_ctx(const struct verify_opts *o, const struct access *a, s32 off)
{
	if (off < 0 || off % a->size)
		return false;
	switch (o->type) {
	case BPF_PROG_TYPE_KPROBE:	/* those of user functions may write */
		return off + a->size <= struct_bytes(o, "pt_regs", REGS_BYTES);
	case BPF_PROG_TYPE_TRACEPOINT:
		return !a->write && off >= 8 && off + a->size <= TRACEPOINT_BYTES;
	default:
		return in_perf_event(o, a, off);
	}
}

int kernctx_access(struct env *env, struct access *a, s32 off)
{
	if (!in_ctx(env->o, a, off))
		return ctx_refuse(env, a, off, NULL);
	mem_set_loaded(a);
	return 0;
}

const struct btf_type *kernctx_proto(const struct verify_opts *o, u32 *hidden)
{
	const struct btf_type *t = btf__type_by_id(o->target_btf, o->target_id);

	*hidden = 0;
	if (t && btf_is_func(t)) {
		t = btf__type_by_id(o->target_btf, t->type);
	} else if (t && btf_is_typedef(t)) {	/* btf_trace_NAME, of a pointer to a function with data first */
		t = btfwalk_strip(o->target_btf, t->type, NULL);
		t = t && btf_is_ptr(t) ? btfwalk_strip(o->target_btf, t->type, NULL) : NULL;
		*hidden = 1;
	}
	return t && btf_is_func_proto(t) ? t : NULL;
}

/* -- Helpers --- */

u32 kernctx_helpers(const struct verify_opts *o)
{
	switch (o->type) {
	case BPF_PROG_TYPE_KPROBE:
		return PF_PROBE;
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
		return PF_EVENT;
	case BPF_PROG_TYPE_LSM:
		return PF_LSM;
	default:
		return is_tracing(o, BPF_TRACE_RAW_TP) ? PF_TP_BTF : 0;
	}
}

/* -- What they return --- */

static bool lsm_ret(const struct verify_opts *o, s64 *min, s64 *max)
{
	u32 hidden;
	const struct btf_type *proto = o->target_id ? kernctx_proto(o, &hidden) : NULL;
	const struct btf_type *ret = proto ? btfwalk_strip(o->target_btf, proto->type, NULL) : NULL;

	*min = ret && ret->size == 1 ? 0 : -ERRNO_MAX;
	*max = ret && ret->size == 1 ? 1 : 0;
	if (!ret)		/* void */
		*min = *max + 1;
	return true;
}

bool kernctx_ret(const struct verify_opts *o, s64 *min, s64 *max)
{
	*min = 0;
	*max = 1;
	if (is_lsm(o))
		return lsm_ret(o, min, max);
	if (o->type == BPF_PROG_TYPE_KPROBE)
		return o->attach_type == FS_BPF_TRACE_KPROBE_SESSION ||
		       o->attach_type == FS_BPF_TRACE_UPROBE_SESSION;
	return is_tracing(o, BPF_TRACE_ITER);
}
