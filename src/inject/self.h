/* SPDX-License-Identifier: BSD-2-Clause */
/* This process as a target: self mode. */
#ifndef FS_INJECT_SELF_H
#define FS_INJECT_SELF_H

#include "trampoline/tramp.h"

/* The one space of this process, made at the first call. -EOPNOTSUPP: no trampolines here; -ENOMEM */
int self_space(struct tramp_space **ret);

/* From now on calls that longjmp() leaves are counted as unwound. */
void self_count_jumps(struct tramp_space *s);

/* tramp_get() with the size of the function's symbol looked up where @size is 0. */
int self_get(const void *func, u32 size, const struct tramp_proto *proto, const char *name,
	     struct tramp **ret);

/* Does the kernel let processes change what is mapped read-only by /proc/PID/mem, or only who traces them
 * (CONFIG_PROC_MEM_FORCE_PTRACE, as in Debian's kernels since 7.2)? */
bool self_may_force(void);

/* Bytes of an exported function by its symbol; 0: unknown. */
u32 self_size(const void *func);

#endif
