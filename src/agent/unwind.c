/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unwinders ask _dl_find_object() of glibc which unwind information covers an address; calls of it lead
 * here. In any thread, signal handlers included: the tables are only ever appended to, by who traces.
 */
#include "agent/unwind.h"

#include "rt/rt.h"

/* glibc's struct dl_find_object */
struct found {
	unsigned long long flags;
	void *map_start, *map_end;
	void *link_map;
	void *eh_frame;
	unsigned long long reserved[7];
};

struct agent_regions agent_regions;
/* The function as if it were not replaced. */
int (*agent_find_original)(void *pc, struct found *ret);

int agent_find_object(void *pc, struct found *ret);

static const struct agent_piece *find_in(const struct agent_region *r, u64 pc)
{
	const struct agent_piece *pieces = (const struct agent_piece *)r->pieces;
	u64 lo = 0, hi = rt_load_acquire(&r->cnt);

	while (lo < hi) {
		u64 mid = (lo + hi) / 2;

		if (pc - pieces[mid].start < pieces[mid].end - pieces[mid].start)
			return &pieces[mid];
		if (pc >= pieces[mid].end)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

int agent_find_object(void *pc, struct found *ret)
{
	u64 nr = rt_load_acquire(&agent_regions.nr);

	for (u64 i = 0; i < nr; i++) {
		const struct agent_region *r = &agent_regions.at[i];
		const struct agent_piece *p = (u64)pc - r->start < r->end - r->start ? find_in(r, (u64)pc) : NULL;

		if (!p)
			continue;
		rt_zero(ret, sizeof(*ret));
		ret->map_start = (void *)p->start;
		ret->map_end = (void *)p->end;
		ret->eh_frame = (void *)p->hdr;
		return 0;
	}
	return agent_find_original(pc, ret);	/* by a jump (-O2): src/inject/leave.c relies on it */
}
