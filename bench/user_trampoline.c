/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a trampoline adds to a call, beside one written by hand that calls two C functions
 * (hand_trampoline.S), once for each session. Programs and C functions alike add one to a word per phase. Rounds of
 * all variants alternate; printed are the median of the rounds and the middle half of them. "added" is over
 * the untraced call, the ratio is of what is added.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inject/self.h"

#define ROUNDS 401
#define CALLS 4000
#define SESSIONS_MAX 18
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

u64 plain_target(u64 a, u64 b);
u64 hand_target(u64 a, u64 b);
u64 hand_call_1(u64 a, u64 b);
u64 hand_call_2(u64 a, u64 b);
u64 hand_call_4(u64 a, u64 b);
u64 hand_call_8(u64 a, u64 b);
u64 hand_call_18(u64 a, u64 b);
void hand_entry(const u64 *ctx);
void hand_exit(const u64 *ctx);

static u64 words[2];

/* Exported, so that their sizes are known. */
#define TARGET __attribute__((noinline, aligned(64), visibility("default")))

TARGET u64 plain_target(u64 a, u64 b)
{
	__asm__ volatile("" : "+r"(a));
	return a + b;
}

TARGET u64 hand_target(u64 a, u64 b)
{
	__asm__ volatile("" : "+r"(a));
	return a + b;
}

void hand_entry(const u64 *ctx)
{
	(void)ctx;
	((volatile u64 *)words)[0]++;
}

void hand_exit(const u64 *ctx)
{
	(void)ctx;
	((volatile u64 *)words)[1]++;
}

/* One function per variant, so that each keeps its own patch. */
#define VARIANT(name)                                                                              \
	TARGET u64 target_##name(u64 a, u64 b);                                                    \
	TARGET u64 target_##name(u64 a, u64 b)                                                     \
	{                                                                                          \
		__asm__ volatile("" : "+r"(a));                                                    \
		return a + b;                                                                      \
	}
VARIANT(session)
VARIANT(cookie)
VARIANT(clock)
VARIANT(array)
VARIANT(entry)
VARIANT(exit)
VARIANT(both)
VARIANT(s2)
VARIANT(s4)
VARIANT(s8)
VARIANT(s18)

/* -- Programs --- */

#define LD64(reg, v) 										   \
	{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = reg, .imm = (u32)(u64)(v) },		   \
	{ .imm = (u64)(v) >> 32 }
#define OP(c, d, s, o, i) { .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) }
#define MOV(d, s) OP(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOVI(d, i) OP(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define ADDI(d, i) OP(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define LOAD(d, s, o) OP(BPF_LDX | BPF_MEM | BPF_DW, d, s, o, 0)
#define STORE(d, o, s) OP(BPF_STX | BPF_MEM | BPF_DW, d, s, o, 0)
#define KFUNC(n) OP(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, n)
#define HELPER(n) OP(BPF_JMP | BPF_CALL, 0, 0, 0, n)
#define EXIT() OP(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define COUNT(word) LD64(1, word), LOAD(2, 1, 0), ADDI(2, 1), STORE(1, 0, 2)

enum { IS_RETURN = 1, COOKIE = 2, LOOKUP = 1, KTIME = 5 };

/* What a lookup that is part of the code reads of a map. */
static struct {
	u32 max_entries, elem_bytes;
	u64 *values;
} counts = { 2, 8, words };

