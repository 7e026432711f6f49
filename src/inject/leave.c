/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Return addresses are not only on stacks of threads: a coroutine that was put away has one on the heap. So every
 * word of private writable memory counts, whatever it is, but for a thread's own stack: the main thread's, by name,
 * and those that hold their thread's block at the upper end. Calls that have ended leave words there, below
 * the stack pointer and, where later calls have not written all of their frames, above it. There,
 *
 *	a call in an image		counts if its frame still has its stamp (arch/guard.h)
 *	an interrupted PC of ours	counts if it is in what looks like a signal frame
 *
 * and that is all, for but images, none of our code calls code of the process (it jumps there).
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
#define FILTER_SHIFT 20
#define FILTER_BITS 4096
#define PRESENT (3ULL << 62)		/* in memory or swapped out */

struct stack {
	u64 sp, hi;			/* .hi 0: not the thread's own */
};

struct look {
	const struct stop *stop;
	bool stamped;
	struct stack *stacks;		/* of stopped threads */
	u32 nr_stacks;
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

static bool is_own_stack(const struct look *l, u64 addr)
{
	for (u32 i = 0; i < l->nr_stacks; i++)
		if (addr >= l->stacks[i].sp && addr < l->stacks[i].hi)
			return true;
	return false;
}

/* Of the word at @addr, which points into a span */
static bool is_left_over(const struct look *l, u64 addr)
{
	u64 around[4], sp;

	if (!l->stamped || !is_own_stack(l, addr))
		return false;
	return pread(l->stop->mem, around, sizeof(around), addr - 8) == sizeof(around) &&
	       !arch_host_is_saved_pc(&around[1], 1, 2, &sp);
}

static bool is_image(const struct look *l, u64 addr)
{
	struct guard_image image;

	return in_spans(l, addr) && pread(l->stop->mem, &image, sizeof(image), addr) == sizeof(image) &&
	       image.magic == GUARD_IMAGE_MAGIC;
}

static bool leads_to_us(const struct look *l, u64 addr, u64 word)
{
	return is_image(l, guard_stamp(word, addr - GUARD_FRAME_STAMP)) ||
	       (in_spans(l, word) && !is_left_over(l, addr));
}

static int check_words(const struct look *l, u64 from, u64 bytes)
{
	if (pread(l->stop->mem, l->words, bytes, from) != (ssize_t)bytes)
		return 0;	/* nothing that could be used */
	for (u64 i = 0; i < bytes / 8; i++)
		if (leads_to_us(l, from + i * 8, l->words[i]))
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

	for (u32 i = 0; i < l->nr_stacks; i++) {
		const struct stack *st = &l->stacks[i];

		if (st->sp < row->lo || st->sp >= row->hi)
			continue;
		if (!st->hi)
			return row->lo;
		if (st->sp < from)
			from = st->sp;
	}
	return from == row->hi ? row->lo : from;
}

/* What is at @at, up to *@end at most: memory of ours, which the kernel may have merged with the process' own? */
static bool is_ours(const struct look *l, u64 at, u64 *end)
{
	for (u32 i = 0; i < l->nr; i++) {
		const struct leave_span *span = &l->spans[i];

		if (at - span->addr < span->bytes) {
			*end = span->addr + span->bytes < *end ? span->addr + span->bytes : *end;
			return true;
		}
		if (span->addr > at && span->addr < *end)
			*end = span->addr;
	}
	return false;
}

static int check_row(struct look *l, const struct map_row *row)
{
	int err = 0;
	u64 end;

	if (strncmp(row->perms, "rw", 2) || row->perms[3] != 'p')
		return 0;
	for (u64 at = live_from(l, row); at < row->hi && !err; at = end) {
		end = (at & ~(u64)(CHUNK_BYTES - 1)) + CHUNK_BYTES;
		end = end < row->hi ? end : row->hi;
		if (!is_ours(l, at, &end))
			err = check_chunk(l, at, end);
	}
	return err;
}

static int find_stacks(struct look *l, const struct maps *maps)
{
	l->stacks = calloc(l->stop->nr_threads ?: 1, sizeof(*l->stacks));
	if (!l->stacks)
		return -ENOMEM;
	for (u32 i = 0; i < l->stop->nr_threads; i++) {
		const struct stop_thread *t = &l->stop->threads[i];
		const struct map_row *row = t->stopped ? maps_find(maps, t->pc.sp) : NULL;
		struct stack *st = &l->stacks[l->nr_stacks];
		u64 tp = 0;

		if (!row)
			continue;
		st->sp = t->pc.sp & ~7ULL;
		arch_host_thread_pointer(t->tid, &tp);
		if (!strcmp(row->path, "[stack]"))
			st->hi = row->hi;
		else if (tp > st->sp && tp < row->hi)
			st->hi = tp;
		l->nr_stacks++;
	}
	return 0;
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
	err = l->pagemap < 0 ? -errno : find_stacks(l, &maps);
	for (u32 i = 0; i < maps.nr && !err; i++)
		err = check_row(l, &maps.rows[i]);
	if (l->pagemap >= 0)
		close(l->pagemap);
	free(l->stacks);
	maps_done(&maps);
	return err;
}

int leave_check(const struct stop *s, const struct leave_span *spans, u32 nr, bool stamped)
{
	struct look *l = calloc(1, sizeof(*l));
	int err = -ENOMEM;

	if (!l)
		return err;
	*l = (struct look){ .stop = s, .stamped = stamped, .spans = spans, .nr = nr, .words = malloc(CHUNK_BYTES) };
	if (l->words) {
		fill_filter(l);
		err = check_threads(l);
		err = err ?: check_memory(l);
	}
	free(l->words);
	free(l);
	return err;
}
