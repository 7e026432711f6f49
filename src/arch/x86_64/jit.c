/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF to x86_64.
 *
 * BPF registers live in machine registers all the time (regs[] below); the mapping is that of the C
 * calling convention, so that calls shuffle nothing. r9, r10, r11 are scratch within one instruction;
 * r12 counts tail calls from the entry to the last return and is touched by nothing else.
 *
 *	       |  return address   |
 *	rbp -> |  caller's rbp     |	= BPF r10
 *	       |  BPF stack        |	stack_bytes
 *	       | [may_goto left]   |	8, only if the function has one
 *	       | [padding]         |	0 or 8: rsp is a multiple of 16 at every call
 *	       |  rbx r13 r14 r15  |	only those the function writes
 *	rsp -> |                   |
 *
 * A tail call unwinds this frame and jumps to the body of another program, which builds its own: the
 * return address and what the entry saved stay as they are.
 */
#include "arch/backend.h"
#include "arch/x86_64/emit.h"

#define TAIL_CALLS R12
#define NEAR_BYTES ((s64)0x7f000000)	/* rel32's reach, less any program's own length */

static const u8 regs[INSN_REGS] = {
	[0] = RAX, [1] = RDI, [2] = RSI, [3] = RDX, [4] = RCX, [5] = R8,
	[6] = RBX, [7] = R13, [8] = R14, [9] = R15, [10] = RBP,
};

static int dst_reg(const struct bpf_insn *insn)
{
	return regs[insn->dst_reg];
}

static int src_reg(const struct bpf_insn *insn)
{
	return regs[insn->src_reg];
}

static int is_wide(const struct bpf_insn *insn)
{
	return insn_class(insn) == BPF_ALU64 || insn_class(insn) == BPF_JMP;
}

static bool is_x(const struct bpf_insn *insn)
{
	return BPF_SRC(insn->code) == BPF_X;
}

/* -- Frame --- */

static u32 saved_cnt(const struct jit_func *f)
{
	return __builtin_popcount(f->regs_written >> 6 & 15);
}

/* Bytes between rbp and the saved registers. */
static u32 frame_bytes(const struct jit_func *f)
{
	u32 bytes = f->stack_bytes + (f->has_may_goto ? 8 : 0);

	if (f->has_calls && (bytes + 8 * saved_cnt(f)) % 16)
		bytes += 8;
	return bytes;
}

static s32 may_goto_disp(const struct jit_func *f)
{
	return -(s32)f->stack_bytes - 8;
}

static void emit_prologue(struct jit_state *st)
{
	const struct jit_func *f = st->func;
	struct codebuf *b = &st->code;
	u32 bytes = frame_bytes(f);

	if (st->landing_pads && (f->is_callback || !f->start))
		emit_endbr64(b);
	emit_push(b, RBP);
	emit_mov_rr(b, 1, RBP, RSP);
	if (bytes)
		emit_alu_ri(b, 1, ALU_SUB, RSP, bytes);
	if (f->has_may_goto)
		emit_store_i(b, 8, RBP, may_goto_disp(f), st->may_goto_max);
	for (int r = 6; r <= 9; r++)
		if (f->regs_written & 1 << r)
			emit_push(b, regs[r]);
}

/* As far as the return address. */
static void emit_unwind(struct jit_state *st)
{
	for (int r = 9; r >= 6; r--)
		if (st->func->regs_written & 1 << r)
			emit_pop(&st->code, regs[r]);
	if (frame_bytes(st->func))
		emit_leave(&st->code);
	else
		emit_pop(&st->code, RBP);
}

static void emit_exit(struct jit_state *st)
{
	emit_unwind(st);
	emit_ret(&st->code);
}

static void emit_entry(struct jit_state *st)
{
	struct codebuf *b = &st->code;
	u32 at;

	if (st->landing_pads)
		emit_endbr64(b);
	emit_push(b, TAIL_CALLS);
	emit_mov_ri(b, TAIL_CALLS, 0);
	at = b->len + 5;
	emit_call_rel(b, (s32)(st->funcs[0].off - at));
	emit_pop(b, TAIL_CALLS);
	emit_ret(b);
}

