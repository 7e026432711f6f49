// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Interrupts kept off, and locks that may refuse: given back in turn, on every path. */
#include "rules.h"

struct bpf_res_spin_lock {
	__u32 val;
};

extern void bpf_local_irq_save(unsigned long *flags) __ksym;
extern void bpf_local_irq_restore(unsigned long *flags) __ksym;
extern int bpf_res_spin_lock(struct bpf_res_spin_lock *lock) __ksym;
extern void bpf_res_spin_unlock(struct bpf_res_spin_lock *lock) __ksym;
extern int bpf_res_spin_lock_irqsave(struct bpf_res_spin_lock *lock, unsigned long *flags) __ksym;
extern void bpf_res_spin_unlock_irqrestore(struct bpf_res_spin_lock *lock, unsigned long *flags) __ksym;
extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;

#define PROG(name) int name(__u64 *ctx)
#define SESSION SEC("fsession/bpf_fentry_test2")
#define SLEEPS SEC("syscall")

/* -- Interrupts --- */

SESSION __success
PROG(irq_off_and_on)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	bpf_get_prandom_u32();
	bpf_local_irq_restore(&flags);
	return 0;
}

SESSION __failure __msg("not given back")
PROG(irq_off)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	return 0;
}

SESSION __failure __msg("R1: no flags of interrupts there")
PROG(irq_on)
{
	unsigned long flags = 0;

	bpf_local_irq_restore(&flags);
	return 0;
}

SESSION __failure __msg("R1: no flags of interrupts there")
PROG(irq_on_twice)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags);
	bpf_local_irq_restore(&flags);
	return 0;
}

SESSION __failure __msg("R1: there is an object already")
PROG(irq_off_twice_into_one)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags);
	return 0;
}

SESSION __success
PROG(irq_nested)
{
	unsigned long outer, inner;

	bpf_local_irq_save(&outer);
	bpf_local_irq_save(&inner);
	bpf_local_irq_restore(&inner);
	bpf_local_irq_restore(&outer);
	return 0;
}

SESSION __failure __msg("R1: interrupts are restored out of turn")
PROG(irq_out_of_turn)
{
	unsigned long outer, inner;

	bpf_local_irq_save(&outer);
	bpf_local_irq_save(&inner);
	bpf_local_irq_restore(&outer);
	bpf_local_irq_restore(&inner);
	return 0;
}

SESSION __failure __msg("R1 is map_value")
PROG(irq_flags_in_a_map)
{
	unsigned long *flags = bpf_map_lookup_elem(&array, &(__u32){ 1 });

	if (!flags)
		return 0;
	bpf_local_irq_save(flags);
	bpf_local_irq_restore(flags);
	return 0;
}

SESSION __failure __msg("is no multiple of 8")
PROG(irq_flags_between_slots)
{
	char room[24] __attribute__((aligned(8)));

	bpf_local_irq_save((void *)(room + 4));
	bpf_local_irq_restore((void *)(room + 4));
	return 0;
}

SESSION __failure __msg("overlap the flags of interrupts")
PROG(irq_flags_are_read)
{
	volatile unsigned long flags;
	long ret;

	bpf_local_irq_save((void *)&flags);
	ret = flags;
	bpf_local_irq_restore((void *)&flags);
	return ret & 0;
}

SESSION __failure __msg("overlap the flags of interrupts")
PROG(irq_flags_are_written)
{
	volatile unsigned long flags;

	bpf_local_irq_save((void *)&flags);
	flags = 0;
	bpf_local_irq_restore((void *)&flags);
	return 0;
}

SESSION __failure __msg("not given back")
PROG(irq_on_some_path)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	if (ctx[0] & 1)
		bpf_local_irq_restore(&flags);
	return 0;
}

