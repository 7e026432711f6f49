/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls within the program: static functions are followed, global ones verified by themselves; exits. */
#ifndef FS_VERIFIER_SUBPROG_H
#define FS_VERIFIER_SUBPROG_H

#include "verifier/protos.h"

int subprog_call(struct env *env);
/* The end of a function, of a callback, of the program (PATH_DONE). */
int subprog_exit(struct env *env);
/* Puts aside a state in which the callback runs once more. */
int subprog_push_callback(struct env *env, const struct proto *p);
/* Puts aside, once, a state in which the function in R2 is called later, by itself, for a value of @map. */
int subprog_push_async(struct env *env, const struct verify_map *map, bool sleepable);
/* The state at the start of the program or, alone, of global function @nr. */
int subprog_start(struct env *env, u32 nr, struct state **ret);

#endif