/* -- Moves and arithmetic --- */

static void emit_mov(struct codebuf *b, const struct bpf_insn *insn)
{
	int w = is_wide(insn), d = dst_reg(insn), s = src_reg(insn);

	if (!is_x(insn))
		emit_mov_ri(b, d, w ? (u64)(s64)insn->imm : (u32)insn->imm);
	else if (insn->off)
		emit_movsx_rr(b, w, insn->off, d, s);
	else if (!w || d != s)
		emit_mov_rr(b, w, d, s);
}

static void emit_and_imm(struct codebuf *b, int w, int d, int s, s32 imm)
{
	if (imm == 0xff || imm == 0xffff) {
		emit_movzx_rr(b, imm == 0xff ? 8 : 16, d, s);
		return;
	}
	w = w && imm < 0;	/* a positive mask clears the upper half anyway */
	if (d != s)
		emit_mov_rr(b, w, d, s);
	emit_alu_ri(b, w, ALU_AND, d, imm);
}

static void emit_alu_op(struct codebuf *b, const struct bpf_insn *insn, enum x86_alu op)
{
	int w = is_wide(insn), d = dst_reg(insn);

	if (is_x(insn))
		emit_alu_rr(b, w, op, d, src_reg(insn));
	else if (op == ALU_AND)
		emit_and_imm(b, w, d, d, insn->imm);
	else
		emit_alu_ri(b, w, op, d, insn->imm);
}

static void emit_mul(struct codebuf *b, const struct bpf_insn *insn)
{
	int w = is_wide(insn), d = dst_reg(insn);

	if (is_x(insn))
		emit_imul_rr(b, w, d, src_reg(insn));
	else
		emit_imul_rri(b, w, d, d, insn->imm);
}

/* Without BMI2 the count must be in cl, which is BPF's r4. */
static void emit_shift_by_cl(struct codebuf *b, int w, enum x86_shift op, int d, int s)
{
	int victim = d == RCX ? R11 : d;	/* what is shifted in the end */

	if (s == RCX && d != RCX) {
		emit_shift_cl(b, w, op, d);
		return;
	}
	emit_mov_rr(b, 1, R11, RCX);
	if (s != RCX)
		emit_mov_rr(b, 0, RCX, s);
	emit_shift_cl(b, w, op, victim);
	emit_mov_rr(b, d == RCX ? w : 1, RCX, R11);
}

static void emit_shift(struct jit_state *st, const struct bpf_insn *insn, enum x86_shift op)
{
	int w = is_wide(insn), d = dst_reg(insn), s = src_reg(insn);
	struct codebuf *b = &st->code;
	u8 n = insn->imm & (w ? 63 : 31);

	if (!is_x(insn) && n)
		emit_shift_i(b, w, op, d, n);
	else if (!is_x(insn) && !w)
		emit_mov_rr(b, 0, d, d);	/* by nothing, yet the upper half goes */
	else if (is_x(insn) && st->features & X86_FEATURE_BMI2)
		emit_shiftx(b, w, op, d, d, s);
	else if (is_x(insn))
		emit_shift_by_cl(b, w, op, d, s);
}

static void emit_neg(struct codebuf *b, const struct bpf_insn *insn)
{
	emit_unary(b, is_wide(insn), UN_NEG, dst_reg(insn));
}

static void emit_zext(struct codebuf *b, int bits, int d)
{
	if (bits < 32)
		emit_movzx_rr(b, bits, d, d);
	else if (bits == 32)
		emit_mov_rr(b, 0, d, d);
}

static void emit_end(struct codebuf *b, const struct bpf_insn *insn)
{
	bool swaps = insn_class(insn) == BPF_ALU64 || BPF_SRC(insn->code) == BPF_TO_BE;
	int d = dst_reg(insn);

	if (!swaps) {
		emit_zext(b, insn->imm, d);
	} else if (insn->imm == 16) {
		emit_swap16(b, d);
		emit_zext(b, 16, d);
	} else {
		emit_bswap(b, insn->imm == 64, d);
	}
}

