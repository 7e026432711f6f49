/* SPDX-License-Identifier: BSD-2-Clause */
/* What a call of a traced function does: spec sections 4 and 6, row by row. */
#include "harness.h"

#include <errno.h>

#include "tap.h"

HN_NOINLINE u64 add3(u64 a, u64 b, u64 c);
HN_NOINLINE u64 add3(u64 a, u64 b, u64 c)
{
	__asm__ volatile("" ::: "memory");
	return a + b + c;
}

TEST(session_entry_and_exit)
{
	struct tramp *t = hn_tramp(add3, 3);
	u8 before[16], after[16];
	struct tramp_link *link;

	memcpy(before, (void *)add3, 16);
	link = hn_attach(t, hn_session(1), TRAMP_FSESSION, 0);
	CHECK(tramp_is_patched(t));
	CHECK_EQ(add3(10, 20, 30), 60);
	CHECK_STR(hn_order(), "e1 x1");
	CHECK_EQ(hn_log[0].args[0], 10);
	CHECK_EQ(hn_log[0].args[2], 30);
	CHECK_EQ(hn_log[0].args[3], 0);
	CHECK_EQ(hn_log[0].meta, 0x203);
	CHECK_EQ(hn_log[0].value, 1010);
	CHECK_EQ(hn_log[1].args[0], 10);
	CHECK_EQ(hn_log[1].args[3], 60);
	CHECK_EQ(hn_log[1].value, 1010);
	CHECK_EQ(hn_log[1].meta, 1ULL << 63 | 0x203);
	tramp_detach(link);
	CHECK(!tramp_is_patched(t));
	memcpy(after, (void *)add3, 16);
	CHECK(!memcmp(before, after, 16));
	hn_clear();
	CHECK_EQ(add3(1, 2, 3), 6);
	CHECK_EQ(hn_nr, 0);
	CHECK_EQ(tramp_original(t) != 0, 1);
}

/* -- Order: newest first on every list --- */

TEST(order_is_lifo_on_both_lists)
{
	struct tramp *t = hn_tramp(add3, 3);

	hn_attach(t, hn_session(1), TRAMP_FSESSION, 0);
	hn_attach(t, hn_session(2), TRAMP_FSESSION, 0);
	hn_attach(t, hn_plain_session(3), TRAMP_FSESSION, 0);
	hn_attach(t, hn_probe(4), TRAMP_FENTRY, 0);
	hn_attach(t, hn_probe(5), TRAMP_FEXIT, 0);
	CHECK_EQ(add3(1, 2, 3), 6);
	CHECK_STR(hn_order(), "p4 e3 e2 e1 p5 x3 x2 x1");
}

TEST(modify_runs_between_entry_and_original)
{
	struct tramp *t = hn_tramp(add3, 3);

	hn_attach(t, hn_modify(1, 0), TRAMP_FMOD_RET, 0);
	hn_attach(t, hn_modify(2, 0), TRAMP_FMOD_RET, 0);
	hn_attach(t, hn_probe(3), TRAMP_FENTRY, 0);
	CHECK_EQ(add3(1, 2, 3), 6);
	CHECK_STR(hn_order(), "p3 m2 m1");
}

TEST(modify_skips_original_but_not_exit)
{
	struct tramp *t = hn_tramp(add3, 3);

	hn_attach(t, hn_modify(1, 7), TRAMP_FMOD_RET, 0);
	hn_attach(t, hn_modify(2, 99), TRAMP_FMOD_RET, 0);
	hn_attach(t, hn_session(3), TRAMP_FSESSION, 0);
	hn_attach(t, hn_probe(4), TRAMP_FEXIT, 0);
	CHECK_EQ(add3(1, 2, 3), 99);
	CHECK_STR(hn_order(), "e3 m2 p4 x3");
	CHECK_EQ(hn_log[2].args[3], 99);
	CHECK_EQ(hn_log[3].args[3], 99);
}

