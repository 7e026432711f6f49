/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF to A64.
 *
 * Arguments r1..r5 are x0..x4, as in a C call; r0 is x7, so that a call's arguments and its result do
 * not share a register, and moves to and from x0 at calls and returns. x9..x12 and x16 are scratch
 * within one instruction; x26 counts tail calls and is touched by nothing but the entry.
 *
 *	       |  x30, x29               |
 *	x29 -> |  saved x19..x22, x25    |	those the function writes, in pairs
 *	x25 -> |                         |	= BPF r10
 *	       |  BPF stack              |	stack_bytes
 *	sp  -> | [may_goto left]         |	8; sp is a multiple of 16
 */
#include "arch/arm64/emit.h"
#include "arch/backend.h"

#define TAIL_CALLS X26
#define TMP X9
#define TMP2 X10
#define TMP3 X11
#define TMP4 X12
#define NEAR_BYTES ((s64)100 << 20)	/* bl's reach of 128 MB, less any usual program's own length */
#define NEAR_BRANCH_BYTES ((1 << 20) - 64)	/* a conditional branch's, less one instruction's length */

static const u8 regs[INSN_REGS] = {
	[0] = X7, [1] = X0, [2] = X1, [3] = X2, [4] = X3, [5] = X4,
	[6] = X19, [7] = X20, [8] = X21, [9] = X22, [10] = X25,
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

struct saved {
	u8 regs[6];
	int cnt;	/* even */
};

static struct saved saved_regs(const struct jit_func *f)
{
	struct saved s = { .cnt = 0 };

	for (int r = 6; r <= 9; r++)
		if (f->regs_written & 1 << r)
			s.regs[s.cnt++] = regs[r];
	if (f->regs_used & 1 << INSN_FP)
		s.regs[s.cnt++] = regs[INSN_FP];
	if (s.cnt % 2)
		s.regs[s.cnt++] = XZR;
	return s;
}

static u32 frame_bytes(const struct jit_func *f)
{
	return (f->stack_bytes + (f->has_may_goto ? 8 : 0) + 15) / 16 * 16;
}

static void emit_sp_move(struct codebuf *b, bool down, u32 bytes)
{
	if (!a64_is_imm12(bytes))
		codebuf_fail(b, -E2BIG);
	if (bytes && down)
		emit_sub_ri(b, 1, SP, SP, bytes);
	else if (bytes)
		emit_add_ri(b, 1, SP, SP, bytes);
}

static void emit_prologue(struct jit_state *st)
{
	const struct jit_func *f = st->func;
	struct saved s = saved_regs(f);
	struct codebuf *b = &st->code;

	if (st->landing_pads && (f->is_callback || !f->start))
		emit_bti_c(b);
	emit_push_pair(b, X29, X30);
	emit_mov_sp(b, X29, SP);
	for (int i = 0; i < s.cnt; i += 2)
		emit_push_pair(b, s.regs[i], s.regs[i + 1]);
	if (f->regs_used & 1 << INSN_FP)
		emit_mov_sp(b, regs[INSN_FP], SP);
	emit_sp_move(b, true, frame_bytes(f));
	if (f->has_may_goto) {
		emit_mov_ri(b, TMP, st->may_goto_max);
		emit_mem(b, MEM_STORE, 8, TMP, SP, 0, TMP2);
	}
}

/* As far as the return address in x30. */
static void emit_unwind(struct jit_state *st)
{
	struct saved s = saved_regs(st->func);
	struct codebuf *b = &st->code;

	emit_sp_move(b, false, frame_bytes(st->func));
	for (int i = s.cnt - 2; i >= 0; i -= 2)
		emit_pop_pair(b, s.regs[i], s.regs[i + 1]);
	emit_pop_pair(b, X29, X30);
}

static void emit_exit(struct jit_state *st)
{
	emit_mov_rr(&st->code, 1, X0, regs[0]);
	emit_unwind(st);
	emit_ret(&st->code);
}

static void emit_entry(struct jit_state *st)
{
	struct codebuf *b = &st->code;

	if (st->landing_pads)
		emit_bti_c(b);
	emit_push_pair(b, X29, X30);
	emit_mov_sp(b, X29, SP);
	emit_push_pair(b, TAIL_CALLS, XZR);
	emit_mov_ri(b, TAIL_CALLS, 0);
	emit_bl(b, (s64)st->funcs[0].off - b->len);
	emit_pop_pair(b, TAIL_CALLS, XZR);
	emit_pop_pair(b, X29, X30);
	emit_ret(b);
}

/* -- Arithmetic: d = n op (register or immediate), where n is d unless a move was merged --- */

struct alu {
	struct codebuf *b;
	const struct bpf_insn *insn;
	int w, d, n, m;		/* m: XZR stands for "immediate" */
};

/* The second operand in a register. */
static int alu_operand(const struct alu *a)
{
	if (is_x(a->insn))
		return a->m;
	emit_mov_ri(a->b, TMP, a->w ? (u64)(s64)a->insn->imm : (u32)a->insn->imm);
	return TMP;
}

static void alu_add(const struct alu *a, s64 sign)
{
	s64 imm = a->insn->imm * sign;

	if (!is_x(a->insn) && a64_is_imm12(imm))
		emit_add_ri(a->b, a->w, a->d, a->n, imm);
	else if (!is_x(a->insn) && a64_is_imm12(-imm))
		emit_sub_ri(a->b, a->w, a->d, a->n, -imm);
	else if (sign > 0)
		emit_add_rr(a->b, a->w, a->d, a->n, alu_operand(a));
	else
		emit_sub_rr(a->b, a->w, a->d, a->n, alu_operand(a));
}

static void alu_logic(const struct alu *a, enum a64_logic op)
{
	u32 field;

	if (!is_x(a->insn) && a64_bitmask((s64)a->insn->imm, a->w, &field))
		emit_logic_ri(a->b, a->w, op, a->d, a->n, field);
	else
		emit_logic_rr(a->b, a->w, op, a->d, a->n, alu_operand(a));
}

/* The machine gives 0 for x / 0 and wraps INT_MIN / -1, as BPF wants. */
static void alu_div(const struct alu *a)
{
	enum a64_two op = a->insn->off == INSN_SIGNED ? TWO_SDIV : TWO_UDIV;
	int m = alu_operand(a);

	if (BPF_OP(a->insn->code) == BPF_DIV) {
		emit_two(a->b, a->w, op, a->d, a->n, m);
		return;
	}
	emit_two(a->b, a->w, op, TMP2, a->n, m);
	emit_msub(a->b, a->w, a->d, TMP2, m, a->n);
}

static void alu_shift(const struct alu *a, enum a64_two op)
{
	int by = a->insn->imm & (a->w ? 63 : 31);

	if (is_x(a->insn))
		emit_two(a->b, a->w, op, a->d, a->n, a->m);
	else if (op == TWO_LSL)
		emit_lsl_i(a->b, a->w, a->d, a->n, by);
	else if (op == TWO_LSR)
		emit_lsr_i(a->b, a->w, a->d, a->n, by);
	else
		emit_asr_i(a->b, a->w, a->d, a->n, by);
}

static void alu_mov(const struct alu *a)
{
	s32 imm = a->insn->imm;

	if (!is_x(a->insn))
		emit_mov_ri(a->b, a->d, a->w ? (u64)(s64)imm : (u32)imm);
	else if (a->insn->off)
		emit_bitfield(a->b, a->w, 1, a->d, a->m, 0, a->insn->off - 1);
	else if (!a->w || a->d != a->m)
		emit_mov_rr(a->b, a->w, a->d, a->m);
}

static void alu_end(const struct alu *a)
{
	bool swaps = insn_class(a->insn) == BPF_ALU64 || BPF_SRC(a->insn->code) == BPF_TO_BE;

	if (swaps)
		emit_rev(a->b, a->insn->imm, a->d, a->d);
	if (a->insn->imm == 16)
		emit_bitfield(a->b, 0, 0, a->d, a->d, 0, 15);
	else if (a->insn->imm == 32 && !swaps)
		emit_mov_rr(a->b, 0, a->d, a->d);
}

static void emit_alu_op(const struct alu *a)
{
	switch (BPF_OP(a->insn->code)) {
	case BPF_ADD:
		alu_add(a, 1);
		break;
	case BPF_SUB:
		alu_add(a, -1);
		break;
	case BPF_OR:
		alu_logic(a, LOGIC_ORR);
		break;
	case BPF_AND:
		alu_logic(a, LOGIC_AND);
		break;
	case BPF_XOR:
		alu_logic(a, LOGIC_EOR);
		break;
	case BPF_MUL:
		emit_mul(a->b, a->w, a->d, a->n, alu_operand(a));
		break;
	case BPF_DIV:
	case BPF_MOD:
		alu_div(a);
		break;
	case BPF_LSH:
		alu_shift(a, TWO_LSL);
		break;
	case BPF_RSH:
		alu_shift(a, TWO_LSR);
		break;
	case BPF_ARSH:
		alu_shift(a, TWO_ASR);
		break;
	case BPF_NEG:
		emit_sub_rr(a->b, a->w, a->d, XZR, a->n);
		break;
	case BPF_MOV:
		alu_mov(a);
		break;
	case BPF_END:
		alu_end(a);
		break;
	default:
		codebuf_fail(a->b, -EINVAL);
	}
}

/* d <<= n; d >>= n or d s>>= n: a bit field */
static bool merge_extend(struct codebuf *b, const struct bpf_insn *insn)
{
	const struct bpf_insn *next = insn + 1;
	int w = is_wide(insn), bits = (w ? 64 : 32) - insn->imm;
	u8 op = BPF_OP(next->code);

	if (BPF_OP(insn->code) != BPF_LSH || is_x(insn) || is_x(next) || next->imm != insn->imm ||
	    (op != BPF_RSH && op != BPF_ARSH) || insn->imm <= 0 || bits <= 0)
		return false;
	emit_bitfield(b, w, op == BPF_ARSH, dst_reg(insn), dst_reg(insn), 0, bits - 1);
	return true;
}

/* d = s; d op= x: one instruction of three operands */
static bool merge_mov(struct codebuf *b, const struct bpf_insn *insn)
{
	const struct bpf_insn *next = insn + 1;
	struct alu a = { b, next, is_wide(insn), dst_reg(insn), src_reg(insn), src_reg(next) };
	u8 op = BPF_OP(next->code);

	if (BPF_OP(insn->code) != BPF_MOV || !is_x(insn) || insn->off || op == BPF_MOV ||
	    op == BPF_END)
		return false;
	if (is_x(next) && next->src_reg == insn->dst_reg)
		a.m = a.n;
	emit_alu_op(&a);
	return true;
}

static u32 merge_rotate(struct jit_state *st, u32 idx)
{
	int w = is_wide(&st->insns[idx]), bits = w ? 64 : 32;
	struct jit_rotate rot;
	u32 nr = jit_match_rotate(st, idx, &rot);

	if (!nr)
		return 0;
	if (rot.a_op == BPF_RSH)
		emit_lsr_i(&st->code, w, regs[rot.a], regs[rot.x], rot.a_by);
	else
		emit_lsl_i(&st->code, w, regs[rot.a], regs[rot.x], rot.a_by);
	emit_ror_i(&st->code, w, regs[rot.b], regs[rot.x], bits - rot.left);
	return nr;
}

/* Another place than emit_ldx() that loads, for what cannot fault. */
static bool merge_indexed_load(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *mov = &st->insns[idx], *load = mov + 2;

	if (!jit_is_indexed_load(st, idx) || load->off)
		return false;
	emit_load_rr(&st->code, insn_size_bytes(load), dst_reg(load), src_reg(mov), src_reg(mov + 1));
	return true;
}

static bool merge_next(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx], *next = insn + 1;

	if (!jit_can_merge(st, idx + 1) || insn_class(next) != insn_class(insn) ||
	    next->dst_reg != insn->dst_reg)
		return false;
	return merge_extend(&st->code, insn) || merge_mov(&st->code, insn);
}

