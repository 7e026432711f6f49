/* SPDX-License-Identifier: BSD-2-Clause */
/* What is given out is nobody else's, and all of it can be given out again. */
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "trampoline/range.h"

#define BYTES 4096
#define PIECES 64
#define ALIGN 16

static u8 owner[BYTES];
static struct { u32 at, bytes; } pieces[PIECES];
static struct range r;

static u64 seed = 1;

static u32 rnd(u32 below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % below;
}

static void mark(u32 nr, u8 from, u8 to)
{
	for (u32 i = 0; i < pieces[nr].bytes; i++) {
		CHECK_EQ(owner[pieces[nr].at + i], from);
		owner[pieces[nr].at + i] = to;
	}
}

static bool is_free(u32 at, u32 bytes)
{
	for (u32 i = 0; i < bytes; i++)
		if (at + i >= BYTES || owner[at + i])
			return false;
	return true;
}

/* Is there really no room? */
static void check_none(u32 bytes)
{
	for (u32 at = 0; at + bytes <= BYTES; at += ALIGN)
		CHECK(!is_free(at, bytes));
}

static void take(u32 nr)
{
	u32 bytes = ALIGN * (1 + rnd(30)), at = range_find(&r, bytes, ALIGN);

	if (at == RANGE_NONE) {
		check_none(bytes);
		return;
	}
	CHECK_EQ(at % ALIGN, 0);
	CHECK(range_room(&r, at) >= bytes);
	CHECK(is_free(at, range_room(&r, at)));
	CHECK_EQ(range_take(&r, at, bytes), 0);
	pieces[nr].at = at;
	pieces[nr].bytes = bytes;
	mark(nr, 0, 1 + nr);
}

static void give(u32 nr)
{
	mark(nr, 1 + nr, 0);
	range_give(&r, pieces[nr].at, pieces[nr].bytes);
	pieces[nr].bytes = 0;
}

/* What alignment skips at the end is lost: here all is of a size that loses nothing. */
TEST(range_random)
{
	r.bytes = BYTES;
	for (u32 i = 0; i < 100000; i++) {
		u32 nr = rnd(PIECES);

		if (pieces[nr].bytes)
			give(nr);
		else
			take(nr);
	}
	for (u32 nr = 0; nr < PIECES; nr++)
		if (pieces[nr].bytes)
			give(nr);
	CHECK(!r.holes);
	CHECK_EQ(r.used, 0);
}