TEST(modify_alone)
{
	hn_attach(hn_tramp(add3, 3), hn_modify(1, -5), TRAMP_FMOD_RET, 0);
	CHECK_EQ(add3(1, 2, 3), -5);
}

/* -- Metadata and cookies --- */

TEST(meta_without_session)
{
	struct tramp *t = hn_tramp(add3, 3);

	hn_attach(t, hn_probe(1), TRAMP_FENTRY, 0);
	hn_attach(t, hn_probe(2), TRAMP_FEXIT, 0);
	add3(1, 2, 3);
	CHECK_EQ(hn_log[0].meta, 3);
	CHECK_EQ(hn_log[1].meta, 3);
	CHECK_EQ(hn_log[1].args[3], 6);
}

TEST(meta_cookie_index_counts_down)
{
	struct tramp *t = hn_tramp(add3, 3);

	hn_attach(t, hn_session(1), TRAMP_FSESSION, 0);
	hn_attach(t, hn_plain_session(2), TRAMP_FSESSION, 0);
	hn_attach(t, hn_session(3), TRAMP_FSESSION, 0);
	add3(1, 2, 3);
	CHECK_STR(hn_order(), "e3 e2 e1 x3 x2 x1");
	CHECK_EQ(hn_log[0].meta, 0x303);
	CHECK_EQ(hn_log[1].meta, 0x303);	/* what is left over */
	CHECK_EQ(hn_log[2].meta, 0x203);
	CHECK_EQ(hn_log[3].meta, 1ULL << 63 | 0x303);
	CHECK_EQ(hn_log[5].meta, 1ULL << 63 | 0x203);
	CHECK_EQ(hn_log[0].value, 3001);
	CHECK_EQ(hn_log[3].value, 3001);
	CHECK_EQ(hn_log[5].value, 1001);
}

TEST(meta_after_original_has_no_index)
{
	struct tramp *t = hn_tramp(add3, 3);

	hn_attach(t, hn_session(1), TRAMP_FSESSION, 0);
	hn_attach(t, hn_probe(2), TRAMP_FEXIT, 0);
	add3(1, 2, 3);
	CHECK_STR(hn_order(), "e1 p2 x1");
	CHECK_EQ(hn_log[1].meta, 1ULL << 63 | 3);
}

TEST(generic_code_reads_the_metadata)
{
	struct tramp *t = hn_tramp(add3, 3);
	struct tramp_prog *p = hn_prog(TRAMP_PROG_GENERIC,
				       "r6 = r1\ncall kfunc#1\nr7 = r0\nr1 = r6\ncall kfunc#2\nr8 = r0\n"
				       "r4 = *(u64 *)(r8 + 0)\nr1 = 77\n*(u64 *)(r8 + 0) = r1\nr1 = r6\n"
				       "r2 = 9\nr3 = r7\ncall 1\nr0 = 0\nexit\n");

	hn_attach(t, p, TRAMP_FSESSION, 0);
	hn_attach(t, hn_session(1), TRAMP_FSESSION, 0);
	add3(1, 2, 3);
	CHECK_STR(hn_order(), "e1 e9 x1 x9");
	CHECK_EQ(hn_log[1].value, 0);
	CHECK_EQ(hn_log[3].value, 77);
	CHECK_EQ(hn_log[2].value, 1001);
}

TEST(cookie_is_zero_at_every_call)
{
	struct tramp_prog *p = hn_prog(0, "r6 = r1\ncall kfunc#2\nr4 = *(u64 *)(r0 + 0)\nr1 = 5\n"
					  "*(u64 *)(r0 + 0) = r1\nr1 = r6\nr2 = 1\nr3 = 0\ncall 1\nr0 = 0\nexit\n");

	hn_attach(hn_tramp(add3, 3), p, TRAMP_FSESSION, 0);
	for (int i = 0; i < 3; i++)
		add3(1, 2, 3);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(hn_log[i].value, i & 1 ? 5 : 0);
}

