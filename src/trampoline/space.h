/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One target process as the trampoline sees it: its memory for code and data near traced functions,
 * its traced functions, one lock over it all. The lock is taken by the entry points of tramp.h; the
 * functions here want it held.
 */
#ifndef FS_TRAMPOLINE_SPACE_H
#define FS_TRAMPOLINE_SPACE_H

#include <pthread.h>

#include "trampoline/range.h"
#include "trampoline/target.h"

#define SPACE_TRAMPS_SHIFT 10
#define SPACE_NAME_MAX 128

struct space_area {
	u64 start;		/* address of the code; behind it the data, then what is shared */
	struct range code, data, shared;
	u32 place;		/* in the code: what space_find() has found */
	struct space_area *next;
};

/* Code with its unwind information. */
struct space_piece {
	struct space_area *area;
	u32 off, bytes;
};

struct tramp_space {
	const struct tramp_target_ops *ops;
	void *arg;
	const struct arch_tramp_ops *arch;
	struct guard_env guard;
	u64 run_enter, run_exit;	/* there, of run.h */
	u64 plane;			/* blocks in which guards are being given out */
	u32 plane_off;			/* next guard's offset in a block */
	u64 *guards;			/* offsets that were given back */
	u32 nr_guards;
	bool landing_pads;
	bool shadow_stack;
	u32 vector_bytes;		/* 0: no program may touch vector state */
	pthread_mutex_t lock;
	struct space_area *areas;
	struct tramp *tramps[1 << SPACE_TRAMPS_SHIFT];	/* by address */
	struct tramp_image *retired;	/* images that no call enters any more */
	u32 image_bytes;		/* that the last one needed */
	u64 retired_bytes;
	u64 reclaim_bytes;		/* of them that make it worth while to look for what can be used again */
};

/*
 * An area in reach of @near with room for all. Space is used up by space_take_*(); what was found
 * stays where it is until then, so that code can be made for its address first.
 */
int space_find(struct tramp_space *s, u64 near, u32 code_bytes, u32 data_bytes, u32 shared_bytes,
	       struct space_area **ret);
u64 space_code_at(const struct space_area *a);	/* aligned for code */
u64 space_take_data(struct space_area *a, u32 bytes);
u64 space_take_shared(struct space_area *a, u32 bytes);

/* A guard's offset from a thread's block. -ENOMEM */
int space_take_guard(struct tramp_space *s, u64 *off);

/* A piece of code, how to unwind through it, and what profilers and debuggers call it: "@kind:@name". */
struct space_code {
	const struct codebuf *code;
	const struct arch_cfi *cfi;
	const char *kind, *name;
};

/* Writes code made for space_code_at(@a), where there must be room for all of it, and that of its unwind
 * information. What follows can be placed behind it, as far as it was asked for. */
int space_place_code(struct tramp_space *s, struct space_area *a, const struct space_code *c,
		     struct space_piece *ret);
u64 space_piece_addr(const struct space_piece *p);

/* -- To be used again: nobody is in that code, nor has its address or that of these words --- */

/* Does anything come back at all? If not, these do nothing. */
bool space_reclaims(const struct tramp_space *s);
void space_give_code(struct tramp_space *s, const struct space_piece *p);
void space_give_shared(struct tramp_space *s, u64 addr, u32 bytes);
void space_give_guard(struct tramp_space *s, u64 off);

static inline bool space_in_reach(u64 a, u64 b)
{
	return (a > b ? a - b : b - a) < TRAMP_REACH;
}

#endif
