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

SEC("fsession/bpf_fentry_test2") __failure __msg("unbounded") __flag(BPF_F_TEST_STATE_FREQ)
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

char _license[] SEC("license") = "GPL";