static u64 ktime(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	struct timespec ts;

	(void)a; (void)b; (void)c; (void)d; (void)e;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int resolve(void *arg, const struct bpf_insn *insn, struct bpf_call *ret)
{
	(void)arg;
	ret->kind = !insn_is_kfunc_call(insn) ? BPF_CALL_ADDR :
		    insn->imm == IS_RETURN ? BPF_CALL_SESSION_IS_RETURN : BPF_CALL_SESSION_COOKIE;
	ret->addr = (u64)ktime;
	return 0;
}

static void die(const char *what, int err)
{
	fprintf(stderr, "user_trampoline: %s: %d\n", what, err);
	exit(1);
}

static struct tramp_prog *make_flagged(const struct bpf_insn *insns, u32 cnt, const u8 *flags)
{
	struct tramp_prog_opts opts = { .insns = insns, .cnt = cnt, .jit = { .resolve = resolve, .insn_flags = flags,
		.array = { 0, 4, 8 } } };
	struct tramp_space *space;
	struct tramp_prog *p;
	int err = self_space(&space);

	err = err ?: tramp_prog_new(space, &opts, &p);
	if (err)
		die("program", err);
	return p;
}

static struct tramp_prog *make_prog(const struct bpf_insn *insns, u32 cnt)
{
	return make_flagged(insns, cnt, NULL);
}

static struct tramp_prog *session_prog(void)
{
	struct bpf_insn insns[] = {
		KFUNC(IS_RETURN),
		OP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 7, 0),
		COUNT(&words[1]), MOVI(0, 0), EXIT(),
		COUNT(&words[0]), MOVI(0, 0), EXIT(),
	};

	return make_prog(insns, ARRAY_LEN(insns));
}

static struct tramp_prog *probe_prog(u64 *word)
{
	struct bpf_insn insns[] = { COUNT(word), MOVI(0, 0), EXIT() };

	return make_prog(insns, ARRAY_LEN(insns));
}

/* Counts, and keeps ctx's first word in the cookie, which the exit adds up. */
static struct tramp_prog *cookie_prog(void)
{
	struct bpf_insn insns[] = {
		MOV(6, 1), KFUNC(IS_RETURN), MOV(7, 0), MOV(1, 6), KFUNC(COOKIE),
		OP(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 8, 0),
		LD64(1, &words[1]), LOAD(2, 1, 0), LOAD(3, 0, 0),
		OP(BPF_ALU64 | BPF_ADD | BPF_X, 2, 3, 0, 0), STORE(1, 0, 2), MOVI(0, 0), EXIT(),
		LOAD(3, 6, 0), STORE(0, 0, 3), COUNT(&words[0]), MOVI(0, 0), EXIT(),
	};

	return make_prog(insns, ARRAY_LEN(insns));
}

/* Latency: the time at entry in the cookie, the difference added up at exit. */
static struct tramp_prog *clock_prog(void)
{
	struct bpf_insn insns[] = {
		MOV(6, 1), KFUNC(IS_RETURN), MOV(7, 0), MOV(1, 6), KFUNC(COOKIE), MOV(8, 0),
		HELPER(KTIME),
		OP(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 8, 0),
		LOAD(3, 8, 0), OP(BPF_ALU64 | BPF_SUB | BPF_X, 0, 3, 0, 0),
		LD64(1, &words[1]), LOAD(2, 1, 0), OP(BPF_ALU64 | BPF_ADD | BPF_X, 2, 0, 0, 0),
		STORE(1, 0, 2), MOVI(0, 0), EXIT(),
		STORE(8, 0, 0), MOVI(0, 0), EXIT(),
	};

	return make_prog(insns, ARRAY_LEN(insns));
}

/* The words are values of an array, looked up by the phase. */
static struct tramp_prog *array_prog(void)
{
	static const u8 flags[] = { [6] = JIT_INSN_ARRAY, [12] = 0 };
	struct bpf_insn insns[] = {
		KFUNC(IS_RETURN), OP(BPF_STX | BPF_MEM | BPF_W, 10, 0, -4, 0), MOV(2, 10), ADDI(2, -4),
		LD64(1, &counts), HELPER(LOOKUP), OP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3, 0),
		LOAD(1, 0, 0), ADDI(1, 1), STORE(0, 0, 1), MOVI(0, 0), EXIT(),
	};

	return make_flagged(insns, ARRAY_LEN(insns), flags);
}

static void attach(u64 (*func)(u64, u64), struct tramp_prog *p, enum tramp_kind kind)
{
	struct tramp_proto proto = { .nr_args = 2, .arg_words = { 1, 1 } };
	struct tramp_link *link;
	struct tramp *t;
	int err;

	err = self_get(func, 0, &proto, "bench target", &t);
	err = err ?: tramp_attach(t, p, kind, 0, &link);
	if (err)
		die("attach", err);
}

