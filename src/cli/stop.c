/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/limits.h"
#include "util/log.h"

static void signals_of_interest(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGCHLD);
}

int stop_begin(struct stop *s)
{
	sigset_t set;

	*s = (struct stop){ .timer_fd = -1, .call_fd = -1, .processes_fd = -1, .child_fd = -1 };
	signals_of_interest(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* An ignored SIGCHLD, which may be inherited, would reap the command without us. */
	signal(SIGCHLD, SIG_DFL);
	s->sig_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->sig_fd < 0 ? fail(-errno, "signalfd: %s", log_errstr(errno)) : 0;
}

void stop_end(struct stop *s)
{
	if (s->sig_fd >= 0)
		close(s->sig_fd);
	if (s->timer_fd >= 0)
		close(s->timer_fd);
	if (s->processes_fd >= 0)
		close(s->processes_fd);
	if (s->child_fd >= 0)
		close(s->child_fd);
}

void stop_give_back(struct stop *s)
{
	sigset_t set;

	stop_wait(s, -1, 0);	/* what has come already is not to kill us now */
	signals_of_interest(&set);
	sigdelset(&set, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int stop_watch_process(struct stop *s, int pidfd)
{
	struct epoll_event ev = { .events = EPOLLIN };

	if (s->processes_fd < 0)
		s->processes_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->processes_fd < 0 || epoll_ctl(s->processes_fd, EPOLL_CTL_ADD, pidfd, &ev))
		return fail(-errno, "epoll: %s", log_errstr(errno));
	return 0;
}

void stop_forget_process(struct stop *s, int pidfd)
{
	epoll_ctl(s->processes_fd, EPOLL_CTL_DEL, pidfd, NULL);
}

int stop_after(struct stop *s, uint64_t ns)
{
	struct itimerspec t = { .it_value = { ns / 1000000000, ns % 1000000000 } };

	s->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (s->timer_fd < 0 || timerfd_settime(s->timer_fd, 0, &t, NULL))
		return fail(-errno, "timerfd: %s", log_errstr(errno));
	return 0;
}

static void __attribute__((noreturn)) run_child(char **argv, int stdout_fd, int err_fd, int (*before_exec)(void))
{
	sigset_t set;
	int err;

	signals_of_interest(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	limits_restore();
	err = before_exec ? -before_exec() : 0;
	if (!err && (stdout_fd == STDOUT_FILENO || dup2(stdout_fd, STDOUT_FILENO) >= 0))
		execvp(argv[0], argv);
	err = err ?: errno;
	if (write(err_fd, &err, sizeof(err)) != sizeof(err))
		_exit(126);
	_exit(127);
}

int stop_start_command(struct stop *s, char **argv, int stdout_fd, int (*before_exec)(void))
{
	int pipe_fd[2], err = 0;
	ssize_t n;
	pid_t pid;

	/* The pipe closes when exec succeeds, and says why when it does not. */
	if (pipe2(pipe_fd, O_CLOEXEC))
		return fail(-errno, "pipe: %s", log_errstr(errno));
	pid = fork();
	if (!pid)
		run_child(argv, stdout_fd, pipe_fd[1], before_exec);
	if (pid < 0)
		err = errno;
	close(pipe_fd[1]);
	n = pid < 0 ? 0 : read(pipe_fd[0], &err, sizeof(err));
	close(pipe_fd[0]);
	if (err) {
		if (n > 0)
			waitpid(pid, NULL, 0);
		return fail(-err, "cannot run '%s': %s", argv[0], log_errstr(err));
	}
	s->child = pid;
	s->child_fd = syscall(SYS_pidfd_open, pid, 0);
	return 0;
}

void stop_because(struct stop *s, enum stop_why why)
{
	if (s->why == STOP_NOT_YET)
		s->why = why;
}

/* waitpid() would take away what the user engine waits for, which may stop the child meanwhile. */
static bool is_readable(int fd)
{
	struct pollfd p = { fd, POLLIN };

	return fd < 0 || poll(&p, 1, 0) > 0;
}

static void take_signals(struct stop *s)
{
	struct signalfd_siginfo si;

	while (read(s->sig_fd, &si, sizeof(si)) == sizeof(si)) {
		s->child_event |= si.ssi_signo == SIGCHLD;
		if (si.ssi_signo != SIGCHLD) {
			stop_because(s, STOP_SIGNAL);
			s->sig = si.ssi_signo;
		} else if (s->child && !s->child_ended && is_readable(s->child_fd) &&
			   waitpid(s->child, &s->child_status, WNOHANG) == s->child) {
			s->child_ended = true;
			if (!s->outlives_child)
				stop_because(s, STOP_COMMAND);
		}
	}
}

int stop_wait(struct stop *s, int other_fd, int timeout_ms)
{
	struct pollfd fds[] = {
		{ s->sig_fd, POLLIN }, { s->timer_fd, POLLIN }, { s->call_fd, POLLIN },
		{ s->processes_fd, POLLIN }, { other_fd, POLLIN },
	};

	if (poll(fds, 5, timeout_ms) < 0 && errno != EINTR)
		return fail(-errno, "poll: %s", log_errstr(errno));
	if (fds[0].revents)
		take_signals(s);
	if (fds[1].revents)
		stop_because(s, STOP_TIME);
	if (fds[2].revents)
		stop_because(s, STOP_COMMAND);
	s->process_event |= fds[3].revents != 0;
	return 0;
}