/* -- Division: the machine's takes rdx:rax, and traps where BPF's does not --- */

/* What x / 0 and x % 0 leave. */
static void emit_div_by_zero(struct codebuf *b, const struct bpf_insn *insn)
{
	int d = dst_reg(insn);

	if (BPF_OP(insn->code) == BPF_DIV)
		emit_mov_ri(b, d, 0);
	else if (!is_wide(insn))
		emit_mov_rr(b, 0, d, d);
}

/* x s/ -1 and x s% -1: INT_MIN would trap */
static void emit_div_by_minus_one(struct codebuf *b, const struct bpf_insn *insn)
{
	if (BPF_OP(insn->code) == BPF_DIV)
		emit_unary(b, is_wide(insn), UN_NEG, dst_reg(insn));
	else
		emit_mov_ri(b, dst_reg(insn), 0);
}

/* d = d / r11 or d % r11; rax and rdx survive unless they are d */
static void emit_div_r11(struct codebuf *b, const struct bpf_insn *insn)
{
	int w = is_wide(insn), d = dst_reg(insn);
	int result = BPF_OP(insn->code) == BPF_DIV ? RAX : RDX;

	if (d != RDX)
		emit_mov_rr(b, 1, R9, RDX);
	if (d != RAX) {
		emit_mov_rr(b, 1, R10, RAX);
		emit_mov_rr(b, w, RAX, d);
	}
	if (insn->off == INSN_SIGNED)
		emit_sign_rdx(b, w);
	else
		emit_mov_ri(b, RDX, 0);
	emit_unary(b, w, insn->off == INSN_SIGNED ? UN_IDIV : UN_DIV, R11);
	if (d != result)
		emit_mov_rr(b, w, d, result);
	if (d != RAX)
		emit_mov_rr(b, 1, RAX, R10);
	if (d != RDX)
		emit_mov_rr(b, 1, RDX, R9);
}

static void emit_div_x(struct codebuf *b, const struct bpf_insn *insn)
{
	int w = is_wide(insn);
	u32 nonzero, done_zero, other, done_minus = 0;

	emit_mov_rr(b, w, R11, src_reg(insn));
	emit_test_rr(b, w, R11, R11);				/* if (!src) {		*/
	nonzero = emit_jcc_fwd(b, CC_NE);
	emit_div_by_zero(b, insn);				/*	by zero		*/
	done_zero = emit_jmp_fwd(b);
	emit_land(b, nonzero);
	if (insn->off == INSN_SIGNED) {
		emit_alu_ri(b, w, ALU_CMP, R11, -1);		/* } else if (src == -1) { */
		other = emit_jcc_fwd(b, CC_NE);
		emit_div_by_minus_one(b, insn);			/*	negate		*/
		done_minus = emit_jmp_fwd(b);
		emit_land(b, other);
	}
	emit_div_r11(b, insn);					/* } else divide	*/
	emit_land(b, done_zero);
	if (done_minus)
		emit_land(b, done_minus);
}

static bool is_pow2(u64 v)
{
	return v && !(v & (v - 1));
}

/* Unsigned by 2^n */
static void emit_div_pow2(struct codebuf *b, const struct bpf_insn *insn, u64 by)
{
	int w = is_wide(insn), d = dst_reg(insn), n = __builtin_ctzll(by);

	if (BPF_OP(insn->code) == BPF_MOD && n)
		emit_and_imm(b, w, d, d, by - 1);	/* an immediate has no more than 31 bits */
	else if (BPF_OP(insn->code) == BPF_MOD)
		emit_mov_ri(b, d, 0);
	else if (n)
		emit_shift_i(b, w, SHIFT_SHR, d, n);
	else if (!w)
		emit_mov_rr(b, 0, d, d);
}

static void emit_div_k(struct codebuf *b, const struct bpf_insn *insn)
{
	u64 by = is_wide(insn) ? (u64)(s64)insn->imm : (u32)insn->imm;

	if (!insn->imm) {
		emit_div_by_zero(b, insn);
	} else if (insn->off == INSN_SIGNED && insn->imm == -1) {
		emit_div_by_minus_one(b, insn);
	} else if (insn->off != INSN_SIGNED && is_pow2(by)) {
		emit_div_pow2(b, insn, by);
	} else {
		emit_mov_ri(b, R11, by);
		emit_div_r11(b, insn);
	}
}

