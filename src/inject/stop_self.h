/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes text of this process while none of its threads runs. A process cannot stop its own threads,
 * so a helper process is made for the occasion, which shares the memory and stops all threads by ptrace.
 */
#ifndef FS_INJECT_STOP_SELF_H
#define FS_INJECT_STOP_SELF_H

#include "trampoline/target.h"

/* As stop_patch(), stop_look() and stop_find_users(); -EPERM: ptrace is forbidden. Logged but for -EAGAIN of the
 * second; the last one says nothing. */
int stop_self_patch(const struct tramp_patch *patches, u32 nr);
int stop_self_look(u64 guard_off);
int stop_self_find_users(struct tramp_piece *pieces, u32 nr, u64 *looked_at);

#endif
