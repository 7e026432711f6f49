// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Ranges: what arithmetic makes of them. */
#include "rules.h"

/* What arithmetic makes of a range: the last byte, and one too far. */
SEC("socket") __success
NAKED(and_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 63;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(and_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 64;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(and_register_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 63;"
	    "r6 &= r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 127 of 1 bytes is outside its 64 bytes")
NAKED(and_register_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 127;"
	    "r6 &= r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(and_with_a_bounded_one_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "r8 &= 63;"
	    "r6 &= r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 127 of 1 bytes is outside its 64 bytes")
NAKED(and_with_a_bounded_one_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "r8 &= 127;"
	    "r6 &= r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(and_word_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "w6 &= 63;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 127 of 1 bytes is outside its 64 bytes")
NAKED(and_word_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "w6 &= 127;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(remainder_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    MOD_K(r6, 64)
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(remainder_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    MOD_K(r6, 65)
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(remainder_word_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    MOD_KW(r6, 64)
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(remainder_word_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    MOD_KW(r6, 65)
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(remainder_of_a_register_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 64;"
	    MOD(r6, r8)
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(remainder_of_a_register_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 65;"
	    MOD(r6, r8)
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(right_shift_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 >>= 58;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 127 of 1 bytes is outside its 64 bytes")
NAKED(right_shift_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 >>= 57;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(right_shift_word_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "w6 >>= 26;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 127 of 1 bytes is outside its 64 bytes")
NAKED(right_shift_word_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "w6 >>= 25;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(division_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 4095;"
	    "r6 /= 64;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 65 of 1 bytes is outside its 64 bytes")
NAKED(division_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 4095;"
	    "r6 /= 63;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(division_word_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "w6 &= 4095;"
	    "w6 /= 64;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 65 of 1 bytes is outside its 64 bytes")
NAKED(division_word_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "w6 &= 4095;"
	    "w6 /= 63;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(multiplication_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 7;"
	    "r6 *= 9;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 70 of 1 bytes is outside its 64 bytes")
NAKED(multiplication_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 7;"
	    "r6 *= 10;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(multiplication_word_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "w6 &= 7;"
	    "w6 *= 9;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 70 of 1 bytes is outside its 64 bytes")
NAKED(multiplication_word_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "w6 &= 7;"
	    "w6 *= 10;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(left_shift_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 7;"
	    "r6 <<= 3;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 120 of 1 bytes is outside its 64 bytes")
NAKED(left_shift_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 15;"
	    "r6 <<= 3;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(left_shift_word_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "w6 &= 7;"
	    "w6 <<= 3;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 120 of 1 bytes is outside its 64 bytes")
NAKED(left_shift_word_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "w6 &= 15;"
	    "w6 <<= 3;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(addition_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 31;"
	    "r6 += 32;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(addition_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 31;"
	    "r6 += 33;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(addition_of_two_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "r6 &= 31;"
	    "r8 &= 31;"
	    "r6 += r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 94 of 1 bytes is outside its 64 bytes")
NAKED(addition_of_two_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "r6 &= 31;"
	    "r8 &= 63;"
	    "r6 += r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(subtraction_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 63;"
	    "r6 += 8;"
	    "r6 -= 8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value begins at -1, before its start")
NAKED(subtraction_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 63;"
	    "r6 -= 1;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(subtraction_from_a_constant_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 63;"
	    "r8 = 63;"
	    "r8 -= r6;"
	    "r6 = r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value begins at -1, before its start")
NAKED(subtraction_from_a_constant_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 63;"
	    "r8 = 62;"
	    "r8 -= r6;"
	    "r6 = r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(or_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 31;"
	    "r6 |= 32;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 95 of 1 bytes is outside its 64 bytes")
NAKED(or_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 31;"
	    "r6 |= 64;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(or_of_two_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "r6 &= 48;"
	    "r8 &= 15;"
	    "r6 |= r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 112 of 1 bytes is outside its 64 bytes")
NAKED(or_of_two_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "r6 &= 48;"
	    "r8 &= 64;"
	    "r6 |= r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(xor_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 63;"
	    "r6 ^= 21;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 127 of 1 bytes is outside its 64 bytes")
NAKED(xor_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 63;"
	    "r6 ^= 64;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(xor_of_two_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "r6 &= 63;"
	    "r8 &= 63;"
	    "r6 ^= r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 127 of 1 bytes is outside its 64 bytes")
NAKED(xor_of_two_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "r6 &= 63;"
	    "r8 &= 127;"
	    "r6 ^= r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(arithmetic_right_shift_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 4095;"
	    "r6 s>>= 6;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 127 of 1 bytes is outside its 64 bytes")
NAKED(arithmetic_right_shift_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 4095;"
	    "r6 s>>= 5;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(negation_twice_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 63;"
	    "r6 = -r6;"
	    "r6 = -r6;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value begins at -63, before its start")
NAKED(negation_twice_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 63;"
	    "r6 = -r6;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(byte_moved_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 = *(u8 *)(r7 +0);"
	    "r6 >>= 2;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 127 of 1 bytes is outside its 64 bytes")
NAKED(byte_moved_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 = *(u8 *)(r7 +0);"
	    "r6 >>= 1;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(half_moved_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 = *(u16 *)(r7 +0);"
	    "r6 >>= 10;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 127 of 1 bytes is outside its 64 bytes")
NAKED(half_moved_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 = *(u16 *)(r7 +0);"
	    "r6 >>= 9;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(signed_byte_moved_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    RAW(0x91, 6, 7, 0, 0)	/* r6 = *(s8 *)(r7 +0) */
	    "r6 &= 63;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value begins at -128, before its start")
NAKED(signed_byte_moved_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    RAW(0x91, 6, 7, 0, 0)	/* r6 = *(s8 *)(r7 +0) */
	    "if r6 s> 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(sign_extension_of_a_bounded_one_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 63;"
	    RAW(0xbf, 6, 6, 8, 0)	/* r6 = (s8)r6 */
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value begins at -128, before its start")
NAKED(sign_extension_of_a_bounded_one_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 255;"
	    RAW(0xbf, 6, 6, 8, 0)	/* r6 = (s8)r6 */
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(sign_extension_of_half_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 63;"
	    RAW(0xbf, 6, 6, 16, 0)	/* r6 = (s16)r6 */
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value begins at -32768, before its start")
NAKED(sign_extension_of_half_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 0xffff;"
	    RAW(0xbf, 6, 6, 16, 0)	/* r6 = (s16)r6 */
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(swap_of_a_constant_result)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 = 0x3f00;"
	    "r6 = be16 r6;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(swap_of_a_constant_result_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 = 0x4000;"
	    "r6 = be16 r6;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

/* What wraps is not known. */
SEC("socket") __failure __msg("R7: access to map_value begins at -64, before its start")
NAKED(addition_that_wraps)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 63;"
	    "r6 += -64;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(addition_of_unknowns)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "r6 += r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(multiplication_that_wraps)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 0x4000000000000001 ll;"
	    "r6 &= 63;"
	    "r6 *= r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number whose smallest value is 4294967232 is added to map_value")
NAKED(word_addition_that_wraps)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "w6 &= 63;"
	    "w6 += -64;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(left_shift_that_loses_the_bound)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 > 63 goto out%=;"
	    "r6 <<= 60;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value with an unbounded offset")
NAKED(swap_of_a_bounded_one)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 63;"
	    RAW(0xd7, 6, 0, 0, 64)	/* r6 = bswap64 r6 */
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 16128 of 1 bytes is outside its 64 bytes")
NAKED(be16_of_a_bounded_one)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 &= 63;"
	    "r6 = be16 r6;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(signed_division_of_a_negative)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    RAW(0x91, 6, 7, 0, 0)	/* r6 = *(s8 *)(r7 +0) */
	    RAW(0x37, 6, 0, 1, 2)	/* r6 s/= 2 */
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(signed_remainder_is_negative)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    RAW(0x97, 6, 0, 1, 64)	/* r6 s%= 64 */
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(remainder_of_an_unknown)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    MOD(r6, r8)
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(division_by_an_unknown)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "r6 /= r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(shift_by_an_unknown)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "r6 &= 63;"
	    "r6 <<= r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(xor_with_itself_of_another)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "r6 ^= r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(negation_of_the_smallest)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 0x8000000000000000 ll;"
	    "r6 = r8;"
	    "r6 = -r6;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

/* Zero, of which nobody takes note. */
SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(xor_with_itself)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 ^= r6;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(subtraction_from_itself)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r6 -= r6;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

/* Division by zero gives 0, the remainder is the number. */
SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(remainder_by_zero_is_the_number)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 0;"
	    MOD(r6, r8)
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(division_by_zero_is_zero)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 0;"
	    "r6 /= r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success __linux_failure
NAKED(right_shift_by_a_bounded_one)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = *(u64 *)(r7 +8);"
	    "r8 &= 3;"
	    "r6 &= 63;"
	    "r6 >>= r8;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

char _license[] SEC("license") = "GPL";
