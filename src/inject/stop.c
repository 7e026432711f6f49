/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keeper's order of work: seize and interrupt every thread; see that the text is as expected; find
 * the PCs amid the bytes to be replaced, in registers and in signal frames; move them; write; let go.
 *
 * The keeper shares memory, and the thread block, with the thread that waits for it, so between clone
 * and exit it calls nothing that takes a lock or uses errno: system calls alone. All it needs is
 * allocated before. Where ptrace is forbidden and there is one thread only, that thread writes itself.
 */
#include "inject/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "arch/host.h"
#include "trampoline/guard.h"
#include "util/log.h"

#define STACK_BYTES (64u << 10)
#define THREADS_MAX 16384
#define MAPS_BYTES (8u << 20)
#define RANGES_MAX 256		/* stacks that one thread's frames may be spread over */
#define STOP_TIMEOUT_MS 2000

struct thread {
	pid_t tid;
	int sig;		/* to be delivered when let go */
	bool stopped;
	struct arch_thread_pc pc;
};

struct keeper {
	const struct tramp_patch *patches;
	u32 nr;
	bool look;		/* change nothing: is anyone inside ... */
	u64 guard_off;		/* ... of whom holds this? */
	pid_t pid;		/* of the process to be stopped */
	int go;			/* futex: the parent has permitted us */
	int err;
	bool done;
	int mem;		/* /proc/self/mem of the process */
	u32 nr_threads;
	struct thread *threads;
	char *maps;
	u32 maps_len;
};

/* -- System calls without errno --- */

static long sys(long nr, long a, long b, long c, long d)
{
	return arch_host_syscall(nr, a, b, c, d);
}

static long sys_ptrace(long req, pid_t tid, long addr, long data)
{
	return sys(SYS_ptrace, req, tid, addr, data);
}

static void sleep_a_little(void)
{
	struct timespec ts = { 0, 50000 };

	sys(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, (long)&ts, 0);
}

