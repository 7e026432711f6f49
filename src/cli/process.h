/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes whose functions the user engine traces: those of --pid, or the command. */
#ifndef FS_CLI_PROCESS_H
#define FS_CLI_PROCESS_H

#include "cli/stop.h"
#include "cli/verbs.h"
#include "inject/proctarget.h"

struct process {
	pid_t pid;		/* 0: none, programs go elsewhere */
	int fd;			/* its pidfd; -1 = none */
	struct proctarget *target;	/* what the user engine knows it by; NULL: not entered, or left */
	bool over;		/* it has ended, or executes another program; told */
};

/* The pids that --pid names, each once; free() them. Their number, or -errno, printed */
int process_list(const struct opt_list *texts, pid_t **ret);

/* Starts a command so that it waits at its first instruction. 0 or -errno, printed */
int process_launch(struct stop *s, char **cmd, int stdout_fd);
/* The command goes on. */
void process_start(struct stop *s);
/* With everything detached: a command that was not started by then is killed. */
void process_forget_command(struct stop *s);

/* Enters process @pid; programs that are loaded from now on are for it. @s tells of its end. 0 or -errno, printed */
int process_enter(struct process *p, pid_t pid, enum proctarget_how how, struct stop *s);
/* Programs that are loaded from now on are for this one, which was entered before. */
void process_select(const struct process *p);
/* Is it over? Tells once, if that is @news. */
bool process_look(struct process *p, struct stop *s, bool news);
/* With everything detached. Nothing to do if it was not entered. */
void process_leave(struct process *p);

#endif
