/* SPDX-License-Identifier: BSD-2-Clause */
#include "tap.h"

#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEST_SECONDS 120	/* nothing hangs */
#define LONG_SECONDS 1800	/* with LONG in the environment: make check-long; from each sign of progress on */
#define EXIT_SKIP 77

static struct tap_test *tests, **tests_end = &tests;
static void (*set_up)(void);
static int failures;
static char *skip_reason;	/* shared with the test's process */
static int nr_args;
static char **args;

/*
 * Leak sanitizer: the memory of a test goes with its process, so nothing is looked for at its end.
 * CHECK_NO_LEAKS() looks where it stands, if the program was built with the sanitizer.
 */
const char *__lsan_default_options(void) __attribute__((visibility("default")));
int __lsan_do_recoverable_leak_check(void) __attribute__((weak, visibility("default")));

const char *__lsan_default_options(void)
{
	return "leak_check_at_exit=0";
}

bool tap_leaks(void)
{
	return __lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check();
}

void tap_register(struct tap_test *t)
{
	*tests_end = t;
	tests_end = &t->next;
}

void tap_set_up(void (*fn)(void))
{
	set_up = fn;
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

	va_start(ap, fmt);
	vsnprintf(skip_reason, PIPE_BUF, fmt, ap);
	va_end(ap);
	fflush(stdout);
	exit(EXIT_SKIP);
}

static unsigned time_limit(void)
{
	return getenv("LONG") ? LONG_SECONDS : TEST_SECONDS;
}

void tap_progress(unsigned done, unsigned all)
{
	alarm(time_limit());
	if (getenv("LONG") && (done % (all / 20 ?: 1) == 0 || done == all))
		printf("# %u of %u\n", done, all);
}

static double seconds(struct timeval tv)
{
	return tv.tv_sec + tv.tv_usec / 1e6;
}

/* With TIMES=1: what a test took of the CPU, its children included. */
static void print_times(const char *name)
{
	static struct rusage before;
	struct rusage now;

	getrusage(RUSAGE_CHILDREN, &now);
	if (getenv("TIMES"))
		printf("# %s: %.2f s user, %.2f s system\n", name,
		       seconds(now.ru_utime) - seconds(before.ru_utime),
		       seconds(now.ru_stime) - seconds(before.ru_stime));
	before = now;
}

static void run(const struct tap_test *t, int nr)
{
	int status = 0;
	pid_t pid;

	if (set_up)
		set_up();
	set_up = NULL;
	printf("# run %s\n", t->name);
	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		printf("not ok %d - %s # fork failed\n", nr, t->name);
		failures++;
		return;
	}
	if (pid == 0) {
		alarm(time_limit());
		failures = 0;
		t->fn();
		fflush(stdout);
		exit(failures ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	print_times(t->name);
	if (WIFSIGNALED(status)) {
		printf("# killed by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
		printf("not ok %d - %s\n", nr, t->name);
		failures++;
	} else if (WEXITSTATUS(status) == EXIT_SKIP) {
		printf("ok %d - %s # SKIP %s\n", nr, t->name, skip_reason);
	} else if (WEXITSTATUS(status)) {
		printf("not ok %d - %s\n", nr, t->name);
		failures++;
	} else {
		printf("ok %d - %s\n", nr, t->name);
	}
}

const char *tap_option(const char *name)
{
	size_t len = strlen(name);

	for (int i = 1; i < nr_args; i++)
		if (!strncmp(args[i], "--", 2) && !strncmp(args[i] + 2, name, len) &&
		    args[i][2 + len] == '=')
			return args[i] + 2 + len + 1;
	return NULL;
}

const char *tap_file(const char *name)
{
	static char path[PATH_MAX];
	const char *slash = strrchr(args[0], '/');

	snprintf(path, sizeof(path), "%.*s%s", slash ? (int)(slash - args[0] + 1) : 0, args[0],
		 name);
	return path;
}

static bool selected(const struct tap_test *t)
{
	bool all = true;

	for (int i = 1; i < nr_args; i++) {
		if (!strncmp(args[i], "--", 2))
			continue;
		if (!fnmatch(args[i], t->name, 0))
			return true;
		all = false;
	}
	return all;
}

int main(int argc, char **argv)
{
	int nr = 0;

	nr_args = argc;
	args = argv;
	skip_reason = mmap(NULL, PIPE_BUF, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (skip_reason == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct tap_test *t = tests; t; t = t->next)
		if (selected(t))
			run(t, ++nr);
	printf("1..%d\n", nr);
	return failures ? 1 : 0;
}
