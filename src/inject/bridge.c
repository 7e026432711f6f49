/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject/bridge.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS 100000000	/* a producer may be killed between record and wake-up */

struct bridge {
	const struct rt_map *rt;
	void (*fn)(void *arg);
	void *arg;
	bool done;
	pthread_t thread;
};

static void *run(void *arg)
{
	const struct timespec look = { 0, LOOK_NS };
	struct bridge *b = arg;
	u32 *word = &b->rt->hdr->wakeups;
	bool done;

	do {
		u32 seen = rt_load_acquire(word);

		done = rt_load_acquire(&b->done);
		b->fn(b->arg);
		if (!done)
			syscall(SYS_futex, word, FUTEX_WAIT, seen, &look, NULL, 0);
	} while (!done);
	return NULL;
}

int bridge_start(const struct rt_map *rt, void (*fn)(void *arg), void *arg, struct bridge **ret)
{
	struct bridge *b = calloc(1, sizeof(*b));
	sigset_t all, old;
	int err;

	if (!b)
		return -ENOMEM;
	b->rt = rt;
	b->fn = fn;
	b->arg = arg;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = -pthread_create(&b->thread, NULL, run, b);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err) {
		free(b);
		return err;
	}
	*ret = b;
	return 0;
}

void bridge_stop(struct bridge *b)
{
	if (!b)
		return;
	rt_store_release(&b->done, true);
	__atomic_fetch_add(&b->rt->hdr->wakeups, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &b->rt->hdr->wakeups, FUTEX_WAKE, 1, NULL, NULL, 0);
	pthread_join(b->thread, NULL);
	free(b);
}
