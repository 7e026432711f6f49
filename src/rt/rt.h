/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The floor of in-target code: everything in this folder runs in traced threads and signal handlers of
 * any process. No libc, no allocation, no locks, general registers only; it must link without any
 * symbol from outside the folder (a test looks). Memory that others write is read and written by
 * whole atomic accesses.
 */
#ifndef FS_RT_RT_H
#define FS_RT_RT_H

#include <linux/errno.h>

#include "rtarch.h"	/* of the CPU this is built for */
#include "util/types.h"

#define U32_MAX 0xffffffffu
#define RT_MIN(a, b) ((a) < (b) ? (a) : (b))
#define RT_MAX(a, b) ((a) > (b) ? (a) : (b))

static inline u64 rt_round_up(u64 v, u64 to)
{
	return (v + to - 1) / to * to;
}

#define rt_load(p) __atomic_load_n(p, __ATOMIC_RELAXED)
#define rt_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define rt_store(p, v) __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define rt_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define rt_fence_acquire() __atomic_thread_fence(__ATOMIC_ACQUIRE)

static inline bool rt_cas64(u64 *p, u64 old, u64 val)
{
	return __atomic_compare_exchange_n(p, &old, val, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static inline bool rt_cas32(u32 *p, u32 old, u32 val)
{
	return __atomic_compare_exchange_n(p, &old, val, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Unaligned accesses the compiler may not merge or invent. */
typedef u64 __attribute__((may_alias, aligned(1))) rt_u64_any;
typedef u32 __attribute__((may_alias, aligned(1))) rt_u32_any;

static inline u32 rt_get32(const void *p)
{
	return *(const rt_u32_any *)p;
}

static inline void rt_put32(void *p, u32 v)
{
	*(rt_u32_any *)p = v;
}


struct rt_timespec {
	s64 tv_sec, tv_nsec;
};

/* CLOCK_*, by the vdso where it can */
u64 rt_clock_ns(int clock);

/* Copies by words where both sides allow it, so that an aligned word is never seen half written. */
void rt_copy(void *dst, const void *src, u64 bytes);
void rt_zero(void *dst, u64 bytes);
bool rt_equal(const void *a, const void *b, u64 bytes);

#endif
