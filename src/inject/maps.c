/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject/maps.h"

#include <string.h>
#include <unistd.h>

#include "trampoline/target.h"

#define LOWEST 0x10000
#define PADDING_MAX 64

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

static bool is_zero(const u8 *p, u32 len)
{
	while (len && !*p) {
		p++;
		len--;
	}
	return !len;
}

/* The last bytes of executable mappings are padding, and mostly zero; the vdso's are nobody's file. Memory of
 * ours is none of them: it may be what that very code unmaps. */
static u64 find_padding(const struct maps *m, int mem, const u8 *left, u32 bytes, bool vdso)
{
	u8 tail[PADDING_MAX];

	for (u32 i = 0; i < m->nr; i++) {
		const struct map_row *row = &m->rows[i];
		u64 at = row->hi - bytes;

		if (strncmp(row->perms, "r-xp", 4) || !(vdso ? !strcmp(row->path, "[vdso]") : maps_is_program(row)))
			continue;
		if (pread(mem, tail, bytes, at) != (ssize_t)bytes)
			continue;
		if (is_zero(tail, bytes) || (left && !memcmp(tail, left, bytes)))
			return at;
	}
	return 0;
}

u64 maps_padding(const struct maps *m, int mem, const u8 *left, u32 bytes)
{
	if (bytes > PADDING_MAX)
		return 0;
	return find_padding(m, mem, left, bytes, true) ?: find_padding(m, mem, left, bytes, false);
}
