/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/stack.h"

#include <errno.h>
#include <string.h>

#include "verifier/backtrack.h"

struct span {			/* of bytes, as distances from the frame pointer */
	struct frame *f;
	s64 min, max;		/* where it may begin */
	u32 size;
	bool fixed;
};

static u32 slot_of(s64 off)
{
	return (-off - 1) / 8;
}

static u32 byte_of(s64 off)
{
	return off & 7;
}

static int check_span(struct env *env, const struct span *s, u32 nr)
{
	if (s->min < -INSN_STACK_BYTES || s->max + s->size > 0) {
		if (s->fixed)
			return refuse_reg(env, -EACCES, nr,
					  ": stack access at %lld of %u bytes is outside [-%u, 0)",
					  (long long)s->min, s->size, INSN_STACK_BYTES);
		return refuse_reg(env, -EACCES, nr,
				  ": stack access at %lld to %lld of %u bytes may be outside [-%u, 0)",
				  (long long)s->min, (long long)s->max, s->size, INSN_STACK_BYTES);
	}
	return 0;
}

static int make_span(struct env *env, const struct reg *ptr, u32 nr, s32 off, u32 size, struct span *ret)
{
	struct state *st = env->cur;
	u32 *bytes;
	int err;

	ret->f = st->frames[ptr->frame];
	ret->size = size;
	ret->fixed = reg_is_fixed(ptr);
	if (!ret->fixed && (ptr->v.r.smin <= -OFF_MAX || ptr->v.r.smax >= OFF_MAX))
		return refuse_reg(env, -EINVAL, nr, ": stack access with an unbounded offset");
	ret->min = ptr->v.r.smin + ptr->off + off;
	ret->max = ptr->v.r.smax + ptr->off + off;
	err = check_span(env, ret, nr);
	if (err)
		return err;
	bytes = &env->subprogs[ret->f->subprog].stack_bytes;
	if (-ret->min > *bytes)
		*bytes = -ret->min;
	return frame_grow(ret->f, slot_of(ret->min) + 1);
}

bool slot_is_full_spill(const struct slot *slot)
{
	for (int i = 0; i < 8; i++)
		if (slot->kind[i] != SLOT_SPILL)
			return false;
	return true;
}

/* Bytes of a spilled register that is no more: just bytes. */
static void break_spill(struct slot *slot)
{
	for (int i = 0; i < 8; i++)
		if (slot->kind[i] == SLOT_SPILL)
			slot->kind[i] = SLOT_MISC;
	memset(&slot->reg, 0, sizeof(slot->reg));
}

static int check_no_object(struct env *env, const struct span *s)
{
	static const char *const nouns[] = { [SLOT_DYNPTR] = "a dynptr", [SLOT_ITER] = "an iterator",
					     [SLOT_IRQ] = "the flags of interrupts" };

	for (s64 off = s->min; off < s->max + s->size; off++)
		if (slot_is_object(&s->f->stack[slot_of(off)]))
			return refuse(env, -EINVAL, "stack access at %lld would overlap %s", (long long)off,
				      nouns[s->f->stack[slot_of(off)].kind[0]]);
	return 0;
}

void stack_drop_dynptr(struct frame *f, u32 slot)
{
	const struct slot *s = &f->stack[slot];

	/* .frame: 1 in the lower slot, of the first bytes */
	if (s->kind[0] == SLOT_DYNPTR && !s->reg.ref)
		stack_set_kind(f, s->reg.frame ? slot - 1 : slot, 2, SLOT_INVALID);
}

void stack_set_kind(struct frame *f, u32 top, u32 nr_slots, enum slot_kind kind)
{
	for (u32 i = 0; i < nr_slots; i++) {
		memset(&f->stack[top + i], 0, sizeof(*f->stack));
		memset(f->stack[top + i].kind, kind, 8);
	}
}

/* -- Loads --- */

static void load_scalar(const struct slot *slot, u32 byte, u32 size, struct reg *ret)
{
	struct bpf_insn shift = insn_make(BPF_ALU64 | BPF_RSH | BPF_K, 0, 0, 0, 0);
	struct scalar by = scalar_const(byte * 8), v = slot->reg.v;

	if (!byte && (size == 8 || slot->reg.v.r.umax >> (size * 8) == 0)) {
		*ret = slot->reg;
		return;
	}
	if (byte)
		v = scalar_alu(&shift, &v, &by);
	reg_set_scalar(ret, scalar_zext(&v, size * 8));
}

static void load_fixed(const struct span *s, struct reg *ret)
{
	const struct slot *slot = &s->f->stack[slot_of(s->min)];
	u32 byte = byte_of(s->min), spilled = 0, zero = 0;

	for (u32 i = 0; i < s->size; i++) {
		spilled += slot->kind[byte + i] == SLOT_SPILL;
		zero += slot->kind[byte + i] == SLOT_ZERO;
	}
	if (spilled == s->size && slot->reg.type == REG_SCALAR)
		load_scalar(slot, byte, s->size, ret);
	else if (spilled == 8)
		*ret = slot->reg;
	else if (zero == s->size)
		reg_set_const(ret, 0);
	else if (s->size < 8)
		reg_set_scalar(ret, scalar_bits(s->size * 8));
	else
		reg_set_unknown(ret);
}