static u32 emit_alu(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx];
	struct alu a = { &st->code, insn, is_wide(insn), dst_reg(insn), dst_reg(insn), src_reg(insn) };
	u32 nr = merge_rotate(st, idx);

	if (nr)
		return nr;
	if (merge_indexed_load(st, idx))
		return 3;
	if (merge_next(st, idx))
		return 2;
	emit_alu_op(&a);
	return 1;
}

/* -- Memory --- */

/* base + off in a register, for instructions without offset */
static int emit_address(struct codebuf *b, int base, s32 off)
{
	if (!off)
		return base;
	if (a64_is_imm12(off)) {
		emit_add_ri(b, 1, TMP, base, off);
	} else if (a64_is_imm12(-off)) {
		emit_sub_ri(b, 1, TMP, base, -off);
	} else {
		emit_mov_ri(b, TMP, (s64)off);
		emit_add_rr(b, 1, TMP, base, TMP);
	}
	return TMP;
}

static void emit_call_via(struct jit_state *st, u64 addr)
{
	struct codebuf *b = &st->code;
	s64 dist = addr - st->addr;

	if (st->addr && dist > -NEAR_BYTES && dist < NEAR_BYTES) {
		emit_bl(b, (s64)(addr - (st->addr + b->len)));
	} else {
		emit_mov_ri(b, X16, addr);
		emit_blr(b, X16);
	}
}

