/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes that are not entered, with the reason. */
#ifndef FS_INJECT_REFUSE_H
#define FS_INJECT_REFUSE_H

#include <sys/types.h>

/*
 * Looks at @pid from outside.
 * Return: 0, or (logged with a hint)
 *   -ESRCH		there is no such process, or only what is left of it
 *   -EPERM		it may not be looked at; somebody else traces it
 *   -EOPNOTSUPP	a kernel thread, a 32-bit program, a Go program
 */
int refuse_check(pid_t pid);

#endif
