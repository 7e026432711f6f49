/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads as programs know them ("tasks"). A thread id is used again, so who is meant for long is named
 * by id and start time: the key of task storage maps.
 */
#ifndef FS_RT_TASK_H
#define FS_RT_TASK_H

#include "rt/map.h"

#define RT_TASKS_MAX 8192	/* threads alive that one map can have values of */

struct rt_task_key {
	u32 tid, pad;
	u64 start;	/* as rt_task_start() */
};

/* When the thread started, in clock ticks as /proc/TID/stat has it; 0: there is none, or it cannot be read. */
u64 rt_task_start(u32 tid);
/* The key of what a program got as its current task; false: it is no such pointer. */
bool rt_task_key(u64 task, struct rt_task_key *ret);

#endif
