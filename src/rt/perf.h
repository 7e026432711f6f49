/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Perf events as bpf_perf_event_output() writes them: the kernel's layout for mmap(), a page of positions and
 * the data. Writers take turns by a lock word that holds a token, behind the positions: tried for a
 * bounded time, refused to a handler that interrupted its owner, inherited from the dead. A record counts
 * from one store of the head on. What cannot be written is counted and told by PERF_RECORD_LOST.
 */
#ifndef FS_RT_PERF_H
#define FS_RT_PERF_H

#include "rt/map.h"

struct rt_perf {	/* private to the process */
	u8 *base;	/* NULL until it is mapped */
	u64 data_bytes;	/* a power of two */
	u32 cpu;
	int notify_fd;
};

/* 0, -ENOSPC (no room, not mapped), -E2BIG, -EBUSY */
long rt_perf_output(struct rt_perf *p, const void *data, u64 bytes);
bool rt_perf_has_data(const struct rt_perf *p);

#endif
