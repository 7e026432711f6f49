/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Batches of elements. Hashes go by bucket, as the kernel's do: in_batch and out_batch are a bucket's
 * number, and a bucket that does not fit any more is -ENOSPC if it is the first. Other kinds go by key.
 */
#include "syscall/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/uapi.h"
#include "syscall/uptr.h"

#define COUNT_OFF offsetof(struct map_batch_attr, count)

struct batch {
	const struct map_batch_attr *attr;
	u64 uattr;
	struct map *map;
	u8 *keys, *values;	/* of one step */
	u32 key_bytes, value_bytes;
	u32 done;
};

static int count_write(const struct batch *b, u32 n)
{
	return uptr_write(b->uattr + COUNT_OFF, &n, sizeof(n));
}

static bool is_hash(const struct map *map)
{
	const struct rt_map_ops *ops = map->rt->ops;

	return ops == &rt_hash_ops || ops == &rt_percpu_hash_ops || ops == &rt_hash_of_maps_ops;
}

enum batch_kind { READ_OR_WRITE, DELETE, TAKE };

static bool has_batches(const struct map *map, enum batch_kind kind)
{
	switch (map->rt->type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
		return kind == READ_OR_WRITE;
	case BPF_MAP_TYPE_LPM_TRIE:
		return kind != TAKE;
	default:
		return is_hash(map);
	}
}

static void batch_done(struct batch *b)
{
	free(b->keys);
	free(b->values);
	map_put(b->map);
}

static int batch_open(struct batch *b, u32 mode, u32 allowed, enum batch_kind kind)
{
	int err;

	err = map_from_fd_for(b->attr->map_fd, mode, &b->map);
	if (err)
		return err;
	if (!has_batches(b->map, kind))
		return -FS_ENOTSUPP;
	err = map_check_flags(b->map, b->attr->elem_flags, allowed);
	if (err)
		return err;
	b->key_bytes = map_key_bytes(b->map);
	b->value_bytes = map_value_bytes(b->map, b->attr->elem_flags);
	b->keys = calloc(1, b->key_bytes ?: 1);
	b->values = calloc(1, b->value_bytes);
	return b->keys && b->values ? 0 : -ENOMEM;
}

/* -- Update, delete: one after the other until one fails; count says how many went --- */

static int update_one(struct batch *b, u32 i)
{
	int err = uptr_read(b->keys, b->attr->keys + (u64)i * b->key_bytes, b->key_bytes);

	if (!err)
		err = uptr_read(b->values, b->attr->values + (u64)i * b->value_bytes, b->value_bytes);
	return err ?: map_elem_update(b->map, b->keys, b->values, b->attr->elem_flags);
}

int batch_update(const struct map_batch_attr *attr, u64 uattr)
{
	struct batch b = { .attr = attr, .uattr = uattr };
	int err = batch_open(&b, OBJ_WRITE, BPF_F_LOCK | UBPF_F_CPU | UBPF_F_ALL_CPUS, READ_OR_WRITE);

	if (!err && !attr->count)
		goto out;
	for (; !err && b.done < attr->count; b.done += !err)
		err = update_one(&b, b.done);
	if (b.map && b.values && count_write(&b, b.done))
		err = -EFAULT;
out:
	batch_done(&b);
	return err;
}

int batch_delete(const struct map_batch_attr *attr, u64 uattr)
{
	struct batch b = { .attr = attr, .uattr = uattr };
	int err = batch_open(&b, OBJ_WRITE, BPF_F_LOCK, DELETE);

	if (!err && !attr->count)
		goto out;
	for (; !err && b.done < attr->count; b.done += !err) {
		err = uptr_read(b.keys, attr->keys + (u64)b.done * b.key_bytes, b.key_bytes);
		if (!err)
			err = map_elem_delete(b.map, b.keys);
	}
	if (b.map && b.values && count_write(&b, b.done))
		err = -EFAULT;
out:
	batch_done(&b);
	return err;
}

/* -- Lookup --- */

static int get_one(struct batch *b, const void *key, bool take)
{
	if (take && map_has_fds(b->map))
		return fdmap_lookup(b->map, key, (u32 *)(void *)b->values) ?: fdmap_delete(b->map, key);
	return take ? map_elem_take(b->map, key, b->values) :
		      map_elem_lookup(b->map, key, b->values, b->attr->elem_flags);
}

