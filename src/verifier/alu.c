/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/alu.h"

#include <errno.h>

#include "verifier/backtrack.h"

static bool is_add(const struct bpf_insn *insn)
{
	return BPF_OP(insn->code) == BPF_ADD;
}

/* -- Moves --- */

static void move_word(const struct bpf_insn *insn, struct reg *dst, const struct reg *src)
{
	struct scalar v = scalar_alu(insn, &dst->v, &src->v);
	bool same = scalar_covers(&v, &src->v) && scalar_covers(&src->v, &v) &&
		    (insn->off ? false : src->v.r.umax <= UINT32_MAX);
	struct reg r;

	reg_set_scalar(&r, v);
	if (same) {
		r.id = src->id;
		r.add = src->add;
	}
	*dst = r;
}

static int move_reg(struct env *env, const struct bpf_insn *insn)
{
	struct reg *regs = state_regs(env->cur);
	struct reg *dst = &regs[insn->dst_reg], *src = &regs[insn->src_reg];
	bool whole = insn_class(insn) == BPF_ALU64 && !insn->off;
	int err = reg_check_read(env, insn->src_reg);

	if (err)
		return err;
	if (reg_is_pointer(src) && !whole) {
		if (insn->off)
			return refuse_reg(env, -EACCES, insn->src_reg, ": sign extension of a pointer");
		reg_set_scalar(dst, scalar_bits(32));
		return 0;
	}
	if (reg_is_pointer(src)) {
		*dst = *src;
		return 0;
	}
	if (!src->id && !scalar_is_const(&src->v))
		src->id = env_id(env);
	if (whole)
		*dst = *src;
	else
		move_word(insn, dst, src);
	return 0;
}

/* -- Pointers --- */

static int check_pointer_op(struct env *env, const struct bpf_insn *insn, const struct reg *p, u32 nr)
{
	u8 op = BPF_OP(insn->code);

	if (op != BPF_ADD && op != BPF_SUB)
		return refuse_reg(env, -EACCES, nr, ": no such arithmetic on a pointer (%s)",
				  reg_type_name(p));
	if (p->flags & REG_MAYBE_NULL) {
		refuse_reg(env, -EACCES, nr, ": arithmetic on %s, which may be NULL", reg_type_name(p));
		hint(env, "compare it with NULL first");
		return -EACCES;
	}
	if (p->type == REG_MAP || p->type == REG_PACKET_END || p->type == REG_FUNC || p->type == REG_DYNPTR)
		return refuse_reg(env, -EACCES, nr, ": arithmetic on %s", reg_type_name(p));
	if (p->type == REG_STACK && op == BPF_SUB)
		return refuse_reg(env, -EACCES, nr, ": subtraction from a stack pointer");
	return 0;
}

static int check_offset(struct env *env, const struct reg *p, u32 nr, const struct scalar *by)
{
	if (by->r.smin > -OFF_MAX && by->r.smin < OFF_MAX &&
	    !(scalar_is_const(by) && (s64)by->t.value >= OFF_MAX))
		return 0;
	if (by->r.smin != INT64_MIN)
		refuse_reg(env, -EINVAL, nr, ": a number whose smallest value is %lld is added to %s",
			   (long long)by->r.smin, reg_type_name(p));
	else
		refuse_reg(env, -EINVAL, nr, ": a number without a lower bound is added to %s",
			   reg_type_name(p));
	if (!scalar_is_const(by))
		hint(env, "make it unsigned and compare it with the size first, or mask it");
	return -EINVAL;
}

/* @dst = @p +- @by */
static int offset_pointer(struct env *env, const struct bpf_insn *insn, struct reg *dst,
			  const struct reg *p, const struct reg *by)
{
	struct bpf_insn op = insn_make(BPF_ALU64 | BPF_OP(insn->code), 0, 0, 0, 0);
	u32 nr = insn->dst_reg;
	struct reg r = *p;
	s64 off;
	int err = check_offset(env, p, nr, &by->v);

	if (err)
		return err;
	off = p->off + (is_add(insn) ? (s64)by->v.t.value : -(s64)by->v.t.value);
	if (scalar_is_const(&by->v) && off > -OFF_MAX && off < OFF_MAX) {
		r.off = off;
	} else {
		r.v = scalar_alu(&op, &p->v, &by->v);
		if (reg_is_packet(p)) {
			r.id = env_id(env);
			r.range = 0;
		}
	}
	if (r.v.r.smin <= -OFF_MAX || r.v.r.smin >= OFF_MAX)
		return refuse_reg(env, -EINVAL, nr, ": offset of %s may reach %lld", reg_type_name(p),
				  (long long)r.v.r.smin);
	*dst = r;
	return 0;
}

