/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every instruction with every pair of registers, boundary values and random ones: interpreter and JIT
 * against plain C. A case is one instruction between code that loads r0..r9 from ctx and stores them
 * back, so a register spoilt on the way is seen too.
 */
#include <errno.h>
#include <stdlib.h>

#include "bpf/disasm.h"
#include "bpf/interp.h"
#include "jit/jit.h"
#include "tap.h"

#define REGS 10
#define MEM_BYTES 32
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct regs_ctx {
	u64 in[REGS];
	u64 out[REGS];
	u64 skipped;	/* a jump under test was not taken */
};

static const u64 edges[] = {
	0, 1, 2, 3, 5, 7, 8, 10, 31, 32, 33, 63, 64, 65, 100, 127, 128, 255, 256, 32767, 32768, 65535, 65536,
	0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x100000000, 0x100000001,
	0x1ffffffff, 0x123456789abcdef0, 0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000001,
	0xffffffff00000000, 0xffffffff7fffffff, 0xffffffff80000000, 0xfffffffffffffffe,
	0xffffffffffffffff, 0xfedcba9876543210, 0x00ff00ff00ff00ff,
};

static const s32 edge_imms[] = {
	0, 1, 2, 3, 7, 10, 16, 31, 32, 33, 63, 64, 127, 128, 255, 256, 1000, 65535, 65536,
	INT32_MAX, INT32_MIN, -1, -2, -3, -128, -129, -65536,
};

static u64 seed = 0x9e3779b97f4a7c15;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed >> (seed & 63 & (seed >> 40));	/* of every magnitude */
}

/* With ISA_THIN=7 one program in seven: under emulation each costs much. */
static bool thinned_out(void)
{
	static unsigned int nr, every;

	if (!every)
		every = atoi(getenv("ISA_THIN") ?: "1") ?: 1;
	return nr++ % every;
}

/* -- What C says --- */

enum op {
	OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_SDIV, OP_MOD, OP_SMOD, OP_OR, OP_AND, OP_XOR, OP_LSH, OP_RSH,
	OP_ARSH, OP_MOV, OP_MOVSX8, OP_MOVSX16, OP_MOVSX32, OP_NEG, OP_LE16, OP_LE32, OP_LE64, OP_BE16,
	OP_BE32, OP_BE64, OP_BSWAP16, OP_BSWAP32, OP_BSWAP64, OP_CNT,
};

static const struct {
	u8 code;
	s16 off;
	s32 imm;
	bool unary, x_only, only64, only32;
} ops[OP_CNT] = {
	[OP_ADD] = { BPF_ADD },
	[OP_SUB] = { BPF_SUB },
	[OP_MUL] = { BPF_MUL },
	[OP_DIV] = { BPF_DIV },
	[OP_SDIV] = { BPF_DIV, 1 },
	[OP_MOD] = { BPF_MOD },
	[OP_SMOD] = { BPF_MOD, 1 },
	[OP_OR] = { BPF_OR },
	[OP_AND] = { BPF_AND },
	[OP_XOR] = { BPF_XOR },
	[OP_LSH] = { BPF_LSH },
	[OP_RSH] = { BPF_RSH },
	[OP_ARSH] = { BPF_ARSH },
	[OP_MOV] = { BPF_MOV },
	[OP_MOVSX8] = { BPF_MOV, 8, .x_only = true },
	[OP_MOVSX16] = { BPF_MOV, 16, .x_only = true },
	[OP_MOVSX32] = { BPF_MOV, 32, .x_only = true, .only64 = true },
	[OP_NEG] = { BPF_NEG, .unary = true },
	[OP_LE16] = { BPF_END, .imm = 16, .unary = true, .only32 = true },
	[OP_LE32] = { BPF_END, .imm = 32, .unary = true, .only32 = true },
	[OP_LE64] = { BPF_END, .imm = 64, .unary = true, .only32 = true },
	[OP_BE16] = { BPF_END | BPF_TO_BE, .imm = 16, .unary = true, .only32 = true },
	[OP_BE32] = { BPF_END | BPF_TO_BE, .imm = 32, .unary = true, .only32 = true },
	[OP_BE64] = { BPF_END | BPF_TO_BE, .imm = 64, .unary = true, .only32 = true },
	[OP_BSWAP16] = { BPF_END, .imm = 16, .unary = true, .only64 = true },
	[OP_BSWAP32] = { BPF_END, .imm = 32, .unary = true, .only64 = true },
	[OP_BSWAP64] = { BPF_END, .imm = 64, .unary = true, .only64 = true },
};