static int put_one(struct batch *b, const void *key, bool take)
{
	int err = get_one(b, key, take);

	if (err == -ENOENT)	/* gone meanwhile */
		return 0;
	if (err)
		return err;
	if (uptr_write(b->attr->keys + (u64)b->done * b->key_bytes, key, b->key_bytes) ||
	    uptr_write(b->attr->values + (u64)b->done * b->value_bytes, b->values, b->value_bytes))
		return -EFAULT;
	b->done++;
	return 0;
}

/* All keys of a bucket; how many there are, even if they do not fit into @max. */
static u32 bucket_keys(struct batch *b, u32 bucket, u8 *keys, u32 max)
{
	u32 n = 0;

	for (u32 idx = rt_hash_bucket_first(b->map->rt, bucket); idx;
	     idx = rt_hash_bucket_next(b->map->rt, idx), n++)
		if (n < max)
			rt_copy(keys + (u64)n * b->key_bytes, rt_hash_key(b->map->rt, idx),
				b->key_bytes);
	return n;
}

/* Keys to make room for: a count may be absurd. */
static u32 room_for(const struct batch *b)
{
	u32 max = b->map->rt->nr_nodes;

	return b->attr->count < max ? b->attr->count : max;
}

static int one_bucket(struct batch *b, u32 bucket, u8 *keys, bool take)
{
	u32 room = b->attr->count - b->done, n = bucket_keys(b, bucket, keys, room_for(b));
	int err = 0;

	if (n > room || n > room_for(b))
		return -ENOSPC;
	for (u32 i = 0; i < n && !err; i++)
		err = put_one(b, keys + (u64)i * b->key_bytes, take);
	return err;
}

static int lookup_hash(struct batch *b, bool take)
{
	u32 bucket = 0, last = b->map->rt->index_mask;
	u8 *keys;
	int err = 0;

	if (b->attr->in_batch && uptr_read(&bucket, b->attr->in_batch, sizeof(bucket)))
		return -EFAULT;
	if (bucket > last)
		return -ENOENT;
	keys = malloc((u64)room_for(b) * b->key_bytes);
	if (!keys)
		return -ENOMEM;
	for (; bucket <= last; bucket++) {
		err = one_bucket(b, bucket, keys, take);
		if (err)
			break;
	}
	free(keys);
	if (err == -ENOSPC && b->done)
		err = 0;
	else if (!err)
		err = -ENOENT;	/* that was all */
	if (err != -EFAULT && (uptr_write(b->attr->out_batch, &bucket, sizeof(bucket)) ||
			       count_write(b, b->done)))
		err = -EFAULT;
	return err;
}

static int lookup_keys(struct batch *b)
{
	const struct rt_map_ops *ops = b->map->rt->ops;
	u8 *prev = malloc(b->key_bytes);
	bool has_prev = b->attr->in_batch;
	int err = 0;

	if (!prev)
		return -ENOMEM;
	if (has_prev)
		err = uptr_read(prev, b->attr->in_batch, b->key_bytes);
	while (!err && b->done < b->attr->count) {
		err = ops->next_key(b->map->rt, has_prev ? prev : NULL, b->keys);
		if (!err)
			err = put_one(b, b->keys, false);
		if (!err)
			memcpy(prev, b->keys, b->key_bytes);
		has_prev = true;
	}
	if (err != -EFAULT && (count_write(b, b->done) ||
			       (b->done && uptr_write(b->attr->out_batch, prev, b->key_bytes))))
		err = -EFAULT;
	free(prev);
	return err;
}

static int lookup(const struct map_batch_attr *attr, u64 uattr, bool take)
{
	struct batch b = { .attr = attr, .uattr = uattr };
	int err = batch_open(&b, take ? OBJ_READ | OBJ_WRITE : OBJ_READ,
			     take ? BPF_F_LOCK : BPF_F_LOCK | UBPF_F_CPU, take ? TAKE : READ_OR_WRITE);

	if (!err && attr->flags && is_hash(b.map))
		err = -EINVAL;
	if (!err && !attr->count)
		goto out;
	if (!err && count_write(&b, 0))
		err = -EFAULT;
	if (!err && is_hash(b.map))
		err = lookup_hash(&b, take);
	else if (!err)
		err = lookup_keys(&b);
out:
	batch_done(&b);
	return err;
}

int batch_lookup(const struct map_batch_attr *attr, u64 uattr)
{
	return lookup(attr, uattr, false);
}

int batch_take(const struct map_batch_attr *attr, u64 uattr)
{
	return lookup(attr, uattr, true);
}
