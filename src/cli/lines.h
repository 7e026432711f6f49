/* SPDX-License-Identifier: BSD-2-Clause */
/* How a line of bpf_printk() is shown. */
#ifndef FS_CLI_LINES_H
#define FS_CLI_LINES_H

#include <stdbool.h>
#include <stdint.h>

struct json;
struct printk_line;

struct lines {
	bool prefix;
	struct json *json;	/* NULL = text */
	uint64_t nr;		/* printed so far */
	uint64_t nr_others;	/* not printed, since other programs sent them */
};

/* Before anything is written to standard output. */
void lines_begin(void);

/* A printk_fn; @arg is a struct lines. */
void lines_print(const struct printk_line *line, void *arg);

#endif
