/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/mem.h"

#include <errno.h>
#include <string.h>

#include "verifier/backtrack.h"
#include "verifier/btfwalk.h"
#include "verifier/ctx.h"
#include "verifier/fields.h"
#include "verifier/packet.h"
#include "verifier/stack.h"

#ifndef BPF_F_RDONLY_PROG
#define BPF_F_RDONLY_PROG (1U << 7)
#define BPF_F_WRONLY_PROG (1U << 8)
#endif

/* -- Regions of a known size --- */

int mem_check_bounds(struct env *env, u32 nr, const struct reg *ptr, s32 off, u32 size, u64 bytes)
{
	s64 fixed = (s64)ptr->off + off;

	if (ptr->v.r.smin < -OFF_MAX || ptr->v.r.smin + fixed < 0) {
		refuse_reg(env, -EACCES, nr, ": access to %s begins at %lld, before its start",
			   reg_type_name(ptr),
			   ptr->v.r.smin < -OFF_MAX ? -1LL : (long long)(ptr->v.r.smin + fixed));
		if (!reg_is_fixed(ptr))
			hint(env, "the index may be negative: make it unsigned or compare it with 0");
		return -EACCES;
	}
	if (ptr->v.r.umax >= OFF_MAX) {
		refuse_reg(env, -EACCES, nr, ": access to %s with an unbounded offset", reg_type_name(ptr));
		hint(env, "compare the index with the size before, or mask it");
		return -EACCES;
	}
	if (ptr->v.r.umax + fixed + size > bytes) {
		refuse_reg(env, -EACCES, nr, ": access to %s at %lld of %u bytes is outside its %llu bytes",
			   reg_type_name(ptr), (long long)(ptr->v.r.umax + fixed), size,
			   (unsigned long long)bytes);
		if (!reg_is_fixed(ptr))
			hint(env, "the offset is known to be between %lld and %llu",
			     (long long)(ptr->v.r.smin + fixed), (unsigned long long)ptr->v.r.umax + fixed);
		return -EACCES;
	}
	return 0;
}

void mem_set_loaded(struct access *a)
{
	if (a->size == 8)
		reg_set_unknown(&a->result);
	else
		reg_set_scalar(&a->result, scalar_bits(a->size * 8));
}

static int check_write_value(struct env *env, const struct access *a)
{
	(void)env;
	(void)a;
	return 0;	/* whoever loads a program may see addresses */
}

/* Constants of read-only data are known. */
static void load_frozen(struct access *a)
{
	const struct reg *p = a->ptr;
	u64 v = 0;

	if (!p->map->frozen || !reg_is_fixed(p) || !(p->map->flags & BPF_F_RDONLY_PROG))
		return;
	memcpy(&v, (const u8 *)p->map->frozen + p->v.t.value + p->off + a->off, a->size);
	reg_set_const(&a->result, v);
}

static int map_flags_allow(struct env *env, const struct reg *p, bool write)
{
	if (write && p->map->flags & BPF_F_RDONLY_PROG)
		return refuse(env, -EACCES, "programs may not write to this map");
	if (!write && p->map->flags & BPF_F_WRONLY_PROG)
		return refuse(env, -EACCES, "programs may not read from this map");
	return 0;
}

static int access_map_value(struct env *env, struct access *a)
{
	int err = map_flags_allow(env, a->ptr, a->write);

	if (!err)
		err = mem_check_bounds(env, a->nr, a->ptr, a->off, a->size, a->ptr->map->value_size);
	if (!err)
		err = fields_check_access(env, a->nr, a->ptr, a->off, a->size);
	if (err)
		return err;
	mem_set_loaded(a);
	load_frozen(a);
	return a->write ? check_write_value(env, a) : 0;
}

static int access_map_key(struct env *env, struct access *a)
{
	if (a->write)
		return refuse_reg(env, -EACCES, a->nr, ": keys are read-only");
	mem_set_loaded(a);
	return mem_check_bounds(env, a->nr, a->ptr, a->off, a->size, a->ptr->map->key_size);
}

static int access_mem(struct env *env, struct access *a)
{
	if (a->write && a->ptr->flags & REG_READ_ONLY)
		return refuse_reg(env, -EACCES, a->nr, ": this memory is read-only");
	mem_set_loaded(a);
	return mem_check_bounds(env, a->nr, a->ptr, a->off, a->size, a->ptr->mem_bytes);
}

