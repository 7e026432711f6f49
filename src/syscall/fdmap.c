/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps whose entries are objects: prog arrays, perf event arrays, arrays and hashes of maps. Programs see addresses of this process. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "bpf/uapi.h"
#include "syscall/perf.h"
#include "syscall/prog.h"

int map_set_inner(struct map *map, int fd)
{
	struct map *inner;
	int err = map_from_fd(fd, &inner, NULL);

	if (err)
		return err;
	if (inner->rt->type == BPF_MAP_TYPE_PROG_ARRAY || inner->inner)
		err = inner->inner ? -EINVAL : -FS_ENOTSUPP;
	if (err)
		map_put(inner);
	else
		map->inner = inner;
	return err;
}

/* A member must be what the programs were made for; an array's size is part of that. */
static bool fits(const struct map *map, const struct map *member)
{
	const struct rt_map *a = map->inner->rt, *b = member->rt;

	return a->type == b->type && a->key_size == b->key_size && a->value_size == b->value_size &&
	       a->map_flags == b->map_flags &&
	       (a->type != BPF_MAP_TYPE_ARRAY || a->map_flags & BPF_F_INNER_MAP ||
		a->max_entries == b->max_entries);
}

static int member_open(struct map *map, u32 fd, struct obj **ret, u64 *addr)
{
	struct map *member;
	struct perf *perf;
	struct prog *prog;
	int err;

	if (map->rt->type == BPF_MAP_TYPE_PROG_ARRAY) {
		err = prog_from_fd(fd, &prog);
		if (err)
			return err;
		*ret = &prog->obj;
		*addr = prog->code->tail_entry;
		return prog_array_fits(map, prog);
	}
	if (map->rt->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY) {
		if (perf_from_fd(fd, &perf))
			return -EBADF;
		*ret = &perf->obj;
		*addr = (u64)&perf->rt;
		return 0;
	}
	err = map_from_fd(fd, &member, NULL);
	if (err)
		return err;
	*ret = &member->obj;
	*addr = (u64)member->rt;
	return fits(map, member) ? 0 : -EINVAL;
}

static void member_put(const struct map *map, struct obj *o)
{
	if (o && map->rt->type == BPF_MAP_TYPE_PROG_ARRAY)
		prog_array_put((struct prog *)o);
	obj_put(o);
}

void fdmap_free(struct map *map)
{
	for (u32 i = 0; i < map->nr_held; i++)
		member_put(map, map->held[i]);
	free(map->held);
}

static pthread_mutex_t set_lock = PTHREAD_MUTEX_INITIALIZER;

/* Of two at once, the one that is held is the one that programs see. */
static void set(struct map *map, u32 index, struct obj *o, u64 addr)
{
	struct obj *old;

	pthread_mutex_lock(&set_lock);
	rt_store_release(&map->rt->entries[index], addr);
	old = __atomic_exchange_n(&map->held[index], o, __ATOMIC_ACQ_REL);
	pthread_mutex_unlock(&set_lock);
	member_put(map, old);
}

/* -- Hashes of maps: the shared hash has the number of an entry for each key --- */

static pthread_mutex_t hash_lock = PTHREAD_MUTEX_INITIALIZER;

static bool find_entry(struct map *map, const void *key, u32 *ret)
{
	const u32 *entry = rt_hash_ops.lookup(map->rt, key);

	if (!entry || rt_load(entry) >= map->nr_held)
		return false;
	*ret = rt_load(entry);
	return true;
}

static int free_entry(const struct map *map, u32 *ret)
{
	for (u32 i = 0; i < map->nr_held; i++) {
		if (map->held[i])
			continue;
		*ret = i;
		return 0;
	}
	return -E2BIG;
}

static int entry_put(struct map *map, const void *key, struct obj *o, u64 addr, u64 flags)
{
	u32 old, entry;
	bool had = find_entry(map, key, &old);
	int err = free_entry(map, &entry);

	if (err)
		return err;
	set(map, entry, o, addr);
	err = rt_hash_ops.update(map->rt, key, &entry, flags);
	if (err) {
		obj_get(o);	/* the caller's */
		set(map, entry, NULL, 0);
	} else if (had) {
		set(map, old, NULL, 0);
	}
	return err;
}

static int entry_drop(struct map *map, const void *key)
{
	u32 entry;
	int err;

	if (!find_entry(map, key, &entry))
		return -ENOENT;
	err = rt_hash_ops.del(map->rt, key);
	if (!err)
		set(map, entry, NULL, 0);
	return err;
}

/* -- Elements --- */

static bool is_hash(const struct map *map)
{
	return map->rt->type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static int put(struct map *map, const void *key, struct obj *o, u64 addr, u64 flags)
{
	int err;

	if (!is_hash(map)) {
		set(map, rt_get32(key), o, addr);
		return 0;
	}
	pthread_mutex_lock(&hash_lock);
	err = entry_put(map, key, o, addr, flags);
	pthread_mutex_unlock(&hash_lock);
	return err;
}

int fdmap_update(struct map *map, const void *key, u32 fd, u64 flags)
{
	struct obj *o = NULL;
	u64 addr = 0;
	int err;

	if (!is_hash(map) && flags != BPF_ANY)
		return -EINVAL;
	if (!is_hash(map) && rt_get32(key) >= map->rt->max_entries)
		return -E2BIG;
	err = member_open(map, fd, &o, &addr);
	if (!err && map->rt->type == BPF_MAP_TYPE_PROG_ARRAY)
		err = prog_array_get((struct prog *)o);
	if (!err)
		err = put(map, key, o, addr, flags);
	if (err)
		obj_put(o);
	return err;
}

int fdmap_delete(struct map *map, const void *key)
{
	u32 index = rt_get32(key);
	int err;

	if (is_hash(map)) {
		pthread_mutex_lock(&hash_lock);
		err = entry_drop(map, key);
		pthread_mutex_unlock(&hash_lock);
		return err;
	}
	if (index >= map->rt->max_entries)
		return -E2BIG;
	if (!map->held[index])
		return -ENOENT;
	set(map, index, NULL, 0);
	return 0;
}

static int id_of(const struct map *map, u32 index, u32 *id)
{
	const struct obj *o = index < map->nr_held ? __atomic_load_n(&map->held[index], __ATOMIC_ACQUIRE) : NULL;

	if (!o)
		return -ENOENT;
	*id = o->id;
	return 0;
}

int fdmap_lookup(struct map *map, const void *key, u32 *id)
{
	u32 entry;
	int err;

	if (map->rt->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return -FS_ENOTSUPP;
	if (!is_hash(map))
		return id_of(map, rt_get32(key), id);
	pthread_mutex_lock(&hash_lock);
	err = find_entry(map, key, &entry) ? id_of(map, entry, id) : -ENOENT;
	pthread_mutex_unlock(&hash_lock);
	return err;
}
