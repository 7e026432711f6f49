/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject/maps.h"

#include "trampoline/target.h"

#define LOWEST 0x10000

/* Candidates are the ends of gaps between mappings. */
u64 maps_gap(const struct maps *m, u64 near, u64 bytes, u64 tried)
{
	u64 best = 0, best_dist = TRAMP_REACH, end = LOWEST;

	for (u32 i = 0; i < m->nr; i++) {
		u64 lo = m->rows[i].lo, spots[2] = { lo - bytes, end };

		for (int j = 0; j < 2 && lo > end && lo - end >= bytes; j++) {
			u64 dist = spots[j] > near ? spots[j] - near : near - spots[j];

			if (dist < best_dist && dist > tried) {
				best = spots[j];
				best_dist = dist;
			}
		}
		end = m->rows[i].hi;
	}
	return best;
}