/* By a call that leaves what BPF's registers are in as it was. */
static void emit_probed_load(struct jit_state *st, const struct bpf_insn *insn, bool sx)
{
	u32 bytes = insn_size_bytes(insn);
	struct codebuf *b = &st->code;
	int at = emit_address(b, src_reg(insn), insn->off);

	if (at != TMP)
		emit_mov_rr(b, 1, TMP, at);
	emit_call_via(st, jit_probe_entry(st, bytes));
	if (sx)
		emit_bitfield(b, 1, 1, dst_reg(insn), TMP, 0, bytes * 8 - 1);
	else
		emit_mov_rr(b, 1, dst_reg(insn), TMP);
}

/* Every load of a program that may fault comes through here. */
static void emit_ldx(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx];
	bool acquire = insn_class(insn) == BPF_STX;
	enum a64_mem op = !acquire && BPF_MODE(insn->code) == INSN_MEMSX ? MEM_LOAD_SX : MEM_LOAD;
	struct codebuf *b = &st->code;

	if (st->flags[idx] & JIT_INSN_PROBE && st->probe_fn) {
		emit_probed_load(st, insn, op == MEM_LOAD_SX);
		return;
	}
	if (acquire)
		emit_load_acquire(b, insn_size_bytes(insn), dst_reg(insn),
				  emit_address(b, src_reg(insn), insn->off));
	else
		emit_mem(b, op, insn_size_bytes(insn), dst_reg(insn), src_reg(insn), insn->off, TMP);
	if (st->flags[idx] & JIT_INSN_PROBE)	/* the load is the last instruction of either form */
		jit_note_probe(st, idx, b->len - 4, dst_reg(insn));
}

