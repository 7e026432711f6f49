/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every register of a traced function and of its caller is as it would be untraced: general, x87, SSE,
 * AVX and AVX-512 with masks, as far as the machine has them (torture.h).
 */
#include "harness.h"
#include "tap.h"
#include "torture.h"

static void calls(u32 nr_stack)
{
	for (int i = 0; i < 20 && !torture_failed; i++)
		torture_call(nr_stack);
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
	for (u32 nr = 0; nr <= 20 && !torture_failed; nr++)
		torture_call(nr);
}

TEST(eighteen_sessions)
{
	for (int i = 0; i < 18; i++)
		hn_attach(target(6), i & 1 ? busy() : hn_plain_session(i), TRAMP_FSESSION, 0);
	calls(0);
}
