/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * As victim.c, with functions to be attached to and detached from while they run. storm [THREADS]: after the line
 * of victim there are "ADDRESS BYTES" for one function of each kind of first instruction, then "ADDRESS STRIDE COUNT"
 * of many, then "START END" of all their text. The threads call all of them, all the time, and signals arrive whose
 * handler does so too. Each function returns its argument plus one.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#define KINDS 6
#ifndef MANY
#define MANY 1000
#endif
#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)
#define STRIDE 32

typedef long (*func_fn)(long a);

extern const char storm_text[], storm_end[], storm_many[];
extern const struct {
	func_fn fn;
	long bytes;
} storm_kinds[KINDS];

__asm__(".section .storm, \"ax\", @progbits\n"
	".balign 4096\n"
	".globl storm_text, storm_many, storm_end, storm_kinds\n"
	"storm_text:\n"
	".macro kind name\n"
	".balign 32\n"
	".type \\name, @function\n"
	"\\name:\n"
	".endm\n"
	"kind push\n	push %rbp\n	mov %rsp, %rbp\n	lea 1(%rdi), %rax\n	pop %rbp\n	ret\n"
	".Lpush:\n"
	"kind mov\n	mov %rdi, %rax\n	add $1, %rax\n	ret\n"
	".Lmov:\n"
	"kind endbr\n	endbr64\n	push %rbp\n	mov %rsp, %rbp\n	lea 1(%rdi), %rax\n	pop %rbp\n	ret\n"
	".Lendbr:\n"
	"kind nop5\n	nopl 0(%rax,%rax,1)\n	lea 1(%rdi), %rax\n	ret\n"
	".Lnop5:\n"
	"kind rip\n	mov .Lone(%rip), %rax\n	add %rdi, %rax\n	ret\n"
	".Lrip:\n"
	"kind jmp\n	jmp 1f\n	nopl 0(%rax,%rax,1)\n	nopl 0(%rax,%rax,1)\n1:	lea 1(%rdi), %rax\n	ret\n"
	".Ljmp:\n"
	".balign 32\n"
	"storm_many:\n"
	".rept " TEXT_OF(MANY) "\n"
	".balign 32\n	push %rbx\n	mov %rdi, %rbx\n	lea 1(%rbx), %rax\n	pop %rbx\n	ret\n"
	".endr\n"
	".balign 4096\n"
	"storm_end:\n"
	".section .data.rel.ro, \"aw\", @progbits\n"
	".balign 8\n"
	"storm_kinds:\n"
	".quad push, .Lpush - push, mov, .Lmov - mov, endbr, .Lendbr - endbr\n"
	".quad nop5, .Lnop5 - nop5, rip, .Lrip - rip, jmp, .Ljmp - jmp\n"
	".Lone:	.quad 1\n"
	".text\n");

static long wrong;

static func_fn many(long i)
{
	return (func_fn)(const void *)(storm_many + i % MANY * STRIDE);
}

static void check(func_fn fn, long i)
{
	if (fn(i) != i + 1)
		__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
}

static void on_signal(int sig)
{
	static long i;

	check(storm_kinds[i % KINDS].fn, sig);
	check(many(i++), sig);
}

static void *spin(void *arg)
{
	(void)arg;
	for (long i = 0;; i++) {
		check(storm_kinds[i % KINDS].fn, i);
		check(many(i), i);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	int nr_threads = argc > 1 ? atoi(argv[1]) : 0;
	pthread_t t;
	long n;

	printf("%p %ld\n", (void *)storm_kinds[0].fn, storm_kinds[0].bytes);
	for (int i = 0; i < KINDS; i++)
		printf("%p %ld\n", (void *)storm_kinds[i].fn, storm_kinds[i].bytes);
	printf("%p %d %d\n%p %p\n", (const void *)storm_many, STRIDE, MANY, (const void *)storm_text,
	       (const void *)storm_end);
	fflush(stdout);
	if (nice(19) < 0)	/* else 64 threads leave who traces them a 33rd of two CPUs */
		return 1;
	signal(SIGALRM, on_signal);
	for (int i = 0; i < nr_threads; i++)
		pthread_create(&t, NULL, spin, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (scanf("%ld", &n) == 1) {
		long sum = 0;

		for (long i = 0; i < n; i++)
			sum += storm_kinds[i % KINDS].fn(i);
		printf("%ld %ld\n", sum, __atomic_load_n(&wrong, __ATOMIC_RELAXED));
		fflush(stdout);
	}
	return 0;
}
