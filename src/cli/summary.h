/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run has to say about its programs: before, and at the end. */
#ifndef FS_CLI_SUMMARY_H
#define FS_CLI_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

struct attach;
struct json;
struct lines;
struct run_opts;
struct stop;

/* All are told where to print by @json: NULL = text. */

/* Which engine runs each program and why, and the functions that were left out; @pid: in which process, 0 if
 * there is but one. */
void summary_print_start(const struct run_opts *o, const struct attach *a, int pid, struct json *json);

/* Counters of programs, those of one name summed. */
struct totals {
	struct total *v;
	size_t nr;
};

/* While the programs are attached. */
void summary_add_stats(struct totals *t, const struct attach *a);
/* Prints and frees them. */
void summary_print_stats(struct totals *t, struct json *json);

/* How it ended. */
void summary_print_end(const struct stop *stop, char *const *cmd, const struct lines *lines,
		       uint64_t lost, struct json *json);

#endif
