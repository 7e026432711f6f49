/* SPDX-License-Identifier: BSD-2-Clause */
/* A victim, and programs in it that count in an array map. Everything fails the test and ends it where it
 * cannot be. */
#ifndef FS_TESTS_INJECT_RIG_H
#define FS_TESTS_INJECT_RIG_H

#include <stdio.h>
#include <sys/types.h>

#include "inject/remote.h"

struct rig {
	pid_t pid;
	FILE *to, *from;
	u64 work;
	u32 work_bytes;
	u64 *counts;		/* of the map: here */
	u64 map, values;	/* there, once it is mapped */
	struct rt_map *rt;
	int memfd;
	u8 text[64];		/* of work() before it was touched */
};

/* Runs victim with so many threads. */
void rig_start(struct rig *g, const char *victim, int threads);
/* Calls work() @n times, or in a child -@n times; checks its sum and that no thread ever got a wrong result. */
void rig_call(struct rig *g, long n);
/* Kills and reaps it. */
void rig_stop(struct rig *g);
/* Is its text what it was? */
bool rig_text_is_clean(struct rig *g);

/* Adds the map to the process. */
void rig_map(struct rig *g, struct remote *r);
/* A session that adds @step to element 0 at entry and to element 1 at exit, by map lookups. */
struct tramp_prog *rig_counter(struct rig *g, struct remote *r, u64 step);
struct tramp *rig_tramp(struct rig *g, struct remote *r);

#endif