static u64 now_ms(void)
{
	struct timespec ts = {};

	sys(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&ts, 0, 0);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/* -- Text --- */

static bool text_is(const struct keeper *k, const struct tramp_patch *p)
{
	u8 now[ARCH_PATCH_MAX];

	return sys(SYS_pread64, k->mem, (long)now, p->len, p->addr) == p->len && !memcmp(now, p->old, p->len);
}

static int check_text(const struct keeper *k)
{
	for (u32 i = 0; i < k->nr; i++)
		if (!text_is(k, &k->patches[i]))
			return -EBUSY;
	return 0;
}

static int write_text(const struct keeper *k)
{
	for (u32 i = 0; i < k->nr; i++) {
		const struct tramp_patch *p = &k->patches[i];
		long n = sys(SYS_pwrite64, k->mem, (long)p->new, p->len, p->addr);

		if (n == p->len)
			continue;
		while (i--) {	/* what could be written can be written back */
			p = &k->patches[i];
			sys(SYS_pwrite64, k->mem, (long)p->old, p->len, p->addr);
		}
		return n < 0 ? n : -EIO;
	}
	return 0;
}

/* -- PCs --- */

static bool in_images(u64 pc)
{
	const struct guard_range *ranges;
	u32 nr = guard_ranges(&ranges);

	for (u32 i = 0; i < nr; i++)
		if (pc >= ranges[i].start && pc < ranges[i].end)
			return true;
	return false;
}

/* Where a thread at @pc is to go on; 0: where it is. -1: it must not be there. */
static u64 moved(const struct keeper *k, u64 pc)
{
	if (k->look)
		return in_images(pc) ? -1ULL : 0;
	for (u32 i = 0; i < k->nr; i++) {
		const struct tramp_patch *p = &k->patches[i];

		if (pc <= p->addr || pc >= p->addr + p->len)
			continue;
		for (u32 m = 0; m < p->nr_moves; m++)
			if (p->from[m] == pc)
				return p->to[m];
		return p->nr_moves ? -1ULL : 0;
	}
	return 0;
}

static int move_pc(struct keeper *k, struct thread *t)
{
	u64 to = moved(k, t->pc.pc);

	if (!to)
		return 0;
	return to == -1ULL ? -EAGAIN : arch_host_set_pc(t->tid, to);
}

/* The end of the private writable mapping around @sp; 0: there is none. */
static u64 stack_end(const struct keeper *k, u64 sp)
{
	const char *p = k->maps, *end = p + k->maps_len;

	while (p < end) {
		u64 lo = 0, hi = 0;

		for (; p < end && *p != '-'; p++)
			lo = lo << 4 | (*p <= '9' ? *p - '0' : *p - 'a' + 10);
		for (p++; p < end && *p != ' '; p++)
			hi = hi << 4 | (*p <= '9' ? *p - '0' : *p - 'a' + 10);
		if (sp >= lo && sp < hi)
			return p + 2 < end && p[1] == 'r' && p[2] == 'w' ? hi : 0;
		while (p < end && *p++ != '\n')
			;
	}
	return 0;
}

/* Rewrites saved PCs in signal frames from @sp on. Contexts found there lead to further stacks, such
 * as the one that a handler on the alternate stack interrupted. */
static int scan_stack(struct keeper *k, u64 sp, bool fix)
{
	u64 lo[RANGES_MAX], hi[RANGES_MAX], next_sp;
	u32 nr = 0, at;

	lo[nr] = sp & ~7ULL;
	hi[nr++] = stack_end(k, sp);
	for (at = 0; at < nr; at++) {
		for (u64 a = lo[at]; a + 8 <= hi[at]; a += 8) {
			u64 *word = (u64 *)a, to;
			bool known = false;

			if (!arch_host_is_saved_pc(word, (a - lo[at]) / 8, (hi[at] - a) / 8 - 1, &next_sp))
				continue;
			to = moved(k, *word);
			if (to == -1ULL)
				return -EAGAIN;
			if (to && fix)
				*word = to;
			for (u32 i = 0; i < nr; i++)
				known |= next_sp >= lo[i] && next_sp < hi[i];
			if (known || nr == RANGES_MAX || !stack_end(k, next_sp))
				continue;
			lo[nr] = next_sp & ~7ULL;
			hi[nr++] = stack_end(k, next_sp);
		}
	}
	return 0;
}

static int read_maps(struct keeper *k)
{
	int fd = sys(SYS_openat, AT_FDCWD, (long)"/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
	long n;

	if (fd < 0)
		return fd;
	do {
		n = sys(SYS_read, fd, (long)k->maps + k->maps_len, MAPS_BYTES - k->maps_len, 0);
		k->maps_len += n > 0 ? n : 0;
	} while (n > 0);
	sys(SYS_close, fd, 0, 0, 0);
	return n;
}

/* First look, then move: a refusal must find everything as it was. */
static int move_pcs(struct keeper *k)
{
	int err = read_maps(k);

	for (u32 i = 0; i < k->nr_threads && !err; i++) {
		struct thread *t = &k->threads[i];

		if (!t->stopped)
			continue;
		err = arch_host_get_pc(t->tid, &t->pc);
		if (!err && moved(k, t->pc.pc) == -1ULL)
			err = -EAGAIN;
		err = err ?: scan_stack(k, t->pc.sp, false);
	}
	for (u32 i = 0; i < k->nr_threads && !err; i++) {
		struct thread *t = &k->threads[i];

		if (!t->stopped)
			continue;
		err = move_pc(k, t);
		scan_stack(k, t->pc.sp, true);
	}
	return err;
}

/* -- Threads --- */

/* A thread that exits meanwhile, or the zombie of a leader, is none. */
static int seize(struct keeper *k, pid_t tid)
{
	long err = sys_ptrace(PTRACE_SEIZE, tid, 0, 0);

	if (err == -ESRCH)
		return 0;
	if (err == -EPERM && tid == k->pid && k->nr_threads)
		return 0;
	if (err)
		return err;
	if (k->nr_threads == THREADS_MAX)
		return -E2BIG;
	k->threads[k->nr_threads++].tid = tid;
	sys_ptrace(PTRACE_INTERRUPT, tid, 0, 0);
	return 0;
}

static bool is_known(const struct keeper *k, pid_t tid)
{
	for (u32 i = 0; i < k->nr_threads; i++)
		if (k->threads[i].tid == tid)
			return true;
	return false;
}

struct dirent64_raw {
	u64 ino, off;
	unsigned short reclen;
	u8 type;
	char name[];
};

/* Seizes every thread not known yet; *@found says whether there was one. */
static int seize_new(struct keeper *k, int dir, bool *found)
{
	u8 buf[4096] __attribute__((aligned(8)));
	int err = 0;
	long n;

	*found = false;
	sys(SYS_lseek, dir, 0, SEEK_SET, 0);
	while (!err && (n = sys(SYS_getdents64, dir, (long)buf, sizeof(buf), 0)) > 0) {
		for (long at = 0; at < n && !err;) {
			struct dirent64_raw *d = (struct dirent64_raw *)(buf + at);
			u32 before = k->nr_threads;
			pid_t tid = 0;

			at += d->reclen;
			for (const char *p = d->name; *p >= '0' && *p <= '9'; p++)
				tid = tid * 10 + *p - '0';
			if (!tid || is_known(k, tid))
				continue;
			err = seize(k, tid);
			*found |= k->nr_threads != before;
		}
	}
	return err;
}

/* PTRACE_EVENT_STOP is ours; any other stop is about a signal, which is to go on when we leave. */
static int wait_stopped(struct thread *t, u64 deadline)
{
	for (;;) {
		int status = 0;
		long got = sys(SYS_wait4, t->tid, (long)&status, __WALL | WNOHANG, 0);

		if (got < 0 || (got && !WIFSTOPPED(status)))
			return 0;	/* it is gone */
		if (got) {
			t->stopped = true;
			if (status >> 16 != PTRACE_EVENT_STOP)
				t->sig = WSTOPSIG(status);
			return 0;
		}
		if (now_ms() > deadline)
			return -EAGAIN;
		sys(SYS_sched_yield, 0, 0, 0, 0);
	}
}

static int stop_all(struct keeper *k)
{
	u64 deadline = now_ms() + STOP_TIMEOUT_MS;
	char path[32] = "/proc/", *p = path + 6;
	u32 waited = 0;
	int err, dir;
	bool found;

	for (u32 div = 1000000000; div; div /= 10)
		if (k->pid >= div)
			*p++ = '0' + k->pid / div % 10;
	memcpy(p, "/task", 6);
	dir = sys(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (dir < 0)
		return dir;
	do {	/* a thread not stopped yet may make another one */
		err = seize_new(k, dir, &found);
		for (; waited < k->nr_threads && !err; waited++)
			err = wait_stopped(&k->threads[waited], deadline);
	} while (!err && found);
	sys(SYS_close, dir, 0, 0, 0);
	return err;
}

static void let_go(struct keeper *k)
{
	for (u32 i = 0; i < k->nr_threads; i++)
		if (k->threads[i].stopped)
			sys_ptrace(PTRACE_DETACH, k->threads[i].tid, 0, k->threads[i].sig);
}

/* The keeper's whole life; its exit lets go of whatever is still seized. */
static int keeper_main(void *arg)
{
	struct keeper *k = arg;
	int err;

	while (!__atomic_load_n(&k->go, __ATOMIC_ACQUIRE))
		sleep_a_little();
	err = stop_all(k);
	err = err ?: check_text(k);
	err = err ?: move_pcs(k);
	err = err ?: write_text(k);
	if (!err && k->look && guard_is_held(k->guard_off))
		err = -EAGAIN;
	let_go(k);
	k->err = err;
	__atomic_store_n(&k->done, true, __ATOMIC_RELEASE);
	sys(SYS_exit, 0, 0, 0, 0);
	return 0;
}

/* -- The process --- */

static void *map_memory(size_t bytes)
{
	void *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			 -1, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

/* Signals are kept off the keeper, which would run our handlers on its stack. */
static int run_keeper(struct keeper *k, u8 *stack)
{
	sigset_t all, old;
	int pid, save = errno;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = clone(keeper_main, stack + STACK_BYTES, CLONE_VM | CLONE_FILES | CLONE_FS, k);
	if (pid < 0) {
		k->err = -errno;
	} else {
		prctl(PR_SET_PTRACER, pid);	/* fails without Yama, where it is not needed */
		__atomic_store_n(&k->go, 1, __ATOMIC_RELEASE);
		while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
			;
		if (!__atomic_load_n(&k->done, __ATOMIC_ACQUIRE))
			k->err = -ESRCH;
		prctl(PR_SET_PTRACER, 0);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = save;
	return k->err;
}

static bool is_alone(void)
{
	int dir = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	u8 buf[512] __attribute__((aligned(8)));
	u32 nr = 0;
	long n;

	if (dir < 0)
		return false;
	n = sys(SYS_getdents64, dir, (long)buf, sizeof(buf), 0);
	for (long at = 0; at < n; nr++)
		at += ((struct dirent64_raw *)(buf + at))->reclen;
	close(dir);
	return nr == 3;		/* ".", ".." and this one */
}

static int explain(int err)
{
	switch (err) {
	case 0:
		return 0;
	case -EBUSY:
		return fail_hint(err, "remove the breakpoint, uprobe or other tracer first",
				 "inject: text is not as expected");
	case -EAGAIN:
		return fail_hint(err, "a thread in vfork() or a driver does not stop; try again",
				 "inject: cannot stop all threads");
	case -EPERM:
	case -EACCES:
	case -ENOSYS:
		return fail_hint(-EPERM,
				 "a debugger is attached, the process is not dumpable (prctl PR_SET_DUMPABLE), "
				 "or a container forbids ptrace (--cap-add=SYS_PTRACE)",
				 "inject: cannot stop threads: %s", log_errstr(err));
	default:
		return fail(err, "inject: cannot change text: %s", log_errstr(err));
	}
}

static int alone(struct keeper *k)
{
	if (k->look)
		return guard_is_held(k->guard_off) ? -EAGAIN : 0;
	return check_text(k) ?: write_text(k);
}

static int stop_and(struct keeper *k)
{
	u8 *stack = map_memory(STACK_BYTES);
	int err = -ENOMEM;

	k->pid = getpid();
	k->mem = -1;
	k->threads = map_memory(THREADS_MAX * sizeof(*k->threads));
	k->maps = map_memory(MAPS_BYTES);
	if (!stack || !k->threads || !k->maps)
		goto out;
	k->mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (k->mem < 0) {
		err = fail(-errno, "inject: cannot open /proc/self/mem: %s", log_errstr(errno));
		goto out;
	}
	err = run_keeper(k, stack);
	if ((err == -EPERM || err == -EACCES || err == -ENOSYS) && is_alone())
		err = alone(k);
	if (err != -EAGAIN || !k->look)
		err = explain(err);
out:
	if (k->mem >= 0)
		close(k->mem);
	if (k->maps)
		munmap(k->maps, MAPS_BYTES);
	if (k->threads)
		munmap(k->threads, THREADS_MAX * sizeof(*k->threads));
	if (stack)
		munmap(stack, STACK_BYTES);
	return err;
}

int stop_and_patch(const struct tramp_patch *patches, u32 nr)
{
	struct keeper k = { .patches = patches, .nr = nr };

	return stop_and(&k);
}

int stop_and_look(u64 guard_off)
{
	struct keeper k = { .look = true, .guard_off = guard_off };

	return stop_and(&k);
}