static int pointer_alu(struct env *env, const struct bpf_insn *insn, struct reg *dst, const struct reg *src)
{
	bool dst_is_pointer = reg_is_pointer(dst);
	const struct reg *p = dst_is_pointer ? dst : src, *by = dst_is_pointer ? src : dst;
	u32 nr = dst_is_pointer ? insn->dst_reg : insn->src_reg;
	bool both = dst_is_pointer && reg_is_pointer(src);
	struct reg copy = *p;
	int err;

	if (insn_class(insn) == BPF_ALU || both) {
		if (BPF_OP(insn->code) != BPF_SUB)
			return refuse_reg(env, -EACCES, insn->dst_reg, ": %s arithmetic on pointers",
					  both ? "such" : "32-bit");
		if (insn_class(insn) == BPF_ALU)
			reg_set_scalar(dst, scalar_bits(32));
		else
			reg_set_unknown(dst);
		return 0;
	}
	err = check_pointer_op(env, insn, p, nr);
	if (err)
		return err;
	if (!dst_is_pointer && !is_add(insn))
		return refuse_reg(env, -EACCES, nr, ": a pointer is subtracted from a number");
	if (!dst_is_pointer)
		err = mark_precise(env, insn->dst_reg);
	else if (BPF_SRC(insn->code) == BPF_X)
		err = mark_precise(env, insn->src_reg);
	return err ?: offset_pointer(env, insn, dst, &copy, by);
}

/* -- Numbers --- */

/* A number plus a constant stays tied to what it came from. */
static bool keeps_link(const struct bpf_insn *insn, const struct reg *dst, const struct scalar *by, s32 *add)
{
	s64 n = by->t.value;

	if (!dst->id || insn_class(insn) != BPF_ALU64 || !scalar_is_const(by))
		return false;
	if (BPF_OP(insn->code) == BPF_SUB)
		n = -n;
	else if (!is_add(insn))
		return false;
	if (n < INT32_MIN || n > INT32_MAX)
		return false;
	return !__builtin_add_overflow(dst->add, (s32)n, add);
}

static void number_alu(const struct bpf_insn *insn, struct reg *dst, const struct reg *src)
{
	s32 add = 0;
	bool linked = keeps_link(insn, dst, &src->v, &add);
	u32 id = dst->id;

	reg_set_scalar(dst, scalar_alu(insn, &dst->v, &src->v));
	if (linked && !scalar_is_const(&dst->v)) {
		dst->id = id;
		dst->add = add;
	}
}

static int two_operands(struct env *env, const struct bpf_insn *insn)
{
	struct reg *regs = state_regs(env->cur), *dst = &regs[insn->dst_reg], imm, src;
	int err = reg_check_read(env, insn->dst_reg);

	if (!err && BPF_SRC(insn->code) == BPF_X)
		err = reg_check_read(env, insn->src_reg);
	if (err)
		return err;
	reg_set_const(&imm, (s64)insn->imm);
	src = BPF_SRC(insn->code) == BPF_X ? regs[insn->src_reg] : imm;
	if (BPF_SRC(insn->code) == BPF_K && (BPF_OP(insn->code) == BPF_DIV || BPF_OP(insn->code) == BPF_MOD) &&
	    !insn->imm)
		return refuse(env, -EINVAL, "division by the constant zero");
	if (BPF_SRC(insn->code) == BPF_K &&
	    (BPF_OP(insn->code) == BPF_LSH || BPF_OP(insn->code) == BPF_RSH ||
	     BPF_OP(insn->code) == BPF_ARSH) &&
	    (insn->imm < 0 || insn->imm >= (insn_class(insn) == BPF_ALU64 ? 64 : 32)))
		return refuse(env, -EINVAL, "shift by the constant %d", insn->imm);
	if (reg_is_pointer(dst) || reg_is_pointer(&src))
		return pointer_alu(env, insn, dst, &src);
	number_alu(insn, dst, &src);
	return 0;
}

static int one_operand(struct env *env, const struct bpf_insn *insn)
{
	struct reg *dst = &state_regs(env->cur)[insn->dst_reg];
	int err = reg_check_read(env, insn->dst_reg);

	if (err)
		return err;
	if (reg_is_pointer(dst))	/* an address turned over is some number */
		reg_set_unknown(dst);
	reg_set_scalar(dst, scalar_alu(insn, &dst->v, &dst->v));
	return 0;
}

int alu_insn(struct env *env)
{
	const struct bpf_insn *insn = env_insn(env);
	struct reg *dst = &state_regs(env->cur)[insn->dst_reg], zero;
	struct scalar imm = scalar_const((s64)insn->imm);

	switch (BPF_OP(insn->code)) {
	case BPF_MOV:
		if (BPF_SRC(insn->code) == BPF_X)
			return move_reg(env, insn);
		reg_set_const(&zero, 0);
		reg_set_scalar(dst, scalar_alu(insn, &zero.v, &imm));
		return 0;
	case BPF_END:
	case BPF_NEG:
		return one_operand(env, insn);
	default:
		return two_operands(env, insn);
	}
}