static void emit_div(struct codebuf *b, const struct bpf_insn *insn)
{
	if (is_x(insn))
		emit_div_x(b, insn);
	else
		emit_div_k(b, insn);
}

/* -- Pairs of instructions that one machine instruction does --- */

/* d <<= n; d >>= n or d s>>= n: the low bits, extended */
static bool merge_extend(struct codebuf *b, const struct bpf_insn *insn)
{
	const struct bpf_insn *next = insn + 1;
	int w = is_wide(insn);
	u32 bits = (w ? 64u : 32u) - (u32)insn->imm;
	u8 op = BPF_OP(next->code);

	if (BPF_OP(insn->code) != BPF_LSH || is_x(insn) || is_x(next) || next->imm != insn->imm ||
	    (op != BPF_RSH && op != BPF_ARSH) || (bits != 8 && bits != 16 && bits != 32) ||
	    (bits == 32 && !w))
		return false;
	if (op == BPF_ARSH)
		emit_movsx_rr(b, w, bits, dst_reg(insn), dst_reg(insn));
	else
		emit_zext(b, bits, dst_reg(insn));
	return true;
}

/* d = s; d op= ... without the copy */
static bool merge_mov(struct jit_state *st, const struct bpf_insn *insn)
{
	int w = is_wide(insn), d = dst_reg(insn), s = src_reg(insn);
	const struct bpf_insn *next = insn + 1;
	int t = next->src_reg == insn->dst_reg ? s : src_reg(next);
	struct codebuf *b = &st->code;

	if (BPF_OP(insn->code) != BPF_MOV || !is_x(insn) || insn->off)
		return false;
	switch (BPF_OP(next->code) | BPF_SRC(next->code)) {
	case BPF_ADD | BPF_X:
		emit_lea_sib(b, w, d, s, t, 0, 0);
		return true;
	case BPF_ADD | BPF_K:
		emit_lea(b, w, d, s, next->imm);
		return true;
	case BPF_MUL | BPF_K:
		emit_imul_rri(b, w, d, s, next->imm);
		return true;
	case BPF_AND | BPF_K:
		emit_and_imm(b, w, d, s, next->imm);
		return true;
	case BPF_LSH | BPF_K:
		if (next->imm == 1)
			emit_lea_sib(b, w, d, s, s, 0, 0);
		return next->imm == 1;
	default:
		return false;
	}
}

static u32 merge_rotate(struct jit_state *st, u32 idx)
{
	int w = is_wide(&st->insns[idx]), a, x, d;
	struct codebuf *b = &st->code;
	struct jit_rotate rot;
	u32 nr = jit_match_rotate(st, idx, &rot);

	if (!nr)
		return 0;
	a = regs[rot.a];
	x = regs[rot.x];
	d = regs[rot.b];
	emit_mov_rr(b, w, a, x);
	emit_shift_i(b, w, rot.a_op == BPF_RSH ? SHIFT_SHR : SHIFT_SHL, a, rot.a_by);
	if (d != x && st->features & X86_FEATURE_BMI2) {
		emit_rorx(b, w, d, x, (w ? 64 : 32) - rot.left);
		return nr;
	}
	if (d != x)
		emit_mov_rr(b, w, d, x);
	emit_shift_i(b, w, SHIFT_ROL, d, rot.left);
	return nr;
}

/* Another place than emit_ldx() that loads, for what cannot fault. */
static bool merge_indexed_load(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *mov = &st->insns[idx], *load = mov + 2;

	if (!jit_is_indexed_load(st, idx))
		return false;
	emit_load_sib(&st->code, insn_size_bytes(load), dst_reg(load), src_reg(mov), src_reg(mov + 1),
		      0, load->off);
	return true;
}

