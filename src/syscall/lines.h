/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs of this process print with bpf_trace_printk() and its like. */
#ifndef FS_SYSCALL_LINES_H
#define FS_SYSCALL_LINES_H

#include "util/types.h"

/*
 * Lines printed from now on can be read from the fd that this returns, each by one read(): a struct
 * rt_trace_head and the text, without a NUL. The fd does not block; while it is full, lines are lost and
 * counted. One reader in a process; -EBUSY for another, -errno of socketpair().
 */
int lines_open(void);
void lines_close(int fd);
u64 lines_lost(void);

#endif