static void emit_st(struct jit_state *st, const struct bpf_insn *insn)
{
	int t = insn->imm ? TMP2 : XZR;

	if (insn->imm)
		emit_mov_ri(&st->code, t, (s64)insn->imm);
	emit_mem(&st->code, MEM_STORE, insn_size_bytes(insn), t, dst_reg(insn), insn->off, TMP);
}

struct atomic {
	struct codebuf *b;
	s32 op;			/* of BPF */
	u32 bytes;
	int addr, src;		/* registers */
	int old;		/* what memory was goes here; TMP2 if nobody wants it */
};

static void atomic_lse(const struct atomic *a)
{
	switch (a->op & ~BPF_FETCH) {
	case BPF_ADD:
		emit_rmw(a->b, a->bytes, RMW_ADD, a->src, a->old, a->addr);
		break;
	case BPF_AND:
		emit_mvn(a->b, 1, TMP3, a->src);
		emit_rmw(a->b, a->bytes, RMW_CLR, TMP3, a->old, a->addr);
		break;
	case BPF_OR:
		emit_rmw(a->b, a->bytes, RMW_SET, a->src, a->old, a->addr);
		break;
	case BPF_XOR:
		emit_rmw(a->b, a->bytes, RMW_EOR, a->src, a->old, a->addr);
		break;
	default:
		emit_rmw(a->b, a->bytes, RMW_SWP, a->src, a->old, a->addr);
	}
}

/* t = old op src */
static void atomic_new_value(const struct atomic *a, int t, int old)
{
	switch (a->op & ~BPF_FETCH) {
	case BPF_ADD:
		emit_add_rr(a->b, 1, t, old, a->src);
		break;
	case BPF_AND:
		emit_logic_rr(a->b, 1, LOGIC_AND, t, old, a->src);
		break;
	case BPF_OR:
		emit_logic_rr(a->b, 1, LOGIC_ORR, t, old, a->src);
		break;
	case BPF_XOR:
		emit_logic_rr(a->b, 1, LOGIC_EOR, t, old, a->src);
		break;
	default:
		emit_mov_rr(a->b, 1, t, a->src);
	}
}

