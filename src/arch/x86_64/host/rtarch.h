/* SPDX-License-Identifier: BSD-2-Clause */
/* What in-target code (src/rt) needs of this CPU: the thread's identity and system calls. Signal-safe. */
#ifndef FS_ARCH_HOST_RTARCH_H
#define FS_ARCH_HOST_RTARCH_H

#include <asm/unistd.h>

#include "util/types.h"

/* Differs between all live threads of a process: the ABI keeps the thread block's address at fs:0. */
static inline u64 rtarch_thread_pointer(void)
{
	u64 tp;

	__asm__("mov %%fs:0, %0" : "=r"(tp));
	return tp;
}

static inline long rtarch_syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline long rtarch_syscall(long nr, long a, long b, long c, long d, long e)
{
	return rtarch_syscall6(nr, a, b, c, d, e, 0);
}

/* Both words at once; @p is 16-byte aligned. A full barrier. */
static inline bool rtarch_cas128(u64 *p, u64 old0, u64 old1, u64 new0, u64 new1)
{
	u8 ok;

	__asm__ volatile("lock cmpxchg16b %1"
			 : "=@ccz"(ok), "+m"(*(__int128 *)p), "+a"(old0), "+d"(old1)
			 : "b"(new0), "c"(new1)
			 : "memory");
	return ok;
}

/* For a word that only the own thread and its signal handlers change. */
static inline bool rtarch_cas_self(u64 *p, u64 old, u64 val)
{
	u8 ok;

	__asm__ volatile("cmpxchgq %3, %1"
			 : "=@ccz"(ok), "+m"(*p), "+a"(old)
			 : "r"(val)
			 : "memory");
	return ok;
}

static inline void rtarch_pause(void)
{
	__asm__ volatile("pause");
}

#endif
