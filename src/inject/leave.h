/* SPDX-License-Identifier: BSD-2-Clause */
/* May memory of a process be taken away? Looks for anything that may lead back to it. */
#ifndef FS_INJECT_LEAVE_H
#define FS_INJECT_LEAVE_H

#include "inject/maps.h"
#include "inject/stop.h"

struct leave_span {
	u64 addr, bytes;
};

/*
 * The process is stopped, .pc of its threads is known. @stamped: open calls in images have their stamps.
 * Return: 0 where no thread is in @spans, and no word of private memory (of a thread's own stack: that may
 * be in use) leads there, or
 *   -EAGAIN	one may
 *   -EFBIG	too much memory to look at
 *   other errno
 */
int leave_check(const struct stop *s, const struct leave_span *spans, u32 nr, bool stamped);

#endif
