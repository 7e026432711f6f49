/* SPDX-License-Identifier: BSD-2-Clause */
/* The process whose functions the user engine traces: that of --pid, or the command. */
#ifndef FS_CLI_PROCESS_H
#define FS_CLI_PROCESS_H

#include "cli/stop.h"
#include "cli/verbs.h"

/*
 * Enters it; a command is started for that and waits at its first instruction. @s then ends with it.
 * 0, or -errno, printed
 */
int process_enter(const struct run_opts *o, char **cmd, int stdout_fd, struct stop *s);
/* The command goes on. */
void process_start(struct stop *s);
/* With everything detached. A command that was not started by then is killed. */
void process_leave(struct stop *s);

#endif
