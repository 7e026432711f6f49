/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arrays: values one after the other; per-CPU ones in a region per CPU, so that CPUs share no cache
 * line. Entries always exist. Also .data, .bss, .rodata and .kconfig, then page aligned for mmap().
 */
#include "rt/map.h"

static int array_layout(struct rt_map *m)
{
	m->elem_bytes = m->value_bytes;
	m->value_off = rt_round_up(sizeof(struct rt_map_hdr), RT_PAGE);
	m->total_bytes = rt_round_up(m->value_off + (u64)m->max_entries * m->elem_bytes, RT_PAGE);
	if (m->map_flags & BPF_F_MMAPABLE)
		m->mmap_off = m->value_off;
	return 0;
}

static void *array_lookup(struct rt_map *m, const void *key)
{
	u32 i = rt_get32(key);

	return i < m->max_entries ? m->values + (u64)i * m->elem_bytes : NULL;
}

static long array_check(struct rt_map *m, u32 i, u64 flags)
{
	if (flags > BPF_EXIST)
		return -EINVAL;
	if (i >= m->max_entries)
		return -E2BIG;
	return flags == BPF_NOEXIST ? -EEXIST : 0;
}

static long array_update(struct rt_map *m, const void *key, const void *value, u64 flags)
{
	u32 i = rt_get32(key);
	long err = array_check(m, i, flags);

	if (!err)
		rt_value_write(m, m->values + (u64)i * m->elem_bytes, value);
	return err;
}

static long array_delete(struct rt_map *m, const void *key)
{
	(void)m;
	(void)key;
	return -EINVAL;
}

static long array_next_key(struct rt_map *m, const void *key, void *next)
{
	u32 i = key ? rt_get32(key) : U32_MAX;

	if (i >= m->max_entries) {
		rt_put32(next, 0);
		return 0;
	}
	if (i == m->max_entries - 1)
		return -ENOENT;
	rt_put32(next, i + 1);
	return 0;
}

static long array_each(struct rt_map *m, long (*fn)(void *, const void *, void *), void *arg)
{
	for (u32 i = 0; i < m->max_entries; i++)
		if (fn(arg, &i, m->ops->lookup(m, &i)))
			return i + 1;
	return m->max_entries;
}

const struct rt_map_ops rt_array_ops = {
	.layout = array_layout,
	.lookup = array_lookup,
	.update = array_update,
	.del = array_delete,
	.next_key = array_next_key,
	.each = array_each,
};

/* -- Per CPU --- */

static int percpu_layout(struct rt_map *m)
{
	m->elem_bytes = m->value_bytes;
	m->value_off = rt_round_up(sizeof(struct rt_map_hdr), RT_PAGE);
	m->cpu_stride = rt_round_up((u64)m->max_entries * m->elem_bytes, 64);
	m->total_bytes = rt_round_up(m->value_off + m->cpu_stride * m->nr_cpus, RT_PAGE);
	return 0;
}

static void *percpu_lookup_cpu(struct rt_map *m, const void *key, u32 cpu)
{
	u32 i = rt_get32(key);

	if (i >= m->max_entries || cpu >= m->nr_cpus)
		return NULL;
	return m->values + cpu * m->cpu_stride + (u64)i * m->elem_bytes;
}

static void *percpu_lookup(struct rt_map *m, const void *key)
{
	return percpu_lookup_cpu(m, key, rt_cpu(rt_thread_self()));
}

static long percpu_update_cpu(struct rt_map *m, const void *key, const void *value, u64 flags, u32 cpu)
{
	long err = array_check(m, rt_get32(key), flags);
	const u8 *from = value;

	if (err)
		return err;
	for (u32 c = 0; c < m->nr_cpus; c++) {
		if (cpu < RT_EACH_CPU && c != cpu)
			continue;
		rt_copy(percpu_lookup_cpu(m, key, c), from, m->value_size);
		if (cpu == RT_EACH_CPU)
			from += m->value_bytes;
	}
	return 0;
}

static long percpu_update(struct rt_map *m, const void *key, const void *value, u64 flags)
{
	return percpu_update_cpu(m, key, value, flags, rt_cpu(rt_thread_self()));
}

const struct rt_map_ops rt_percpu_array_ops = {
	.layout = percpu_layout,
	.lookup = percpu_lookup,
	.update = percpu_update,
	.del = array_delete,
	.lookup_cpu = percpu_lookup_cpu,
	.update_cpu = percpu_update_cpu,
	.next_key = array_next_key,
	.each = array_each,
};

/* -- Entries that have an address: code, other maps. They are the process's own, in m->entries --- */

static int fd_array_layout(struct rt_map *m)
{
	m->elem_bytes = sizeof(u64);
	m->total_bytes = RT_PAGE;
	return 0;
}

/* As programs see it: the map in the entry; code is only for the JIT's tail calls. */
static void *fd_array_lookup(struct rt_map *m, const void *key)
{
	u32 i = rt_get32(key);

	if (i >= m->max_entries || m->type != BPF_MAP_TYPE_ARRAY_OF_MAPS)
		return NULL;
	return (void *)rt_load_acquire(&m->entries[i]);
}

/*
 * Hash of maps: the shared hash says which of the process's entries a key has. An entry is given to
 * another key only after its own is gone; who looked it up before may get the other's map, of the same kind.
 */
static void *hash_of_maps_lookup(struct rt_map *m, const void *key)
{
	const u32 *entry = rt_hash_ops.lookup(m, key);

	return entry && rt_load(entry) <= m->max_entries ? (void *)rt_load_acquire(&m->entries[rt_load(entry)]) :
							     NULL;
}

static int hash_of_maps_layout(struct rt_map *m)
{
	return rt_hash_ops.layout(m);
}

static long hash_of_maps_next_key(struct rt_map *m, const void *key, void *next)
{
	return rt_hash_ops.next_key(m, key, next);
}

const struct rt_map_ops rt_hash_of_maps_ops = {
	.layout = hash_of_maps_layout,
	.lookup = hash_of_maps_lookup,
	.next_key = hash_of_maps_next_key,
};

const struct rt_map_ops rt_fd_array_ops = {
	.layout = fd_array_layout,
	.lookup = fd_array_lookup,
	.next_key = array_next_key,
};
