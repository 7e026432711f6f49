/* SPDX-License-Identifier: BSD-2-Clause */
#include "rt/lane.h"

static bool is_aligned(const void *a, const void *b)
{
	return !(((uintptr_t)a | (uintptr_t)b) & 7);
}

void rt_copy(void *dst, const void *src, u64 bytes)
{
	const u8 *s = src;
	u8 *d = dst;

	if (is_aligned(d, s))
		for (; bytes >= 8; bytes -= 8, d += 8, s += 8)
			rt_store((u64 *)(void *)d, rt_load((const u64 *)(const void *)s));
	else
		for (; bytes >= 8; bytes -= 8, d += 8, s += 8)
			*(volatile rt_u64_any *)d = *(const volatile rt_u64_any *)s;
	for (; bytes; bytes--)
		rt_store(d++, rt_load(s++));
}

void rt_zero(void *dst, u64 bytes)
{
	u8 *d = dst;

	if (is_aligned(d, d))
		for (; bytes >= 8; bytes -= 8, d += 8)
			rt_store((u64 *)(void *)d, 0);
	for (; bytes; bytes--)
		rt_store(d++, 0);
}

bool rt_equal(const void *a, const void *b, u64 bytes)
{
	const u8 *x = a, *y = b;

	for (; bytes >= 8; bytes -= 8, x += 8, y += 8)
		if (*(const volatile rt_u64_any *)x != *(const volatile rt_u64_any *)y)
			return false;
	for (; bytes; bytes--)
		if (rt_load(x++) != rt_load(y++))
			return false;
	return true;
}

u64 rt_clock_ns(int clock)
{
	long (*vdso)(long, struct rt_timespec *) = (void *)rt_load(&rt_env.clock_gettime);
	struct rt_timespec ts = { 0, 0 };

	if (!vdso || vdso(clock, &ts))
		rtarch_syscall(__NR_clock_gettime, clock, (long)&ts, 0, 0, 0);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}
