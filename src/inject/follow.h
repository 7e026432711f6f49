/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What processes that are held (struct stop_hold) do: they fork, execute programs, end. Of each that one of them forks
 * the same is told. All calls by the thread that holds them.
 */
#ifndef FS_INJECT_FOLLOW_H
#define FS_INJECT_FOLLOW_H

#include <stdbool.h>
#include <sys/types.h>

enum follow_what {
	FOLLOW_NOTHING,
	FOLLOW_FORKED,		/* a new process, seen at its first stop; it has been let run */
	FOLLOW_EXECUTED,	/* another program; it stands until launch_executed() or follow_go_on() */
	FOLLOW_ENDED,
};

/*
 * The next event; does not wait. Signals that arrive at held processes go on to them meanwhile. *@pid: the process it is
 * about. The end of @child, a process that is waited for elsewhere, is not told; -1: there is none.
 */
enum follow_what follow_next(pid_t child, pid_t *pid);

/* One that stands. */
void follow_go_on(pid_t pid);

/* Lets go of a process, of which nothing is told any more. Its functions stay as they are. */
void follow_release(pid_t pid);

#endif
