// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Pruning must not hide what another path does. */
#include "rules.h"

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes")
NAKED(imprecise_then_used)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r7 = 5;"
	    "if r6 == 1 goto join%=;"
	    "r7 = 100;"
	    "join%=:"
	    "r8 = 0;"
	    "r8 += 1;"
	    "r8 += 1;"
	    "r8 += 1;"
	    "if r6 == 2 goto join2%=;"
	    "r8 += 1;"
	    "join2%=:"
	    "r1 = global ll;"
	    "r1 += r7;"
	    "r0 = *(u8 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes") __flag(BPF_F_TEST_STATE_FREQ)
NAKED(imprecise_then_used_freq)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r7 = 100;"
	    "if r6 == 1 goto join%=;"
	    "r7 = 5;"
	    "join%=:"
	    "if r6 == 2 goto join2%=;"
	    "r8 = 1;"
	    "join2%=:"
	    "r1 = global ll;"
	    "r1 += r7;"
	    "r0 = *(u8 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes") __flag(BPF_F_TEST_STATE_FREQ)
NAKED(spilled_then_used)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    STORE(u64, r10, -8, 100)
	    "if r6 == 1 goto join%=;"
	    STORE(u64, r10, -8, 5)
	    "join%=:"
	    "if r6 == 2 goto join2%=;"
	    "r8 = 1;"
	    "join2%=:"
	    "r7 = *(u64 *)(r10 -8);"
	    "r1 = global ll;"
	    "r1 += r7;"
	    "r0 = *(u8 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SUB(through_a_function_f)
{
	ASM("r0 = r1;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes") __flag(BPF_F_TEST_STATE_FREQ)
NAKED(through_a_function)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r1 = 100;"
	    "if r6 == 1 goto join%=;"
	    "r1 = 5;"
	    "join%=:"
	    "if r6 == 2 goto join2%=;"
	    "r8 = 1;"
	    "join2%=:"
	    "call through_a_function_f;"
	    "r1 = global ll;"
	    "r1 += r0;"
	    "r0 = *(u8 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SUB(function_stores_for_its_caller_f)
{
	ASM("*(u64 *)(r1 +0) = r2;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes") __flag(BPF_F_TEST_STATE_FREQ)
NAKED(function_stores_for_its_caller)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r2 = 100;"
	    "if r6 == 1 goto join%=;"
	    "r2 = 5;"
	    "join%=:"
	    "if r6 == 2 goto join2%=;"
	    "r8 = 1;"
	    "join2%=:"
	    "r1 = r10;"
	    "r1 += -8;"
	    "call function_stores_for_its_caller_f;"
	    "r7 = *(u64 *)(r10 -8);"
	    "r1 = global ll;"
	    "r1 += r7;"
	    "r0 = *(u8 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: access to map_value with an unbounded offset") __flag(BPF_F_TEST_STATE_FREQ)
NAKED(linked_by_a_copy)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r7 = *(u32 *)(r1 +0);"
	    "if r6 == 1 goto differ%=;"
	    "r8 = r7;"
	    "goto join%=;"
	    "differ%=:"
	    "r8 = *(u32 *)(r1 +0);"
	    "join%=:"
	    "if r7 > 63 goto out%=;"
	    "r1 = global ll;"
	    "r1 += r8;"
	    "r0 = *(u8 *)(r1 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes") __flag(BPF_F_TEST_STATE_FREQ)
NAKED(bound_by_another_register)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r7 = *(u32 *)(r1 +0);"
	    "r8 = 100;"
	    "if r6 == 1 goto join%=;"
	    "r8 = 60;"
	    "join%=:"
	    "if r7 > r8 goto out%=;"
	    "r1 = global ll;"
	    "r1 += r7;"
	    "r0 = *(u8 *)(r1 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes") __flag(BPF_F_TEST_STATE_FREQ)
NAKED(zero_bytes_then_used)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r7 = 100;"
	    "if r6 == 1 goto join%=;"
	    "r7 = 0;"
	    "join%=:"
	    "if r6 == 2 goto join2%=;"
	    "r8 = 1;"
	    "join2%=:"
	    "*(u8 *)(r10 -5) = r7;"
	    "r7 = *(u8 *)(r10 -5);"
	    "r1 = global ll;"
	    "r1 += r7;"
	    "r0 = *(u8 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("memory cannot be accessed") __flag(BPF_F_TEST_STATE_FREQ)
