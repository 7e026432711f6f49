/* SPDX-License-Identifier: BSD-2-Clause */
/* Ring buffers that other processes fill: a thread here waits for their futex. */
#ifndef FS_INJECT_BRIDGE_H
#define FS_INJECT_BRIDGE_H

#include "rt/map.h"

struct bridge;

/* Calls @fn(@arg), in a thread of its own, after each wake-up of @rt and once more at the end. -ENOMEM, -EAGAIN */
int bridge_start(const struct rt_map *rt, void (*fn)(void *arg), void *arg, struct bridge **ret);
void bridge_stop(struct bridge *b);

#endif