/* load and store exclusive until it holds */
static void atomic_exclusive(const struct atomic *a)
{
	u32 again = a->b->len;

	emit_ldaxr(a->b, a->bytes, TMP2, a->addr);		/* do { old = *p	*/
	atomic_new_value(a, TMP3, TMP2);			/*	new = old op src */
	emit_stlxr(a->b, a->bytes, TMP4, TMP3, a->addr);	/*	*p = new	*/
	emit_cbnz(a->b, 0, TMP4, (s64)again - a->b->len);	/* } while (lost)	*/
	emit_dmb_ish(a->b);
	if (a->old != TMP2)
		emit_mov_rr(a->b, 1, a->old, TMP2);
}

/* r0 is compared; w: only its low half, and what comes back is zero-extended */
static void emit_cmpxchg(struct jit_state *st, u32 bytes, int addr, int src)
{
	struct codebuf *b = &st->code;
	int w = bytes == 8;
	u32 again, out;

	if (st->features & ARM64_FEATURE_LSE) {
		emit_casal(b, bytes, regs[0], src, addr);
		return;
	}
	again = b->len;
	emit_ldaxr(b, bytes, TMP2, addr);			/* do { old = *p	*/
	emit_cmp_rr(b, w, TMP2, regs[0]);
	out = emit_bcond_fwd(b, COND_NE);			/*	if (old != r0) break */
	emit_stlxr(b, bytes, TMP4, src, addr);			/*	*p = src	*/
	emit_cbnz(b, 0, TMP4, (s64)again - b->len);		/* } while (lost)	*/
	emit_dmb_ish(b);
	emit_land(b, out);
	emit_mov_rr(b, 1, regs[0], TMP2);			/* r0 = old		*/
}

static void emit_atomic(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx];
	u32 bytes = insn_size_bytes(insn);
	struct codebuf *b = &st->code;
	struct atomic a;
	int addr;

	if (insn->imm == INSN_LOAD_ACQ) {
		emit_ldx(st, idx);
		return;
	}
	addr = emit_address(b, dst_reg(insn), insn->off);
	if (insn->imm == INSN_STORE_REL) {
		emit_store_release(b, bytes, src_reg(insn), addr);
		return;
	}
	if (insn->imm == BPF_CMPXCHG) {
		emit_cmpxchg(st, bytes, addr, src_reg(insn));
		return;
	}
	a = (struct atomic){ b, insn->imm, bytes, addr, src_reg(insn),
			     insn->imm & BPF_FETCH ? src_reg(insn) : TMP2 };
	if (st->features & ARM64_FEATURE_LSE)
		atomic_lse(&a);
	else
		atomic_exclusive(&a);
}

static void emit_stx(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx];

	if (insn_is_atomic(insn))
		emit_atomic(st, idx);
	else
		emit_mem(&st->code, MEM_STORE, insn_size_bytes(insn), src_reg(insn), dst_reg(insn),
			 insn->off, TMP);
}

static s64 func_dist(const struct jit_state *st, u32 idx)
{
	s64 target = insn_func_target(&st->insns[idx], idx);

	return (s64)st->funcs[st->func_of[target]].off - st->code.len;
}

static u32 emit_ld(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx];

	if (insn_is_func_addr(insn))
		emit_adr(&st->code, dst_reg(insn), func_dist(st, idx));
	else
		emit_mov_ri(&st->code, dst_reg(insn), insn_imm64(insn));
	return 2;
}

/* -- Calls --- */

static void emit_call_addr(struct jit_state *st, u64 addr)
{
	emit_call_via(st, addr);
	emit_mov_rr(&st->code, 1, regs[0], X0);
}

