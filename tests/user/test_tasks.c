/* SPDX-License-Identifier: BSD-2-Clause */
/* Task storage belongs to threads: what they had goes with them, and is never another's. */
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mapmem.h"
#include "rt/helper.h"
#include "rt/task.h"
#include "syscall/pidfd.h"
#include "tap.h"

#define NO_TID (1 << 23)	/* more than ids can be */
#define CREATE BPF_LOCAL_STORAGE_GET_F_CREATE
#define PIDFD_THREAD_ 0200	/* since Linux 6.9 */

static struct rt_map *map;


/* As a program: its thread's value, made of @from. */
static u64 *value(const u64 *from, u64 flags)
{
	struct rt_run run = { .func_ip = 1 };
	struct rt_thread *t = rt_enter_at(&run.scope, (u64)__builtin_frame_address(0), &run);
	u64 task = rt_help_get_current_task(0, 0, 0, 0, 0), v;

	v = rt_help_task_storage_get((u64)map, task, (u64)from, flags, 0);
	rt_exit(t, &run.scope);
	return (u64 *)v;
}

static void fill(u32 first, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		struct rt_task_key key = { .tid = first + i, .start = 1 };
		u64 v = i;

		CHECK_EQ(rt_hash_ops.update(map, &key, &v, BPF_ANY), 0);
	}
}

static void *first_value(void *old)
{
	u64 *v = value(NULL, CREATE);

	if (!v)
		return "no value";
	if (*v || (old && v == old))
		return "another's value";
	*v = 5;
	return NULL;
}

/* More threads than fit, one after the other: most have the stack, the record and the thread pointer of the one before. */
TEST(tasks_of_many_threads)
{
	u64 seven = 7, *mine;

	map = mapmem_new(BPF_MAP_TYPE_TASK_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC);
	mine = value(&seven, CREATE);
	CHECK(mine);
	fill(NO_TID, RT_TASKS_MAX - 100);
	for (u32 i = 0; i < 200; i++) {
		pthread_t thread;
		void *why;

		CHECK_EQ(pthread_create(&thread, NULL, first_value, mine), 0);
		pthread_join(thread, &why);
		if (why)
			tap_fail(__FILE__, __LINE__, "thread %u: %s", i, (char *)why);
	}
	CHECK_EQ(*mine, 7);
	CHECK_EQ((u64)value(NULL, 0), (u64)mine);
}

/* Of entries that are alive for all that their ids say. */
static void fill_alive(u32 nr)
{
	struct rt_task_key key = { .tid = getpid() };
	u64 v = 0;

	for (u32 i = 0; i < nr; i++) {
		key.start = i + 1;
		CHECK_EQ(rt_hash_ops.update(map, &key, &v, BPF_ANY), 0);
	}
}

/* One of all is dead; there is room for one more. */
TEST(tasks_dead_make_room)
{
	struct rt_task_key first = { .tid = getpid(), .start = 1 };
	int status;

	map = mapmem_new(BPF_MAP_TYPE_TASK_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC);
	fill_alive(RT_TASKS_MAX - 1);
	fill(NO_TID, 1);
	CHECK(value(NULL, CREATE));
	if (!fork())
		_exit(!!value(NULL, CREATE));
	wait(&status);
	CHECK_EQ(status, 0);
	CHECK(map->ops->lookup(map, &first));
}

/* A thread with the id of one that had a value, which is alive for all that its id says. */
TEST(tasks_of_used_ids)
{
	u64 one = 1, *v;

	map = mapmem_new(BPF_MAP_TYPE_TASK_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC);
	fill(getpid(), 1);
	CHECK(!value(NULL, 0));
	v = value(&one, CREATE);
	CHECK(v && *v == 1);
}

TEST(tasks_start_times)
{
	u64 start = rt_task_start(getpid());

	CHECK(start);
	prctl(PR_SET_NAME, "a) b 1 2) (3");
	CHECK_EQ(rt_task_start(getpid()), start);
	CHECK_EQ(rt_task_start(NO_TID), 0);
}

static void *own_key(void *arg)
{
	struct rt_task_key by_fd, *key = arg;
	int fd = syscall(__NR_pidfd_open, syscall(__NR_gettid), PIDFD_THREAD_);

	value(NULL, CREATE);
	CHECK(rt_task_key(rt_help_get_current_task(0, 0, 0, 0, 0), key));
	if (fd < 0)
		return NULL;	/* an older kernel */
	CHECK_EQ(pidfd_task(fd, &by_fd), 0);
	CHECK_EQ(by_fd.tid, key->tid);
	CHECK_EQ(by_fd.start, key->start);
	close(fd);
	return NULL;
}

/* Programs and pidfds name a thread alike. */
TEST(tasks_by_pidfd)
{
	struct rt_task_key main_key, key;
	pthread_t thread;

	map = mapmem_new(BPF_MAP_TYPE_TASK_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC);
	own_key(&main_key);
	for (u32 i = 0; i < 2; i++) {	/* the second has the record of the first, and started some ticks later */
		pthread_create(&thread, NULL, own_key, &key);
		pthread_join(thread, NULL);
		CHECK(key.tid != main_key.tid);
		usleep(30000);
	}
	CHECK_EQ(main_key.tid, getpid());
	CHECK_EQ(pidfd_task(0, &key), -EBADF);
}

/* What is no task of this process. */
TEST(tasks_bad_pointers)
{
	struct rt_task_key key;
	u64 task;

	map = mapmem_new(BPF_MAP_TYPE_TASK_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC);
	task = rt_help_get_current_task(0, 0, 0, 0, 0);
	CHECK(rt_task_key(task, &key));
	CHECK(!rt_task_key(0, &key));
	CHECK(!rt_task_key(task + 8, &key));
	CHECK(!rt_task_key(task + sizeof(struct rt_threads), &key));
	CHECK_EQ(rt_help_task_storage_delete((u64)map, 0, 0, 0, 0), -EINVAL);
	CHECK_EQ(rt_help_task_storage_delete((u64)map, task, 0, 0, 0), -ENOENT);
}