/* bytes in reverse, the plain way */
static u64 reversed(u64 v, int bytes)
{
	u64 r = 0;

	for (int i = 0; i < bytes; i++)
		r |= (v >> 8 * i & 0xff) << 8 * (bytes - 1 - i);
	return r;
}

/* Wide enough that nothing overflows: the result is cut to its width by the caller. */
static __int128 wide_result(enum op op, __int128 ua, __int128 ub, __int128 sa, __int128 sb, int bits)
{
	switch (op) {
	case OP_ADD:
		return ua + ub;
	case OP_SUB:
		return ua - ub;
	case OP_DIV:
		return ub ? ua / ub : 0;
	case OP_SDIV:
		return sb ? sa / sb : 0;
	case OP_MOD:
		return ub ? ua % ub : ua;
	case OP_SMOD:
		return sb ? sa % sb : sa;
	case OP_OR:
		return ua | ub;
	case OP_AND:
		return ua & ub;
	case OP_XOR:
		return (ua | ub) - (ua & ub);
	case OP_LSH:
		return (u64)ua << (ub % bits);
	case OP_RSH:
		return ua >> (ub % bits);
	case OP_ARSH:
		return sa >> (ub % bits);
	default:
		return -ua;	/* OP_NEG */
	}
}

static u64 plain_result(enum op op, u64 a, u64 b)
{
	switch (op) {
	case OP_MUL:
		return a * b;
	case OP_MOV:
		return b;
	case OP_MOVSX8:
		return (s64)(s8)b;
	case OP_MOVSX16:
		return (s64)(s16)b;
	case OP_MOVSX32:
		return (s64)(s32)b;
	case OP_LE16:
		return (u16)a;
	case OP_LE32:
		return (u32)a;
	case OP_LE64:
		return a;
	case OP_BE16:
	case OP_BSWAP16:
		return reversed(a, 2);
	case OP_BE32:
	case OP_BSWAP32:
		return reversed(a, 4);
	default:
		return reversed(a, 8);
	}
}

static u64 c_alu(enum op op, bool is64, u64 a, u64 b)
{
	bool wide = op <= OP_ARSH && op != OP_MUL;

	if (ops[op].code == BPF_END || ops[op].code == (BPF_END | BPF_TO_BE))
		return plain_result(op, a, b);
	if (is64)
		return wide || op == OP_NEG ? (u64)wide_result(op, a, b, (s64)a, (s64)b, 64) :
					      plain_result(op, a, b);
	return (u32)(wide || op == OP_NEG ?
			     (u64)wide_result(op, (u32)a, (u32)b, (s32)a, (s32)b, 32) :
			     plain_result(op, a, b));
}

static bool c_jump(u8 op, bool is64, u64 a, u64 b)
{
	s64 sa = is64 ? (s64)a : (s32)a, sb = is64 ? (s64)b : (s32)b;

	if (!is64) {
		a = (u32)a;
		b = (u32)b;
	}
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
		return (a & b) != 0;
	}
}

/* -- The program around one instruction --- */

struct wrapped {
	struct bpf_insn insns[64];
	u32 cnt, at;		/* at: the instruction under test */
	struct jit_code *code[2]; /* with and without CPU features */
};

static void add(struct wrapped *w, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	w->insns[w->cnt++] = insn_make(code, dst, src, off, imm);
}

