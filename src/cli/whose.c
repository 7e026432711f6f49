/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/whose.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>

#define FUNCS_MAX 1024	/* of one program; the kernel allows 256 */

static void add_span(struct whose_code *c, uint64_t from, uint32_t bytes)
{
	struct whose_span *s = c->spans;

	if (!from || !bytes)
		return;
	if (c->nr == c->max) {
		s = realloc(s, (c->max + 64) * 2 * sizeof(*s));
		if (!s)
			return;
		c->spans = s;
		c->max = (c->max + 64) * 2;
	}
	s[c->nr++] = (struct whose_span){ from, from + bytes };
}

static void add_prog(struct whose_code *c, int fd)
{
	static uint64_t addrs[FUNCS_MAX];
	static uint32_t bytes[FUNCS_MAX];
	struct bpf_prog_info info = {
		.nr_jited_ksyms = FUNCS_MAX,
		.jited_ksyms = (uintptr_t)addrs,
		.nr_jited_func_lens = FUNCS_MAX,
		.jited_func_lens = (uintptr_t)bytes,
	};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return;
	for (uint32_t i = 0; i < info.nr_jited_ksyms && i < info.nr_jited_func_lens &&
	     i < FUNCS_MAX; i++)
		add_span(c, addrs[i], bytes[i]);
}

/* Looks at the programs after seen_id. */
static void scan(struct whose *w, struct whose_code *c)
{
	uint32_t id = w->seen_id;
	int fd;

	while (!bpf_prog_get_next_id(id, &id)) {
		w->seen_id = id;
		fd = bpf_prog_get_fd_by_id(id);
		if (fd < 0)
			continue;
		add_prog(c, fd);
		close(fd);
	}
}

static int compare(const void *a, const void *b)
{
	const struct whose_span *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* bsearch()'s: @key is an address */
static int compare_address(const void *key, const void *span)
{
	const uint64_t ip = *(const uint64_t *)key;
	const struct whose_span *s = span;

	return ip < s->from ? -1 : ip >= s->to;
}

void whose_begin(struct whose *w)
{
	*w = (struct whose){ 0 };
	scan(w, &w->others);
}

void whose_end(struct whose *w)
{
	scan(w, &w->ours);
	if (w->ours.nr)
		qsort(w->ours.spans, w->ours.nr, sizeof(*w->ours.spans), compare);
}

void whose_done(struct whose *w)
{
	free(w->ours.spans);
	free(w->others.spans);
}

static bool is_in(const struct whose_code *c, uint64_t ip)
{
	for (size_t i = 0; i < c->nr; i++)
		if (ip >= c->spans[i].from && ip < c->spans[i].to)
			return true;
	return false;
}

static enum whose_is find(const struct whose *w, const uint64_t *ips, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (w->ours.nr && bsearch(&ips[i], w->ours.spans, w->ours.nr,
					  sizeof(*w->ours.spans), compare_address))
			return WHOSE_OURS;
		if (is_in(&w->others, ips[i]))
			return WHOSE_OTHERS;
	}
	return WHOSE_UNKNOWN;
}

enum whose_is whose_is(struct whose *w, const uint64_t *ips, size_t nr)
{
	enum whose_is who = find(w, ips, nr);

	if (who != WHOSE_UNKNOWN)
		return who;
	scan(w, &w->others);	/* perhaps one that was loaded since */
	return find(w, ips, nr);
}
