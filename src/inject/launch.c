/* SPDX-License-Identifier: BSD-2-Clause */
/* The way to the program's entry point is a breakpoint there. */
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
#include "util/log.h"

/* It waits stopped for a while: if the parent is killed then, it goes on. */
int launch_child(void)
{
	if (prctl(PR_SET_PDEATHSIG, SIGCONT))
		return -errno;
	return ptrace(PTRACE_TRACEME, 0, 0, 0) ? -errno : 0;
}

/* -- Stops --- */

/* Runs it to a SIGTRAP; other signals go to it. Its end is left for who waits for it. */
static int wait_trap(pid_t pid, bool go)
{
	siginfo_t si;
	int sig = 0;

	for (;; go = true) {
		if (go && ptrace(PTRACE_CONT, pid, 0, (long)sig))
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

static int open_mem(pid_t pid)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int run_to(pid_t pid, int mem, u64 entry)
{
	const u32 len = arch_host_breakpoint.len;
	struct arch_thread_pc pc;
	u8 old[16];
	int err;

	if (pread(mem, old, len, entry) != len || pwrite(mem, arch_host_breakpoint.bytes, len, entry) != len)
		return -EFAULT;
	do {
		err = wait_trap(pid, true);
		err = err ?: arch_host_get_pc(pid, &pc);
	} while (!err && pc.pc != entry + arch_host_breakpoint.pc_off);
	if (err)
		return err;
	if (pwrite(mem, old, len, entry) != len)
		return -EFAULT;
	return arch_host_set_pc(pid, entry);
}

/* From traced to stopped, for whoever traces it next. */
static int leave_stopped(pid_t pid)
{
	siginfo_t si;

	if (ptrace(PTRACE_DETACH, pid, 0, (long)SIGSTOP))
		return -errno;
	while (waitid(P_PID, pid, &si, WEXITED | WSTOPPED | WNOWAIT) && errno == EINTR)
		;
	return si.si_code == CLD_STOPPED ? 0 : -ESRCH;
}

static int run_to_entry(pid_t pid)
{
	u64 entry = 0;
	int mem = -1, err;

	err = find_entry(pid, &entry);
	if (!err) {
		mem = open_mem(pid);
		err = mem < 0 ? mem : run_to(pid, mem, entry);
	}
	if (mem >= 0)
		close(mem);
	return err;
}

static int explain(pid_t pid, int err)
{
	return err ? fail(err, "inject: cannot start process %d under control: %s", pid, log_errstr(err)) : 0;
}

int launch_parent(pid_t pid)
{
	int err = wait_trap(pid, false);

	err = err ?: run_to_entry(pid);
	return explain(pid, err ?: leave_stopped(pid));
}

/* An interrupt that was asked for comes before the first instruction. */
int launch_executed(pid_t pid)
{
	int err = run_to_entry(pid);

	if (!err && (ptrace(PTRACE_INTERRUPT, pid, 0, 0) || ptrace(PTRACE_CONT, pid, 0, 0)))
		err = -errno;
	return explain(pid, err);
}