TEST(function_address_slot)
{
	struct tramp *t = hn_tramp(add3, 3);
	struct tramp_prog *p = hn_prog(TRAMP_PROG_FUNC_IP, "r4 = *(u64 *)(r1 - 16)\nr2 = 1\nr3 = 2\n"
							    "call 1\nr0 = 0\nexit\n");

	hn_attach(t, p, TRAMP_FEXIT, 0);
	hn_attach(t, hn_session(2), TRAMP_FSESSION, 0);
	add3(1, 2, 3);
	CHECK_STR(hn_order(), "e2 x2 p1");
	CHECK_EQ(hn_log[0].meta, 0x303);
	CHECK_EQ(hn_log[2].value, (u64)add3);
}

TEST(attach_cookie_per_link)
{
	struct tramp_prog *p = hn_prog(TRAMP_PROG_RUN, "r6 = r1\ncall 3\nr4 = r0\nr1 = r6\nr2 = 1\nr3 = 2\n"
							"call 1\nr0 = 0\nexit\n");
	struct tramp_prog *q = hn_prog(TRAMP_PROG_RUN, "r6 = r1\ncall 3\nr4 = r0\nr1 = r6\nr2 = 2\nr3 = 2\n"
							"call 1\nr0 = 0\nexit\n");
	struct tramp *t = hn_tramp(add3, 3);

	hn_attach(t, p, TRAMP_FENTRY, 0x123456789abcdef0);
	hn_attach(t, q, TRAMP_FSESSION, 42);
	add3(1, 2, 3);
	CHECK_STR(hn_order(), "p2 p1 p2");
	CHECK_EQ(hn_log[0].value, 42);
	CHECK_EQ(hn_log[1].value, 0x123456789abcdef0);
	CHECK_EQ(hn_log[2].value, 42);
}

/* -- Limits and errors --- */

static int attach_n(struct tramp *t, enum tramp_kind kind, int n)
{
	struct tramp_link *link;
	int err = 0;

	for (int i = 0; i < n && !err; i++)
		err = tramp_attach(t, kind == TRAMP_FSESSION ? hn_session(i) : hn_probe(i), kind, 0, &link);
	return err;
}

TEST(limit_36_fentry)
{
	struct tramp *t = hn_tramp(add3, 3);
	struct tramp_link *link;

	CHECK_EQ(attach_n(t, TRAMP_FENTRY, 36), 0);
	CHECK_EQ(tramp_attach(t, hn_probe(99), TRAMP_FEXIT, 0, &link), -E2BIG);
	CHECK_EQ(add3(1, 2, 3), 6);
	CHECK_EQ(hn_nr, 36);
}

TEST(limit_18_sessions)
{
	struct tramp *t = hn_tramp(add3, 3);
	struct tramp_link *link;

	CHECK_EQ(attach_n(t, TRAMP_FSESSION, 18), 0);
	CHECK_EQ(tramp_attach(t, hn_session(18), TRAMP_FSESSION, 0, &link), -E2BIG);
	CHECK_EQ(add3(4, 2, 3), 9);
	CHECK_EQ(hn_nr, 36);
	for (int i = 0; i < 36; i++)
		CHECK_EQ(hn_log[i].value, 4 + 1000 * hn_log[i].id);
	CHECK_EQ(hn_log[0].meta, 19 << 8 | 3);
}

TEST(limit_session_counts_two)
{
	struct tramp *t = hn_tramp(add3, 3);
	struct tramp_link *link;

	CHECK_EQ(attach_n(t, TRAMP_FEXIT, 35), 0);
	CHECK_EQ(tramp_attach(t, hn_session(1), TRAMP_FSESSION, 0, &link), -E2BIG);
	CHECK_EQ(tramp_attach(t, hn_probe(1), TRAMP_FENTRY, 0, &link), 0);
}

