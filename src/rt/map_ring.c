/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ring buffer, with the kernel's record format and positions for the consumer:
 *
 *	mmap_off	consumer position (page) | producer position (page) | data | data's overflow
 *
 * A record that crosses the end runs on into the overflow area, so nothing needs to be mapped twice.
 *
 * A reservation is one 128-bit compare-and-swap of {end, last}: it takes the room and says, in one
 * step, who took how much. Before the next one, `last` is noted in a table of slots, one word for each
 * place a record can start; so of every reservation somebody knows the extent and the owner, even if
 * that thread never got any further. The consumer sees a record once the producer position passes it,
 * which it does in order, when its header is written:
 *
 *	reserve: {end, last} += record; header := busy; slot := {lap, owner, units} | HEADER; publish
 *	publish: while the slot at the producer position has HEADER: producer position += record
 *
 * Nobody waits. A thread that is descheduled between these steps delays what the consumer sees, as it
 * does anyway until it submits; one that died is replaced by whoever comes next (a discarded record).
 */
#include <linux/futex.h>

#include "rt/map.h"

#define HDR_BYTES 8
#define BUSY (1u << 31)
#define DISCARD (1u << 30)
#define LEN_MASK (BUSY - 1 - DISCARD)

/* A slot: 63 HEADER | 62:40 lap | 39:20 owner | 19:0 units */
#define SLOT_HEADER (1ULL << 63)
#define LAP_MASK ((1ULL << 23) - 1)
#define OWNER_MASK ((1u << 20) - 1)
#define UNITS_MASK ((1u << 20) - 1)

/* Others may have the memory, and not mean well: no loop without an end. Who means well needs a few turns. */
#define TRIES_MAX 100000

struct ring_word {
	u64 end, last;	/* last: 63:32 token, 31:0 units */
};

static u64 *consumer_pos(const struct rt_map *m)
{
	return (u64 *)(void *)(m->base + m->mmap_off);
}

static u64 *producer_pos(const struct rt_map *m)
{
	return (u64 *)(void *)(m->base + m->mmap_off + RT_PAGE);
}

static u64 *header_at(const struct rt_map *m, u64 pos)
{
	return (u64 *)(void *)(m->values + (pos & m->index_mask & -(u64)HDR_BYTES));
}

static u64 *slot_at(const struct rt_map *m, u64 pos)
{
	return (u64 *)(void *)m->index + (pos & m->index_mask) / HDR_BYTES;
}

static u64 lap_of(const struct rt_map *m, u64 pos)
{
	return ((pos >> __builtin_ctzll((u64)m->index_mask + 1)) + 1) & LAP_MASK;
}

static u64 slot_make(const struct rt_map *m, u64 pos, u32 token, u32 units)
{
	return lap_of(m, pos) << 40 | (u64)(token & OWNER_MASK) << 20 | units;
}

static bool slot_is_of(const struct rt_map *m, u64 slot, u64 pos)
{
	return (slot >> 40 & LAP_MASK) == lap_of(m, pos);
}

static u32 slot_units(u64 slot)
{
	return slot & UNITS_MASK;
}

/* The owner's token with the generation cut short: sometimes alive by mistake, never dead. */
static bool slot_owner_is_dead(u64 slot)
{
	u32 cut = slot >> 20 & OWNER_MASK;

	return rt_token_is_dead_cut(cut, OWNER_MASK);
}

static struct ring_word ring_load(const struct rt_map *m)
{
	struct ring_word w;
	u32 tries = TRIES_MAX;

	do {	/* the end only grows, so it did not change means neither did */
		w.end = rt_load_acquire(&m->hdr->ring[0]);
		w.last = rt_load_acquire(&m->hdr->ring[1]);
	} while (rt_load(&m->hdr->ring[0]) != w.end && --tries);
	return w;
}

/*
 * Notes the last reservation in its slot, unless that is done. Once more if another thread, late by
 * laps, just noted an old one: that changes nothing but the word compared with.
 */
static void note_last(struct rt_map *m, const struct ring_word *w)
{
	u32 units = w->last & UNITS_MASK;
	u64 pos = w->end - (u64)units * HDR_BYTES, slot = rt_load(slot_at(m, pos));
	u32 tries = TRIES_MAX;

	while (units && !slot_is_of(m, slot, pos) && --tries) {
		if (rt_load(&m->hdr->ring[0]) != w->end)	/* whoever came next has noted it */
			return;
		rt_cas64(slot_at(m, pos), slot, slot_make(m, pos, w->last >> 32, units));
		slot = rt_load(slot_at(m, pos));
	}
}

/* -- Publishing --- */

/*
 * The header and its slot, which may or may not have been noted; the caller owns the record. Who notes it now
 * swaps against what was there before, and fails or is overwritten with the same.
 */
static void header_write(struct rt_map *m, u64 pos, u32 len, u32 token, u32 units)
{
	u64 *h = header_at(m, pos);
	u64 page = (u64)((u8 *)h - m->base) / RT_PAGE;

	rt_store(h, page << 32 | len);
	rt_store_release(slot_at(m, pos), slot_make(m, pos, token, units) | SLOT_HEADER);
}

