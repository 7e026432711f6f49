/* SPDX-License-Identifier: BSD-2-Clause */
/* Arithmetic of BPF on constants, as RFC 9669 section 4.1 and 4.3 define it. */
#include "bpf/insn.h"

static u64 div_u(u64 a, u64 b)
{
	return b ? a / b : 0;
}

static u64 mod_u(u64 a, u64 b)
{
	return b ? a % b : a;
}

/* The quotient of the most negative number by -1 wraps to itself; both steps avoid C's undefined. */
static u64 div_s64(s64 a, s64 b)
{
	if (b == -1)
		return -(u64)a;
	return b ? a / b : 0;
}

static u64 mod_s64(s64 a, s64 b)
{
	if (b == -1)
		return 0;
	return b ? a % b : a;
}

static u64 arsh(s64 v, u64 n)
{
	return v >> n;	/* arithmetic with gcc and clang */
}

static u64 sext(u64 v, int bits)
{
	return bits ? (u64)((s64)(v << (64 - bits)) >> (64 - bits)) : v;
}

static u64 swap(u64 v, s32 bits)
{
	switch (bits) {
	case 16:
		return __builtin_bswap16(v);
	case 32:
		return __builtin_bswap32(v);
	default:
		return __builtin_bswap64(v);
	}
}

static u64 truncate(u64 v, s32 bits)
{
	return bits == 64 ? v : v & ((1ULL << bits) - 1);
}

/* le and be on a little-endian machine, bswap */
static u64 eval_end(const struct bpf_insn *insn, u64 v)
{
	bool swaps = insn_class(insn) == BPF_ALU64 || BPF_SRC(insn->code) == BPF_TO_BE;

	return swaps ? swap(v, insn->imm) : truncate(v, insn->imm);
}

static u64 eval_div(const struct bpf_insn *insn, bool is64, u64 dst, u64 src)
{
	bool mod = BPF_OP(insn->code) == BPF_MOD;

	if (insn->off != INSN_SIGNED)
		return mod ? mod_u(dst, src) : div_u(dst, src);
	if (!is64) {
		dst = (s64)(s32)dst;
		src = (s64)(s32)src;
	}
	return mod ? mod_s64(dst, src) : div_s64(dst, src);
}

static u64 eval_op(const struct bpf_insn *insn, bool is64, u64 dst, u64 src)
{
	u64 n = src & (is64 ? 63 : 31);

	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
		return dst + src;
	case BPF_SUB:
		return dst - src;
	case BPF_MUL:
		return dst * src;
	case BPF_OR:
		return dst | src;
	case BPF_AND:
		return dst & src;
	case BPF_XOR:
		return dst ^ src;
	case BPF_LSH:
		return dst << n;
	case BPF_RSH:
		return dst >> n;
	case BPF_ARSH:
		return arsh(is64 ? (s64)dst : (s32)dst, n);
	case BPF_NEG:
		return -dst;
	case BPF_MOV:
		return sext(src, insn->off);
	default:
		return eval_div(insn, is64, dst, src);
	}
}

u64 insn_eval_alu(const struct bpf_insn *insn, u64 dst, u64 src)
{
	bool is64 = insn_class(insn) == BPF_ALU64;

	if (BPF_OP(insn->code) == BPF_END)
		return eval_end(insn, dst);
	if (is64)
		return eval_op(insn, is64, dst, src);
	return (u32)eval_op(insn, is64, (u32)dst, (u32)src);
}

static bool eval_cmp(u8 op, u64 a, u64 b, s64 sa, s64 sb)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return sa > sb;
	case BPF_JSGE:
		return sa >= sb;
	case BPF_JSLT:
		return sa < sb;
	case BPF_JSLE:
		return sa <= sb;
	default:
		return a & b;	/* BPF_JSET */
	}
}

bool insn_eval_jump(const struct bpf_insn *insn, u64 dst, u64 src)
{
	if (insn_class(insn) == BPF_JMP)
		return eval_cmp(BPF_OP(insn->code), dst, src, dst, src);
	return eval_cmp(BPF_OP(insn->code), (u32)dst, (u32)src, (s32)dst, (s32)src);
}