NAKED(pointer_or_number)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r7 = 5;"
	    "if r6 == 1 goto join%=;"
	    "r7 = global ll;"
	    "join%=:"
	    "if r6 == 2 goto join2%=;"
	    "r8 = 1;"
	    "join2%=:"
	    "r0 = *(u8 *)(r7 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/target_void") __failure __msg("one instruction accesses")
NAKED(two_pointers_of_one_instruction)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r7 = *(u64 *)(r1 +8);"
	    "if r6 == 1 goto join%=;"
	    "r7 = r10;"
	    "r7 += -8;"
	    "join%=:"
	    "r0 = *(u64 *)(r7 +0);"
	    "r0 = 0;"
	    "exit;");
}

/* Both of two copies are bounded by one comparison on the first path; on the second they are no copies. */
SEC("socket") __failure __msg("R1: a number without a lower bound is added to map_value") __flag(BPF_F_TEST_STATE_FREQ)
NAKED(copies_on_one_path_only)
{
	ASM_CALLS("call %[bpf_get_prandom_u32];"
		  "r6 = r0;"
		  "r7 = r0;"
		  "if r0 > 100 goto join%=;"
		  "call %[bpf_get_prandom_u32];"
		  "r7 = r0;"
		  "join%=:"
		  "if r6 > 7 goto out%=;"
		  "r1 = global ll;"
		  "r1 += r7;"
		  "r0 = *(u8 *)(r1 +0);"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_prandom_u32));
}

/* NULL of one is NULL of the other only where both came from one call. */
SEC("socket") __failure __msg("it may be NULL") __flag(BPF_F_TEST_STATE_FREQ)
NAKED(same_null_on_one_path_only)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = hash ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r6 = r0;"
		  "r7 = r0;"
		  "call %[bpf_get_prandom_u32];"
		  "if r0 > 100 goto join%=;"
		  "r2 = r10;"
		  "r2 += -8;"
		  "r1 = hash ll;"
		  "call %[bpf_map_lookup_elem];"
		  "r7 = r0;"
		  "join%=:"
		  "if r6 == 0 goto out%=;"
		  "r0 = *(u8 *)(r7 +0);"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_map_lookup_elem), HELPER(bpf_get_prandom_u32));
}

SEC("socket") __failure __msg("R7 is read before it is written") __flag(BPF_F_TEST_STATE_FREQ)
NAKED(written_on_one_path_only)
{
	ASM_CALLS("call %[bpf_get_prandom_u32];"
		  "if r0 > 100 goto join%=;"
		  "r7 = 1;"
		  "join%=:"
		  "r0 = r7;"
		  "exit;",
		  HELPER(bpf_get_prandom_u32));
}

SEC("socket") __failure __msg("memory cannot be accessed through it") __flag(BPF_F_TEST_STATE_FREQ)
NAKED(spilled_pointer_on_one_path_only)
{
	ASM_CALLS("r6 = global ll;"
		  "*(u64 *)(r10 -8) = r6;"
		  "call %[bpf_get_prandom_u32];"
		  "if r0 > 100 goto join%=;"
		  "*(u64 *)(r10 -8) = r0;"
		  "join%=:"
		  "r1 = *(u64 *)(r10 -8);"
		  "r0 = *(u8 *)(r1 +0);"
		  "exit;",
		  HELPER(bpf_get_prandom_u32));
}

/* Half of the slot is written over on the second path. */
SEC("socket") __failure __msg("R1: a number without a lower bound is added to map_value") __flag(BPF_F_TEST_STATE_FREQ)
NAKED(half_of_a_spilled_bound_is_written_over)
{
	ASM_CALLS(STORE(u64, r10, -8, 5)
		  "call %[bpf_get_prandom_u32];"
		  "if r0 > 100 goto join%=;"
		  "*(u32 *)(r10 -8) = r0;"
		  "join%=:"
		  "r2 = *(u64 *)(r10 -8);"
		  "r1 = global ll;"
		  "r1 += r2;"
		  "r0 = *(u8 *)(r1 +0);"
		  "exit;",
		  HELPER(bpf_get_prandom_u32));
}

