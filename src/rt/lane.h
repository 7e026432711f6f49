/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lanes: who is inside an operation or a program. A thread owns a lane from rt_enter() to the matching
 * rt_exit(); nested calls, as from a signal handler, go on in the same one. The first nr_cpus lanes
 * are the "CPUs" of per-CPU maps; while all of them are taken, further threads get a lane above and
 * share CPU lane % nr_cpus with its owner. Nobody waits for a lane.
 *
 * A token names one ownership. Once that ended, by rt_exit() or by the death of the thread, the token
 * is dead for good: what was left half done under it may be cleaned up by anyone.
 *
 * What a thread is inside of is a stack of levels, each with a stamped scope on the thread's own stack.
 * A signal handler may leave some of them by siglongjmp(): the thread's next program or bpf(2) call drops
 * those whose stack frames are gone.
 *
 * The table of lanes is shared by all processes that share maps (one PID namespace), that of threads
 * is private to each. All functions are signal-safe.
 */
#ifndef FS_RT_LANE_H
#define FS_RT_LANE_H

#include "rt/rt.h"

#define RT_LANES 1024
#define RT_TOKEN_MIN RT_LANES		/* smaller values are never tokens */

struct rt_lanes {		/* shared memory, zeroed at first */
	u32 reaper;		/* next lane to be looked at for a dead owner */
	u32 pad[15];
	struct {
		u64 word;	/* 63:32 generation, 31:0 thread id of the owner or 0 */
		u64 pad[7];	/* a cache line each */
	} lanes[RT_LANES];
};

#define RT_DEPTH_MAX 12

struct rt_task {		/* struct task_struct of the engine's BTF */
	s32 pid;		/* of the thread */
	s32 tgid;
	char comm[16];
};

struct rt_scope {		/* on the stack of who entered */
	u64 stamp;
};

struct rt_thread {
	u64 tp;			/* thread pointer; 0: unused */
	u64 state;		/* 63:40 changes, 39:32 depth, 31:0 token. One word, so that a signal
				 * handler never sees one without the other */
	u64 pending;		/* frame of who is about to take or give back a lane; 0: nobody */
	u32 hint;		/* lane of last time */
	u32 pad;
	u64 random;		/* state of bpf_get_prandom_u32() */
	u64 start;		/* of the thread, rt_task_start(); 0: not asked yet */
	struct rt_task task;	/* as it was when a program last asked */
	struct {
		u64 frame;	/* of who entered: higher than what it calls */
		struct rt_scope *scope;
		void *run;	/* the program's, for helpers; NULL: an operation */
	} at[RT_DEPTH_MAX];
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
	u64 clock_gettime;	/* the vdso's; 0: there is none, it takes a system call */
	s64 tid_off;		/* from the thread pointer: a u32 that is 0 in new threads. 0: there is none,
				 * and a thread that dies inside passes for alive as long as its process */
	u64 nr_cpus;		/* at most RT_LANES */
};

extern struct rt_env rt_env;

void rt_env_init(struct rt_lanes *lanes, struct rt_threads *threads, u32 nr_cpus);

/*
 * @frame: where the stack frame begins that @scope lies in. With @run, of a program, levels that were
 * left are dropped first.
 * Return: the caller's record, owning a lane; NULL: all are taken, or RT_DEPTH_MAX levels are
 */
struct rt_thread *rt_enter_at(struct rt_scope *scope, u64 frame, void *run);
/* Drops the levels of the caller that were left, as seen from @frame. */
void rt_drop_left(u64 frame);
/* Ends the level of @scope and those within it; nothing if it was dropped before. */
void rt_exit(struct rt_thread *t, struct rt_scope *scope);

/* @scope: of the calling function, which also leaves by rt_exit() */
static inline __attribute__((always_inline)) struct rt_thread *rt_enter(struct rt_scope *scope)
{
	return rt_enter_at(scope, (u64)__builtin_frame_address(0), NULL);
}

/* The caller's record, owning a lane or not. NULL if the table is full. */
struct rt_thread *rt_thread_self(void);
u32 rt_pid(void);

static inline u32 rt_token(const struct rt_thread *t)
{
	return (u32)rt_load(&t->state);
}

static inline u32 rt_depth(const struct rt_thread *t)
{
	return rt_load(&t->state) >> 32 & 0xff;
}

/* Of the program that calls a helper; NULL outside */
static inline void *rt_run(const struct rt_thread *t)
{
	u32 depth = t ? rt_depth(t) : 0;

	return depth ? t->at[depth - 1].run : NULL;
}

/* A lock word that holds its owner's token; 0 unlocks. Tried for a bounded time; refused where the owner is
 * what a signal handler interrupted, taken over where it is dead. */
bool rt_lock(u64 *word, u32 token);

/* struct bpf_spin_lock: waits for the owner, unless that is the same thread, in whose handler this is then. */
void rt_spin_lock(u32 *lock);
void rt_spin_unlock(u32 *lock);

/* struct bpf_res_spin_lock, to be unlocked likewise: 0, -EDEADLK: this thread holds it, -ETIMEDOUT */
int rt_res_lock(u32 *lock);

/* Which "CPU" of per-CPU maps @t is; 0 outside. */
static inline u32 rt_cpu(const struct rt_thread *t)
{
	return t ? rt_token(t) % RT_LANES % rt_env.nr_cpus : 0;
}

/* Has the ownership ended? Never true by mistake. */
bool rt_token_is_dead(u32 token);
/* The same for a token of which only the bits in @mask were kept: maybe alive by mistake. */
bool rt_token_is_dead_cut(u32 token, u32 mask);
/* Tokens of all lanes that are owned now; number. */
u32 rt_lanes_busy(u32 tokens[RT_LANES]);
/* Of a thread id that was used again: no. */
bool rt_tid_is_dead(u32 tid);
/* Frees lanes whose owner has died; returns how many. Looks at @max lanes. */
u32 rt_lanes_reap(u32 max);

#endif
