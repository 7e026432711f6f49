// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Callbacks, iterators, may_goto; what must end and what need not be unrolled. */
#include "rules.h"

SUB(loop_callback_body)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(loop_callback)
{
	ASM_CALLS("r1 = 100;"
		  "r2 = loop_callback_body ll;"
		  "r3 = 0;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(loop_callback_returns_too_much_body)
{
	ASM("r0 = 2;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("should have been in [0, 1]")
NAKED(loop_callback_returns_too_much)
{
	ASM_CALLS("r1 = 100;"
		  "r2 = loop_callback_returns_too_much_body ll;"
		  "r3 = 0;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(loop_callback_returns_its_index_body)
{
	ASM("r0 = r1;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("should have been in [0, 1]")
NAKED(loop_callback_returns_its_index)
{
	ASM_CALLS("r1 = 100;"
		  "r2 = loop_callback_returns_its_index_body ll;"
		  "r3 = 0;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(loop_callback_counts_on_the_stack_body)
{
	ASM("r1 = *(u64 *)(r2 +0);"
	    "r1 += 1;"
	    "*(u64 *)(r2 +0) = r1;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(loop_callback_counts_on_the_stack)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r1 = 100;"
		  "r2 = loop_callback_counts_on_the_stack_body ll;"
		  "r3 = r10;"
		  "r3 += -8;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(loop_callback_index_into_a_map_body)
{
	ASM("r1 = *(u64 *)(r2 +0);"
	    "r1 += 1;"
	    "*(u64 *)(r2 +0) = r1;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(loop_callback_index_into_a_map)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r1 = 100;"
		  "r2 = loop_callback_index_into_a_map_body ll;"
		  "r3 = r10;"
		  "r3 += -8;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "r1 = *(u64 *)(r10 -8);"
		  "r2 = global ll;"
		  "r2 += r1;"
		  "r0 = *(u8 *)(r2 +0);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(loop_callback_damages_a_bound_body)
{
	ASM(STORE(u64, r2, 0, 100)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes")
NAKED(loop_callback_damages_a_bound)
{
	ASM_CALLS(STORE(u64, r10, -8, 5)
		  "r1 = 2;"
		  "r2 = loop_callback_damages_a_bound_body ll;"
		  "r3 = r10;"
		  "r3 += -8;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "r1 = *(u64 *)(r10 -8);"
		  "r2 = global ll;"
		  "r2 += r1;"
		  "r0 = *(u8 *)(r2 +0);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(loop_callback_may_not_run_at_all_body)
{
	ASM(STORE(u64, r2, 0, 5)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes")
NAKED(loop_callback_may_not_run_at_all)
{
	ASM_CALLS(STORE(u64, r10, -8, 100)
		  "r1 = 2;"
		  "r2 = loop_callback_may_not_run_at_all_body ll;"
		  "r3 = r10;"
		  "r3 += -8;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "r1 = *(u64 *)(r10 -8);"
		  "r2 = global ll;"
		  "r2 += r1;"
		  "r0 = *(u8 *)(r2 +0);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(loop_callback_second_round_differs_body)
{
	ASM("r1 = *(u64 *)(r2 +0);"
	    "r3 = global ll;"
	    "r3 += r1;"
	    "r4 = *(u8 *)(r3 +0);"
	    "r4 = *(u64 *)(r2 +8);"
	    "*(u64 *)(r2 +0) = r4;"
	    STORE(u64, r2, 8, 100)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(loop_callback_second_round_differs)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  STORE(u64, r10, -16, 0)
		  "r1 = 2;"
		  "r2 = loop_callback_second_round_differs_body ll;"
		  "r3 = r10;"
		  "r3 += -16;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(loop_callback_leaks_body)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 8;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_reserve));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("must give back what it takes")
NAKED(loop_callback_leaks)
{
	ASM_CALLS("r1 = 2;"
		  "r2 = loop_callback_leaks_body ll;"
		  "r3 = 0;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(loop_callback_releases_the_outer_record_body)
{
	ASM_CALLS("r1 = *(u64 *)(r2 +0);"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_submit];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_submit));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not given back")
NAKED(loop_callback_releases_the_outer_record)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 8;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "if r0 == 0 goto out%=;"
		  "*(u64 *)(r10 -8) = r0;"
		  "r1 = 2;"
		  "r2 = loop_callback_releases_the_outer_record_body ll;"
		  "r3 = r10;"
		  "r3 += -8;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop), HELPER(bpf_ringbuf_reserve));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected a function")
NAKED(loop_no_callback)
{
	ASM_CALLS("r1 = 2;"
		  "r2 = 0;"
		  "r3 = 0;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(endless_loop_around_a_callback_body)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("endless loop: nothing has changed since insn") __linux_success
NAKED(endless_loop_around_a_callback)
{
	ASM_CALLS("r6 = 0;"
		  "again%=:"
		  "r1 = 0;"
		  "r2 = endless_loop_around_a_callback_body ll;"
		  "r3 = 0;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "if r6 == 0 goto again%=;"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(callback_with_an_endless_loop_body)
{
	ASM("r0 = 0;"
	    "again%=:"
	    "if r0 == 0 goto again%=;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("endless loop: nothing has changed since insn")
NAKED(callback_with_an_endless_loop)
{
	ASM_CALLS("r1 = 2;"
		  "r2 = callback_with_an_endless_loop_body ll;"
		  "r3 = 0;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(nested_callbacks_outer)
{
	ASM_CALLS("r3 = r2;"
		  "r1 = 10;"
		  "r2 = nested_callbacks_inner ll;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(nested_callbacks_inner)
{
	ASM("r1 = *(u64 *)(r2 +0);"
	    "r1 += 1;"
	    "*(u64 *)(r2 +0) = r1;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(nested_callbacks)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r1 = 10;"
		  "r2 = nested_callbacks_outer ll;"
		  "r3 = r10;"
		  "r3 += -8;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(for_each_body)
{
	ASM("r1 = *(u32 *)(r2 +0);"
	    "r1 = *(u64 *)(r3 +40);"
	    STORE(u64, r3, 0, 1)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(for_each)
{
	ASM_CALLS("r1 = array ll;"
		  "r2 = for_each_body ll;"
		  "r3 = 0;"
		  "r4 = 0;"
		  "call %[bpf_for_each_map_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_for_each_map_elem));
}

SUB(for_each_key_is_read_only_body)
{
	ASM(STORE(u32, r2, 0, 1)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("keys are read-only")
NAKED(for_each_key_is_read_only)
{
	ASM_CALLS("r1 = array ll;"
		  "r2 = for_each_key_is_read_only_body ll;"
		  "r3 = 0;"
		  "r4 = 0;"
		  "call %[bpf_for_each_map_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_for_each_map_elem));
}

SUB(for_each_value_end_body)
{
	ASM("r1 = *(u64 *)(r3 +48);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 48 bytes")
NAKED(for_each_value_end)
{
	ASM_CALLS("r1 = array ll;"
		  "r2 = for_each_value_end_body ll;"
		  "r3 = 0;"
		  "r4 = 0;"
		  "call %[bpf_for_each_map_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_for_each_map_elem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(may_goto)
{
	ASM("r0 = 0;"
	    "again%=:"
	    MAY_GOTO(out)
	    "r6 = 1;"
	    "goto again%=;"
	    "out%=:"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(may_goto_with_a_counter)
{
	ASM("r0 = 0;"
	    "r6 = 0;"
	    "again%=:"
	    MAY_GOTO(out)
	    "r6 += 1;"
	    "goto again%=;"
	    "out%=:"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: a number without a lower bound is added to map_value")
NAKED(may_goto_counter_is_no_bound)
{
	ASM("r6 = 0;"
	    "again%=:"
	    MAY_GOTO(out)
	    "r6 += 1;"
	    "goto again%=;"
	    "out%=:"
	    "r1 = global ll;"
	    "r1 += r6;"
	    "r0 = *(u8 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("endless loop: nothing has changed since insn")
NAKED(may_goto_back_from_its_end)
{
	ASM("r0 = 0;"
	    "r6 = 0;"
	    "again%=:"
	    MAY_GOTO(out)
	    "r6 += 1;"
	    "out%=:"
	    "if r6 != 100 goto again%=;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(iter)
{
	ASM("r1 = r10;"
	    "r1 += -8;"
	    "r2 = 0;"
	    "r3 = 100;"
	    "call bpf_iter_num_new;"
	    "again%=:"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_next;"
	    "if r0 == 0 goto out%=;"
	    "r1 = *(u32 *)(r0 +0);"
	    "goto again%=;"
	    "out%=:"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_destroy;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(iter_sum)
{
	ASM("r6 = 0;"
	    "r1 = r10;"
	    "r1 += -8;"
	    "r2 = 0;"
	    "r3 = 1000000;"
	    "call bpf_iter_num_new;"
	    "again%=:"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_next;"
	    "if r0 == 0 goto out%=;"
	    "r1 = *(u32 *)(r0 +0);"
	    "r6 += r1;"
	    "goto again%=;"
	    "out%=:"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_destroy;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(iter_sum_is_no_bound)
{
	ASM("r6 = 0;"
	    "r1 = r10;"
	    "r1 += -8;"
	    "r2 = 0;"
	    "r3 = 10;"
	    "call bpf_iter_num_new;"
	    "again%=:"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_next;"
	    "if r0 == 0 goto out%=;"
	    "r6 += 1;"
	    "goto again%=;"
	    "out%=:"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_destroy;"
	    "r1 = global ll;"
	    "r1 += r6;"
	    "r0 = *(u8 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: a number without a lower bound is added to map_value")
NAKED(iter_late_precision)
{
	ASM("r6 = 0;"
	    "r7 = 0;"
	    "r8 = *(u32 *)(r1 +0);"
	    "r1 = r10;"
	    "r1 += -8;"
	    "r2 = 0;"
	    "r3 = 10;"
	    "call bpf_iter_num_new;"
	    "again%=:"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_next;"
	    "if r0 == 0 goto out%=;"
	    "r1 = *(u32 *)(r0 +0);"
	    "if r1 == 3 goto other%=;"
	    "r6 = r7;"
	    "goto again%=;"
	    "other%=:"
	    "r7 = 100;"
	    "goto again%=;"
	    "out%=:"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_destroy;"
	    "r1 = global ll;"
	    "r1 += r6;"
	    "r0 = *(u8 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the iterator taken")
NAKED(iter_not_destroyed)
{
	ASM("r1 = r10;"
	    "r1 += -8;"
	    "r2 = 0;"
	    "r3 = 100;"
	    "call bpf_iter_num_new;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no initialized iterator")
NAKED(iter_next_without_new)
{
	ASM("r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_next;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no initialized iterator")
NAKED(iter_destroyed_twice)
{
	ASM("r1 = r10;"
	    "r1 += -8;"
	    "r2 = 0;"
	    "r3 = 100;"
	    "call bpf_iter_num_new;"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_destroy;"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_destroy;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("there is an object already")
NAKED(iter_new_twice)
{
	ASM("r1 = r10;"
	    "r1 += -8;"
	    "r2 = 0;"
	    "r3 = 100;"
	    "call bpf_iter_num_new;"
	    "r1 = r10;"
	    "r1 += -8;"
	    "r2 = 0;"
	    "r3 = 100;"
	    "call bpf_iter_num_new;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("overlap an iterator")
NAKED(iter_overwritten)
{
	ASM("r1 = r10;"
	    "r1 += -8;"
	    "r2 = 0;"
	    "r3 = 100;"
	    "call bpf_iter_num_new;"
	    STORE(u64, r10, -8, 0)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("overlap an iterator")
NAKED(iter_read)
{
	ASM("r1 = r10;"
	    "r1 += -8;"
	    "r2 = 0;"
	    "r3 = 100;"
	    "call bpf_iter_num_new;"
	    "r0 = *(u64 *)(r10 -8);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R6 is read before")
NAKED(iter_element_after_destroy)
{
	ASM("r1 = r10;"
	    "r1 += -8;"
	    "r2 = 0;"
	    "r3 = 100;"
	    "call bpf_iter_num_new;"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_next;"
	    "r6 = r0;"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_destroy;"
	    "if r6 == 0 goto out%=;"
	    "r0 = *(u32 *)(r6 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("is NULL here")
NAKED(iter_element_may_be_null)
{
	ASM("r1 = r10;"
	    "r1 += -8;"
	    "r2 = 0;"
	    "r3 = 100;"
	    "call bpf_iter_num_new;"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_next;"
	    "r0 = *(u32 *)(r0 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no multiple of 8")
NAKED(iter_at_a_bad_place)
{
	ASM("r1 = r10;"
	    "r1 += -12;"
	    "r2 = 0;"
	    "r3 = 100;"
	    "call bpf_iter_num_new;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected a place on the stack")
NAKED(iter_in_a_map)
{
	ASM("r1 = global ll;"
	    "r2 = 0;"
	    "r3 = 100;"
	    "call bpf_iter_num_new;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("endless loop: nothing has changed since insn")
NAKED(iter_that_is_not_asked_again)
{
	ASM("r1 = r10;"
	    "r1 += -8;"
	    "r2 = 0;"
	    "r3 = 100;"
	    "call bpf_iter_num_new;"
	    "r6 = 0;"
	    "again%=:"
	    "if r6 == 0 goto again%=;"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_destroy;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(nested_iters)
{
	ASM("r1 = r10;"
	    "r1 += -8;"
	    "r2 = 0;"
	    "r3 = 100;"
	    "call bpf_iter_num_new;"
	    "outer%=:"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_next;"
	    "if r0 == 0 goto out%=;"
	    "r1 = r10;"
	    "r1 += -16;"
	    "r2 = 0;"
	    "r3 = 100;"
	    "call bpf_iter_num_new;"
	    "inner%=:"
	    "r1 = r10;"
	    "r1 += -16;"
	    "call bpf_iter_num_next;"
	    "if r0 != 0 goto inner%=;"
	    "r1 = r10;"
	    "r1 += -16;"
	    "call bpf_iter_num_destroy;"
	    "goto outer%=;"
	    "out%=:"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call bpf_iter_num_destroy;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(rcu)
{
	ASM("call bpf_rcu_read_lock;"
	    "call bpf_rcu_read_unlock;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the RCU read lock")
NAKED(rcu_not_unlocked)
{
	ASM("call bpf_rcu_read_lock;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("is not held")
NAKED(rcu_not_locked)
{
	ASM("call bpf_rcu_read_unlock;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("preemption")
NAKED(preemption_off)
{
	ASM("call bpf_preempt_disable;"
	    "r0 = 0;"
	    "exit;");
}

char _license[] SEC("license") = "GPL";