/* A record whose owner died before it wrote the header becomes the caller's, and is discarded. */
static bool take_over(struct rt_map *m, u64 pos, u64 slot, u32 token)
{
	if (!slot_owner_is_dead(slot))
		return false;
	if (rt_cas64(slot_at(m, pos), slot, slot_make(m, pos, token, slot_units(slot))))
		header_write(m, pos, ((slot_units(slot) - 1) * HDR_BYTES) | DISCARD, token,
			     slot_units(slot));
	return true;
}

/*
 * @mine: the end of the record whose header the caller just wrote. Whose record comes later looks at the position
 * after it has written its header, as this caller looked at that header after it moved the position: one of
 * them sees what the other did. So behind @mine the reservation word, another's cache line, is let be.
 */
static void publish(struct rt_map *m, u32 token, u64 mine)
{
	u64 pos = rt_load_acquire(producer_pos(m)), steps = m->index_mask + TRIES_MAX;

	while (--steps) {	/* more than a lap of the smallest records */
		u64 slot = rt_load_acquire(slot_at(m, pos));
		struct ring_word w;

		if (slot & SLOT_HEADER && slot_is_of(m, slot, pos) && slot_units(slot)) {
			u64 next = pos + (u64)slot_units(slot) * HDR_BYTES;

			if (__atomic_compare_exchange_n(producer_pos(m), &pos, next, 0, __ATOMIC_SEQ_CST,
							__ATOMIC_SEQ_CST))
				pos = next;
			continue;
		}
		if (pos >= mine)
			return;
		w = ring_load(m);
		if (pos == w.end)
			return;
		if (!slot_is_of(m, slot, pos)) {
			note_last(m, &w);
			slot = rt_load_acquire(slot_at(m, pos));
		}
		if (pos != rt_load_acquire(producer_pos(m))) {
			pos = rt_load_acquire(producer_pos(m));
			continue;
		}
		if (slot & SLOT_HEADER && slot_is_of(m, slot, pos))
			continue;
		if (!slot_is_of(m, slot, pos) || !take_over(m, pos, slot, token))
			return;
	}
}

static void notify(struct rt_map_hdr *h, int fd)
{
	u64 one = 1;

	__atomic_fetch_add(&h->wakeups, 1, __ATOMIC_RELEASE);
	if (fd >= 0)
		rtarch_syscall(__NR_write, fd, (long)&one, sizeof(one), 0, 0);
	else
		rtarch_syscall(__NR_futex, (long)&h->wakeups, FUTEX_WAKE, 0x7fffffff, 0, 0);
}

/* -- What a program does --- */

/*
 * Gives up the record at @pos, which was published and never submitted, if its owner died. What was read
 * is a header only as long as the consumer stands at @from; such a record holds it up, so what is
 * then swapped is that header or already given up.
 */
static void give_up_dead(struct rt_map *m, u64 pos, u64 from)
{
	u64 slot = rt_load_acquire(slot_at(m, pos)), *h = header_at(m, pos), hdr = rt_load_acquire(h);

	if (!slot_is_of(m, slot, pos) || !(hdr & BUSY) || !slot_owner_is_dead(slot))
		return;
	if (rt_load_acquire(consumer_pos(m)) == from)
		rt_cas64(h, hdr, (hdr & ~(u64)BUSY) | DISCARD);
}

/* Wakes the consumer if it was held up by what is given up now. */
static void recover(struct rt_map *m, u32 token)
{
	u64 from = rt_load_acquire(consumer_pos(m)), end = rt_load_acquire(producer_pos(m)), pos = from;
	bool had = rt_ring_has_data(m);

	for (u32 i = 0; pos < end && end - pos <= (u64)m->index_mask + 1 && i < RT_LANES; i++) {
		give_up_dead(m, pos, from);
		if (rt_load(header_at(m, pos)) & BUSY)
			break;
		pos += rt_round_up((rt_load(header_at(m, pos)) & LEN_MASK) + HDR_BYTES, HDR_BYTES);
	}
	publish(m, token, -1ULL);
	if (!had && rt_ring_has_data(m))
		notify(m->hdr, m->notify_fd);
}

void rt_ring_recover(struct rt_map *m)
{
	struct rt_scope scope;
	struct rt_thread *t = rt_enter(&scope);

	if (!t)
		return;
	rt_lanes_reap(RT_LANES);
	recover(m, rt_token(t));
	rt_exit(t, &scope);
}

static bool reserve_units(struct rt_map *m, u32 units, u32 token, u64 *pos)
{
	u64 bytes = (u64)units * HDR_BYTES;
	struct ring_word w;

	do {
		w = ring_load(m);
		note_last(m, &w);
		if (w.end + bytes - rt_load_acquire(consumer_pos(m)) > (u64)m->index_mask + 1)
			return false;
	} while (!rtarch_cas128(m->hdr->ring, w.end, w.last, w.end + bytes, (u64)token << 32 | units));
	*pos = w.end;
	return true;
}

