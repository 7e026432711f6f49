/* SPDX-License-Identifier: BSD-2-Clause */
/* Another process as the target of bpf(2). */
#ifndef FS_INJECT_PROCTARGET_H
#define FS_INJECT_PROCTARGET_H

#include <sys/types.h>

struct proctarget;

/*
 * Enters process @pid (remote.h says with which errors); from now on tracing programs of this one attach to
 * its functions. One at a time.
 */
int proctarget_open(pid_t pid, struct proctarget **ret);
/* Every link must be gone. Leaves the process; programs can no longer be loaded, symbols are still known.
 * NULL: nothing */
void proctarget_close(struct proctarget *t);

#endif
