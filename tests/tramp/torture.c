/* SPDX-License-Identifier: BSD-2-Clause */
/* Random contents for every register, and their comparison: see torture.S for who sets and sees them. */
#include "torture.h"

#include <cpuid.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

extern u8 tt_in_x[4096], tt_seen_x[4096], tt_ret_x[4096], tt_out_x[4096];
extern u64 tt_seen_gpr[16], tt_out_gpr[16];
extern u64 tt_stack[32], tt_seen_stack[32], tt_nr_stack;
extern void (*tt_func)(void);
void torture_caller(void);

enum { RSP = 4, XSTATE_BV = 512 };
#define CALLEE_SAVED (1 << 3 | 1 << 5 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 15)

bool torture_failed;

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
			torture_failed = true;
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
	torture_failed = true;
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

void torture_call(u32 nr_stack)
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
