/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guards as images see them (arch/guard.h has the layout of blocks). This code runs in the process that
 * is traced: called by images, through src/arch/<a>/host, with general registers only, no libc,
 * signal-safe. Who traces fills in the table, be it from inside or through ptrace.
 */
#ifndef FS_TRAMPOLINE_GUARD_H
#define FS_TRAMPOLINE_GUARD_H

#include "arch/guard.h"

#define GUARD_RANGES_MAX 4096

/* Code of images, and of what they call before a guard is taken; never forgotten. */
struct guard_range {
	u64 start, end;
};

struct guard_table {
	u64 blocks, alive;		/* as in struct guard_env */
	u64 nr_ranges;			/* set after the range it counts */
	u64 claimed[GUARD_THREADS / 64];	/* which blocks have ever been */
	struct guard_range ranges[GUARD_RANGES_MAX];
};

extern struct guard_table guard_table;

/* Code between images and a taken guard that is not in images. */
extern const char __start_fs_guard_text[], __stop_fs_guard_text[];

/* The caller's block; where none is free, or who traces is gone, one in which all guards are held. */
u64 guard_claim(u64 tp);
/* @cell is not free: may the program run? Counts a miss where it was running already. */
bool guard_busy(u64 *cell, struct guard_link *link, u64 frame);

/* -- Calls that end without a return: left.c --- */

/*
 * Called by images in the place of a personality routine, whose other arguments it takes, for a call that an
 * unwinder passes (exceptions, pthread_exit, cancellation).
 */
int guard_left(struct guard_image *image, int actions);
/* longjmp() from a frame at @from to one whose stack pointer is @to: counts the calls between. */
void guard_jump(u64 to, u64 from);

/* What longjmp() and the like are replaced by (src/arch/<a>/host), and what they were. */
#define GUARD_JUMPS 2
#define GUARD_JUMP_NAMES { "longjmp", "__longjmp_chk" }
extern u64 guard_jump_originals[GUARD_JUMPS];
bool guard_is_image(u64 addr);
bool guard_is_readable(u64 addr);

#endif
