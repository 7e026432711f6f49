/* SPDX-License-Identifier: BSD-2-Clause */
/* A file descriptor of ours for a process that we make system calls in. */
#ifndef FS_INJECT_PASSFD_H
#define FS_INJECT_PASSFD_H

#include "inject/call.h"

#define PASSFD_SCRATCH 256	/* bytes */

/*
 * Opens our @fd there, close-on-exec: through a socket whose other end we take by @pidfd. @scratch: PASSFD_SCRATCH bytes
 * of memory there that nobody uses. Return: the number there, or -errno as of its system calls, -EFAULT, -EMFILE
 */
int passfd(struct call *c, int pidfd, u64 scratch, int fd);

#endif