SLEEPS __failure __msg("may sleep")
PROG(irq_off_and_sleep)
{
	unsigned long flags;
	char c;

	bpf_local_irq_save(&flags);
	bpf_copy_from_user(&c, 1, NULL);
	bpf_local_irq_restore(&flags);
	return 0;
}

SLEEPS __success
PROG(irq_on_and_sleep)
{
	unsigned long flags;
	char c;

	bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags);
	bpf_copy_from_user(&c, 1, NULL);
	return 0;
}

static __noinline void off(unsigned long *flags)
{
	bpf_local_irq_save(flags);
}

static __noinline void on(unsigned long *flags)
{
	bpf_local_irq_restore(flags);
}

SESSION __success
PROG(irq_by_functions)
{
	unsigned long flags;

	off(&flags);
	on(&flags);
	return 0;
}

SESSION __failure __msg("not given back")
PROG(irq_off_by_function)
{
	unsigned long flags;

	off(&flags);
	return 0;
}

__noinline int global_calm(int n)
{
	return n + bpf_get_prandom_u32();
}

__noinline int global_sleeper(int n)
{
	char c = n;

	bpf_copy_from_user(&c, 1, NULL);
	return c;
}

SESSION __success
PROG(irq_off_in_a_global_function)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	global_calm(ctx[0]);
	bpf_local_irq_restore(&flags);
	return 0;
}

SLEEPS __failure __msg("where it may not sleep")
PROG(irq_off_in_a_global_function_that_sleeps)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	global_sleeper(ctx[0]);
	bpf_local_irq_restore(&flags);
	return 0;
}

static int round_off_and_on(__u32 i, void *arg)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags);
	return 0;
}

SESSION __success
PROG(irq_in_a_callback)
{
	bpf_loop(8, round_off_and_on, NULL, 0);
	return 0;
}

SESSION __success
PROG(irq_off_around_callbacks)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	bpf_loop(8, round_off_and_on, NULL, 0);
	bpf_local_irq_restore(&flags);
	return 0;
}

SESSION __success
PROG(irq_off_in_a_loop)
{
	unsigned long flags;

	for (int i = 0; i < 10; i++) {
		bpf_local_irq_save(&flags);
		bpf_get_prandom_u32();
		bpf_local_irq_restore(&flags);
	}
	return 0;
}

static int round_off(__u32 i, void *flags)
{
	bpf_local_irq_save(flags);
	return 0;
}

SESSION __failure __msg("R1: no flags of interrupts there")
PROG(irq_off_by_a_callback)
{
	unsigned long flags;

	bpf_loop(1, round_off, &flags, 0);
	bpf_local_irq_restore(&flags);
	return 0;
}

SESSION __failure __msg("is not given back")
PROG(irq_off_in_every_round)
{
	unsigned long flags[10];

	for (int i = 0; i < 10; i++)
		bpf_local_irq_save(&flags[i]);
	return 0;
}

SESSION __success
PROG(irq_and_preemption)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	bpf_preempt_disable();
	bpf_local_irq_restore(&flags);
	bpf_preempt_enable();
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} jumps SEC(".maps");

SESSION __failure __msg("tail call while something taken")
PROG(irq_off_and_tail_call)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	bpf_tail_call(ctx, &jumps, 1);
	bpf_local_irq_restore(&flags);
	return 0;
}

SEC("xdp") __success
int irq_in_xdp(void *ctx)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags);
	return 2;
}

/* -- Locks that may refuse --- */

struct elem {
	__u32 n;
	struct bpf_res_spin_lock lock;
	__u64 after;
};

#define MAP_OF(kind, value_)                                                                                           \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_##kind);                                                                     \
		__uint(max_entries, 16);                                                                               \
		__type(key, __u32);                                                                                    \
		__type(value, value_);                                                                                 \
	}

MAP_OF(ARRAY, struct elem) table SEC(".maps");
MAP_OF(HASH, struct elem) locks SEC(".maps");

static __always_inline struct elem *find(void *map, __u32 key)
{
	return bpf_map_lookup_elem(map, &key);
}