static int access_stack(struct env *env, struct access *a)
{
	if (a->write)
		return stack_store(env, a->ptr, a->nr, a->off, a->size, a->value, a->value_nr);
	return stack_load(env, a->ptr, a->nr, a->off, a->size, &a->result);
}

static int check_same_kind(struct env *env, const struct access *a)
{
	struct aux *aux = &env->aux[env->cur->pc];
	u8 now = a->ptr->type, before = aux->mem;

	aux->mem = now;
	if (!before || before == now)
		return 0;
	if (before == REG_CTX || now == REG_CTX || before == REG_BTF || now == REG_BTF)
		return refuse(env, -EINVAL, "one instruction accesses both ctx or a typed pointer and "
					    "other memory");
	return 0;
}

int mem_access(struct env *env, struct access *a)
{
	const struct reg *p = a->ptr;
	int err = check_same_kind(env, a);

	if (err)
		return err;
	if (p->flags & REG_MAYBE_NULL) {
		refuse_reg(env, -EACCES, a->nr, " is %s: it may be NULL", reg_type_name(p));
		hint(env, "compare it with NULL first");
		return -EACCES;
	}
	if (reg_is_zero(p)) {
		refuse_reg(env, -EACCES, a->nr, " is NULL here");
		hint(env, "compare it with NULL first");
		return -EACCES;
	}
	switch (p->type) {
	case REG_CTX:
		return ctx_access(env, a);
	case REG_STACK:
		return access_stack(env, a);
	case REG_MAP_VALUE:
		return access_map_value(env, a);
	case REG_MAP_KEY:
		return access_map_key(env, a);
	case REG_MEM:
		return access_mem(env, a);
	case REG_BTF:
		return btfwalk_access(env, a);
	case REG_PACKET:
	case REG_PACKET_META:
		return packet_access(env, a);
	default:
		return refuse_reg(env, -EACCES, a->nr, " is %s: memory cannot be accessed through it",
				  reg_type_name(p));
	}
}

/* -- Instructions --- */

int mem_ldx(struct env *env)
{
	const struct bpf_insn *insn = env_insn(env);
	struct reg *regs = state_regs(env->cur);
	struct access a = { .nr = insn->src_reg, .ptr = &regs[insn->src_reg], .off = insn->off,
			    .size = insn_size_bytes(insn), .value_nr = -1 };
	int err = reg_check_read(env, insn->src_reg);

	a.sext = insn_class(insn) == BPF_LDX && BPF_MODE(insn->code) == INSN_MEMSX;
	if (!err)
		err = mem_access(env, &a);
	if (err)
		return err;
	if (a.sext && a.result.type != REG_SCALAR)
		return refuse(env, -EACCES, "a pointer is loaded as a signed number");
	if (a.sext)
		reg_set_scalar(&a.result, scalar_sext(&a.result.v, a.size * 8));
	regs[insn->dst_reg] = a.result;
	return 0;
}

int mem_store(struct env *env)
{
	const struct bpf_insn *insn = env_insn(env);
	struct reg *regs = state_regs(env->cur), imm;
	struct access a = { .nr = insn->dst_reg, .ptr = &regs[insn->dst_reg], .off = insn->off,
			    .size = insn_size_bytes(insn), .write = true };
	int err = reg_check_read(env, insn->dst_reg);

	if (!err && insn_class(insn) == BPF_STX)
		err = reg_check_read(env, insn->src_reg);
	if (err)
		return err;
	if (insn_class(insn) == BPF_STX) {
		struct reg *src = &regs[insn->src_reg];

		if (src->type == REG_SCALAR && !src->id && !scalar_is_const(&src->v) &&
		    a.ptr->type == REG_STACK)
			src->id = env_id(env);	/* its copy on the stack shares what is learnt */
		a.value = src;
		a.value_nr = insn->src_reg;
	} else {
		reg_set_const(&imm, (s64)insn->imm);
		a.value = &imm;
		a.value_nr = -1;
	}
	return mem_access(env, &a);
}

static int atomic_may(struct env *env, const struct reg *p, u32 nr)
{
	if (p->type == REG_CTX || reg_is_packet(p) || p->type == REG_BTF)
		return refuse_reg(env, -EACCES, nr, ": no atomic operations on %s", reg_type_name(p));
	return 0;
}