TEST(same_program_again)
{
	struct tramp *t = hn_tramp(add3, 3);
	struct tramp_prog *p = hn_session(1);
	struct tramp_link *link, *again;

	CHECK_EQ(tramp_attach(t, p, TRAMP_FSESSION, 0, &link), 0);
	CHECK_EQ(tramp_attach(t, p, TRAMP_FSESSION, 0, &again), -EBUSY);
	tramp_detach(link);
	CHECK_EQ(tramp_attach(t, p, TRAMP_FSESSION, 0, &again), 0);
	add3(1, 2, 3);
	CHECK_STR(hn_order(), "e1 x1");
}

HN_NOINLINE u64 other(u64 a);
HN_NOINLINE u64 other(u64 a)
{
	__asm__ volatile("" ::: "memory");
	return a * 3;
}

TEST(replacement_excludes_programs)
{
	struct tramp *t = hn_tramp(add3, 3);
	struct tramp_link *link;

	CHECK_EQ(tramp_replace(t, (u64)other), 0);
	CHECK_EQ(add3(5, 0, 0), 15);
	CHECK_EQ(tramp_attach(t, hn_probe(1), TRAMP_FENTRY, 0, &link), -EBUSY);
	CHECK_EQ(tramp_replace(t, 0), 0);
	CHECK_EQ(add3(5, 0, 0), 5);
	CHECK_EQ(tramp_attach(t, hn_probe(1), TRAMP_FENTRY, 0, &link), 0);
	CHECK_EQ(tramp_replace(t, (u64)other), -EBUSY);
}

TEST(one_program_on_two_functions)
{
	struct tramp_prog *p = hn_session(1);

	hn_attach(hn_tramp(add3, 3), p, TRAMP_FSESSION, 0);
	hn_attach(hn_tramp(other, 1), p, TRAMP_FSESSION, 0);
	CHECK_EQ(add3(other(2), 1, 1), 8);
	CHECK_STR(hn_order(), "e1 x1 e1 x1");
	CHECK_EQ(hn_log[0].meta, 0x201);
	CHECK_EQ(hn_log[1].args[1], 6);
}

TEST(many_at_once_all_or_none)
{
	struct tramp_prog *p = hn_session(1);
	struct tramp_req reqs[] = {
		{ hn_tramp(add3, 3), p, TRAMP_FSESSION, 0 },
		{ hn_tramp(other, 1), p, TRAMP_FSESSION, 0 },
		{ hn_tramp(other, 1), p, TRAMP_FSESSION, 0 },
	};
	struct tramp_link *links[3];

	CHECK_EQ(tramp_attach_many(reqs, 3, links), -EBUSY);
	CHECK(!tramp_is_patched(reqs[0].tramp) && !tramp_is_patched(reqs[1].tramp));
	CHECK_EQ(tramp_attach_many(reqs, 2, links), 0);
	add3(other(1), 0, 0);
	CHECK_EQ(hn_nr, 4);
	tramp_detach_many(links, 2);
	CHECK(!tramp_is_patched(reqs[0].tramp) && !tramp_is_patched(reqs[1].tramp));
	add3(other(1), 0, 0);
	CHECK_EQ(hn_nr, 4);
}

/* -- Recursion --- */

HN_GENERAL static void call_add3(u64 a, u64 b)
{
	(void)a;
	(void)b;
	add3(100, 0, 0);
}

/* A program whose helper calls the traced function. */
static struct tramp_prog *nester(u64 id)
{
	return hn_prog(0, "r6 = r1\ncall kfunc#1\nr3 = r0\nr1 = r6\nr2 = %llu\nr4 = 0\ncall 1\nr1 = 0\nr2 = 0\n"
			  "call 2\nr0 = 0\nexit\n", id);
}

