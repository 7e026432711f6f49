/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/ctx.h"

#include <bpf/btf.h>
#include <errno.h>

#include "bpf/uapi.h"
#include "verifier/btfwalk.h"
#include "verifier/kernctx.h"

#define SLOTS_MAX 12		/* that loads reach */
#define SYSCALL_CTX_BYTES 65535

bool ctx_is_session(const struct verify_opts *o)
{
	return o->type == BPF_PROG_TYPE_TRACING &&
	       (o->attach_type == FS_BPF_TRACE_FSESSION || o->attach_type == FS_BPF_TRACE_FSESSION_MULTI);
}

bool ctx_is_multi(const struct verify_opts *o)
{
	return o->type == BPF_PROG_TYPE_TRACING && o->attach_type >= FS_BPF_TRACE_FENTRY_MULTI &&
	       o->attach_type <= FS_BPF_TRACE_FSESSION_MULTI;
}

bool ctx_is_trampoline(const struct verify_opts *o)
{
	if (o->type != BPF_PROG_TYPE_TRACING)
		return false;
	return ctx_is_session(o) || ctx_is_multi(o) || o->attach_type == BPF_TRACE_FENTRY ||
	       o->attach_type == BPF_TRACE_FEXIT || o->attach_type == BPF_MODIFY_RETURN;
}

int ctx_refuse(struct env *env, const struct access *a, s32 off, const char *what)
{
	refuse_reg(env, -EACCES, a->nr, ": invalid ctx access at offset %d of %u bytes", off, a->size);
	if (what)
		hint(env, "ctx: %s", what);
	return -EACCES;
}

/* -- Tracing: 8-byte slots by prototype --- */

static bool has_return_slot(const struct verify_opts *o)
{
	return ctx_is_session(o) || o->attach_type == BPF_TRACE_FEXIT ||
	       o->attach_type == BPF_MODIFY_RETURN || o->type == BPF_PROG_TYPE_LSM;
}

static void hint_slots(struct env *env, u32 args, const struct btf_type *ret)
{
	if (args && has_return_slot(env->o) && ret)
		hint(env, "slots 0 to %u of ctx are its arguments, slot %u is what it returns", args - 1, args);
	else if (args)
		hint(env, "slots 0 to %u of ctx are its arguments", args - 1);
}

/* The type behind slot @slot; structures take one slot for every 8 bytes. */
static int slot_type(struct env *env, u32 slot, u32 *ret)
{
	const struct verify_opts *o = env->o;
	const struct btf_type *func = btf__type_by_id(o->target_btf, o->target_id), *proto;
	const struct btf_param *p;
	u32 at = 0, hidden;

	proto = kernctx_proto(o, &hidden);
	if (!proto)
		return refuse(env, -EINVAL, "the target has no prototype");
	p = btf_params(proto);
	for (u32 i = hidden; i < btf_vlen(proto); i++) {
		u32 bytes = btfwalk_bytes(o->target_btf, p[i].type);

		at += bytes ? (bytes + 7) / 8 : 1;
		if (slot < at) {
			*ret = p[i].type;
			return 0;
		}
	}
	if (slot > at || !has_return_slot(o)) {
		refuse(env, -EACCES, "the target '%s' has no argument in slot %u",
		       btf__name_by_offset(o->target_btf, func->name_off), slot);
		hint_slots(env, at, btfwalk_strip(o->target_btf, proto->type, NULL));
		return -EACCES;
	}
	if (!btfwalk_strip(o->target_btf, proto->type, NULL))
		return refuse(env, -EACCES, "the target '%s' returns nothing",
			      btf__name_by_offset(o->target_btf, func->name_off));
	*ret = proto->type;
	return 0;
}

