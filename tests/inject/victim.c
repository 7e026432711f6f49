/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that is traced. victim [THREADS]: prints where work() is and how long; for every number N on
 * stdin calls it N times, and weigh() once, and prints the sum of what work() returned, and how often any
 * thread got a wrong result so far; for -N a child does the same, and from 0 on a child answers. THREADS threads call
 * work() all the time.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* Its prototype is told by debug information. */
struct load {
	const char *name;
	int weight;
};

__attribute__((noinline)) int weigh(const struct load *load, short times, unsigned char extra);
__attribute__((noinline)) int weigh(const struct load *load, short times, unsigned char extra)
{
	__asm__ volatile("" ::: "memory");
	return load->weight * times + extra;
}

#ifdef GO_LIKE
__asm__(".section .gopclntab, \"a\"\n.long 0\n.text\n");
#endif

#ifdef SLOW
extern const char slow_start[];
const char *needs_slow = slow_start;
#endif

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
		const struct load load = { "a stone", -3 };
		long sum = 0;
		pid_t child = n <= 0 ? fork() : -1;

		if (!n && !child)
			continue;
		if (child > 0) {
			waitpid(child, NULL, 0);
			continue;
		}
		n = labs(n);
		if (weigh(&load, 5, 200) != 185)
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);

		for (long i = 0; i < n; i++)
			sum += work(i);
		printf("%ld %ld\n", sum, __atomic_load_n(&wrong, __ATOMIC_RELAXED));
		fflush(stdout);
		if (!child)
			_exit(0);
	}
	return 0;
}
