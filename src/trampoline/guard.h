/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guards of this process (arch/guard.h has the layout). guard_claim() and guard_busy() are called by
 * images, through src/arch/<a>/host: general registers only, no libc, signal-safe.
 */
#ifndef FS_TRAMPOLINE_GUARD_H
#define FS_TRAMPOLINE_GUARD_H

#include "arch/guard.h"

/* Sets up blocks and the addresses images need; once, again is no error. -ENOMEM */
int guard_init(struct guard_env *ret);

/* A program's guard. Offsets are not used twice: an image may still hold one. -ENOMEM */
int guard_alloc(u64 *off);

/* Is some thread inside? All of them stopped, or no new one can get in. */
bool guard_is_held(u64 off);

/* Code of images, and of what they call before a guard is taken. */
struct guard_range {
	u64 start, end;
};
u32 guard_ranges(const struct guard_range **ret);

/* Code between @start and @end is made of images; never forgotten. */
void guard_add_images(u64 start, u64 end);

/* The caller's block; where none is free, one in which all guards are held. */
u64 guard_claim(u64 tp);
/* @cell is not free: may the program run? Counts a miss where it was running already. */
bool guard_busy(u64 *cell, struct guard_link *link, u64 frame);

/* Does the frame @holder still hold @cell, seen from the frame @frame above it or in a handler? */
bool guard_is_alive(u64 holder, const u64 *cell, u64 frame);

#endif
