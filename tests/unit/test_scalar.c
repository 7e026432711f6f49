/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever is known of operands must be true of the result: random sets, random members. */
#include "verifier/scalar.h"

#include <stdlib.h>

#include "tap.h"

#define ROUNDS 300000

static u64 seed = 88172645463325252ULL;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static u64 rnd_edge(void)
{
	static const u64 edges[] = { 0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x7fffffff, 0x80000000, 0xffffffff,
				     0x100000000, 0x7fffffffffffffff, 0x8000000000000000, ~0ULL };
	u64 v = edges[rnd() % (sizeof(edges) / sizeof(*edges))];

	switch (rnd() % 4) {
	case 0:
		return v + rnd() % 5 - 2;
	case 1:
		return rnd() >> rnd() % 64;
	case 2:
		return -(rnd() >> rnd() % 64);
	default:
		return rnd() % 70;
	}
}

static u64 span(void)
{
	return rnd() % 3 ? rnd() >> rnd() % 64 : 0;
}

/* A set that holds @v. */
static struct scalar around(u64 v)
{
	struct scalar s = scalar_unknown();
	u64 d;

	if (rnd() % 4 == 0)
		return scalar_const(v);
	if (rnd() % 2) {
		d = span();
		s.t = (struct tnum){ v & ~d, d };
	}
	if (rnd() % 2) {
		s.r.umin = (d = span()) > v ? 0 : v - d;
		s.r.umax = (d = span()) > ~v ? ~0ULL : v + d;
	}
	if (rnd() % 2) {
		if (__builtin_sub_overflow((s64)v, (s64)(span() >> 1), &s.r.smin))
			s.r.smin = INT64_MIN;
		if (__builtin_add_overflow((s64)v, (s64)(span() >> 1), &s.r.smax))
			s.r.smax = INT64_MAX;
	}
	if (rnd() % 2) {
		s.w.umin = (d = (u32)span()) > (u32)v ? 0 : (u32)v - d;
		s.w.umax = (u32)v + (u64)(u32)span();
		s.w.umax = s.w.umax > 0xffffffff ? 0xffffffff : s.w.umax;
	}
	if (rnd() % 2) {
		s.w.smin = (s32)v - (s64)((u32)span() >> 1);
		s.w.smin = s.w.smin < INT32_MIN ? INT32_MIN : s.w.smin;
		s.w.smax = (s32)v + (s64)((u32)span() >> 1);
		s.w.smax = s.w.smax > INT32_MAX ? INT32_MAX : s.w.smax;
	}
	CHECK(scalar_sync(&s));
	return s;
}

TEST(scalar_sync_keeps_members)
{
	for (int i = 0; i < ROUNDS; i++) {
		u64 v = rnd_edge();
		struct scalar s = around(v);

		if (!scalar_has(&s, v))
			tap_fail(__FILE__, __LINE__, "lost %llx", (unsigned long long)v);
	}
}

static void check_alu(const struct bpf_insn *insn)
{
	u64 a = rnd_edge(), b = rnd_edge(), want;
	struct scalar sa = around(a), sb = around(b), r = scalar_alu(insn, &sa, &sb);

	want = insn_eval_alu(insn, a, b);
	if (!scalar_has(&r, want))
		tap_fail(__FILE__, __LINE__, "code %02x off %d imm %d: %llx, %llx gives %llx", insn->code,
			 insn->off, insn->imm, (unsigned long long)a, (unsigned long long)b,
			 (unsigned long long)want);
}

TEST(scalar_alu_holds_results)
{
	static const u8 ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH,
				  BPF_NEG, BPF_MOD, BPF_XOR, BPF_MOV, BPF_ARSH };
	static const s16 widths[] = { 0, 8, 16, 32 };

	for (int i = 0; i < ROUNDS * 4; i++) {
		u8 op = ops[rnd() % sizeof(ops)], class = rnd() % 2 ? BPF_ALU : BPF_ALU64;
		struct bpf_insn insn = insn_make(class | op | BPF_X, 1, 2, 0, 0);

		if (op == BPF_MOV)
			insn.off = widths[rnd() % (class == BPF_ALU ? 3 : 4)];
		if (op == BPF_DIV || op == BPF_MOD)
			insn.off = rnd() % 2;
		check_alu(&insn);
	}
}

