// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What makes a list of instructions a program. */
#include "rules.h"

SEC("fsession/bpf_fentry_test2") __success __retval(0)
NAKED(empty_return)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R0 is read before")
NAKED(no_return_value)
{
	ASM("exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2 is read before")
NAKED(uninitialized_register)
{
	ASM("r0 = r2;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R3 is read before")
NAKED(argument_registers_are_not_set)
{
	ASM("r0 = r3;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no such instruction")
NAKED(frame_pointer_is_read_only)
{
	ASM("r10 = 1;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("past its last")
NAKED(falls_off_the_end)
{
	ASM("r0 = 0;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("cannot be reached")
NAKED(unreachable)
{
	ASM("r0 = 0;"
	    "exit;"
	    "r0 = 1;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("cannot be reached")
NAKED(unreachable_after_goto)
{
	ASM("r0 = 0;"
	    "goto out%=;"
	    "r0 = 1;"
	    "out%=:"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("out of range")
NAKED(jump_out_of_range)
{
	ASM("r0 = 0;"
	    "if r0 == 0 goto +10;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("out of range")
NAKED(jump_into_ldimm64)
{
	ASM("r0 = 0;"
	    "if r1 == 0 goto +1;"
	    "r2 = 0x1122334455667788 ll;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("cannot be reached")
NAKED(endless_goto)
{
	ASM("r0 = 0;"
	    "again%=:"
	    "goto again%=;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("endless loop: nothing has changed since insn")
NAKED(endless_loop)
{
	ASM("r0 = 0;"
	    "again%=:"
	    "if r0 == 0 goto again%=;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("endless loop: nothing has changed since insn")
NAKED(endless_loop_two_jumps)
{
	ASM("r0 = 0;"
	    "r6 = 1;"
	    "again%=:"
	    "r6 += 1;"
	    "r6 += -1;"
	    "if r6 == 1 goto again%=;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success __retval(0)
NAKED(counted_loop)
{
	ASM("r0 = 0;"
	    "r6 = 0;"
	    "again%=:"
	    "r6 += 1;"
	    "if r6 < 10 goto again%=;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success __retval(0)
NAKED(counted_loop_down)
{
	ASM("r0 = 0;"
	    "r6 = 100;"
	    "again%=:"
	    "r6 += -1;"
	    "if r6 != 0 goto again%=;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("too complex") __slow
NAKED(loop_of_a_million)
{
	ASM("r0 = 0;"
	    "r6 = 0;"
	    "again%=:"
	    "r6 += 1;"
	    "if r6 < 1000000 goto again%=;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("too complex") __slow
NAKED(unbounded_loop)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r0 = 0;"
	    "again%=:"
	    "r6 += 1;"
	    "if r6 != 7 goto again%=;"
	    "exit;");
}

SEC("fsession/target_void") __success
NAKED(loop_bounded_by_a_mask)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r6 &= 15;"
	    "r7 = 0;"
	    "again%=:"
	    "if r7 >= r6 goto out%=;"
	    "r7 += 1;"
	    "goto again%=;"
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("division by the constant zero")
NAKED(division_by_constant_zero)
{
	ASM("r0 = 1;"
	    "r0 /= 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("division by the constant zero")
NAKED(remainder_by_constant_zero)
{
	ASM("r0 = 1;"
	    MOD_KW(r0, 0)
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(division_by_a_register_may_be_zero)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r0 = 0;"
	    "r0 /= r6;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("shift by the constant")
NAKED(shift_too_far)
{
	ASM("r0 = 1;"
	    "r0 <<= 64;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("shift by the constant")
NAKED(shift_word_too_far)
{
	ASM("r0 = 1;"
	    "w0 >>= 32;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is read before")
NAKED(registers_are_gone_after_a_call)
{
	ASM_CALLS("r1 = 5;"
		  "call %[bpf_ktime_get_ns];"
		  "r0 = r1;"
		  "exit;",
		  HELPER(bpf_ktime_get_ns));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(registers_6_to_9_stay)
{
	ASM_CALLS("r6 = 0;"
		  "call %[bpf_ktime_get_ns];"
		  "r0 = r6;"
		  "exit;",
		  HELPER(bpf_ktime_get_ns));
}

SUB(recursion_f)
{
	ASM("call recursion_f;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("calls deep")
NAKED(recursion)
{
	ASM("call recursion_f;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success __retval(0)
NAKED(gotol)
{
	ASM("r0 = 0;"
	    GOTOL(out)
	    "out%=:"
	    "exit;");
}

char _license[] SEC("license") = "GPL";
