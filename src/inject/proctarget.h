/* SPDX-License-Identifier: BSD-2-Clause */
/* Another process as the target of bpf(2). */
#ifndef FS_INJECT_PROCTARGET_H
#define FS_INJECT_PROCTARGET_H

#include <sys/types.h>

struct proctarget;

/*
 * Enters process @pid (remote.h says with which errors); from now on tracing programs that are loaded attach to
 * its functions, until another one is entered or proctarget_use().
 */
int proctarget_open(pid_t pid, struct proctarget **ret);
/* The same for one that was entered before. What is known of the functions of others, in caches, is not true
 * of this one. */
void proctarget_use(struct proctarget *t);
/* As of remote_look() */
int proctarget_look(const struct proctarget *t);
/* Every link must be gone. Leaves the process; programs can no longer be loaded, symbols are still known.
 * NULL: nothing */
void proctarget_close(struct proctarget *t);

#endif
