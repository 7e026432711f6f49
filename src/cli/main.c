/* SPDX-License-Identifier: BSD-2-Clause */
/* The fsession command: picks the verb. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <fsession/fsession.h>

#include "cli/help.h"
#include "cli/verbs.h"
#include "util/log.h"
#include "util/nearest.h"

static int fail_unknown_verb(const char *name)
{
	char hint[256] = "did you mean ";
	size_t len = strlen(hint);
	struct nearest near;

	nearest_init(&near, name);
	for (const struct verb *v = verbs; v->name; v++)
		nearest_offer(&near, NULL, v->name);
	nearest_format(&near, hint + len, sizeof(hint) - len - 1);
	if (near.nr)
		strcat(hint, "?");
	else if (strstr(name, ".o"))
		snprintf(hint, sizeof(hint), "'fsession run %.64s' runs an object", name);
	else
		snprintf(hint, sizeof(hint), "'fsession --help' lists the verbs");
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

static int dispatch(char **argv)
{
	if (!argv[0] || !argv[1] || argv[1][0] == '-')
		return run_globals(argv + !!argv[0]);
	for (const struct verb *v = verbs; v->name; v++)
		if (!strcmp(v->name, argv[1]))
			return v->fn(v, argv + 2);
	return fail_unknown_verb(argv[1]);
}

int main(int argc, char **argv)
{
	int ret = dispatch(argv);

	(void)argc;
	if (ferror(stdout) | fclose(stdout)) {
		fail(0, "cannot write the output: %s", log_errstr(errno));
		return ret ? ret : EXIT_FAILED;
	}
	return ret;
}
