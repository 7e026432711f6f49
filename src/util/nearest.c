/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/nearest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MAX_LEN 128
#define MIN_SUBSTRING 4		/* shorter ones are in everything */

enum {				/* smaller is nearer */
	SCORE_SAME = 0,		/* but for case */
	SCORE_UNDERSCORES = 1,	/* but for leading underscores */
	SCORE_EDIT = 2,		/* per letter */
	SCORE_END = 3,		/* sys_x for __x64_sys_x */
	SCORE_START = 4,
	SCORE_WITHIN = 7,
	SCORE_NONE = 1000,
};

/* Which letters occur: two names at distance d differ in at most 2d of them. */
static uint64_t letters(const char *s)
{
	uint64_t set = 0;

	for (; *s; s++)
		set |= 1ull << (*s & 63);
	return set;
}

/* Insertions, deletions, substitutions and swaps of neighbours; @limit + 1 when there are more. */
static int distance(const char *a, size_t la, const char *b, size_t lb, int limit)
{
	int rows[3][MAX_LEN + 1];
	int *before = rows[0], *prev = rows[1], *cur = rows[2], *tmp;

	for (size_t j = 0; j <= lb; j++)
		prev[j] = j;
	for (size_t i = 1; i <= la; i++) {
		int least = cur[0] = i;

		for (size_t j = 1; j <= lb; j++) {
			int d = prev[j - 1] + (a[i - 1] != b[j - 1]);

			if (prev[j] + 1 < d)
				d = prev[j] + 1;
			if (cur[j - 1] + 1 < d)
				d = cur[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < d)
				d = before[j - 2] + 1;
			cur[j] = d;
			if (d < least)
				least = d;
		}
		if (least > limit)
			return limit + 1;
		tmp = before;
		before = prev;
		prev = cur;
		cur = tmp;
	}
	return prev[lb];
}

static int score_edit(const struct nearest *n, const char *name, size_t len)
{
	int limit = n->want_len < 4 ? 1 : n->want_len < 9 ? 2 : 3;
	size_t gap = len > n->want_len ? len - n->want_len : n->want_len - len;
	int d;

	if (gap > limit || len > MAX_LEN ||
	    __builtin_popcountll(n->want_letters ^ letters(name)) > 2 * limit)
		return SCORE_NONE;
	d = distance(n->want, n->want_len, name, len, limit);
	return d > limit ? SCORE_NONE : SCORE_EDIT * d;
}

static int score_part(const struct nearest *n, const char *name, size_t len)
{
	const char *at;
	int longer;

	if (n->want_len < MIN_SUBSTRING || len <= n->want_len)
		return SCORE_NONE;
	at = strstr(name, n->want);
	if (!at)
		return SCORE_NONE;
	longer = (len - n->want_len) / 8;
	if (!strcmp(name + len - n->want_len, n->want))
		return SCORE_END + longer;
	return (at == name ? SCORE_START : SCORE_WITHIN) + longer;
}

static const char *skip_underscores(const char *s)
{
	return s + strspn(s, "_");
}

static int score(const struct nearest *n, const char *name)
{
	size_t len = strlen(name);
	int edit, part;

	if (!strcasecmp(name, n->want))
		return SCORE_SAME;
	if (!strcmp(skip_underscores(name), skip_underscores(n->want)))
		return SCORE_UNDERSCORES;
	part = score_part(n, name, len);
	edit = score_edit(n, name, len);
	return edit < part ? edit : part;
}

void nearest_init(struct nearest *n, const char *want)
{
	*n = (struct nearest){};
	snprintf(n->want, sizeof(n->want), "%s", want);
	n->want_len = strlen(n->want);
	n->want_letters = letters(n->want);
}

static bool listed(const struct nearest *n, const char *text)
{
	for (int i = 0; i < n->nr; i++)
		if (!strcmp(n->best[i].name, text))
			return true;
	return false;
}

void nearest_offer(struct nearest *n, const char *prefix, const char *name)
{
	int s = n->want_len ? score(n, name) : SCORE_NONE;
	char text[sizeof(n->best[0].name)];
	int at;

	if (s == SCORE_NONE || (n->nr == NEAREST_MAX && s >= n->best[n->nr - 1].score))
		return;
	snprintf(text, sizeof(text), "%s%s", prefix ? prefix : "", name);
	if (listed(n, text))
		return;
	if (n->nr < NEAREST_MAX)
		n->nr++;
	for (at = n->nr - 1; at > 0 && n->best[at - 1].score > s; at--)
		n->best[at] = n->best[at - 1];
	n->best[at].score = s;
	memcpy(n->best[at].name, text, sizeof(text));
}

const char *nearest_format(const struct nearest *n, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (int i = 0; i < n->nr && len < size; i++)
		len += snprintf(buf + len, size - len, "%s'%s'", i ? ", " : "", n->best[i].name);
	return buf;
}
