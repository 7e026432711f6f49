// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Timers and work queues in the values of maps: what is called back later is a program of its own. */
#include "rules.h"

#define CLOCK_MONOTONIC 1

struct elem {
	__u64 n;
	struct bpf_timer timer;
	__u64 after;
};

struct job {
	__u32 n;
	struct bpf_wq work;
	__u64 after;
};

struct nested {
	__u64 n[3];
	struct elem e;
};

struct both {
	struct bpf_spin_lock lock;
	struct bpf_timer timer;
	struct bpf_wq work;
};

#define MAP_OF(kind, key_, value_, max)                                                                                \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_##kind);                                                                     \
		__uint(max_entries, max);                                                                              \
		__type(key, key_);                                                                                     \
		__type(value, value_);                                                                                 \
	}

MAP_OF(HASH, __u32, struct elem, 16) timers SEC(".maps"), other SEC(".maps");
MAP_OF(ARRAY, __u32, struct elem, 4) table SEC(".maps");
MAP_OF(LRU_HASH, __u32, struct elem, 16) recent SEC(".maps");
MAP_OF(ARRAY, __u32, struct nested, 4) nested SEC(".maps");
MAP_OF(ARRAY, __u32, struct both, 4) both SEC(".maps");
MAP_OF(ARRAY, __u32, struct job, 4) jobs SEC(".maps"), more_jobs SEC(".maps");
MAP_OF(ARRAY, __u32, __u64, 4) plain SEC(".maps");

struct inner_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct elem);
} inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner_map);
} tables SEC(".maps") = { .values = { [0] = &inner } };

extern int bpf_wq_init(struct bpf_wq *wq, void *map, unsigned int flags) __ksym;
extern int bpf_wq_set_callback(struct bpf_wq *wq, int (*fn)(void *map, int *key, void *value), unsigned int flags) __ksym;
extern int bpf_wq_start(struct bpf_wq *wq, unsigned int flags) __ksym;
extern int bpf_timer_cancel_async(struct bpf_timer *timer) __ksym;

static __always_inline void *find(void *map, __u32 key)
{
	return bpf_map_lookup_elem(map, &key);
}

#define PROG(name) int name(__u64 *ctx)
/* The element of a map, or the end */
#define FIND(type, name, map)                                                                                          \
	type *name = find(map, 1);                                                                                     \
	if (!name)                                                                                                     \
		return 0

static int tick(void *map, __u32 *key, struct elem *e)
{
	e->n += *key;
	return 0;
}

static int work(void *map, int *key, void *value)
{
	struct job *j = value;

	j->n += *key;
	return 0;
}

/* -- Timers that are right --- */

