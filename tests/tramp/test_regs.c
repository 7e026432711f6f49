/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every register of a traced function and of its caller is as it would be untraced: general, x87, SSE,
 * AVX and AVX-512 with masks, as far as the machine has them (torture.S).
 */
#include <cpuid.h>
#include <stdlib.h>

#include "harness.h"
#include "tap.h"

extern u64 tt_in_gpr[16], tt_seen_gpr[16], tt_ret_gpr[16], tt_out_gpr[16];
extern u8 tt_in_x[4096], tt_seen_x[4096], tt_ret_x[4096], tt_out_x[4096];
extern u64 tt_stack[32], tt_seen_stack[32], tt_nr_stack;
extern void (*tt_func)(void);
void torture_target(void);
void torture_caller(void);

enum { RSP = 4, XSTATE_BV = 512 };
#define CALLEE_SAVED (1 << 3 | 1 << 5 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 15)

static bool failed;

static u64 xcr0(void)
{
	u32 lo, hi;

	__asm__("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (u64)hi << 32 | lo;
}

static u64 random64(void)
{
	return (u64)random() << 42 ^ (u64)random() << 21 ^ random();
}

/* x87 registers hold numbers, the control words their defaults in one of several rounding modes. */
static void fill(u64 *gpr, u8 *x)
{
	for (int i = 0; i < 16; i++)
		gpr[i] = random64();
	for (int i = 0; i < 4096; i += 8)
		*(u64 *)(x + i) = random64();
	memset(x, 0, 32);
	*(u16 *)x = 0x37f | (random() & 3) << 10;
	x[4] = 0xff;					/* no register is empty */
	*(u32 *)(x + 24) = 0x1f80 | (random() & 3) << 13;
	*(u32 *)(x + 28) = 0;
	for (int i = 0; i < 8; i++) {
		*(u64 *)(x + 32 + 16 * i) = random64() | 1ULL << 63;
		*(u64 *)(x + 40 + 16 * i) = 0x3fff + (random() & 15);
	}
	memset(x + 464, 0, 48);
	memset(x + XSTATE_BV, 0, 64);
	*(u64 *)(x + XSTATE_BV) = xcr0() & 0xe7;
}

static void check_gpr(const u64 *got, const u64 *want, u32 skip, const char *where)
{
	static const char *const names[] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
					     "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15" };

	for (int i = 0; i < 16; i++)
		if (!(skip >> i & 1) && got[i] != want[i]) {
			tap_fail(__FILE__, __LINE__, "%s at %s: %llx, expected %llx", names[i], where, got[i],
				 want[i]);
			failed = true;
		}
}

/* Where xsave puts component @nr, and how much. */
static u32 component(int nr, u32 *bytes)
{
	u32 at, c, d;

	__cpuid_count(0xd, nr, *bytes, at, c, d);
	return at;
}

static void check_bytes(const u8 *got, const u8 *want, u32 at, u32 bytes, const char *what, const char *where)
{
	if (!memcmp(got + at, want + at, bytes))
		return;
	tap_fail(__FILE__, __LINE__, "%s changed at %s", what, where);
	failed = true;
}

/* What xsave may leave out (initial state) was set by fill() to be not initial. */
static void check_x(const u8 *got, const u8 *want, const char *where)
{
	static const char *const names[] = { [2] = "ymm", [5] = "k", [6] = "zmm, upper half", [7] = "zmm16-31" };

	CHECK_EQ(*(u64 *)(got + XSTATE_BV), xcr0() & 0xe7);
	check_bytes(got, want, 0, 6, "x87 control", where);	/* not the last instruction */
	check_bytes(got, want, 24, 4, "mxcsr", where);
	for (int i = 0; i < 8; i++)
		check_bytes(got, want, 32 + 16 * i, 10, "st", where);
	check_bytes(got, want, 160, 256, "xmm", where);
	for (int nr = 2; nr < 8; nr++) {
		u32 bytes, at = component(nr, &bytes);

		if (xcr0() & 0xe7 & 1 << nr)
			check_bytes(got, want, at, bytes, names[nr], where);
	}
}

static void one_call(u32 nr_stack)
{
	fill(tt_in_gpr, tt_in_x);
	fill(tt_ret_gpr, tt_ret_x);
	for (int i = 0; i < 32; i++)
		tt_stack[i] = random64();
	memset(tt_seen_stack, 0, sizeof(tt_seen_stack));
	tt_nr_stack = nr_stack;
	tt_func = torture_target;
	torture_caller();
	check_gpr(tt_seen_gpr, tt_in_gpr, 1 << RSP | 1 << 5, "entry");
	check_x(tt_seen_x, tt_in_x, "entry");
	CHECK(!memcmp(tt_seen_stack, tt_stack, 8 * nr_stack));
	for (int i = 0; i < 16; i++)
		if (CALLEE_SAVED >> i & 1)
			tt_ret_gpr[i] = tt_in_gpr[i];
	check_gpr(tt_out_gpr, tt_ret_gpr, 1 << RSP, "exit");
	check_x(tt_out_x, tt_ret_x, "exit");
}