static int access_slot(struct env *env, struct access *a, s32 off)
{
	const struct verify_opts *o = env->o;
	const struct btf_type *t;
	u32 id = 0;
	int err;

	if (off < 0 || off >= SLOTS_MAX * 8 || off % a->size)
		return ctx_refuse(env, a, off, "arguments are in slots of 8 bytes, one after the other: load ctx[n]");
	if (ctx_is_multi(o))
		return refuse(env, -EACCES, "programs for many functions have no arguments in ctx: "
					    "use bpf_get_func_arg()");
	if (off % 8) {
		refuse(env, -EACCES, "ctx offset %d is no multiple of 8", off);
		hint(env, "each argument begins a slot of 8 bytes: load ctx[%d]", off / 8);
		return -EACCES;
	}
	if (!o->target_id) {	/* five words and a result */
		if (off / 8 > 5 || (off / 8 == 5 && !has_return_slot(o)))
			return refuse(env, -EACCES, "the target has no argument in slot %d", off / 8);
	} else {
		err = slot_type(env, off / 8, &id);
		if (err)
			return err;
	}
	t = id ? btfwalk_strip(o->target_btf, id, NULL) : NULL;
	mem_set_loaded(a);
	if (!t || !btf_is_ptr(t))
		return 0;
	if (a->size != 8)
		return refuse(env, -EACCES, "the pointer in ctx slot %d is loaded with %u bytes", off / 8,
			      a->size);
	btfwalk_set_pointer(o->target_btf, id, 0, &a->result);
	if (a->result.type == REG_BTF)
		a->result.flags |= kernctx_has_slots(o) ? REG_TRUSTED : REG_GIVEN;
	/* At the end of an iteration there is no object any more. */
	if (o->attach_type == BPF_TRACE_ITER && off && a->result.type == REG_BTF)
		a->result.flags |= REG_MAYBE_NULL;
	return 0;
}

/* -- Packets --- */

enum field_kind { FIELD_NUMBER, FIELD_DATA, FIELD_DATA_END, FIELD_DATA_META };

struct field {
	u16 off, end;
	u8 kind;
	u8 narrow;		/* parts of it may be loaded */
	u8 write;		/* 1: sched_cls, sched_act; 2: socket filters too */
	u8 hidden;		/* from socket filters */
};

#define FIELD(type, first, last, ...)                                                              \
	{ offsetof(struct type, first),                                                            \
	  offsetof(struct type, last) + sizeof(((struct type *)0)->last), __VA_ARGS__ }

static const struct field skb_fields[] = {
	FIELD(__sk_buff, len, pkt_type, FIELD_NUMBER, 1, 0, 0),
	FIELD(__sk_buff, mark, mark, FIELD_NUMBER, 1, 1, 0),
	FIELD(__sk_buff, queue_mapping, queue_mapping, FIELD_NUMBER, 1, 1, 0),
	FIELD(__sk_buff, protocol, vlan_proto, FIELD_NUMBER, 1, 0, 0),
	FIELD(__sk_buff, priority, priority, FIELD_NUMBER, 1, 1, 0),
	FIELD(__sk_buff, ingress_ifindex, ifindex, FIELD_NUMBER, 1, 0, 0),
	FIELD(__sk_buff, tc_index, tc_index, FIELD_NUMBER, 1, 1, 0),
	FIELD(__sk_buff, cb, cb, FIELD_NUMBER, 1, 2, 0),
	FIELD(__sk_buff, hash, hash, FIELD_NUMBER, 1, 0, 0),
	FIELD(__sk_buff, tc_classid, tc_classid, FIELD_NUMBER, 1, 1, 1),
	FIELD(__sk_buff, data, data, FIELD_DATA, 0, 0, 1),
	FIELD(__sk_buff, data_end, data_end, FIELD_DATA_END, 0, 0, 1),
	FIELD(__sk_buff, napi_id, napi_id, FIELD_NUMBER, 1, 0, 0),
	FIELD(__sk_buff, data_meta, data_meta, FIELD_DATA_META, 0, 0, 1),
	FIELD(__sk_buff, tstamp, tstamp, FIELD_NUMBER, 0, 1, 1),
	FIELD(__sk_buff, wire_len, wire_len, FIELD_NUMBER, 1, 0, 1),
	FIELD(__sk_buff, gso_segs, gso_segs, FIELD_NUMBER, 1, 0, 0),
	FIELD(__sk_buff, gso_size, gso_size, FIELD_NUMBER, 1, 0, 0),
	FIELD(__sk_buff, hwtstamp, hwtstamp, FIELD_NUMBER, 0, 0, 1),
};

static const struct field xdp_fields[] = {
	FIELD(xdp_md, data, data, FIELD_DATA, 0, 0, 0),
	FIELD(xdp_md, data_end, data_end, FIELD_DATA_END, 0, 0, 0),
	FIELD(xdp_md, data_meta, data_meta, FIELD_DATA_META, 0, 0, 0),
	FIELD(xdp_md, ingress_ifindex, ingress_ifindex, FIELD_NUMBER, 0, 0, 0),
	FIELD(xdp_md, rx_queue_index, rx_queue_index, FIELD_NUMBER, 0, 0, 0),
};

