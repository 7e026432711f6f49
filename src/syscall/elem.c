/* SPDX-License-Identifier: BSD-2-Clause */
/* Elements of maps, one at a time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/uapi.h"
#include "syscall/map.h"
#include "syscall/uptr.h"

/* One command: the map, and copies of the caller's key and value. */
struct elem {
	struct map *map;
	u32 mode;
	u64 flags;
	void *key, *value;
	u32 value_bytes;
};

static void elem_done(struct elem *e)
{
	free(e->key);
	free(e->value);
	map_put(e->map);
}

/* What the fd allows, and a frozen map no longer does. */
static int elem_open(struct elem *e, int fd, u32 need)
{
	int err = map_from_fd(fd, &e->map, &e->mode);

	if (err)
		return err;
	if (e->map->frozen)
		e->mode &= ~OBJ_WRITE;
	return (e->mode & need) == need ? 0 : -EPERM;
}

/* The flags of one element or of a batch (S 1.5). */
static int check_flags(const struct map *map, u64 flags, u32 allowed)
{
	if ((u32)flags & ~allowed)
		return -EINVAL;
	if (flags & BPF_F_LOCK)	/* values with a lock are not told apart yet */
		return -EINVAL;
	if (!(flags & UBPF_F_CPU) && flags >> 32)
		return -EINVAL;
	if (!(flags & (UBPF_F_CPU | UBPF_F_ALL_CPUS)))
		return 0;
	if (!rt_map_is_percpu(map->rt->type) ||
	    (flags & (UBPF_F_CPU | UBPF_F_ALL_CPUS)) == (UBPF_F_CPU | UBPF_F_ALL_CPUS))
		return -EINVAL;
	return flags & UBPF_F_CPU && flags >> 32 >= map->rt->nr_cpus ? -ERANGE : 0;
}

static u32 value_bytes(const struct map *map, u64 flags)
{
	const struct rt_map *rt = map->rt;

	if (rt_map_is_percpu(rt->type) && !(flags & (UBPF_F_CPU | UBPF_F_ALL_CPUS)))
		return rt->value_bytes * rt->nr_cpus;
	return rt->value_size;
}

static int read_key(struct elem *e, u64 key)
{
	if (!e->map->rt->key_size)
		return key ? -EINVAL : 0;
	return uptr_dup(key, e->map->rt->key_size, &e->key);
}

static int alloc_value(struct elem *e)
{
	e->value_bytes = value_bytes(e->map, e->flags);
	e->value = calloc(1, e->value_bytes);
	return e->value ? 0 : -ENOMEM;
}

/* -- Lookup --- */

static int copy_one(struct elem *e)
{
	struct rt_map *rt = e->map->rt;
	void *v;

	if (e->flags & UBPF_F_CPU)
		v = rt->ops->lookup_cpu(rt, e->key, e->flags >> 32);
	else
		v = rt->ops->lookup ? rt->ops->lookup(rt, e->key) : NULL;
	if (!v)
		return -ENOENT;
	rt_copy(e->value, v, rt->value_size);
	return 0;
}

static int copy_each_cpu(struct elem *e)
{
	struct rt_map *rt = e->map->rt;

	for (u32 c = 0; c < rt->nr_cpus; c++) {
		void *v = rt->ops->lookup_cpu(rt, e->key, c);

		if (!v)
			return -ENOENT;
		rt_copy((u8 *)e->value + c * rt->value_bytes, v, rt->value_size);
	}
	return 0;
}

static int elem_lookup(struct elem *e)
{
	struct rt_map *rt = e->map->rt;

	if (rt->ops->peek)
		return rt->ops->peek(rt, e->value);
	if (!rt->ops->lookup)
		return -FS_ENOTSUPP;
	return rt_map_is_percpu(rt->type) && !(e->flags & UBPF_F_CPU) ? copy_each_cpu(e) : copy_one(e);
}

int map_lookup(const struct map_elem_attr *attr)
{
	struct elem e = { .flags = attr->flags };
	int err = elem_open(&e, attr->map_fd, OBJ_READ);

	if (!err)
		err = check_flags(e.map, attr->flags, BPF_F_LOCK | UBPF_F_CPU);
	if (!err)
		err = read_key(&e, attr->key);
	if (!err)
		err = alloc_value(&e);
	if (!err)
		err = elem_lookup(&e);
	if (!err)
		err = uptr_write(attr->value, e.value, e.value_bytes);
	elem_done(&e);
	return err;
}