static bool merge_next(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx], *next = insn + 1;

	if (!jit_can_merge(st, idx + 1) || insn_class(next) != insn_class(insn) ||
	    next->dst_reg != insn->dst_reg || next->off)
		return false;
	return merge_extend(&st->code, insn) || merge_mov(st, insn);
}

static u32 emit_alu(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx];
	struct codebuf *b = &st->code;
	u32 nr = merge_rotate(st, idx);

	if (nr)
		return nr;
	if (merge_indexed_load(st, idx))
		return 3;
	if (merge_next(st, idx))
		return 2;
	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
		emit_alu_op(b, insn, ALU_ADD);
		break;
	case BPF_SUB:
		emit_alu_op(b, insn, ALU_SUB);
		break;
	case BPF_OR:
		emit_alu_op(b, insn, ALU_OR);
		break;
	case BPF_AND:
		emit_alu_op(b, insn, ALU_AND);
		break;
	case BPF_XOR:
		emit_alu_op(b, insn, ALU_XOR);
		break;
	case BPF_MUL:
		emit_mul(b, insn);
		break;
	case BPF_DIV:
	case BPF_MOD:
		emit_div(b, insn);
		break;
	case BPF_LSH:
		emit_shift(st, insn, SHIFT_SHL);
		break;
	case BPF_RSH:
		emit_shift(st, insn, SHIFT_SHR);
		break;
	case BPF_ARSH:
		emit_shift(st, insn, SHIFT_SAR);
		break;
	case BPF_NEG:
		emit_neg(b, insn);
		break;
	case BPF_MOV:
		emit_mov(b, insn);
		break;
	case BPF_END:
		emit_end(b, insn);
		break;
	default:
		codebuf_fail(b, -EINVAL);
	}
	return 1;
}

/* -- Memory --- */

/* @reg: has the address where it is out of reach. */
static void emit_call_via(struct jit_state *st, u64 addr, int reg)
{
	struct codebuf *b = &st->code;
	s64 dist = addr - st->addr;

	if (st->addr && dist > -NEAR_BYTES && dist < NEAR_BYTES) {
		emit_call_rel(b, (s32)(addr - (st->addr + b->len + 5)));
	} else {
		emit_mov_ri(b, reg, addr);
		emit_call_r(b, reg);
	}
}

/* By a call that changes nothing but r10 and r11. */
static void emit_probed_load(struct jit_state *st, const struct bpf_insn *insn, int d, int s)
{
	u32 bytes = insn_size_bytes(insn);
	struct codebuf *b = &st->code;

	emit_lea(b, 1, R11, s, insn->off);
	emit_call_via(st, jit_probe_entry(st, bytes), R10);
	if (insn_class(insn) == BPF_LDX && BPF_MODE(insn->code) == INSN_MEMSX)
		emit_movsx_rr(b, 1, bytes * 8, d, R11);
	else
		emit_mov_rr(b, 1, d, R11);
}

/* Every load of a program that may fault comes through here. */
static void emit_ldx(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx];
	int d = dst_reg(insn), s = src_reg(insn);
	u32 off = st->code.len;

	if (st->flags[idx] & JIT_INSN_PROBE && st->probe_fn) {
		emit_probed_load(st, insn, d, s);
		return;
	}
	if (BPF_MODE(insn->code) == INSN_MEMSX)
		emit_load_sx(&st->code, insn_size_bytes(insn), d, s, insn->off);
	else
		emit_load(&st->code, insn_size_bytes(insn), d, s, insn->off);
	if (st->flags[idx] & JIT_INSN_PROBE)
		jit_note_probe(st, idx, off, d);
}

