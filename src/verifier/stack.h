/* SPDX-License-Identifier: BSD-2-Clause */
/* The stack of each frame: 64 slots of 8 bytes, each byte with a kind, spilled registers whole. */
#ifndef FS_VERIFIER_STACK_H
#define FS_VERIFIER_STACK_H

#include "verifier/env.h"

/* Load of @size bytes at @ptr + @off into @ret. */
int stack_load(struct env *env, const struct reg *ptr, u32 nr, s32 off, u32 size, struct reg *ret);
/* @nr: the register that is stored, -1 if it is a constant of the instruction or of no matter. */
int stack_store(struct env *env, const struct reg *ptr, u32 ptr_nr, s32 off, u32 size,
		const struct reg *value, int nr);
/* A helper reads or writes @size bytes there. */
int stack_range(struct env *env, const struct reg *ptr, u32 nr, u32 size, bool write);
/* Is the number of @size bytes behind @ptr, which may be read, a constant? Then the proof rests on it. */
bool stack_is_const(struct env *env, const struct reg *ptr, u32 size, u64 *ret);
/* Slots that must lie at a fixed place, as iterators and dynptrs do: the uppermost one's number. */
int stack_fixed_slot(struct env *env, const struct reg *ptr, u32 nr, u32 nr_slots, u32 *ret);
/* A dynptr that nothing was reserved for ends where one of its slots is written. */
void stack_drop_dynptr(struct frame *f, u32 slot);
/* Forgets what @nr_slots slots below slot @top hold. */
void stack_set_kind(struct frame *f, u32 top, u32 nr_slots, enum slot_kind kind);
/* A spilled slot of eight bytes. */
bool slot_is_full_spill(const struct slot *slot);

#endif
