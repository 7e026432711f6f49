/* SPDX-License-Identifier: BSD-2-Clause */
/* A function that is chosen at the start. Says "ready" and waits to be killed. */
#include <stdio.h>
#include <unistd.h>

static int fast(int a)
{
	return a * 2 + getpid();
}

static int (*choose(void))(int a)
{
	return fast;
}

int pick(int a) __attribute__((ifunc("choose")));

int main(int argc, char **argv)
{
	(void)argv;
	puts(pick(argc) ? "ready" : "");
	fflush(stdout);
	for (;;)
		pause();
}
