// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Spin locks, the RCU read lock, preemption: what is taken is given back, once, and little is done meanwhile. */
#include "rules.h"

struct elem {
	__u32 n;
	struct bpf_spin_lock lock;
	__u32 after[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct elem);
} locks SEC(".maps"), other SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct elem);
} table SEC(".maps");

static __always_inline struct elem *find(void *map, __u32 key)
{
	return bpf_map_lookup_elem(map, &key);
}

#define PROG(name) int name(__u64 *ctx)

SEC("fsession/bpf_fentry_test2") __success
PROG(lock_and_unlock)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	e->n++;
	bpf_spin_unlock(&e->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("which may be NULL")
PROG(lock_without_null_check)
{
	struct elem *e = find(&locks, 1);

	bpf_spin_lock(&e->lock);
	bpf_spin_unlock(&e->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is fp, expected a lock in a map's value")
PROG(lock_on_the_stack)
{
	struct elem e = {};

	bpf_spin_lock(&e.lock);
	bpf_spin_unlock(&e.lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: the lock is at 4 of the value, not at 0")
PROG(lock_that_is_a_number)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_spin_lock((void *)&e->n);
	bpf_spin_unlock((void *)&e->n);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: the lock is at 4 of the value, not at 8")
PROG(lock_behind_the_lock)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_spin_lock((void *)&e->after[0]);
	bpf_spin_unlock((void *)&e->after[0]);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is map_value, expected a lock in a map's value")
PROG(lock_at_an_offset_that_varies)
{
	struct elem *e = find(&locks, 1);
	void *p;

	if (!e)
		return 0;
	p = (char *)&e->lock + (ctx[0] & 4);
	bpf_spin_lock(p);
	bpf_spin_unlock(p);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: the map's value has no struct bpf_spin_lock")
PROG(lock_in_a_map_without_one)
{
	void *v = bpf_map_lookup_elem(&array, &(__u32){ 1 });

	if (!v)
		return 0;
	bpf_spin_lock(v);
	bpf_spin_unlock(v);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("a lock is held already")
PROG(lock_twice)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	bpf_spin_lock(&e->lock);
	bpf_spin_unlock(&e->lock);
	bpf_spin_unlock(&e->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("a lock is held already")
PROG(lock_two)
{
	struct elem *a = find(&locks, 1), *b = find(&other, 1);

	if (!a || !b)
		return 0;
	bpf_spin_lock(&a->lock);
	bpf_spin_lock(&b->lock);
	bpf_spin_unlock(&b->lock);
	bpf_spin_unlock(&a->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no lock is held")
PROG(unlock_what_is_not_locked)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_spin_unlock(&e->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("another lock is held")
PROG(unlock_another_map)
{
	struct elem *a = find(&locks, 1), *b = find(&other, 1);

	if (!a || !b)
		return 0;
	bpf_spin_lock(&a->lock);
	bpf_spin_unlock(&b->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("another lock is held")
PROG(unlock_another_lookup)
{
	struct elem *a = find(&locks, 1), *b = find(&locks, 1);

	if (!a || !b)
		return 0;
	bpf_spin_lock(&a->lock);
	bpf_spin_unlock(&b->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no lock is held")
PROG(unlock_twice)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	bpf_spin_unlock(&e->lock);
	bpf_spin_unlock(&e->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the lock taken at insn")
PROG(unlock_on_one_path_only)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	if (ctx[0] & 1)
		bpf_spin_unlock(&e->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no lock is held")
PROG(lock_on_one_path_only)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	if (ctx[0] & 1)
		bpf_spin_lock(&e->lock);
	e->n++;
	bpf_spin_unlock(&e->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R0: the lock in the value may not be read or written")
PROG(lock_is_read)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	if (*(volatile __u32 *)&e->lock)
		e->n++;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R0: the lock in the value may not be read or written")
PROG(lock_is_written)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	*(volatile __u32 *)&e->lock = 0;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R0: the lock in the value may not be read or written")
PROG(lock_is_written_with_its_neighbour)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	*(volatile __u64 *)e = 0;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: the lock in the value may not be read or written")
PROG(lock_is_filled_by_a_helper)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_get_current_comm(e, 16);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: the lock in the value may not be read or written")
PROG(lock_is_a_key)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_map_delete_elem(&locks, &e->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R0: the lock in the value may not be read or written")
PROG(lock_is_reached_by_an_index)
{
	struct elem *e = find(&table, 1);
	__u64 i = ctx[0];

	if (!e || i > 5)
		return 0;
	*((volatile char *)e + i) = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(index_stays_behind_the_lock)
{
	struct elem *e = find(&table, 1);
	__u64 i = ctx[0];

	if (!e || i > 15)
		return 0;
	*((volatile char *)e->after + i) = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("while a lock is held")
PROG(helper_under_a_lock)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	e->n = bpf_get_prandom_u32();
	bpf_spin_unlock(&e->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("while a lock is held")
PROG(lookup_under_a_lock)
{
	struct elem *e = find(&locks, 1), *f;

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	f = find(&other, 2);
	bpf_spin_unlock(&e->lock);
	return f ? 0 : 0;
}

static __noinline int count(struct elem *e)
{
	return ++e->n;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(function_under_a_lock)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	count(e);
	bpf_spin_unlock(&e->lock);
	return 0;
}

__attribute__((noinline)) int global_count(int n)
{
	return n * 3 + global[0];
}

SEC("fsession/bpf_fentry_test2") __failure __msg("is called while a lock is held")
PROG(global_function_under_a_lock)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	e->n = global_count(e->n);
	bpf_spin_unlock(&e->lock);
	return 0;
}

static __noinline int take(struct elem *e)
{
	bpf_spin_lock(&e->lock);
	return 0;
}

static __noinline int give(struct elem *e)
{
	bpf_spin_unlock(&e->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(lock_in_functions)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	take(e);
	e->n++;
	give(e);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the lock taken at insn")
PROG(lock_left_by_a_function)
{
	struct elem *e = find(&locks, 1);

	if (e)
		take(e);
	return 0;
}

static int body_takes(__u32 i, struct elem **e)
{
	struct elem *f = find(&locks, i);

	if (f)
		bpf_spin_lock(&f->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("a callback must give back what it takes")
PROG(lock_left_by_a_callback)
{
	bpf_loop(2, body_takes, NULL, 0);
	return 0;
}

static int body_nothing(__u32 i, void *arg)
{
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("while a lock is held")
PROG(loop_under_a_lock)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	bpf_loop(2, body_nothing, NULL, 0);
	bpf_spin_unlock(&e->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("bpf_tail_call is called while a lock is held")
PROG(tail_call_under_a_lock)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	bpf_tail_call(ctx, &progs, 1);
	bpf_spin_unlock(&e->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("while a lock is held")
PROG(record_under_a_lock)
{
	struct elem *e = find(&locks, 1);
	void *r;

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	r = bpf_ringbuf_reserve(&ring, 8, 0);
	bpf_spin_unlock(&e->lock);
	if (r)
		bpf_ringbuf_discard(r, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("while a lock is held")
PROG(time_under_a_lock)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	e->after[0] = bpf_ktime_get_ns();
	bpf_spin_unlock(&e->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("taken at insn")
PROG(rcu_lock_on_one_path)
{
	if (ctx[0] & 1)
		bpf_rcu_read_lock();
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("is not held")
PROG(rcu_unlock_twice)
{
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	bpf_rcu_read_unlock();
	return 0;
}

static __noinline int rcu_take(void)
{
	bpf_rcu_read_lock();
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the RCU read lock taken at insn")
PROG(rcu_lock_left_by_a_function)
{
	rcu_take();
	return 0;
}

static int body_rcu(__u32 i, void *arg)
{
	bpf_rcu_read_lock();
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("a callback must give back what it takes")
PROG(rcu_lock_left_by_a_callback)
{
	bpf_loop(2, body_rcu, NULL, 0);
	return 0;
}

static int body_rcu_end(__u32 i, void *arg)
{
	bpf_rcu_read_unlock();
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the RCU read lock taken at insn")
PROG(rcu_unlock_by_a_callback)
{
	bpf_rcu_read_lock();
	bpf_loop(2, body_rcu_end, NULL, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("preemption is not held")
PROG(preemption_on_without_off)
{
	bpf_preempt_enable();
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(preemption_nests)
{
	bpf_preempt_disable();
	bpf_preempt_disable();
	bpf_preempt_enable();
	bpf_preempt_enable();
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("preemption, off")
PROG(preemption_nests_uneven)
{
	bpf_preempt_disable();
	bpf_preempt_disable();
	bpf_preempt_enable();
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("preemption, off")
PROG(preemption_off_on_one_path)
{
	if (ctx[0] & 1)
		bpf_preempt_disable();
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("something taken at insn")
PROG(tail_call_with_preemption_off)
{
	bpf_preempt_disable();
	bpf_tail_call(ctx, &progs, 1);
	bpf_preempt_enable();
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("something taken at insn")
PROG(tail_call_under_rcu)
{
	bpf_rcu_read_lock();
	bpf_tail_call(ctx, &progs, 1);
	bpf_rcu_read_unlock();
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(global_function_with_preemption_off)
{
	bpf_preempt_disable();
	global[1] = global_count(2);
	bpf_preempt_enable();
	return 0;
}

SEC("fsession.s/bpf_fentry_test1") __failure __msg("bpf_copy_from_user may sleep")
PROG(sleep_under_rcu)
{
	__u64 v = 0;

	bpf_rcu_read_lock();
	bpf_copy_from_user(&v, 8, (void *)ctx[0]);
	bpf_rcu_read_unlock();
	return 0;
}

SEC("fsession.s/bpf_fentry_test1") __failure __msg("bpf_copy_from_user may sleep")
PROG(sleep_with_preemption_off)
{
	__u64 v = 0;

	bpf_preempt_disable();
	bpf_copy_from_user(&v, 8, (void *)ctx[0]);
	bpf_preempt_enable();
	return 0;
}

SEC("fsession.s/bpf_fentry_test1") __failure __msg("bpf_copy_from_user is called while a lock is held")
PROG(sleep_under_a_lock)
{
	struct elem *e = find(&locks, 1);
	__u64 v = 0;

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	bpf_copy_from_user(&v, 8, (void *)ctx[0]);
	bpf_spin_unlock(&e->lock);
	return 0;
}

SEC("fsession.s/bpf_fentry_test1") __success
PROG(sleep_behind_rcu)
{
	__u64 v = 0;

	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	bpf_copy_from_user(&v, 8, (void *)ctx[0]);
	return 0;
}

static __noinline int copy(void *from)
{
	__u64 v = 0;

	return bpf_copy_from_user(&v, 8, from);
}

SEC("fsession.s/bpf_fentry_test1") __failure __msg("bpf_copy_from_user may sleep")
PROG(sleep_in_a_function_under_rcu)
{
	bpf_rcu_read_lock();
	copy((void *)ctx[0]);
	bpf_rcu_read_unlock();
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may sleep")
PROG(sleep_in_a_function)
{
	copy((void *)ctx[0]);
	return 0;
}

static int body_copy(__u32 i, void *from)
{
	__u64 v = 0;

	bpf_copy_from_user(&v, 8, (void *)0x1000);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may sleep")
PROG(sleep_in_a_callback)
{
	bpf_loop(2, body_copy, NULL, 0);
	return 0;
}

SEC("fsession.s/bpf_fentry_test1") __failure __msg("bpf_copy_from_user may sleep")
PROG(sleep_in_a_callback_under_rcu)
{
	bpf_rcu_read_lock();
	bpf_loop(2, body_copy, NULL, 0);
	bpf_rcu_read_unlock();
	return 0;
}

SEC("socket") __failure __msg("programs of this type may not use maps with a lock")
PROG(lock_in_a_socket_filter)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	bpf_spin_unlock(&e->lock);
	return 0;
}

SEC("raw_tp") __failure __msg("programs of this type may not use maps with a lock")
PROG(lock_in_a_raw_tracepoint)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	bpf_spin_unlock(&e->lock);
	return 0;
}

SEC("raw_tp") __failure __msg("programs of this type may not use maps with a lock")
PROG(map_with_a_lock_in_a_raw_tracepoint)
{
	return !!find(&locks, 1);
}

SEC("tc") __success
PROG(lock_in_tc)
{
	struct elem *e = find(&locks, 1);

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	e->n++;
	bpf_spin_unlock(&e->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("another lock is held")
PROG(lock_another_of_a_table_is_unlocked)
{
	struct elem *a = find(&table, 1), *b = find(&table, 2);

	if (!a || !b)
		return 0;
	bpf_spin_lock(&a->lock);
	bpf_spin_unlock(&b->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(lock_and_numbers)
{
	struct elem *e = find(&table, 1);
	struct bpf_iter_num it;
	int *v;

	if (!e)
		return 0;
	bpf_spin_lock(&e->lock);
	bpf_iter_num_new(&it, 0, 10);
	while ((v = bpf_iter_num_next(&it)))
		e->n += *v;
	bpf_iter_num_destroy(&it);
	bpf_spin_unlock(&e->lock);
	return 0;
}

char _license[] SEC("license") = "GPL";
