/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that is traced. victim [THREADS]: prints where work() is and how long; for every number N on
 * stdin calls it N times and prints the sum of what it returned, and how often any thread got a wrong
 * result so far. THREADS threads call it all the time.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

long work(long a);
extern const char work_end[];

/* Five bytes from its start are several instructions, between which a thread may be. */
__asm__(".text\n"
	".balign 16\n"
	".globl work\n"
	".type work, @function\n"
	"work:\n"
	"	push %rbp\n"
	"	mov %rsp, %rbp\n"
	"	lea 1(%rdi), %rax\n"
	"	pop %rbp\n"
	"	ret\n"
	".globl work_end\n"
	"work_end:\n"
	".size work, . - work\n");

static long wrong;

static void *spin(void *arg)
{
	(void)arg;
	for (long i = 0;; i++)
		if (work(i) != i + 1)
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	return NULL;
}

int main(int argc, char **argv)
{
	int nr_threads = argc > 1 ? atoi(argv[1]) : 0;
	pthread_t t;
	long n;

	for (int i = 0; i < nr_threads; i++)
		pthread_create(&t, NULL, spin, NULL);
	printf("%p %ld\n", (void *)work, (long)(work_end - (const char *)work));
	fflush(stdout);
	while (scanf("%ld", &n) == 1) {
		long sum = 0;

		for (long i = 0; i < n; i++)
			sum += work(i);
		printf("%ld %ld\n", sum, __atomic_load_n(&wrong, __ATOMIC_RELAXED));
		fflush(stdout);
	}
	return 0;
}
