/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions of a loaded BPF program: names and prototypes by its BTF, addresses by the JIT. */
#ifndef FS_IMAGE_KPROG_H
#define FS_IMAGE_KPROG_H

#include <stdbool.h>
#include <stdint.h>

struct btf;

struct kprog_func {
	uint32_t btf_id;	/* FUNC */
	uint64_t addr;		/* of its JITed code; 0 = hidden */
	bool is_static;
	const char *name;	/* in the BTF */
};

struct kprog {
	uint32_t id;
	uint32_t btf_obj_id;
	struct btf *btf;
	uint32_t nr_funcs;
	struct kprog_func *funcs;	/* [0] is the main program */
};

/* -EINVAL: not a program's fd, not JITed, no BTF; -errno. Printed, with the program's name. */
int kprog_open(int prog_fd, struct kprog *ret);
void kprog_done(struct kprog *p);
/* NULL = absent; @name NULL or "" is the main program. */
const struct kprog_func *kprog_find(const struct kprog *p, const char *name);

#endif
