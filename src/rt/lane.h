/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lanes: who is inside an operation or a program. A thread owns a lane from rt_enter() to the matching
 * rt_exit(); nested calls, as from a signal handler, go on in the same one. The first nr_cpus lanes
 * are the "CPUs" of per-CPU maps; while all of them are taken, further threads get a lane above and
 * share CPU lane % nr_cpus with its owner. Nobody waits for a lane.
 *
 * A token names one ownership. Once that ended, by rt_exit() or by the death of the process, the token
 * is dead for good: what was left half done under it may be cleaned up by anyone.
 *
 * The table of lanes is shared by all processes that share maps (one PID namespace), that of threads
 * is private to each. All functions are signal-safe.
 */
#ifndef FS_RT_LANE_H
#define FS_RT_LANE_H

#include "rt/rt.h"

#define RT_LANES 1024
#define RT_LANES_MAGIC 0x736e616c	/* "lans" */
#define RT_TOKEN_MIN RT_LANES		/* smaller values are never tokens */

struct rt_lanes {		/* shared memory, zeroed at first */
	u32 magic;
	u32 nr_cpus;
	u32 reaper;		/* next lane to be looked at for a dead owner */
	u32 pad[13];
	struct {
		u64 word;	/* 63:32 generation, 31:0 pid of the owner or 0 */
		u64 pad[7];	/* a cache line each */
	} lanes[RT_LANES];
};

struct rt_thread {
	u64 tp;			/* thread pointer; 0: unused */
	u64 state;		/* 63:32 nesting depth, 31:0 token; 0: outside. One word, so that a
				 * signal handler never sees one without the other */
	u32 hint;		/* lane of last time */
	u32 pad;
	u64 random;		/* state of bpf_get_prandom_u32() */
	void *run;		/* of the innermost running program, for helpers */
};

#define RT_THREADS 4096

struct rt_threads {		/* private memory that a forked child finds zeroed */
	u32 pid;
	u32 pad;
	struct rt_thread threads[RT_THREADS];
};

struct rt_env {
	struct rt_lanes *lanes;
	struct rt_threads *threads;
};

extern struct rt_env rt_env;

void rt_env_init(struct rt_lanes *lanes, struct rt_threads *threads, u32 nr_cpus);

/* Return: the caller's record, owning a lane; NULL if there is none left. */
struct rt_thread *rt_enter(void);
void rt_exit(struct rt_thread *t);

/* The caller's record, owning a lane or not. NULL if the table is full. */
struct rt_thread *rt_thread_self(void);
u32 rt_pid(void);

static inline u32 rt_token(const struct rt_thread *t)
{
	return (u32)rt_load(&t->state);
}

/* Which "CPU" of per-CPU maps @t is; 0 outside. */
static inline u32 rt_cpu(const struct rt_thread *t)
{
	return t ? rt_token(t) % RT_LANES % rt_env.lanes->nr_cpus : 0;
}

/* Has the ownership ended? Never true by mistake. */
bool rt_token_is_dead(u32 token);
/* The same for a token of which only the bits in @mask were kept: maybe alive by mistake. */
bool rt_token_is_dead_cut(u32 token, u32 mask);
/* Tokens of all lanes that are owned now; number. */
u32 rt_lanes_busy(u32 tokens[RT_LANES]);
/* Frees lanes whose process has died; returns how many. Looks at @max lanes. */
u32 rt_lanes_reap(u32 max);

#endif
