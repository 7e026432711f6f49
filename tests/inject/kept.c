/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory to be looked at, and a call that lasts. kept [1]: after the line of victim there are the addresses of 8
 * private pages in one mapping, of one page more that is executable, and of 8 words amid the stack of main(). Then
 * work() is called over and over, ends for every byte on stdin, and its result, 2, is printed; with 1 on a
 * stack of its own, which is put away meanwhile.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096
#define STACK_BYTES (1 << 16)

long work(long a);
long held(long a);
extern const char work_end[];

__asm__(".text\n"
	".balign 16\n"
	".globl work, work_end\n"
	".type work, @function\n"
	"work:\n"
	"	push %rbp\n"
	"	mov %rsp, %rbp\n"
	"	nopl 0(%rax,%rax,1)\n"
	"	call held\n"
	"	pop %rbp\n"
	"	ret\n"
	"work_end:\n"
	".size work, . - work\n");

static ucontext_t here, there;
static bool away;

static void wait_for_byte(void)
{
	char c;

	if (read(0, &c, 1) != 1)
		_exit(0);
}

long held(long a)
{
	if (away)
		swapcontext(&there, &here);
	else
		wait_for_byte();
	return a + 1;
}

static void call_it(void)
{
	for (;;) {
		printf("%ld\n", work(1));
		fflush(stdout);
	}
}

static void *map(size_t bytes, int prot)
{
	return mmap(NULL, bytes, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void call_it_elsewhere(void)
{
	getcontext(&there);
	there.uc_stack.ss_sp = map(STACK_BYTES, PROT_READ | PROT_WRITE);
	there.uc_stack.ss_size = STACK_BYTES;
	makecontext(&there, call_it, 0);
	for (;;) {
		swapcontext(&here, &there);
		wait_for_byte();
	}
}

int main(int argc, char **argv)
{
	volatile unsigned long words[8] = { 0 };
	char *hole = map(10 * PAGE, PROT_NONE), *pages = hole + PAGE;	/* merged with nothing else */
	char *code = map(PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);

	if (mprotect(pages, 8 * PAGE, PROT_READ | PROT_WRITE))
		return 1;
	for (int i = 0; i < 8; i++)
		*(volatile unsigned long *)(pages + i * PAGE) = 0;
	*(volatile unsigned long *)code = 0;
	away = argc > 1 && atoi(argv[1]);
	printf("%p %ld\n%p %p %p\n", (void *)work, (long)(work_end - (const char *)work), (void *)pages, (void *)code,
	       (void *)words);
	fflush(stdout);
	if (away)
		call_it_elsewhere();
	call_it();
	return 0;
}
