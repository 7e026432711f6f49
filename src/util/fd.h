/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * File descriptors of ours in an application's table: high up, out of the way of its numbers, and known as ours, so
 * that whoever closes all there are can be told.
 */
#ifndef FS_UTIL_FD_H
#define FS_UTIL_FD_H

#include <stdbool.h>

/* Moves @fd up, as far as the limit allows; it stays where it is if it cannot be moved. -1 stays -1, and errno. */
int fd_keep(int fd);
bool fd_is_kept(int fd);
/* The first one at or above @fd; -1: none. */
int fd_next_kept(int fd);
/* Closes, by system call: close() may be wrapped, and refuse. Kept or not. */
void fd_close(int fd);

#endif
