// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The stack: bounds, alignment, spills. */
#include "rules.h"

SEC("fsession/bpf_fentry_test2") __success __retval(0)
NAKED(store_and_load)
{
	ASM(STORE(u64, r10, -8, 5)
	    "r0 = *(u64 *)(r10 -8);"
	    "r0 -= 5;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside [-512, 0)")
NAKED(top_is_not_part_of_it)
{
	ASM(STORE(u64, r10, 0, 5)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside [-512, 0)")
NAKED(across_the_top)
{
	ASM(STORE(u64, r10, -4, 5)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success __retval(0)
NAKED(bottom)
{
	ASM(STORE(u64, r10, -512, 5)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside [-512, 0)")
NAKED(below_the_bottom)
{
	ASM(STORE(u64, r10, -520, 5)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside [-512, 0)")
NAKED(byte_below_the_bottom)
{
	ASM(STORE(u8, r10, -513, 5)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("misaligned")
NAKED(misaligned)
{
	ASM(STORE(u64, r10, -12, 5)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("misaligned")
NAKED(misaligned_load)
{
	ASM(STORE(u64, r10, -16, 5)
	    "r0 = *(u32 *)(r10 -14);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success __retval(0)
NAKED(offset_by_arithmetic)
{
	ASM("r2 = r10;"
	    "r2 += -16;"
	    STORE(u64, r2, 8, 7)
	    "r0 = *(u64 *)(r10 -8);"
	    "r0 -= 7;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside [-512, 0)")
NAKED(up_by_arithmetic)
{
	ASM("r2 = r10;"
	    "r2 += 8;"
	    STORE(u64, r2, 0, 7)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("subtraction from a stack pointer")
NAKED(subtraction_from_fp)
{
	ASM("r2 = r10;"
	    "r2 -= 8;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(spilled_ctx)
{
	ASM("*(u64 *)(r10 -8) = r1;"
	    "r2 = *(u64 *)(r10 -8);"
	    "r0 = *(u32 *)(r2 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not 8")
NAKED(spilled_pointer_in_four_bytes)
{
	ASM("*(u32 *)(r10 -8) = r1;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("memory cannot be accessed through it")
NAKED(half_of_a_spilled_pointer)
{
	ASM("*(u64 *)(r10 -8) = r1;"
	    "r2 = *(u32 *)(r10 -8);"
	    "r0 = *(u32 *)(r2 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("memory cannot be accessed through it")
NAKED(damaged_spilled_pointer)
{
	ASM("*(u64 *)(r10 -8) = r1;"
	    STORE(u8, r10, -8, 0)
	    "r2 = *(u64 *)(r10 -8);"
	    "r0 = *(u32 *)(r2 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("memory cannot be accessed through it")
NAKED(damaged_spilled_pointer_high_byte)
{
	ASM("*(u64 *)(r10 -8) = r1;"
	    STORE(u8, r10, -1, 0)
	    "r2 = *(u64 *)(r10 -8);"
	    "r0 = *(u32 *)(r2 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/target_void") __failure __msg("memory cannot be accessed through it")
NAKED(pointer_overwritten_at_variable_offset)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r6 &= 8;"
	    "*(u64 *)(r10 -8) = r1;"
	    "*(u64 *)(r10 -16) = r1;"
	    "r2 = r10;"
	    "r2 += -16;"
	    "r2 += r6;"
	    STORE(u64, r2, 0, 0)
	    "r3 = *(u64 *)(r10 -8);"
	    "r0 = *(u32 *)(r3 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(spilled_bound)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r6 &= 7;"
	    "*(u64 *)(r10 -8) = r6;"
	    "r7 = *(u64 *)(r10 -8);"
	    "r7 += -8;"
	    STORE(u64, r10, -16, 0)
	    "r2 = r10;"
	    "r2 += r7;"
	    "r0 = *(u8 *)(r2 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: a number without a lower bound is added to fp")
NAKED(spilled_bound_overwritten)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r7 = r6;"
	    "r6 &= 7;"
	    "*(u64 *)(r10 -8) = r6;"
	    "*(u32 *)(r10 -4) = r7;"
	    "r7 = *(u64 *)(r10 -8);"
	    "r2 = r10;"
	    "r2 += -8;"
	    "r2 += r7;"
	    "r0 = *(u8 *)(r2 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success __retval(0)
NAKED(spilled_word_is_zero_extended)
{
	ASM("r6 = -1;"
	    "*(u32 *)(r10 -8) = r6;"
	    "r0 = *(u32 *)(r10 -8);"
	    "r0 >>= 32;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success __linux_failure __retval(0)
NAKED(high_half_of_a_constant)
{
	ASM("r6 = 0x0000000500000009 ll;"
	    "*(u64 *)(r10 -8) = r6;"
	    "r0 = *(u32 *)(r10 -4);"
	    "r0 -= 5;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success __linux_failure __retval(0)
NAKED(byte_of_a_constant)
{
	ASM("r6 = 0x1234;"
	    "*(u64 *)(r10 -8) = r6;"
	    "r0 = *(u8 *)(r10 -7);"
	    "r0 -= 0x12;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success __retval(0)
NAKED(zero_bytes)
{
	ASM("r6 = 0;"
	    "*(u8 *)(r10 -5) = r6;"
	    "r0 = *(u8 *)(r10 -5);"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(variable_offset_in_bounds)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r6 &= 7;"
	    STORE(u64, r10, -8, 0)
	    "r2 = r10;"
	    "r2 += -8;"
	    "r2 += r6;"
	    "r0 = *(u8 *)(r2 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may be outside")
NAKED(variable_offset_one_too_far)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r6 &= 7;"
	    STORE(u64, r10, -8, 0)
	    "r2 = r10;"
	    "r2 += -7;"
	    "r2 += r6;"
	    "r0 = *(u8 *)(r2 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: a number without a lower bound is added to fp")
NAKED(variable_offset_unbounded)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r6 <<= 32;"
	    "r2 = r10;"
	    "r2 += r6;"
	    "r0 = *(u8 *)(r2 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(unwritten_stack_reads_as_a_number)
{
	ASM("r0 = *(u64 *)(r10 -8);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("should have been in [0, 0]")
NAKED(unwritten_stack_is_not_zero)
{
	ASM("r0 = *(u64 *)(r10 -8);"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success __retval(0)
NAKED(atomic_on_stack)
{
	ASM(STORE(u64, r10, -8, 1)
	    "r2 = 2;"
	    RAW(0xdb, 10, 2, -8, 0x1)	/* r2 = atomic64_fetch_add((u64 *)(r10 -8), r2) */
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("should have been in [0, 0]")
NAKED(atomic_forgets_the_value)
{
	ASM(STORE(u64, r10, -8, 0)
	    "r2 = 2;"
	    "lock *(u64 *)(r10 -8) += r2;"
	    "r0 = *(u64 *)(r10 -8);"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(atomic_on_a_spilled_pointer)
{
	ASM("*(u64 *)(r10 -8) = r1;"
	    "r2 = 2;"
	    "lock *(u64 *)(r10 -8) += r2;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(atomic_with_a_pointer)
{
	ASM(STORE(u64, r10, -8, 0)
	    "lock *(u64 *)(r10 -8) += r1;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(cmpxchg_gives_the_old_value)
{
	ASM(STORE(u64, r10, -8, 0)
	    "r0 = 0;"
	    "r2 = 2;"
	    RAW(0xdb, 10, 2, -8, 0xf1)	/* r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r2) */
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success __retval(0)
NAKED(load_acquire)
{
	ASM(STORE(u64, r10, -8, 0)
	    RAW(0xdb, 0, 10, -8, 0x100)	/* r0 = load_acquire((u64 *)(r10 -8)) */
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success __retval(0)
NAKED(store_release)
{
	ASM("r2 = 0;"
	    RAW(0xdb, 10, 2, -8, 0x110)	/* store_release((u64 *)(r10 -8), r2) */
	    "r0 = *(u64 *)(r10 -8);"
	    "exit;");
}

SUB(caller_stack_from_a_function_f)
{
	ASM(STORE(u64, r1, 0, 0)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success __retval(0)
NAKED(caller_stack_from_a_function)
{
	ASM("r1 = r10;"
	    "r1 += -8;"
	    "call caller_stack_from_a_function_f;"
	    "r0 = *(u64 *)(r10 -8);"
	    "exit;");
}

SUB(stack_of_a_function_that_ended_f)
{
	ASM(STORE(u64, r10, -8, 0)
	    "r0 = r10;"
	    "r0 += -8;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("stack of the function that ends")
NAKED(stack_of_a_function_that_ended)
{
	ASM("r1 = 0;"
	    "call stack_of_a_function_that_ended_f;"
	    "r0 = *(u64 *)(r0 +0);"
	    "r0 = 0;"
	    "exit;");
}

SUB(stack_left_in_the_caller_f)
{
	ASM("r2 = r10;"
	    "r2 += -8;"
	    "*(u64 *)(r1 +0) = r2;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("left in the stack of the caller")
NAKED(stack_left_in_the_caller)
{
	ASM("r1 = r10;"
	    "r1 += -8;"
	    "call stack_left_in_the_caller_f;"
	    "r2 = *(u64 *)(r10 -8);"
	    "r0 = *(u64 *)(r2 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("misaligned")
NAKED(stack_of_two_frames_too_large)
{
	ASM(STORE(u64, r10, -300, 1)
	    "r0 = 0;"
	    "exit;");
}

SUB(stacks_of_a_chain_too_large_f)
{
	ASM(STORE(u64, r10, -304, 1)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the stack of 2 calls") __linux_success
NAKED(stacks_of_a_chain_too_large)
{
	ASM(STORE(u64, r10, -304, 1)
	    "call stacks_of_a_chain_too_large_f;"
	    "r0 = 0;"
	    "exit;");
}

SUB(stacks_of_a_chain_f)
{
	ASM(STORE(u64, r10, -256, 1)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success __retval(0)
NAKED(stacks_of_a_chain)
{
	ASM(STORE(u64, r10, -256, 1)
	    "call stacks_of_a_chain_f;"
	    "r0 = 0;"
	    "exit;");
}

SUB(eight_frames_a)
{
	ASM("call eight_frames_b;"
	    "r0 = 0;"
	    "exit;");
}

SUB(eight_frames_b)
{
	ASM("call eight_frames_c;"
	    "r0 = 0;"
	    "exit;");
}

SUB(eight_frames_c)
{
	ASM("call eight_frames_d;"
	    "r0 = 0;"
	    "exit;");
}

SUB(eight_frames_d)
{
	ASM("call eight_frames_e;"
	    "r0 = 0;"
	    "exit;");
}

SUB(eight_frames_e)
{
	ASM("call eight_frames_f;"
	    "r0 = 0;"
	    "exit;");
}

SUB(eight_frames_f)
{
	ASM("call eight_frames_g;"
	    "r0 = 0;"
	    "exit;");
}

SUB(eight_frames_g)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success __retval(0)
NAKED(eight_frames)
{
	ASM("call eight_frames_a;"
	    "r0 = 0;"
	    "exit;");
}

SUB(nine_frames_a)
{
	ASM("call nine_frames_b;"
	    "r0 = 0;"
	    "exit;");
}

SUB(nine_frames_b)
{
	ASM("call nine_frames_c;"
	    "r0 = 0;"
	    "exit;");
}

SUB(nine_frames_c)
{
	ASM("call nine_frames_d;"
	    "r0 = 0;"
	    "exit;");
}

SUB(nine_frames_d)
{
	ASM("call nine_frames_e;"
	    "r0 = 0;"
	    "exit;");
}

SUB(nine_frames_e)
{
	ASM("call nine_frames_f;"
	    "r0 = 0;"
	    "exit;");
}

SUB(nine_frames_f)
{
	ASM("call nine_frames_g;"
	    "r0 = 0;"
	    "exit;");
}

SUB(nine_frames_g)
{
	ASM("call nine_frames_h;"
	    "r0 = 0;"
	    "exit;");
}

SUB(nine_frames_h)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("calls deep") __linux_success
NAKED(nine_frames)
{
	ASM("call nine_frames_a;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes") __flag(BPF_F_TEST_STATE_FREQ)
NAKED(fetch_add_result_is_no_new_value)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r7 = 100;"
	    "if r6 == 1 goto join%=;"
	    "r7 = 5;"
	    "join%=:"
	    "if r6 == 2 goto join2%=;"
	    "r8 = 1;"
	    "join2%=:"
	    "*(u64 *)(r10 -8) = r7;"
	    "r2 = 0;"
	    RAW(0xdb, 10, 2, -8, 0x1)	/* r2 = atomic64_fetch_add((u64 *)(r10 -8), r2) */
	    "r1 = global ll;"
	    "r1 += r2;"
	    "r0 = *(u8 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("memory cannot be accessed through it") __linux_success
NAKED(pointer_exchanged_on_the_stack)
{
	ASM("*(u64 *)(r10 -8) = r1;"
	    "r2 = r1;"
	    RAW(0xdb, 10, 2, -8, 0xe1)	/* r2 = atomic64_xchg((u64 *)(r10 -8), r2) */
	    "r0 = *(u32 *)(r2 +0);"
	    "r0 = 0;"
	    "exit;");
}

char _license[] SEC("license") = "GPL";
