/* SPDX-License-Identifier: BSD-2-Clause */
/* fsession shim: runs a program with the user engine in place of the kernel's bpf(2). */
#include <errno.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/help.h"
#include "cli/verbs.h"
#include "util/log.h"

#define LIBRARY "libfsession-user.so.0"

/* Where it lies from where the command is: installed, or in the build tree. */
static const char *const beside[] = { "../" FS_LIBDIR, "../shim" };

static int find_library(char *path, size_t size)
{
	char exe[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n < 0)
		return fail(-errno, "shim: /proc/self/exe: %s", log_errstr(errno));
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	*slash = '\0';
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
		snprintf(path, size, "%s/%s/" LIBRARY, exe, beside[i]);
		if (!access(path, R_OK))
			return 0;
	}
	return fail_hint(-ENOENT, "it is installed with the command, on x86_64", "shim: cannot find " LIBRARY);
}

/* Before those that are there: the first definition of a function counts. */
static int preload(const char *path)
{
	const char *others = getenv("LD_PRELOAD");
	char *all;
	int err;

	if (asprintf(&all, "%s%s%s", path, others ? ":" : "", others ?: "") < 0)
		return fail(-ENOMEM, "out of memory");
	err = setenv("LD_PRELOAD", all, 1) || setenv("FSESSION_SHIM", "1", 1) ? -ENOMEM : 0;
	free(all);
	return err ? fail(err, "out of memory") : 0;
}

int shim_verb(const struct verb *v, char **argv)
{
	struct shim_opts o = { 0 };
	struct opt_rest rest;
	char path[PATH_MAX + 64];

	if (opt_parse(v->opts, argv, &o, &rest))
		return EXIT_USAGE;
	if (o.help) {
		help_print_verb(stdout, v);
		return EXIT_OK;
	}
	if (rest.nr_args || !rest.cmd || !rest.cmd[0]) {
		fail_hint(0, "fsession shim -- COMMAND [ARG...]", "shim: no command after '--'");
		return EXIT_USAGE;
	}
	if (find_library(path, sizeof(path)) || preload(path))
		return EXIT_FAILED;
	execvp(rest.cmd[0], rest.cmd);
	fail(-errno, "cannot run '%s': %s", rest.cmd[0], log_errstr(errno));
	return EXIT_FAILED;
}
