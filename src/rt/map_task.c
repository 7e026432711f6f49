/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Task storage: a hash from threads (struct rt_task_key) to values, with its guarantees. Nobody tells that
 * a thread has ended, so each insertion looks at two entries more, and one that finds the map full at all.
 */
#include "rt/task.h"

#define SWEEP_STEP 2

static void sweep(struct rt_map *m, u32 nodes)
{
	for (u32 i = 0; i < nodes; i++) {
		u64 hand = __atomic_fetch_add(&m->hdr->cursor, 1, __ATOMIC_RELAXED);
		struct rt_task_key key;

		/* Of a node that is just used again this may be half of each: then nobody's. */
		rt_copy(&key, rt_hash_key(m, hand % m->nr_nodes + 1), sizeof(key));
		if (key.tid && rt_tid_is_dead(key.tid))
			rt_hash_ops.del(m, &key);
	}
}

static long task_update(struct rt_map *m, const void *key, const void *value, u64 flags)
{
	long err;

	sweep(m, SWEEP_STEP);
	err = rt_hash_ops.update(m, key, value, flags);
	if (err != -E2BIG)
		return err;
	sweep(m, m->nr_nodes);
	err = rt_hash_ops.update(m, key, value, flags);
	return err == -E2BIG ? -ENOMEM : err;
}

static void *task_lookup(struct rt_map *m, const void *key)
{
	return rt_hash_ops.lookup(m, key);
}

static long task_delete(struct rt_map *m, const void *key)
{
	return rt_hash_ops.del(m, key);
}

/* bpf(2) says 4 and 0: a pidfd, no limit. */
static int task_layout(struct rt_map *m)
{
	m->key_size = sizeof(struct rt_task_key);
	m->max_entries = RT_TASKS_MAX;
	return rt_hash_ops.layout(m);
}

const struct rt_map_ops rt_task_ops = {
	.layout = task_layout,
	.lookup = task_lookup,
	.update = task_update,
	.del = task_delete,
};
