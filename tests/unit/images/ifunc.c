/* SPDX-License-Identifier: BSD-2-Clause */
/* A function that is chosen at the start. Says "ready" and waits to be killed; with an argument, without its
 * first thread; with two, before it has called it. */
#include <pthread.h>
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

static void *wait(void *arg)
{
	puts((arg && ((char **)arg)[2]) || pick(arg != NULL) ? "ready" : "");
	fflush(stdout);
	for (;;)
		pause();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc != 2)
		wait(argc > 2 ? argv : NULL);
	if (pthread_create(&thread, NULL, wait, argv))
		return 1;
	pthread_exit(NULL);
}
