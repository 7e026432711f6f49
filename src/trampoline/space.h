/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One target process as the trampoline sees it: its memory for code and data near traced functions,
 * its traced functions, one lock over it all. The lock is taken by the entry points of tramp.h; the
 * functions here want it held.
 */
#ifndef FS_TRAMPOLINE_SPACE_H
#define FS_TRAMPOLINE_SPACE_H

#include <pthread.h>

#include "trampoline/target.h"

#define SPACE_TRAMPS_SHIFT 10
#define SPACE_NAME_MAX 128

struct space_area {
	u64 code, code_end, code_at;	/* .._at: what is free from there on */
	u64 data_end, data_at;
	u64 shared_end, shared_at;	/* behind the data */
	struct space_area *next;
};

struct tramp_space {
	const struct tramp_target_ops *ops;
	void *arg;
	const struct arch_tramp_ops *arch;
	struct guard_env guard;
	u64 run_enter, run_exit;	/* there, of run.h */
	u64 plane;			/* blocks in which guards are being given out */
	u32 plane_off;			/* next guard's offset in a block */
	bool landing_pads;
	bool shadow_stack;
	u32 vector_bytes;		/* 0: no program may touch vector state */
	pthread_mutex_t lock;
	struct space_area *areas;
	struct tramp *tramps[1 << SPACE_TRAMPS_SHIFT];	/* by address */
};

/*
 * An area in reach of @near with room for all. Space is used up by space_take_*(); what was found
 * stays where it is until then, so that code can be made for its address first.
 */
int space_find(struct tramp_space *s, u64 near, u32 code_bytes, u32 data_bytes, u32 shared_bytes,
	       struct space_area **ret);
u64 space_code_at(const struct space_area *a);	/* aligned for code */
u64 space_take_code(struct space_area *a, u32 bytes);
u64 space_take_data(struct space_area *a, u32 bytes);
u64 space_take_shared(struct space_area *a, u32 bytes);

/* A guard's offset from a thread's block. Not used twice: an image may still hold one. -ENOMEM */
int space_take_guard(struct tramp_space *s, u64 *off);

/* A piece of code, how to unwind through it, and what profilers and debuggers call it: "@kind:@name". */
struct space_code {
	const struct codebuf *code;
	const struct arch_cfi *cfi;
	const char *kind, *name;
};

/* Writes code made for space_code_at(@a); there must be room for all of it. */
int space_place_code(struct tramp_space *s, struct space_area *a, const struct space_code *c, u64 *ret);

static inline bool space_in_reach(u64 a, u64 b)
{
	return (a > b ? a - b : b - a) < TRAMP_REACH;
}

#endif
