/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/user.h"
#include "util/log.h"

static int parse_pid(const char *text, pid_t *ret)
{
	char *end;
	long pid = strtol(text, &end, 10);

	if (*end || end == text || pid <= 0 || pid > INT32_MAX)
		return fail(-EINVAL, "--pid '%s': not a process id", text);
	if (pid == getpid())
		return fail_hint(-EINVAL, "--lib ./libfoo.so", "--pid %ld: that is fsession itself", pid);
	*ret = pid;
	return 0;
}

static int enter_pid(const char *text, struct stop *s)
{
	pid_t pid = 0;
	int err = parse_pid(text, &pid);

	if (err)
		return err;
	s->process_fd = syscall(SYS_pidfd_open, pid, 0);
	if (s->process_fd < 0)
		return fail(-errno, "--pid %d: %s", pid, log_errstr(errno));
	return fsession_user_engine.enter(pid);
}

int process_enter(const struct run_opts *o, char **cmd, int stdout_fd, struct stop *s)
{
	int err;

	if (o->pid)
		return enter_pid(o->pid, s);
	err = stop_start_command(s, cmd, stdout_fd, fsession_user_engine.launch_child);
	if (err)
		return err;
	s->child_waits = true;
	err = fsession_user_engine.launch_parent(s->child);
	return err ?: fsession_user_engine.enter(s->child);
}

void process_start(struct stop *s)
{
	s->child_waits = false;
	kill(s->child, SIGCONT);
}

void process_leave(struct stop *s)
{
	fsession_user_engine.leave();
	if (!s->child_waits)
		return;
	kill(s->child, SIGKILL);
	waitpid(s->child, NULL, 0);
	s->child = 0;
	s->child_waits = false;
}
