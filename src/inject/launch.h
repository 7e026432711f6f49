/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts a command so that it can be entered before its own code runs. Between fork() and exec the child
 * calls launch_child(); the parent then launch_parent().
 */
#ifndef FS_INJECT_LAUNCH_H
#define FS_INJECT_LAUNCH_H

#include <sys/types.h>

/* In the child: stops at the next exec, and gets SIGCONT when the thread that forked ends. 0 or -errno. */
int launch_child(void);

/*
 * In the thread that forked: waits until @pid has executed its program and what that needs is mapped, with
 * the dynamic loader done and nothing of its own run but constructors of shared objects. It is then
 * stopped as by SIGSTOP; SIGCONT makes it go on.
 * Return: 0, -ESRCH (it ended before; its status is still to be had), -EPERM or -EOPNOTSUPP (as refuse_check()), -errno; printed
 */
int launch_parent(pid_t pid);

/*
 * The same for a process that is seized by this thread and stands where it executed a program: it is then about to
 * stop at its entry point, for whoever stops it next with struct stop_hold. Return: as launch_parent()
 */
int launch_executed(pid_t pid);

#endif
