/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --follow: the processes that are held, and which instance of the object is for each. A process that was forked runs
 * the memory of the one that forked it, programs included: it shares that one's instance. One that executes a
 * program gets an instance of its own, if it has the functions.
 */
#ifndef FS_CLI_FOLLOW_H
#define FS_CLI_FOLLOW_H

#include "cli/inst.h"

struct follow {
	struct followed *list;
	char why[1024];		/* the last one could not be set up */
	struct inst **insts;
	struct stop *stop;
	/* Loads and attaches it, for its process. 0 or -errno, printed */
	int (*set_up)(void *arg, struct inst *in);
	/* Nobody runs it any more: takes it away. */
	void (*retire)(void *arg, struct inst *in);
	void *arg;
};

/* Process @pid is held from now on, and runs @in. 0 or -ENOMEM, printed */
int follow_add(struct follow *f, pid_t pid, struct inst *in);
/*
 * Sets it up; if its process has not the functions, it goes on without, and is followed, which is told if that is
 * @news. 0; -ECANCELED; errors of opening the object, printed
 */
int follow_set_up(struct follow *f, struct inst *in, bool news);
/* Who runs @old runs @in from now on. */
void follow_replace(struct follow *f, struct inst *old, struct inst *in);
/* Why the last one could not be set up. */
const char *follow_why(const struct follow *f);

/* Sees to what has happened; does not wait. */
void follow_look(struct follow *f);
/* Are there any left? */
bool follow_any(const struct follow *f);
/* Lets go of all, which are to be left by then. */
void follow_done(struct follow *f);

#endif