TEST(nested_runs_are_missed_in_both_phases)
{
	struct tramp_prog *p = nester(1);

	hn_callback = call_add3;
	hn_attach(hn_tramp(add3, 3), p, TRAMP_FSESSION, 0);
	CHECK_EQ(add3(1, 2, 3), 6);
	CHECK_STR(hn_order(), "e1 x1");
	CHECK_EQ(tramp_prog_misses(p), 4);
	CHECK_EQ(add3(1, 2, 3), 6);
	CHECK_EQ(hn_nr, 4);
}

TEST(nested_call_runs_other_programs)
{
	struct tramp *t = hn_tramp(add3, 3);
	struct tramp_prog *p = nester(1), *q = hn_plain_session(2);

	hn_callback = call_add3;
	hn_attach(t, q, TRAMP_FSESSION, 0);
	hn_attach(t, p, TRAMP_FSESSION, 0);
	add3(1, 2, 3);
	CHECK_STR(hn_order(), "e1 e2 x2 e2 x1 e2 x2 x2");
	CHECK_EQ(tramp_prog_misses(p), 4);
	CHECK_EQ(tramp_prog_misses(q), 0);
}

/* The result slot keeps what it had: zero, so the original runs. */
TEST(missed_modify_does_not_decide)
{
	struct tramp_prog *p = hn_prog(0, "r1 = 0\nr2 = 0\ncall 2\nr0 = 5\nexit\n");

	hn_callback = call_add3;
	hn_attach(hn_tramp(add3, 3), p, TRAMP_FMOD_RET, 0);
	CHECK_EQ(add3(1, 2, 3), 5);
	CHECK_EQ(tramp_prog_misses(p), 1);
}

/* Recursion of the function itself is none of the program. */
HN_NOINLINE u64 factorial(u64 n);
HN_NOINLINE u64 factorial(u64 n)
{
	u64 rest = n < 2 ? 1 : factorial(n - 1);

	__asm__ volatile("" : "+r"(rest));	/* a call, not a loop */
	return n * rest;
}

TEST(recursive_function)
{
	struct tramp_prog *p = hn_session(1);

	hn_attach(hn_tramp(factorial, 1), p, TRAMP_FSESSION, 0);
	CHECK_EQ(factorial(5), 120);
	CHECK_STR(hn_order(), "e1 e1 e1 e1 e1 x1 x1 x1 x1 x1");
	CHECK_EQ(hn_log[0].value, 1005);
	CHECK_EQ(hn_log[9].value, 1005);
	CHECK_EQ(hn_log[9].args[1], 120);
	CHECK_EQ(tramp_prog_misses(p), 0);
}

/* -- Calls in flight --- */

static void (*in_flight)(void);

HN_NOINLINE u64 slow(u64 a);
HN_NOINLINE u64 slow(u64 a)
{
	if (in_flight)
		in_flight();
	__asm__ volatile("" ::: "memory");
	return a + 1;
}

static struct tramp_link *link_a, *link_b;

static void detach_a(void)
{
	in_flight = NULL;
	tramp_detach(link_a);
}

TEST(in_flight_detached_program_is_left_out)
{
	struct tramp *t = hn_tramp(slow, 1);
	struct tramp_prog *p = hn_session(1);

	link_a = hn_attach(t, p, TRAMP_FSESSION, 0);
	link_b = hn_attach(t, hn_probe(2), TRAMP_FEXIT, 0);
	in_flight = detach_a;
	CHECK_EQ(slow(1), 2);
	CHECK_STR(hn_order(), "e1 p2");
	CHECK_EQ(slow(1), 2);
	CHECK_STR(hn_order(), "e1 p2 p2");
	CHECK_EQ(tramp_prog_misses(p), 0);
}

TEST(in_flight_last_detach)
{
	struct tramp *t = hn_tramp(slow, 1);

	link_a = hn_attach(t, hn_session(1), TRAMP_FSESSION, 0);
	in_flight = detach_a;
	CHECK_EQ(slow(1), 2);
	CHECK_STR(hn_order(), "e1");
	CHECK(!tramp_is_patched(t));
}

