/* SPDX-License-Identifier: BSD-2-Clause */
/* Which instructions exist, and what makes a list of them a program. */
#include "bpf/insn.h"

#include <errno.h>
#include <stdlib.h>

#define BIT(n) (1u << (n))
#define REGS_ARG (BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5))

static bool is_x(const struct bpf_insn *insn)
{
	return BPF_SRC(insn->code) == BPF_X;
}

/* cmpxchg alone names r0 without an operand field */
static bool is_cmpxchg(const struct bpf_insn *insn)
{
	return insn_is_atomic(insn) && insn->imm == BPF_CMPXCHG;
}

static u16 alu_regs_read(const struct bpf_insn *insn)
{
	u16 dst = BPF_OP(insn->code) == BPF_MOV ? 0 : BIT(insn->dst_reg);

	if (BPF_OP(insn->code) == BPF_END || BPF_OP(insn->code) == BPF_NEG)
		return BIT(insn->dst_reg);
	return dst | (is_x(insn) ? BIT(insn->src_reg) : 0);
}

static u16 jmp_regs_read(const struct bpf_insn *insn)
{
	if (insn_is_call(insn))
		return REGS_ARG;
	if (insn_is_exit(insn))
		return BIT(0);
	if (!insn_is_cond_jump(insn))
		return 0;
	return BIT(insn->dst_reg) | (is_x(insn) ? BIT(insn->src_reg) : 0);
}

static u16 stx_regs_read(const struct bpf_insn *insn)
{
	if (insn_is_atomic(insn) && insn->imm == INSN_LOAD_ACQ)
		return BIT(insn->src_reg);
	return BIT(insn->dst_reg) | BIT(insn->src_reg) | (is_cmpxchg(insn) ? BIT(0) : 0);
}

u16 insn_regs_read(const struct bpf_insn *insn)
{
	switch (insn_class(insn)) {
	case BPF_ALU:
	case BPF_ALU64:
		return alu_regs_read(insn);
	case BPF_JMP:
	case BPF_JMP32:
		return jmp_regs_read(insn);
	case BPF_LDX:
		return BIT(insn->src_reg);
	case BPF_ST:
		return BIT(insn->dst_reg);
	case BPF_STX:
		return stx_regs_read(insn);
	default:
		return 0;
	}
}

u16 insn_regs_written(const struct bpf_insn *insn)
{
	switch (insn_class(insn)) {
	case BPF_ALU:
	case BPF_ALU64:
	case BPF_LDX:
	case BPF_LD:
		return BIT(insn->dst_reg);
	case BPF_JMP:
		return insn_is_call(insn) ? BIT(0) | REGS_ARG : 0;
	case BPF_STX:
		if (!insn_is_atomic(insn) || insn->imm == INSN_STORE_REL)
			return 0;
		if (insn->imm == INSN_LOAD_ACQ)
			return BIT(insn->dst_reg);
		if (insn->imm == BPF_CMPXCHG)
			return BIT(0);
		return insn->imm & BPF_FETCH ? BIT(insn->src_reg) : 0;
	default:
		return 0;
	}
}

/* -- One instruction --- */

static bool is_one_of(s32 v, s32 a, s32 b, s32 c)
{
	return v == a || v == b || v == c;
}

static bool valid_mov(const struct bpf_insn *insn)
{
	if (!is_x(insn))
		return !insn->off;
	return !insn->off || insn->off == 8 || insn->off == 16 ||
	       (insn->off == 32 && insn_class(insn) == BPF_ALU64);
}

static bool valid_end(const struct bpf_insn *insn)
{
	if (insn_class(insn) == BPF_ALU64 && is_x(insn))
		return false;
	return !insn->src_reg && !insn->off && is_one_of(insn->imm, 16, 32, 64);
}

static bool valid_alu(const struct bpf_insn *insn)
{
	u8 op = BPF_OP(insn->code);

	if (insn->dst_reg >= INSN_FP)	/* r10 is read only */
		return false;
	if (op == BPF_END)
		return valid_end(insn);
	if (is_x(insn) ? insn->imm : insn->src_reg)
		return false;
	switch (op) {
	case BPF_MOV:
		return valid_mov(insn);
	case BPF_NEG:
		return !is_x(insn) && !insn->off && !insn->imm;
	case BPF_DIV:
	case BPF_MOD:
		return !insn->off || insn->off == INSN_SIGNED;
	default:
		return op <= BPF_ARSH && !insn->off;
	}
}

static bool valid_call(const struct bpf_insn *insn)
{
	if (is_x(insn) || insn->dst_reg || insn->src_reg > BPF_PSEUDO_KFUNC_CALL)
		return false;
	return insn->src_reg == BPF_PSEUDO_KFUNC_CALL || !insn->off;
}

static bool valid_jmp(const struct bpf_insn *insn)
{
	bool jmp64 = insn_class(insn) == BPF_JMP;
	u8 op = BPF_OP(insn->code);

	switch (op) {
	case BPF_JA:
		return !is_x(insn) && !insn->dst_reg && !insn->src_reg &&
		       !(jmp64 ? insn->imm : insn->off);
	case BPF_CALL:
		return jmp64 && valid_call(insn);
	case BPF_EXIT:
		return jmp64 && !is_x(insn) && !insn->dst_reg && !insn->src_reg && !insn->off &&
		       !insn->imm;
	case INSN_JCOND:
		return jmp64 && !is_x(insn) && !insn->dst_reg && insn->src_reg == INSN_MAY_GOTO &&
		       !insn->imm;
	default:
		return op <= BPF_JSLE && !(is_x(insn) ? insn->imm : insn->src_reg);
	}
}

