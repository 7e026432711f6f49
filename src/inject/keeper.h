/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keeper: a process forked before another one's text is changed, which has nothing to do unless we
 * die without having put it back. It knows what to put back from a journal in memory that both share.
 */
#ifndef FS_INJECT_KEEPER_H
#define FS_INJECT_KEEPER_H

#include <sys/types.h>

#include "trampoline/target.h"

struct keeper;

/* For process @pid, whose /proc/PID/mem is open at @mem. -ENOMEM, errors of fork(2) and pidfd_open(2) */
int keeper_start(pid_t pid, int mem, struct keeper **ret);
/* Lets it end. NULL: nothing */
void keeper_stop(struct keeper *k);

/* Before @patches are written: what was at these places is to be put back. -ENOSPC: too many */
int keeper_note(struct keeper *k, const struct tramp_patch *patches, u32 nr);
/* They could not be written, or what was there is there again. */
void keeper_forget(struct keeper *k, const struct tramp_patch *patches, u32 nr);

#endif
