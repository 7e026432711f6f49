/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The string kfuncs. Both strings are read fault-safe, a window at a time: -EFAULT where one cannot be
 * read, -ERANGE for NULL, -E2BIG where no end was found in TEXT_MAX bytes, -ENOENT: not there.
 */
#include "rt/helper.h"
#include "rt/probe.h"

#define TEXT_MAX 65536

struct text {
	u64 addr;
	struct rt_window w;
};

#define TEXT(name, address)                          \
	struct text name;                            \
	name.addr = (address);                       \
	name.w.at = name.w.bytes = 0

static int at(struct text *t, u64 i)
{
	return rt_window_byte(&t->w, t->addr + i);
}

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* What both are looked at for, before anything is: -ERANGE comes first. */
static int both_begin(struct text *a, struct text *b)
{
	int x = at(a, 0), y = at(b, 0);

	if (x == -ERANGE || y == -ERANGE)
		return -ERANGE;
	return x < 0 ? x : y < 0 ? y : 0;
}

static s64 compare(u64 s1, u64 s2, u64 len, bool fold)
{
	TEXT(a, s1);
	TEXT(b, s2);

	if (at(&a, 0) == -ERANGE || at(&b, 0) == -ERANGE)
		return -ERANGE;
	for (u64 i = 0; i < len; i++) {
		int x = at(&a, i), y = at(&b, i);

		if (i == TEXT_MAX)
			return -E2BIG;
		if (x < 0 || y < 0)
			return x < 0 ? x : y;
		if (fold) {
			x = lower(x);
			y = lower(y);
		}
		if (x != y)
			return x < y ? -1 : 1;
		if (!x)
			return 0;
	}
	return 0;
}

RT_HELPER(text_compare)
{
	return compare(r1, r2, TEXT_MAX + 1, false);
}

RT_HELPER(text_casecompare)
{
	return compare(r1, r2, TEXT_MAX + 1, true);
}

RT_HELPER(text_ncasecompare)
{
	return compare(r1, r2, r3, true);
}

/* The first @c, or with @or_end the end of the string. */
static s64 find_char(u64 s, u64 len, u8 c, bool or_end)
{
	TEXT(t, s);

	if (at(&t, 0) == -ERANGE)
		return -ERANGE;
	for (u64 i = 0; i < len; i++) {
		int x = i == TEXT_MAX ? -E2BIG : at(&t, i);

		if (x < 0)
			return x;
		if (x == c || (!x && or_end))
			return i;
		if (!x)
			return -ENOENT;
	}
	return -ENOENT;
}

RT_HELPER(text_chr)
{
	return find_char(r1, TEXT_MAX + 1, r2, false);
}

RT_HELPER(text_chrnul)
{
	return find_char(r1, TEXT_MAX + 1, r2, true);
}

RT_HELPER(text_nchr)
{
	return find_char(r1, r2, r3, false);
}

RT_HELPER(text_rchr)
{
	s64 last = -ENOENT;
	TEXT(t, r1);

	for (u64 i = 0; i < TEXT_MAX; i++) {
		int x = at(&t, i);

		if (x < 0)
			return x;
		if (x == (int)r2)
			last = i;
		if (!x)
			return last;
	}
	return -E2BIG;
}

RT_HELPER(text_len)
{
	return find_char(r1, TEXT_MAX + 1, 0, false);
}

RT_HELPER(text_nlen)
{
	s64 n = find_char(r1, r2, 0, false);

	return n == -ENOENT ? (s64)r2 : n;
}

/* Is @c one of @set? 0, 1, or an error. */
static int is_in(struct text *set, int c)
{
	for (u32 i = 0; i < TEXT_MAX; i++) {
		int x = at(set, i);

		if (x <= 0)
			return x;
		if (x == c)
			return 1;
	}
	return -E2BIG;
}

/* How many bytes from the start are, or are not, in a set. */
static s64 span(u64 s, u64 set, int in)
{
	TEXT(t, s);
	TEXT(chars, set);

	if (both_begin(&t, &chars) == -ERANGE)
		return -ERANGE;
	for (u32 i = 0; i < TEXT_MAX; i++) {
		int x = at(&t, i), is;

		if (x < 0)
			return x;
		if (!x)
			return i;
		is = is_in(&chars, x);
		if (is < 0)
			return is;
		if (is != in)
			return i;
	}
	return -E2BIG;
}

RT_HELPER(text_span)
{
	return span(r1, r2, 1);
}

RT_HELPER(text_cspan)
{
	return span(r1, r2, 0);
}

enum match { MATCH_NOT, MATCH_YES, MATCH_OUT };	/* OUT: the text ends before, here and further on */

/* Does @what stand at @from of @t, within its first @len bytes? Or -errno. */
static int match_at(struct text *t, u64 from, struct text *what, u64 len, bool fold)
{
	for (u64 i = 0; i < TEXT_MAX; i++) {
		int y = at(what, i), x;

		if (y <= 0)
			return y ?: MATCH_YES;
		if (from + i >= len)
			return MATCH_OUT;
		x = at(t, from + i);
		if (x <= 0)
			return x ?: MATCH_OUT;
		if (fold ? lower(x) != lower(y) : x != y)
			return MATCH_NOT;
	}
	return -E2BIG;
}

static s64 find_text(u64 s, u64 what, u64 len, bool fold)
{
	TEXT(t, s);
	TEXT(w, what);

	if (both_begin(&t, &w) == -ERANGE)
		return -ERANGE;
	for (u64 i = 0; i < TEXT_MAX; i++) {
		int m = match_at(&t, i, &w, len, fold);

		if (m == MATCH_YES)
			return i;
		if (m != MATCH_NOT)
			return m < 0 ? m : -ENOENT;
	}
	return -E2BIG;
}

RT_HELPER(text_str)
{
	return find_text(r1, r2, ~0ULL, false);
}

RT_HELPER(text_casestr)
{
	return find_text(r1, r2, ~0ULL, true);
}

RT_HELPER(text_nstr)
{
	return find_text(r1, r2, r3, false);
}

RT_HELPER(text_ncasestr)
{
	return find_text(r1, r2, r3, true);
}
