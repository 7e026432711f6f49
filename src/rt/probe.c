/* SPDX-License-Identifier: BSD-2-Clause */
#include "rt/probe.h"

#include "rt/lane.h"

#define PAGE 4096

struct iovec_words {
	u64 base, bytes;
};

static long copy_in(void *dst, u64 bytes, u64 src)
{
	struct iovec_words here = { (u64)dst, bytes }, there = { src, bytes };

	return rtarch_syscall6(__NR_process_vm_readv, rt_pid(), (long)&here, 1, (long)&there, 1, 0);
}

long rt_probe_read(void *dst, u32 bytes, u64 src)
{
	if (!bytes || copy_in(dst, bytes, src) == (long)bytes)
		return 0;
	rt_zero(dst, bytes);
	return -EFAULT;
}

u64 rt_probe_load(u64 src, u32 bytes)
{
	u64 value = 0;

	rt_probe_read(&value, bytes, src);
	return value;
}

long rt_probe_read_str(char *dst, u32 bytes, u64 src)
{
	u32 got = 0;

	while (got < bytes) {
		u64 page = PAGE - (src + got) % PAGE;
		u32 n = RT_MIN(page, (u64)(bytes - got));

		if (copy_in(dst + got, n, src + got) != (long)n) {
			rt_zero(dst, bytes);
			return -EFAULT;
		}
		for (u32 i = 0; i < n; i++)
			if (!dst[got + i])
				return got + i + 1;
		got += n;
	}
	if (bytes)
		dst[bytes - 1] = 0;
	return bytes;
}

static bool move_to(struct rt_window *w, u64 addr)
{
	u32 n = RT_MIN(PAGE - addr % PAGE, RT_WINDOW_BYTES);

	w->bytes = copy_in(w->mem, n, addr) == (long)n ? n : 0;
	w->at = addr;
	return w->bytes;
}

int rt_window_byte(struct rt_window *w, u64 addr)
{
	if (addr - w->at < w->bytes)
		return w->mem[addr - w->at];
	if (addr < PAGE)
		return -ERANGE;
	return move_to(w, addr) ? w->mem[0] : -EFAULT;
}

bool rt_window_pair(struct rt_window *w, u64 addr, u64 pair[2])
{
	if (addr - w->at >= w->bytes || addr - w->at + 16 > w->bytes)
		if (!move_to(w, addr))
			return false;
	if (addr - w->at + 16 > w->bytes)	/* across pages */
		return !rt_probe_read(pair, 16, addr);
	rt_copy(pair, w->mem + (addr - w->at), 16);
	return true;
}
