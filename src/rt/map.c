/* SPDX-License-Identifier: BSD-2-Clause */
#include "rt/map.h"

const struct rt_map_ops *rt_map_ops(u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_ARRAY:
		return &rt_array_ops;
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return &rt_percpu_array_ops;
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
		return &rt_hash_ops;
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return &rt_percpu_hash_ops;
	case BPF_MAP_TYPE_RINGBUF:
		return &rt_ring_ops;
	case BPF_MAP_TYPE_QUEUE:
		return &rt_queue_ops;
	case BPF_MAP_TYPE_STACK:
		return &rt_stack_ops;
	case BPF_MAP_TYPE_BLOOM_FILTER:
		return &rt_bloom_ops;
	case BPF_MAP_TYPE_LPM_TRIE:
		return &rt_lpm_ops;
	case BPF_MAP_TYPE_USER_RINGBUF:
		return &rt_user_ring_ops;
	case BPF_MAP_TYPE_STACK_TRACE:
		return &rt_stacks_ops;
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return &rt_hash_of_maps_ops;
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
		return &rt_fd_array_ops;
	default:
		return NULL;
	}
}

int rt_map_layout(struct rt_map *m)
{
	m->ops = rt_map_ops(m->type);
	if (!m->ops)
		return -EINVAL;
	m->value_bytes = rt_round_up(m->value_size, 8);
	return m->ops->layout(m);
}

static void set_base(struct rt_map *m, void *base)
{
	m->hdr = base;
	m->base = base;
	m->index = m->base + m->index_off;
	m->nodes = m->base + m->node_off;
	m->bits = (u64 *)(void *)(m->base + m->bits_off);
	m->values = m->base + m->value_off;
}

void rt_map_init(struct rt_map *m, void *base, u32 seed)
{
	struct rt_map_hdr *h = base;

	set_base(m, base);
	m->seed = seed;
	h->version = RT_MAP_VERSION;
	h->hdr_bytes = sizeof(*h);
	h->type = m->type;
	h->key_size = m->key_size;
	h->value_size = m->value_size;
	h->max_entries = m->max_entries;
	h->map_flags = m->map_flags;
	h->nr_cpus = m->nr_cpus;
	h->total_bytes = m->total_bytes;
	h->index_off = m->index_off;
	h->node_off = m->node_off;
	h->bits_off = m->bits_off;
	h->value_off = m->value_off;
	h->mmap_off = m->mmap_off;
	h->seed = seed;
	if (m->ops->init)
		m->ops->init(m);
	rt_store_release(&h->magic, RT_MAP_MAGIC);
}

int rt_map_attach(struct rt_map *m, void *base, u64 bytes)
{
	const struct rt_map_hdr *h = base;

	if (bytes < m->total_bytes || rt_load_acquire(&h->magic) != RT_MAP_MAGIC ||
	    rt_load(&h->version) != RT_MAP_VERSION)
		return -EINVAL;
	set_base(m, base);
	m->seed = rt_load(&h->seed);
	return 0;
}