static void attach_sessions(u64 (*func)(u64, u64), int nr)
{
	while (nr--)
		attach(func, session_prog(), TRAMP_FSESSION);
}

/* -- Measuring --- */

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static double time_calls(u64 (*volatile func)(u64, u64))
{
	u64 (*f)(u64, u64) = func, sum = 0;
	double start = now_ns();

	for (int i = 0; i < CALLS; i++)
		sum += f(i, sum);
	__asm__ volatile("" : : "r"(sum));
	return (now_ns() - start) / CALLS;
}

static u64 two_clocks(u64 a, u64 b)
{
	return ktime(0, 0, 0, 0, 0) + ktime(a, b, 0, 0, 0);
}

static struct variant {
	const char *name;
	u64 (*func)(u64, u64);
	int sessions;		/* as many of the plain program; compared with as many pairs by hand */
	double ns[ROUNDS];
} variants[] = {
	{ "untraced", plain_target, 0, {} },
	{ "by hand", hand_call_1, 0, {} },
	{ "two clock reads", two_clocks, 0, {} },
	{ "fsession", target_session, 1, {} },
	{ "fsession, cookie", target_cookie, 0, {} },
	{ "fsession, time in cookie", target_clock, 0, {} },
	{ "fsession, array lookup", target_array, 0, {} },
	{ "fentry", target_entry, 0, {} },
	{ "fexit", target_exit, 0, {} },
	{ "fentry and fexit", target_both, 0, {} },
	{ "2 by hand", hand_call_2, 0, {} },
	{ "2 fsessions", target_s2, 2, {} },
	{ "4 by hand", hand_call_4, 0, {} },
	{ "4 fsessions", target_s4, 4, {} },
	{ "8 by hand", hand_call_8, 0, {} },
	{ "8 fsessions", target_s8, 8, {} },
	{ "18 by hand", hand_call_18, 0, {} },
	{ "18 fsessions", target_s18, SESSIONS_MAX, {} },
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_all(void)
{
	double untraced = variants[0].ns[ROUNDS / 2], hand = 0;

	printf("%-26s %8s %17s %8s %8s\n", "", "ns/call", "middle half", "added", "by hand");
	for (u32 i = 0; i < ARRAY_LEN(variants); i++) {
		const double *ns = variants[i].ns;

		if (strstr(variants[i].name, "by hand"))	/* of those that follow */
			hand = ns[ROUNDS / 2] - untraced;
		printf("%-26s %8.2f %8.2f-%-8.2f %8.2f %7.2fx\n", variants[i].name, ns[ROUNDS / 2],
		       ns[ROUNDS / 4], ns[ROUNDS * 3 / 4], ns[ROUNDS / 2] - untraced,
		       hand ? (ns[ROUNDS / 2] - untraced) / hand : 0);
	}
}

int main(void)
{
	for (u32 i = 0; i < ARRAY_LEN(variants); i++)
		attach_sessions(variants[i].func, variants[i].sessions);
	attach(target_cookie, cookie_prog(), TRAMP_FSESSION);
	attach(target_clock, clock_prog(), TRAMP_FSESSION);
	attach(target_array, array_prog(), TRAMP_FSESSION);
	attach(target_entry, probe_prog(&words[0]), TRAMP_FENTRY);
	attach(target_exit, probe_prog(&words[1]), TRAMP_FEXIT);
	attach(target_both, probe_prog(&words[0]), TRAMP_FENTRY);
	attach(target_both, probe_prog(&words[1]), TRAMP_FEXIT);
	for (int r = 0; r < ROUNDS; r++)
		for (u32 i = 0; i < ARRAY_LEN(variants); i++)
			variants[i].ns[r] = time_calls(variants[i].func);
	for (u32 i = 0; i < ARRAY_LEN(variants); i++)
		qsort(variants[i].ns, ROUNDS, sizeof(double), compare);
	print_all();
	return 0;
}
