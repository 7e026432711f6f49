/* SPDX-License-Identifier: BSD-2-Clause */
/* --lib: a shared object in this process, whose functions the user engine traces. */
#ifndef FS_CLI_SELF_H
#define FS_CLI_SELF_H

struct self;

/* Loads @path, whose functions programs then find without naming it. 0, or -errno, printed. */
int self_open(const char *path, struct self **ret);
void self_close(struct self *s);

/*
 * Calls @argv[0] of it in a thread, with the integers in argv[1..6]. *@fd becomes readable when it has
 * returned; borrowed. -ENOENT, -EINVAL, -EAGAIN, printed
 */
int self_start_call(struct self *s, char **argv, int *fd);
/* What it returned. */
long self_result(const struct self *s);

#endif
