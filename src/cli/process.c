/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/report.h"
#include "engine/user.h"
#include "image/ktarget.h"
#include "util/log.h"

/* -- The command line --- */

/* @text: "PID" or "PID,..."; *@end is what follows it. */
static int parse_pid(const char *text, const char **end, pid_t *ret)
{
	char *rest;
	long pid = strtol(text, &rest, 10);

	if ((*rest && *rest != ',') || rest == text || pid <= 0 || pid > INT32_MAX)
		return fail(-EINVAL, "--pid '%s': not a process id", text);
	if (pid == getpid())
		return fail_hint(-EINVAL, "--lib ./libfoo.so", "--pid %ld: that is fsession itself", pid);
	*end = *rest ? rest + 1 : rest;
	*ret = pid;
	return 0;
}

static int add_pid(pid_t **pids, int nr, pid_t pid)
{
	pid_t *v;

	for (int i = 0; i < nr; i++)
		if ((*pids)[i] == pid)
			return nr;
	v = realloc(*pids, (nr + 1) * sizeof(*v));
	if (!v)
		return fail(-ENOMEM, "out of memory");
	v[nr] = pid;
	*pids = v;
	return nr + 1;
}

int process_list(const struct opt_list *texts, pid_t **ret)
{
	int err = 0, nr = 0;

	*ret = NULL;
	for (size_t i = 0; i < texts->n && !err; i++) {
		const char *text = texts->v[i];

		do {
			pid_t pid = 0;

			err = parse_pid(text, &text, &pid);
			nr = err ? nr : add_pid(ret, nr, pid);
			err = nr < 0 ? nr : err;
		} while (!err && *text);
	}
	if (!err)
		return nr;
	free(*ret);
	*ret = NULL;
	return err;
}

/* -- The command --- */

int process_launch(struct stop *s, char **cmd, int stdout_fd)
{
	int err = stop_start_command(s, cmd, stdout_fd, fsession_user_engine.launch_child);

	if (err)
		return err;
	s->child_waits = true;
	return fsession_user_engine.launch_parent(s->child);
}

void process_start(struct stop *s)
{
	s->child_waits = false;
	kill(s->child, SIGCONT);
}

void process_forget_command(struct stop *s)
{
	if (!s->child_waits)
		return;
	kill(s->child, SIGKILL);
	waitpid(s->child, NULL, 0);
	s->child = 0;
	s->child_waits = false;
}

/* -- One process --- */

int process_enter(struct process *p, pid_t pid, enum proctarget_how how, struct stop *s)
{
	int err;

	p->pid = pid;
	p->fd = syscall(SYS_pidfd_open, pid, 0);
	if (p->fd < 0)
		return fail(-errno, "--pid %d: %s", pid, log_errstr(errno));
	err = fsession_user_engine.enter(pid, how, &p->target);
	return err ?: stop_watch_process(s, p->fd);
}

void process_select(const struct process *p)
{
	fsession_user_engine.select(p->target);
	ktarget_cache_drop();	/* what was known is of another process */
}

bool process_look(struct process *p, struct stop *s, bool news)
{
	int state = p->target && !p->over ? fsession_user_engine.look(p->target) : 0;

	if (!state)
		return p->over;
	p->over = true;
	stop_forget_process(s, p->fd);
	if (state == -ENOEXEC && news)
		report_line("process %d executes another program, which is not traced (--follow)", p->pid);
	else if (news && p->pid != s->child)
		report_line("process %d has ended", p->pid);
	return true;
}

void process_leave(struct process *p)
{
	if (p->target)
		fsession_user_engine.leave(p->target);
	if (p->fd >= 0)
		close(p->fd);
	p->target = NULL;
	p->fd = -1;
}
