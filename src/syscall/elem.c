/* SPDX-License-Identifier: BSD-2-Clause */
/* Elements of maps, one at a time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/uapi.h"
#include "syscall/map.h"
#include "syscall/pidfd.h"
#include "syscall/uptr.h"

/* One command: the map, and copies of the caller's key and value. */
struct elem {
	struct map *map;
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

int map_from_fd_for(int fd, u32 need, struct map **ret)
{
	u32 mode;
	struct map *map;
	int err = map_from_fd(fd, &map, &mode);

	if (err)
		return err;
	if (map->frozen)
		mode &= ~OBJ_WRITE;
	if ((mode & need) != need) {
		map_put(map);
		return -EPERM;
	}
	*ret = map;
	return 0;
}

int map_check_flags(const struct map *map, u64 flags, u32 allowed)
{
	if ((u32)flags & ~allowed)
		return -EINVAL;
	if (flags & BPF_F_LOCK && (!map->rt->lock_at || map->rt->lock_refuses))
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

u32 map_value_bytes(const struct map *map, u64 flags)
{
	const struct rt_map *rt = map->rt;

	if (rt_map_is_percpu(rt->type) && !(flags & (UBPF_F_CPU | UBPF_F_ALL_CPUS)))
		return rt->value_bytes * rt->nr_cpus;
	return map_has_fds(map) ? sizeof(u32) : rt->value_size;
}

u32 map_key_bytes(const struct map *map)
{
	return map->rt->type == BPF_MAP_TYPE_TASK_STORAGE ? sizeof(int) : map->rt->key_size;
}

static int read_key(struct elem *e, u64 key)
{
	u32 bytes = map_key_bytes(e->map);

	if (!bytes)
		return key ? -EINVAL : 0;
	return uptr_dup(key, bytes, &e->key);
}

/* The key that the map itself has for *@key; @task is where it may be. */
static int own_key(const struct map *map, const void **key, struct rt_task_key *task)
{
	const void *pidfd = *key;

	if (map->rt->type != BPF_MAP_TYPE_TASK_STORAGE)
		return 0;
	*key = task;
	return pidfd_task(rt_get32(pidfd), task);
}

static int alloc_value(struct elem *e)
{
	e->value_bytes = map_value_bytes(e->map, e->flags);
	e->value = calloc(1, e->value_bytes);
	return e->value ? 0 : -ENOMEM;
}

/* -- Lookup --- */

static void read_value(struct rt_map *rt, void *to, void *value, bool locked)
{
	struct rt_scope scope;
	struct rt_thread *t = locked ? rt_enter(&scope) : NULL;

	rt_value_read(rt, to, value, locked);
	if (t)
		rt_exit(t, &scope);
}

static long update_locked(struct rt_map *rt, const void *key, const void *value, u64 flags)
{
	struct rt_scope scope;
	struct rt_thread *t = rt_enter(&scope);
	long err;

	if (!t)
		return -EBUSY;
	err = rt_map_update(rt, key, value, flags);
	rt_exit(t, &scope);
	return err;
}

static int copy_one(struct rt_map *rt, const void *key, void *value, u64 flags)
{
	void *v;

	if (flags & UBPF_F_CPU)
		v = rt->ops->lookup_cpu(rt, key, flags >> 32);
	else
		v = rt->ops->lookup(rt, key);
	if (!v)
		return -ENOENT;
	read_value(rt, value, v, flags & BPF_F_LOCK);
	return 0;
}

static int copy_each_cpu(struct rt_map *rt, const void *key, u8 *value)
{
	for (u32 c = 0; c < rt->nr_cpus; c++) {
		void *v = rt->ops->lookup_cpu(rt, key, c);

		if (!v)
			return -ENOENT;
		rt_copy(value + c * rt->value_bytes, v, rt->value_size);
	}
	return 0;
}

int map_elem_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	struct rt_map *rt = map->rt;
	struct rt_task_key task;
	int err = own_key(map, &key, &task);

	if (err)
		return err;
	if (map_has_fds(map))
		return fdmap_lookup(map, key, value);
	if (rt->ops->peek)
		return rt->ops->peek(rt, value);
	if (rt->ops->copy)
		return rt->ops->copy(rt, key, value);
	if (!rt->ops->lookup)
		return -FS_ENOTSUPP;
	return rt_map_is_percpu(rt->type) && !(flags & UBPF_F_CPU) ? copy_each_cpu(rt, key, value) :
								    copy_one(rt, key, value, flags);
}

int map_lookup(const struct map_elem_attr *attr)
{
	struct elem e = { .flags = attr->flags };
	int err = map_from_fd_for(attr->map_fd, OBJ_READ, &e.map);

	if (!err)
		err = map_check_flags(e.map, attr->flags, BPF_F_LOCK | UBPF_F_CPU);
	if (!err)
		err = read_key(&e, attr->key);
	if (!err)
		err = alloc_value(&e);
	if (!err && e.map->rt->type == BPF_MAP_TYPE_BLOOM_FILTER)	/* the value is the question */
		err = uptr_read(e.value, attr->value, e.value_bytes);
	if (!err)
		err = map_elem_lookup(e.map, e.key, e.value, e.flags);
	if (!err)
		err = uptr_write(attr->value, e.value, e.value_bytes);
	elem_done(&e);
	return err;
}

/* -- Update --- */

int map_elem_update(struct map *map, const void *key, const void *value, u64 all_flags)
{
	struct rt_map *rt = map->rt;
	u64 flags = (u32)all_flags & ~(BPF_F_LOCK | UBPF_F_CPU | UBPF_F_ALL_CPUS);
	u32 cpu = RT_EACH_CPU;
	struct rt_task_key task;
	int err = own_key(map, &key, &task);

	if (err)
		return err;
	if (map_has_fds(map))
		return fdmap_update(map, key, rt_get32(value), flags);
	if (rt->ops->push)
		return rt->ops->push(rt, value, all_flags);
	if (!rt->ops->update)
		return -FS_ENOTSUPP;
	if (all_flags & BPF_F_LOCK)
		return update_locked(rt, key, value, all_flags);
	if (!rt_map_is_percpu(rt->type))
		return rt->ops->update(rt, key, value, flags);
	if ((u32)all_flags > UBPF_F_ALL_CPUS)
		return -EINVAL;
	if (flags != (u32)all_flags || flags > BPF_EXIST)	/* of combinations, the kernel means neither */
		flags = BPF_ANY;
	if (all_flags & UBPF_F_CPU)
		cpu = all_flags >> 32;
	else if (all_flags & UBPF_F_ALL_CPUS)
		cpu = RT_ALL_CPUS;
	return rt->ops->update_cpu(rt, key, value, flags, cpu);
}

int map_update(const struct map_elem_attr *attr)
{
	struct elem e = { .flags = attr->flags };
	int err = map_from_fd_for(attr->map_fd, OBJ_WRITE, &e.map);

	if (!err)
		err = map_check_flags(e.map, attr->flags, ~0u);
	if (!err)
		err = read_key(&e, attr->key);
	if (!err) {
		e.value_bytes = map_value_bytes(e.map, attr->flags);
		err = uptr_dup(attr->value, e.value_bytes, &e.value);
	}
	if (!err)
		err = map_elem_update(e.map, e.key, e.value, e.flags);
	elem_done(&e);
	return err;
}

/* What kinds without keys say to those who want one. */
static int map_no_keys(const struct map *map)
{
	if (map->rt->type == BPF_MAP_TYPE_BLOOM_FILTER)
		return -EOPNOTSUPP;
	return map->rt->ops->push ? -EINVAL : -FS_ENOTSUPP;
}

int map_elem_delete(struct map *map, const void *key)
{
	struct rt_map *rt = map->rt;
	struct rt_task_key task;
	int err = own_key(map, &key, &task);

	if (err)
		return err;
	if (map_has_fds(map))
		return fdmap_delete(map, key);
	return rt->ops->del ? rt->ops->del(rt, key) : map_no_keys(map);
}

int map_delete(const struct map_elem_attr *attr)
{
	struct elem e = { 0 };
	int err = map_from_fd_for(attr->map_fd, OBJ_WRITE, &e.map);

	if (!err)
		err = read_key(&e, attr->key);
	if (!err)
		err = map_elem_delete(e.map, e.key);
	elem_done(&e);
	return err;
}

int map_next_key(const struct map_elem_attr *attr)
{
	struct elem e = { 0 };
	int err = map_from_fd_for(attr->map_fd, OBJ_READ, &e.map);
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
		err = rt->ops->next_key ? rt->ops->next_key(e.map->rt, e.key, next) :
					  map_no_keys(e.map);
	if (!err)
		err = uptr_write(attr->value, next, rt->key_size);
out:
	free(next);
	elem_done(&e);
	return err;
}

int map_elem_take(struct map *map, const void *key, void *value)
{
	struct rt_map *rt = map->rt;

	if (rt->ops->pop)
		return rt->ops->pop(rt, value);
	return rt->ops->take ? rt->ops->take(rt, key, value) : -FS_ENOTSUPP;
}

int map_take(const struct map_elem_attr *attr)
{
	struct elem e = { .flags = attr->flags };
	int err = map_from_fd_for(attr->map_fd, OBJ_READ | OBJ_WRITE, &e.map);

	if (!err && attr->flags && e.map->rt->ops->pop)
		err = -EINVAL;
	if (!err)
		err = map_check_flags(e.map, attr->flags, BPF_F_LOCK);
	if (!err)
		err = read_key(&e, attr->key);
	if (!err)
		err = alloc_value(&e);
	if (!err)
		err = map_elem_take(e.map, e.key, e.value);
	if (!err)
		err = uptr_write(attr->value, e.value, e.value_bytes);
	elem_done(&e);
	return err;
}

int map_freeze(const struct map_elem_attr *attr)
{
	struct elem e = { 0 };
	int err = map_from_fd_for(attr->map_fd, OBJ_WRITE, &e.map);

	if (!err)
		err = __atomic_exchange_n(&e.map->frozen, true, __ATOMIC_SEQ_CST) ? -EBUSY : 0;
	if (!err)
		err = map_keep_constants(e.map);
	elem_done(&e);
	return err;
}
