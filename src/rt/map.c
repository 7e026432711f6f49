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
	case BPF_MAP_TYPE_TASK_STORAGE:
		return &rt_task_ops;
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

/* -- Values with a lock --- */

#define LOCK_BYTES 4

static u32 *lock_of(const struct rt_map *m, void *value)
{
	return (u32 *)(void *)((u8 *)value + m->lock_at - 1);
}

void rt_value_write(const struct rt_map *m, void *to, const void *value)
{
	u32 off = m->lock_at - 1, behind = off + LOCK_BYTES;

	if (!m->lock_at) {
		rt_copy(to, value, m->value_size);
		return;
	}
	rt_copy(to, value, off);
	rt_copy((u8 *)to + behind, (const u8 *)value + behind, m->value_size - behind);
}

void rt_value_read(const struct rt_map *m, void *to, void *value, bool locked)
{
	if (locked)
		rt_spin_lock(lock_of(m, value));
	rt_copy(to, value, m->value_size);
	if (locked)
		rt_spin_unlock(lock_of(m, value));
	if (m->lock_at)
		rt_store(lock_of(m, to), 0);
}

static long update_locked(struct rt_map *m, const void *key, const void *value, u64 flags)
{
	void *v;

	if (!m->lock_at || m->lock_refuses || flags > BPF_EXIST)
		return -EINVAL;
	v = m->ops->lookup(m, key);
	if (!v)
		return m->ops->update(m, key, value, flags);
	if (flags == BPF_NOEXIST)
		return -EEXIST;
	rt_spin_lock(lock_of(m, v));
	rt_value_write(m, v, value);
	rt_spin_unlock(lock_of(m, v));
	return 0;
}

long rt_map_update(struct rt_map *m, const void *key, const void *value, u64 flags)
{
	if (flags & BPF_F_LOCK)
		return update_locked(m, key, value, flags & ~(u64)BPF_F_LOCK);
	return m->ops->update(m, key, value, flags);
}
