/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine of this process: lanes and threads for src/rt, made at the first call. */
#ifndef FS_SYSCALL_ENV_H
#define FS_SYSCALL_ENV_H

#include "util/types.h"

int env_init(void);	/* 0 or -errno; any number of times, any thread */
/* The memory of lanes, for processes that are to share maps. Valid after env_init(). */
int env_lanes_fd(void);
/* How many values a per-CPU map's entry has: what libbpf_num_possible_cpus() must say. */
u32 env_nr_cpus(void);
/* Now, CLOCK_BOOTTIME: as load times are given */
u64 env_boot_ns(void);

/* Makes an eventfd readable, or not. What was about to be read from it is looked for before. */
void env_event_set(int fd, bool readable);

#endif
