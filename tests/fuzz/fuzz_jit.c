/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random valid programs through the interpreter and the JIT; r0, all registers, the stack and a buffer
 * must come out equal.
 *
 *	fuzz_jit [-n RUNS] [-t SECONDS] [-s SEED] [-i FIRST]
 *
 * A program is a function of seed and number alone: `-s SEED -i 123 -n 1` does number 123 again. What
 * fails is shrunk and printed. Programs end by construction: jumps lead forward, except behind a
 * may_goto; a function calls only later ones.
 *
 * Each function keeps ctx (the buffer) in r9 and never lets an address reach r0..r8 across
 * instructions. Groups, such as a call with the reloads of what it spoils, are never jumped into.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/disasm.h"
#include "engines.h"
#include "util/log.h"

#define BUF_WORDS 64		/* 0..8 initial registers, 16..31 out, 32..47 stack out, others free */
#define META_WORDS 8
#define STACK_WORDS 16
#define INSNS_MAX 2000
#define FUNCS_MAX 4
#define HANG_SECONDS 30
#define FREE_WORD 48		/* what bodies load and store */

struct prog {
	struct bpf_insn insns[INSNS_MAX];
	bool inside[INSNS_MAX];		/* of a group or a ldimm64: no jump may lead here */
	bool fixed[INSNS_MAX];		/* not to be shrunk away */
	u32 cnt;
	u32 func_start[FUNCS_MAX + 1];
	int func_cnt, callback;		/* callback: which function, or -1 */
	struct {
		u32 at;
		int func;
	} refs[INSNS_MAX];
	int ref_cnt;
};

struct result {
	u64 mem[META_WORDS + BUF_WORDS];
	u64 values[ENGINE_VALUES];
	u64 r0;
	int err;
};

static struct prog progs[2];
static struct result start, results[ENGINE_CNT];
static u64 rng, seed = 1, nr;
static u64 meta;

