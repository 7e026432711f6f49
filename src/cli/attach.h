/* SPDX-License-Identifier: BSD-2-Clause */
/* Attaches every program of an object, and keeps the links. */
#ifndef FS_CLI_ATTACH_H
#define FS_CLI_ATTACH_H

#include <stdbool.h>
#include <stddef.h>

struct bpf_link;
struct bpf_object;
struct bpf_program;
struct targets;

/* A function that a pattern matched and which was not attached. */
struct skipped {
	const struct bpf_program *prog;
	char *func;
	char *reason;
};

struct attached {
	const struct bpf_program *prog;
	int nr_funcs;		/* functions attached; 0 = loaded only */
};

struct attach {
	bool (*cancelled)(void *arg);	/* asked now and then while functions are attached */
	void *arg;

	struct bpf_link **links;
	size_t nr_links;
	struct attached *progs;
	size_t nr_progs;
	struct skipped *skipped;
	size_t nr_skipped;
};

/* Is @prog one of ours, by its section? */
bool attach_is_fsession(const struct bpf_program *prog);
/* Is its section without a target? */
bool attach_is_bare(const struct bpf_program *prog);

/* Before the object is loaded: gives the programs with a bare section their targets, and refuses
 * what cannot work. */
int attach_prepare(struct bpf_object *obj, const struct targets *t);

/* Attaches the programs that are loaded. 0; -ECANCELED, not printed; or -errno, printed: what is
 * attached by then stays until attach_done(). */
int attach_all(struct attach *a, struct bpf_object *obj, const struct targets *t);

/* Of all programs. */
size_t attach_nr_funcs(const struct attach *a);

/* Detaches, in reverse order. What else there is to read stays. */
void attach_detach(struct attach *a);
void attach_done(struct attach *a);

#endif