int stack_load(struct env *env, const struct reg *ptr, u32 nr, s32 off, u32 size, struct reg *ret)
{
	struct span s;
	int err = make_span(env, ptr, nr, off, size, &s);

	if (err)
		return err;
	err = check_no_object(env, &s);
	if (err)
		return err;
	if (!s.fixed) {
		if (size < 8)
			reg_set_scalar(ret, scalar_bits(size * 8));
		else
			reg_set_unknown(ret);
		return 0;
	}
	if (s.min % size)
		return refuse_reg(env, -EACCES, nr, ": misaligned stack access at %lld of %u bytes",
				  (long long)s.min, size);
	trace_mem(env, ptr->frame, slot_of(s.min));
	load_fixed(&s, ret);
	return 0;
}

/* -- Stores --- */

static void spill(struct env *env, struct slot *slot, u32 size, const struct reg *value)
{
	(void)env;
	if (slot->kind[0] == SLOT_SPILL || slot->kind[7] == SLOT_SPILL)
		break_spill(slot);
	for (u32 i = 0; i < size; i++)
		slot->kind[i] = SLOT_SPILL;
	slot->reg = *value;
	if (size < 8 && value->v.r.umax >> (size * 8)) {
		struct scalar v = scalar_zext(&value->v, size * 8);

		reg_set_scalar(&slot->reg, v);
	}
}

static int store_bytes(struct env *env, const struct span *s, const struct reg *value, int nr)
{
	struct slot *slot = &s->f->stack[slot_of(s->min)];
	bool zero = reg_is_zero(value);
	int err = 0;

	if (zero && nr >= 0)	/* a slot of zeros is compared as it is */
		err = mark_precise(env, nr);
	break_spill(slot);
	memset(slot->kind + byte_of(s->min), zero ? SLOT_ZERO : SLOT_MISC, s->size);
	return err;
}

static int store_fixed(struct env *env, const struct span *s, const struct reg *value, int nr)
{
	struct slot *slot = &s->f->stack[slot_of(s->min)];

	if (s->min % s->size)
		return refuse(env, -EACCES, "misaligned stack access at %lld of %u bytes",
			      (long long)s->min, s->size);
	if (reg_is_pointer(value) && s->size == 8) {
		spill(env, slot, 8, value);
		return 0;
	}
	if (value->type == REG_SCALAR && !byte_of(s->min)) {
		spill(env, slot, s->size, value);
		return 0;
	}
	return store_bytes(env, s, value, nr);
}

static void store_somewhere(const struct span *s)
{
	for (s64 off = s->min; off < s->max + s->size; off++) {
		struct slot *slot = &s->f->stack[slot_of(off)];

		break_spill(slot);
		slot->kind[byte_of(off)] = SLOT_MISC;
	}
}

int stack_store(struct env *env, const struct reg *ptr, u32 ptr_nr, s32 off, u32 size,
		const struct reg *value, int nr)
{
	struct span s;
	int err = make_span(env, ptr, ptr_nr, off, size, &s);

	if (err)
		return err;
	for (s64 at = s.min; at < s.max + s.size; at++)
		stack_drop_dynptr(s.f, slot_of(at));
	err = check_no_object(env, &s);
	if (err)
		return err;
	if (value->type == REG_STACK && ptr->frame != env->cur->depth)
		return refuse_reg(env, -EINVAL, nr < 0 ? ptr_nr : (u32)nr,
				  ": a pointer to the stack is left in the stack of the caller");
	if (reg_is_pointer(value) && size != 8)
		return refuse(env, -EACCES, "a pointer is stored in %u bytes of stack, not 8", size);
	if (!s.fixed) {
		store_somewhere(&s);
		return 0;
	}
	trace_mem(env, ptr->frame, slot_of(s.min));
	return store_fixed(env, &s, value, nr);
}

/* -- Helpers --- */

int stack_range(struct env *env, const struct reg *ptr, u32 nr, u32 size, bool write)
{
	struct span s;
	int err;

	err = make_span(env, ptr, nr, 0, size ?: 1, &s);
	if (!err && !size)	/* of nothing, too, the place must be one */
		return 0;
	if (!err)
		err = check_no_object(env, &s);
	if (!err && write)
		store_somewhere(&s);
	return err;
}

bool stack_is_const(struct env *env, const struct reg *ptr, u32 size, u64 *ret)
{
	struct span s;
	struct reg v;

	if (ptr->type != REG_STACK || !reg_is_fixed(ptr) || make_span(env, ptr, 0, 0, size, &s) ||
	    byte_of(s.min) + size > 8)
		return false;
	load_fixed(&s, &v);
	if (v.type != REG_SCALAR || !scalar_is_const(&v.v))
		return false;
	*ret = v.v.t.value;
	return !mark_precise_slot(env, ptr->frame, slot_of(s.min));
}

int stack_fixed_slot(struct env *env, const struct reg *ptr, u32 nr, u32 nr_slots, u32 *ret)
{
	struct span s;
	int err;

	if (ptr->type != REG_STACK)
		return refuse_reg(env, -EINVAL, nr, " is %s, expected a place on the stack",
				  reg_type_name(ptr));
	if (!reg_is_fixed(ptr))
		return refuse_reg(env, -EINVAL, nr, " must be at a constant offset of the stack");
	err = make_span(env, ptr, nr, 0, nr_slots * 8, &s);
	if (err)
		return err;
	if (s.min % 8)
		return refuse_reg(env, -EINVAL, nr, ": offset %lld of the stack is no multiple of 8",
				  (long long)s.min);
	*ret = slot_of(s.min) + 1 - nr_slots;
	return 0;
}
