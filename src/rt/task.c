/* SPDX-License-Identifier: BSD-2-Clause */
#include "rt/task.h"

#include "rt/helper.h"

#define AT_FDCWD (-100)
#define STAT_BYTES 512		/* more than what comes before the start time, a name of 15 bytes included */
#define START_SPACES 20		/* between the end of the name and the start time */
#define PR_GET_NAME 16

/* -- When it started --- */

static void stat_path(char path[32], u32 tid)
{
	static const char before[] = "/proc/", after[] = "/stat";
	u32 n = sizeof(before) - 1, digits = 1;

	for (u32 v = tid; v >= 10; v /= 10)
		digits++;
	rt_copy(path, before, n);
	for (u32 i = digits; i; i--, tid /= 10)
		path[n + i - 1] = '0' + tid % 10;
	rt_copy(path + n + digits, after, sizeof(after));
}

static u64 parse_start(const char *text, u32 bytes)
{
	u32 at = bytes, spaces = 0;
	u64 ticks = 0;

	while (at && text[at - 1] != ')')	/* the name may hold anything */
		at--;
	for (; at < bytes && spaces < START_SPACES; at++)
		spaces += text[at] == ' ';
	for (; at < bytes && text[at] >= '0' && text[at] <= '9'; at++)
		ticks = ticks * 10 + text[at] - '0';
	return ticks;
}

u64 rt_task_start(u32 tid)
{
	char path[32], text[STAT_BYTES];
	long fd, n;

	stat_path(path, tid);
	fd = rtarch_syscall(__NR_openat, AT_FDCWD, (long)path, 0, 0, 0);
	if (fd < 0)
		return 0;
	n = rtarch_syscall(__NR_read, fd, (long)text, sizeof(text), 0, 0);
	rtarch_syscall(__NR_close, fd, 0, 0, 0, 0);
	return n > 0 ? parse_start(text, n) : 0;
}

/* -- The current one --- */

RT_HELPER(get_current_pid_tgid)
{
	return (u64)rt_pid() << 32 | (u32)rtarch_syscall(__NR_gettid, 0, 0, 0, 0, 0);
}

RT_HELPER(get_current_uid_gid)
{
	u32 uid = rtarch_syscall(__NR_getuid, 0, 0, 0, 0, 0);

	return (u64)rtarch_syscall(__NR_getgid, 0, 0, 0, 0, 0) << 32 | uid;
}

RT_HELPER(get_current_comm)
{
	char name[sizeof(((struct rt_task *)0)->comm)] = { 0 };
	u32 size = r2;
	u8 *to = (u8 *)r1;

	if (rtarch_syscall(__NR_prctl, PR_GET_NAME, (long)name, 0, 0, 0)) {
		rt_zero(to, size);
		return -EINVAL;
	}
	rt_zero(to, size);
	rt_copy(to, name, RT_MIN(size ? size - 1 : 0, sizeof(name) - 1));
	return 0;
}

/* In the thread's record, where it stays. */
RT_HELPER(get_current_task)
{
	struct rt_thread *t = rt_thread_self();

	if (!t)
		return 0;
	rt_store(&t->task.pid, (s32)rtarch_syscall(__NR_gettid, 0, 0, 0, 0, 0));
	rt_store(&t->task.tgid, (s32)rt_pid());
	rtarch_syscall(__NR_prctl, PR_GET_NAME, (long)t->task.comm, 0, 0, 0);
	return (u64)&t->task;
}

bool rt_task_key(u64 task, struct rt_task_key *ret)
{
	u64 off = task - (u64)&rt_env.threads->threads[0].task, nr = off / sizeof(struct rt_thread);
	struct rt_thread *t;

	if (nr >= RT_THREADS || off % sizeof(*t))
		return false;
	t = &rt_env.threads->threads[nr];
	if (!rt_load(&t->start) || !rt_env.tid_off)	/* without, nobody says when the record's thread is another */
		rt_store(&t->start, rt_task_start(rt_load(&t->task.pid)));
	ret->tid = rt_load(&t->task.pid);
	ret->pad = 0;
	ret->start = rt_load(&t->start);
	return true;
}

/* -- Storage --- */

RT_HELPER(task_storage_get)
{
	struct rt_map *m = (struct rt_map *)r1;
	struct rt_task_key key;
	void *v;

	if (r4 & ~(u64)BPF_LOCAL_STORAGE_GET_F_CREATE || !rt_task_key(r2, &key))
		return 0;
	v = m->ops->lookup(m, &key);
	if (v || !r4 || m->ops->update(m, &key, (void *)r3, BPF_NOEXIST))
		return (u64)v;
	return (u64)m->ops->lookup(m, &key);
}

RT_HELPER(task_storage_delete)
{
	struct rt_map *m = (struct rt_map *)r1;
	struct rt_task_key key;

	return rt_task_key(r2, &key) ? m->ops->del(m, &key) : -EINVAL;
}
