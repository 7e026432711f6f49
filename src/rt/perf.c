/* SPDX-License-Identifier: BSD-2-Clause */
#include "rt/perf.h"

#include <linux/perf_event.h>

#include "rt/helper.h"

#define WORDS_OFF 2048		/* ours, in a part of the page that nothing else uses */
#define RECORD_MAX 65528	/* what the header's 16 bits can say */

struct words {
	u64 lock;	/* token */
	u64 lost;	/* records, since the last that said so */
};

struct lost_record {
	struct perf_event_header hdr;
	u64 id, lost;
};

static struct perf_event_mmap_page *page_of(const struct rt_perf *p)
{
	return (struct perf_event_mmap_page *)(void *)p->base;
}

static struct words *words_of(const struct rt_perf *p)
{
	return (struct words *)(void *)(p->base + WORDS_OFF);
}

static u64 head_of(const struct rt_perf *p)
{
	return rt_load_acquire(&page_of(p)->data_head);
}

static u64 tail_of(const struct rt_perf *p)
{
	return rt_load_acquire(&page_of(p)->data_tail);
}

bool rt_perf_has_data(const struct rt_perf *p)
{
	return rt_load_acquire(&p->base) && head_of(p) != tail_of(p);
}

/* Returns the position behind what was put. */
static u64 put(const struct rt_perf *p, u64 at, const void *from, u64 bytes)
{
	u64 off = at & (p->data_bytes - 1), first = RT_MIN(bytes, p->data_bytes - off);
	u8 *data = p->base + RT_PAGE;

	rt_copy(data + off, from, first);
	rt_copy(data, (const u8 *)from + first, bytes - first);
	return at + bytes;
}

static u64 put_lost(const struct rt_perf *p, u64 at)
{
	struct lost_record r = { { PERF_RECORD_LOST, 0, sizeof(r) }, 0, rt_load(&words_of(p)->lost) };

	__atomic_fetch_sub(&words_of(p)->lost, r.lost, __ATOMIC_RELAXED);
	return put(p, at, &r, sizeof(r));
}

/* By who has the lock. */
static long append(const struct rt_perf *p, const void *data, u32 bytes)
{
	struct {
		struct perf_event_header hdr;
		u32 raw_bytes;
	} __attribute__((packed)) head = { { PERF_RECORD_SAMPLE, PERF_RECORD_MISC_USER, 0 }, 0 };
	u64 total = rt_round_up(sizeof(head) + bytes, 8), at = head_of(p), room, zero = 0;
	bool lost = rt_load(&words_of(p)->lost);

	room = p->data_bytes - (at - tail_of(p));
	if (room > p->data_bytes || room < total + lost * sizeof(struct lost_record))
		return -ENOSPC;
	if (lost)
		at = put_lost(p, at);
	head.hdr.size = total;
	head.raw_bytes = total - sizeof(head);
	at = put(p, at, &head, sizeof(head));
	at = put(p, at, data, bytes);
	at = put(p, at, &zero, head.raw_bytes - bytes);
	__atomic_store_n(&page_of(p)->data_head, at, __ATOMIC_SEQ_CST);
	return 0;
}

long rt_perf_output(struct rt_perf *p, const void *data, u64 bytes)
{
	u32 token = rt_token(rt_thread_self());
	u64 before, one = 1;
	long err = -EBUSY;

	if (!rt_load_acquire(&p->base))
		return -ENOSPC;
	if (bytes > RECORD_MAX - 16)
		return -E2BIG;
	if (rt_lock(&words_of(p)->lock, token)) {
		before = head_of(p);
		err = append(p, data, bytes);
		rt_store_release(&words_of(p)->lock, 0);
	}
	if (err)
		__atomic_fetch_add(&words_of(p)->lost, 1, __ATOMIC_RELAXED);
	else if (tail_of(p) == before)	/* else the reader has something left to read */
		rtarch_syscall(__NR_write, p->notify_fd, (long)&one, sizeof(one), 0, 0);
	return err;
}

RT_HELPER(perf_event_output)
{
	const struct rt_map *m = (struct rt_map *)r2;
	u32 cpu = rt_cpu(rt_thread_self()), index = r3;
	struct rt_perf *p;

	if (r3 & ~BPF_F_INDEX_MASK)
		return -EINVAL;
	if (r3 == BPF_F_CURRENT_CPU)
		index = cpu;
	if (index >= m->max_entries)
		return -E2BIG;
	p = (struct rt_perf *)rt_load_acquire(&m->entries[index]);
	if (!p)
		return -ENOENT;
	return p->cpu == cpu ? rt_perf_output(p, (void *)r4, r5) : -EOPNOTSUPP;
}