/* r1 = array, r2 = address of an index; r0 = its value's, or 0 */
static void emit_array_lookup(struct jit_state *st)
{
	const struct bpf_array_layout *layout = &st->array;
	struct codebuf *b = &st->code;

	emit_mem(b, MEM_LOAD, 4, regs[0], regs[2], 0, TMP2);
	emit_mem(b, MEM_LOAD, 4, TMP, regs[1], layout->max_entries_off, TMP2);
	emit_cmp_rr(b, 0, regs[0], TMP);
	emit_mem(b, MEM_LOAD, 4, TMP, regs[1], layout->elem_bytes_off, TMP2);
	emit_mul(b, 1, regs[0], regs[0], TMP);
	emit_mem(b, MEM_LOAD, 8, TMP, regs[1], layout->values_off, TMP2);
	emit_add_rr(b, 1, regs[0], regs[0], TMP);
	emit_csel(b, 1, regs[0], regs[0], XZR, COND_LO);
}

/* r1 = ctx, r2 = prog array, r3 = index */
static void emit_tail_call(struct jit_state *st)
{
	const struct bpf_prog_array_layout *layout = &st->prog_array;
	struct codebuf *b = &st->code;
	u32 out_index, out_count, out_empty;

	emit_mem(b, MEM_LOAD, 4, TMP, regs[2], layout->max_entries_off, TMP2);
	emit_cmp_rr(b, 0, regs[3], TMP);
	out_index = emit_bcond_fwd(b, COND_HS);			/* if (index >= max) goto out */
	emit_cmp_ri(b, 0, TAIL_CALLS, INSN_TAIL_CALLS_MAX);
	out_count = emit_bcond_fwd(b, COND_HS);			/* if (count >= 33) goto out */
	emit_add_uxtw(b, TMP, regs[2], regs[3], 3);
	emit_mem(b, MEM_LOAD, 8, X16, TMP, layout->entries_off, TMP2);
	out_empty = emit_cbz_fwd(b, 1, X16);			/* if (!prog) goto out	*/
	emit_add_ri(b, 0, TAIL_CALLS, TAIL_CALLS, 1);		/* count++		*/
	emit_unwind(st);
	emit_br(b, X16);					/* prog(ctx)		*/
	emit_land(b, out_index);
	emit_land(b, out_count);
	emit_land(b, out_empty);
}

static void emit_is_return(struct jit_state *st)
{
	if (st->is_return >= 0) {
		emit_mov_ri(&st->code, regs[0], st->is_return);
		return;
	}
	emit_mem(&st->code, MEM_LOAD, 8, regs[0], regs[1], BPF_META_OFF, TMP);
	emit_lsr_i(&st->code, 1, regs[0], regs[0], BPF_META_IS_RETURN_SHIFT);
}

static void emit_cookie(struct jit_state *st)
{
	struct codebuf *b = &st->code;

	if (st->cookie_off) {
		emit_mov_ri(b, TMP, (s64)st->cookie_off);
		emit_add_rr(b, 1, regs[0], regs[1], TMP);
		return;
	}
	emit_mem(b, MEM_LOAD, 1, TMP, regs[1], BPF_META_OFF + BPF_META_COOKIE_SHIFT / 8, TMP2);
	emit_sub_shifted(b, regs[0], regs[1], TMP, 3);		/* ctx - 8 * distance	*/
}

