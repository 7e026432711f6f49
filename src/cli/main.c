/* SPDX-License-Identifier: BSD-2-Clause */
/* The fsession command: picks the verb. */
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <fsession/fsession.h>

#include "cli/help.h"
#include "cli/verbs.h"
#include "util/log.h"

static const char *next_verb(size_t i, const void *arg)
{
	return ((const struct verb *)arg)[i].name;
}

static int fail_unknown_verb(const char *name)
{
	const char *near = opt_nearest(name, next_verb, verbs);
	char hint[128] = "'fsession --help' lists the verbs";

	if (near)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", near);
	else if (strstr(name, ".o"))
		snprintf(hint, sizeof(hint), "'fsession run FILE.bpf.o' runs an object");
	fail_hint(0, hint, "unknown verb '%s'", name);
	return EXIT_USAGE;
}

/* Nothing but options before the verb, or instead of it. */
static int run_globals(char **argv)
{
	struct global_opts o = { 0 };
	struct opt_rest rest;

	if (opt_parse(global_opts, argv, &o, &rest))
		return EXIT_USAGE;
	if (o.version) {
		printf("fsession %d.%d, libbpf %s\n", FSESSION_VERSION_MAJOR,
		       FSESSION_VERSION_MINOR, libbpf_version_string());
		return EXIT_OK;
	}
	help_print_all(o.help ? stdout : stderr);
	return o.help ? EXIT_OK : EXIT_USAGE;
}

int main(int argc, char **argv)
{
	(void)argc;
	if (!argv[0] || !argv[1] || argv[1][0] == '-')
		return run_globals(argv + !!argv[0]);
	for (const struct verb *v = verbs; v->name; v++)
		if (!strcmp(v->name, argv[1]))
			return v->fn(v, argv + 2);
	return fail_unknown_verb(argv[1]);
}
