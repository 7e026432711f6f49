/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program with a dynamic loader reaches its entry point long after the kernel has started it: the loader goes where the
 * auxiliary vector on the stack says. That is made to be a detour of a few bytes, with a system call at which we see
 * the program arrive. If we are killed meanwhile it takes that way alone; a breakpoint would be its end.
 */
#include "inject/launch.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arch/host.h"
#include "inject/maps.h"
#include "inject/mem.h"
#include "inject/refuse.h"
#include "inject/stop.h"
#include "util/log.h"

/* It waits stopped for a while: if the parent is killed then, it goes on. */
int launch_child(void)
{
	if (prctl(PR_SET_PDEATHSIG, SIGCONT))
		return -errno;
	return ptrace(PTRACE_TRACEME, 0, 0, 0) ? -errno : 0;
}

/* -- Stops --- */

/* Waits for a SIGTRAP, or lets it run to the next system call's beginning or end; other signals go to it. Its end is
 * left for who waits for it. */
static int wait_trap(pid_t pid, bool go)
{
	siginfo_t si;
	int sig = 0;

	for (;; go = true) {
		if (go && ptrace(PTRACE_SYSCALL, pid, 0, (long)sig))
			return -ESRCH;
		do {
			si = (siginfo_t){ 0 };
		} while (waitid(P_PID, pid, &si, WEXITED | WSTOPPED | WNOWAIT | __WALL) && errno == EINTR);
		if (si.si_code != CLD_TRAPPED && si.si_code != CLD_STOPPED)
			return -ESRCH;
		waitid(P_PID, pid, &si, WSTOPPED | __WALL);
		sig = si.si_status & 0x7f;
		if (sig == SIGTRAP)
			return 0;
	}
}

/* -- The entry point --- */

static int find_entry(pid_t pid, u64 *ret)
{
	Elf64_auxv_t aux;
	char path[32];
	int fd, err = -EOPNOTSUPP;

	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (err && read(fd, &aux, sizeof(aux)) == sizeof(aux) && aux.a_type != AT_NULL) {
		if (aux.a_type != AT_ENTRY)
			continue;
		*ret = aux.a_un.a_val;
		err = 0;
	}
	close(fd);
	return err;
}

/* Where AT_ENTRY is for the program's loader: behind the arguments and the environment, which are still as the kernel
 * has laid them at @sp. */
static int find_aux(int mem, u64 sp, u64 *ret)
{
	u64 word, at = sp, aux[2];

	if (pread(mem, &word, 8, at) != 8)
		return -EFAULT;
	at += 8 * (word + 2);	/* their number, they, NULL */
	do {
		if (pread(mem, &word, 8, at) != 8)
			return -EFAULT;
		at += 8;
	} while (word);
	for (;; at += sizeof(aux)) {
		if (pread(mem, aux, sizeof(aux), at) != sizeof(aux) || aux[0] == AT_NULL)
			return -EFAULT;
		if (aux[0] == AT_ENTRY)
			break;
	}
	*ret = at + 8;
	return 0;
}

struct detour {
	int mem;
	long options;		/* of ptrace, that it has */
	u64 entry, aux, at;	/* .aux: address of the word that says where to go */
	struct arch_detour code;
};

static int lay_detour(pid_t pid, u64 sp, struct detour *d)
{
	struct maps maps;
	int err = maps_read(pid, &maps);

	if (err)
		return err;
	arch_host_detour(d->entry, &d->code);
	d->at = maps_padding(&maps, d->mem, NULL, d->code.len);
	maps_done(&maps);
	err = d->at ? find_aux(d->mem, sp, &d->aux) : -EOPNOTSUPP;
	if (err)
		return err;
	if (pwrite(d->mem, d->code.bytes, d->code.len, d->at) != d->code.len ||
	    pwrite(d->mem, &d->at, 8, d->aux) != 8)
		return -EFAULT;
	return 0;
}

static int take_away(const struct detour *d)
{
	const u8 zeros[ARCH_DETOUR_MAX] = { 0 };

	if (pwrite(d->mem, &d->entry, 8, d->aux) != 8 || pwrite(d->mem, zeros, d->code.len, d->at) != d->code.len)
		return -EFAULT;
	return 0;
}

/* Both ends of the system call are seen: behind the second nothing of it is left to be done. Of a stop that nobody has
 * waited for when we are killed, the kernel makes a signal, by its number; with this option that is none. */
static int run_detour(pid_t pid, const struct detour *d)
{
	struct arch_thread_pc pc;
	int err = ptrace(PTRACE_SETOPTIONS, pid, 0, d->options | PTRACE_O_TRACESYSGOOD) ? -ESRCH : 0;

	for (u32 seen = 0; seen < 2 && !err; seen += !err && pc.pc == d->at + d->code.pc_off) {
		err = wait_trap(pid, true);
		err = err ?: arch_host_get_pc(pid, &pc);
	}
	err = err ?: take_away(d);
	err = err ?: arch_host_set_pc(pid, d->entry);
	return err ?: ptrace(PTRACE_SETOPTIONS, pid, 0, d->options) ? -ESRCH : 0;
}

/* One without a loader is there. */
static int run_to(pid_t pid, struct detour *d)
{
	struct arch_thread_pc pc;
	int err = arch_host_get_pc(pid, &pc);

	if (err || pc.pc == d->entry)
		return err;
	err = lay_detour(pid, pc.sp, d);
	return err ?: run_detour(pid, d);
}

/*
 * From traced to stopped, for whoever traces it next. The signal is pending before it is let go, so that the SIGCONT of our
 * death takes it away; one that PTRACE_DETACH gives is made when the process runs again, which may be after that.
 */
static int leave_stopped(pid_t pid)
{
	siginfo_t si;

	if (kill(pid, SIGSTOP) || ptrace(PTRACE_DETACH, pid, 0, 0))
		return -errno;
	while (waitid(P_PID, pid, &si, WEXITED | WSTOPPED | WNOWAIT) && errno == EINTR)
		;
	return si.si_code == CLD_STOPPED ? 0 : -ESRCH;
}

static int run_to_entry(pid_t pid, long options)
{
	struct detour d = { .mem = -1, .options = options };
	int err = find_entry(pid, &d.entry);

	if (!err) {
		d.mem = mem_open(pid);
		err = d.mem < 0 ? d.mem : run_to(pid, &d);
	}
	if (d.mem >= 0)
		close(d.mem);
	return err;
}

static int explain(pid_t pid, int err)
{
	return err ? fail(err, "inject: cannot start process %d under control: %s", pid, log_errstr(err)) : 0;
}

int launch_parent(pid_t pid)
{
	int err = wait_trap(pid, false);

	if (!err && (err = refuse_check(pid)))
		return err;
	err = err ?: run_to_entry(pid, 0);
	return explain(pid, err ?: leave_stopped(pid));
}

/* An interrupt that was asked for comes before the first instruction. */
int launch_executed(pid_t pid)
{
	int err = refuse_check(pid);

	if (err)
		return err;
	err = run_to_entry(pid, STOP_HOLD_OPTIONS);
	if (!err && (ptrace(PTRACE_INTERRUPT, pid, 0, 0) || ptrace(PTRACE_CONT, pid, 0, 0)))
		err = -errno;
	return explain(pid, err);
}