SESSION __success
PROG(res_lock_and_unlock)
{
	struct elem *e = find(&table, 1);

	if (!e)
		return 0;
	if (bpf_res_spin_lock(&e->lock))
		return 0;
	e->n++;
	bpf_res_spin_unlock(&e->lock);
	return 0;
}

SESSION __failure __msg("no lock is held")
PROG(res_lock_that_was_refused)
{
	struct elem *e = find(&table, 1);

	if (!e)
		return 0;
	bpf_res_spin_lock(&e->lock);
	bpf_res_spin_unlock(&e->lock);
	return 0;
}

SESSION __failure __msg("not given back")
PROG(res_lock_alone)
{
	struct elem *e = find(&table, 1);

	if (!e)
		return 0;
	bpf_res_spin_lock(&e->lock);
	return 0;
}

SESSION __failure __msg("no lock is held")
PROG(res_unlock_alone)
{
	struct elem *e = find(&table, 1);

	if (!e)
		return 0;
	bpf_res_spin_unlock(&e->lock);
	return 0;
}

SESSION __failure __msg("which may be NULL")
PROG(res_lock_without_null_check)
{
	struct elem *e = find(&locks, 1);

	if (bpf_res_spin_lock(&e->lock))
		return 0;
	bpf_res_spin_unlock(&e->lock);
	return 0;
}

SESSION __failure __msg("R1: the map's value has no struct bpf_res_spin_lock")
PROG(res_lock_in_a_map_without_one)
{
	void *v = bpf_map_lookup_elem(&array, &(__u32){ 1 });

	if (!v)
		return 0;
	if (bpf_res_spin_lock(v))
		return 0;
	bpf_res_spin_unlock(v);
	return 0;
}

SESSION __failure __msg("the resilient lock is at 4 of the value, not at 0")
PROG(res_lock_beside_the_lock)
{
	struct elem *e = find(&table, 1);

	if (!e)
		return 0;
	if (bpf_res_spin_lock((void *)&e->n))
		return 0;
	bpf_res_spin_unlock((void *)&e->n);
	return 0;
}

SESSION __failure __msg("may not be read or written")
PROG(res_lock_is_read)
{
	struct elem *e = find(&table, 1);

	return e ? *(volatile __u32 *)&e->lock.val & 0 : 0;
}

SESSION __failure __msg("held already")
PROG(res_lock_twice)
{
	struct elem *e = find(&table, 1);

	if (!e)
		return 0;
	if (bpf_res_spin_lock(&e->lock))
		return 0;
	if (!bpf_res_spin_lock(&e->lock))
		bpf_res_spin_unlock(&e->lock);
	bpf_res_spin_unlock(&e->lock);
	return 0;
}

SESSION __success
PROG(res_locks_in_turn)
{
	struct elem *a = find(&table, 1), *b = find(&locks, 2);

	if (!a || !b || bpf_res_spin_lock(&a->lock))
		return 0;
	if (!bpf_res_spin_lock(&b->lock)) {
		a->n = b->n;
		bpf_res_spin_unlock(&b->lock);
	}
	bpf_res_spin_unlock(&a->lock);
	return 0;
}

SESSION __failure __msg("another lock is held")
PROG(res_lock_another_of_a_table_is_unlocked)
{
	struct elem *a = find(&table, 1), *b = find(&table, 2);

	if (!a || !b || bpf_res_spin_lock(&a->lock))
		return 0;
	bpf_res_spin_unlock(&b->lock);
	return 0;
}

SESSION __success
PROG(res_locks_of_two_elements)
{
	struct elem *a = find(&locks, 1), *b = find(&locks, 2);

	if (!a || !b || bpf_res_spin_lock(&a->lock))
		return 0;
	if (!bpf_res_spin_lock(&b->lock))
		bpf_res_spin_unlock(&b->lock);
	bpf_res_spin_unlock(&a->lock);
	return 0;
}

