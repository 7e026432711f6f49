/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User ring buffer: the application writes records, a program takes them. The kernel's layout, but that
 * the data is followed by as much again, where a record that crosses the end goes on.
 *
 *	mmap_off	consumer position (page) | producer position (page) | data | data's overflow
 *
 * One program drains at a time: it holds the header's lock word. Positions and lengths are the
 * application's and are looked at before they are used.
 */
#include "rt/helper.h"

#define HDR_BYTES 8
#define BUSY (1u << 31)
#define DISCARD (1u << 30)
#define SAMPLES_MAX (128 * 1024)

static int layout(struct rt_map *m)
{
	m->index_mask = m->max_entries - 1;
	m->mmap_off = rt_round_up(sizeof(struct rt_map_hdr), RT_PAGE);
	m->value_off = m->mmap_off + 2 * RT_PAGE;
	m->total_bytes = m->value_off + 2ULL * m->max_entries;
	return 0;
}

static u64 *consumer_pos(const struct rt_map *m)
{
	return (u64 *)(void *)(m->base + m->mmap_off);
}

static u64 producer_pos(const struct rt_map *m)
{
	return rt_load_acquire((u64 *)(void *)(m->base + m->mmap_off + RT_PAGE));
}

/* The next record, *@next behind it. 0, -ENODATA, -EINVAL, -E2BIG, -EAGAIN: passed over */
static long peek(struct rt_map *m, struct rt_dynptr *ret, u64 *next)
{
	u64 cons = rt_load(consumer_pos(m)), prod = producer_pos(m), bytes;
	u32 hdr, len;

	if (prod % HDR_BYTES)
		return -EINVAL;
	if (cons >= prod)
		return -ENODATA;
	hdr = rt_load_acquire((u32 *)(void *)(m->values + (cons & m->index_mask)));
	len = hdr & ~(BUSY | DISCARD);
	bytes = rt_round_up((u64)len + HDR_BYTES, HDR_BYTES);
	if (hdr & BUSY)
		return -ENODATA;
	if (bytes > prod - cons)
		return -EINVAL;
	if (bytes > (u64)m->index_mask + 1)
		return -E2BIG;
	*next = cons + bytes;
	ret->data = (u64)(m->values + (cons & m->index_mask) + HDR_BYTES);
	ret->bytes = len;
	ret->off = 0;
	return hdr & DISCARD ? -EAGAIN : 0;
}

typedef u64 (*drain_fn)(u64 dynptr, u64 ctx, u64, u64, u64);

static long drain(struct rt_map *m, drain_fn fn, u64 ctx)
{
	struct rt_dynptr d;
	long taken = 0;

	for (u32 i = 0; i < SAMPLES_MAX; i++) {
		u64 next, stop = 0;
		long err = peek(m, &d, &next);

		if (err && err != -EAGAIN)
			return err == -ENODATA ? taken : err;
		if (!err) {
			stop = fn((u64)&d, ctx, 0, 0, 0);
			taken++;
		}
		rt_store_release(consumer_pos(m), next);
		if (stop)
			break;
	}
	return taken;
}

/* (Nobody sleeps until there is room: the fd always counts as writable.) */
RT_HELPER(user_ringbuf_drain)
{
	struct rt_map *m = (struct rt_map *)r1;
	long ret;

	if (r4 & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return -EINVAL;
	if (!rt_lock(&m->hdr->lock, rt_token(rt_thread_self())))
		return -EBUSY;
	ret = drain(m, (drain_fn)r2, r3);
	rt_store_release(&m->hdr->lock, 0);
	return ret;
}

const struct rt_map_ops rt_user_ring_ops = {
	.layout = layout,
};
