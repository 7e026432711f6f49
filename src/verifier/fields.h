/* SPDX-License-Identifier: BSD-2-Clause */
/* Members of a map's values that are for helpers alone: locks, timers, work queues. Values of maps of one are global
 * variables, too. */
#ifndef FS_VERIFIER_FIELDS_H
#define FS_VERIFIER_FIELDS_H

#include "verifier/env.h"

/* Is the member, if there is one, alone in values, and the map of a kind that may have it? */
int fields_check_map(struct env *env, const struct verify_map *m, u32 insn);
/* Offset of the member in values of @m, -1: none. */
s32 fields_off(struct env *env, const struct verify_map *m, enum map_field f);
/* Of its type; what it is. */
/* Of either kind */
bool fields_have_lock(struct env *env, const struct verify_map *m);

const char *fields_name(enum map_field f);
const char *fields_noun(enum map_field f);
/* No byte of any of them is among the @size at @off from register @nr, a pointer to a map's value. */
int fields_check_access(struct env *env, u32 nr, const struct reg *p, s32 off, u32 size);
/* The same without a proof at hand. -1: none. */
s32 fields_find(const struct btf *btf, u32 value_type_id, enum map_field f);

#endif
