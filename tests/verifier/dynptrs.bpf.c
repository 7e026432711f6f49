// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Dynptrs and records of ring buffers: taken once, given back once, not looked into. */
#include "rules.h"

#define PROG(name) int name(__u64 *ctx)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct bpf_dynptr);
} table SEC(".maps");

SEC("fsession/bpf_fentry_test2") __success
PROG(dynptr_record)
{
	struct bpf_dynptr d;
	__u64 v = 1;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_dynptr_write(&d, 0, &v, 8, 0);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not given back")
PROG(dynptr_forgotten_on_failure)
{
	struct bpf_dynptr d;

	if (bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d))
		return 0;
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not given back")
PROG(dynptr_given_back_on_one_path)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	if (ctx[0] & 1)
		bpf_ringbuf_discard_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no initialized dynptr there")
PROG(dynptr_submitted_twice)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_ringbuf_submit_dynptr(&d, 0);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no initialized dynptr there")
PROG(dynptr_discarded_after_submit)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_ringbuf_submit_dynptr(&d, 0);
	bpf_ringbuf_discard_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no initialized dynptr there")
PROG(dynptr_read_after_submit)
{
	struct bpf_dynptr d;
	__u64 v;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_ringbuf_submit_dynptr(&d, 0);
	bpf_dynptr_read(&v, 8, &d, 0, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no initialized dynptr there")
PROG(dynptr_read_before_it_is_made)
{
	struct bpf_dynptr d;
	__u64 v;

	bpf_dynptr_read(&v, 8, &d, 0, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no initialized dynptr there")
PROG(dynptr_written_before_it_is_made)
{
	struct bpf_dynptr d;
	__u64 v = 0;

	bpf_dynptr_write(&d, 0, &v, 8, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no initialized dynptr there")
PROG(dynptr_data_before_it_is_made)
{
	struct bpf_dynptr d;

	global[0] = !!bpf_dynptr_data(&d, 0, 8);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no initialized dynptr there")
PROG(dynptr_of_zeros)
{
	struct bpf_dynptr d = {};
	__u64 v;

	bpf_dynptr_read(&v, 8, &d, 0, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("an object")
PROG(dynptr_reserved_twice)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may be NULL")
PROG(slice_without_null_check)
{
	struct bpf_dynptr d;
	__u64 *p;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	p = bpf_dynptr_data(&d, 0, 8);
	*p = 1;
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 8 bytes")
PROG(slice_past_its_end)
{
	struct bpf_dynptr d;
	volatile __u64 *p;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	p = bpf_dynptr_data(&d, 0, 8);
	if (p)
		p[1] = 1;
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("before its start")
PROG(slice_before_its_start)
{
	struct bpf_dynptr d;
	volatile __u64 *p;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	p = bpf_dynptr_data(&d, 16, 8);
	if (p)
		p[-1] = 1;
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("is read before it is written")
PROG(slice_after_submit)
{
	struct bpf_dynptr d;
	volatile __u64 *p;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	p = bpf_dynptr_data(&d, 0, 8);
	bpf_ringbuf_submit_dynptr(&d, 0);
	if (p)
		*p = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("is read before it is written")
PROG(slice_after_submit_from_the_stack)
{
	struct bpf_dynptr d;
	volatile __u64 *p, *volatile kept;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	p = bpf_dynptr_data(&d, 0, 8);
	if (!p) {
		bpf_ringbuf_discard_dynptr(&d, 0);
		return 0;
	}
	kept = p;
	bpf_ringbuf_submit_dynptr(&d, 0);
	*kept = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("must be a constant")
PROG(slice_of_a_size_that_varies)
{
	struct bpf_dynptr d;
	volatile __u64 *p;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	p = bpf_dynptr_data(&d, 0, 8 + (ctx[0] & 7));
	if (p)
		*p = 1;
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is mem, expected a ring buffer's record")
PROG(slice_is_submitted)
{
	struct bpf_dynptr d;
	void *p;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	p = bpf_dynptr_data(&d, 0, 8);
	if (p)
		bpf_ringbuf_submit(p, 0);
	else
		bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("stack access at -16 would overlap a dynptr")
PROG(dynptr_bytes_are_read)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	global[0] = *(volatile char *)&d;
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("stack access at -8 would overlap a dynptr")
PROG(dynptr_bytes_are_written)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	*((volatile __u64 *)&d + 1) = 0;
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("would overlap a dynptr")
PROG(dynptr_is_filled_by_a_helper)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_probe_read_kernel(&d, sizeof(d), (void *)ctx[0]);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("stack access at -16 would overlap a dynptr")
PROG(dynptr_is_a_key)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_map_lookup_elem(&hash, &d);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("stack access at -16 would overlap a dynptr")
PROG(dynptr_is_output)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_ringbuf_output(&ring, &d, sizeof(d), 0);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside [-512, 0)")
PROG(dynptr_from_its_second_half)
{
	struct bpf_dynptr d;
	__u64 v;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_dynptr_read(&v, 8, (void *)&d + 8, 0, 0);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R3 must be at a constant offset of the stack")
PROG(dynptr_at_an_offset_that_varies)
{
	struct bpf_dynptr d[2];
	__u64 v;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d[0]);
	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d[1]);
	bpf_dynptr_read(&v, 8, (void *)d + (ctx[0] & 16), 0, 0);
	bpf_ringbuf_submit_dynptr(&d[0], 0);
	bpf_ringbuf_submit_dynptr(&d[1], 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R4: offset -28 of the stack is no multiple of 8")
PROG(dynptr_at_an_odd_place)
{
	char room[32] __attribute__((aligned(8)));

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, (void *)room + 4);
	bpf_ringbuf_submit_dynptr((void *)room + 4, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected a place on the stack")
PROG(dynptr_in_a_map)
{
	struct bpf_dynptr *d = bpf_map_lookup_elem(&table, &(__u32){ 1 });

	if (!d)
		return 0;
	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, d);
	bpf_ringbuf_submit_dynptr(d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R4: stack access at 0 of 16 bytes is outside [-512, 0)")
PROG(dynptr_below_the_stack)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, (void *)&d + 16);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is scalar, expected a place on the stack")
PROG(dynptr_is_a_number)
{
	bpf_ringbuf_submit_dynptr((void *)ctx[0], 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: this dynptr is no reserved record")
PROG(dynptr_of_a_value_is_submitted)
{
	struct bpf_dynptr d;

	bpf_dynptr_from_mem(global, 64, 0, &d);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is fp, expected a map's value")
PROG(dynptr_of_the_stack)
{
	struct bpf_dynptr d;
	char room[16];

	bpf_dynptr_from_mem(room, 16, 0, &d);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes")
PROG(dynptr_of_more_than_a_value)
{
	struct bpf_dynptr d;

	bpf_dynptr_from_mem(global, 65, 0, &d);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may not write")
PROG(dynptr_of_a_constant)
{
	struct bpf_dynptr d;

	bpf_dynptr_from_mem((void *)fixed, 8, 0, &d);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(dynptr_of_a_value)
{
	struct bpf_dynptr d;
	__u64 v;

	bpf_dynptr_from_mem(global, 64, 0, &d);
	bpf_dynptr_read(&v, 8, &d, 0, 0);
	bpf_dynptr_from_mem(global, 32, 0, &d);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside [-512, 0)")
PROG(dynptr_read_into_too_little)
{
	struct bpf_dynptr d;
	__u64 v;

	bpf_dynptr_from_mem(global, 64, 0, &d);
	bpf_dynptr_read(&v, 513, &d, 0, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: the size may be negative")
PROG(dynptr_read_of_a_size_without_bound)
{
	struct bpf_dynptr d;

	bpf_dynptr_from_mem(global, 64, 0, &d);
	bpf_dynptr_read(global, (__u32)ctx[0], &d, 0, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside [-512, 0)")
PROG(dynptr_write_of_more_than_there_is)
{
	struct bpf_dynptr d;
	__u64 v = 0;

	bpf_dynptr_from_mem(global, 64, 0, &d);
	bpf_dynptr_write(&d, 0, &v, 513, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("does not take maps")
PROG(dynptr_record_of_an_array)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&array, 64, 0, &d);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(dynptr_of_a_value_is_overwritten)
{
	struct bpf_dynptr d;

	bpf_dynptr_from_mem(global, 64, 0, &d);
	*(volatile __u64 *)&d = 0;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no initialized dynptr there")
PROG(dynptr_of_a_value_is_overwritten_and_used)
{
	struct bpf_dynptr d;
	__u64 v;

	bpf_dynptr_from_mem(global, 64, 0, &d);
	*((volatile __u64 *)&d + 1) = 0;
	bpf_dynptr_read(&v, 8, &d, 0, 0);
	return 0;
}

static __noinline int submit(struct bpf_dynptr *d)
{
	bpf_ringbuf_submit_dynptr(d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(dynptr_submitted_by_a_function)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	submit(&d);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no initialized dynptr there")
PROG(dynptr_submitted_by_a_function_and_again)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	submit(&d);
	submit(&d);
	return 0;
}

static __noinline int reserve(void)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not given back")
PROG(dynptr_lost_with_a_function)
{
	reserve();
	return 0;
}

static int body_submits(__u32 i, struct bpf_dynptr *d)
{
	bpf_ringbuf_submit_dynptr(d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the ring buffer record taken")
PROG(dynptr_submitted_by_a_callback)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_loop(1, body_submits, &d, 0);
	return 0;
}

static int body_overwrites(__u32 i, __u64 *d)
{
	*(volatile __u64 *)d = 0;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("stack access at -16 would overlap a dynptr")
PROG(dynptr_overwritten_by_a_callback)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_loop(1, body_overwrites, &d, 0);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("something taken at insn")
PROG(dynptr_over_a_tail_call)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_tail_call(ctx, &progs, 1);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

/* -- Records --- */

SEC("fsession/bpf_fentry_test2") __failure __msg("not given back")
PROG(record_forgotten_on_one_path)
{
	__u64 *r = bpf_ringbuf_reserve(&ring, 8, 0);

	if (!r)
		return 0;
	*r = ctx[0];
	if (ctx[0] > 7)
		bpf_ringbuf_submit(r, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not given back")
PROG(record_of_two_forgotten)
{
	__u64 *a = bpf_ringbuf_reserve(&ring, 8, 0), *b;

	if (!a)
		return 0;
	b = bpf_ringbuf_reserve(&ring, 8, 0);
	if (!b)
		return 0;
	*a = *b = 1;
	bpf_ringbuf_submit(b, 0);
	bpf_ringbuf_submit(a, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(record_of_two)
{
	__u64 *a = bpf_ringbuf_reserve(&ring, 8, 0), *b;

	if (!a)
		return 0;
	b = bpf_ringbuf_reserve(&ring, 8, 0);
	if (b) {
		*b = 1;
		bpf_ringbuf_discard(b, 0);
	}
	*a = 1;
	bpf_ringbuf_submit(a, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: the record must be given up by the pointer that was got")
PROG(record_moved_is_submitted)
{
	__u64 *r = bpf_ringbuf_reserve(&ring, 16, 0);

	if (!r)
		return 0;
	bpf_ringbuf_submit(r + 1, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("must be a constant")
PROG(record_of_a_size_that_varies)
{
	__u64 *r = bpf_ringbuf_reserve(&ring, 8 + (ctx[0] & 8), 0);

	if (r)
		bpf_ringbuf_submit(r, 0);
	return 0;
}

static __noinline int submit_record(__u64 *r)
{
	bpf_ringbuf_submit(r, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("before it is written")
PROG(record_written_after_a_function_gave_it_back)
{
	__u64 *r = bpf_ringbuf_reserve(&ring, 16, 0);

	if (!r)
		return 0;
	submit_record(r);
	*(volatile __u64 *)r = 1;
	return 0;
}

static __noinline __u64 *reserve_record(void)
{
	return bpf_ringbuf_reserve(&ring, 16, 0);
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not given back")
PROG(record_of_a_function_forgotten)
{
	__u64 *r = reserve_record();

	if (r)
		*(volatile __u64 *)r = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is scalar")
PROG(record_kept_in_a_map)
{
	__u64 *r = bpf_ringbuf_reserve(&ring, 16, 0);

	if (!r)
		return 0;
	*(__u64 *volatile *)global = r;
	bpf_ringbuf_submit(*(__u64 *volatile *)global, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 8 bytes")
PROG(record_read_past_its_end_by_a_helper)
{
	__u64 *r = bpf_ringbuf_reserve(&ring, 8, 0);

	if (!r)
		return 0;
	bpf_probe_read_kernel(r, 9, (void *)ctx[0]);
	bpf_ringbuf_submit(r, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not given back")
PROG(records_taken_in_a_loop)
{
	__u64 *r = NULL;

	for (int i = 0; i < 4; i++)
		r = bpf_ringbuf_reserve(&ring, 8, 0);
	if (r)
		bpf_ringbuf_submit(r, 0);
	return 0;
}

/* -- Copies and slices --- */

extern int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *copy) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u64 off, void *buffer, __u64 size) __ksym;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, __u64 off, void *buffer, __u64 size) __ksym;

SEC("fsession/bpf_fentry_test2") __success
PROG(dynptr_submitted_by_its_copy)
{
	struct bpf_dynptr d, e;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_dynptr_clone(&d, &e);
	bpf_ringbuf_submit_dynptr(&e, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no initialized dynptr there")
PROG(dynptr_copy_after_submit)
{
	struct bpf_dynptr d, e;
	__u64 v;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_dynptr_clone(&d, &e);
	bpf_ringbuf_submit_dynptr(&d, 0);
	bpf_dynptr_read(&v, 8, &e, 0, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no initialized dynptr there")
PROG(dynptr_submitted_with_its_copy)
{
	struct bpf_dynptr d, e;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_dynptr_clone(&d, &e);
	bpf_ringbuf_submit_dynptr(&e, 0);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not given back")
PROG(dynptr_copied_and_forgotten)
{
	struct bpf_dynptr d, e;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_dynptr_clone(&d, &e);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no initialized dynptr there")
PROG(dynptr_copy_of_none)
{
	struct bpf_dynptr d, e;

	bpf_dynptr_clone(&d, &e);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("is read before it is written")
PROG(dynptr_data_of_a_copy_after_submit)
{
	struct bpf_dynptr d, e;
	__u64 *v;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_dynptr_clone(&d, &e);
	v = bpf_dynptr_data(&e, 0, 8);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return v ? *v == 1 : 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(dynptr_slice_is_read)
{
	struct bpf_dynptr d;
	__u64 buffer, *v;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	v = bpf_dynptr_slice(&d, 0, &buffer, 8);
	if (v && *v)
		ctx = NULL;
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("read-only")
PROG(dynptr_slice_is_written)
{
	struct bpf_dynptr d;
	__u64 *v;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	v = bpf_dynptr_slice(&d, 0, NULL, 8);
	if (v)
		*v = 1;
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 8 bytes")
PROG(dynptr_slice_read_past_its_end)
{
	struct bpf_dynptr d;
	volatile __u64 *v;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	v = bpf_dynptr_slice(&d, 0, NULL, 8);
	if (v)
		v[1];
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may be NULL")
PROG(dynptr_slice_unchecked)
{
	struct bpf_dynptr d;
	__u64 *v;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	v = bpf_dynptr_slice(&d, 0, NULL, 8);
	*(volatile __u64 *)v;
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("must be a constant")
PROG(dynptr_slice_of_unknown_size)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_dynptr_slice(&d, 0, NULL, ctx[0] & 7);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not allowed in programs of this type")
PROG(dynptr_slice_rdwr_of_a_tracing_program)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	bpf_dynptr_slice_rdwr(&d, 0, NULL, 8);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("xdp") __success
int dynptr_slice_rdwr_is_written(struct xdp_md *ctx)
{
	struct bpf_dynptr d;
	__u64 *v;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	v = bpf_dynptr_slice_rdwr(&d, 0, NULL, 8);
	if (v)
		*v = 1;
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
