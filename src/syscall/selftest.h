/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions that a kernel has for testing tracing programs, with its prototypes: bpf_fentry_test1
 * to 10, bpf_modify_return_test and ..._test2. PROG_TEST_RUN of a tracing program calls them.
 */
#ifndef FS_SYSCALL_SELFTEST_H
#define FS_SYSCALL_SELFTEST_H

#include "util/types.h"

struct btf;

struct selftest {
	const char *name;
	u64 addr;
	u32 size;
	bool modify;		/* fmod_ret may attach */
	bool sleepable;
};

/* NULL: no function of that name */
const struct selftest *selftest_find(const char *name);

/* The calls of PROG_TEST_RUN. *@retval as the kernel's; -EFAULT: a result was not what it must be */
int selftest_run(bool modify, u32 *retval);

/* The engine's own BTF: these functions, the session kfuncs, BPF_MAX_TRAMP_LINKS = @links_max. -ENOMEM */
int selftest_btf(u32 links_max, struct btf **ret);

#endif
