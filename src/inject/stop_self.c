/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The helper shares memory, and the thread block, with the thread that waits for it, so between clone
 * and exit it calls nothing that takes a lock or uses errno. All it needs is allocated before. Where
 * ptrace is forbidden and there is one thread only, that thread does the work itself.
 */
#include "inject/stop_self.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "inject/stop.h"
#include "trampoline/guard.h"
#include "util/log.h"

#define STACK_BYTES (64u << 10)

struct job {
	struct stop stop;
	const struct tramp_patch *patches;	/* NULL: something else */
	struct tramp_piece *pieces;		/* NULL: look for who is in a program */
	u32 nr;
	u64 guard_off, looked_at;
	int go;			/* the parent has permitted us */
	int err;
	bool done;
};

/* On stopped threads, or with one thread that is here. */
static int do_job(struct job *j)
{
	if (j->patches)
		return stop_patch(&j->stop, j->patches, j->nr);
	if (j->pieces)
		return stop_find_users(&j->stop, j->pieces, j->nr, &j->looked_at);
	return stop_look(&j->stop, j->guard_off);
}

static void sleep_a_little(void)
{
	struct timespec ts = { 0, 50000 };

	arch_host_syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, (long)&ts, 0);
}

/* The helper's whole life; its exit lets go of whatever is still seized. */
static int helper_main(void *arg)
{
	struct job *j = arg;
	int err;

	while (!__atomic_load_n(&j->go, __ATOMIC_ACQUIRE))
		sleep_a_little();
	err = stop_all(&j->stop);
	err = err ?: do_job(j);
	stop_release(&j->stop);
	j->err = err;
	__atomic_store_n(&j->done, true, __ATOMIC_RELEASE);
	arch_host_syscall(SYS_exit, 0, 0, 0, 0);
	return 0;
}

/* Signals are kept off the helper, which would run our handlers on its stack. */
static int run_helper(struct job *j, u8 *stack)
{
	sigset_t all, old;
	int pid, save = errno;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = clone(helper_main, stack + STACK_BYTES, CLONE_VM | CLONE_FILES | CLONE_FS, j);
	if (pid < 0) {
		j->err = -errno;
	} else {
		prctl(PR_SET_PTRACER, pid);	/* fails without Yama, where it is not needed */
		__atomic_store_n(&j->go, 1, __ATOMIC_RELEASE);
		while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
			;
		if (!__atomic_load_n(&j->done, __ATOMIC_ACQUIRE))
			j->err = -ESRCH;
		prctl(PR_SET_PTRACER, 0);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = save;
	return j->err;
}

static bool is_alone(void)
{
	int dir = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	u8 buf[512] __attribute__((aligned(8)));
	u32 nr = 0;
	long n;

	if (dir < 0)
		return false;
	n = arch_host_syscall(SYS_getdents64, dir, (long)buf, sizeof(buf), 0);
	for (long at = 0; at < n; nr++)
		at += *(unsigned short *)(buf + at + 16);
	close(dir);
	return nr == 3;		/* ".", ".." and this one */
}

static bool is_forbidden(int err)
{
	return err == -EPERM || err == -EACCES || err == -ENOSYS;
}

static int run(struct job *j, int mem)
{
	void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err;

	if (stack == MAP_FAILED)
		return -ENOMEM;
	err = stop_init(&j->stop, getpid(), mem, (u64)&guard_table);
	if (err)
		goto out;
	stop_skip(&j->stop, stack, STACK_BYTES);
	stop_skip(&j->stop, j->pieces, j->nr * sizeof(*j->pieces));
	err = run_helper(j, stack);
	if (is_forbidden(err) && is_alone())
		err = do_job(j);
	if (j->patches || (err != -EAGAIN && !j->pieces))
		stop_explain(err);
	stop_done(&j->stop);
out:
	munmap(stack, STACK_BYTES);
	return is_forbidden(err) ? -EPERM : err;
}

static int stop_and(struct job *j)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC), err;

	if (mem < 0)
		return fail(-errno, "inject: cannot open /proc/self/mem: %s", log_errstr(errno));
	err = run(j, mem);
	close(mem);
	return err;
}

int stop_self_patch(const struct tramp_patch *patches, u32 nr)
{
	struct job j = { .patches = patches, .nr = nr };

	return stop_and(&j);
}

int stop_self_look(u64 guard_off)
{
	struct job j = { .guard_off = guard_off };

	return stop_and(&j);
}

int stop_self_find_users(struct tramp_piece *pieces, u32 nr, u64 *looked_at)
{
	struct job j = { .pieces = pieces, .nr = nr };
	int err = stop_and(&j);

	*looked_at = j.looked_at;
	return err;
}
