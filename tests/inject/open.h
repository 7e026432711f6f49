/* SPDX-License-Identifier: BSD-2-Clause */
/* A process runs to its end, and whose calls are still open at the end of each of its threads is seen on the stacks. */
#ifndef FS_TESTS_INJECT_OPEN_H
#define FS_TESTS_INJECT_OPEN_H

#include <sys/types.h>

#include "util/types.h"

/*
 * @pid is a stopped child, SIGCONT lets it run; @frame gets the address each frame of a thread that ends returns to.
 * Unwinding is libdwfl's: by .eh_frame, and by rbp in code that is of no file.
 * Return: its status as of waitpid(), or -errno. *@nr_unknown: threads whose stacks could not
 * be looked at: ended amid their own code, or that of a libc without .eh_frame
 */
int open_watch(pid_t pid, void (*frame)(u64 pc, void *arg), void *arg, int *status, u32 *nr_unknown);

#endif