static void wrap(struct wrapped *w, struct bpf_insn insn)
{
	struct jit_opts opts = { 0 };

	*w = (struct wrapped){ 0 };
	add(w, BPF_STX | BPF_MEM | BPF_DW, 10, 1, -8, 0);
	add(w, BPF_ST | BPF_MEM | BPF_DW, 10, 0, -16, 0);
	for (int r = REGS - 1; r >= 0; r--)
		if (r != 1)
			add(w, BPF_LDX | BPF_MEM | BPF_DW, r, 1, r * 8, 0);
	add(w, BPF_LDX | BPF_MEM | BPF_DW, 1, 1, 8, 0);
	w->at = w->cnt;
	w->insns[w->cnt++] = insn;
	if (insn_is_jump(&insn))
		add(w, BPF_ST | BPF_MEM | BPF_DW, 10, 0, -16, 1);
	for (int r = 0; r < REGS; r++)
		add(w, BPF_STX | BPF_MEM | BPF_DW, 10, r, -128 + 8 * r, 0);
	add(w, BPF_LDX | BPF_MEM | BPF_DW, 1, 10, -8, 0);
	for (int r = 0; r < REGS; r++) {
		add(w, BPF_LDX | BPF_MEM | BPF_DW, 0, 10, -128 + 8 * r, 0);
		add(w, BPF_STX | BPF_MEM | BPF_DW, 1, 0, offsetof(struct regs_ctx, out) + 8 * r, 0);
	}
	add(w, BPF_LDX | BPF_MEM | BPF_DW, 0, 10, -16, 0);
	add(w, BPF_STX | BPF_MEM | BPF_DW, 1, 0, offsetof(struct regs_ctx, skipped), 0);
	add(w, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for (int i = 0; i < 2; i++) {
		opts.features = i ? 0 : arch_host_features();
		if (jit_load(w->insns, w->cnt, &opts, &w->code[i]))
			tap_fail(__FILE__, __LINE__, "jit_load failed");
	}
}

static void unwrap(struct wrapped *w)
{
	jit_code_free(w->code[0]);
	jit_code_free(w->code[1]);
}

static int complaints;

/* @engine: 0 and 1 the JIT's codes, 2 the interpreter */
static void run(const struct wrapped *w, int engine, struct regs_ctx *c)
{
	struct interp_prog prog = { w->insns, w->cnt };
	struct interp_opts opts = { 0 };
	u64 r0;

	if (engine < 2)
		w->code[engine]->entry(c);
	else if (interp_run(&prog, &opts, (u64)c, &r0))
		tap_fail(__FILE__, __LINE__, "interp_run failed");
}

static void complain(const struct wrapped *w, int engine, const struct regs_ctx *c, int reg, u64 want)
{
	static const char *const names[] = { "jit", "jit without features", "interpreter" };
	char text[DISASM_LINE_BYTES];

	if (complaints++ > 20)
		return;
	disasm_insn(&w->insns[w->at], text);
	tap_fail(__FILE__, __LINE__, "%s: %s: r%d = 0x%llx, expected 0x%llx (was 0x%llx, src 0x%llx)",
		 names[engine], text, reg, reg < 0 ? c->skipped : c->out[reg], want,
		 c->in[w->insns[w->at].dst_reg], c->in[w->insns[w->at].src_reg]);
}

/* Runs with c->in as it is; every register must come out as @want says. */
static void check_regs(const struct wrapped *w, struct regs_ctx *c, const u64 *want, int engines)
{
	for (int e = 0; e < engines; e++) {
		run(w, e, c);
		for (int r = 0; r < REGS; r++)
			if (c->out[r] != want[r])
				complain(w, e, c, r, want[r]);
	}
}

static void fill(struct regs_ctx *c)
{
	for (int r = 0; r < REGS; r++)
		c->in[r] = 0xabcd00000000ef00 + r * 0x100000001;
}

/* -- Arithmetic --- */

static void check_alu(const struct wrapped *w, enum op op, bool is64, u64 a, u64 b, bool imm)
{
	const struct bpf_insn *insn = &w->insns[w->at];
	struct regs_ctx c;
	u64 want[REGS];

	fill(&c);
	c.in[insn->dst_reg] = a;
	if (!imm && !ops[op].unary)
		c.in[insn->src_reg] = b;
	memcpy(want, c.in, sizeof(want));
	want[insn->dst_reg] = c_alu(op, is64, c.in[insn->dst_reg],
				    imm || ops[op].unary ? b : c.in[insn->src_reg]);
	check_regs(w, &c, want, 3);
}

static void alu_one(enum op op, bool is64, int dst, int src, const s32 *imm)
{
	u8 code = (is64 ? BPF_ALU64 : BPF_ALU) | ops[op].code | (imm || ops[op].unary ? 0 : BPF_X);
	struct wrapped w;

	if (thinned_out())
		return;
	wrap(&w, insn_make(code, dst, src, ops[op].off, imm ? *imm : ops[op].imm));
	for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
		check_alu(&w, op, is64, edges[i], imm ? (u64)(s64)*imm : edges[rnd() % ARRAY_SIZE(edges)],
			  imm);
		if (imm || ops[op].unary)
			continue;
		check_alu(&w, op, is64, edges[i], 0, false);
		check_alu(&w, op, is64, edges[i], -1, false);
		for (size_t k = 0; dst <= 4 && src <= 4 && k < ARRAY_SIZE(edges); k++)
			check_alu(&w, op, is64, edges[i], edges[k], false);
	}
	for (int i = 0; i < 40; i++)
		check_alu(&w, op, is64, rnd(), imm ? (u64)(s64)*imm : rnd(), imm);
	unwrap(&w);
}

