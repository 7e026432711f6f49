/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dynptrs: 16 bytes on a program's stack which the verifier keeps the program from writing. What they
 * point into is a map's value or a ring buffer's record.
 */
#include "rt/helper.h"
#include "rt/probe.h"

#define SIZE_MAX_BITS 24

static struct rt_dynptr *dynptr_of(u64 r)
{
	return (struct rt_dynptr *)r;
}

static u64 make(u64 to, u64 data, u64 bytes, s64 err)
{
	*dynptr_of(to) = (struct rt_dynptr){ err ? 0 : data, err ? 0 : bytes, 0 };
	return err;
}

static bool is_inside(const struct rt_dynptr *d, u64 off, u64 bytes)
{
	return bytes <= d->bytes && off <= d->bytes - bytes;
}

static s64 check(const struct rt_dynptr *d, u64 off, u64 bytes)
{
	if (!d->data)
		return -EINVAL;
	return is_inside(d, off, bytes) ? 0 : -E2BIG;
}

static u8 *place(const struct rt_dynptr *d, u64 off)
{
	return (u8 *)(d->data + d->off + off);
}

/* Copies that may overlap. */
static void move(u8 *to, const u8 *from, u64 bytes)
{
	if (to <= from || to >= from + bytes)
		rt_copy(to, from, bytes);
	else
		while (bytes--)
			rt_store(to + bytes, rt_load(from + bytes));
}

/* -- Making and ending --- */

RT_HELPER(dynptr_from_mem)
{
	return make(r4, r1, (u32)r2, (u32)r2 >> SIZE_MAX_BITS ? -E2BIG : r3 ? -EINVAL : 0);
}

RT_HELPER(ringbuf_reserve_dynptr)
{
	void *sample = NULL;
	s64 err = r3 ? -EINVAL : (u32)r2 >> SIZE_MAX_BITS ? -E2BIG : 0;

	if (!err) {
		sample = rt_ring_reserve((struct rt_map *)r1, (u32)r2, 0);
		err = sample ? 0 : -EINVAL;
	}
	return make(r4, (u64)sample, (u32)r2, err);
}

static u64 commit(u64 r, u64 flags, bool discard)
{
	struct rt_dynptr *d = dynptr_of(r);

	if (d->data)
		rt_ring_commit((void *)d->data, flags, discard);
	*d = (struct rt_dynptr){ 0, 0, 0 };
	return 0;
}

RT_HELPER(ringbuf_submit_dynptr)
{
	return commit(r1, r2, false);
}

RT_HELPER(ringbuf_discard_dynptr)
{
	return commit(r1, r2, true);
}

/* -- Contents --- */

RT_HELPER(dynptr_read)
{
	const struct rt_dynptr *d = dynptr_of(r3);
	s64 err = r5 ? -EINVAL : check(d, r4, (u32)r2);

	if (!err)
		move((u8 *)r1, place(d, r4), (u32)r2);
	return err;
}

RT_HELPER(dynptr_write)
{
	const struct rt_dynptr *d = dynptr_of(r1);
	s64 err = check(d, r2, (u32)r4) ?: r5 ? -EINVAL : 0;

	if (!err)
		move(place(d, r2), (const u8 *)r3, (u32)r4);
	return err;
}

RT_HELPER(dynptr_data)
{
	const struct rt_dynptr *d = dynptr_of(r1);

	return check(d, r2, (u32)r3) ? 0 : (u64)place(d, r2);
}

/* What the program may do with it is the verifier's affair; nothing here lies in pieces, so no buffer is needed. */
RT_HELPER(dynptr_slice)
{
	const struct rt_dynptr *d = dynptr_of(r1);

	return check(d, r2, r4) ? 0 : (u64)place(d, r2);
}

RT_HELPER(dynptr_clone)
{
	*dynptr_of(r2) = *dynptr_of(r1);
	return dynptr_of(r1)->data ? 0 : -EINVAL;
}

RT_HELPER(dynptr_adjust)
{
	struct rt_dynptr *d = dynptr_of(r1);

	if (!d->data || r2 > r3)
		return -EINVAL;
	if (r3 > d->bytes)
		return -ERANGE;
	d->off += r2;
	d->bytes = r3 - r2;
	return 0;
}

RT_HELPER(dynptr_is_null)
{
	return !dynptr_of(r1)->data;
}

RT_HELPER(dynptr_is_rdonly)
{
	return 0;
}

RT_HELPER(dynptr_size)
{
	return dynptr_of(r1)->data ? (s64)dynptr_of(r1)->bytes : -EINVAL;
}

RT_HELPER(dynptr_copy)
{
	const struct rt_dynptr *to = dynptr_of(r1), *from = dynptr_of(r3);
	s64 err = to->data && from->data ? check(to, r2, r5) ?: check(from, r4, r5) : -EINVAL;

	if (!err)
		move(place(to, r2), place(from, r4), r5);
	return err;
}

RT_HELPER(dynptr_memset)
{
	const struct rt_dynptr *d = dynptr_of(r1);
	s64 err = check(d, r2, r3);

	for (u64 i = 0; !err && i < r3; i++)
		rt_store(place(d, r2) + i, (u8)r4);
	return err;
}

RT_HELPER(dynptr_probe_read)
{
	const struct rt_dynptr *d = dynptr_of(r1);

	return check(d, r2, r3) ?: rt_probe_read(place(d, r2), r3, r4);
}

RT_HELPER(dynptr_probe_read_str)
{
	const struct rt_dynptr *d = dynptr_of(r1);

	return check(d, r2, r3) ?: rt_probe_read_str((char *)place(d, r2), r3, r4);
}