/* -- Update --- */

static int elem_update(struct elem *e)
{
	struct rt_map *rt = e->map->rt;
	u64 flags = (u32)e->flags & ~(BPF_F_LOCK | UBPF_F_CPU | UBPF_F_ALL_CPUS);
	u32 cpu = RT_EACH_CPU;

	if (rt->ops->push)
		return rt->ops->push(rt, e->value, e->flags);
	if (!rt->ops->update)
		return -FS_ENOTSUPP;
	if (!rt_map_is_percpu(rt->type))
		return rt->ops->update(rt, e->key, e->value, flags);
	if (e->flags & UBPF_F_CPU)
		cpu = e->flags >> 32;
	else if (e->flags & UBPF_F_ALL_CPUS)
		cpu = RT_ALL_CPUS;
	return rt->ops->update_cpu(rt, e->key, e->value, flags, cpu);
}

int map_update(const struct map_elem_attr *attr)
{
	struct elem e = { .flags = attr->flags };
	int err = elem_open(&e, attr->map_fd, OBJ_WRITE);

	if (!err)
		err = check_flags(e.map, attr->flags, ~0u);
	if (!err)
		err = read_key(&e, attr->key);
	if (!err) {
		e.value_bytes = value_bytes(e.map, attr->flags);
		err = uptr_dup(attr->value, e.value_bytes, &e.value);
	}
	if (!err)
		err = elem_update(&e);
	elem_done(&e);
	return err;
}

int map_delete(const struct map_elem_attr *attr)
{
	struct elem e = { 0 };
	int err = elem_open(&e, attr->map_fd, OBJ_WRITE);

	if (!err)
		err = read_key(&e, attr->key);
	if (!err)
		err = e.map->rt->ops->del ? e.map->rt->ops->del(e.map->rt, e.key) : -FS_ENOTSUPP;
	elem_done(&e);
	return err;
}

int map_next_key(const struct map_elem_attr *attr)
{
	struct elem e = { 0 };
	int err = elem_open(&e, attr->map_fd, OBJ_READ);
	const struct rt_map *rt;
	void *next = NULL;

	if (!err && attr->key)
		err = read_key(&e, attr->key);
	if (err)
		goto out;
	rt = e.map->rt;
	next = calloc(1, rt->key_size ?: 1);
	err = -ENOMEM;
	if (next)
		err = rt->ops->next_key ? rt->ops->next_key(e.map->rt, e.key, next) : -FS_ENOTSUPP;
	if (!err)
		err = uptr_write(attr->value, next, rt->key_size);
out:
	free(next);
	elem_done(&e);
	return err;
}

static int elem_take(struct elem *e)
{
	struct rt_map *rt = e->map->rt;

	if (rt->ops->pop)
		return rt->ops->pop(rt, e->value);
	return rt->ops->take ? rt->ops->take(rt, e->key, e->value) : -FS_ENOTSUPP;
}

int map_take(const struct map_elem_attr *attr)
{
	struct elem e = { .flags = attr->flags };
	int err = elem_open(&e, attr->map_fd, OBJ_READ | OBJ_WRITE);

	if (!err && attr->flags && e.map->rt->ops->pop)
		err = -EINVAL;
	if (!err)
		err = check_flags(e.map, attr->flags, BPF_F_LOCK);
	if (!err)
		err = read_key(&e, attr->key);
	if (!err)
		err = alloc_value(&e);
	if (!err)
		err = elem_take(&e);
	if (!err)
		err = uptr_write(attr->value, e.value, e.value_bytes);
	elem_done(&e);
	return err;
}

int map_freeze(const struct map_elem_attr *attr)
{
	struct elem e = { 0 };
	int err = elem_open(&e, attr->map_fd, OBJ_WRITE);

	if (!err)
		err = __atomic_exchange_n(&e.map->frozen, true, __ATOMIC_SEQ_CST) ? -EBUSY : 0;
	elem_done(&e);
	return err;
}
