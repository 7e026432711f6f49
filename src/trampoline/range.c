/* SPDX-License-Identifier: BSD-2-Clause */
#include "trampoline/range.h"

#include <errno.h>
#include <stdlib.h>

static u32 align_up(u32 v, u32 to)
{
	return (v + to - 1) & -to;
}

u32 range_find(const struct range *r, u32 bytes, u32 align)
{
	u32 at;

	for (const struct range_hole *h = r->holes; h; h = h->next) {
		at = align_up(h->at, align);
		if (at <= h->end && h->end - at >= bytes)
			return at;
	}
	at = align_up(r->used, align);
	return at <= r->bytes && r->bytes - at >= bytes ? at : RANGE_NONE;
}

u32 range_room(const struct range *r, u32 at)
{
	for (const struct range_hole *h = r->holes; h; h = h->next)
		if (at >= h->at && at < h->end)
			return h->end - at;
	return r->bytes - at;
}

static struct range_hole *new_hole(u32 at, u32 end, struct range_hole *next)
{
	struct range_hole *h = malloc(sizeof(*h));

	if (h)
		*h = (struct range_hole){ at, end, next };
	return h;
}

int range_take(struct range *r, u32 at, u32 bytes)
{
	struct range_hole **p = &r->holes, *h, *rest;

	while ((h = *p) && h->end <= at)
		p = &h->next;
	if (!h || h->at > at) {
		r->used = at + bytes;
		return 0;
	}
	if (h->at == at) {
		h->at += bytes;
	} else if (h->end == at + bytes) {
		h->end = at;
	} else {
		rest = new_hole(at + bytes, h->end, h->next);
		if (!rest)
			return -ENOMEM;
		h->end = at;
		h->next = rest;
	}
	if (h->at == h->end) {
		*p = h->next;
		free(h);
	}
	return 0;
}

/* A hole at the end is none. */
static void shrink(struct range *r)
{
	struct range_hole **p = &r->holes, *h;

	while ((h = *p) && h->end != r->used)
		p = &h->next;
	if (!h)
		return;
	r->used = h->at;
	*p = NULL;
	free(h);
}

void range_give(struct range *r, u32 at, u32 bytes)
{
	struct range_hole **p = &r->holes, *before = NULL, *h;

	while ((h = *p) && h->at < at) {
		before = h;
		p = &h->next;
	}
	if (before && before->end == at) {
		before->end += bytes;
		if (h && before->end == h->at) {
			before->end = h->end;
			before->next = h->next;
			free(h);
		}
	} else if (h && h->at == at + bytes) {
		h->at = at;
	} else if ((h = new_hole(at, at + bytes, *p))) {
		*p = h;
	}
	shrink(r);
}
