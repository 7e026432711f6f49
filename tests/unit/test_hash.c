/* SPDX-License-Identifier: BSD-2-Clause */
/* Where records of the split engine go: the calls of many tasks find room, wherever their stacks are. */
#include "engine/hash.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/store.h"
#include "tap.h"

#define SLOTS_MAX (STORE_MAX_SLOTS + STORE_PROBES)
#define STACK 0x4000

static bool taken[SLOTS_MAX];

/* What programs do: src/engine/split.c's gen_hash() and gen_claim(). */
static bool claim(uint64_t key, int32_t multiplier, unsigned int bits)
{
	uint64_t at = key * (uint64_t)multiplier >> HASH_SHIFT & ((1u << bits) - 1);

	for (int i = 0; i < STORE_PROBES; i++, at++)
		if (!taken[at])
			return taken[at] = true;
	return false;
}

/* Calls that two sessions lose of @tasks, whose stacks are @step bytes apart. */
static int lost(uint32_t id, unsigned int bits, uint64_t tasks, uint64_t step)
{
	int32_t a = hash_multiplier(id, bits), b = hash_multiplier(id + 1, bits);
	int n = 0;

	memset(taken, 0, sizeof(taken));
	for (uint64_t i = 0; i < tasks; i++)
		n += !claim(0x3e38 + i * step, a, bits) + !claim(0x3e38 + i * step, b, bits);
	return n;
}

TEST(hash_stacks_in_a_row)
{
	int bad = 0;

	for (unsigned int bits = 10; bits <= 16; bits++)
		for (uint32_t id = 1; id <= STORE_DEF_SESSIONS; id++)
			for (uint64_t step = STACK; step <= 8 * STACK; step += STACK)
				bad += lost(id, bits, 1u << (bits - HASH_TASKS_SHIFT), step) > 0;
	CHECK_EQ(bad, 0);
}

/* Sessions of one frame start at different slots, else the ninth would find none. */
TEST(hash_sessions_differ)
{
	uint64_t key = 0xffffc90000a03e38;

	memset(taken, 0, sizeof(taken));
	for (uint32_t id = 1; id <= STORE_DEF_SESSIONS; id++)
		CHECK(claim(key, hash_multiplier(id, 16), 16));
	for (uint32_t id = 0; id <= STORE_DEF_SESSIONS; id++)
		CHECK(hash_multiplier(id, 16) & 1);
}
