/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ends a run: a signal, the end of --for, the end of the command after "--". Signals are
 * blocked from stop_begin() on and are seen only here, so that nothing is interrupted half-way;
 * stop_give_back() gives them back their usual effect, so that a second Ctrl-C ends a slow detach
 * (the kernel then does the rest).
 */
#ifndef FS_CLI_STOP_H
#define FS_CLI_STOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum stop_why { STOP_NOT_YET, STOP_SIGNAL, STOP_TIME, STOP_COMMAND, STOP_PROCESS };

struct stop {
	int sig_fd;
	int timer_fd;		/* --for; -1 = not started */
	int call_fd;		/* readable: the function called for the command has returned; -1 = none */
	int processes_fd;	/* an epoll of the processes that were entered; -1 = none */
	bool process_event;	/* something has become of one of them; to be reset by who looks */
	enum stop_why why;
	int sig;		/* STOP_SIGNAL: which */
	pid_t child;		/* the command; 0 = none */
	int child_fd;		/* its pidfd; -1 = none */
	bool child_waits;	/* it was started, and is to be continued */
	bool child_ended;
	bool outlives_child;	/* its end is not the run's */
	bool child_event;	/* something has become of a process; to be reset by who looks */
	int child_status;	/* of waitpid() */
};

int stop_begin(struct stop *s);
void stop_end(struct stop *s);
void stop_give_back(struct stop *s);

/* The process of @pidfd, which stays the caller's, is watched from now on, or no longer. 0 or -errno, printed */
int stop_watch_process(struct stop *s, int pidfd);
void stop_forget_process(struct stop *s, int pidfd);

/* Ends the run, unless something else has. */
void stop_because(struct stop *s, enum stop_why why);

/* Starts the clock. */
int stop_after(struct stop *s, uint64_t ns);

/* Runs a command, whose end ends the run; its stdout becomes @stdout_fd. @before_exec, called in the
 * child, may be NULL. Returns when it has been started. -errno, printed, if that is impossible. */
int stop_start_command(struct stop *s, char **argv, int stdout_fd, int (*before_exec)(void));

/* Waits for an event, or until @other_fd (-1: none) is readable or @timeout_ms (-1: none) has
 * passed; 0 only looks. Sets @s->why. */
int stop_wait(struct stop *s, int other_fd, int timeout_ms);

#endif
