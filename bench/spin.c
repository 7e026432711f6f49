/* SPDX-License-Identifier: BSD-2-Clause */
#include "spin.h"

#include <stdio.h>
#include <time.h>

extern const char __ehdr_start[] __attribute__((visibility("hidden")));

/* Called directly, found by its symbol. It begins as most functions do, which uprobes need not single-step. */
unsigned long work(unsigned long a, unsigned long b);

__attribute__((noinline, visibility("protected"))) unsigned long work(unsigned long a, unsigned long b)
{
	__asm__ volatile("" : "+r"(a) : : "rbx");	/* which is pushed, then */
	return a * 3 + (a ^ b);
}

static double cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

__attribute__((visibility("default"))) long spin(long calls)
{
	unsigned long sum = 0;
	double start = cpu_ns();

	for (long i = 0; i < calls; i++)
		sum += work(i, sum);
	__asm__ volatile("" : : "r"(sum));
	printf("spin %.3f\n", (cpu_ns() - start) / calls);
	fflush(stdout);
	return 0;
}

__attribute__((visibility("default"))) unsigned long spin_offset(void)
{
	return (const char *)work - __ehdr_start;
}