/* memory op= src; src = what memory was, for the operations the machine has no such form of */
static void emit_fetch_loop(struct codebuf *b, const struct bpf_insn *insn, int w, enum x86_alu op)
{
	int base = dst_reg(insn) == RAX ? R11 : dst_reg(insn);
	int src = src_reg(insn) == RAX ? R11 : src_reg(insn);
	u32 again;
	u8 back;

	emit_mov_rr(b, 1, R11, RAX);				/* r11 = r0		*/
	emit_load(b, w ? 8 : 4, RAX, base, insn->off);		/* rax = old		*/
	again = b->len;
	emit_mov_rr(b, 1, R10, RAX);				/* do { r10 = old	*/
	emit_alu_rr(b, w, op, R10, src);			/*	r10 op= src	*/
	emit_lock_cmpxchg(b, w, base, insn->off, R10);		/*	swap it in	*/
	back = emit_jcc_fwd(b, CC_NE) - again;			/* } while (changed)	*/
	back = -back;
	codebuf_patch(b, b->len - 1, &back, 1);
	if (src_reg(insn) != RAX) {
		emit_mov_rr(b, w, src_reg(insn), RAX);		/* src = old		*/
		emit_mov_rr(b, 1, RAX, R11);
	}
}

static void emit_cmpxchg(struct codebuf *b, const struct bpf_insn *insn, int w)
{
	emit_lock_cmpxchg(b, w, dst_reg(insn), insn->off, src_reg(insn));
	if (!w)
		emit_mov_rr(b, 0, RAX, RAX);	/* on success the machine leaves it alone */
}

static void emit_atomic(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx];
	int w = BPF_SIZE(insn->code) == BPF_DW, d = dst_reg(insn), s = src_reg(insn);
	struct codebuf *b = &st->code;

	switch (insn->imm) {
	case INSN_LOAD_ACQ:	/* loads acquire and stores release as they are */
		emit_ldx(st, idx);
		break;
	case INSN_STORE_REL:
		emit_store(b, insn_size_bytes(insn), d, insn->off, s);
		break;
	case BPF_ADD:
		emit_lock_alu(b, w, ALU_ADD, d, insn->off, s);
		break;
	case BPF_AND:
		emit_lock_alu(b, w, ALU_AND, d, insn->off, s);
		break;
	case BPF_OR:
		emit_lock_alu(b, w, ALU_OR, d, insn->off, s);
		break;
	case BPF_XOR:
		emit_lock_alu(b, w, ALU_XOR, d, insn->off, s);
		break;
	case BPF_ADD | BPF_FETCH:
		emit_lock_xadd(b, w, d, insn->off, s);
		break;
	case BPF_AND | BPF_FETCH:
		emit_fetch_loop(b, insn, w, ALU_AND);
		break;
	case BPF_OR | BPF_FETCH:
		emit_fetch_loop(b, insn, w, ALU_OR);
		break;
	case BPF_XOR | BPF_FETCH:
		emit_fetch_loop(b, insn, w, ALU_XOR);
		break;
	case BPF_XCHG:
		emit_xchg_mem(b, w, d, insn->off, s);
		break;
	case BPF_CMPXCHG:
		emit_cmpxchg(b, insn, w);
		break;
	default:
		codebuf_fail(b, -EINVAL);
	}
}

static void emit_stx(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx];

	if (insn_is_atomic(insn))
		emit_atomic(st, idx);
	else
		emit_store(&st->code, insn_size_bytes(insn), dst_reg(insn), insn->off, src_reg(insn));
}

static u32 emit_ld(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx];
	struct codebuf *b = &st->code;
	u32 end;

	if (!insn_is_func_addr(insn)) {
		emit_mov_ri(b, dst_reg(insn), insn_imm64(insn));
		return 2;
	}
	end = b->len + 7;
	emit_lea_rip(b, dst_reg(insn),
		     (s32)(st->funcs[st->func_of[insn_func_target(insn, idx)]].off - end));
	return 2;
}

/* -- Calls --- */

static void emit_call_addr(struct jit_state *st, u64 addr)
{
	emit_call_via(st, addr, RAX);	/* r0 is about to be overwritten */
}

/* r1 = array, r2 = address of an index; r0 = its value's, or 0 */
static void emit_array_lookup(struct jit_state *st)
{
	const struct bpf_array_layout *layout = &st->array;
	struct codebuf *b = &st->code;
	u32 none, done;

	emit_load(b, 4, RAX, RSI, 0);
	emit_alu_rm(b, 0, ALU_CMP, RAX, RDI, layout->max_entries_off);
	none = emit_jcc_fwd(b, CC_AE);
	emit_load(b, 4, R11, RDI, layout->elem_bytes_off);
	emit_imul_rr(b, 1, RAX, R11);
	emit_alu_rm(b, 1, ALU_ADD, RAX, RDI, layout->values_off);
	done = emit_jmp_fwd(b);
	emit_land(b, none);
	emit_mov_ri(b, RAX, 0);
	emit_land(b, done);
}

