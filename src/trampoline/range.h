/* SPDX-License-Identifier: BSD-2-Clause */
/* A stretch of memory that is given out in pieces and takes them back, first fit. Offsets, no addresses. */
#ifndef FS_TRAMPOLINE_RANGE_H
#define FS_TRAMPOLINE_RANGE_H

#include "util/types.h"

#define RANGE_NONE 0xffffffffu

struct range_hole {
	u32 at, end;
	struct range_hole *next;
};

struct range {
	u32 bytes;
	u32 used;			/* from here on nothing was given out */
	struct range_hole *holes;	/* below, ascending, no two adjacent */
};

/* Where @bytes fit, from a multiple of @align on; RANGE_NONE: nowhere. */
u32 range_find(const struct range *r, u32 bytes, u32 align);
/* How much fits at @at, which range_find() said. */
u32 range_room(const struct range *r, u32 at);
/* Gives out what range_find() said, or less. -ENOMEM */
int range_take(struct range *r, u32 at, u32 bytes);
/* Takes back what was given out; where there is no memory to note it, it is lost. */
void range_give(struct range *r, u32 at, u32 bytes);

#endif
