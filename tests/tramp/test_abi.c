/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions that no prototype of BPF describes, attached to untyped: arguments and results stay whole. */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "harness.h"
#include "tap.h"
#include "util/log.h"

static void trace(const void *func)
{
	hn_attach(hn_tramp_untyped(func), hn_session(1), TRAMP_FSESSION, 0);
}

#define NOT_PURE() __asm__ volatile("" ::: "memory")
#define OUTSIDE HN_NOINLINE __attribute__((visibility("hidden")))

struct big {
	u64 words[25];
};
struct mixed {
	double d;
	u64 u;
};

OUTSIDE double sum_variadic(int nr, ...);
OUTSIDE double sum_variadic(int nr, ...)
{
	double sum = 0;
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < nr; i++)
		sum += i & 1 ? va_arg(ap, int) : va_arg(ap, double);
	va_end(ap);
	return sum;
}

TEST(variadic)
{
	trace(sum_variadic);
	CHECK(sum_variadic(4, 1.5, 2, 3.25, 4) == 10.75);
	CHECK(sum_variadic(20, 1., 2, 3., 4, 5., 6, 7., 8, 9., 10, 11., 12, 13., 14, 15., 16, 17., 18, 19., 20) == 210);
	CHECK_STR(hn_order(), "e1 x1 e1 x1");
}

OUTSIDE unsigned __int128 wide(unsigned __int128 a, u64 b);
OUTSIDE unsigned __int128 wide(unsigned __int128 a, u64 b)
{
	NOT_PURE();
	return (a << 64) + b * 3 + (a >> 1);
}

TEST(int128)
{
	unsigned __int128 want = wide(((unsigned __int128)5 << 64) + 9, 7);

	trace(wide);
	CHECK(wide(((unsigned __int128)5 << 64) + 9, 7) == want);
	CHECK_STR(hn_order(), "e1 x1");
}

OUTSIDE long double longer(long double a, int b);
OUTSIDE long double longer(long double a, int b)
{
	NOT_PURE();
	return a * b + 0.125L;
}

TEST(long_double)
{
	trace(longer);
	CHECK(longer(1.5L, 3) == 4.625L);
	CHECK_STR(hn_order(), "e1 x1");
}

OUTSIDE double _Complex turn(double _Complex z);
OUTSIDE double _Complex turn(double _Complex z)
{
	NOT_PURE();
	return z * 1.0i;
}

TEST(complex_in_two_vectors)
{
	trace(turn);
	CHECK(turn(2.0 + 3.0i) == -3.0 + 2.0i);
	CHECK_STR(hn_order(), "e1 x1");
}

OUTSIDE long double _Complex turn_x87(long double _Complex z);
OUTSIDE long double _Complex turn_x87(long double _Complex z)
{
	NOT_PURE();
	return z * 1.0il;
}

TEST(complex_in_two_x87)
{
	trace(turn_x87);
	CHECK(turn_x87(2.0L + 3.0il) == -3.0L + 2.0il);
	CHECK_STR(hn_order(), "e1 x1");
}

#if defined(__x86_64__)
typedef double four __attribute__((vector_size(32)));

__attribute__((target("avx"))) OUTSIDE four scale(four v, four by);
__attribute__((target("avx"))) OUTSIDE four scale(four v, four by)
{
	NOT_PURE();
	return v * by;
}

__attribute__((target("avx"))) static void wide_vector(void)
{
	four v = scale((four){ 1, 2, 3, 4 }, (four){ 5, 6, 7, 8 });

	CHECK(v[0] == 5 && v[1] == 12 && v[2] == 21 && v[3] == 32);
}

TEST(vector_of_32_bytes)
{
	if (!__builtin_cpu_supports("avx"))
		return;
	trace(scale);
	wide_vector();
	CHECK_STR(hn_order(), "e1 x1");
}
#endif

struct pair {
	u64 a, b;
};

OUTSIDE struct pair swap_words(struct pair p);
OUTSIDE struct pair swap_words(struct pair p)
{
	NOT_PURE();
	return (struct pair){ p.b, p.a };
}

OUTSIDE struct mixed *nothing_at_all(void);
OUTSIDE struct mixed *nothing_at_all(void)
{
	NOT_PURE();
	return NULL;
}

