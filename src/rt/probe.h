/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads of memory that may not be there. The kernel does them, by process_vm_readv(): a fault handler
 * sees nothing in a thread that blocks SIGSEGV or where the application has put its own in place, and
 * to ask first whether a page is readable is a race with who unmaps it (docs/user-engine.md).
 */
#ifndef FS_RT_PROBE_H
#define FS_RT_PROBE_H

#include "rt/rt.h"

/* 0 or -EFAULT; @dst is zeroed then. The one place to be made faster. */
long rt_probe_read(void *dst, u32 bytes, u64 src);
/* What a marked load of a program gets (arch/<a>/host/probe.S): the value, or 0. */
u64 rt_probe_load(u64 src, u32 bytes);
/* A string, cut with its NUL: length with the NUL, or -EFAULT. */
long rt_probe_read_str(char *dst, u32 bytes, u64 src);

/* A window that is moved over such memory; zeroed at first. */
#define RT_WINDOW_BYTES 256

struct rt_window {
	u64 at;
	u32 bytes;
	u8 mem[RT_WINDOW_BYTES];
};

/* The byte at @addr; -EFAULT, or -ERANGE for the first page, which no program means. */
int rt_window_byte(struct rt_window *w, u64 addr);
/* The words at @addr and behind it; false: they cannot be read. */
bool rt_window_pair(struct rt_window *w, u64 addr, u64 pair[2]);

#endif
