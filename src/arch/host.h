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

/* Code to replace the @nr-th of GUARD_JUMPS (trampoline/guard.h); 0: there is none. */
u64 arch_host_jump(u32 nr);

/* Bytes of vector state that an image saves (struct arch_tramp.xsave_bytes); 0: none can be saved. */
u32 arch_host_vector_bytes(void);

/* Does the calling thread run with a shadow stack? */
bool arch_host_shadow_stack(void);

/* -- Threads stopped by ptrace --- */

#define ARCH_WORDS_MAX 40

struct arch_thread_pc {
	u64 pc, sp;
};

/* 0 or -errno */
int arch_host_get_pc(pid_t tid, struct arch_thread_pc *ret);
int arch_host_set_pc(pid_t tid, u64 pc);
/* All general registers, the PC among them. Their number or -errno */
int arch_host_get_words(pid_t tid, u64 ret[ARCH_WORDS_MAX]);

/*
 * A stopped thread borrowed for system calls. It is set up so that when it is let go by accident, at any
 * point, it makes the call it was about to make and then goes on by itself from where it was: the frame
 * of a signal handler that is about to return lies on its stack.
 */
#define ARCH_FRAME_MAX 16384

struct arch_borrow {
	u64 regs[32];		/* as they are to be again */
	u64 sp;			/* where the frame goes */
	u32 frame_len;
	u8 frame[ARCH_FRAME_MAX];
};

#define ARCH_DETOUR_MAX 24

/* Code that makes a system call and returns from a signal handler, for any place that is executable. */
extern const struct arch_gadget {
	u32 len;
	u8 bytes[16];
} arch_host_gadget;

/* A way to @entry, for any place that is executable, by a system call that changes nothing; behind it, at .pc_off, a
 * tracer may see who goes there. */
struct arch_detour {
	u32 len, pc_off;
	u8 bytes[ARCH_DETOUR_MAX];
};

void arch_host_detour(u64 entry, struct arch_detour *ret);

/* Looks at the thread and fills @ret. -EOPNOTSUPP: not a thread of this architecture; -ESRCH */
int arch_host_borrow(pid_t tid, struct arch_borrow *ret);
/* With the frame written to .sp: the thread is to make call @nr by the gadget at @gadget. */
int arch_host_borrow_call(pid_t tid, const struct arch_borrow *b, u64 gadget, long nr, const long args[6]);
/* What the call returned. */
int arch_host_borrow_result(pid_t tid, long *ret);
/* As if nothing had been. A system call that was interrupted starts again. */
int arch_host_borrow_end(pid_t tid, const struct arch_borrow *b);

/* Address of this thread's thread block; 0: it has none yet. */
int arch_host_thread_pointer(pid_t tid, u64 *ret);
int arch_host_set_thread_pointer(pid_t tid, u64 tp);

/*
 * Do the words around *@pc look like the registers of an interrupted context in a signal frame, as
 * the kernel lays it out? @before and @after words may be read beside it. @sp: the stack pointer there.
 */
bool arch_host_is_saved_pc(const u64 *pc, u32 before, u32 after, u64 *sp);

#endif
