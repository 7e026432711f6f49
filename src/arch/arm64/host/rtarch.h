/* SPDX-License-Identifier: BSD-2-Clause */
/* What in-target code (src/rt) needs of this CPU: the thread's identity and system calls. Signal-safe. */
#ifndef FS_ARCH_HOST_RTARCH_H
#define FS_ARCH_HOST_RTARCH_H

#include <asm/unistd.h>

#include "util/types.h"

/* Differs between all live threads of a process. */
static inline u64 rtarch_thread_pointer(void)
{
	u64 tp;

	__asm__("mrs %0, tpidr_el0" : "=r"(tp));
	return tp;
}

static inline long rtarch_syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

static inline long rtarch_syscall(long nr, long a, long b, long c, long d, long e)
{
	return rtarch_syscall6(nr, a, b, c, d, e, 0);
}

/* Both words at once; @p is 16-byte aligned. A full barrier. */
static inline bool rtarch_cas128(u64 *p, u64 old0, u64 old1, u64 new0, u64 new1)
{
	u64 a, b;
	u32 fail;

	do {
		__asm__ volatile("ldaxp %0, %1, [%2]" : "=&r"(a), "=&r"(b) : "r"(p) : "memory");
		if (a != old0 || b != old1)
			return false;
		__asm__ volatile("stlxp %w0, %1, %2, [%3]"
				 : "=&r"(fail)
				 : "r"(new0), "r"(new1), "r"(p)
				 : "memory");
	} while (fail);
	return true;
}

/* For a word that only the own thread and its signal handlers change. */
static inline bool rtarch_cas_self(u64 *p, u64 old, u64 val)
{
	return __atomic_compare_exchange_n(p, &old, val, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static inline void rtarch_pause(void)
{
	__asm__ volatile("yield");
}

#endif
