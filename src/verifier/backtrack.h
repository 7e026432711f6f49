/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Precision: a number matters to the proof only if something was decided by it. When that happens,
 * the path is walked back, and in each remembered state what the number was made of is marked. Numbers
 * without the mark do not stand in the way of pruning.
 */
#ifndef FS_VERIFIER_BACKTRACK_H
#define FS_VERIFIER_BACKTRACK_H

#include "verifier/env.h"

/* The proof rests on the number in register @nr of the running frame. */
int mark_precise(struct env *env, u32 nr);
/* The same of a spilled number. */
int mark_precise_slot(struct env *env, u8 frame, u32 slot);
/* On what @e->to's marks say, the path of @e being taken for one that goes on from there. */
int mark_precise_as(struct env *env, const struct edge *e);
/* The instruction being followed reads or writes that stack slot. */
void trace_mem(struct env *env, u8 frame, u32 slot);
/* Begins the trace of an instruction; -ENOMEM. */
int trace_add(struct env *env);

#endif
