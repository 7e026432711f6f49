/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stops all threads of a process by ptrace, to change its text or to look who is where, and lets them
 * go on. Calls nothing but system calls, without errno: for another process, or in a helper process
 * that shares the memory of the one to be stopped (stop_self.h).
 */
#ifndef FS_INJECT_STOP_H
#define FS_INJECT_STOP_H

#include "arch/host.h"
#include "trampoline/guard.h"
#include "trampoline/target.h"

/*
 * A process whose threads stay seized between stops, so that what it forks and executes is seen (follow.h). All stops
 * of it are then made by the thread that seized it.
 */
struct stop_hold {
	bool park;		/* threads do not run between stops either */
	bool end;		/* the next stop is the last: its end lets go */
	pid_t executed;		/* which was seen, during a stop, to have executed another program; it stands there */
};

#define STOP_HOLD_OPTIONS (PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC)

struct stop_thread {
	pid_t tid;
	int sig;		/* to be delivered when let go */
	bool stopped, gone;
	bool in_group;		/* stopped with its process, as by SIGSTOP */
	bool in_call;		/* stopped amid a system call, whose result is still to come */
	bool executed;
	struct arch_thread_pc pc;
};

#define STOP_SKIPS_MAX 8

struct stop {
	pid_t pid;		/* of the process to be stopped */
	bool is_child;		/* ours: its end is not ours to collect */
	struct stop_hold *hold;	/* NULL: let go after each stop */
	int mem;		/* its /proc/PID/mem, the caller's */
	u64 guard_table;	/* address there of struct guard_table; 0: none, for patches alone */
	u64 since_ns;		/* when the first thread was about to be stopped */
	u64 stood_ns;		/* set when they are let go: for how long threads stood still */
	int policy;		/* of our own scheduling, changed if .hurried */
	bool hurried;
	u32 nr_threads;
	struct stop_thread *threads;
	char *maps;		/* text of /proc/PID/maps */
	u32 maps_len;
	u64 *words;		/* pieces of stacks */
	struct guard_range *ranges;	/* of images */
	u32 nr_ranges;
	u32 nr_skips;		/* of this memory, in the process to be stopped, stop_find_users() thinks nothing */
	struct guard_range skips[STOP_SKIPS_MAX];
};

/* Allocates; .hold is the caller's to set; the rest is stop_done()'s to free, which takes a zeroed struct. -ENOMEM */
int stop_init(struct stop *s, pid_t pid, int mem, u64 table);
void stop_done(struct stop *s);

/*
 * Seizes and stops every thread. After an error stop_release() is due as well.
 * Return: 0, or
 *   -ESRCH	there is no such process
 *   -EPERM	ptrace is forbidden
 *   -EAGAIN	a thread does not stop
 *   -E2BIG	too many threads
 */
int stop_all(struct stop *s);
void stop_release(struct stop *s);

/* Memory of this process, which is the one to be stopped. The struct's own is among it after the first call. */
void stop_skip(struct stop *s, const void *mem, u64 bytes);

/* -- Between these two --- */

/* A stopped thread; 0: none */
pid_t stop_live_thread(const struct stop *s);

/* Waits for the next stop of a thread that was let run. 0: *@status as of wait4(2); -ESRCH: it has ended */
int stop_await(const struct stop *s, struct stop_thread *t, int *status);

/*
 * All patches or none; threads amid the old bytes go on where the patches say.
 * Return: 0, or
 *   -EBUSY	text is not what .old says
 *   -EAGAIN	a thread waits amid what would be replaced
 */
int stop_patch(struct stop *s, const struct tramp_patch *patches, u32 nr);

/*
 * 0: no thread holds the guard at @guard_off, and none is in code of images, by its PC or one in a signal
 * frame. -EAGAIN: one is.
 */
int stop_look(struct stop *s, u64 guard_off);

/* As the operation of tramp_target_ops. -E2BIG: more than 16 GiB, or 1 GiB shared */
int stop_find_users(struct stop *s, struct tramp_piece *pieces, u32 nr, u64 *looked_at);

/* Says what went wrong, in words, where it is known by the error; returns @err. */
int stop_explain(int err);

#endif
