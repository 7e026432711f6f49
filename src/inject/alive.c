/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject/alive.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch/guard.h"
#include "rt/map.h"
#include "rt/rt.h"

_Static_assert(GUARD_TRACER_GONE == FUTEX_OWNER_DIED, "what the kernel writes");

struct alive {
	int memfd;
	u32 *word;			/* shared; the thread's number, or GUARD_TRACER_GONE */
	u32 done;
	pthread_t thread;
	/* Not in shared memory: the kernel follows it when the thread ends. */
	struct robust_list entry;
	struct robust_list_head head;
};

/* The C library's own list of this thread is given up; nothing here locks a robust mutex. */
static void *hold(void *arg)
{
	struct alive *a = arg;

	a->entry.next = &a->head.list;
	a->head = (struct robust_list_head){ { &a->entry }, (u8 *)a->word - (u8 *)&a->entry, NULL };
	if (!syscall(SYS_set_robust_list, &a->head, sizeof(a->head)))
		rt_store_release(a->word, (u32)syscall(SYS_gettid));
	while (!rt_load_acquire(&a->done))
		syscall(SYS_futex, &a->done, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	return NULL;
}

static int map_word(struct alive *a)
{
	void *mem;

	a->memfd = memfd_create("fsession-alive", MFD_CLOEXEC);
	if (a->memfd < 0 || ftruncate(a->memfd, RT_PAGE))
		return -errno;
	mem = mmap(NULL, RT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, a->memfd, 0);
	if (mem == MAP_FAILED)
		return -ENOMEM;
	a->word = mem;
	return 0;
}

int alive_start(struct alive **ret)
{
	struct alive *a = calloc(1, sizeof(*a));
	sigset_t all, old;
	int err;

	if (!a)
		return -ENOMEM;
	err = map_word(a);
	if (!err) {
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &old);
		err = -pthread_create(&a->thread, NULL, hold, a);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
		a->done = !!err;
	}
	if (err) {
		alive_stop(a);
		return err;
	}
	*ret = a;
	return 0;
}

void alive_stop(struct alive *a)
{
	if (!a)
		return;
	if (a->word && !a->done) {
		rt_store_release(&a->done, 1);
		syscall(SYS_futex, &a->done, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
		pthread_join(a->thread, NULL);
	}
	if (a->word)
		munmap(a->word, RT_PAGE);
	if (a->memfd >= 0)
		close(a->memfd);
	free(a);
}

int alive_memfd(const struct alive *a)
{
	return a->memfd;
}
