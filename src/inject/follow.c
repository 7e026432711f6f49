/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject/follow.h"

#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "inject/stop.h"
#include "util/procstatus.h"

/* Is it a process, rather than a thread of one? */
static bool is_process(pid_t tid)
{
	return procstatus(tid, "Tgid") == tid;
}

/* A stop of its process as a whole is left to whoever ends that: until then the thread only listens. */
static void go_on(const siginfo_t *si, bool *starts)
{
	int event = si->si_status >> 8, sig = si->si_status & 0x7f;

	*starts = event == PTRACE_EVENT_STOP && sig == SIGTRAP;
	if (event == PTRACE_EVENT_STOP && sig != SIGTRAP)
		ptrace(PTRACE_LISTEN, si->si_pid, 0, 0);
	else
		ptrace(PTRACE_CONT, si->si_pid, 0, (long)(event ? 0 : sig));
}

static bool is_stop(const siginfo_t *si)
{
	return si->si_code == CLD_TRAPPED || si->si_code == CLD_STOPPED;
}

static enum follow_what take(const siginfo_t *si)
{
	bool starts;

	if (!is_stop(si))
		return FOLLOW_ENDED;
	if (si->si_status >> 8 == PTRACE_EVENT_EXEC)
		return FOLLOW_EXECUTED;
	go_on(si, &starts);
	return starts && is_process(si->si_pid) ? FOLLOW_FORKED : FOLLOW_NOTHING;
}

enum follow_what follow_next(pid_t child, pid_t *pid)
{
	enum follow_what what = FOLLOW_NOTHING;
	const int any = WEXITED | WSTOPPED | WNOHANG | __WALL;

	while (what == FOLLOW_NOTHING) {
		siginfo_t si = { 0 };

		if (waitid(P_ALL, 0, &si, any | WNOWAIT) || !si.si_pid)
			return FOLLOW_NOTHING;
		*pid = si.si_pid;
		if (si.si_pid == child && !is_stop(&si))
			return FOLLOW_NOTHING;
		memset(&si, 0, sizeof(si));
		if (!waitid(P_PID, *pid, &si, any) && si.si_pid)
			what = take(&si);
	}
	return what;
}

void follow_go_on(pid_t pid)
{
	ptrace(PTRACE_CONT, pid, 0, 0);
}

void follow_release(pid_t pid)
{
	struct stop_hold hold = { .end = true };
	struct stop s;

	if (stop_init(&s, pid, -1, 0))
		return;
	s.hold = &hold;
	stop_all(&s);
	stop_release(&s);
	stop_done(&s);
}