static bool may_use(const struct env *env, const struct field *f, const struct access *a, s32 off)
{
	bool filter = env->o->type == BPF_PROG_TYPE_SOCKET_FILTER;
	u32 whole = f->end - f->off == 8 ? 8 : 4;

	if (filter && f->hidden)
		return false;
	if (a->write)
		return f->write > filter && (a->size >= whole || f->write == 2) && off % a->size == 0;
	if (a->size == whole || (f->write == 2 && a->size == 8))
		return off % 4 == 0;
	return f->narrow && a->size < whole && off % a->size == 0;
}

static void load_field(struct env *env, const struct field *f, struct access *a)
{
	static const u8 types[] = { REG_SCALAR, REG_PACKET, REG_PACKET_END, REG_PACKET_META };

	if (f->kind != FIELD_NUMBER)
		reg_set_pointer(&a->result, types[f->kind], 0);
	else
		mem_set_loaded(a);
	(void)env;
}

static int access_fields(struct env *env, struct access *a, s32 off, const struct field *f, u32 cnt)
{
	for (u32 i = 0; i < cnt; i++, f++) {
		if (off < f->off || off + a->size > f->end)
			continue;
		if (!may_use(env, f, a, off))
			break;
		load_field(env, f, a);
		return 0;
	}
	return ctx_refuse(env, a, off, "fields are loaded as they are declared; few may be written");
}

/* -- All --- */

static int access_words(struct env *env, struct access *a, s32 off)
{
	if (off < 0 || off + a->size > SLOTS_MAX * 8 || off % a->size || a->write)
		return ctx_refuse(env, a, off, "it is a list of words of 8 bytes, to be read");
	mem_set_loaded(a);
	return 0;
}

static int access_plain(struct env *env, struct access *a, s32 off)
{
	if (off < 0 || off + a->size > SYSCALL_CTX_BYTES || off % a->size)
		return ctx_refuse(env, a, off, "it has 65,535 bytes at most");
	mem_set_loaded(a);
	return 0;
}

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

int ctx_access(struct env *env, struct access *a)
{
	bool slots = ctx_is_trampoline(env->o) || kernctx_has_slots(env->o);
	bool words = slots || env->o->type == BPF_PROG_TYPE_RAW_TRACEPOINT;
	const struct reg *p = a->ptr;
	s32 off = a->off;

	if (env->o->type == BPF_PROG_TYPE_SYSCALL && reg_is_fixed(p))
		return access_plain(env, a, off + p->off + p->v.t.value);
	if (words && reg_is_fixed(p)) {
		off += p->off + p->v.t.value;
	} else if (!reg_is_fixed(p) || p->off || p->v.t.value) {
		refuse_reg(env, -EACCES, a->nr, ": ctx pointer was modified");
		hint(env, "add the offset in the access itself");
		return -EACCES;
	}
	if (off < 0)
		return ctx_refuse(env, a, off, "it begins at 0");
	env->res->insn_flags[env->cur->pc] |= VERIFY_INSN_CTX;
	switch (env->o->type) {
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_LSM:
		if (a->write)
			return refuse(env, -EACCES, "ctx is read-only");
		return access_slot(env, a, off);
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_PERF_EVENT:
		return kernctx_access(env, a, off);
	case BPF_PROG_TYPE_XDP:
		return access_fields(env, a, off, xdp_fields, COUNT(xdp_fields));
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
		return access_fields(env, a, off, skb_fields, COUNT(skb_fields));
	default:
		return access_words(env, a, off);
	}
}

int ctx_range(struct env *env, u32 nr, u32 size)
{
	const struct reg *p = &state_regs(env->cur)[nr];

	if (env->o->type != BPF_PROG_TYPE_SYSCALL || !reg_is_fixed(p) || p->off + (s64)p->v.t.value < 0 ||
	    p->off + p->v.t.value + size > SYSCALL_CTX_BYTES)
		return refuse_reg(env, -EACCES, nr, " is ctx, expected memory of %u bytes", size);
	return 0;
}
