/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unwinders ask the dynamic loader which unwind information covers an address: _dl_find_object() of
 * glibc 2.35 and later. That function is replaced by one which knows our code and asks the original
 * about all other. It may be called from signal handlers, so what it reads is only ever appended to.
 *
 * Where there is no such function, or it cannot be patched, __register_frame() of libgcc is used, if
 * there is one; it takes locks, but only when code appears.
 */
#include "inject/unwind.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "inject/self.h"
#include "trampoline/unwind.h"
#include "util/log.h"

struct piece {
	u64 start, end, hdr;
};

/* Pieces of one area, ascending. Grown by copying; the old copy stays, for somebody may be reading. */
struct region {
	u64 area;
	u32 cnt, cap;
	struct piece *pieces;
	struct region *next;
};

/* glibc's struct dl_find_object */
struct found {
	unsigned long long flags;
	void *map_start, *map_end;
	void *link_map;
	void *eh_frame;
	unsigned long long reserved[7];
};

typedef int (*find_fn)(void *pc, struct found *ret);
typedef void (*register_fn)(void *eh_frame);

static struct region *regions;
static bool hooked;
static find_fn find_original;
static register_fn register_frame;

/* -- Pieces --- */

static bool find_in(const struct region *r, u64 pc, struct piece *ret)
{
	u32 lo = 0, hi = __atomic_load_n(&r->cnt, __ATOMIC_ACQUIRE);
	const struct piece *pieces = __atomic_load_n(&r->pieces, __ATOMIC_ACQUIRE);

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (pc >= pieces[mid].start && pc < pieces[mid].end) {
			*ret = pieces[mid];
			return true;
		}
		if (pc >= pieces[mid].end)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static bool find_piece(u64 pc, struct piece *ret)
{
	for (struct region *r = __atomic_load_n(&regions, __ATOMIC_ACQUIRE); r; r = r->next)
		if (find_in(r, pc, ret))
			return true;
	return false;
}

static struct region *get_region(u64 area)
{
	struct region *r;

	for (r = regions; r; r = r->next)
		if (r->area == area)
			return r;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->area = area;
	r->next = regions;
	__atomic_store_n(&regions, r, __ATOMIC_RELEASE);
	return r;
}

static int grow(struct region *r)
{
	u32 cap = r->cap ? 2 * r->cap : 64;
	struct piece *pieces = calloc(cap, sizeof(*pieces));

	if (!pieces)
		return -ENOMEM;
	if (r->cnt)
		memcpy(pieces, r->pieces, r->cnt * sizeof(*pieces));
	r->cap = cap;
	__atomic_store_n(&r->pieces, pieces, __ATOMIC_RELEASE);	/* before any larger .cnt */
	return 0;
}

int unwind_add(u64 area, u64 start, u64 end, u64 hdr)
{
	struct region *r = get_region(area);

	if (!r || (r->cnt == r->cap && grow(r)))
		return -ENOMEM;
	r->pieces[r->cnt] = (struct piece){ start, end, hdr };
	__atomic_store_n(&r->cnt, r->cnt + 1, __ATOMIC_RELEASE);
	if (!hooked && register_frame)
		register_frame((void *)(hdr + UNWIND_FRAME_OFF));
	return 0;
}

/* -- The hook --- */

static int find_object(void *pc, struct found *ret)
{
	struct piece piece;

	if (!find_piece((u64)pc, &piece))
		return find_original(pc, ret);
	*ret = (struct found){
		.map_start = (void *)piece.start, .map_end = (void *)piece.end,
		.eh_frame = (void *)piece.hdr,
	};
	return 0;
}

static int hook_loader(struct tramp_space *s, void *func)
{
	const struct tramp_proto proto = { .nr_args = 2, .arg_words = { 1, 1 } };
	struct tramp *t;
	int err;

	err = tramp_get(s, (u64)func, self_size(func), &proto, "_dl_find_object", &t);
	if (err)
		return err;
	find_original = (find_fn)tramp_original(t);
	return tramp_replace(t, (u64)find_object);
}

void unwind_hook(struct tramp_space *s)
{
	void *func = dlsym(RTLD_DEFAULT, "_dl_find_object");

	hooked = func && !hook_loader(s, func);
	if (hooked)
		return;
	register_frame = (register_fn)dlsym(RTLD_DEFAULT, "__register_frame");
	if (!register_frame)
		log_msg(LOG_WARN, "inject: exceptions and backtraces end at traced functions");
	for (struct region *r = regions; r && register_frame; r = r->next)
		for (u32 i = 0; i < r->cnt; i++)
			register_frame((void *)(r->pieces[i].hdr + UNWIND_FRAME_OFF));
}