SEC("fsession/bpf_fentry_test2") __success
PROG(timer_of_a_hash)
{
	FIND(struct elem, e, &timers);
	bpf_timer_init(&e->timer, &timers, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&e->timer, tick);
	bpf_timer_start(&e->timer, 1000, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(timer_of_an_array)
{
	FIND(struct elem, e, &table);
	bpf_timer_init(&e->timer, &table, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&e->timer, tick);
	bpf_timer_start(&e->timer, 1000, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(timer_of_an_lru_hash)
{
	FIND(struct elem, e, &recent);
	bpf_timer_init(&e->timer, &recent, CLOCK_MONOTONIC);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(timer_within_a_struct)
{
	FIND(struct nested, e, &nested);
	bpf_timer_init(&e->e.timer, &nested, CLOCK_MONOTONIC);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(timer_cancelled)
{
	FIND(struct elem, e, &table);
	return bpf_timer_cancel(&e->timer) & 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(timer_cancelled_without_waiting)
{
	FIND(struct elem, e, &table);
	return bpf_timer_cancel_async(&e->timer) & 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(timer_results_are_numbers)
{
	FIND(struct elem, e, &table);
	if (bpf_timer_init(&e->timer, &table, CLOCK_MONOTONIC) == -16)
		return 0;
	e->n = bpf_timer_start(&e->timer, 1000, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(rest_of_the_value)
{
	FIND(struct elem, e, &table);
	e->n = 1;
	e->after = e->n;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(timer_of_an_inner_map)
{
	void *map = find(&tables, 1);
	struct elem *e;

	if (!map)
		return 0;
	e = find(map, 1);
	if (!e)
		return 0;
	bpf_timer_init(&e->timer, map, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&e->timer, tick);
	return 0;
}

SEC("tc") __success
PROG(timer_in_tc)
{
	FIND(struct elem, e, &table);
	bpf_timer_init(&e->timer, &table, CLOCK_MONOTONIC);
	return 0;
}

SEC("xdp") __success
PROG(timer_in_xdp)
{
	FIND(struct elem, e, &table);
	bpf_timer_init(&e->timer, &table, CLOCK_MONOTONIC);
	return 0;
}

SEC("syscall") __success
PROG(timer_in_syscall)
{
	FIND(struct elem, e, &table);
	bpf_timer_init(&e->timer, &table, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&e->timer, tick);
	return 0;
}

SEC("socket") __success
PROG(timer_in_a_socket_filter)
{
	FIND(struct elem, e, &table);
	bpf_timer_init(&e->timer, &table, CLOCK_MONOTONIC);
	return 0;
}

SEC("kprobe") __success
PROG(timer_in_a_kprobe)
{
	FIND(struct elem, e, &table);
	bpf_timer_init(&e->timer, &table, CLOCK_MONOTONIC);
	return 0;
}

SEC("raw_tp") __success
PROG(timer_in_a_raw_tracepoint)
{
	FIND(struct elem, e, &table);
	bpf_timer_init(&e->timer, &table, CLOCK_MONOTONIC);
	return 0;
}

/* -- Which timer, which map --- */

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is map_value_or_null, expected a timer") __msg("compare it with NULL first")
PROG(timer_without_null_check)
{
	struct elem *e = find(&timers, 1);

	bpf_timer_init((void *)e, &timers, CLOCK_MONOTONIC);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is fp, expected a timer in a map's value")
PROG(timer_on_the_stack)
{
	struct bpf_timer t = {};

	bpf_timer_init(&t, &timers, CLOCK_MONOTONIC);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: the timer is at 8 of the value, not at 0")
PROG(timer_at_the_start)
{
	FIND(struct elem, e, &timers);
	bpf_timer_init((void *)e, &timers, CLOCK_MONOTONIC);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: the timer is at 8 of the value, not at 16")
PROG(timer_in_its_middle)
{
	FIND(struct elem, e, &timers);
	bpf_timer_start((void *)e + 16, 0, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: the map's value has no struct bpf_timer")
PROG(timer_of_a_plain_map)
{
	FIND(struct bpf_timer, t, &plain);
	bpf_timer_cancel(t);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is map_value, expected a timer in a map's value")
PROG(timer_at_a_variable_offset)
{
	FIND(struct elem, e, &timers);
	bpf_timer_cancel((void *)e + (bpf_get_prandom_u32() & 8));
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is map_ptr, expected a timer in a map's value")
PROG(timer_is_a_map)
{
	bpf_timer_cancel((void *)&timers);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2 is not the map whose value R1 points into")
PROG(timer_of_another_map)
{
	FIND(struct elem, e, &timers);
	bpf_timer_init(&e->timer, &other, CLOCK_MONOTONIC);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2 is map_value, expected a map")
PROG(timer_instead_of_its_map)
{
	FIND(struct elem, e, &timers);
	bpf_timer_init(&e->timer, (void *)e, CLOCK_MONOTONIC);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("bpf_timer_init does not take maps of type 12")
PROG(timer_of_the_outer_map)
{
	void *map = find(&tables, 1);
	struct elem *e;

	if (!map)
		return 0;
	e = find(map, 1);
	if (!e)
		return 0;
	bpf_timer_init(&e->timer, &tables, CLOCK_MONOTONIC);
	return 0;
}

/* They look alike, but which of them the timer is in decides when it is freed. */
SEC("fsession/bpf_fentry_test2") __failure __msg("R2 is not the map whose value R1 points into")
PROG(timer_of_another_inner_map)
{
	void *map = find(&tables, 1), *second = find(&tables, 2);
	struct elem *e;

	if (!map || !second)
		return 0;
	e = find(map, 1);
	if (!e)
		return 0;
	bpf_timer_init(&e->timer, second, CLOCK_MONOTONIC);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2 is not the map whose value R1 points into")
PROG(timer_of_the_inner_map_itself)
{
	void *map = find(&tables, 1);
	struct elem *e;

	if (!map)
		return 0;
	e = find(map, 1);
	if (!e)
		return 0;
	bpf_timer_init(&e->timer, &inner, CLOCK_MONOTONIC);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("bpf_timer_init is called while a lock is held")
PROG(timer_under_a_lock)
{
	FIND(struct both, b, &both);
	bpf_spin_lock(&b->lock);
	bpf_timer_init(&b->timer, &both, CLOCK_MONOTONIC);
	bpf_spin_unlock(&b->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: the timer is at 8 of the value, not at 24")
PROG(work_queue_for_a_timer)
{
	FIND(struct both, b, &both);
	bpf_timer_init((void *)&b->work, &both, CLOCK_MONOTONIC);
	return 0;
}

/* -- Loads and stores --- */

SEC("fsession/bpf_fentry_test2") __failure __msg("the timer in the value may not be read or written")
PROG(timer_is_read)
{
	FIND(struct elem, e, &timers);
	return *(volatile __u64 *)&e->timer & 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the timer in the value may not be read or written")
PROG(timer_is_written)
{
	FIND(struct elem, e, &timers);
	((volatile __u8 *)&e->timer)[15] = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the timer in the value may not be read or written")
PROG(timer_within_a_struct_is_written)
{
	FIND(struct nested, e, &nested);
	*(volatile __u64 *)&e->e.timer = 0;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the timer in the value may not be read or written")
PROG(timer_is_counted_up)
{
	FIND(struct elem, e, &timers);
	__sync_fetch_and_add((__u64 *)&e->timer, 1);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the timer in the value may not be read or written")
PROG(timer_may_be_hit)
{
	FIND(struct elem, e, &timers);
	((volatile __u8 *)e)[bpf_get_prandom_u32() & 15] = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the timer in the value may not be read or written")
PROG(timer_by_a_helper)
{
	FIND(struct elem, e, &timers);
	bpf_get_current_comm(e, sizeof(*e));
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the timer in the value may not be read or written")
PROG(timer_is_a_key)
{
	FIND(struct elem, e, &timers);
	bpf_map_lookup_elem(&timers, &e->timer);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(whole_value_from_the_stack)
{
	struct elem e = { .n = 1 };
	__u32 key = 1;

	bpf_map_update_elem(&timers, &key, &e, BPF_ANY);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the timer in the value may not be read or written")
PROG(whole_value_from_a_value)
{
	FIND(struct elem, e, &timers);
	__u32 key = 2;

	bpf_map_update_elem(&timers, &key, e, BPF_ANY);
	return 0;
}

/* -- What is called back --- */

static int returns_one(void *map, __u32 *key, struct elem *e)
{
	return 1;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R0 is 1 at the end, should have been in [0, 0]")
PROG(timer_returns_one)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, returns_one);
	return 0;
}

static int returns_any(void *map, __u32 *key, struct elem *e)
{
	return bpf_get_prandom_u32() > 7;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("should have been in [0, 0]")
PROG(timer_returns_any)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, returns_any);
	return 0;
}

static int beyond(void *map, __u32 *key, struct elem *e)
{
	(&e->after)[1] = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("is outside its 32 bytes")
PROG(timer_writes_beyond)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, beyond);
	return 0;
}

static int writes_key(void *map, __u32 *key, struct elem *e)
{
	*key = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("keys are read-only")
PROG(timer_writes_its_key)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, writes_key);
	return 0;
}

static int reads_beyond_key(void *map, __u32 *key, struct elem *e)
{
	e->n = *(__u64 *)key;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("is outside its 4 bytes")
PROG(timer_reads_beyond_its_key)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, reads_beyond_key);
	return 0;
}

static int fourth(void *map, __u32 *key, struct elem *e, __u64 n)
{
	e->n = n;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R4 is read before it is written")
PROG(timer_has_three_arguments)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, (void *)fourth);
	return 0;
}

static int touches_timer(void *map, __u32 *key, struct elem *e)
{
	*(volatile __u64 *)&e->timer = 0;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the timer in the value may not be read or written")
PROG(timer_writes_itself)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, touches_timer);
	return 0;
}

static int again(void *map, __u32 *key, struct elem *e)
{
	bpf_timer_start(&e->timer, 1000, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(timer_starts_itself)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, again);
	return 0;
}

static int first(void *map, __u32 *key, struct elem *e);

static int second(void *map, __u32 *key, struct elem *e)
{
	bpf_timer_set_callback(&e->timer, first);
	return 0;
}

static int first(void *map, __u32 *key, struct elem *e)
{
	bpf_timer_set_callback(&e->timer, second);
	bpf_timer_start(&e->timer, 1000, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(timers_take_turns)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, first);
	return 0;
}

static int itself(void *map, __u32 *key, struct elem *e)
{
	bpf_timer_set_callback(&e->timer, itself);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(timer_sets_itself)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, itself);
	return 0;
}

static int makes_another(void *map, __u32 *key, struct elem *e)
{
	FIND(struct elem, o, &other);
	bpf_timer_init(&o->timer, &other, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&o->timer, tick);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(timer_makes_another)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, makes_another);
	return 0;
}

static int inits_by_its_map(void *map, __u32 *key, struct elem *e)
{
	bpf_timer_init(&e->timer, map, CLOCK_MONOTONIC);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(timer_knows_its_map)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, inits_by_its_map);
	return 0;
}

static int deletes(void *map, __u32 *key, struct elem *e)
{
	bpf_map_delete_elem(map, key);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(timer_deletes_its_element)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, deletes);
	return 0;
}

static int leaks_record(void *map, __u32 *key, struct elem *e)
{
	bpf_ringbuf_reserve(&ring, 8, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("is not given back at the end")
PROG(timer_forgets_a_record)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, leaks_record);
	return 0;
}

/* What the program holds is none of the callback's business. */
SEC("fsession/bpf_fentry_test2") __success
PROG(timer_set_with_a_record_held)
{
	FIND(struct elem, e, &timers);
	__u64 *r = bpf_ringbuf_reserve(&ring, 8, 0);

	if (!r)
		return 0;
	bpf_timer_set_callback(&e->timer, tick);
	bpf_ringbuf_discard(r, 0);
	return 0;
}

static __noinline int endless_rounds(void *map, __u32 *key, struct elem *e)
{
	volatile __u64 v = 0;

	while (!v)
		;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("endless loop")
PROG(timer_never_ends)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, endless_rounds);
	return 0;
}

static int uses_stack(void *map, __u32 *key, struct elem *e)
{
	volatile __u64 a[50];

	for (int i = 0; i < 50; i++)
		a[i] = e->n;
	e->n = a[*key & 31];
	return 0;
}

/* Both need 400 bytes, one after the other. */
SEC("fsession/bpf_fentry_test2") __success
PROG(timer_has_a_stack_of_its_own)
{
	FIND(struct elem, e, &timers);
	volatile __u64 a[50];

	for (int i = 0; i < 50; i++)
		a[i] = e->n;
	bpf_timer_set_callback(&e->timer, uses_stack);
	e->n = a[e->n & 31];
	return 0;
}

static __noinline int much_more(struct elem *e)
{
	volatile __u64 a[40];

	for (int i = 0; i < 40; i++)
		a[i] = e->n;
	return a[e->n & 31];
}

static int stack_of_two(void *map, __u32 *key, struct elem *e)
{
	volatile __u64 a[40];

	for (int i = 0; i < 40; i++)
		a[i] = e->n;
	e->n = a[*key & 31];
	e->n += much_more(e);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the stack of 2 calls is")
PROG(timer_uses_too_much_stack)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, stack_of_two);
	return 0;
}

/* The same function, called now and later */
SEC("fsession/bpf_fentry_test2") __success
PROG(timer_function_is_called_too)
{
	__u32 key = 1;

	FIND(struct elem, e, &timers);
	tick(&timers, &key, e);
	bpf_timer_set_callback(&e->timer, tick);
	bpf_for_each_map_elem(&timers, tick, NULL, 0);
	return 0;
}

__noinline int global_callback(int n)
{
	return n;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the callback 'global_callback' is a global function")
PROG(timer_calls_a_global_function)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, global_callback);
	return 0;
}

__noinline int sets_timer(int n)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, tick);
	return n;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(timer_in_a_global_function)
{
	return sets_timer(1) & 0;
}

static int uses_session(void *map, __u32 *key, struct elem *e)
{
	*bpf_session_cookie(map) = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is map_ptr, expected ctx")
PROG(timer_has_no_session)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, uses_session);
	return 0;
}

static int sleeps(void *map, __u32 *key, struct elem *e)
{
	bpf_copy_from_user(&e->n, 8, NULL);
	return 0;
}

SEC("fsession.s/bpf_fentry_test2") __failure __msg("bpf_copy_from_user may sleep")
PROG(timer_may_not_sleep)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, sleeps);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected a function")
PROG(timer_calls_no_function)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, (void *)0);
	return 0;
}

static int tail(void *map, __u32 *key, struct elem *e)
{
	bpf_tail_call(map, &progs, 1);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is map_ptr, expected ctx")
PROG(timer_tail_call)
{
	FIND(struct elem, e, &timers);
	bpf_timer_set_callback(&e->timer, tail);
	return 0;
}

/* -- Work queues --- */

SEC("fsession/bpf_fentry_test2") __success
PROG(work_queue)
{
	FIND(struct job, j, &jobs);
	if (bpf_wq_init(&j->work, &jobs, 0) || bpf_wq_set_callback(&j->work, work, 0))
		return 0;
	bpf_wq_start(&j->work, 0);
	return 0;
}

static int sleeping_work(void *map, int *key, void *value)
{
	bpf_copy_from_user(value, 4, NULL);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(work_may_sleep)
{
	FIND(struct job, j, &jobs);
	bpf_wq_set_callback(&j->work, sleeping_work, 0);
	return 0;
}

static int work_that_fails(void *map, int *key, void *value)
{
	return -1;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("at the end, should have been in [0, 0]")
PROG(work_returns_an_error)
{
	FIND(struct job, j, &jobs);
	bpf_wq_set_callback(&j->work, work_that_fails, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2 is not the map whose value R1 points into")
PROG(work_queue_of_another_map)
{
	FIND(struct job, j, &jobs);
	bpf_wq_init(&j->work, &more_jobs, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the work queue in the value may not be read or written")
PROG(work_queue_is_written)
{
	FIND(struct job, j, &jobs);
	*(volatile __u64 *)&j->work = 0;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the work queue is at 8 of the value, not at 0")
PROG(work_queue_elsewhere)
{
	FIND(struct job, j, &jobs);
	bpf_wq_start((void *)j, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: the map's value has no struct bpf_wq")
PROG(timer_for_a_work_queue)
{
	FIND(struct elem, e, &timers);
	bpf_wq_start((void *)&e->timer, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is fp, expected a work queue")
PROG(work_queue_on_the_stack)
{
	struct bpf_wq w = {};

	bpf_wq_start(&w, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