SESSION __failure __msg("out of turn")
PROG(res_locks_out_of_turn)
{
	struct elem *a = find(&locks, 1), *b = find(&locks, 2);

	if (!a || !b || bpf_res_spin_lock(&a->lock))
		return 0;
	if (!bpf_res_spin_lock(&b->lock)) {
		bpf_res_spin_unlock(&a->lock);
		bpf_res_spin_unlock(&b->lock);
		return 0;
	}
	bpf_res_spin_unlock(&a->lock);
	return 0;
}

SESSION __failure __msg("another lock is held")
PROG(res_lock_another_is_unlocked)
{
	struct elem *a = find(&locks, 1), *b = find(&locks, 2);

	if (!a || !b || bpf_res_spin_lock(&a->lock))
		return 0;
	bpf_res_spin_unlock(&b->lock);
	return 0;
}

SESSION __failure __msg("called while a lock is held")
PROG(res_lock_and_helper)
{
	struct elem *e = find(&table, 1);

	if (!e || bpf_res_spin_lock(&e->lock))
		return 0;
	e->n = bpf_get_prandom_u32();
	bpf_res_spin_unlock(&e->lock);
	return 0;
}

SESSION __failure __msg("called while a lock is held")
PROG(res_lock_and_kfunc)
{
	struct elem *e = find(&table, 1);

	if (!e || bpf_res_spin_lock(&e->lock))
		return 0;
	bpf_preempt_disable();
	bpf_preempt_enable();
	bpf_res_spin_unlock(&e->lock);
	return 0;
}

SESSION __success
PROG(res_lock_and_numbers)
{
	struct elem *e = find(&table, 1);
	struct bpf_iter_num it;
	int *v;

	if (!e || bpf_res_spin_lock(&e->lock))
		return 0;
	bpf_iter_num_new(&it, 0, 10);
	while ((v = bpf_iter_num_next(&it)))
		e->n += *v;
	bpf_iter_num_destroy(&it);
	bpf_res_spin_unlock(&e->lock);
	return 0;
}

static __noinline int grow(struct elem *e)
{
	return e->n++;
}

SESSION __success
PROG(res_lock_and_function)
{
	struct elem *e = find(&table, 1);

	if (!e || bpf_res_spin_lock(&e->lock))
		return 0;
	grow(e);
	bpf_res_spin_unlock(&e->lock);
	return 0;
}

SESSION __failure __msg("called while a lock is held")
PROG(res_lock_and_global_function)
{
	struct elem *e = find(&table, 1);

	if (!e || bpf_res_spin_lock(&e->lock))
		return 0;
	global_calm(1);
	bpf_res_spin_unlock(&e->lock);
	return 0;
}

SESSION __success
PROG(res_lock_says_what)
{
	struct elem *e = find(&table, 1);
	long err;

	if (!e)
		return 0;
	err = bpf_res_spin_lock(&e->lock);
	if (err >= 0)
		bpf_res_spin_unlock(&e->lock);
	return 0;
}

SESSION __success
PROG(res_lock_refuses_with_errno)
{
	struct elem *e = find(&table, 1);
	int err;

	if (!e)
		return 0;
	err = bpf_res_spin_lock(&e->lock);
	if (!err)
		bpf_res_spin_unlock(&e->lock);
	return err < -4095 || err > 0;
}

SESSION __success
PROG(res_lock_irqsave)
{
	struct elem *e = find(&table, 1);
	unsigned long flags;

	if (!e || bpf_res_spin_lock_irqsave(&e->lock, &flags))
		return 0;
	e->n++;
	bpf_res_spin_unlock_irqrestore(&e->lock, &flags);
	return 0;
}

SESSION __failure __msg("not given back")
PROG(res_lock_irqsave_alone)
{
	struct elem *e = find(&table, 1);
	unsigned long flags;

	if (!e || bpf_res_spin_lock_irqsave(&e->lock, &flags))
		return 0;
	return 0;
}