TEST(struct_in_two_words)
{
	struct pair p = { 7, 8 };

	trace(swap_words);
	trace(nothing_at_all);
	p = swap_words(p);
	CHECK(p.a == 8 && p.b == 7);
	CHECK(!nothing_at_all());
	CHECK_STR(hn_order(), "e1 x1 e1 x1");
}

OUTSIDE struct big grow(struct big b, u64 by);
OUTSIDE struct big grow(struct big b, u64 by)
{
	NOT_PURE();
	for (int i = 0; i < 25; i++)
		b.words[i] += by;
	return b;
}

TEST(struct_by_memory)
{
	struct big b = {};

	for (int i = 0; i < 25; i++)
		b.words[i] = i;
	trace(grow);
	b = grow(b, 100);
	for (int i = 0; i < 25; i++)
		CHECK_EQ(b.words[i], 100 + i);
	CHECK_STR(hn_order(), "e1 x1");
}

OUTSIDE struct mixed swap_around(struct mixed m);
OUTSIDE struct mixed swap_around(struct mixed m)
{
	NOT_PURE();
	return (struct mixed){ m.u, m.d };
}

TEST(struct_in_both_kinds_of_registers)
{
	struct mixed m = { 4.0, 9 };

	trace(swap_around);
	m = swap_around(m);
	CHECK(m.d == 9.0 && m.u == 4);
	CHECK_STR(hn_order(), "e1 x1");
}

/* gcc passes the frame of the outer function in r10. */
#ifndef __clang__
extern const u8 nested_code[];

TEST(nested_function)
{
	volatile u64 outer = 100, calls = 0;
	auto u64 nested(u64 a) __asm__("nested_code");
	HN_NOINLINE u64 nested(u64 a)
	{
		NOT_PURE();
		calls++;
		return outer + a;
	}

	trace(nested_code);
	CHECK_EQ(nested(1), 101);
	outer = 200;
	CHECK_EQ(nested(7), 207);
	CHECK_EQ(calls, 2);
	CHECK_STR(hn_order(), "e1 x1 e1 x1");
}
#endif

/* -- The window of unknown stack arguments at the end of the stack --- */

static ucontext_t main_ctx, co_ctx;
static u64 entered;

OUTSIDE void at_the_top(int a, int b);
OUTSIDE void at_the_top(int a, int b)
{
	entered = a + b;
	__asm__ volatile("" ::: "memory");
}

TEST(stack_that_ends)
{
	size_t bytes = 64 << 10;
	u8 *stack = mmap(NULL, bytes + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(stack + bytes, 4096);
	trace(at_the_top);
	getcontext(&co_ctx);
	co_ctx.uc_stack.ss_sp = stack;
	co_ctx.uc_stack.ss_size = bytes;
	co_ctx.uc_link = &main_ctx;
	makecontext(&co_ctx, (void (*)(void))at_the_top, 2, 20, 22);
	swapcontext(&main_ctx, &co_ctx);
	CHECK_EQ(entered, 42);
	CHECK_STR(hn_order(), "e1 x1");
}

/* -- Memory --- */

TEST(never_writable_and_executable)
{
	char line[512];
	FILE *f;

	trace(wide);
	f = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), f))
		CHECK(!strstr(line, " rwx") && !strstr(line, " -wx"));
	fclose(f);
}

/* -- Where ptrace is forbidden --- */

static void forbid_ptrace(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 4, filter };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

TEST(without_ptrace_one_thread)
{
	forbid_ptrace();
	trace(wide);
	CHECK(wide(1, 1) == wide(1, 1));
	CHECK_EQ(hn_nr, 4);
}

static void *sleeper(void *arg)
{
	for (;;)
		pause();
	return arg;
}

TEST(without_ptrace_two_threads)
{
	struct tramp *t = hn_tramp_untyped(wide);
	struct log_capture capture;
	struct tramp_link *link;
	char text[1024];
	pthread_t th;

	forbid_ptrace();
	pthread_create(&th, NULL, sleeper, NULL);
	log_capture_start(&capture, text, sizeof(text));
	CHECK_EQ(tramp_attach(t, hn_session(1), TRAMP_FSESSION, 0, &link), -EPERM);
	log_capture_stop(&capture);
	CHECK(strstr(text, "hint: ") && strstr(text, "SYS_PTRACE"));
	wide(1, 1);
	CHECK_EQ(hn_nr, 0);
}
