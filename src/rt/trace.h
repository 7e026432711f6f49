/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands before each line of bpf_trace_printk() on its way out of the process. */
#ifndef FS_RT_TRACE_H
#define FS_RT_TRACE_H

#include "util/types.h"

struct rt_trace_head {
	u64 time_ns;	/* CLOCK_MONOTONIC */
	u32 cpu;
	u32 pid, tid;
	u32 pad;
};

#endif
