/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another process whose functions are traced: the agent in it, memory near its functions, maps that it
 * shares with us, its text. docs/any-process.md. Any thread, but for remote_open() and remote_close(). Nobody
 * else in this program may trace the process or wait for it meanwhile, but for its end.
 */
#ifndef FS_INJECT_REMOTE_H
#define FS_INJECT_REMOTE_H

#include <sys/types.h>

#include "rt/map.h"
#include "trampoline/tramp.h"

struct remote;
struct stop_hold;

/*
 * Puts the agent into process @pid.
 * Return: 0, or
 *   -ESRCH		there is no such process, or it is gone meanwhile
 *   -EPERM		ptrace is forbidden; logged with a hint
 *   -EAGAIN		a thread does not stop
 *   -EOPNOTSUPP	a process of another kind: 32-bit, Go, a kernel thread; no trampolines on this machine
 *   -ENOMEM, -EMFILE	here or there
 */
int remote_open(pid_t pid, struct remote **ret);
/* The same for one that this thread seizes and keeps, or has seized already; @hold is borrowed until remote_close(). */
int remote_open_held(pid_t pid, struct stop_hold *hold, struct remote **ret);

/* Every program must be detached. Takes away all that was put into the process unless something there
 * may still lead to it. NULL: nothing */
void remote_close(struct remote *r);

/* Its space; goes with it. */
struct tramp_space *remote_space(struct remote *r);
/* Whether runs there are counted and measured from now on. */
void remote_count_runs(struct remote *r, bool on);

/* For how long threads of the process stood still the last time, for its text to be changed or looked at. */
u64 remote_stood_ns(const struct remote *r);

/* Functions of glibc there that the agent replaces. */
enum remote_hook {
	REMOTE_HOOK_UNWINDERS,	/* ask it where unwind information is: they are to know images, too */
	REMOTE_HOOK_LONGJMP,	/* calls that these leave are to be counted */
	REMOTE_HOOK_LONGJMP_CHK,
	REMOTE_HOOKS
};

const char *remote_hook_name(enum remote_hook hook);
/* It is at @addr. Until remote_unhook(), which is due before remote_close(). 0, or as tramp_get() and
 * tramp_replace() */
int remote_hook(struct remote *r, enum remote_hook hook, u64 addr, u32 size);
void remote_unhook(struct remote *r);

/* 0: it runs what was entered; -ESRCH: it has ended; -ENOEXEC: it executes another program, which nothing was put
 * into */
int remote_look(const struct remote *r);

/*
 * Where programs there find what @here is in this process: a helper of src/rt. 0: it is none.
 */
u64 remote_helper(const struct remote *r, const void *here);

/*
 * Maps @rt, whose memory is that of @memfd, in the process.
 * *@ret: its struct rt_map there; its values are at *@values.
 * Return: 0, -ENOMEM, -EOPNOTSUPP (a map of programs or maps), -EMFILE, -ESRCH
 */
int remote_map(struct remote *r, const struct rt_map *rt, int memfd, u64 *ret, u64 *values);

#endif
