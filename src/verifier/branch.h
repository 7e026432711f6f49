/* SPDX-License-Identifier: BSD-2-Clause */
/* Conditional jumps: which way can be gone, and what is known afterwards. */
#ifndef FS_VERIFIER_BRANCH_H
#define FS_VERIFIER_BRANCH_H

#include "verifier/env.h"

/* Sets the current state's pc; the other way is put aside. */
int branch_insn(struct env *env);
/* All pointers with @id turned out (not) to be NULL. */
void branch_mark_null(struct env *env, struct state *s, u32 id, bool is_null);

#endif
