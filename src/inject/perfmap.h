/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of code for perf(1): /tmp/perf-PID.map, a line per piece of code. */
#ifndef FS_INJECT_PERFMAP_H
#define FS_INJECT_PERFMAP_H

#include <sys/types.h>

#include "util/types.h"

/* From now on such files are written. They are left behind: perf reads them after the process has ended. */
void perfmap_enable(void);

/* [start, end) of process @pid. Any thread; nothing happens where it is not enabled. */
void perfmap_add(pid_t pid, u64 start, u64 end, const char *name);

#endif
