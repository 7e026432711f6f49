// SPDX-License-Identifier: BSD-2-Clause
/*
 * counted FILE: counts the calls of its own functions, by what the compiler puts into each of them, and how many
 * did not return: left by exceptions and longjmp(). Threads, recursion, signals. FILE: see whole.c. Its output is
 * the same every time.
 */
#include <link.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#ifdef __cpp_exceptions
#include <exception>
#define UNWINDING std::uncaught_exceptions()
#else			/* another C library, without that of C++ */
#define UNWINDING 0
#endif

#define HIDDEN __attribute__((no_instrument_function, noinline))
#ifdef __clang__
#define FUNC __attribute__((noinline))
#else
#define FUNC __attribute__((noipa))
#endif
#define SLOTS 256
#define THREADS 4
#define ROUNDS 2000

struct slot {
	void *fn;
	unsigned long calls, returns;
};

static struct slot slots[SLOTS];

extern "C" {
HIDDEN void __cyg_profile_func_enter(void *fn, void *from);
HIDDEN void __cyg_profile_func_exit(void *fn, void *from);
}

HIDDEN static struct slot *find(void *fn)
{
	struct slot *s = &slots[(unsigned long)fn / 4 % (SLOTS / 2)];
	void *seen = nullptr;

	while (!__atomic_compare_exchange_n(&s->fn, &seen, fn, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED) &&
	       seen != fn) {
		s++;
		seen = nullptr;
	}
	return s;
}

void __cyg_profile_func_enter(void *fn, void *)
{
	__atomic_fetch_add(&find(fn)->calls, 1, __ATOMIC_RELAXED);
}

static thread_local volatile bool in_handler;

/* Called by unwinding, too; a handler may interrupt that. */
void __cyg_profile_func_exit(void *fn, void *)
{
	if (in_handler || !UNWINDING)
		__atomic_fetch_add(&find(fn)->returns, 1, __ATOMIC_RELAXED);
}

HIDDEN static int find_bias(struct dl_phdr_info *info, size_t, void *ret)
{
	*(unsigned long *)ret = info->dlpi_addr;
	return 1;
}

static const char *path;

HIDDEN static void write_counts()
{
	unsigned long bias = 0;
	FILE *f = fopen(path, "w");

	dl_iterate_phdr(find_bias, &bias);
	for (unsigned i = 0; f && i < SLOTS; i++)
		if (slots[i].fn)
			fprintf(f, "%lx %lu %lu\n", (unsigned long)slots[i].fn - bias, slots[i].calls,
				slots[i].calls - slots[i].returns);
	if (f)
		fclose(f);
}

/* -- What is counted --- */

FUNC long fib(long n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

FUNC double mix(double a, float b, long c, int d, long e, long f, long g, long h, short i)
{
	return a + b + c + d + e + f + g + h + i;
}

struct big {
	long v[8];
};

FUNC struct big make_big(struct big b, long add)
{
	for (long &v : b.v)
		v += add;
	return b;
}

FUNC void inner(int n)
{
#ifdef __cpp_exceptions
	if (n % 3 == 0)
		throw n;
#else
	(void)n;
#endif
}

FUNC void middle(int n)
{
	inner(n);
	__asm__ volatile("");
}

FUNC long outer(int n)
{
#ifdef __cpp_exceptions
	try {
		middle(n);
	} catch (int got) {
		return got;
	}
#else
	middle(n);
#endif
	return 1;
}

FUNC void jump(jmp_buf env, int depth)
{
	if (!depth)
		longjmp(env, 7);
	if (depth > 0)
		jump(env, depth - 1);
	__asm__ volatile("");
}

FUNC long jumped(int n)
{
	jmp_buf env;

	if (setjmp(env))
		return 7;
	jump(env, n % 5);
	return 0;
}

static volatile unsigned long signals;

FUNC void on_signal(int)
{
	signals = signals + 1;
	fib(3);
}

HIDDEN static void handler(int nr)
{
	in_handler = true;
	on_signal(nr);
	in_handler = false;
}

FUNC void *work(void *arg)
{
	long sum = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct big b = make_big({ { i, 1, 2, 3, 4, 5, 6, 7 } }, i);

		sum += fib(5) + outer(i) + jumped(i) + b.v[0] + b.v[7] + (long)mix(1, 2, 3, 4, 5, 6, 7, 8, 9);
	}
	*(long *)arg = sum;
	return nullptr;
}

int main(int argc, char **argv)
{
	const struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = {};
	long sums[THREADS];
	pthread_t t[THREADS];

	if (argc < 2)
		return 1;
	path = argv[1];
	atexit(write_counts);
	signal(SIGALRM, handler);
	setitimer(ITIMER_REAL, &often, nullptr);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], nullptr, work, &sums[i]);
	for (pthread_t &th : t)
		pthread_join(th, nullptr);
	setitimer(ITIMER_REAL, &never, nullptr);
	for (long sum : sums)
		printf("%ld\n", sum);
	return 0;
}
