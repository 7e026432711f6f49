/* SPDX-License-Identifier: BSD-2-Clause */
#include "tap.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEST_SECONDS 120	/* nothing hangs */
#define EXIT_SKIP 77

static struct tap_test *tests, **tests_end = &tests;
static int failures;

void tap_register(struct tap_test *t)
{
	*tests_end = t;
	tests_end = &t->next;
}

void tap_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	printf("# %s:%d: ", file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	failures++;
}

void tap_skip(const char *fmt, ...)
{
	va_list ap;

	printf("# skip: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	exit(EXIT_SKIP);
}

static void run(const struct tap_test *t, int nr)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		printf("not ok %d - %s # fork failed\n", nr, t->name);
		failures++;
		return;
	}
	if (pid == 0) {
		alarm(TEST_SECONDS);
		failures = 0;
		t->fn();
		fflush(stdout);
		exit(failures ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status)) {
		printf("# killed by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
		printf("not ok %d - %s\n", nr, t->name);
		failures++;
	} else if (WEXITSTATUS(status) == EXIT_SKIP) {
		printf("ok %d - %s # SKIP see above\n", nr, t->name);
	} else if (WEXITSTATUS(status)) {
		printf("not ok %d - %s\n", nr, t->name);
		failures++;
	} else {
		printf("ok %d - %s\n", nr, t->name);
	}
}

static bool selected(const struct tap_test *t, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!fnmatch(argv[i], t->name, 0))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	int nr = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct tap_test *t = tests; t; t = t->next)
		if (selected(t, argc, argv))
			run(t, ++nr);
	printf("1..%d\n", nr);
	return failures ? 1 : 0;
}
