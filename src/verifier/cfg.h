/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions, what is reached, where paths meet; before any path is followed. */
#ifndef FS_VERIFIER_CFG_H
#define FS_VERIFIER_CFG_H

#include "verifier/env.h"

/* Functions and their names; -EINVAL with the reason if the list of instructions is no program. */
int cfg_find_subprogs(struct env *env);
/* Refuses unreachable code; marks where states are to be compared. */
int cfg_check(struct env *env);
/* Stack of the deepest chain of calls; recursion, too many frames. */
int cfg_check_stack(struct env *env);
u32 cfg_subprog_at(const struct env *env, u32 insn);

/* Registers (and stack slots) that are read before they are written, per instruction. */
int live_compute(struct env *env);

#endif