/* What is precise lies in the frame of the caller when the paths meet in a function. */
SUB(joins_in_a_function)
{
	ASM_CALLS("*(u64 *)(r1 +0) = r2;"
		  "call %[bpf_get_prandom_u32];"
		  "if r0 > 100 goto join%=;"
		  "r0 = 0;"
		  "join%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_prandom_u32));
}

SEC("socket") __failure __msg("outside its 64 bytes") __flag(BPF_F_TEST_STATE_FREQ)
NAKED(bound_stored_by_a_function_differs)
{
	ASM_CALLS("call %[bpf_get_prandom_u32];"
		  "r6 = 1;"
		  "if r0 > 100 goto join%=;"
		  "r6 = 64;"
		  "join%=:"
		  "r1 = r10;"
		  "r1 += -8;"
		  "r2 = r6;"
		  "call joins_in_a_function;"
		  "r2 = *(u64 *)(r10 -8);"
		  "r1 = global ll;"
		  "r1 += r2;"
		  "r0 = *(u8 *)(r1 +0);"
		  "exit;",
		  HELPER(bpf_get_prandom_u32));
}

/* The number that counts goes through each kind of arithmetic on its way. */
#define THROUGH(name, op, small, large)                                                                                \
	SEC("socket") __failure __msg("map_value") __flag(BPF_F_TEST_STATE_FREQ) NAKED(name)                           \
	{                                                                                                              \
		ASM_CALLS("call %[bpf_get_prandom_u32];"                                                               \
			  "r6 = " #small ";"                                                                           \
			  "if r0 > 100 goto " #name "_join;"                                                           \
			  "r6 = " #large ";" #name "_join:"                                                            \
			  "r0 = 0;" op                                                                                 \
			  "r1 = global ll;"                                                                            \
			  "r1 += r6;"                                                                                  \
			  "r0 = *(u8 *)(r1 +0);"                                                                       \
			  "exit;",                                                                                     \
			  HELPER(bpf_get_prandom_u32));                                                                \
	}

THROUGH(precise_through_a_sum, "r6 += 60;", 1, 4)
THROUGH(precise_through_a_difference, "r7 = 70; r7 -= r6; r6 = r7;", 20, 6)
THROUGH(precise_through_a_product, "r6 *= 16;", 1, 4)
THROUGH(precise_through_a_negation, "r6 = -r6;", -3, -64)
THROUGH(precise_through_a_shift, "r6 <<= 5;", 1, 2)
THROUGH(precise_through_a_right_shift, "r6 >>= 1;", 2, 128)
THROUGH(precise_through_an_or, "r6 |= 32;", 1, 64)
THROUGH(precise_through_an_and, "r6 &= 64;", 1, 64)
THROUGH(precise_through_an_xor, "r6 ^= 64;", 64, 0)
THROUGH(precise_through_a_swap, "r6 = be16 r6;", 256, 16384)
THROUGH(precise_through_a_word, "w6 = w6;", 1, 64)
THROUGH(precise_through_a_copy_and_back, "r7 = r6; r6 = 0; r6 = r7;", 1, 64)
THROUGH(precise_through_the_stack, "*(u64 *)(r10 -16) = r6; r6 = 0; r6 = *(u64 *)(r10 -16);", 1, 64)
THROUGH(precise_through_a_byte_of_the_stack, "*(u8 *)(r10 -16) = r6; r6 = 0; r6 = *(u8 *)(r10 -16);", 1, 64)
THROUGH(precise_through_a_division, "r6 /= 2;", 2, 128)
THROUGH(precise_through_a_remainder, MOD_K(r6, 100), 101, 64)
THROUGH(precise_through_an_arithmetic_shift, "r6 s>>= 1;", 2, 128)
THROUGH(precise_through_a_sign_extension, RAW(0xbf, 6, 6, 8, 0), 257, 64)

char _license[] SEC("license") = "GPL";