void *rt_ring_reserve(struct rt_map *m, u64 size, u64 flags)
{
	u64 units = 1 + (size + HDR_BYTES - 1) / HDR_BYTES, pos;
	struct rt_thread *t = rt_thread_self();
	u32 token = t ? rt_token(t) : 0;

	if (flags || size > LEN_MASK || units > UNITS_MASK || units * HDR_BYTES > (u64)m->index_mask + 1 ||
	    !token)
		return NULL;
	if (!reserve_units(m, units, token, &pos)) {
		rt_ring_recover(m);
		if (!reserve_units(m, units, token, &pos))
			return NULL;
	}
	header_write(m, pos, (u32)size | BUSY, token, units);
	if (rt_load(producer_pos(m)) != pos)	/* else publish() starts with a full barrier */
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	publish(m, token, pos + units * HDR_BYTES);
	return header_at(m, pos) + 1;
}

/* -- From a record to its map: by the address of the memory --- */

#define RINGS 1024

static struct rt_map *rings[RINGS];

static u32 ring_hash(const u8 *base)
{
	return (u64)base / RT_PAGE * 0x9e3779b1u >> 7;
}

int rt_ring_enroll(struct rt_map *m)
{
	for (u32 i = 0; i < RINGS; i++)
		if (__sync_bool_compare_and_swap(&rings[(ring_hash(m->base) + i) % RINGS], NULL, m))
			return 0;
	return -ENOSPC;
}

void rt_ring_strike(struct rt_map *m)
{
	for (u32 i = 0; i < RINGS; i++)
		if (rt_load(&rings[i]) == m)
			rt_store(&rings[i], NULL);
}

void rt_ring_recover_all(void)
{
	for (u32 i = 0; i < RINGS; i++)
		if (rt_load(&rings[i]))
			rt_ring_recover(rt_load(&rings[i]));
}

static struct rt_map *ring_find(const u8 *base)
{
	for (u32 i = 0; i < RINGS; i++) {
		struct rt_map *m = rt_load(&rings[(ring_hash(base) + i) % RINGS]);

		if (m && m->base == base)
			return m;
	}
	return NULL;
}

void rt_ring_commit(void *sample, u64 flags, bool discard)
{
	u64 *h = (u64 *)sample - 1, hdr = rt_load(h);
	u8 *base = (u8 *)((u64)h & ~(u64)(RT_PAGE - 1)) - (hdr >> 32) * RT_PAGE;
	u64 done = (hdr & ~(u64)BUSY) | (discard ? DISCARD : 0), at, consumer;
	struct rt_map *m;

	if (flags & BPF_RB_NO_WAKEUP) {
		rt_store_release(h, done);
		return;
	}
	__atomic_store_n(h, done, __ATOMIC_SEQ_CST);	/* before the consumer's position is looked at */
	m = ring_find(base);
	if (!m)
		return;
	at = (u64)((u8 *)h - m->values);
	consumer = rt_load_acquire(consumer_pos(m)) & m->index_mask;
	if (flags & BPF_RB_FORCE_WAKEUP || consumer == at)
		notify(m->hdr, m->notify_fd);
}

long rt_ring_output(struct rt_map *m, const void *data, u64 size, u64 flags)
{
	void *to;

	if (flags & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return -EINVAL;
	to = rt_ring_reserve(m, size, 0);
	if (!to)
		return -EAGAIN;
	rt_copy(to, data, size);
	rt_ring_commit(to, flags, false);
	return 0;
}

bool rt_ring_has_data(struct rt_map *m)
{
	u64 pos = rt_load_acquire(consumer_pos(m));

	return pos < rt_load_acquire(producer_pos(m)) && !(rt_load_acquire(header_at(m, pos)) & BUSY);
}

u64 rt_ring_query(struct rt_map *m, u64 what)
{
	u64 cons = rt_load_acquire(consumer_pos(m)), prod = rt_load_acquire(producer_pos(m));

	switch (what) {
	case BPF_RB_AVAIL_DATA:
		return prod - cons;
	case BPF_RB_RING_SIZE:
		return (u64)m->index_mask + 1;
	case BPF_RB_CONS_POS:
		return cons;
	case BPF_RB_PROD_POS:
		return prod;
	default:
		return 0;
	}
}

/* -- Layout: header | slots | pages as the application maps them --- */

static int ring_layout(struct rt_map *m)
{
	m->index_mask = m->max_entries - 1;
	m->index_off = rt_round_up(sizeof(struct rt_map_hdr), RT_PAGE);
	m->mmap_off = rt_round_up(m->index_off + m->max_entries, RT_PAGE);
	m->value_off = m->mmap_off + 2 * RT_PAGE;
	m->total_bytes = m->value_off + 2ULL * m->max_entries;
	return 0;
}

const struct rt_map_ops rt_ring_ops = {
	.layout = ring_layout,
};