/* r1 = ctx, r2 = prog array, r3 = index */
static void emit_tail_call(struct jit_state *st)
{
	struct codebuf *b = &st->code;
	u32 out_index, out_count, out_empty;

	emit_mov_rr(b, 0, RDX, RDX);				/* index is 32 bits	*/
	emit_alu_rm(b, 0, ALU_CMP, RDX, RSI, st->prog_array.max_entries_off);
	out_index = emit_jcc_fwd(b, CC_AE);			/* if (index >= max) goto out */
	emit_alu_ri(b, 0, ALU_CMP, TAIL_CALLS, INSN_TAIL_CALLS_MAX);
	out_count = emit_jcc_fwd(b, CC_AE);			/* if (count >= 33) goto out */
	emit_load_sib(b, 8, R11, RSI, RDX, 3, st->prog_array.entries_off);
	emit_test_rr(b, 1, R11, R11);
	out_empty = emit_jcc_fwd(b, CC_E);			/* if (!prog) goto out	*/
	emit_alu_ri(b, 0, ALU_ADD, TAIL_CALLS, 1);		/* count++		*/
	emit_unwind(st);
	emit_jmp_r(b, R11);					/* prog(ctx)		*/
	emit_land(b, out_index);
	emit_land(b, out_count);
	emit_land(b, out_empty);
}

static void emit_is_return(struct jit_state *st)
{
	if (st->is_return >= 0) {
		emit_mov_ri(&st->code, RAX, st->is_return);
		return;
	}
	emit_load(&st->code, 8, RAX, RDI, BPF_META_OFF);
	emit_shift_i(&st->code, 1, SHIFT_SHR, RAX, BPF_META_IS_RETURN_SHIFT);
}

static void emit_cookie(struct jit_state *st)
{
	struct codebuf *b = &st->code;

	if (st->cookie_off) {
		emit_lea(b, 1, RAX, RDI, st->cookie_off);
		return;
	}
	emit_load(b, 1, RAX, RDI, BPF_META_OFF + BPF_META_COOKIE_SHIFT / 8);
	emit_unary(b, 1, UN_NEG, RAX);
	emit_lea_sib(b, 1, RAX, RDI, RAX, 3, 0);		/* ctx - 8 * distance	*/
}

static void emit_call(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx];
	const struct bpf_call *call = &st->calls[idx];
	u32 end = st->code.len + 5;

	if (insn_is_subprog_call(insn)) {
		emit_call_rel(&st->code,
			      (s32)(st->funcs[st->func_of[insn_func_target(insn, idx)]].off - end));
		return;
	}
	if (st->flags[idx] & JIT_INSN_ARRAY) {
		emit_array_lookup(st);
		return;
	}
	switch (call->kind) {
	case BPF_CALL_ADDR:
		emit_call_addr(st, call->addr);
		break;
	case BPF_CALL_TAIL:
		emit_tail_call(st);
		break;
	case BPF_CALL_SESSION_IS_RETURN:
		emit_is_return(st);
		break;
	case BPF_CALL_SESSION_COOKIE:
		emit_cookie(st);
		break;
	}
}

/* -- Jumps --- */

static void emit_goto(struct jit_state *st, u32 idx, u32 target)
{
	s32 dist = jit_distance(st, idx, target);

	if (dist)
		emit_jmp(&st->code, dist);
}

static void emit_compare(struct codebuf *b, const struct bpf_insn *insn)
{
	int w = is_wide(insn), d = dst_reg(insn);

	if (BPF_OP(insn->code) == BPF_JSET && is_x(insn))
		emit_test_rr(b, w, d, src_reg(insn));
	else if (BPF_OP(insn->code) == BPF_JSET)
		emit_test_ri(b, w, d, insn->imm);
	else if (is_x(insn))
		emit_alu_rr(b, w, ALU_CMP, d, src_reg(insn));
	else if (insn->imm)
		emit_alu_ri(b, w, ALU_CMP, d, insn->imm);
	else
		emit_test_rr(b, w, d, d);	/* compares with zero, carry and overflow clear */
}

