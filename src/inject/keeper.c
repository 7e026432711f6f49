/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The journal is a table of places. A row is filled, then marked; it is forgotten when the place has its own
 * bytes again. So whenever we die, a place whose bytes may be ours has a row, and a row says nothing
 * about which bytes are there: the keeper looks.
 *
 * The keeper is forked from a process that may have threads: it makes system calls alone, in memory that was
 * allocated before.
 */
#include "inject/keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "inject/stop.h"

#define ROWS_MAX (1u << 17)	/* power of two */
#define NEAR_BYTES 4096ULL	/* rows of places so near each other are, too */
#define NEAR_ROWS 256
#define FORGOTTEN 1		/* .addr of a row that was in use: others may lie behind it */
#define TRIES 1000		/* of a millisecond */

struct row {
	u64 addr;		/* 0: never used, FORGOTTEN: no more */
	u32 len;
	u8 orig[ARCH_PATCH_MAX], ours[ARCH_PATCH_MAX];
};

struct journal {
	u32 done;		/* there is nothing to be kept any more */
	struct row rows[ROWS_MAX];	/* by a hash of .addr */
};

struct keeper {
	pid_t pid;		/* of the keeper */
	struct journal *journal;	/* shared */
	struct stop stop;
	struct tramp_patch *patches;	/* ROWS_MAX, of the keeper */
	int parent, mem;	/* pidfd of the process that keeps us; /proc/PID/mem */
};

/* -- The keeper --- */

static long sys(long nr, long a, long b, long c, long d)
{
	return arch_host_syscall(nr, a, b, c, d);
}

static bool is_ours(const struct keeper *k, const struct row *r)
{
	u8 now[ARCH_PATCH_MAX];

	return sys(SYS_pread64, k->mem, (long)now, r->len, r->addr) == r->len && !memcmp(now, r->ours, r->len);
}

/* A thread amid our bytes is waited for: none of them is a place to go on from elsewhere. */
static u32 fill_patches(struct keeper *k)
{
	u32 nr = 0;

	for (u32 i = 0; i < ROWS_MAX; i++) {
		const struct row *r = &k->journal->rows[i];
		struct tramp_patch *p = &k->patches[nr];

		if (__atomic_load_n(&r->addr, __ATOMIC_ACQUIRE) <= FORGOTTEN || !is_ours(k, r))
			continue;
		p->addr = r->addr;
		p->len = r->len;
		memcpy(p->old, r->ours, r->len);
		memcpy(p->new, r->orig, r->len);
		p->nr_moves = 1;
		nr++;
	}
	return nr;
}

static void put_back(struct keeper *k)
{
	for (u32 i = 0; i < TRIES && fill_patches(k); i++) {
		struct timespec pause = { .tv_nsec = 1000000 };
		struct pollfd none = { .fd = -1 };
		int err = stop_all(&k->stop);
		u32 nr = err ? 0 : fill_patches(k);

		if (nr)
			err = stop_patch(&k->stop, k->patches, nr);
		stop_release(&k->stop);
		if (!err || err == -ESRCH)
			return;
		sys(SYS_ppoll, (long)&none, 1, (long)&pause, 0);
	}
}

static void keep(struct keeper *k)
{
	struct pollfd fd = { k->parent, POLLIN };
	const int lowest = k->parent < k->mem ? k->parent : k->mem, highest = k->parent + k->mem - lowest;

	/* Nobody waits for our descriptors, nor sends us signals by the terminal. */
	sys(SYS_setsid, 0, 0, 0, 0);
	sys(SYS_close_range, 0, lowest - 1, 0, 0);
	if (highest > lowest + 1)
		sys(SYS_close_range, lowest + 1, highest - 1, 0, 0);
	sys(SYS_close_range, highest + 1, ~0U, 0, 0);
	while (sys(SYS_ppoll, (long)&fd, 1, 0, 0) == -EINTR)
		;
	if (!__atomic_load_n(&k->journal->done, __ATOMIC_ACQUIRE))
		put_back(k);
	sys(SYS_exit_group, 0, 0, 0, 0);
}

/* -- Its parent --- */

static void *map_memory(u64 bytes, int flags)
{
	void *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

static void keeper_free(struct keeper *k)
{
	stop_done(&k->stop);
	if (k->journal)
		munmap(k->journal, sizeof(*k->journal));
	if (k->patches)
		munmap(k->patches, ROWS_MAX * sizeof(*k->patches));
	if (k->parent >= 0)
		close(k->parent);
	free(k);
}

static int fork_keeper(struct keeper *k)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);	/* it has no use for our handlers */
	k->pid = fork();
	if (!k->pid)
		keep(k);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return k->pid < 0 ? -errno : 0;
}

int keeper_start(pid_t pid, int mem, struct keeper **ret)
{
	struct keeper *k = calloc(1, sizeof(*k));
	int err;

	if (!k)
		return -ENOMEM;
	k->mem = mem;
	k->parent = syscall(SYS_pidfd_open, getpid(), 0);
	k->journal = map_memory(sizeof(*k->journal), MAP_SHARED);
	k->patches = map_memory(ROWS_MAX * sizeof(*k->patches), MAP_PRIVATE);
	err = k->parent < 0 ? -errno : !k->journal || !k->patches ? -ENOMEM : 0;
	err = err ?: stop_init(&k->stop, pid, mem, 0);
	err = err ?: fork_keeper(k);
	if (err) {
		keeper_free(k);
		return err;
	}
	*ret = k;
	return 0;
}

void keeper_stop(struct keeper *k)
{
	if (!k)
		return;
	__atomic_store_n(&k->journal->done, 1, __ATOMIC_RELEASE);
	kill(k->pid, SIGKILL);
	waitpid(k->pid, NULL, 0);
	keeper_free(k);
}

static u32 first_row(u64 addr)
{
	u32 page = addr / NEAR_BYTES * 0x9e3779b97f4a7c15ULL >> 40;

	return (page * NEAR_ROWS + addr % NEAR_BYTES / (NEAR_BYTES / NEAR_ROWS)) % ROWS_MAX;
}

/* Its row, else one that may become it; NULL: there is none left. */
static struct row *find_row(struct keeper *k, u64 addr)
{
	u32 first = first_row(addr);
	struct row *free = NULL;

	for (u32 i = 0; i < ROWS_MAX; i++) {
		struct row *r = &k->journal->rows[(first + i) % ROWS_MAX];

		if (r->addr == addr)
			return r;
		if (r->addr <= FORGOTTEN && !free)
			free = r;
		if (!r->addr)
			break;
	}
	return free;
}

int keeper_note(struct keeper *k, const struct tramp_patch *patches, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		const struct tramp_patch *p = &patches[i];
		struct row *r = find_row(k, p->addr);

		if (!r)
			return -ENOSPC;
		if (r->addr == p->addr)
			continue;	/* what was there first is what is put back */
		r->len = p->len;
		memcpy(r->orig, p->old, p->len);
		memcpy(r->ours, p->new, p->len);
		__atomic_store_n(&r->addr, p->addr, __ATOMIC_RELEASE);
	}
	return 0;
}

void keeper_forget(struct keeper *k, const struct tramp_patch *patches, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		struct row *r = find_row(k, patches[i].addr);

		if (r && r->addr == patches[i].addr && !is_ours(k, r))
			__atomic_store_n(&r->addr, FORGOTTEN, __ATOMIC_RELEASE);
	}
}