TEST(scalar_byte_swaps)
{
	static const s32 widths[] = { 16, 32, 64 };

	for (int i = 0; i < ROUNDS; i++) {
		struct bpf_insn insn = insn_make(BPF_ALU | BPF_END, 1, 0, 0, widths[rnd() % 3]);

		if (rnd() % 2)
			insn.code |= BPF_TO_BE;
		else if (rnd() % 2)
			insn.code = BPF_ALU64 | BPF_END;
		check_alu(&insn);
	}
}

TEST(scalar_assume_keeps_members)
{
	static const u8 ops[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT, BPF_JSGE,
				  BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE };

	for (int i = 0; i < ROUNDS * 4; i++) {
		u64 a = rnd_edge(), b = rnd() % 4 ? rnd_edge() : a;
		struct scalar sa = around(a), sb = around(b);
		u8 op = ops[rnd() % sizeof(ops)];
		bool is32 = rnd() % 2;
		struct bpf_insn insn = insn_make((is32 ? BPF_JMP32 : BPF_JMP) | op | BPF_X, 1, 2, 0, 0);
		bool taken = insn_eval_jump(&insn, a, b);

		if (!scalar_assume(&sa, &sb, op, is32, taken) || !scalar_has(&sa, a) ||
		    !scalar_has(&sb, b))
			tap_fail(__FILE__, __LINE__, "op %02x%s %llx %llx", op, is32 ? " 32" : "",
				 (unsigned long long)a, (unsigned long long)b);
	}
}

/* -- What must be found out --- */

static struct scalar alu(u8 code, struct scalar a, struct scalar b)
{
	struct bpf_insn insn = insn_make(code | BPF_X, 1, 2, 0, 0);

	return scalar_alu(&insn, &a, &b);
}

TEST(scalar_bounds)
{
	struct scalar a = scalar_unknown(), b = scalar_const(10), r;

	r = alu(BPF_ALU64 | BPF_AND, a, scalar_const(0xff));
	CHECK_EQ(r.r.umax, 0xff);
	CHECK_EQ(r.r.smin, 0);
	CHECK(scalar_assume(&a, &b, BPF_JLT, false, true));
	CHECK_EQ(a.r.umax, 9);
	CHECK_EQ(a.r.smin, 0);
	CHECK_EQ(a.t.mask, 15);
	r = alu(BPF_ALU64 | BPF_LSH, a, scalar_const(3));
	CHECK_EQ(r.r.umax, 72);
	CHECK_EQ(r.t.mask, 0x78);
	r = alu(BPF_ALU64 | BPF_ADD, a, scalar_const(-4));
	CHECK_EQ(r.r.smin, -4);
	CHECK_EQ(r.r.smax, 5);
	r = alu(BPF_ALU64 | BPF_MOD, scalar_unknown(), scalar_const(7));
	CHECK_EQ(r.r.umax, 6);
	r = alu(BPF_ALU | BPF_MOV, scalar_unknown(), scalar_unknown());
	CHECK_EQ(r.r.umax, 0xffffffff);
}

TEST(scalar_halves)
{
	struct scalar a = scalar_bits(32), b = scalar_const(7), c = scalar_unknown();

	CHECK(scalar_assume(&a, &b, BPF_JSLE, true, true));
	CHECK_EQ(a.r.umax, 0xffffffff);	/* a negative word is a large number */
	b = scalar_const(0);
	CHECK(scalar_assume(&a, &b, BPF_JSGE, true, true));
	CHECK_EQ(a.r.umax, 7);
	b = scalar_const(7);
	CHECK(scalar_assume(&c, &b, BPF_JLE, true, true));
	CHECK_EQ(c.w.umax, 7);
	CHECK_EQ(c.r.umax, 0xffffffff00000007);
}
