// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Memory with a size; ring buffers; helpers that fill and read. */
#include "rules.h"

SEC("fsession/bpf_fentry_test2") __success
NAKED(comm)
{
	ASM_CALLS("r1 = r10;"
		  "r1 += -16;"
		  "r2 = 16;"
		  "call %[bpf_get_current_comm];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_current_comm));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: stack access at -16 of 17 bytes is outside [-512, 0)")
NAKED(comm_too_long)
{
	ASM_CALLS("r1 = r10;"
		  "r1 += -16;"
		  "r2 = 17;"
		  "call %[bpf_get_current_comm];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_current_comm));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may be 0")
NAKED(comm_of_no_bytes)
{
	ASM_CALLS("r1 = r10;"
		  "r1 += -16;"
		  "r2 = 0;"
		  "call %[bpf_get_current_comm];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_current_comm));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(comm_of_some_bytes)
{
	ASM_CALLS("r2 = *(u32 *)(r1 +0);"
		  "r2 &= 15;"
		  "r2 += 1;"
		  "r1 = r10;"
		  "r1 += -16;"
		  "call %[bpf_get_current_comm];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_current_comm));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may be negative")
NAKED(comm_of_negative_size)
{
	ASM_CALLS("r2 = *(u32 *)(r1 +0);"
		  "r2 <<= 32;"
		  "r2 s>>= 32;"
		  "if r2 s> 16 goto out%=;"
		  "r1 = r10;"
		  "r1 += -16;"
		  "call %[bpf_get_current_comm];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_current_comm));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: the size is unbounded")
NAKED(comm_of_unbounded_size)
{
	ASM_CALLS("r2 = *(u32 *)(r1 +0);"
		  "r1 = r10;"
		  "r1 += -16;"
		  "call %[bpf_get_current_comm];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_current_comm));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected a size")
NAKED(comm_size_is_a_pointer)
{
	ASM_CALLS("r2 = r1;"
		  "r1 = r10;"
		  "r1 += -16;"
		  "call %[bpf_get_current_comm];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_current_comm));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may not write")
NAKED(comm_into_a_constant_map)
{
	ASM_CALLS("r1 = fixed ll;"
		  "r2 = 16;"
		  "call %[bpf_get_current_comm];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_current_comm));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("should have been in [0, 0]")
NAKED(comm_forgets_the_stack)
{
	ASM_CALLS(STORE(u64, r10, -16, 0)
		  "r1 = r10;"
		  "r1 += -16;"
		  "r2 = 16;"
		  "call %[bpf_get_current_comm];"
		  "r0 = *(u64 *)(r10 -16);"
		  "exit;",
		  HELPER(bpf_get_current_comm));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(probe_read_of_no_bytes)
{
	ASM_CALLS("r1 = r10;"
		  "r1 += -8;"
		  "r2 = 0;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(probe_read_str_length_is_bounded)
{
	ASM_CALLS("r1 = r10;"
		  "r1 += -16;"
		  "r2 = 16;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel_str];"
		  "if r0 s< 0 goto out%=;"
		  "r1 = global + 48 ll;"
		  "r1 += r0;"
		  STORE(u8, r1, -1, 0)
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel_str));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may sleep")
NAKED(sleepable_helper)
{
	ASM_CALLS("r1 = r10;"
		  "r1 += -8;"
		  "r2 = 8;"
		  "r3 = 0;"
		  "call %[bpf_copy_from_user];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_copy_from_user));
}

SEC("fsession.s/bpf_fentry_test2") __success __linux_failure
NAKED(sleepable_helper_in_a_sleepable_program)
{
	ASM_CALLS("r1 = r10;"
		  "r1 += -8;"
		  "r2 = 8;"
		  "r3 = 0;"
		  "call %[bpf_copy_from_user];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_copy_from_user));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(compare_strings)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r1 = r10;"
		  "r1 += -8;"
		  "r2 = 8;"
		  "r3 = fixed ll;"
		  "call %[bpf_strncmp];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_strncmp));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("read-only, frozen")
NAKED(strncmp_with_no_constant)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r1 = r10;"
		  "r1 += -8;"
		  "r2 = 8;"
		  "r3 = global ll;"
		  "call %[bpf_strncmp];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_strncmp));
}

/* Ring buffers. */
SEC("fsession/bpf_fentry_test2") __success
NAKED(ringbuf)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 16;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "if r0 == 0 goto out%=;"
		  STORE(u64, r0, 8, 1)
		  "r1 = r0;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_submit];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_reserve), HELPER(bpf_ringbuf_submit));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 16 bytes")
NAKED(ringbuf_record_end)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 16;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "if r0 == 0 goto out%=;"
		  STORE(u64, r0, 16, 1)
		  "r1 = r0;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_submit];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_reserve), HELPER(bpf_ringbuf_submit));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not given back")
NAKED(ringbuf_leak)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 16;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_reserve));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not given back")
NAKED(ringbuf_leak_on_one_path)
{
	ASM_CALLS("r6 = *(u32 *)(r1 +0);"
		  "r1 = ring ll;"
		  "r2 = 16;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "if r0 == 0 goto out%=;"
		  "if r6 == 1 goto out%=;"
		  "r1 = r0;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_discard];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_discard), HELPER(bpf_ringbuf_reserve));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R6 is read before it is written")
NAKED(ringbuf_use_after_submit)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 16;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "if r0 == 0 goto out%=;"
		  "r6 = r0;"
		  "r1 = r0;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_submit];"
		  STORE(u64, r6, 0, 1)
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_reserve), HELPER(bpf_ringbuf_submit));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R6 is read before it is written")
NAKED(ringbuf_submit_twice)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 16;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "if r0 == 0 goto out%=;"
		  "r6 = r0;"
		  "r1 = r0;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_submit];"
		  "r1 = r6;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_submit];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_reserve), HELPER(bpf_ringbuf_submit));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected a ring buffer's record")
NAKED(ringbuf_submit_without_null_check)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 16;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "r1 = r0;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_submit];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_reserve), HELPER(bpf_ringbuf_submit));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("by the pointer that was got")
NAKED(ringbuf_submit_the_middle)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 16;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "if r0 == 0 goto out%=;"
		  "r1 = r0;"
		  "r1 += 8;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_submit];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_reserve), HELPER(bpf_ringbuf_submit));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected a ring buffer's record")
NAKED(ringbuf_submit_something_else)
{
	ASM_CALLS("r1 = global ll;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_submit];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_submit));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("must be a constant")
NAKED(ringbuf_variable_size)
{
	ASM_CALLS("r2 = *(u32 *)(r1 +0);"
		  "r1 = ring ll;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_reserve));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(ringbuf_spilled_over_a_call)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 16;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "*(u64 *)(r10 -8) = r0;"
		  "call %[bpf_ktime_get_ns];"
		  "r1 = *(u64 *)(r10 -8);"
		  "if r1 == 0 goto out%=;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_submit];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ktime_get_ns), HELPER(bpf_ringbuf_reserve), HELPER(bpf_ringbuf_submit));
}

SUB(ringbuf_released_in_a_function_f)
{
	ASM_CALLS("r2 = 0;"
		  "call %[bpf_ringbuf_discard];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_discard));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(ringbuf_released_in_a_function)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 16;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "if r0 == 0 goto out%=;"
		  "r1 = r0;"
		  "call ringbuf_released_in_a_function_f;"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_reserve));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not given back")
NAKED(two_records_in_a_loop)
{
	ASM_CALLS("r6 = 0;"
		  "again%=:"
		  "r1 = ring ll;"
		  "r2 = 16;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "r6 += 1;"
		  "if r6 < 2 goto again%=;"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_reserve));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("tail call while")
NAKED(tail_call_with_a_record)
{
	ASM_CALLS("r6 = r1;"
		  "r1 = ring ll;"
		  "r2 = 16;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "if r0 == 0 goto out%=;"
		  "r7 = r0;"
		  "r1 = r6;"
		  "r2 = progs ll;"
		  "r3 = 0;"
		  "call %[bpf_tail_call];"
		  "r1 = r7;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_discard];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_discard), HELPER(bpf_ringbuf_reserve), HELPER(bpf_tail_call));
}

SUB(tail_call_in_a_callback_body)
{
	ASM_CALLS("r1 = *(u64 *)(r2 +0);"
		  "r2 = progs ll;"
		  "r3 = 0;"
		  "call %[bpf_tail_call];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_tail_call));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("tail call in a callback")
NAKED(tail_call_in_a_callback)
{
	ASM_CALLS("*(u64 *)(r10 -8) = r1;"
		  "r1 = 2;"
		  "r2 = tail_call_in_a_callback_body ll;"
		  "r3 = r10;"
		  "r3 += -8;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected a map's value")
NAKED(dynptr_of_stack)
{
	ASM_CALLS(STORE(u64, r10, -8, 0)
		  "r1 = r10;"
		  "r1 += -8;"
		  "r2 = 8;"
		  "r3 = 0;"
		  "r4 = r10;"
		  "r4 += -24;"
		  "call %[bpf_dynptr_from_mem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_dynptr_from_mem));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(dynptr_of_a_value)
{
	ASM_CALLS("r1 = global ll;"
		  "r2 = 8;"
		  "r3 = 0;"
		  "r4 = r10;"
		  "r4 += -24;"
		  "call %[bpf_dynptr_from_mem];"
		  "r1 = r10;"
		  "r1 += -24;"
		  "r2 = 0;"
		  "r3 = 4;"
		  "call %[bpf_dynptr_data];"
		  "if r0 == 0 goto out%=;"
		  "r1 = *(u32 *)(r0 +0);"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_dynptr_data), HELPER(bpf_dynptr_from_mem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 4 bytes")
NAKED(dynptr_slice_end)
{
	ASM_CALLS("r1 = global ll;"
		  "r2 = 8;"
		  "r3 = 0;"
		  "r4 = r10;"
		  "r4 += -24;"
		  "call %[bpf_dynptr_from_mem];"
		  "r1 = r10;"
		  "r1 += -24;"
		  "r2 = 0;"
		  "r3 = 4;"
		  "call %[bpf_dynptr_data];"
		  "if r0 == 0 goto out%=;"
		  "r1 = *(u64 *)(r0 +0);"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_dynptr_data), HELPER(bpf_dynptr_from_mem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: no initialized dynptr there")
NAKED(dynptr_read_of_its_middle)
{
	ASM_CALLS("r1 = global ll;"
		  "r2 = 8;"
		  "r3 = 0;"
		  "r4 = r10;"
		  "r4 += -24;"
		  "call %[bpf_dynptr_from_mem];"
		  "r1 = r10;"
		  "r1 += -16;"
		  "r2 = 0;"
		  "r3 = 4;"
		  "call %[bpf_dynptr_data];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_dynptr_data), HELPER(bpf_dynptr_from_mem));
}

char _license[] SEC("license") = "GPL";
