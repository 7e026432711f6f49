/* SPDX-License-Identifier: BSD-2-Clause */
/* What --attach names: kernel functions, or a function of a loaded BPF program. */
#ifndef FS_CLI_TARGET_H
#define FS_CLI_TARGET_H

#include <stddef.h>

struct bpf_program;
struct opt_list;

/* The targets of all programs that have a bare section. */
struct targets {
	char *funcs;		/* "FUNC", "MODULE:FUNC" or a pattern of all that were named; or NULL */
	int prog_fd;		/* or this program, -1 = none */
	char prog_func[128];	/* and this function of it */
};

/* 0, or -errno with the message printed. */
int targets_open(const struct opt_list *specs, struct targets *ret);
void targets_done(struct targets *t);

/* Tells a program with a bare section, before it is loaded, where it will be attached. */
int targets_set(const struct targets *t, struct bpf_program *prog);

/* The module that all of them are of: "libfoo.so.1"; "" = none is named */
void targets_module(const struct targets *t, char *ret, size_t size);

/* TARGETS_MANY need fsession_attach_multi(). */
enum targets_kind { TARGETS_NONE, TARGETS_ONE, TARGETS_MANY };
enum targets_kind targets_kind(const struct targets *t);

#endif
