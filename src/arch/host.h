/* SPDX-License-Identifier: BSD-2-Clause */
/* What must run on the CPU it is about: the machine this is built for. src/arch/<a>/host. */
#ifndef FS_ARCH_HOST_H
#define FS_ARCH_HOST_H

#include <sys/types.h>

#include "arch/guard.h"
#include "arch/tramp.h"

/* Without errno: the result or -errno. Signal-safe. */
long arch_host_syscall(long nr, long a, long b, long c, long d);

/* Addresses of what images call; .blocks is left alone. */
void arch_host_guard_env(struct guard_env *env);

/* Bytes of vector state that an image saves (struct arch_tramp.xsave_bytes); 0: none can be saved. */
u32 arch_host_vector_bytes(void);

/* Does the calling thread run with a shadow stack? */
bool arch_host_shadow_stack(void);

/* -- Threads stopped by ptrace --- */

struct arch_thread_pc {
	u64 pc, sp;
};

/* 0 or -errno */
int arch_host_get_pc(pid_t tid, struct arch_thread_pc *ret);
int arch_host_set_pc(pid_t tid, u64 pc);

/*
 * Do the words around *@pc look like the registers of an interrupted context in a signal frame, as
 * the kernel lays it out? @before and @after words may be read beside it. @sp: the stack pointer there.
 */
bool arch_host_is_saved_pc(const u64 *pc, u32 before, u32 after, u64 *sp);

#endif
