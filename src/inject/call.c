/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread is made to return from a signal handler that never was: below its stack lies the frame,
 * and behind every system call of the gadget is rt_sigreturn(). We stop it between the two, by
 * PTRACE_SYSCALL, which ends with us (a single step would not: it leaves a trap behind). Signals are
 * blocked meanwhile; the frame has the mask that was.
 *
 * The order is such that a death between any two steps is harmless: registers that lead to the frame
 * are set before signals are blocked, and are the last thing to be put back.
 */
#include "inject/call.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inject/maps.h"
#include "util/log.h"

#define GETSIGMASK 0x420a	/* PTRACE_GETSIGMASK, PTRACE_SETSIGMASK */
#define SETSIGMASK 0x420b
#define SYSCALL_STOP (SIGTRAP | 0x80)

struct call {
	struct stop stop;
	struct stop_thread *thread;	/* the borrowed one */
	struct arch_borrow borrow;
	u8 stack[ARCH_FRAME_MAX];	/* what was where the frame is */
	u64 gadget;
	bool gadget_is_lent;		/* in place of zeroed bytes of a mapping */
	bool borrowed;
	u64 sigmask;
};

static bool peek(const struct call *c, u64 addr, void *buf, u32 len)
{
	return pread(c->stop.mem, buf, len, addr) == (ssize_t)len;
}

static bool poke(const struct call *c, u64 addr, const void *buf, u32 len)
{
	return pwrite(c->stop.mem, buf, len, addr) == (ssize_t)len;
}

/* -- The gadget --- */

static int lend_gadget(struct call *c)
{
	u8 now[sizeof(arch_host_gadget.bytes)];
	struct maps maps;
	int err = maps_read(c->thread->tid, &maps);

	if (err)
		return err;
	c->gadget = maps_padding(&maps, c->stop.mem, arch_host_gadget.bytes, sizeof(now));
	maps_done(&maps);
	if (!c->gadget)
		return fail(-EOPNOTSUPP, "inject: process %d has no room for a few bytes of code", c->stop.pid);
	if (peek(c, c->gadget, now, sizeof(now)) && !memcmp(now, arch_host_gadget.bytes, sizeof(now)))
		return 0;	/* a thread that somebody who was killed had borrowed may still be there: it stays */
	if (!poke(c, c->gadget, arch_host_gadget.bytes, arch_host_gadget.len))
		return fail_hint(-EPERM, "kernel option proc_mem.force_override must not be 'never'",
				 "inject: cannot write code of process %d: %s", c->stop.pid, log_errstr(errno));
	c->gadget_is_lent = true;
	return 0;
}

static int return_gadget(struct call *c)
{
	const u8 zeros[sizeof(arch_host_gadget.bytes)] = { 0 };

	if (!c->gadget_is_lent)
		return 0;
	c->gadget_is_lent = false;
	return poke(c, c->gadget, zeros, arch_host_gadget.len) ? 0 : -EIO;
}

int call_set_gadget(struct call *c, u64 gadget)
{
	int err = return_gadget(c);

	c->gadget = gadget;
	return err;
}

/* -- The thread --- */

/* One that stopped for us, rather than on its way to a signal handler. */
static struct stop_thread *pick_thread(struct stop *s)
{
	struct stop_thread *any = NULL;

	for (u32 i = 0; i < s->nr_threads; i++) {
		struct stop_thread *t = &s->threads[i];

		if (!t->stopped || t->in_call)
			continue;
		if (!t->sig)
			return t;
		any = t;
	}
	return any;
}

/* Runs the thread to the next entry or exit of a system call. */
static int run_to_call(struct call *c)
{
	struct stop_thread *t = c->thread;
	int status;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, t->tid, 0, 0))
			return -ESRCH;
		if (stop_await(&c->stop, t, &status))
			return -ESRCH;
		if (WSTOPSIG(status) == SYSCALL_STOP)
			return 0;
		if (!(status >> 16))	/* a signal that cannot be blocked: for later */
			t->sig = WSTOPSIG(status);
	}
}

static int borrow(struct call *c)
{
	const long opts = PTRACE_O_TRACESYSGOOD | (c->stop.hold ? STOP_HOLD_OPTIONS : 0);
	const u64 all = ~0ULL;
	const long none[6] = { 0 };
	struct stop_thread *t = c->thread;
	int err;

	err = arch_host_borrow(t->tid, &c->borrow);
	if (err)
		return err;
	if (!peek(c, c->borrow.sp, c->stack, c->borrow.frame_len) ||
	    !poke(c, c->borrow.sp, c->borrow.frame, c->borrow.frame_len))
		return fail(-EFAULT, "inject: thread %d has no room on its stack", t->tid);
	if (ptrace(PTRACE_SETOPTIONS, t->tid, 0, opts | PTRACE_O_SUSPEND_SECCOMP) &&
	    ptrace(PTRACE_SETOPTIONS, t->tid, 0, opts))
		return -ESRCH;
	if (ptrace(GETSIGMASK, t->tid, 8, &c->sigmask))
		return -ESRCH;
	err = arch_host_borrow_call(t->tid, &c->borrow, c->gadget, SYS_getpid, none);
	if (err)
		return err;
	c->borrowed = true;
	return ptrace(SETSIGMASK, t->tid, 8, &all) ? -ESRCH : 0;
}

static void give_back(struct call *c)
{
	if (!c->borrowed)
		return;
	c->borrowed = false;
	ptrace(PTRACE_SETOPTIONS, c->thread->tid, 0, c->stop.hold ? STOP_HOLD_OPTIONS : 0);
	ptrace(SETSIGMASK, c->thread->tid, 8, &c->sigmask);
	arch_host_borrow_end(c->thread->tid, &c->borrow);
	poke(c, c->borrow.sp, c->stack, c->borrow.frame_len);
}

int call_begin(pid_t pid, int mem, u64 gadget, struct stop_hold *hold, struct call **ret)
{
	struct call *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->gadget = gadget;
	err = stop_init(&c->stop, pid, mem, 0);
	c->stop.hold = hold;
	err = err ?: stop_all(&c->stop);
	if (err)
		goto out;
	for (u32 i = 0; i < c->stop.nr_threads; i++)
		if (c->stop.threads[i].stopped)
			arch_host_get_pc(c->stop.threads[i].tid, &c->stop.threads[i].pc);
	c->thread = pick_thread(&c->stop);
	err = c->thread ? 0 : -EAGAIN;
	if (!err && !gadget)
		err = lend_gadget(c);
	err = err ?: borrow(c);
	if (err)
		goto out;
	*ret = c;
	return 0;
out:
	call_end(c);
	return err;
}

long call_make(struct call *c, long nr, long a, long b, long c3, long d, long e, long f)
{
	const long args[6] = { a, b, c3, d, e, f };
	long ret;
	int err;

	err = arch_host_borrow_call(c->thread->tid, &c->borrow, c->gadget, nr, args);
	err = err ?: run_to_call(c);
	err = err ?: run_to_call(c);
	err = err ?: arch_host_borrow_result(c->thread->tid, &ret);
	return err ?: ret;
}

struct stop *call_stop(struct call *c)
{
	return &c->stop;
}

void call_end(struct call *c)
{
	if (!c)
		return;
	give_back(c);
	return_gadget(c);
	stop_release(&c->stop);
	stop_done(&c->stop);
	free(c);
}