static bool op_exists(enum op op, bool is64)
{
	return !(is64 ? ops[op].only32 : ops[op].only64);
}

TEST(matrix_alu_reg)
{
	for (int op = 0; op < OP_CNT; op++)
		for (int is64 = 0; is64 < 2; is64++)
			for (int dst = 0; op_exists(op, is64) && dst < REGS; dst++)
				for (int src = 0; src < (ops[op].unary ? 1 : REGS); src++)
					alu_one(op, is64, dst, src, NULL);
}

TEST(matrix_alu_imm)
{
	for (int op = 0; op < OP_CNT; op++) {
		if (ops[op].unary || ops[op].x_only)
			continue;
		for (int is64 = 0; is64 < 2; is64++)
			for (int dst = 0; dst < REGS; dst++)
				for (size_t i = 0; i < ARRAY_SIZE(edge_imms); i++)
					alu_one(op, is64, dst, 0, &edge_imms[i]);
	}
}

/* -- Jumps --- */

static const u8 conds[] = {
	BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE,
	BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET,
};

static void check_jump(const struct wrapped *w, u64 a, u64 b, bool imm)
{
	const struct bpf_insn *insn = &w->insns[w->at];
	bool is64 = insn_class(insn) == BPF_JMP, taken;
	struct regs_ctx c;

	fill(&c);
	c.in[insn->dst_reg] = a;
	if (!imm)
		c.in[insn->src_reg] = b;
	taken = c_jump(BPF_OP(insn->code), is64, c.in[insn->dst_reg], imm ? b : c.in[insn->src_reg]);
	for (int e = 0; e < 3; e++) {
		run(w, e, &c);
		if (c.skipped == taken)
			complain(w, e, &c, -1, !taken);
		for (int r = 0; r < REGS; r++)
			if (c.out[r] != c.in[r])
				complain(w, e, &c, r, c.in[r]);
	}
}

static void jump_one(u8 code, int dst, int src, const s32 *imm)
{
	struct wrapped w;

	if (thinned_out())
		return;
	wrap(&w, insn_make(code | (imm ? 0 : BPF_X), dst, src, 1, imm ? *imm : 0));
	for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
		check_jump(&w, edges[i], imm ? (u64)(s64)*imm : edges[rnd() % ARRAY_SIZE(edges)], imm);
		check_jump(&w, edges[i], imm ? (u64)(s64)*imm : edges[i], imm);
		check_jump(&w, edges[i], imm ? (u64)(s64)*imm : edges[i] ^ 1ULL << 40, imm);
	}
	if (imm)
		check_jump(&w, (s64)*imm, (s64)*imm, true);
	unwrap(&w);
}

