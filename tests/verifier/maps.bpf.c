// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Maps and helpers: NULL checks, bounds, arguments, references. */
#include "rules.h"

SEC("fsession/bpf_fentry_test2") __failure __msg("it may be NULL")
NAKED(lookup_without_null_check)
{
	ASM_CALLS("r2 = *(u32 *)(r1 +0);"
		  "*(u32 *)(r10 -4) = r2;"
		  "r2 = r10;"
		  "r2 += -4;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = *(u64 *)(r0 +0);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

/* Such an element is always there. */
SEC("fsession/bpf_fentry_test2") __success
NAKED(lookup_of_a_constant_key)
{
	ASM_CALLS(STORE(u32, r10, -4, 0)
		  "r2 = r10;"
		  "r2 += -4;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = *(u64 *)(r0 +40);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(lookup_of_the_last_key)
{
	ASM_CALLS(STORE(u32, r10, -8, 3)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = *(u64 *)(r0 +40);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("it may be NULL")
NAKED(lookup_of_a_constant_key_beyond)
{
	ASM_CALLS(STORE(u32, r10, -8, 4)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = *(u64 *)(r0 +40);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("it may be NULL")
NAKED(lookup_of_a_negative_key)
{
	ASM_CALLS(STORE(u32, r10, -8, -1)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = *(u64 *)(r0 +40);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("it may be NULL")
NAKED(lookup_of_a_constant_key_of_a_hash)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = hash ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = *(u64 *)(r0 +0);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(lookup_of_a_constant_key_per_cpu)
{
	ASM_CALLS(STORE(u32, r10, -8, 2)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = percpu ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = *(u64 *)(r0 +0);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

/* Only one of the two keys is known to be there. */
SEC("fsession/bpf_fentry_test2") __failure __msg("it may be NULL")
NAKED(lookup_of_one_of_two_keys)
{
	ASM_CALLS(STORE(u32, r10, -8, 1)
		  "r6 = *(u32 *)(r1 +0);"
		  "if r6 == 0 goto known%=;"
		  STORE(u32, r10, -8, 9)
		  "known%=:"
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = *(u64 *)(r0 +0);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

/* The first path proves it with 1; a second comes by with 9, which must not be taken for it. */
SEC("fsession/bpf_fentry_test2") __failure __msg("it may be NULL")
NAKED(lookup_of_a_key_that_counts)
{
	ASM_CALLS("r6 = *(u32 *)(r1 +0);"
		  "r7 = 9;"
		  "if r6 == 0 goto on%=;"
		  "r7 = 1;"
		  "on%=:"
		  "*(u32 *)(r10 -8) = r7;"
		  "r7 = 0;"
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = *(u64 *)(r0 +0);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(lookup_with_null_check)
{
	ASM_CALLS(STORE(u32, r10, -4, 0)
		  "r2 = r10;"
		  "r2 += -4;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "if r0 == 0 goto out%=;"
		  "r1 = *(u64 *)(r0 +40);"
		  "r0 = 0;"
		  "out%=:"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("is NULL here")
NAKED(null_check_the_wrong_way)
{
	ASM_CALLS("r2 = *(u32 *)(r1 +0);"
		  "*(u32 *)(r10 -4) = r2;"
		  "r2 = r10;"
		  "r2 += -4;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "if r0 != 0 goto out%=;"
		  "r0 = *(u64 *)(r0 +0);"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(null_check_of_a_copy)
{
	ASM_CALLS(STORE(u32, r10, -4, 0)
		  "r2 = r10;"
		  "r2 += -4;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r6 = r0;"
		  "*(u64 *)(r10 -16) = r0;"
		  "if r0 == 0 goto out%=;"
		  "r1 = *(u64 *)(r6 +0);"
		  "r6 = *(u64 *)(r10 -16);"
		  STORE(u64, r6, 0, 1)
		  "r0 = 0;"
		  "out%=:"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("it may be NULL")
NAKED(null_check_of_another_lookup)
{
	ASM_CALLS("r2 = *(u32 *)(r1 +0);"
		  "*(u32 *)(r10 -4) = r2;"
		  "r2 = r10;"
		  "r2 += -4;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r6 = r0;"
		  "r2 = r10;"
		  "r2 += -4;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "if r0 == 0 goto out%=;"
		  "r1 = *(u64 *)(r6 +0);"
		  "r0 = 0;"
		  "out%=:"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may be NULL")
NAKED(arithmetic_before_null_check)
{
	ASM_CALLS("r2 = *(u32 *)(r1 +0);"
		  "*(u32 *)(r10 -4) = r2;"
		  "r2 = r10;"
		  "r2 += -4;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 += 8;"
		  "if r0 == 0 goto out%=;"
		  "r1 = *(u64 *)(r0 +0);"
		  "r0 = 0;"
		  "out%=:"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(value_end)
{
	ASM("r1 = global ll;"
	    "r0 = *(u64 *)(r1 +56);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes")
NAKED(value_past_the_end)
{
	ASM("r1 = global ll;"
	    "r0 = *(u64 *)(r1 +57);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("before its start")
NAKED(value_before_the_start)
{
	ASM("r1 = global + 8 ll;"
	    "r0 = *(u64 *)(r1 -16);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes")
NAKED(value_offset_of_ldimm64)
{
	ASM("r1 = global + 60 ll;"
	    "r0 = *(u64 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("is outside the map's value")
NAKED(value_offset_outside)
{
	ASM("r1 = global + 64 ll;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(value_variable_index)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r6 &= 63;"
	    "r1 = global ll;"
	    "r1 += r6;"
	    "r0 = *(u8 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes")
NAKED(value_variable_index_off_by_one)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "if r6 > 64 goto out%=;"
	    "r1 = global ll;"
	    "r1 += r6;"
	    "r0 = *(u8 *)(r1 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("smallest value is")
NAKED(value_index_signed_check_only)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r6 <<= 32;"
	    "r6 s>>= 32;"
	    "if r6 s> 63 goto out%=;"
	    "r1 = global ll;"
	    "r1 += r6;"
	    "r0 = *(u8 *)(r1 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(value_index_signed_check_both)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r6 <<= 32;"
	    "r6 s>>= 32;"
	    "if r6 s> 63 goto out%=;"
	    "if r6 s< 0 goto out%=;"
	    "r1 = global ll;"
	    "r1 += r6;"
	    "r0 = *(u8 *)(r1 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: access to map_value with an unbounded offset")
NAKED(value_index_unchecked)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r1 = global ll;"
	    "r1 += r6;"
	    "r0 = *(u8 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: a number without a lower bound is added to map_value")
NAKED(value_index_checked_in_32_bits_only)
{
	ASM("r6 = *(u64 *)(r1 +8);"
	    "r6 = *(u64 *)(r1 +0);"
	    "if w6 > 63 goto out%=;"
	    "r1 = global ll;"
	    "r1 += r6;"
	    "r0 = *(u8 *)(r1 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(value_index_checked_in_32_bits_and_moved)
{
	ASM("r6 = *(u64 *)(r1 +0);"
	    "if w6 > 63 goto out%=;"
	    "w6 = w6;"
	    "r1 = global ll;"
	    "r1 += r6;"
	    "r0 = *(u8 *)(r1 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(value_index_checked_on_a_copy)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r7 = r6;"
	    "if r7 > 63 goto out%=;"
	    "r1 = global ll;"
	    "r1 += r6;"
	    "r0 = *(u8 *)(r1 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(value_index_checked_after_an_addition)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r7 = r6;"
	    "r7 += 8;"
	    "if r7 > 63 goto out%=;"
	    "r1 = global ll;"
	    "r1 += r6;"
	    "r0 = *(u8 *)(r1 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: access to map_value with an unbounded offset")
NAKED(value_multiplied_index_overflows)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r7 = *(u32 *)(r1 +0);"
	    "r6 *= r7;"
	    "w6 = w6;"
	    "if r7 > 8 goto out%=;"
	    "r1 = global ll;"
	    "r1 += r6;"
	    "r0 = *(u8 *)(r1 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("is added to")
NAKED(value_huge_offset)
{
	ASM("r1 = global ll;"
	    "r2 = 0x7fffffffffffffff ll;"
	    "r1 += r2;"
	    "r0 = *(u8 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no such arithmetic")
NAKED(value_pointer_times_two)
{
	ASM("r1 = global ll;"
	    "r1 *= 2;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no such arithmetic")
NAKED(value_pointer_and_mask)
{
	ASM("r1 = global ll;"
	    "r1 &= -8;"
	    "r0 = *(u64 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("arithmetic on pointers")
NAKED(value_pointer_32_bit_addition)
{
	ASM("r1 = global ll;"
	    "w1 += 8;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("memory cannot be accessed")
NAKED(value_pointer_truncated)
{
	ASM("r1 = global ll;"
	    "w1 = w1;"
	    "r0 = *(u64 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(value_pointer_negated)
{
	ASM("r1 = global ll;"
	    "r1 = -r1;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(difference_of_pointers)
{
	ASM("r1 = global ll;"
	    "r2 = global + 8 ll;"
	    "r2 -= r1;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("subtracted from a number")
NAKED(number_minus_pointer)
{
	ASM("r1 = global ll;"
	    "r2 = 8;"
	    "r2 -= r1;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("arithmetic on pointers")
NAKED(sum_of_pointers)
{
	ASM("r1 = global ll;"
	    "r2 = global + 8 ll;"
	    "r2 += r1;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("arithmetic on map_ptr")
NAKED(map_pointer_arithmetic)
{
	ASM("r1 = array ll;"
	    "r1 += 8;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("memory cannot be accessed") __linux_success
NAKED(map_pointer_load)
{
	ASM("r1 = array ll;"
	    "r0 = *(u64 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(constant_map)
{
	ASM("r1 = fixed ll;"
	    "r0 = *(u8 *)(r1 +0);"
	    "r0 -= 0x68;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may not write")
NAKED(constant_map_write)
{
	ASM("r1 = fixed ll;"
	    STORE(u8, r1, 0, 1)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: stack access at -4 of 8 bytes is outside [-512, 0)")
NAKED(key_on_stack_too_short)
{
	ASM_CALLS("r2 = r10;"
		  "r2 += -4;"
		  "r1 = hash ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected memory")
NAKED(key_is_a_number)
{
	ASM_CALLS("r2 = 0;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(key_in_a_map)
{
	ASM_CALLS("r2 = global + 60 ll;"
		  "r1 = array ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes")
NAKED(key_in_a_map_past_its_end)
{
	ASM_CALLS("r2 = global + 60 ll;"
		  "r1 = hash ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected a map")
NAKED(no_map)
{
	ASM_CALLS("r2 = r10;"
		  "r2 += -8;"
		  "r1 = 0;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("does not take maps")
NAKED(lookup_in_a_ring_buffer)
{
	ASM_CALLS("r2 = r10;"
		  "r2 += -8;"
		  "r1 = ring ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("does not take maps")
NAKED(tail_call_with_an_array)
{
	ASM_CALLS("r2 = array ll;"
		  "r3 = 0;"
		  "call %[bpf_tail_call];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_tail_call));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(tail_call)
{
	ASM_CALLS("r2 = progs ll;"
		  "r3 = 0;"
		  "call %[bpf_tail_call];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_tail_call));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(inner_map)
{
	ASM_CALLS(STORE(u32, r10, -4, 0)
		  "r2 = r10;"
		  "r2 += -4;"
		  "r1 = outer ll;"
		  "call %[bpf_map_lookup_elem];"
		  "if r0 == 0 goto out%=;"
		  "r1 = r0;"
		  "r2 = r10;"
		  "r2 += -4;"
		  "call %[bpf_map_lookup_elem];"
		  "if r0 == 0 goto out%=;"
		  "r1 = *(u64 *)(r0 +8);"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected a map")
NAKED(inner_map_without_null_check)
{
	ASM_CALLS(STORE(u32, r10, -4, 0)
		  "r2 = r10;"
		  "r2 += -4;"
		  "r1 = outer ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r1 = r0;"
		  "r2 = r10;"
		  "r2 += -4;"
		  "call %[bpf_map_lookup_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(queue_)
{
	ASM_CALLS("r2 = r10;"
		  "r2 += -8;"
		  STORE(u64, r10, -8, 1)
		  "r1 = queue ll;"
		  "r3 = 0;"
		  "call %[bpf_map_push_elem];"
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = queue ll;"
		  "call %[bpf_map_pop_elem];"
		  "r0 = *(u64 *)(r10 -8);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_pop_elem), HELPER(bpf_map_push_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("should have been in [0, 0]")
NAKED(popped_value_is_unknown)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = queue ll;"
		  "call %[bpf_map_pop_elem];"
		  "r0 = *(u64 *)(r10 -8);"
		  "exit;",
		  HELPER(bpf_map_pop_elem));
}

/* -- Maps of programs that may sleep --- */

#define KIND(name, kind, key, value, ...)                                                                              \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_##kind);                                                                     \
		__uint(max_entries, 4096);                                                                             \
		__uint(key_size, key);                                                                                 \
		__uint(value_size, value);                                                                             \
		__VA_ARGS__                                                                                            \
	} name SEC(".maps")

KIND(bloom, BLOOM_FILTER, 0, 8, );
KIND(stacks, STACK_TRACE, 4, 80, );
KIND(events, PERF_EVENT_ARRAY, 4, 4, );
KIND(prefixes, LPM_TRIE, 8, 8, __uint(map_flags, BPF_F_NO_PREALLOC););
KIND(recent, LRU_PERCPU_HASH, 8, 8, );
KIND(user_ring, USER_RINGBUF, 0, 0, );
KIND(sleepers, PROG_ARRAY, 4, 4, );	/* .progs belongs to programs of another kind */

#define NAMES(name, map) NAKED(name) { ASM("r1 = " #map " ll; r0 = 0; exit;"); }
#define SLEEPS(name, map) SEC("syscall") __success NAMES(name, map)
#define MAY_NOT_SLEEP(name, map)                                                                                       \
	SEC("syscall") __failure __msg("sleepable programs may not use maps of type") NAMES(name, map)

MAY_NOT_SLEEP(sleeps_with_a_bloom_filter, bloom)
MAY_NOT_SLEEP(sleeps_with_stacks, stacks)
MAY_NOT_SLEEP(sleeps_with_events, events)
SLEEPS(sleeps_with_prefixes, prefixes)
SLEEPS(sleeps_with_a_hash_of_each_cpu, recent)
SLEEPS(sleeps_with_a_users_ring, user_ring)
SLEEPS(sleeps_with_programs, sleepers)
SLEEPS(sleeps_with_maps, outer)
SLEEPS(sleeps_with_a_queue, queue)

SEC("fsession.s/bpf_fentry_test1") __failure __msg("sleepable programs may not use maps of type")
NAMES(session_sleeps_with_a_bloom_filter, bloom)

SEC("fsession/bpf_fentry_test1") __success
NAMES(session_with_a_bloom_filter, bloom)

char _license[] SEC("license") = "GPL";
