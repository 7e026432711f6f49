/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/hash.h"

#include <stdbool.h>

#define STACK_STEP 0x4000	/* bytes: stacks are aligned to their size, 16 KiB at least */
#define STEPS_MAX 8		/* with guard pages, and in older kernels, they are up to 8 steps apart */
#define CLOSEST 4		/* no two keys are nearer than 1 / 4 of their distance on average */

/* The least distance of two of the numbers 0, a, 2 a, ... (n - 1) a, modulo w: how far from a multiple of
 * w is k a for a k below n? The best k are the denominators of a / w's continued fraction. */
static uint64_t least_distance(uint64_t a, uint64_t w, uint64_t n)
{
	uint64_t k = 1, k_before = 0, left = a, left_before = w, times, t;

	while (k < n && left) {
		times = left_before / left;
		t = left_before - times * left;
		left_before = left;
		left = t;
		t = k_before + times * k;
		k_before = k;
		k = t;
	}
	return k < n ? 0 : left_before;
}

static bool spreads(int32_t multiplier, unsigned int slots_bits)
{
	uint64_t w = 1ULL << (HASH_SHIFT + slots_bits), n = 1ULL << (slots_bits - HASH_TASKS_SHIFT);

	for (uint64_t i = 1; i <= STEPS_MAX; i++) {
		uint64_t a = i * STACK_STEP * (uint64_t)multiplier & (w - 1);

		if (least_distance(a, w, n) < w / n / CLOSEST)
			return false;
	}
	return true;
}

int32_t hash_multiplier(uint32_t id, unsigned int slots_bits)
{
	uint32_t m = (0x9e3779b1 + 2 * id * 0x85ebca6b) | 1;

	while (!spreads((int32_t)m, slots_bits))
		m += 2 * 0x7feb352dU;
	return (int32_t)m;
}
