// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Arguments of helpers: each kind, and what is none of it. */
#include "rules.h"

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is scalar")
NAKED(map_is_a_number)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = 5;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is scalar")
NAKED(map_is_null)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = 0;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is ctx")
NAKED(map_is_ctx)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is map_value")
NAKED(map_is_a_value)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = global ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is fp")
NAKED(map_is_the_stack)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = r10;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(map_is_either_of_two)
{
	ASM_CALLS("r6 = *(u32 *)(r1 +0);"
		  STORE(u64, r10, -8, 0)
		  "r1 = array ll;"
		  "if r6 == 0 goto on%=;"
		  "r1 = percpu ll;"
		  "on%=:"
		  "r2 = r10;"
		  "r2 += -8;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2 is ctx")
NAKED(key_is_ctx)
{
	ASM_CALLS("r2 = r1;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2 is map_ptr")
NAKED(key_is_a_map)
{
	ASM_CALLS("r2 = hash ll;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2 is read before it is written")
NAKED(key_is_not_written)
{
	ASM_CALLS("r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2 is scalar")
NAKED(key_is_null)
{
	ASM_CALLS("r2 = 0;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: stack access at 0 of 4 bytes is outside [-512, 0)")
NAKED(key_above_the_frame)
{
	ASM_CALLS("r2 = r10;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: stack access at -516 of 4 bytes is outside [-512, 0)")
NAKED(key_below_the_stack)
{
	ASM_CALLS("r2 = r10;"
		  "r2 += -516;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(key_is_a_record)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 8;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "if r0 == 0 goto out%=;"
		  "r6 = r0;"
		  "r2 = r0;"
		  "r1 = hash ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r1 = r6;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_submit];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem), HELPER(bpf_ringbuf_reserve), HELPER(bpf_ringbuf_submit));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 7 bytes")
NAKED(key_is_a_short_record)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 7;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "if r0 == 0 goto out%=;"
		  "r6 = r0;"
		  "r2 = r0;"
		  "r1 = hash ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r1 = r6;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_submit];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem), HELPER(bpf_ringbuf_reserve), HELPER(bpf_ringbuf_submit));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(key_is_the_cookie)
{
	ASM_CALLS("call bpf_session_cookie;"
		  "r2 = r0;"
		  "r1 = hash ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may be NULL")
NAKED(key_may_be_null)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = hash ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r2 = r0;"
		  "r1 = hash ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(key_is_a_value)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = hash ll;"
		  "call %[bpf_map_lookup_elem];"
		  "if r0 == 0 goto out%=;"
		  "r2 = r0;"
		  "r1 = hash ll;"
		  "call %[bpf_map_lookup_elem];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 16 bytes")
NAKED(key_is_the_end_of_a_value)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = hash ll;"
		  "call %[bpf_map_lookup_elem];"
		  "if r0 == 0 goto out%=;"
		  "r2 = r0;"
		  "r2 += 9;"
		  "r1 = hash ll;"
		  "call %[bpf_map_lookup_elem];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R3: stack access at -8 of 16 bytes is outside [-512, 0)")
NAKED(update_value_too_short)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r3 = r10;"
		  "r3 += -8;"
		  "r4 = 0;"
		  "r1 = hash ll;"
		  "call %[bpf_map_update_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_update_elem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(update)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  STORE(u64, r10, -16, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r3 = r10;"
		  "r3 += -16;"
		  "r4 = 0;"
		  "r1 = hash ll;"
		  "call %[bpf_map_update_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_update_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R4 is read before it is written")
NAKED(update_without_flags)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  STORE(u64, r10, -16, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r3 = r10;"
		  "r3 += -16;"
		  "r1 = hash ll;"
		  "call %[bpf_map_update_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_update_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R3 is ctx")
NAKED(update_value_is_ctx)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r3 = r1;"
		  "r2 = r10;"
		  "r2 += -8;"
		  "r4 = 0;"
		  "r1 = hash ll;"
		  "call %[bpf_map_update_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_update_elem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(update_value_is_a_pointer_on_the_stack)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "*(u64 *)(r10 -16) = r10;"
		  "r2 = r10;"
		  "r2 += -8;"
		  "r3 = r10;"
		  "r3 += -16;"
		  "r4 = 0;"
		  "r1 = hash ll;"
		  "call %[bpf_map_update_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_update_elem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(update_flags_are_a_pointer)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  STORE(u64, r10, -16, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r3 = r10;"
		  "r3 += -16;"
		  "r4 = r10;"
		  "r1 = hash ll;"
		  "call %[bpf_map_update_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_update_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("does not take maps")
NAKED(push_to_an_array)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r3 = 0;"
		  "r1 = array ll;"
		  "call %[bpf_map_push_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_push_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("does not take maps")
NAKED(pop_of_a_hash)
{
	ASM_CALLS("r2 = r10;"
		  "r2 += -16;"
		  "r1 = hash ll;"
		  "call %[bpf_map_pop_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_pop_elem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(peek_of_a_queue)
{
	ASM_CALLS("r2 = r10;"
		  "r2 += -8;"
		  "r1 = queue ll;"
		  "call %[bpf_map_peek_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_peek_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: stack access at -4 of 8 bytes is outside [-512, 0)")
NAKED(peek_too_little_room)
{
	ASM_CALLS("r2 = r10;"
		  "r2 += -4;"
		  "r1 = queue ll;"
		  "call %[bpf_map_peek_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_peek_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("does not take maps")
NAKED(lookup_in_a_queue)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = queue ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("does not take maps")
NAKED(lookup_in_a_prog_array)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = progs ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("does not take maps")
NAKED(update_of_a_map_of_maps)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r3 = r2;"
		  "r4 = 0;"
		  "r1 = outer ll;"
		  "call %[bpf_map_update_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_update_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("does not take maps")
NAKED(percpu_lookup_in_an_array)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r3 = 0;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_percpu_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_percpu_elem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(percpu_lookup)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r3 = 0;"
		  "r1 = percpu ll;"
		  "call %[bpf_map_lookup_percpu_elem];"
		  "if r0 == 0 goto out%=;"
		  "r1 = *(u64 *)(r0 +0);"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_percpu_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may be NULL")
NAKED(percpu_lookup_without_null_check)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r3 = 0;"
		  "r1 = percpu ll;"
		  "call %[bpf_map_lookup_percpu_elem];"
		  "r1 = *(u64 *)(r0 +0);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_percpu_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: stack access at 0 of 1 bytes is outside [-512, 0)")
NAKED(output_of_nothing_above_the_frame)
{
	ASM_CALLS("r2 = r10;"
		  "r3 = 0;"
		  "r4 = 0;"
		  "r1 = ring ll;"
		  "call %[bpf_ringbuf_output];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_output));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(output_of_nothing_on_the_stack)
{
	ASM_CALLS("r2 = r10;"
		  "r2 += -8;"
		  "r3 = 0;"
		  "r4 = 0;"
		  "r1 = ring ll;"
		  "call %[bpf_ringbuf_output];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_output));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: stack access at -8 of 9 bytes is outside [-512, 0)")
NAKED(output_of_too_much)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r3 = 9;"
		  "r4 = 0;"
		  "r1 = ring ll;"
		  "call %[bpf_ringbuf_output];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_output));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R3: the size may be negative (at least -2147483648)")
NAKED(output_of_a_size_that_may_be_negative)
{
	ASM_CALLS("r6 = *(u32 *)(r1 +0);"
		  RAW(0xbf, 6, 6, 32, 0)	/* r6 = (s32)r6 */
		  "if r6 s> 8 goto out%=;"
		  STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r3 = r6;"
		  "r4 = 0;"
		  "r1 = ring ll;"
		  "call %[bpf_ringbuf_output];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_output));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(output_of_a_bounded_size)
{
	ASM_CALLS("r6 = *(u32 *)(r1 +0);"
		  "if r6 > 8 goto out%=;"
		  STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r3 = r6;"
		  "r4 = 0;"
		  "r1 = ring ll;"
		  "call %[bpf_ringbuf_output];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_output));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("does not take maps")
NAKED(output_into_an_array)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r3 = 8;"
		  "r4 = 0;"
		  "r1 = array ll;"
		  "call %[bpf_ringbuf_output];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_output));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes")
NAKED(output_of_a_value_and_beyond)
{
	ASM_CALLS("r2 = global + 60 ll;"
		  "r3 = 8;"
		  "r4 = 0;"
		  "r1 = ring ll;"
		  "call %[bpf_ringbuf_output];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_output));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(output_of_the_end_of_a_value)
{
	ASM_CALLS("r2 = global + 56 ll;"
		  "r3 = 8;"
		  "r4 = 0;"
		  "r1 = ring ll;"
		  "call %[bpf_ringbuf_output];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_output));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(ring_query)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_query];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_query));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("does not take maps")
NAKED(ring_query_of_a_hash)
{
	ASM_CALLS("r1 = hash ll;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_query];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_query));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R0 is read before it is written")
NAKED(submit_gives_nothing_back)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 8;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "if r0 == 0 goto out%=;"
		  "r1 = r0;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_submit];"
		  "r1 = r0;"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_reserve), HELPER(bpf_ringbuf_submit));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected a ring buffer's record")
NAKED(submit_of_a_value)
{
	ASM_CALLS("r1 = global ll;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_submit];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_submit));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected a ring buffer's record")
NAKED(submit_of_the_cookie)
{
	ASM_CALLS("call bpf_session_cookie;"
		  "r1 = r0;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_submit];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_submit));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R6 is read before it is written")
NAKED(discard_after_submit)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 8;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "if r0 == 0 goto out%=;"
		  "r6 = r0;"
		  "r1 = r0;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_submit];"
		  "r1 = r6;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_discard];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_discard), HELPER(bpf_ringbuf_reserve), HELPER(bpf_ringbuf_submit));
}

char _license[] SEC("license") = "GPL";
