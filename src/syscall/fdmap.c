/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps whose entries are objects: prog arrays and arrays of maps. Programs see addresses of this process. */
#include <errno.h>

#include "bpf/uapi.h"
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
	err = map_from_fd(fd, &member, NULL);
	if (err)
		return err;
	*ret = &member->obj;
	*addr = (u64)member->rt;
	return fits(map, member) ? 0 : -EINVAL;
}

static void set(struct map *map, u32 index, struct obj *o, u64 addr)
{
	struct obj *old;

	rt_store_release(&map->rt->entries[index], addr);
	old = __atomic_exchange_n(&map->held[index], o, __ATOMIC_ACQ_REL);
	obj_put(old);
}

int fdmap_update(struct map *map, u32 index, u32 fd, u64 flags)
{
	struct obj *o = NULL;
	u64 addr = 0;
	int err;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (index >= map->rt->max_entries)
		return -E2BIG;
	err = member_open(map, fd, &o, &addr);
	if (err) {
		obj_put(o);
		return err;
	}
	set(map, index, o, addr);
	return 0;
}

int fdmap_delete(struct map *map, u32 index)
{
	if (index >= map->rt->max_entries)
		return -E2BIG;
	if (!map->held[index])
		return -ENOENT;
	set(map, index, NULL, 0);
	return 0;
}

int fdmap_lookup(struct map *map, u32 index, u32 *id)
{
	struct obj *o;

	if (index >= map->rt->max_entries)
		return -ENOENT;
	o = __atomic_load_n(&map->held[index], __ATOMIC_ACQUIRE);
	if (!o)
		return -ENOENT;
	*id = o->id;
	return 0;
}
