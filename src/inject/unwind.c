/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unwinders ask the dynamic loader which unwind information covers an address: _dl_find_object() of
 * glibc 2.35 and later. That function is replaced by one which knows our code and asks the original
 * about all other. It may be called from signal handlers: what it reads are single words, and code that
 * goes is code that nobody is in.
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

/* An area of code. Behind each piece lies its .eh_frame_hdr, where the area's bit for these 8 bytes is set. */
struct region {
	u64 start, end;
	struct region *next;
	u64 bits[];
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
typedef void (*register_fn)(void *eh_frame);	/* or deregister */

static struct region *regions;
static bool hooked;
static find_fn find_original;
static register_fn register_frame, deregister_frame;

/* -- Pieces --- */

/* As unwind_emit() wrote it. */
static void read_header(u64 hdr, struct piece *ret)
{
	s32 start, fde;
	u32 len;

	memcpy(&start, (const void *)(hdr + UNWIND_START_OFF), 4);
	memcpy(&fde, (const void *)(hdr + UNWIND_FDE_OFF), 4);
	memcpy(&len, (const void *)(hdr + fde + UNWIND_FDE_LEN_OFF), 4);
	*ret = (struct piece){ hdr + start, hdr + start + len, hdr };
}

/* Of the first header behind @pc. */
static bool find_in(const struct region *r, u64 pc, struct piece *ret)
{
	u32 nr = (pc - r->start) / 8, end = (r->end - r->start) / 8;
	u64 word = __atomic_load_n(&r->bits[nr / 64], __ATOMIC_ACQUIRE) & ~0ULL << nr % 64;

	for (nr &= ~63u; !word && nr + 64 < end; word = __atomic_load_n(&r->bits[nr / 64], __ATOMIC_ACQUIRE))
		nr += 64;
	if (!word)
		return false;
	read_header(r->start + 8ULL * (nr + __builtin_ctzll(word)), ret);
	return pc >= ret->start && pc < ret->end;
}

static bool find_piece(u64 pc, struct piece *ret)
{
	for (struct region *r = __atomic_load_n(&regions, __ATOMIC_ACQUIRE); r; r = r->next)
		if (pc >= r->start && pc < r->end)
			return find_in(r, pc, ret);
	return false;
}

int unwind_add_area(u64 start, u64 end)
{
	struct region *r = calloc(1, sizeof(*r) + ((end - start) / 512 + 1) * sizeof(r->bits[0]));

	if (!r)
		return -ENOMEM;
	r->start = start;
	r->end = end;
	r->next = regions;
	__atomic_store_n(&regions, r, __ATOMIC_RELEASE);
	return 0;
}

static u64 *word_of(u64 hdr, u64 *bit)
{
	struct region *r = regions;

	while (hdr < r->start || hdr >= r->end)
		r = r->next;
	*bit = 1ULL << (hdr - r->start) / 8 % 64;
	return &r->bits[(hdr - r->start) / 512];
}

void unwind_add(u64 hdr)
{
	u64 bit, *word = word_of(hdr, &bit);

	__atomic_fetch_or(word, bit, __ATOMIC_RELEASE);
	if (!hooked && register_frame)
		register_frame((void *)(hdr + UNWIND_FRAME_OFF));
}

void unwind_remove(u64 start)
{
	struct piece piece;
	u64 bit, *word;

	if (!find_piece(start, &piece))
		return;
	word = word_of(piece.hdr, &bit);
	__atomic_fetch_and(word, ~bit, __ATOMIC_RELEASE);
	if (!hooked && deregister_frame)
		deregister_frame((void *)(piece.hdr + UNWIND_FRAME_OFF));
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

/* What was there before that was known. */
static void register_all(void)
{
	for (struct region *r = regions; r && register_frame; r = r->next)
		for (u64 nr = 0; nr < (r->end - r->start) / 8; nr++)
			if (r->bits[nr / 64] >> nr % 64 & 1)
				register_frame((void *)(r->start + 8 * nr + UNWIND_FRAME_OFF));
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
	deregister_frame = (register_fn)dlsym(RTLD_DEFAULT, "__deregister_frame");
	register_all();
}
