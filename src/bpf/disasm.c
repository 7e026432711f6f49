/* SPDX-License-Identifier: BSD-2-Clause */
#include "bpf/disasm.h"

#include <stdarg.h>

static const char *const alu_ops[16] = {
	[BPF_ADD >> 4] = "+=",	[BPF_SUB >> 4] = "-=",	[BPF_MUL >> 4] = "*=",
	[BPF_DIV >> 4] = "/=",	[BPF_OR >> 4] = "|=",	[BPF_AND >> 4] = "&=",
	[BPF_LSH >> 4] = "<<=", [BPF_RSH >> 4] = ">>=", [BPF_MOD >> 4] = "%=",
	[BPF_XOR >> 4] = "^=",	[BPF_MOV >> 4] = "=",	[BPF_ARSH >> 4] = "s>>=",
};

static const char *const jmp_ops[16] = {
	[BPF_JEQ >> 4] = "==",	 [BPF_JGT >> 4] = ">",	  [BPF_JGE >> 4] = ">=",
	[BPF_JSET >> 4] = "&",	 [BPF_JNE >> 4] = "!=",	  [BPF_JSGT >> 4] = "s>",
	[BPF_JSGE >> 4] = "s>=", [BPF_JLT >> 4] = "<",	  [BPF_JLE >> 4] = "<=",
	[BPF_JSLT >> 4] = "s<",	 [BPF_JSLE >> 4] = "s<=",
};

static const char *const atomic_ops[16] = {
	[BPF_ADD >> 4] = "add",
	[BPF_OR >> 4] = "or",
	[BPF_AND >> 4] = "and",
	[BPF_XOR >> 4] = "xor",
};

static __attribute__((format(printf, 2, 3))) void put(char *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, DISASM_LINE_BYTES, fmt, ap);
	va_end(ap);
}

/* "(u64 *)(r1 +8)" */
static const char *mem(const struct bpf_insn *insn, char sign, u8 reg, char buf[32])
{
	snprintf(buf, 32, "(%c%u *)(r%u %+d)", sign, insn_size_bytes(insn) * 8, reg, insn->off);
	return buf;
}

static void disasm_mov(const struct bpf_insn *insn, char r, char *buf)
{
	if (insn->off)
		put(buf, "%c%d = (s%d)%c%d", r, insn->dst_reg, insn->off, r, insn->src_reg);
	else
		put(buf, "%c%d = %c%d", r, insn->dst_reg, r, insn->src_reg);
}

static void disasm_end(const struct bpf_insn *insn, char *buf)
{
	const char *op = BPF_SRC(insn->code) == BPF_TO_BE ? "be" : "le";

	if (insn_class(insn) == BPF_ALU64)
		op = "bswap";
	put(buf, "r%d = %s%d r%d", insn->dst_reg, op, insn->imm, insn->dst_reg);
}

static void disasm_alu(const struct bpf_insn *insn, char *buf)
{
	const char *sign = BPF_OP(insn->code) != BPF_MOV && insn->off == INSN_SIGNED ? "s" : "";
	char r = insn_class(insn) == BPF_ALU64 ? 'r' : 'w';
	const char *op = alu_ops[BPF_OP(insn->code) >> 4];

	if (BPF_OP(insn->code) == BPF_END)
		disasm_end(insn, buf);
	else if (BPF_OP(insn->code) == BPF_NEG)
		put(buf, "%c%d = -%c%d", r, insn->dst_reg, r, insn->dst_reg);
	else if (BPF_SRC(insn->code) == BPF_K)
		put(buf, "%c%d %s%s %d", r, insn->dst_reg, sign, op, insn->imm);
	else if (BPF_OP(insn->code) == BPF_MOV)
		disasm_mov(insn, r, buf);
	else
		put(buf, "%c%d %s%s %c%d", r, insn->dst_reg, sign, op, r, insn->src_reg);
}

static void disasm_call(const struct bpf_insn *insn, char *buf)
{
	if (insn_is_subprog_call(insn))
		put(buf, "call pc%+d", insn->imm);
	else if (insn_is_kfunc_call(insn) && insn->off)	/* of a module: index of its BTF */
		put(buf, "call kfunc#%d@%d", insn->imm, insn->off);
	else if (insn_is_kfunc_call(insn))
		put(buf, "call kfunc#%d", insn->imm);
	else
		put(buf, "call %d", insn->imm);
}

