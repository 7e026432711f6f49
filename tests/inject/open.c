/* SPDX-License-Identifier: BSD-2-Clause */
#include "open.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <elfutils/libdwfl.h>

struct watch {
	pid_t pid;
	void (*frame)(u64 pc, void *arg);
	void *arg;
	u32 nr_unknown;
};

static int on_frame(Dwfl_Frame *frame, void *arg)
{
	const struct watch *w = arg;
	Dwarf_Addr pc;

	if (dwfl_frame_pc(frame, &pc, NULL))
		w->frame(pc, w->arg);
	return DWARF_CB_OK;
}

static int no_debuginfo(Dwfl_Module *m, void **data, const char *name, Dwarf_Addr base, const char *file,
			const char *link, GElf_Word crc, char **ret)
{
	(void)m, (void)data, (void)name, (void)base, (void)file, (void)link, (void)crc, (void)ret;
	return -1;
}

/* In a system call, by which it ends or amid which it was ended, of code with unwind information. */
static bool is_known(Dwfl *dwfl, pid_t tid)
{
	struct user_regs_struct regs;
	Dwarf_Frame *frame;
	Dwarf_Addr bias;
	Dwfl_Module *m;
	Dwarf_CFI *cfi;

	if (ptrace(PTRACE_GETREGS, tid, 0, &regs) || (long)regs.orig_rax < 0)
		return false;
	m = dwfl_addrmodule(dwfl, regs.rip);
	cfi = m ? dwfl_module_eh_cfi(m, &bias) : NULL;
	if (!cfi || dwarf_cfi_addrframe(cfi, regs.rip - bias, &frame))
		return false;
	free(frame);
	return true;
}

static void look(struct watch *w, pid_t tid)
{
	static const Dwfl_Callbacks callbacks = { .find_elf = dwfl_linux_proc_find_elf,
						  .find_debuginfo = no_debuginfo };
	Dwfl *dwfl = dwfl_begin(&callbacks);
	bool known;

	known = !dwfl_linux_proc_report(dwfl, w->pid) && !dwfl_report_end(dwfl, NULL, NULL) &&
		is_known(dwfl, tid) && !dwfl_linux_proc_attach(dwfl, w->pid, true);
	if (known)
		dwfl_getthread_frames(dwfl, tid, on_frame, w);
	else
		w->nr_unknown++;
	dwfl_end(dwfl);
}

static bool is_group_stop(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

static void on_stop(struct watch *w, pid_t tid, int status)
{
	int event = status >> 16, sig = WSTOPSIG(status);

	if (event == PTRACE_EVENT_EXIT)
		look(w, tid);
	if (event == PTRACE_EVENT_STOP && is_group_stop(sig))
		ptrace(PTRACE_LISTEN, tid, 0, 0);
	else
		ptrace(PTRACE_CONT, tid, 0, event ? 0 : sig);
}

int open_watch(pid_t pid, void (*frame)(u64 pc, void *arg), void *arg, int *status, u32 *nr_unknown)
{
	struct watch w = { pid, frame, arg, 0 };
	pid_t tid;

	if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT | PTRACE_O_TRACECLONE))
		return -errno;
	kill(pid, SIGCONT);
	while ((tid = waitpid(-1, status, __WALL)) > 0 && (tid != pid || WIFSTOPPED(*status)))
		if (WIFSTOPPED(*status))
			on_stop(&w, tid, *status);
	*nr_unknown = w.nr_unknown;
	return tid == pid ? 0 : -ECHILD;
}
