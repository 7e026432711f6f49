// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Global functions and what their prototypes promise; tail calls; callbacks; iterators in functions. */
#include "rules.h"

#define PROG(name) int name(__u64 *ctx)
#define GLOBAL __attribute__((noinline))
#undef __arg_ctx
#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#undef __arg_nonnull
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))

struct pair {
	__u64 a, b;
};

struct opaque;

volatile int sink = 1;	/* .bss is all global[] */

GLOBAL int sum(struct pair *p)
{
	UNSEEN(p);
	return p ? p->a + p->b : 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(memory_for_a_global_function)
{
	struct pair p = { ctx[0], 2 };

	sink = sum(&p);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(null_for_a_global_function)
{
	sink = sum(NULL);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside [-512, 0)")
PROG(too_little_memory_for_a_global_function)
{
	__u64 a = ctx[0];

	sink = sum((void *)&a);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is scalar, expected memory of 16 bytes")
PROG(number_for_memory_of_a_global_function)
{
	sink = sum((void *)ctx[1]);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is ctx, expected memory of 16 bytes")
PROG(ctx_for_memory_of_a_global_function)
{
	sink = sum((void *)ctx);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 8 bytes")
PROG(cookie_for_memory_of_a_global_function)
{
	sink = sum((void *)bpf_session_cookie(ctx));
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may not write")
PROG(constant_for_memory_of_a_global_function)
{
	sink = sum((void *)fixed);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(maybe_null_for_a_global_function)
{
	sink = sum(bpf_map_lookup_elem(&array, &(__u32){ ctx[0] }));
	return 0;
}

GLOBAL int first(struct pair *p __arg_nonnull)
{
	UNSEEN(p);
	return p->a;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(memory_that_is_never_null)
{
	struct pair p = { ctx[0], 2 };

	sink = first(&p);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is scalar, expected memory of 16 bytes")
PROG(null_for_memory_that_is_never_null)
{
	sink = first(NULL);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("map_value_or_null")
PROG(maybe_null_for_memory_that_is_never_null)
{
	sink = first(bpf_map_lookup_elem(&array, &(__u32){ ctx[0] }));
	return 0;
}

GLOBAL int unchecked(struct pair *p)
{
	return p->a;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("it may be NULL")
PROG(global_function_without_null_check)
{
	struct pair p = { ctx[0], 2 };

	sink = unchecked(&p);
	return 0;
}

GLOBAL int beyond(struct pair *p)
{
	return p ? ((volatile __u64 *)p)[2] : 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 16 bytes")
PROG(global_function_reads_beyond)
{
	struct pair p[2] = { { ctx[0], 2 } };

	sink = beyond(p);
	return 0;
}

GLOBAL int pick(__u32 i)
{
	return ((volatile char *)global)[i];
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: access to map_value with an unbounded offset")
PROG(global_function_with_an_index)
{
	sink = pick(3);
	return 0;
}

GLOBAL int forever(__u32 n)
{
	while (n)
		sink = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("endless loop: nothing has changed since insn")
PROG(global_function_without_end)
{
	sink = forever(0);
	return 0;
}

GLOBAL int answer(int n)
{
	return n > 3 ? 4 : 5;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("should have been in [0, 0]")
NAKED(result_of_a_global_function_is_unknown)
{
	ASM("r1 = 1;"
	    "call answer;"
	    "r0 >>= 3;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: access to map_value with an unbounded offset")
PROG(result_of_a_global_function_is_no_index)
{
	return ((volatile char *)global)[answer(1)] & 0;
}

GLOBAL int uses_ctx(void *c __arg_ctx)
{
	return bpf_session_is_return(c);
}

SEC("fsession/bpf_fentry_test2") __success
PROG(ctx_for_a_global_function)
{
	sink = uses_ctx(ctx);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected unmodified ctx")
PROG(modified_ctx_for_a_global_function)
{
	sink = uses_ctx(ctx + 1);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is fp, expected unmodified ctx")
PROG(stack_for_ctx_of_a_global_function)
{
	__u64 a[4] = { ctx[0] };

	sink = uses_ctx(a);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is scalar, expected unmodified ctx")
PROG(null_for_ctx_of_a_global_function)
{
	sink = uses_ctx(NULL);
	return 0;
}

GLOBAL int reads_ctx(__u64 *c __arg_ctx)
{
	return c[7];
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no argument in slot 7")
PROG(global_function_reads_a_slot_that_is_none)
{
	sink = reads_ctx(ctx);
	return 0;
}

GLOBAL int takes_opaque(struct opaque *p)
{
	return !p;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the prototype of 'takes_opaque'")
PROG(global_function_with_an_unknown_type)
{
	sink = takes_opaque((void *)global);
	return 0;
}

GLOBAL int takes_void(void *p)
{
	return !p;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the prototype of 'takes_void'")
PROG(global_function_with_a_void_pointer)
{
	sink = takes_void(global);
	return 0;
}

GLOBAL int writes(struct pair *p)
{
	if (p)
		p->a = 7;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: a number without a lower bound is added to map_value")
PROG(global_function_changes_a_bound)
{
	struct pair p = { 1, 1 };

	writes(&p);
	return ((volatile char *)global)[p.a] & 0;
}

GLOBAL int gives_record(__u32 size)
{
	__u64 *r = bpf_ringbuf_reserve(&ring, 8, 0);

	if (r)
		*(volatile __u64 *)r = 1;
	return size;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not given back")
PROG(global_function_keeps_a_record)
{
	sink = gives_record(8);
	return 0;
}

GLOBAL int locks_rcu(__u32 n)
{
	bpf_rcu_read_lock();
	return n;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the RCU read lock taken at insn")
PROG(global_function_keeps_a_lock)
{
	sink = locks_rcu(8);
	return 0;
}

GLOBAL int unlocks_rcu(__u32 n)
{
	bpf_rcu_read_unlock();
	return n;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("is not given back at the end")
PROG(global_function_gives_up_its_caller_s_lock)
{
	bpf_rcu_read_lock();
	sink = unlocks_rcu(8);
	return 0;
}

GLOBAL int sleeps(__u64 from)
{
	__u64 v = 0;

	bpf_copy_from_user(&v, 8, (void *)from);
	return v;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may sleep")
PROG(global_function_sleeps)
{
	sink = sleeps(ctx[1]);
	return 0;
}

SEC("fsession.s/bpf_fentry_test1") __success
PROG(global_function_may_sleep)
{
	sink = sleeps(ctx[0]);
	return 0;
}

SEC("fsession.s/bpf_fentry_test1") __failure __msg("'sleeps' is called where it may not sleep")
PROG(global_function_sleeps_under_rcu)
{
	bpf_rcu_read_lock();
	sink = sleeps(ctx[0]);
	bpf_rcu_read_unlock();
	return 0;
}

SEC("fsession.s/bpf_fentry_test1") __failure __msg("'sleeps' is called where it may not sleep")
PROG(global_function_sleeps_with_preemption_off)
{
	bpf_preempt_disable();
	sink = sleeps(ctx[0]);
	bpf_preempt_enable();
	return 0;
}

GLOBAL void nothing(__u32 n)
{
	sink = n;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(global_function_of_nothing)
{
	nothing(1);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R0 is read before it is written")
NAKED(result_of_a_global_function_of_nothing)
{
	ASM("r1 = 1;"
	    "call nothing;"
	    "r0 &= 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is fp, expected a number")
NAKED(pointer_for_a_number_of_a_global_function)
{
	ASM("r1 = r10;"
	    "call answer;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is read before it is written")
NAKED(global_function_without_its_argument)
{
	ASM("r1 = 1;"
	    "call answer;"
	    "call answer;"
	    "r0 = 0;"
	    "exit;");
}

/* A global function is judged with a stack of its own, but uses that of its caller. */
GLOBAL int deep(__u32 n)
{
	volatile char room[400] = {};

	return room[n & 255];
}

SEC("fsession/bpf_fentry_test2") __failure __msg("stack") __linux_success
PROG(global_function_needs_too_much_stack)
{
	volatile char room[300] = {};

	sink = deep(1) + room[ctx[0] & 255];
	return 0;
}

/* -- Static functions --- */

static __noinline __attribute__((used)) int add_two(int a, int b)
{
	return a + b;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2 is read before it is written")
NAKED(function_without_its_second_argument)
{
	ASM("r1 = 1;"
	    "call add_two;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
PROG(function_with_both)
{
	return add_two(ctx[0], 3) & 0;
}

SUB(clobbers_six)
{
	ASM("r6 = 0;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(function_has_registers_of_its_own)
{
	ASM("r6 = global ll;"
	    "call clobbers_six;"
	    "r0 = *(u8 *)(r6 +0);"
	    "r0 = 0;"
	    "exit;");
}

SUB(reads_six)
{
	ASM("r0 = r6;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R6 is read before it is written")
NAKED(function_does_not_see_its_caller_s_registers)
{
	ASM("r6 = 0;"
	    "call reads_six;"
	    "r0 = 0;"
	    "exit;");
}

SUB(returns_its_frame)
{
	ASM("r0 = r10;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("points to the stack of the function that ends")
NAKED(function_returns_its_frame)
{
	ASM("call returns_its_frame;"
	    "r0 = 0;"
	    "exit;");
}

SUB(no_result)
{
	ASM("r1 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R0 is read before it is written")
NAKED(function_without_a_result)
{
	ASM("call no_result;"
	    "r0 &= 0;"
	    "exit;");
}

/* -- Tail calls --- */

static __noinline int jumps(void *ctx)
{
	bpf_tail_call(ctx, &progs, 1);
	return 0;
}

SEC("tc") __success
int tail_call_in_a_function(struct __sk_buff *skb)
{
	return jumps(skb);
}

SEC("tc") __failure __msg("tail call")
int tail_call_below_much_stack(struct __sk_buff *skb)
{
	volatile char room[300] = {};

	return jumps(skb) + room[skb->len & 255];
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is fp, expected ctx")
NAKED(tail_call_without_ctx)
{
	ASM_CALLS("r1 = r10;"
		  "r2 = progs ll;"
		  "r3 = 0;"
		  "call %[bpf_tail_call];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_tail_call));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R3 is read before it is written")
NAKED(tail_call_without_an_index)
{
	ASM_CALLS("r2 = progs ll;"
		  "call %[bpf_tail_call];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_tail_call));
}

static int body_jumps(__u32 i, void **ctx)
{
	bpf_tail_call(*ctx, &progs, i);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("tail call in a callback")
PROG(tail_call_from_a_callback)
{
	void *c = ctx;

	bpf_loop(2, body_jumps, &c, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("something taken at insn")
PROG(tail_call_with_an_iterator)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	bpf_tail_call(ctx, &progs, 1);
	bpf_iter_num_destroy(&it);
	return 0;
}

/* -- Callbacks --- */

static int body_five(__u32 i, void *ctx)
{
	return 5;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("should have been in [0, 1]")
PROG(callback_returns_five)
{
	bpf_loop(2, body_five, NULL, 0);
	return 0;
}

static int body_index(__u32 i, char *p)
{
	((volatile char *)global)[i] = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: access to map_value with an unbounded offset")
PROG(callback_trusts_its_index)
{
	bpf_loop(64, body_index, NULL, 0);
	return 0;
}

static int body_reads(__u32 i, volatile __u64 *p)
{
	sink = p[1];
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: stack access at 512 of 8 bytes is outside [-512, 0)")
PROG(callback_reads_above_the_frame)
{
	__u64 v = 1;

	bpf_loop(2, body_reads, &v + 64, 0);
	return 0;
}

static int body_swaps(__u32 i, void **p)
{
	*(void *volatile *)p = NULL;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is NULL here")
PROG(callback_takes_a_pointer_away)
{
	void *p = global;

	bpf_loop(8, body_swaps, &p, 0);
	return *(volatile char *)p & 0;
}

static int each_writes(void *map, volatile __u32 *key, char *value, void *arg)
{
	*key = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("keys are read-only")
PROG(each_writes_its_key)
{
	bpf_for_each_map_elem(&array, each_writes, NULL, 0);
	return 0;
}

static int each_past(void *map, __u32 *key, volatile char *value, void *arg)
{
	value[48] = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 48 bytes")
PROG(each_writes_past_its_value)
{
	bpf_for_each_map_elem(&array, each_past, NULL, 0);
	return 0;
}

static int each_arg(void *map, __u32 *key, char *value, volatile __u64 *arg)
{
	arg[0] = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R4 is NULL here")
PROG(each_uses_an_argument_that_is_null)
{
	bpf_for_each_map_elem(&array, each_arg, NULL, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected a map")
PROG(each_of_no_map)
{
	bpf_for_each_map_elem(global, each_arg, NULL, 0);
	return 0;
}

static int each_key_past(void *map, volatile __u32 *key, char *value, void *arg)
{
	sink = key[1];
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("4 bytes")
PROG(each_reads_past_its_key)
{
	bpf_for_each_map_elem(&array, each_key_past, NULL, 0);
	return 0;
}

/* -- Iterators --- */

static __noinline int next_of(struct bpf_iter_num *it)
{
	int *p = bpf_iter_num_next(it);

	return p ? *p : -1;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(iterator_in_a_function)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	sink = next_of(&it);
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no initialized iterator there")
PROG(iterator_in_a_function_after_its_end)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	bpf_iter_num_destroy(&it);
	sink = next_of(&it);
	return 0;
}

static __noinline int begin(void)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not given back")
PROG(iterator_lost_with_a_function)
{
	begin();
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not given back")
PROG(iterator_left_at_a_break)
{
	struct bpf_iter_num it;
	int *p;

	bpf_iter_num_new(&it, 0, 3);
	while ((p = bpf_iter_num_next(&it)))
		if (*p == 2)
			return 0;
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: a number whose smallest value is -2147483648 is added to map_value")
PROG(iterator_element_is_no_bound)
{
	struct bpf_iter_num it;
	int *p;

	bpf_iter_num_new(&it, 0, 64);
	while ((p = bpf_iter_num_next(&it)))
		((volatile char *)global)[*p] = 1;
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R0: this memory is read-only")
PROG(iterator_element_is_written)
{
	struct bpf_iter_num it;
	volatile int *p;

	bpf_iter_num_new(&it, 0, 64);
	while ((p = bpf_iter_num_next(&it)))
		*p = 1;
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 4 bytes")
PROG(iterator_element_is_one_number)
{
	struct bpf_iter_num it;
	volatile int *p;

	bpf_iter_num_new(&it, 0, 64);
	while ((p = bpf_iter_num_next(&it)))
		sink = p[1];
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not given back")
PROG(iterator_destroyed_on_one_path)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 64);
	if (ctx[0] & 1)
		bpf_iter_num_destroy(&it);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("an iterator")
PROG(iterator_overwritten_by_an_index)
{
	struct {
		__u64 a[2];
		struct bpf_iter_num it;
	} s = {};

	bpf_iter_num_new(&s.it, 0, 64);
	*((volatile __u8 *)s.a + (ctx[0] & 16)) = 1;
	bpf_iter_num_destroy(&s.it);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("before it is written")
NAKED(iterator_bounds_are_arguments)
{
	ASM("r1 = r10;"
	    "r1 += -8;"
	    "r2 = 0;"
	    "call bpf_iter_num_new;"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_destroy;"
	    "r0 = 0;"
	    "exit;");
}

static int body_iterates(__u32 i, struct bpf_iter_num *it)
{
	bpf_iter_num_destroy(it);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the iterator taken")
PROG(iterator_destroyed_by_a_callback)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 64);
	bpf_loop(1, body_iterates, &it, 0);
	return 0;
}

/* -- may_goto --- */

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes")
NAKED(may_goto_pointer_walks_away)
{
	ASM("r1 = global ll;"
	    "again%=:" MAY_GOTO(out)
	    "r2 = *(u8 *)(r1 +0);"
	    "r1 += 1;"
	    "goto again%=;"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R0 is 7 at the end, should have been in [0, 0]")
NAKED(may_goto_may_not_go)
{
	ASM("r0 = 0;" MAY_GOTO(out)
	    "r0 = 7;"
	    "out%=:"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("should have been in [0, 0]")
NAKED(may_goto_may_go)
{
	ASM("r0 = 7;" MAY_GOTO(out)
	    "r0 = 0;"
	    "out%=:"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("too complex")
NAKED(may_goto_takes_a_lock_each_round)
{
	ASM("again%=:" MAY_GOTO(out)
	    "call bpf_preempt_disable;"
	    "goto again%=;"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R6 is read before it is written")
NAKED(may_goto_writes_a_register_in_a_round)
{
	ASM("again%=:" MAY_GOTO(out)
	    "r6 = 1;"
	    "goto again%=;"
	    "out%=:"
	    "r0 = r6;"
	    "r0 &= 0;"
	    "exit;");
}

char _license[] SEC("license") = "GPL";