static void disasm_jump(const struct bpf_insn *insn, char *buf)
{
	char r = insn_class(insn) == BPF_JMP ? 'r' : 'w';
	const char *op = jmp_ops[BPF_OP(insn->code) >> 4];

	if (insn->code == (BPF_JMP32 | BPF_JA))
		put(buf, "gotol pc%+d", insn->imm);
	else if (insn_is_goto(insn))
		put(buf, "goto pc%+d", insn->off);
	else if (insn_is_may_goto(insn))
		put(buf, "may_goto pc%+d", insn->off);
	else if (BPF_SRC(insn->code) == BPF_K)
		put(buf, "if %c%d %s 0x%x goto pc%+d", r, insn->dst_reg, op, (u32)insn->imm,
		    insn->off);
	else
		put(buf, "if %c%d %s %c%d goto pc%+d", r, insn->dst_reg, op, r, insn->src_reg,
		    insn->off);
}

static void disasm_jmp(const struct bpf_insn *insn, char *buf)
{
	if (insn_is_call(insn))
		disasm_call(insn, buf);
	else if (insn_is_exit(insn))
		put(buf, "exit");
	else
		disasm_jump(insn, buf);
}

static void disasm_atomic(const struct bpf_insn *insn, char *buf)
{
	const char *wide = BPF_SIZE(insn->code) == BPF_DW ? "64" : "";
	u8 d = insn->dst_reg, s = insn->src_reg;
	char m[32];

	mem(insn, 'u', insn->imm == INSN_LOAD_ACQ ? s : d, m);
	if (insn->imm == INSN_LOAD_ACQ)
		put(buf, "r%d = load_acquire(%s)", d, m);
	else if (insn->imm == INSN_STORE_REL)
		put(buf, "store_release(%s, r%d)", m, s);
	else if (insn->imm == BPF_CMPXCHG)
		put(buf, "r0 = atomic%s_cmpxchg(%s, r0, r%d)", wide, m, s);
	else if (insn->imm == BPF_XCHG)
		put(buf, "r%d = atomic%s_xchg(%s, r%d)", s, wide, m, s);
	else if (insn->imm & BPF_FETCH)
		put(buf, "r%d = atomic%s_fetch_%s(%s, r%d)", s, wide,
		    atomic_ops[insn->imm >> 4 & 15], m, s);
	else
		put(buf, "lock *%s %s r%d", m, alu_ops[insn->imm >> 4 & 15], s);
}

static void disasm_stx(const struct bpf_insn *insn, char *buf)
{
	char m[32];

	if (insn_is_atomic(insn))
		disasm_atomic(insn, buf);
	else
		put(buf, "*%s = r%d", mem(insn, 'u', insn->dst_reg, m), insn->src_reg);
}

static void disasm_ldx(const struct bpf_insn *insn, char *buf)
{
	char sign = BPF_MODE(insn->code) == INSN_MEMSX ? 's' : 'u';
	char m[32];

	put(buf, "r%d = *%s", insn->dst_reg, mem(insn, sign, insn->src_reg, m));
}

static void disasm_st(const struct bpf_insn *insn, char *buf)
{
	char m[32];

	put(buf, "*%s = %d", mem(insn, 'u', insn->dst_reg, m), insn->imm);
}

static void disasm_ld(const struct bpf_insn *insn, char *buf)
{
	if (insn_is_func_addr(insn))
		put(buf, "r%d = func pc%+d", insn->dst_reg, insn->imm);
	else
		put(buf, "r%d = 0x%llx ll", insn->dst_reg, insn_imm64(insn));
}

void disasm_insn(const struct bpf_insn *insn, char buf[DISASM_LINE_BYTES])
{
	if (!insn_is_valid(insn)) {
		put(buf, "(%02x)", insn->code);
		return;
	}
	switch (insn_class(insn)) {
	case BPF_ALU:
	case BPF_ALU64:
		disasm_alu(insn, buf);
		break;
	case BPF_JMP:
	case BPF_JMP32:
		disasm_jmp(insn, buf);
		break;
	case BPF_LDX:
		disasm_ldx(insn, buf);
		break;
	case BPF_ST:
		disasm_st(insn, buf);
		break;
	case BPF_STX:
		disasm_stx(insn, buf);
		break;
	default:
		disasm_ld(insn, buf);
		break;
	}
}

void disasm_prog(FILE *f, const struct bpf_insn *insns, u32 cnt)
{
	char line[DISASM_LINE_BYTES];

	for (u32 i = 0; i < cnt; i++) {
		bool wide = insn_is_ldimm64(&insns[i]);

		if (wide && i + 1 == cnt)
			break;
		disasm_insn(&insns[i], line);
		fprintf(f, "%4u: %s\n", i, line);
		i += wide;
	}
}
