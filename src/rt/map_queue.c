/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Queue and stack. Changes are made under a lock word that holds the owner's token: it is tried for a
 * bounded time (then -EBUSY, as the kernel says it too), is refused to a handler that interrupted its
 * owner, and falls to the next one when its owner died. Each change takes effect by a single store
 * of a position, so there is nothing to repair.
 *
 * The queue's positions only grow; entry i lies in slot i mod (max_entries + 1).
 */
#include "rt/map.h"

static u8 *slot_of(const struct rt_map *m, u64 pos)
{
	return m->values + pos % (m->max_entries + 1ULL) * m->elem_bytes;
}

static struct rt_thread *lock(struct rt_map *m, struct rt_scope *scope)
{
	struct rt_thread *t = rt_enter(scope);

	if (!t || rt_lock(&m->hdr->lock, rt_token(t)))
		return t;
	rt_exit(t, scope);
	return NULL;
}

static void unlock(struct rt_map *m, struct rt_thread *t, struct rt_scope *scope)
{
	rt_store_release(&m->hdr->lock, 0);
	rt_exit(t, scope);
}

static int layout(struct rt_map *m)
{
	m->elem_bytes = m->value_bytes;
	m->value_off = rt_round_up(sizeof(struct rt_map_hdr), RT_PAGE);
	m->total_bytes = rt_round_up(m->value_off + (m->max_entries + 1ULL) * m->elem_bytes, RT_PAGE);
	return 0;
}

/* How many entries there are; scribbled positions count as none. */
static u64 fill_of(const struct rt_map *m)
{
	u64 nr = rt_load(&m->hdr->head) - rt_load(&m->hdr->tail);

	return nr <= m->max_entries ? nr : 0;
}

/* -- Queue --- */

static long queue_push(struct rt_map *m, const void *value, u64 flags)
{
	struct rt_scope scope;
	struct rt_thread *t;
	long err = 0;

	if (flags & BPF_NOEXIST || flags > BPF_EXIST)
		return -EINVAL;
	t = lock(m, &scope);
	if (!t)
		return -EBUSY;
	if (fill_of(m) == m->max_entries && flags != BPF_EXIST)
		err = -E2BIG;
	else if (fill_of(m) == m->max_entries)
		rt_store_release(&m->hdr->tail, rt_load(&m->hdr->tail) + 1);
	if (!err) {
		rt_copy(slot_of(m, rt_load(&m->hdr->head)), value, m->value_size);
		rt_store_release(&m->hdr->head, rt_load(&m->hdr->head) + 1);
	}
	unlock(m, t, &scope);
	return err;
}

/* The oldest element, at tail, or the newest, at head - 1; @remove takes it away. */
static long take(struct rt_map *m, void *value, bool newest, bool remove)
{
	struct rt_scope scope;
	struct rt_thread *t = lock(m, &scope);
	long err = 0;

	if (!t)
		err = -EBUSY;
	else if (!fill_of(m))
		err = -ENOENT;
	if (err) {
		rt_zero(value, m->value_size);
	} else {
		u64 *end = newest ? &m->hdr->head : &m->hdr->tail;
		u64 pos = rt_load(end);

		rt_copy(value, slot_of(m, newest ? pos - 1 : pos), m->value_size);
		if (remove)
			rt_store_release(end, newest ? pos - 1 : pos + 1);
	}
	if (t)
		unlock(m, t, &scope);
	return err;
}

static long queue_pop(struct rt_map *m, void *value)
{
	return take(m, value, false, true);
}

static long queue_peek(struct rt_map *m, void *value)
{
	return take(m, value, false, false);
}

const struct rt_map_ops rt_queue_ops = {
	.layout = layout,
	.push = queue_push,
	.pop = queue_pop,
	.peek = queue_peek,
};

/* -- Stack: tail is the oldest entry (pushes over a full one drop it), head - 1 the newest --- */

static long stack_pop(struct rt_map *m, void *value)
{
	return take(m, value, true, true);
}

static long stack_peek(struct rt_map *m, void *value)
{
	return take(m, value, true, false);
}

const struct rt_map_ops rt_stack_ops = {
	.layout = layout,
	.push = queue_push,
	.pop = stack_pop,
	.peek = stack_peek,
};
