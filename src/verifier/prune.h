/* SPDX-License-Identifier: BSD-2-Clause */
/* States that were at an instruction before, and whether another one is covered by them. */
#ifndef FS_VERIFIER_PRUNE_H
#define FS_VERIFIER_PRUNE_H

#include "verifier/env.h"

/* At a checkpoint: PATH_DONE if what follows has been proved already, 0 to go on, -EINVAL for an
 * endless loop. */
int prune_visit(struct env *env);
/* The path that @s, pending or current, stands for is done: its remembered ancestors may be, too. */
void prune_path_done(struct env *env, struct state *s);
/* From @s and its parents a path ended a loop because callbacks had no rounds left. */
void prune_mark_rounds(struct env *env, struct state *s);
void prune_free(struct env *env);

#endif