SESSION __failure __msg("taken with interrupts off")
PROG(res_lock_irqsave_and_plain_unlock)
{
	struct elem *e = find(&table, 1);
	unsigned long flags;

	if (!e || bpf_res_spin_lock_irqsave(&e->lock, &flags))
		return 0;
	bpf_res_spin_unlock(&e->lock);
	bpf_local_irq_restore(&flags);
	return 0;
}

SESSION __failure __msg("interrupts were turned off without a lock")
PROG(res_lock_plain_and_irqrestore)
{
	struct elem *e = find(&table, 1);
	unsigned long flags;

	if (!e)
		return 0;
	bpf_local_irq_save(&flags);
	if (bpf_res_spin_lock(&e->lock)) {
		bpf_local_irq_restore(&flags);
		return 0;
	}
	bpf_res_spin_unlock_irqrestore(&e->lock, &flags);
	return 0;
}

SESSION __success
PROG(res_lock_with_irq_off)
{
	struct elem *e = find(&table, 1);
	unsigned long flags;

	if (!e)
		return 0;
	bpf_local_irq_save(&flags);
	if (!bpf_res_spin_lock(&e->lock)) {
		e->n++;
		bpf_res_spin_unlock(&e->lock);
	}
	bpf_local_irq_restore(&flags);
	return 0;
}

SESSION __failure __msg("R1: no flags of interrupts there")
PROG(res_lock_flags_after_refusal)
{
	struct elem *e = find(&table, 1);
	unsigned long flags;

	if (!e)
		return 0;
	if (bpf_res_spin_lock_irqsave(&e->lock, &flags)) {
		bpf_local_irq_restore(&flags);
		return 0;
	}
	bpf_res_spin_unlock_irqrestore(&e->lock, &flags);
	return 0;
}

SEC("kprobe/vfs_read") __failure __msg("may not use maps with a lock")
int res_lock_in_a_kprobe(void *ctx)
{
	struct elem *e = find(&table, 1);

	if (!e || bpf_res_spin_lock(&e->lock))
		return 0;
	bpf_res_spin_unlock(&e->lock);
	return 0;
}

SEC("socket") __failure __msg("may not use maps with a lock")
int res_lock_in_a_socket_filter(void *ctx)
{
	struct elem *e = find(&table, 1);

	if (!e || bpf_res_spin_lock(&e->lock))
		return 0;
	bpf_res_spin_unlock(&e->lock);
	return 0;
}

/* -- What this engine does not run --- */

struct bpf_task_work {
	__u64 __opaque;
} __attribute__((aligned(8)));

struct task_struct {		/* not just its name, for libbpf; nor of the next */
	int pid;
};

struct bpf_map {
	__u32 id;
};

extern void bpf_throw(__u64 cookie) __ksym;
extern int bpf_task_work_schedule_signal(struct task_struct *task, struct bpf_task_work *work, void *map,
					 int (*callback)(struct bpf_map *map, void *key, void *value)) __ksym;

SESSION __failure __msg("kfunc bpf_throw, which this engine does not run") __linux_success
PROG(throws)
{
	if (ctx[0] == 5)
		bpf_throw(0);
	return 0;
}

static int do_work(struct bpf_map *map, void *key, void *value)
{
	return 0;
}

struct work {
	struct bpf_task_work work;
};

MAP_OF(ARRAY, struct work) works SEC(".maps");

SESSION __failure __msg("there is no task work here") __linux_success
PROG(schedules_work)
{
	struct work *w = bpf_map_lookup_elem(&works, &(__u32){ 1 });

	if (w)
		bpf_task_work_schedule_signal((void *)bpf_get_current_task_btf(), &w->work, &works, do_work);
	return 0;
}

char _license[] SEC("license") = "GPL";