TEST(matrix_jump_reg)
{
	for (size_t i = 0; i < ARRAY_SIZE(conds); i++)
		for (int dst = 0; dst < REGS; dst++)
			for (int src = 0; src < REGS; src++) {
				jump_one(BPF_JMP | conds[i], dst, src, NULL);
				jump_one(BPF_JMP32 | conds[i], dst, src, NULL);
			}
}

TEST(matrix_jump_imm)
{
	for (size_t i = 0; i < ARRAY_SIZE(conds); i++)
		for (int dst = 0; dst < REGS; dst++)
			for (size_t k = 0; k < ARRAY_SIZE(edge_imms); k++) {
				jump_one(BPF_JMP | conds[i], dst, 0, &edge_imms[k]);
				jump_one(BPF_JMP32 | conds[i], dst, 0, &edge_imms[k]);
			}
}

/* -- Memory --- */

static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
static const s16 offs[] = { 0, 8, -8, 120, 127, 128, -128, -129, 255, 256, 4095, 4096, 32760, 32767, -32768 };

static u64 low(u64 v, int bytes)
{
	return bytes == 8 ? v : v & ((1ULL << bytes * 8) - 1);
}

static u64 sign(u64 v, int bytes)
{
	return bytes == 1 ? (s64)(s8)v : bytes == 2 ? (s64)(s16)v : bytes == 4 ? (s64)(s32)v : v;
}

/* @insn loads 8 bytes in the middle of mem through its source register. */
static void load_one(struct bpf_insn insn, bool sx)
{
	_Alignas(8) u8 mem[MEM_BYTES];
	int bytes = insn_size_bytes(&insn);
	struct wrapped w;
	u64 want[REGS], v;
	struct regs_ctx c;

	if (thinned_out())
		return;
	wrap(&w, insn);
	for (int i = 0; i < 8; i++) {
		v = edges[rnd() % ARRAY_SIZE(edges)];
		memset(mem, 0x5a, sizeof(mem));
		memcpy(mem + 8, &v, 8);
		fill(&c);
		c.in[insn.src_reg] = (u64)(mem + 8) - insn.off;
		memcpy(want, c.in, sizeof(want));
		want[insn.dst_reg] = sx ? sign(v, bytes) : low(v, bytes);
		check_regs(&w, &c, want, 3);
	}
	unwrap(&w);
}

TEST(matrix_load)
{
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
		for (int dst = 0; dst < REGS; dst++)
			for (int src = 0; src < REGS; src++)
				for (size_t o = 0; o < ARRAY_SIZE(offs); o++) {
					load_one(insn_make(BPF_LDX | BPF_MEM | sizes[s], dst, src,
							   offs[o], 0), false);
					if (sizes[s] != BPF_DW)
						load_one(insn_make(BPF_LDX | INSN_MEMSX | sizes[s],
								   dst, src, offs[o], 0), true);
				}
}

TEST(matrix_load_acquire)
{
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
		for (int dst = 0; dst < REGS; dst++)
			for (int src = 0; src < REGS; src++)
				for (size_t o = 0; o < 3; o++)
					load_one(insn_make(BPF_STX | BPF_ATOMIC | sizes[s], dst, src,
							   offs[o], INSN_LOAD_ACQ), false);
}

/* What a store or an atomic leaves in memory and registers, in C. */
static void c_store(const struct bpf_insn *insn, u64 *regs, u64 *mem)
{
	int bytes = insn_size_bytes(insn);
	u64 old = low(*mem, bytes), rest = *mem - old, v = regs[insn->src_reg], to = v;
	s32 op = insn_is_atomic(insn) ? insn->imm : INSN_STORE_REL;

	if (insn_class(insn) == BPF_ST)
		to = (u64)(s64)insn->imm;
	else if (op == BPF_CMPXCHG)
		to = low(regs[0], bytes) == old ? v : old;
	else if ((op & ~BPF_FETCH) == BPF_ADD)
		to = old + v;
	else if ((op & ~BPF_FETCH) == BPF_AND)
		to = old & v;
	else if ((op & ~BPF_FETCH) == BPF_OR)
		to = old | v;
	else if ((op & ~BPF_FETCH) == BPF_XOR)
		to = old ^ v;
	*mem = rest | low(to, bytes);
	if (op == BPF_CMPXCHG)
		regs[0] = old;
	else if (op != INSN_STORE_REL && op & BPF_FETCH)
		regs[insn->src_reg] = old;
}

