/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fds that instructions name by an index (fd_array of BPF_PROG_LOAD): the BTFs of modules whose
 * functions they call. libbpf keeps them open only while it loads an object; this is for loading later.
 */
#ifndef FS_BPF_FDARRAY_H
#define FS_BPF_FDARRAY_H

#include <linux/bpf.h>
#include <stddef.h>

struct fdarray {
	int *fds;		/* NULL = nothing is named; 0 = an index that is not */
	size_t cnt;
};

/* Duplicates those of @fds (may be NULL) that @insns name. Return: 0, -ENOMEM, or -errno of fcntl(2). */
int fdarray_copy(const int *fds, const struct bpf_insn *insns, size_t cnt, struct fdarray *ret);
/* Closes them. Takes a zeroed one. */
void fdarray_done(struct fdarray *a);

#endif
