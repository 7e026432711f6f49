/* SPDX-License-Identifier: BSD-2-Clause */
/* Another process as the target of bpf(2). */
#ifndef FS_INJECT_PROCTARGET_H
#define FS_INJECT_PROCTARGET_H

#include <stdbool.h>
#include <sys/types.h>

#include "util/types.h"

struct proctarget;

enum proctarget_how {
	PROCTARGET_ALONE,	/* it is seized for moments */
	PROCTARGET_HELD,	/* this thread keeps it seized, or has seized it already: what it forks and executes is seen */
	PROCTARGET_PARKED,	/* the same, and it does not run before proctarget_go_on() */
};

/*
 * Enters process @pid (remote.h says with which errors); from now on tracing programs that are loaded attach to
 * its functions, until another one is entered or proctarget_use().
 */
int proctarget_open(pid_t pid, enum proctarget_how how, struct proctarget **ret);
/* The same for one that was entered before. What is known of the functions of others, in caches, is not true
 * of this one. */
void proctarget_use(struct proctarget *t);
/* As of remote_look() */
int proctarget_look(const struct proctarget *t);
void proctarget_go_on(struct proctarget *t);
/* Which process, it or a child, has executed another program just while it was stopped here? follow_next() does not tell
 * of it, and it stands. 0: none since this was asked; also after proctarget_close(). */
pid_t proctarget_executed(struct proctarget *t);
/* Where the shared object @name is mapped there; 0: it is not. */
u64 proctarget_mapped(const struct proctarget *t, const char *name);
/* It was unmapped, and every link to its functions is gone: forgets what is known of that place. */
void proctarget_forget(struct proctarget *t, const char *name);
/* Every link must be gone. Leaves the process; programs can no longer be loaded, symbols are still known.
 * NULL: nothing */
void proctarget_close(struct proctarget *t);

#endif
