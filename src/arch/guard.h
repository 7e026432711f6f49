/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guards: which thread is inside which program. Read and written by the code of images, so the layout
 * is known to every architecture. Each thread owns a block of words in private memory, found by a hash
 * of its thread pointer; a program's guard is the word at the program's offset from the thread's block:
 *
 *	block + 0	1: the guard of a detached link, never free
 *	block + 8	thread pointer of the owner; 0: nobody's
 *	block + off	0: the thread is not inside; else the frame address of the image that is
 *
 * Only the owner touches its guards, from its code and its signal handlers: no atomic operations.
 */
#ifndef FS_ARCH_GUARD_H
#define FS_ARCH_GUARD_H

#include "util/types.h"

#define GUARD_BLOCK_SHIFT 12
#define GUARD_BLOCK_BYTES (1 << GUARD_BLOCK_SHIFT)
#define GUARD_THREADS_SHIFT 12
#define GUARD_THREADS (1 << GUARD_THREADS_SHIFT)
#define GUARD_BLOCKS_BYTES ((u64)(GUARD_THREADS + 1) * GUARD_BLOCK_BYTES)
#define GUARD_DETACHED_OFF 0
#define GUARD_TP_OFF 8
#define GUARD_FIRST_OFF 64

/* (tp * mult >> shift) & mask is the offset of the first block to look at */
#define GUARD_HASH_MULT 0x61c88647
#define GUARD_HASH_SHIFT 40
#define GUARD_HASH_MASK ((GUARD_THREADS - 1) << GUARD_BLOCK_SHIFT)

/* In the frame of every image, on every architecture: the image's stamp, the thread's block, the guard held.
 * The stamp is cleared where the frame ends, so who finds one finds a call that is open. */
#define GUARD_FRAME_STAMP (-8)
#define GUARD_FRAME_BLOCK (-16)
#define GUARD_FRAME_CELL (-24)

/* Valid in one place alone: copies of the image's address lie on the stacks of who made it. */
static inline u64 guard_stamp(u64 image, u64 frame)
{
	return image ^ frame;
}

/* One program on one function, in data memory near the function. */
struct guard_link {
	u64 off;		/* guard's distance from the block; GUARD_DETACHED_OFF once detached */
	u64 prog;		/* struct guard_prog */
};

struct guard_prog {
	u64 misses;		/* runs left out because the program was running */
	u64 runs, run_ns;	/* for whoever counts */
	u64 unwound;		/* calls that left the function without a return: the exit never runs */
};

/* At the address of an image; its code is behind. */
struct guard_image {
	u64 magic;
	u64 exits;		/* address of words: how many links run at exit, and those; 0: calls leave this
				 * image's frame before the function runs */
};

#define GUARD_IMAGE_MAGIC 0x6567616d69207366ULL
#define GUARD_IMAGE_ALIGN 16

/* The word at guard_env.alive has this bit once who traces is gone: no program starts any more. */
#define GUARD_TRACER_GONE 0x40000000

/* What images call and where the blocks are. */
struct guard_env {
	u64 blocks;		/* GUARD_THREADS + 1 blocks; in the last every guard is held */
	u64 alive;		/* a u32 within 2 GiB of the blocks; 0: nobody can be gone */
	u64 claim;		/* finds or takes the caller's block; see arch/<a>/host */
	u64 busy;		/* a guard is not free */
	u64 probe_words;	/* clears what is unreadable of a stack window */
	u64 left;		/* personality routine, but for the first argument: the image's address */
};

#endif