static bool valid_atomic(const struct bpf_insn *insn)
{
	u8 size = BPF_SIZE(insn->code);

	switch (insn->imm) {
	case INSN_LOAD_ACQ:
		return insn->dst_reg < INSN_FP;
	case INSN_STORE_REL:
		return true;
	case BPF_ADD:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
	case BPF_CMPXCHG:
		return size == BPF_W || size == BPF_DW;
	case BPF_ADD | BPF_FETCH:
	case BPF_AND | BPF_FETCH:
	case BPF_OR | BPF_FETCH:
	case BPF_XOR | BPF_FETCH:
	case BPF_XCHG:
		return (size == BPF_W || size == BPF_DW) && insn->src_reg < INSN_FP;
	default:
		return false;
	}
}

static bool valid_ldx(const struct bpf_insn *insn)
{
	if (insn->dst_reg >= INSN_FP || insn->imm)
		return false;
	return BPF_MODE(insn->code) == BPF_MEM ||
	       (BPF_MODE(insn->code) == INSN_MEMSX && BPF_SIZE(insn->code) != BPF_DW);
}

bool insn_is_valid(const struct bpf_insn *insn)
{
	if (insn->dst_reg >= INSN_REGS || insn->src_reg >= INSN_REGS)
		return false;
	switch (insn_class(insn)) {
	case BPF_ALU:
	case BPF_ALU64:
		return valid_alu(insn);
	case BPF_JMP:
	case BPF_JMP32:
		return valid_jmp(insn);
	case BPF_LDX:
		return valid_ldx(insn);
	case BPF_ST:
		return BPF_MODE(insn->code) == BPF_MEM && !insn->src_reg;
	case BPF_STX:
		if (BPF_MODE(insn->code) == BPF_ATOMIC)
			return valid_atomic(insn);
		return BPF_MODE(insn->code) == BPF_MEM && !insn->imm;
	default:	/* maps and BTF variables were resolved to plain addresses */
		return insn_is_ldimm64(insn) && insn->dst_reg < INSN_FP && !insn->off &&
		       (!insn->src_reg || insn->src_reg == INSN_PSEUDO_FUNC);
	}
}

/* -- A program --- */

enum { SLOT_START = 1 << 0, SLOT_FUNC = 1 << 1 };

static bool ends_function(const struct bpf_insn *insn)
{
	return insn_is_exit(insn) || insn_is_goto(insn);
}

/* Marks where instructions start; refuses what does not decode. */
static int mark_starts(const struct bpf_insn *insns, u32 cnt, u8 *slots, u32 *at)
{
	for (u32 i = 0; i < cnt; i++) {
		*at = i;
		if (!insn_is_valid(&insns[i]))
			return -EINVAL;
		slots[i] |= SLOT_START;
		if (!insn_is_ldimm64(&insns[i]))
			continue;
		if (++i == cnt || insns[i].code || insns[i].dst_reg || insns[i].src_reg || insns[i].off)
			return -EINVAL;
		if (insn_is_func_addr(&insns[i - 1]) && insns[i].imm)
			return -EINVAL;
	}
	return 0;
}

static int mark_funcs(const struct bpf_insn *insns, u32 cnt, u8 *slots, u32 *at)
{
	slots[0] |= SLOT_FUNC;
	for (u32 i = 0; i < cnt; i++) {
		s64 to = insn_func_target(&insns[i], i);

		if (!insn_is_subprog_call(&insns[i]) && !insn_is_func_addr(&insns[i]))
			continue;
		*at = i;
		if (to < 0 || to >= cnt || !(slots[to] & SLOT_START))
			return -EINVAL;
		slots[to] |= SLOT_FUNC;
	}
	return 0;
}

static int check_func(const struct bpf_insn *insns, u32 start, u32 end, const u8 *slots, u32 *at)
{
	u32 last = start;

	for (u32 i = start; i < end; i++) {
		s64 to = insn_jump_target(&insns[i], i);

		if (!(slots[i] & SLOT_START))
			continue;
		last = i;
		if (!insn_is_jump(&insns[i]))
			continue;
		*at = i;
		if (to < start || to >= end || !(slots[to] & SLOT_START))
			return -EINVAL;
	}
	*at = last;
	return ends_function(&insns[last]) ? 0 : -EINVAL;
}

static int check_funcs(const struct bpf_insn *insns, u32 cnt, const u8 *slots, u32 *at)
{
	u32 start = 0;

	for (u32 i = 1; i <= cnt; i++) {
		int err;

		if (i < cnt && !(slots[i] & SLOT_FUNC))
			continue;
		err = check_func(insns, start, i, slots, at);
		if (err)
			return err;
		start = i;
	}
	return 0;
}

int insn_check_prog(const struct bpf_insn *insns, u32 cnt, u32 *bad)
{
	u32 at = 0;
	u8 *slots;
	int err;

	if (bad)
		*bad = 0;
	if (!cnt || cnt > INSN_CNT_MAX)
		return -EINVAL;
	slots = calloc(cnt, 1);
	if (!slots)
		return -ENOMEM;
	err = mark_starts(insns, cnt, slots, &at);
	if (!err)
		err = mark_funcs(insns, cnt, slots, &at);
	if (!err)
		err = check_funcs(insns, cnt, slots, &at);
	free(slots);
	if (err && bad)
		*bad = at;
	return err;
}
