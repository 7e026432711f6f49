// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Ranges: what jumps on 32 bits, on bits and between two numbers teach of a number. */
#include "rules.h"

/* 32 bits, of a number whose upper half is zero. */
SEC("socket") __success
NAKED(jgt_word)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 > 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jgt_word_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 > 64 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jge_word)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 >= 64 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jge_word_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 >= 65 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jlt_word)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 < 64 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jlt_word_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 < 65 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jle_word)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 <= 63 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jle_word_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 <= 64 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jeq_word)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 == 63 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jeq_word_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 == 64 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jne_word)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 != 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jne_word_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 != 64 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jsgt_word_both_ends)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 s< 0 goto out%=;"
	    "if w6 s> 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value with an unbounded offset")
NAKED(jsgt_word_one_end)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 s> 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jsge_word_both_ends)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 s< 0 goto out%=;"
	    "if w6 s>= 64 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value with an unbounded offset")
NAKED(jsge_word_one_end)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 s>= 64 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jslt_word_both_ends)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 s< 0 goto out%=;"
	    "if w6 s< 64 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value with an unbounded offset")
NAKED(jslt_word_one_end)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 s< 64 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jsle_word_both_ends)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 s< 0 goto out%=;"
	    "if w6 s<= 63 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value with an unbounded offset")
NAKED(jsle_word_one_end)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "if w6 s<= 63 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

/* 32 bits of a number whose upper half may be anything. */
SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(jgt_word_of_64_bits)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if w6 > 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(jge_word_of_64_bits)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if w6 >= 64 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(jlt_word_of_64_bits)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if w6 < 64 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(jle_word_of_64_bits)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if w6 <= 63 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number whose smallest value is -9223372036854775745 is added to map_value")
NAKED(jne_word_of_64_bits)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if w6 != 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number whose smallest value is -9223372036854775745 is added to map_value")
NAKED(jeq_word_of_64_bits)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if w6 == 63 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(word_bound_then_zero_extended)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if w6 > 63 goto out%=;"
	    "w6 = w6;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(word_bound_then_shifted_up_and_down)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if w6 > 63 goto out%=;"
	    "r6 <<= 32;"
	    "r6 >>= 32;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success __linux_failure
NAKED(word_bound_then_sign_extended)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if w6 > 63 goto out%=;"
	    RAW(0xbf, 6, 6, 32, 0)	/* r6 = (s32)r6 */
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number whose smallest value is -2147483648 is added to map_value")
NAKED(signed_word_bound_then_sign_extended)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if w6 s> 63 goto out%=;"
	    RAW(0xbf, 6, 6, 32, 0)	/* r6 = (s32)r6 */
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(upper_half_zero_then_word_bound)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = r6;"
	    "r8 >>= 32;"
	    "if r8 != 0 goto out%=;"
	    "if w6 > 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

/* Bits. */
SEC("socket") __success
NAKED(jset_upper_bits)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    IF_SET_K(r6, -64, out)
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 127 of 1 bytes is outside its 64 bytes")
NAKED(jset_upper_bits_one_too_few)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    IF_SET_K(r6, -128, out)
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(jset_lower_bits)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    IF_SET_K(r6, 63, out)
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success __linux_failure
NAKED(jset_sign_bit_and_bound)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s> 63 goto out%=;"
	    "r8 = 0x8000000000000000 ll;"
	    IF_SET(r6, r8, out)
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jset_word)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    IF_SET_KW(r6, -64, out)
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(jset_taken_teaches_little)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    IF_SET_K(r6, -64, in)
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jset_taken_single_bit_is_not_zero)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 64;"
	    IF_SET_K(r6, 64, in)
	    "goto out%=;"
	    "in%=:"
	    "r6 -= 1;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

/* Two numbers that are both unknown. */
SEC("socket") __success
NAKED(less_than_a_bounded_one)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "if r8 > 64 goto out%=;"
	    "if r6 >= r8 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(less_than_one_bounded_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "if r8 > 65 goto out%=;"
	    "if r6 >= r8 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(less_or_equal_a_bounded_one)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "if r8 > 64 goto out%=;"
	    "if r6 > r8 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(equal_to_a_bounded_one)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "if r8 > 63 goto out%=;"
	    "if r6 != r8 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(bounded_after_it_was_compared)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "if r6 >= r8 goto out%=;"
	    "if r8 > 64 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(bounded_after_it_was_found_equal)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "if r6 != r8 goto out%=;"
	    "if r8 > 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(signed_less_than_a_bounded_one)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "if r8 s> 64 goto out%=;"
	    "if r6 s>= r8 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(signed_between)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "if r8 s> 64 goto out%=;"
	    "if r6 s>= r8 goto out%=;"
	    "if r6 s< 0 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

/* Equal ones learn together; what is changed is equal no more. */
SEC("socket") __success
NAKED(a_copy_learns)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = r6;"
	    "if r8 > 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(a_copy_of_a_copy_learns)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = r6;"
	    "r9 = r8;"
	    "if r9 > 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(a_copy_that_was_changed)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = r6;"
	    "r8 &= 255;"
	    "if r8 > 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(the_original_was_changed)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = r6;"
	    "r6 <<= 1;"
	    "if r8 > 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(a_copy_moved_by_a_constant_learns)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "r8 = r6;"
	    "r8 += 10;"
	    "if r8 > 73 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(a_copy_moved_by_a_constant_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "r8 = r6;"
	    "r8 += 10;"
	    "if r8 > 74 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(a_copy_of_32_bits_learns_nothing)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "w8 = w6;"
	    "if w8 > 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(a_copy_of_32_bits_of_a_word)
{
	ASM("r7 = global ll;"
	    "r6 = *(u32 *)(r7 +0);"
	    "w8 = w6;"
	    "if w8 > 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(a_spilled_copy_learns)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "*(u64 *)(r10 -8) = r6;"
	    "if r6 > 63 goto out%=;"
	    "r6 = *(u64 *)(r10 -8);"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(a_spilled_copy_that_was_overwritten)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "*(u64 *)(r10 -8) = r6;"
	    "*(u64 *)(r10 -8) = r8;"
	    "if r6 > 63 goto out%=;"
	    "r6 = *(u64 *)(r10 -8);"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(a_register_learns_of_what_was_spilled)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "*(u64 *)(r10 -8) = r6;"
	    "r8 = *(u64 *)(r10 -8);"
	    "if r8 > 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

char _license[] SEC("license") = "GPL";