static void store_case(const struct wrapped *w, u64 old, u64 v, u64 r0)
{
	const struct bpf_insn *insn = &w->insns[w->at];
	_Alignas(8) u8 mem[MEM_BYTES];
	u64 want[REGS], want_mem, got, edge;
	struct regs_ctx c;

	for (int e = 0; e < 3; e++) {
		memset(mem, 0x5a, sizeof(mem));
		memcpy(mem + 8, &old, 8);
		fill(&c);
		c.in[0] = r0;
		if (insn_class(insn) != BPF_ST)
			c.in[insn->src_reg] = v;
		c.in[insn->dst_reg] = (u64)(mem + 8) - insn->off;
		memcpy(want, c.in, sizeof(want));
		want_mem = old;
		c_store(insn, want, &want_mem);
		run(w, e, &c);
		for (int r = 0; r < REGS; r++)
			if (c.out[r] != want[r])
				complain(w, e, &c, r, want[r]);
		memcpy(&got, mem + 8, 8);
		if (got != want_mem)
			complain(w, e, &c, insn->dst_reg, want_mem);
		memcpy(&edge, mem, 8);
		CHECK(edge == 0x5a5a5a5a5a5a5a5a);
		memcpy(&edge, mem + 16, 8);
		CHECK(edge == 0x5a5a5a5a5a5a5a5a);
	}
}

static void store_one(struct bpf_insn insn)
{
	struct wrapped w;

	if (thinned_out())
		return;
	wrap(&w, insn);
	for (int i = 0; i < 6; i++) {
		u64 old = edges[rnd() % ARRAY_SIZE(edges)];

		store_case(&w, old, edges[rnd() % ARRAY_SIZE(edges)],
			   i & 1 ? old : edges[rnd() % ARRAY_SIZE(edges)]);
		store_case(&w, old, rnd(), low(old, 4) | 0xabcULL << 32);
	}
	unwrap(&w);
}

TEST(matrix_store)
{
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
		for (int dst = 0; dst < REGS; dst++)
			for (int src = 0; src < REGS; src++)
				for (size_t o = 0; o < ARRAY_SIZE(offs); o++)
					store_one(insn_make(BPF_STX | BPF_MEM | sizes[s], dst, src,
							    offs[o], 0));
}

TEST(matrix_store_imm)
{
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
		for (int dst = 0; dst < REGS; dst++)
			for (size_t i = 0; i < ARRAY_SIZE(edge_imms); i++)
				for (size_t o = 0; o < ARRAY_SIZE(offs); o++)
					store_one(insn_make(BPF_ST | BPF_MEM | sizes[s], dst, 0,
							    offs[o], edge_imms[i]));
}

TEST(matrix_atomic)
{
	static const s32 rmw[] = {
		BPF_ADD, BPF_AND, BPF_OR, BPF_XOR, BPF_ADD | BPF_FETCH, BPF_AND | BPF_FETCH,
		BPF_OR | BPF_FETCH, BPF_XOR | BPF_FETCH, BPF_XCHG, BPF_CMPXCHG, INSN_STORE_REL,
	};

	for (size_t i = 0; i < ARRAY_SIZE(rmw); i++)
		for (size_t s = rmw[i] == INSN_STORE_REL ? 0 : 2; s < ARRAY_SIZE(sizes); s++)
			for (int dst = 0; dst < REGS; dst++)
				for (int src = 0; src < REGS; src++)
					for (size_t o = 0; o < ARRAY_SIZE(offs); o++)
						if (offs[o] % 8 == 0)
							store_one(insn_make(BPF_STX | BPF_ATOMIC |
									    sizes[s], dst, src,
									    offs[o], rmw[i]));
}