static void emit_call(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx];
	const struct bpf_call *call = &st->calls[idx];

	if (insn_is_subprog_call(insn)) {
		emit_bl(&st->code, func_dist(st, idx));
		emit_mov_rr(&st->code, 1, regs[0], X0);
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

/* -- Jumps: the driver's distances are from the end of the instruction, a branch's from its start --- */

static s64 branch_dist(const struct jit_state *st, u32 target)
{
	return (s64)st->offs[target] - st->code.len;
}

/* The form is chosen by the last pass's distance, so that it only ever gets shorter. */
static void emit_branch(struct jit_state *st, u32 idx, enum a64_cond cond, u32 target)
{
	s32 dist = jit_distance(st, idx, target);

	if (dist > -NEAR_BRANCH_BYTES && dist < NEAR_BRANCH_BYTES)
		emit_bcond(&st->code, cond, branch_dist(st, target));
	else
		emit_bcond_far(&st->code, cond, branch_dist(st, target));
}

static void emit_goto(struct jit_state *st, u32 idx, u32 target)
{
	if (jit_distance(st, idx, target))
		emit_b(&st->code, branch_dist(st, target));
}

static void emit_test(struct codebuf *b, const struct bpf_insn *insn)
{
	int w = is_wide(insn), d = dst_reg(insn), m = src_reg(insn);
	u32 field;

	if (!is_x(insn) && a64_bitmask((s64)insn->imm, w, &field)) {
		emit_logic_ri(b, w, LOGIC_ANDS, XZR, d, field);
		return;
	}
	if (!is_x(insn)) {
		emit_mov_ri(b, TMP, (s64)insn->imm);
		m = TMP;
	}
	emit_logic_rr(b, w, LOGIC_ANDS, XZR, d, m);
}

static void emit_compare(struct codebuf *b, const struct bpf_insn *insn)
{
	int w = is_wide(insn), d = dst_reg(insn);

	if (BPF_OP(insn->code) == BPF_JSET) {
		emit_test(b, insn);
	} else if (is_x(insn)) {
		emit_cmp_rr(b, w, d, src_reg(insn));
	} else if (a64_is_imm12(insn->imm)) {
		emit_cmp_ri(b, w, d, insn->imm);
	} else if (a64_is_imm12(-(s64)insn->imm)) {
		emit_cmn_ri(b, w, d, -insn->imm);
	} else {
		emit_mov_ri(b, TMP, (s64)insn->imm);
		emit_cmp_rr(b, w, d, TMP);
	}
}

static const u8 jump_cond[16] = {
	[BPF_JEQ >> 4] = COND_EQ,  [BPF_JNE >> 4] = COND_NE,  [BPF_JSET >> 4] = COND_NE,
	[BPF_JGT >> 4] = COND_HI,  [BPF_JGE >> 4] = COND_HS,  [BPF_JLT >> 4] = COND_LO,
	[BPF_JLE >> 4] = COND_LS,  [BPF_JSGT >> 4] = COND_GT, [BPF_JSGE >> 4] = COND_GE,
	[BPF_JSLT >> 4] = COND_LT, [BPF_JSLE >> 4] = COND_LE,
};

/* if (left == 0) goto target; left--; */
static void emit_may_goto(struct jit_state *st, u32 idx, u32 target)
{
	struct codebuf *b = &st->code;

	emit_mem(b, MEM_LOAD, 8, TMP, SP, 0, TMP2);
	emit_cmp_ri(b, 1, TMP, 0);
	emit_branch(st, idx, COND_EQ, target);
	emit_sub_ri(b, 1, TMP, TMP, 1);
	emit_mem(b, MEM_STORE, 8, TMP, SP, 0, TMP2);
}

/* The move after the conditional jump at @idx, done unless it is taken. */
static void emit_select(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx], *mov = insn + 1;
	enum a64_cond taken = jump_cond[BPF_OP(insn->code) >> 4];
	struct codebuf *b = &st->code;
	int d = dst_reg(mov), m = is_x(mov) ? src_reg(mov) : mov->imm ? TMP2 : XZR;

	if (!is_x(mov) && mov->imm)
		emit_mov_ri(b, TMP2, is_wide(mov) ? (u64)(s64)mov->imm : (u32)mov->imm);
	if (is_x(mov) && !is_wide(mov)) {
		emit_mov_rr(b, 0, TMP2, m);
		m = TMP2;
	}
	emit_compare(b, insn);
	emit_csel(b, 1, d, d, m, taken);
}

static u32 emit_jump(struct jit_state *st, u32 idx)
{
	const struct bpf_insn *insn = &st->insns[idx];
	u32 target = insn_jump_target(insn, idx);

	if (insn_is_goto(insn) || st->flags[idx] & JIT_INSN_TAKEN) {
		emit_goto(st, idx, target);
	} else if (insn_is_may_goto(insn)) {
		emit_may_goto(st, idx, target);
	} else if (st->flags[idx] & JIT_INSN_NOT_TAKEN) {
		return 1;
	} else if (jit_is_select(st, idx)) {
		emit_select(st, idx);
		return 2;
	} else {
		emit_compare(&st->code, insn);
		emit_branch(st, idx, jump_cond[BPF_OP(insn->code) >> 4], target);
	}
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
		emit_st(st, insn);
		return 1;
	case BPF_STX:
		emit_stx(st, idx);
		return 1;
	default:
		return emit_ld(st, idx);
	}
}

const struct jit_backend arm64_backend = {
	.name = "arm64",
	.emit_entry = emit_entry,
	.emit_prologue = emit_prologue,
	.emit_insn = emit_insn,
	.pad_byte = 0,		/* udf */
	.func_align = 16,
	.insn_bytes_max = 128,
};