static u64 rnd_u64(void)
{
	u64 z = rng += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static u32 rnd(u32 below)
{
	return rnd_u64() % below;
}

static u64 rnd_value(void)
{
	static const u64 odd[] = { 0, 1, ~0ULL, 0x80000000, 0x7fffffff, 1ULL << 63, ~0ULL >> 1,
				   0xffffffff, 1ULL << 32, 63, 64, 32, 31, 0xff, 0x100 };

	switch (rnd(3)) {
	case 0:
		return odd[rnd(sizeof(odd) / sizeof(odd[0]))];
	case 1:
		return rnd_u64();
	default:
		return (s64)rnd_u64() >> rnd(64);
	}
}

/* -- Generation --- */

static void add(struct prog *p, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	if (p->cnt == INSNS_MAX)
		abort();
	p->insns[p->cnt++] = insn_make(code, dst, src, off, imm);
}

/* the one just added belongs to the one before */
static void add_inside(struct prog *p, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	p->inside[p->cnt] = p->fixed[p->cnt] = true;
	add(p, code, dst, src, off, imm);
}

static void add_ref(struct prog *p, int func)
{
	p->refs[p->ref_cnt].at = p->cnt;
	p->refs[p->ref_cnt++].func = func;
}

static u8 any_reg(void)
{
	return rnd(9);
}

static u8 any_class(void)
{
	return rnd(2) ? BPF_ALU64 : BPF_ALU;
}

static void gen_alu(struct prog *p)
{
	static const u8 alu[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH,
				  BPF_MOD, BPF_XOR, BPF_MOV, BPF_ARSH };
	u8 op = alu[rnd(sizeof(alu))];
	s16 off = (op == BPF_DIV || op == BPF_MOD) ? rnd(2) : 0;

	if (rnd(2))
		add(p, any_class() | op | BPF_X, any_reg(), any_reg(), off, 0);
	else
		add(p, any_class() | op, any_reg(), 0, off, rnd_value());
}

static void gen_unary(struct prog *p)
{
	static const s32 bits[] = { 16, 32, 64 };
	static const s16 sx[] = { 8, 16, 32 };
	u8 class = any_class();

	switch (rnd(4)) {
	case 0:
		add(p, class | BPF_NEG, any_reg(), 0, 0, 0);
		break;
	case 1:
		add(p, BPF_ALU | BPF_END | (rnd(2) ? BPF_TO_BE : 0), any_reg(), 0, 0, bits[rnd(3)]);
		break;
	case 2:
		add(p, BPF_ALU64 | BPF_END, any_reg(), 0, 0, bits[rnd(3)]);
		break;
	default:
		add(p, class | BPF_MOV | BPF_X, any_reg(), any_reg(),
		    sx[rnd(class == BPF_ALU64 ? 3 : 2)], 0);
	}
}

/* pairs that code generators like to merge */
static void gen_pair(struct prog *p)
{
	static const u8 shifts[] = { 8, 16, 24, 32, 48, 56, 5 };
	static const u8 ops[] = { BPF_ADD, BPF_MUL, BPF_AND, BPF_LSH, BPF_SUB, BPF_OR, BPF_RSH, BPF_ARSH };
	u8 class = any_class(), dst = any_reg(), n = shifts[rnd(sizeof(shifts))];

	if (rnd(2)) {
		n = class == BPF_ALU ? n % 32 : n;
		add(p, class | BPF_LSH, dst, 0, 0, n);
		add(p, class | (rnd(2) ? BPF_RSH : BPF_ARSH), dst, 0, 0, n);
		return;
	}
	add(p, class | BPF_MOV | BPF_X, dst, any_reg(), 0, 0);
	if (rnd(2))
		add(p, class | ops[rnd(sizeof(ops))] | BPF_X, dst, any_reg(), 0, 0);
	else
		add(p, class | ops[rnd(sizeof(ops))], dst, 0, 0, rnd(2) ? rnd(65) : rnd_value());
}

static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

/* nearly a rotation: what only looks like one must stay what it is */
static void gen_rotate(struct prog *p)
{
	u8 class = any_class(), bits = class == BPF_ALU64 ? 64 : 32, n = rnd(bits);
	u8 a = any_reg(), b = any_reg(), x = any_reg();
	bool left = rnd(2);

	add(p, class | BPF_MOV | BPF_X, a, x, 0, 0);
	add(p, class | (left ? BPF_LSH : BPF_RSH), a, 0, 0, n);
	if (rnd(2))
		add(p, class | BPF_MOV | BPF_X, b, rnd(8) ? x : any_reg(), 0, 0);
	else
		b = rnd(8) ? x : b;
	add(p, class | (left ? BPF_RSH : BPF_LSH), rnd(12) ? b : any_reg(), 0, 0,
	    rnd(8) ? bits - n - !n : rnd(bits));
	add(p, class | BPF_OR | BPF_X, rnd(12) ? b : any_reg(), rnd(12) ? a : any_reg(), 0, 0);
}

/* a conditional jump over one move */
static void gen_select(struct prog *p)
{
	u8 class = any_class(), jump = rnd(2) ? BPF_JMP : BPF_JMP32;
	static const u8 conds[] = { BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JSLT, BPF_JSET, BPF_JSGE };
	u8 cond = conds[rnd(sizeof(conds))];

	if (rnd(2))
		add(p, jump | cond | BPF_X, any_reg(), any_reg(), 1, 0);
	else
		add(p, jump | cond, any_reg(), 0, 1, rnd(2) ? rnd(4) : rnd_value());
	if (rnd(2))
		add(p, class | BPF_MOV | BPF_X, any_reg(), any_reg(), 0, 0);
	else
		add(p, class | BPF_MOV, any_reg(), 0, 0, rnd(2) ? 0 : rnd_value());
}

/* base plus index; the index is bounded first, and everything is a group: an address must not leak */
static void gen_indexed(struct prog *p)
{
	u8 t = any_reg(), d = any_reg();
	u32 s = rnd(4);

	if (d == t)
		return;
	add(p, BPF_ALU64 | BPF_AND, t, 0, 0, 63);
	p->fixed[p->cnt - 1] = true;
	add_inside(p, BPF_ALU64 | BPF_MOV | BPF_X, d, 9, 0, 0);
	add_inside(p, BPF_ALU64 | BPF_ADD | BPF_X, d, t, 0, 0);
	add_inside(p, BPF_LDX | (rnd(4) || s == 3 ? BPF_MEM : INSN_MEMSX) | sizes[s], d, d,
		   FREE_WORD * 8 + rnd(56), 0);
}

static void gen_ldimm64(struct prog *p)
{
	u64 v = rnd_value();

	add(p, BPF_LD | BPF_IMM | BPF_DW, any_reg(), 0, 0, v);
	p->fixed[p->cnt - 1] = true;
	add_inside(p, 0, 0, 0, 0, v >> 32);
}

/* a base register and an offset of free memory, aligned to @align */
static u8 any_place(u32 bytes, u32 align, s16 *off)
{
	if (rnd(2)) {
		*off = FREE_WORD * 8 + rnd((BUF_WORDS - FREE_WORD) * 8 - bytes + 1) / align * align;
		return 9;
	}
	*off = -8 * STACK_WORDS + (s16)(rnd(8 * STACK_WORDS - bytes + 1) / align * align);
	return 10;
}

static void gen_mem(struct prog *p)
{
	u32 s = rnd(4);
	u8 base;
	s16 off;

	base = any_place(1 << s, 1, &off);
	switch (rnd(4)) {
	case 0:
		add(p, BPF_LDX | BPF_MEM | sizes[s], any_reg(), base, off, 0);
		break;
	case 1:
		add(p, BPF_LDX | (s < 3 ? INSN_MEMSX : BPF_MEM) | sizes[s], any_reg(), base, off, 0);
		break;
	case 2:
		add(p, BPF_STX | BPF_MEM | sizes[s], base, any_reg(), off, 0);
		break;
	default:
		add(p, BPF_ST | BPF_MEM | sizes[s], base, 0, off, rnd_value());
	}
}

static void gen_atomic(struct prog *p)
{
	static const s32 rmw[] = {
		BPF_ADD, BPF_AND, BPF_OR, BPF_XOR, BPF_ADD | BPF_FETCH, BPF_AND | BPF_FETCH,
		BPF_OR | BPF_FETCH, BPF_XOR | BPF_FETCH, BPF_XCHG, BPF_CMPXCHG,
	};
	u32 s = rnd(4), op = rnd(12);
	u8 base;
	s16 off;

	if (op < 10)
		s = 2 + s % 2;
	base = any_place(1 << s, 1 << s, &off);
	if (op == 10)
		add(p, BPF_STX | BPF_ATOMIC | sizes[s], any_reg(), base, off, INSN_LOAD_ACQ);
	else
		add(p, BPF_STX | BPF_ATOMIC | sizes[s], base, any_reg(), off,
		    op == 11 ? INSN_STORE_REL : rmw[op]);
}

static void gen_jump(struct prog *p)
{
	static const u8 conds[] = { BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE,
				    BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET };
	u8 class = rnd(2) ? BPF_JMP : BPF_JMP32, op = conds[rnd(sizeof(conds))];
	s16 dist = rnd(rnd(8) ? 6 : 60);	/* made to fit by settle_jumps() */

	if (!rnd(12))
		add(p, BPF_JMP | BPF_JA, 0, 0, dist, 0);
	else if (!rnd(12))
		add(p, BPF_JMP32 | BPF_JA, 0, 0, 0, dist);
	else if (rnd(2))
		add(p, class | op | BPF_X, any_reg(), any_reg(), dist, 0);
	else
		add(p, class | op, any_reg(), 0, dist, rnd_value());
}

/* What a call may have spoilt: r0 too where it is an address. */
static void gen_reload(struct prog *p, int from)
{
	for (int r = from; r <= 5; r++)
		add_inside(p, BPF_LDX | BPF_MEM | BPF_DW, r, 9, 8 * (FREE_WORD + r), 0);
}

static void gen_helper(struct prog *p)
{
	if (rnd(2))
		add(p, BPF_JMP | BPF_CALL, 0, 0, 0, rnd(2) ? 1 : 3);
	else
		add(p, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 3);
	p->fixed[p->cnt - 1] = true;
	gen_reload(p, 1);
}

static void gen_session(struct prog *p)
{
	bool cookie = rnd(2);

	add(p, BPF_ALU64 | BPF_MOV | BPF_X, 1, 9, 0, 0);
	p->fixed[p->cnt - 1] = true;
	add_inside(p, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, cookie ? 2 : 1);
	if (cookie)
		add_inside(p, BPF_ALU64 | BPF_SUB | BPF_X, 0, 9, 0, 0);
	gen_reload(p, 1);
	if (rnd(2))
		add(p, BPF_JMP | BPF_JEQ, 0, 0, rnd(8), rnd(2));
}

static void gen_subprog(struct prog *p, int func)
{
	int callee = func + 1 + rnd(FUNCS_MAX);

	if (callee >= p->func_cnt || callee == p->callback)
		return;
	add(p, BPF_ALU64 | BPF_MOV | BPF_X, 1, 9, 0, 0);
	p->fixed[p->cnt - 1] = true;
	add_ref(p, callee);
	add_inside(p, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
	gen_reload(p, 1);
}

static void gen_loop(struct prog *p, int func)
{
	if (p->callback <= func)
		return;
	add(p, BPF_ALU64 | BPF_MOV, 1, 0, 0, rnd(4));
	p->fixed[p->cnt - 1] = true;
	add_ref(p, p->callback);
	add_inside(p, BPF_LD | BPF_IMM | BPF_DW, 2, INSN_PSEUDO_FUNC, 0, 0);
	add_inside(p, 0, 0, 0, 0, 0);
	add_inside(p, BPF_ALU64 | BPF_MOV | BPF_X, 3, 9, 0, 0);
	add_inside(p, BPF_JMP | BPF_CALL, 0, 0, 0, 2);
	gen_reload(p, 1);
}

static void gen_tail(struct prog *p)
{
	if (p->callback >= 0)	/* the JIT refuses tail calls below callbacks */
		return;
	add(p, BPF_JMP | BPF_CALL, 0, 0, 0, 4);
	p->fixed[p->cnt - 1] = true;
	add_inside(p, BPF_ALU64 | BPF_MOV | BPF_X, 1, 9, 0, 0);
	add_inside(p, BPF_ALU64 | BPF_MOV | BPF_X, 2, 0, 0, 0);
	add_inside(p, BPF_ALU64 | BPF_MOV, 3, 0, 0, rnd(6));
	add_inside(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_tail_call);
	gen_reload(p, 0);
}

/* A value of the array, found by an index on the stack that may be beyond its end, is read or changed. */
static void gen_lookup(struct prog *p)
{
	s16 at = -8 * (s16)(1 + rnd(STACK_WORDS));
	u32 s = rnd(4);

	add(p, BPF_JMP | BPF_CALL, 0, 0, 0, 5);
	p->fixed[p->cnt - 1] = true;
	if (rnd(8))
		add_inside(p, BPF_ST | BPF_MEM | BPF_W, 10, 0, at, rnd(ENGINE_VALUES + 2));
	add_inside(p, BPF_ALU64 | BPF_MOV | BPF_X, 1, 0, 0, 0);
	add_inside(p, BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0);
	add_inside(p, BPF_ALU64 | BPF_ADD, 2, 0, 0, at);
	add_inside(p, BPF_JMP | BPF_CALL, 0, 0, 0, ENGINE_LOOKUP);
	add_inside(p, BPF_JMP | BPF_JEQ, 0, 0, 2, 0);
	if (rnd(2))
		add_inside(p, BPF_STX | BPF_ATOMIC | BPF_DW, 0, 6 + rnd(3), 0, BPF_ADD);
	else
		add_inside(p, BPF_STX | BPF_MEM | sizes[s], 0, 6 + rnd(3), rnd(8 - (1 << s) + 1), 0);
	add_inside(p, BPF_LDX | BPF_MEM | sizes[s], 6 + rnd(3), 0, rnd(8 - (1 << s) + 1), 0);
	gen_reload(p, 0);
}

/* back to somewhere between @from and here, as long as may_goto allows */
static void gen_back(struct prog *p, u32 from)
{
	u32 to = from + rnd(p->cnt - from + 1);

	while (to > from && p->inside[to])
		to--;
	add(p, BPF_JMP | INSN_JCOND, 0, INSN_MAY_GOTO, 1, 0);
	p->fixed[p->cnt - 1] = true;
	add_inside(p, BPF_JMP | BPF_JA, 0, 0, (s16)(to - p->cnt - 1), 0);
}

static void gen_one(struct prog *p, int func, u32 from)
{
	switch (rnd(29)) {
	case 0:
		gen_ldimm64(p);
		break;
	case 1:
	case 2:
	case 3:
		gen_jump(p);
		break;
	case 4:
	case 5:
	case 6:
		gen_mem(p);
		break;
	case 7:
	case 8:
		gen_atomic(p);
		break;
	case 9:
	case 10:
		gen_unary(p);
		break;
	case 11:
	case 12:
	case 13:
		gen_pair(p);
		break;
	case 14:
		gen_helper(p);
		break;
	case 15:
		gen_subprog(p, func);
		break;
	case 16:
		if (!rnd(4))
			gen_loop(p, func);
		break;
	case 17:
		if (!rnd(3))
			gen_back(p, from);
		break;
	case 18:
		if (!rnd(3))
			gen_tail(p);
		break;
	case 19:
		if (!rnd(2))
			gen_session(p);
		break;
	case 20:
	case 21:
		gen_select(p);
		break;
	case 22:
		gen_rotate(p);
		break;
	case 23:
		gen_indexed(p);
		break;
	case 24:
		gen_lookup(p);
		break;
	default:
		gen_alu(p);
	}
}

/* Forward jumps of [from, to) get targets in the same range that may be jumped to. */
static void settle_jumps(struct prog *p, u32 from, u32 to)
{
	for (u32 i = from; i < to; i++) {
		struct bpf_insn *insn = &p->insns[i];
		s64 target = insn_jump_target(insn, i);

		if (!insn_is_jump(insn) || insn_is_may_goto(insn) || p->inside[i])
			continue;
		if (target > to)
			target = to;
		while (target < to && p->inside[target])
			target++;
		if (insn->code == (BPF_JMP32 | BPF_JA))
			insn->imm = target - i - 1;
		else
			insn->off = target - i - 1;
	}
}

/* Ends in exit, or, as clang has it for some loops, in a jump back to where that stands. */
static void gen_end(struct prog *p)
{
	bool jumps = rnd(2), far = rnd(2);
	u32 first = p->cnt, at;

	if (jumps)
		add(p, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	at = p->cnt;
	for (int r = 0; r <= 8; r++)
		add(p, BPF_STX | BPF_MEM | BPF_DW, 9, r, 8 * (16 + r), 0);
	for (int i = 1; i <= STACK_WORDS; i++) {
		add(p, BPF_LDX | BPF_MEM | BPF_DW, 1, 10, -8 * i, 0);
		add(p, BPF_STX | BPF_MEM | BPF_DW, 9, 1, 8 * (31 + i), 0);
	}
	add(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	if (jumps) {
		s32 back = (s32)(at - p->cnt - 1);

		p->insns[first].off = p->cnt - first - 1;
		add(p, (far ? BPF_JMP32 : BPF_JMP) | BPF_JA, 0, 0, far ? 0 : back, far ? back : 0);
	}
	memset(p->fixed + first, true, p->cnt - first);
}

static void gen_func(struct prog *p, int func)
{
	u32 from, at = p->cnt;

	p->func_start[func] = at;
	add(p, BPF_ALU64 | BPF_MOV | BPF_X, 9, func && func == p->callback ? 2 : 1, 0, 0);
	for (int r = 0; r <= 8; r++)
		add(p, BPF_LDX | BPF_MEM | BPF_DW, r, 9, 8 * r, 0);
	for (int i = 1; i <= STACK_WORDS; i++)
		add(p, BPF_STX | BPF_MEM | BPF_DW, 10, rnd(9), -8 * i, 0);
	from = p->cnt;
	for (u32 n = rnd(func ? 25 : 80); n; n--)
		gen_one(p, func, from);
	settle_jumps(p, from, p->cnt);
	memset(p->fixed + at, true, from - at);
	gen_end(p);
}

static void gen_prog(struct prog *p)
{
	memset(p, 0, sizeof(*p));
	p->func_cnt = 1 + (rnd(2) ? rnd(FUNCS_MAX) : 0);
	p->callback = p->func_cnt > 1 && rnd(2) ? p->func_cnt - 1 : -1;
	for (int f = 0; f < p->func_cnt; f++)
		gen_func(p, f);
	for (int i = 0; i < p->ref_cnt; i++) {
		u32 at = p->refs[i].at;

		p->insns[at].imm = (s32)(p->func_start[p->refs[i].func] - at - 1);
	}
}

static void generate(void)
{
	rng = seed * 0x100000001b3 + nr * 0x9e3779b97f4a7c55;
	gen_prog(&progs[0]);
	gen_prog(&progs[1]);
	for (int i = 0; i < META_WORDS + BUF_WORDS; i++)
		start.mem[i] = rnd_value();
	for (int i = 0; i < ENGINE_VALUES; i++)
		start.values[i] = rnd_value();
	meta = (u64)rnd(2) << 63 | (1 + rnd(META_WORDS)) << 8 | 3;
	start.mem[META_WORDS - 1] = meta;
}

/* -- Running and comparing --- */

static void run(enum engine e)
{
	struct engine_progs ep = {
		.insns = { progs[0].insns, progs[1].insns },
		.cnt = { progs[0].cnt, progs[1].cnt },
		.budget_insns = 200000,
		.may_goto_max = 20,
	};
	struct result *r = &results[e];

	if (nr & 1) {
		ep.phase = meta >> 63 ? JIT_PHASE_RETURN : JIT_PHASE_ENTRY;
		ep.cookie_off = -8 * (s32)(meta >> 8 & 0xff);
	}
	*r = start;
	memcpy(engine_values, start.values, sizeof(engine_values));
	r->err = engine_run(e, &ep, r->mem + META_WORDS, &r->r0);
	memcpy(r->values, engine_values, sizeof(engine_values));
}

/* Returns the engine that disagrees with the interpreter, 0 if none does. */
static enum engine disagrees(void)
{
	run(ENGINE_INTERP);
	if (results[ENGINE_INTERP].err == -ETIMEDOUT)
		return 0;
	for (int e = 1; e < ENGINE_CNT; e++) {
		run(e);
		if (memcmp(&results[e], &results[ENGINE_INTERP], sizeof(results[e])))
			return e;
	}
	return 0;
}

/* Turns instructions into nothing as long as the engines still disagree. */
static void shrink(struct prog *p)
{
	bool more = true;

	while (more) {
		more = false;
		for (u32 i = 0; i < p->cnt; i++) {
			struct bpf_insn was = p->insns[i];

			if (p->fixed[i] || was.code == (BPF_JMP | BPF_JA))
				continue;
			p->insns[i] = insn_make(BPF_JMP | BPF_JA, 0, 0, 0, 0);
			if (disagrees())
				more = true;
			else
				p->insns[i] = was;
		}
	}
}

static void report(enum engine e)
{
	const struct result *want = &results[ENGINE_INTERP], *got = &results[e];

	printf("# -s %llu -i %llu: %s: r0 0x%llx err %d, interpreter r0 0x%llx err %d\n", seed, nr,
	       engine_name(e), got->r0, got->err, want->r0, want->err);
	for (int i = 0; i < META_WORDS + BUF_WORDS; i++)
		if (want->mem[i] != got->mem[i])
			printf("#   ctx%+d: 0x%llx, interpreter 0x%llx\n", 8 * (i - META_WORDS),
			       got->mem[i], want->mem[i]);
	for (int i = 0; i < ENGINE_VALUES; i++)
		if (want->values[i] != got->values[i])
			printf("#   value %d: 0x%llx, interpreter 0x%llx\n", i, got->values[i], want->values[i]);
}

static void dump(FILE *f)
{
	for (int i = 0; i < 2; i++) {
		fprintf(f, "program %d:\n", i);
		disasm_prog(f, progs[i].insns, progs[i].cnt);
	}
}

static void on_signal(int sig)
{
	printf("# -s %llu -i %llu: signal %d\nnot ok 1 - fuzz_jit\n1..1\n", seed, nr, sig);
	dump(stdout);
	fflush(stdout);
	_exit(1);
}

static int failed(enum engine e)
{
	report(e);
	for (int i = 0; i < 2; i++)
		shrink(&progs[i]);
	e = disagrees();
	printf("# shrunk:\n");
	report(e);
	dump(stdout);
	printf("not ok 1 - fuzz_jit\n1..1\n");
	return 1;
}

int main(int argc, char **argv)
{
	u64 runs = 1000, first = 0, done = 0, timeouts = 0;
	time_t end = 0;
	int c;

	while ((c = getopt(argc, argv, "n:t:s:i:")) != -1) {
		u64 v = optarg ? strtoull(optarg, NULL, 0) : 0;

		if (c == 'n')
			runs = v;
		else if (c == 't')
			end = time(NULL) + v;
		else if (c == 's')
			seed = v;
		else if (c == 'i')
			first = v;
		else
			return 2;
	}
	log_set_level(LOG_ERROR);
	signal(SIGSEGV, on_signal);
	signal(SIGILL, on_signal);
	signal(SIGFPE, on_signal);
	signal(SIGBUS, on_signal);
	signal(SIGTRAP, on_signal);
	signal(SIGALRM, on_signal);
	for (nr = first; done < runs && (!end || time(NULL) < end); nr++, done++) {
		enum engine e;

		alarm(HANG_SECONDS);
		generate();
		e = disagrees();
		alarm(0);
		if (e)
			return failed(e);
		timeouts += results[ENGINE_INTERP].err == -ETIMEDOUT;
	}
	printf("# seed %llu: %llu programs, %llu of them too long to compare\nok 1 - fuzz_jit\n1..1\n",
	       seed, done, timeouts);
	return 0;
}
