/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the split engine looks for a record: slot (key * multiplier) >> HASH_SHIFT, of 1 << slots_bits.
 *
 * Keys are addresses inside kernel stacks, which lie a multiple of 16 KiB apart. With some multipliers
 * the stacks of thousands of tasks get a few slots between them, and most calls find the store full.
 */
#ifndef FS_ENGINE_HASH_H
#define FS_ENGINE_HASH_H

#include <stdint.h>

enum {
	HASH_SHIFT = 20,
	HASH_TASKS_SHIFT = 3,	/* keys of 1 / 8 as many tasks as there are slots spread evenly */
};

/* Odd, and different for most sessions: those of one frame start at different slots. */
int32_t hash_multiplier(uint32_t id, unsigned int slots_bits);

#endif