static struct tramp_prog *late;

static void attach_late(void)
{
	in_flight = NULL;
	link_b = hn_attach(hn_tramp(slow, 1), late, TRAMP_FSESSION, 0);
}

TEST(in_flight_linked_program_does_not_run)
{
	late = hn_session(2);
	link_a = hn_attach(hn_tramp(slow, 1), hn_session(1), TRAMP_FSESSION, 0);
	in_flight = attach_late;
	slow(1);
	CHECK_STR(hn_order(), "e1 x1");
	slow(1);
	CHECK_STR(hn_order(), "e1 x1 e2 e1 x2 x1");
}

static void detach_and_attach(void)
{
	struct tramp_prog *p = late;

	in_flight = NULL;
	tramp_detach(link_a);
	link_a = hn_attach(hn_tramp(slow, 1), p, TRAMP_FSESSION, 0);
}

TEST(in_flight_linked_again_does_not_run)
{
	late = hn_session(1);
	link_a = hn_attach(hn_tramp(slow, 1), late, TRAMP_FSESSION, 0);
	in_flight = detach_and_attach;
	slow(1);
	CHECK_STR(hn_order(), "e1");
}

/* -- Arguments --- */

HN_NOINLINE u64 many(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h, u64 i, u64 j, u64 k, u64 l);
HN_NOINLINE u64 many(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h, u64 i, u64 j, u64 k, u64 l)
{
	__asm__ volatile("" ::: "memory");
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * k + 12 * l;
}

TEST(twelve_arguments)
{
	u64 want = many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);

	hn_attach(hn_tramp(many, 12), hn_session(1), TRAMP_FSESSION, 0);
	CHECK_EQ(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), want);
	for (int i = 0; i < 12; i++)
		CHECK_EQ(hn_log[1].args[i], i + 1);
	CHECK_EQ(hn_log[1].args[12], want);
}

TEST(untyped_gives_six_registers)
{
	u64 want = many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);

	hn_attach(hn_tramp_untyped(many), hn_session(1), TRAMP_FSESSION, 0);
	CHECK_EQ(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), want);
	CHECK_EQ(hn_log[1].meta & 0xff, 6);
	CHECK_EQ(hn_log[1].args[5], 6);
	CHECK_EQ(hn_log[1].args[6], want);
}

struct pair {
	u64 a, b;
};

HN_NOINLINE u64 five_and_pair(u64 a, u64 b, u64 c, u64 d, u64 e, struct pair p, u64 f);
HN_NOINLINE u64 five_and_pair(u64 a, u64 b, u64 c, u64 d, u64 e, struct pair p, u64 f)
{
	__asm__ volatile("" ::: "memory");
	return a + b + c + d + e + 100 * p.a + 1000 * p.b + 10000 * f;
}

/* The struct does not fit into the one register left and goes to the stack; what follows takes it. */
TEST(struct_on_the_stack_and_register_after)
{
	struct tramp_proto proto = { .nr_args = 7, .arg_words = { 1, 1, 1, 1, 1, 2, 1 } };
	struct pair pair = { 6, 7 };
	struct tramp *t;

	int err = self_get(five_and_pair, hn_size(five_and_pair), &proto, "five_and_pair", &t);

	if (err == -EOPNOTSUPP)
		tap_skip("this compiler begins the function with instructions that cannot be moved");
	CHECK_EQ(err, 0);
	if (err)
		return;
	hn_attach(t, hn_session(1), TRAMP_FSESSION, 0);
	CHECK_EQ(five_and_pair(1, 2, 3, 4, 5, pair, 8), 80000 + 7000 + 600 + 15);
	CHECK_EQ(hn_log[0].args[5], 6);
	CHECK_EQ(hn_log[0].args[6], 7);
	CHECK_EQ(hn_log[0].args[7], 8);
}
