/* SPDX-License-Identifier: BSD-2-Clause */
/* The verbs and their options, as data: main() dispatches on it, help and manual pages print it. */
#ifndef FS_CLI_VERBS_H
#define FS_CLI_VERBS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/opt.h"

/* Exit statuses of the command. */
enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,	/* the reason is on stderr */
	EXIT_USAGE = 2,		/* the command line makes no sense */
	EXIT_UNJUDGED = 3,	/* of verify, for which 1 means "refused" */
};

struct verb {
	const char *name;
	int (*fn)(const struct verb *v, char **argv);	/* argv: what follows the verb */
	const char *help;	/* a line */
	const char *usage;	/* what follows the verb */
	const struct opt *opts;
};

extern const struct verb verbs[];	/* ends with a NULL name */
extern const struct opt global_opts[];	/* of `fsession` itself */

struct global_opts {
	bool help;
	bool version;
};

struct run_opts {
	bool help;
	int verbose;
	int engine;		/* enum fsession_engine */
	struct opt_list pids;	/* engine user: processes to be entered */
	const char *lib;	/* engine user: shared object to be loaded, or NULL */
	struct opt_list attach;
	uint64_t for_ns;	/* 0 = until told to stop */
	bool prefix;
	bool follow;
	bool dump;
	bool stats, perf_map, jitdump;
	bool json;
};

struct doctor_opts {
	bool help;
	int verbose;
	bool json;
};

struct verify_verb_opts {
	bool help;
	int verbose;
	bool json;
	const char *btf;	/* file, or NULL */
	const char *target;	/* executable, or NULL */
	const char *attach;
	const char *program;
};

struct list_opts {
	bool help;
	bool json;
	bool stats;
	const char *btf;	/* file, or NULL */
	const char *pid;
};

struct shim_opts {
	bool help;
};

int run_verb(const struct verb *v, char **argv);
int doctor_verb(const struct verb *v, char **argv);
int verify_verb(const struct verb *v, char **argv);
int list_verb(const struct verb *v, char **argv);
int shim_verb(const struct verb *v, char **argv);

#endif