static void calls(u32 nr_stack)
{
	for (int i = 0; i < 20 && !failed; i++)
		one_call(nr_stack);
}

static u64 value_of(int reg)
{
	return tt_in_gpr[reg];
}

TEST(untraced)
{
	calls(6);
}

static struct tramp *target(u32 nr_args)
{
	return hn_tramp(torture_target, nr_args);
}

/* A program that calls nothing and uses few registers: little is saved. */
static struct tramp_prog *small(void)
{
	return hn_prog(0, "r0 = 0\nexit\n");
}

static struct tramp_prog *busy(void)
{
	return hn_prog(0, "r2 = *(u64 *)(r1 + 0)\nr3 = r2\nr4 = r3\nr5 = r4\nr6 = r5\nr7 = r6\nr8 = r7\nr9 = r8\n"
			  "r9 *= r9\nr8 /= 3\nr7 <<= r4\n*(u64 *)(r10 - 8) = r9\nr0 = 0\nexit\n");
}

TEST(small_session)
{
	hn_attach(target(0), small(), TRAMP_FSESSION, 0);
	calls(0);
}

TEST(small_session_with_arguments)
{
	hn_attach(target(3), small(), TRAMP_FSESSION, 0);
	calls(0);
}

TEST(busy_session)
{
	hn_attach(target(1), busy(), TRAMP_FSESSION, 0);
	calls(0);
}

TEST(entry_alone)
{
	hn_attach(target(2), busy(), TRAMP_FENTRY, 0);
	calls(0);
}

TEST(entry_alone_leaves_the_stack)
{
	hn_attach(target(12), small(), TRAMP_FENTRY, 0);
	calls(24);
}

TEST(exit_alone)
{
	hn_attach(target(2), busy(), TRAMP_FEXIT, 0);
	calls(0);
}

TEST(modify_alone)
{
	hn_attach(target(2), small(), TRAMP_FMOD_RET, 0);
	calls(0);
}

TEST(small_entry_busy_exit)
{
	hn_attach(target(2), small(), TRAMP_FENTRY, 0);
	hn_attach(target(2), busy(), TRAMP_FEXIT, 0);
	calls(0);
}

TEST(busy_entry_small_exit)
{
	hn_attach(target(2), busy(), TRAMP_FENTRY, 0);
	hn_attach(target(2), small(), TRAMP_FEXIT, 0);
	calls(0);
}

TEST(session_with_helper)
{
	hn_attach(target(6), hn_session(1), TRAMP_FSESSION, 0);
	calls(0);
	CHECK_EQ(hn_log[38].args[0], value_of(7));
	CHECK_EQ(hn_log[39].args[5], value_of(9));
	CHECK_EQ(hn_log[39].args[6], tt_ret_gpr[0]);
}

TEST(session_with_helper_that_spoils_vectors)
{
	struct tramp_prog *p = hn_prog(TRAMP_PROG_VECTORS, "r2 = 1\nr3 = 0\nr4 = 0\ncall 4\nr0 = 0\nexit\n");

	hn_attach(target(6), p, TRAMP_FSESSION, 0);
	calls(0);
	CHECK_EQ(hn_nr, 40);
}

TEST(vectors_in_one_phase_only)
{
	struct tramp_prog *p = hn_prog(TRAMP_PROG_VECTORS, "r2 = 1\nr3 = 0\nr4 = 0\ncall 4\nr0 = 0\nexit\n");

	hn_attach(target(6), p, TRAMP_FEXIT, 0);
	hn_attach(target(6), busy(), TRAMP_FENTRY, 0);
	calls(0);
	CHECK_EQ(hn_nr, 20);
}

TEST(run_record)
{
	struct tramp_prog *p = hn_prog(TRAMP_PROG_RUN, "r0 = 0\nexit\n");

	hn_attach(target(1), p, TRAMP_FSESSION, 7);
	calls(0);
}

TEST(typed_stack_arguments)
{
	hn_attach(target(12), busy(), TRAMP_FSESSION, 0);
	calls(6);
}

TEST(typed_odd_stack_arguments)
{
	hn_attach(target(9), busy(), TRAMP_FSESSION, 0);
	calls(3);
}

TEST(unknown_stack_arguments)
{
	hn_attach(hn_tramp_untyped(torture_target), busy(), TRAMP_FSESSION, 0);
	for (u32 nr = 0; nr <= 20 && !failed; nr++)
		one_call(nr);
}

TEST(eighteen_sessions)
{
	for (int i = 0; i < 18; i++)
		hn_attach(target(6), i & 1 ? busy() : hn_plain_session(i), TRAMP_FSESSION, 0);
	calls(0);
}
