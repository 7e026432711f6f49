/* SPDX-License-Identifier: BSD-2-Clause */
/* Pidfds: how bpf(2) names the threads of task storage. */
#ifndef FS_SYSCALL_PIDFD_H
#define FS_SYSCALL_PIDFD_H

#include "rt/task.h"

/* -EBADF: not a pidfd; -ENOENT: its thread is gone */
int pidfd_task(int fd, struct rt_task_key *ret);

#endif
