/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keeper: changes text of this process while none of its threads runs. A process cannot stop its
 * own threads, so a helper process is made for the occasion, which shares the memory and stops all
 * threads by ptrace.
 */
#ifndef FS_INJECT_STOP_H
#define FS_INJECT_STOP_H

#include "trampoline/target.h"

/*
 * Return: 0, or
 *   -EBUSY	text is not what .old says
 *   -EAGAIN	a thread cannot be stopped, or waits amid what would be replaced
 *   -EPERM	ptrace is forbidden; logged with a hint
 *   other errors of clone(2), mmap(2), ptrace(2)
 */
int stop_and_patch(const struct tramp_patch *patches, u32 nr);

/*
 * 0: no thread holds the guard at @guard_off, and none is in code of images, by its PC or one in a signal
 * frame. -EAGAIN: one is, or cannot be stopped. -EPERM and others as above.
 */
int stop_and_look(u64 guard_off);

#endif
