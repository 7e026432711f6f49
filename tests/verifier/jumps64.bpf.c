// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Ranges: what jumps and arithmetic teach of a number, by a byte of a value of 64. */
#include "rules.h"

/* What a jump teaches of a number: 63 is the last byte of the value, 64 is none. Unsigned, 64 bits. */
SEC("socket") __success
NAKED(jgt_bound)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 > 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jgt_bound_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 > 64 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jge_bound)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 >= 64 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jge_bound_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 >= 65 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jlt_bound)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 < 64 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jlt_bound_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 < 65 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jle_bound)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 <= 63 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jle_bound_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 <= 64 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jeq_bound)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 == 63 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jeq_bound_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 == 64 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jne_bound)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 != 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jne_bound_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 != 64 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

/* The same by a register, whose value is known. */
SEC("socket") __success
NAKED(jgt_by_register)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 63;"
	    "if r6 > r8 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jgt_by_register_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 64;"
	    "if r6 > r8 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jge_by_register)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 64;"
	    "if r6 >= r8 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jge_by_register_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 65;"
	    "if r6 >= r8 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jlt_by_register)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 64;"
	    "if r6 < r8 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jlt_by_register_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 65;"
	    "if r6 < r8 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jle_by_register)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 63;"
	    "if r6 <= r8 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jle_by_register_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 64;"
	    "if r6 <= r8 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jeq_by_register)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 63;"
	    "if r6 == r8 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jeq_by_register_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 64;"
	    "if r6 == r8 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jne_by_register)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 63;"
	    "if r6 != r8 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jne_by_register_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "r8 = 64;"
	    "if r6 != r8 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

/* Signed: both ends must be asked for. */
SEC("socket") __success
NAKED(jsgt_both_ends)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s< 0 goto out%=;"
	    "if r6 s> 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(jsgt_one_end)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s> 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jsgt_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s< 0 goto out%=;"
	    "if r6 s> 64 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jsge_both_ends)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s< 0 goto out%=;"
	    "if r6 s>= 64 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(jsge_one_end)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s>= 64 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jsge_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s< 0 goto out%=;"
	    "if r6 s>= 65 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jslt_both_ends)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s< 0 goto out%=;"
	    "if r6 s< 64 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(jslt_one_end)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s< 64 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jslt_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s< 0 goto out%=;"
	    "if r6 s< 65 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jsle_both_ends)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s< 0 goto out%=;"
	    "if r6 s<= 63 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(jsle_one_end)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s<= 63 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value at 64 of 1 bytes is outside its 64 bytes")
NAKED(jsle_one_too_far)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s< 0 goto out%=;"
	    "if r6 s<= 64 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jsge_lower_end)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s>= 0 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "if r6 > 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jsgt_lower_end_minus_one)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s> -1 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "if r6 s> 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value begins at -1, before its start")
NAKED(jsgt_lower_end_minus_two)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s> -2 goto in%=;"
	    "goto out%=;"
	    "in%=:"
	    "if r6 s> 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("R7: access to map_value begins at -1, before its start")
NAKED(jslt_lower_end_minus_one)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s< -1 goto out%=;"
	    "if r6 s> 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(jsle_lower_end_minus_one)
{
	ASM("r7 = global ll;"
	    "r6 = *(u64 *)(r7 +0);"
	    "if r6 s<= -1 goto out%=;"
	    "if r6 s> 63 goto out%=;"
	    "r7 += r6;"
	    "r0 = *(u8 *)(r7 +0);"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

char _license[] SEC("license") = "GPL";
