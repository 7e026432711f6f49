/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Return addresses are not only on stacks of threads: a coroutine that was put away has one on the heap. So
 * every word of private writable memory counts, whatever it is. Left out is only what lies below the
 * stack pointer on a thread's own stack, where calls that have ended leave their return addresses: the
 * main thread's, by name, and those that hold their thread's block at the upper end.
 */
#include "inject/leave.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGE 4096ULL
#define CHUNK_BYTES (1u << 20)
#define CHUNK_PAGES (CHUNK_BYTES / PAGE)
#define TOTAL_MAX (512ULL << 20)	/* of present pages: more would stop the process for too long */
#define RED_ZONE 128
#define FILTER_SHIFT 20
#define FILTER_BITS 4096
#define PRESENT (3ULL << 62)		/* in memory or swapped out */

struct look {
	const struct stop *stop;
	const struct leave_span *spans;
	u32 nr;
	bool filter[FILTER_BITS];	/* by address bits: may it be in a span? */
	int pagemap;
	u64 total;
	u64 *words;			/* CHUNK_BYTES */
};

static bool in_spans(const struct look *l, u64 v)
{
	if (!l->filter[(v >> FILTER_SHIFT) % FILTER_BITS])
		return false;
	for (u32 i = 0; i < l->nr; i++)
		if (v - l->spans[i].addr < l->spans[i].bytes)
			return true;
	return false;
}

static void fill_filter(struct look *l)
{
	for (u32 i = 0; i < l->nr; i++)
		for (u64 a = l->spans[i].addr; a < l->spans[i].addr + l->spans[i].bytes; a += PAGE)
			l->filter[(a >> FILTER_SHIFT) % FILTER_BITS] = true;
}

static int check_words(const struct look *l, u64 from, u64 bytes)
{
	if (pread(l->stop->mem, l->words, bytes, from) != (ssize_t)bytes)
		return 0;	/* nothing that could be used */
	for (u64 i = 0; i < bytes / 8; i++)
		if (in_spans(l, l->words[i]))
			return -EAGAIN;
	return 0;
}

/* Pages that were never touched are not read, which would make them. */
static int check_chunk(struct look *l, u64 lo, u64 hi)
{
	u64 pages[CHUNK_PAGES], first = lo / PAGE, nr = (hi + PAGE - 1) / PAGE - first;
	int err = 0;

	if (pread(l->pagemap, pages, nr * 8, first * 8) != (ssize_t)(nr * 8))
		return -EIO;
	for (u64 i = 0; i < nr && !err; i++) {
		u64 from = i ? (first + i) * PAGE : lo, to = (first + i + 1) * PAGE;

		if (!(pages[i] & PRESENT))
			continue;
		l->total += PAGE;
		err = check_words(l, from, (to < hi ? to : hi) - from);
	}
	return err ?: l->total > TOTAL_MAX ? -EFBIG : 0;
}

/* From where on the mapping counts. */
static u64 live_from(const struct look *l, const struct map_row *row)
{
	u64 from = row->hi;

	for (u32 i = 0; i < l->stop->nr_threads; i++) {
		const struct stop_thread *t = &l->stop->threads[i];
		u64 tp = 0, sp = t->pc.sp - RED_ZONE;

		if (!t->stopped || sp < row->lo || sp >= row->hi)
			continue;
		arch_host_thread_pointer(t->tid, &tp);
		if (strcmp(row->path, "[stack]") && !(tp > sp && tp < row->hi))
			return row->lo;
		if (sp < from)
			from = sp & ~7ULL;
	}
	return from == row->hi ? row->lo : from;
}

static bool is_span(const struct look *l, const struct map_row *row)
{
	for (u32 i = 0; i < l->nr; i++)
		if (row->lo - l->spans[i].addr < l->spans[i].bytes)
			return true;
	return false;
}

static int check_row(struct look *l, const struct map_row *row)
{
	int err = 0;
	u64 end;

	if (strncmp(row->perms, "rw-p", 4) || is_span(l, row))
		return 0;
	for (u64 at = live_from(l, row); at < row->hi && !err; at = end) {
		end = (at & ~(u64)(CHUNK_BYTES - 1)) + CHUNK_BYTES;
		end = end < row->hi ? end : row->hi;
		err = check_chunk(l, at, end);
	}
	return err;
}

static int check_threads(struct look *l)
{
	for (u32 i = 0; i < l->stop->nr_threads; i++) {
		const struct stop_thread *t = &l->stop->threads[i];

		if (t->stopped && in_spans(l, t->pc.pc))
			return -EAGAIN;
	}
	return 0;
}

static int check_memory(struct look *l)
{
	struct maps maps;
	char path[48];
	int err;

	err = maps_read(stop_live_thread(l->stop), &maps);
	if (err)
		return err;
	snprintf(path, sizeof(path), "/proc/%d/pagemap", stop_live_thread(l->stop));
	l->pagemap = open(path, O_RDONLY | O_CLOEXEC);
	err = l->pagemap < 0 ? -errno : 0;
	for (u32 i = 0; i < maps.nr && !err; i++)
		err = check_row(l, &maps.rows[i]);
	if (l->pagemap >= 0)
		close(l->pagemap);
	maps_done(&maps);
	return err;
}

int leave_check(const struct stop *s, const struct leave_span *spans, u32 nr)
{
	struct look *l = calloc(1, sizeof(*l));
	int err = -ENOMEM;

	if (!l)
		return err;
	*l = (struct look){ .stop = s, .spans = spans, .nr = nr, .words = malloc(CHUNK_BYTES) };
	if (l->words) {
		fill_filter(l);
		err = check_threads(l);
		err = err ?: check_memory(l);
	}
	free(l->words);
	free(l);
	return err;
}
