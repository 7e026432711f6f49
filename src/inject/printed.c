/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory is shared with the other process: nothing it says is believed without a look. */
#include "inject/printed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inject/bridge.h"
#include "rt/helper.h"
#include "syscall/env.h"
#include "syscall/obj.h"

#define RING_BYTES (1u << 20)
#define LINE_MAX_BYTES 2048
#define HDR_BYTES 8
#define BUSY (1u << 31)
#define DISCARD (1u << 30)

struct printed {
	int memfd;
	struct bridge *bridge;
	struct rt_map rt;	/* last: it has room for entries behind, none here */
};

static u64 *consumer_pos(const struct rt_map *rt)
{
	return (u64 *)(void *)(rt->base + rt->mmap_off);
}

/* As the kernel's consumers do; a record that is too long, or an end beyond the ring, is none of ours. */
static void pass_on(void *arg)
{
	struct printed *p = arg;
	u64 at = rt_load(consumer_pos(&p->rt)), end;

	rt_ring_recover(&p->rt);
	end = rt_load_acquire(consumer_pos(&p->rt) + RT_PAGE / 8);
	while (at < end && end - at <= RING_BYTES) {
		const u8 *rec = p->rt.values + (at & (RING_BYTES - 1));
		u32 hdr = rt_load_acquire((const u32 *)(const void *)rec), len = hdr & ~(BUSY | DISCARD);
		u8 line[LINE_MAX_BYTES];

		if (hdr & BUSY)
			break;
		if (!(hdr & DISCARD) && len <= sizeof(line)) {
			memcpy(line, rec + HDR_BYTES, len);
			if (rt_load(&rt_trace_fd) >= 0 && write(rt_load(&rt_trace_fd), line, len) != (ssize_t)len)
				__atomic_fetch_add(&rt_trace_lost, 1, __ATOMIC_RELAXED);
		}
		at += (len + HDR_BYTES + 7) & ~7ULL;
		rt_store_release(consumer_pos(&p->rt), at);
	}
}

static int map_ring(struct printed *p)
{
	struct rt_map *rt = &p->rt;
	void *mem;
	int err;

	rt->type = BPF_MAP_TYPE_RINGBUF;
	rt->max_entries = RING_BYTES;
	rt->nr_cpus = env_nr_cpus();
	rt->notify_fd = -1;
	err = rt_map_layout(rt);
	if (err)
		return err;
	p->memfd = memfd_create("fsession-lines", MFD_CLOEXEC);
	if (p->memfd < 0 || ftruncate(p->memfd, rt->total_bytes))
		return -errno;
	mem = mmap(NULL, rt->total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, p->memfd, 0);
	if (mem == MAP_FAILED)
		return -ENOMEM;
	rt_map_init(rt, mem, 0);
	return 0;
}

int printed_open(struct printed **ret)
{
	struct printed *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	p->memfd = -1;
	err = map_ring(p);
	err = err ?: bridge_start(&p->rt, pass_on, p, &p->bridge);
	if (err) {
		printed_close(p);
		return err;
	}
	*ret = p;
	return 0;
}

void printed_close(struct printed *p)
{
	if (!p)
		return;
	bridge_stop(p->bridge);
	if (p->rt.base)
		munmap(p->rt.base, p->rt.total_bytes);
	if (p->memfd >= 0)
		fd_close(p->memfd);
	free(p);
}

const struct rt_map *printed_ring(const struct printed *p)
{
	return &p->rt;
}

int printed_memfd(const struct printed *p)
{
	return p->memfd;
}