static int check_aligned(struct env *env, u32 nr, s32 off, u32 size)
{
	const struct reg *p = &state_regs(env->cur)[nr];
	u64 low = p->v.t.value | p->v.t.mask;

	if (p->type != REG_STACK && ((low & (size - 1)) || (p->off + off) & (size - 1)))
		return refuse_reg(env, -EACCES, nr, ": misaligned atomic access of %u bytes", size);
	return 0;
}

static int acquire_release(struct env *env, const struct bpf_insn *insn)
{
	bool load = insn->imm == INSN_LOAD_ACQ;
	u8 nr = load ? insn->src_reg : insn->dst_reg;
	int err = reg_check_read(env, nr);

	if (!err)
		err = atomic_may(env, &state_regs(env->cur)[nr], nr);
	if (!err)
		err = check_aligned(env, nr, insn->off, insn_size_bytes(insn));
	if (err)
		return err;
	return load ? mem_ldx(env) : mem_store(env);
}

/* What comes back is what was there, what is there then is unknown. */
static int read_modify_write(struct env *env, const struct bpf_insn *insn)
{
	struct reg *regs = state_regs(env->cur), unknown;
	u32 size = insn_size_bytes(insn);
	struct access a = { .nr = insn->dst_reg, .ptr = &regs[insn->dst_reg], .off = insn->off,
			    .size = size, .atomic = true, .value_nr = -1 };
	int err;

	reg_set_unknown(&unknown);
	err = mem_access(env, &a);
	if (err)
		return err;
	if (a.result.type != REG_SCALAR)	/* a pointer comes back as some number */
		mem_set_loaded(&a);
	a.result.id = 0;
	a.result.add = 0;
	a.write = true;
	a.value = &unknown;
	err = mem_access(env, &a);
	if (err)
		return err;
	if (insn->imm == BPF_CMPXCHG)
		regs[0] = a.result;
	else if (insn->imm & BPF_FETCH)
		regs[insn->src_reg] = a.result;
	return 0;
}

int mem_atomic(struct env *env)
{
	const struct bpf_insn *insn = env_insn(env);
	struct reg *regs = state_regs(env->cur);
	int err;

	if (insn->imm == INSN_LOAD_ACQ || insn->imm == INSN_STORE_REL)
		return acquire_release(env, insn);
	err = reg_check_read(env, insn->dst_reg);
	if (!err)
		err = reg_check_read(env, insn->src_reg);
	if (!err && insn->imm == BPF_CMPXCHG)
		err = reg_check_read(env, 0);
	if (!err)
		err = atomic_may(env, &regs[insn->dst_reg], insn->dst_reg);
	if (!err)
		err = check_aligned(env, insn->dst_reg, insn->off, insn_size_bytes(insn));
	if (err)
		return err;
	return read_modify_write(env, insn);
}

/* -- Helpers --- */

int mem_range(struct env *env, u32 nr, u32 size, bool write)
{
	struct reg *p = &state_regs(env->cur)[nr];
	int err;

	if (p->flags & REG_MAYBE_NULL) {
		refuse_reg(env, -EACCES, nr, " is %s: it may be NULL", reg_type_name(p));
		hint(env, "compare it with NULL first");
		return -EACCES;
	}
	switch (p->type) {
	case REG_STACK:
		return stack_range(env, p, nr, size, write);
	case REG_MAP_VALUE:
		err = map_flags_allow(env, p, write);
		err = err ?: mem_check_bounds(env, nr, p, 0, size, p->map->value_size);
		return err ?: fields_check_access(env, nr, p, 0, size);
	case REG_MAP_KEY:
		if (write)
			return refuse_reg(env, -EACCES, nr, ": keys are read-only");
		return mem_check_bounds(env, nr, p, 0, size, p->map->key_size);
	case REG_MEM:
		if (write && p->flags & REG_READ_ONLY)
			return refuse_reg(env, -EACCES, nr, ": this memory is read-only");
		return mem_check_bounds(env, nr, p, 0, size, p->mem_bytes);
	case REG_PACKET:
	case REG_PACKET_META:
		return packet_range(env, nr, size, write);
	case REG_CTX:
		return ctx_range(env, nr, size);
	default:
		return refuse_reg(env, -EACCES, nr, " is %s, expected memory of %u bytes", reg_type_name(p),
				  size);
	}
}
