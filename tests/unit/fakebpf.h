/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bpf(2) that says yes, so that libbpf's whole way from an object to PROG_LOAD can be tested
 * where loading is not permitted: the test's own syscall() stands before libc's. Maps are memfds,
 * everything else is /dev/null; what was passed to PROG_LOAD is kept.
 */
#ifndef FS_TESTS_FAKEBPF_H
#define FS_TESTS_FAKEBPF_H

#include <linux/bpf.h>
#include <stddef.h>

struct fakebpf_prog {
	char name[BPF_OBJ_NAME_LEN];
	struct bpf_insn *insns;
	size_t cnt;
	__u32 type, attach_type;
};

/* The last program of that name; NULL = none was loaded. */
const struct fakebpf_prog *fakebpf_find(const char *name);
/* The errno of LINK_CREATE (EINVAL). */
extern int fakebpf_link_errno;
/* Instructions that are calls with that src_reg and imm. */
int fakebpf_count_calls(const struct fakebpf_prog *p, int src_reg, int imm);

#endif