static const u8 jump_cc[16] = {
	[BPF_JEQ >> 4] = CC_E,	 [BPF_JNE >> 4] = CC_NE,  [BPF_JSET >> 4] = CC_NE,
	[BPF_JGT >> 4] = CC_A,	 [BPF_JGE >> 4] = CC_AE,  [BPF_JLT >> 4] = CC_B,
	[BPF_JLE >> 4] = CC_BE,	 [BPF_JSGT >> 4] = CC_G,  [BPF_JSGE >> 4] = CC_GE,
	[BPF_JSLT >> 4] = CC_L,	 [BPF_JSLE >> 4] = CC_LE,
};

/* The move after the conditional jump at @idx, done unless it is taken. */
static void emit_select(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx], *mov = insn + 1;
	enum x86_cc cc = jump_cc[BPF_OP(insn->code) >> 4] ^ 1;
	struct codebuf *b = &st->code;

	if (!is_x(mov))		/* zeroing spoils the flags */
		emit_mov_ri(b, R11, is_wide(mov) ? (u64)(s64)mov->imm : (u32)mov->imm);
	else if (!is_wide(mov))
		emit_mov_rr(b, 0, R11, src_reg(mov));
	emit_compare(b, insn);
	emit_cmov(b, 1, cc, dst_reg(mov), is_x(mov) && is_wide(mov) ? src_reg(mov) : R11);
}

static u32 emit_cond(struct jit_state *st, u32 idx, u32 target)
{
	const struct bpf_insn *insn = &st->insns[idx];

	if (jit_is_select(st, idx)) {
		emit_select(st, idx);
		return 2;
	}
	emit_compare(&st->code, insn);
	emit_jcc(&st->code, jump_cc[BPF_OP(insn->code) >> 4], jit_distance(st, idx, target));
	return 1;
}

/* if (--left < 0) goto target; */
static void emit_may_goto(struct jit_state *st, u32 idx, u32 target)
{
	s32 disp = may_goto_disp(st->func);

	emit_alu_mi(&st->code, 1, ALU_SUB, RBP, disp, 1);	/* once negative it stays so */
	emit_jcc(&st->code, CC_L, jit_distance(st, idx, target));
}

static u32 emit_jump(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx];
	u32 target = insn_jump_target(insn, idx);

	if (insn_is_goto(insn) || st->flags[idx] & JIT_INSN_TAKEN)
		emit_goto(st, idx, target);
	else if (insn_is_may_goto(insn))
		emit_may_goto(st, idx, target);
	else if (!(st->flags[idx] & JIT_INSN_NOT_TAKEN))
		return emit_cond(st, idx, target);
	return 1;
}

static u32 emit_jmp_class(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx];

	if (insn_is_call(insn))
		emit_call(st, idx);
	else if (insn_is_exit(insn))
		emit_exit(st);
	else
		return emit_jump(st, idx);
	return 1;
}

static u32 emit_insn(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx];

	switch (insn_class(insn)) {
	case BPF_ALU:
	case BPF_ALU64:
		return emit_alu(st, idx);
	case BPF_JMP:
	case BPF_JMP32:
		return emit_jmp_class(st, idx);
	case BPF_LDX:
		emit_ldx(st, idx);
		return 1;
	case BPF_ST:
		emit_store_i(&st->code, insn_size_bytes(insn), dst_reg(insn), insn->off, insn->imm);
		return 1;
	case BPF_STX:
		emit_stx(st, idx);
		return 1;
	default:
		return emit_ld(st, idx);
	}
}

const struct jit_backend x86_64_backend = {
	.name = "x86_64",
	.emit_entry = emit_entry,
	.emit_prologue = emit_prologue,
	.emit_insn = emit_insn,
	.pad_byte = 0xcc,
	.func_align = 16,
	.insn_bytes_max = 128,
};
