// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Arguments of helpers: text, sizes, callbacks, other programs. */
#include "rules.h"

SEC("fsession/bpf_fentry_test2") __success
NAKED(reserve_of_nothing)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 0;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "if r0 == 0 goto out%=;"
		  "r1 = r0;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_discard];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_discard), HELPER(bpf_ringbuf_reserve));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 0 bytes")
NAKED(reserve_of_nothing_holds_nothing)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = 0;"
		  "r3 = 0;"
		  "call %[bpf_ringbuf_reserve];"
		  "if r0 == 0 goto out%=;"
		  "r6 = r0;"
		  "r1 = *(u8 *)(r0 +0);"
		  "r1 = r6;"
		  "r2 = 0;"
		  "call %[bpf_ringbuf_discard];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ringbuf_discard), HELPER(bpf_ringbuf_reserve));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: the size may be 0 (it is 0 to 0)")
NAKED(print_without_a_format)
{
	ASM_CALLS("r1 = r10;"
		  "r1 += -8;"
		  "r2 = 0;"
		  "call %[bpf_trace_printk];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_trace_printk));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(print_of_the_stack)
{
	ASM_CALLS(STORE(u64, r10, -8, 0x6968)
		  "r1 = r10;"
		  "r1 += -8;"
		  "r2 = 3;"
		  "call %[bpf_trace_printk];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_trace_printk));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R3 is fp, expected a constant string")
NAKED(format_on_the_stack)
{
	ASM_CALLS(STORE(u64, r10, -8, 0x6968)
		  "r1 = r10;"
		  "r1 += -40;"
		  "r2 = 32;"
		  "r3 = r10;"
		  "r3 += -8;"
		  "r4 = 0;"
		  "r5 = 0;"
		  "call %[bpf_snprintf];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_snprintf));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(format_of_a_constant)
{
	ASM_CALLS("r1 = r10;"
		  "r1 += -40;"
		  "r2 = 32;"
		  "r3 = fixed ll;"
		  "r4 = 0;"
		  "r5 = 0;"
		  "call %[bpf_snprintf];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_snprintf));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R3: the string is not in a read-only, frozen map")
NAKED(format_of_a_constant_unknown_offset)
{
	ASM_CALLS("r6 = *(u32 *)(r1 +0);"
		  "r6 &= 7;"
		  "r1 = r10;"
		  "r1 += -40;"
		  "r2 = 32;"
		  "r3 = fixed ll;"
		  "r3 += r6;"
		  "r4 = 0;"
		  "r5 = 0;"
		  "call %[bpf_snprintf];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_snprintf));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R4: NULL with a size")
NAKED(format_arguments_null_with_a_size)
{
	ASM_CALLS("r1 = r10;"
		  "r1 += -40;"
		  "r2 = 32;"
		  "r3 = fixed ll;"
		  "r4 = 0;"
		  "r5 = 8;"
		  "call %[bpf_snprintf];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_snprintf));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(format_arguments)
{
	ASM_CALLS(STORE(u64, r10, -48, 5)
		  "r1 = r10;"
		  "r1 += -40;"
		  "r2 = 32;"
		  "r3 = fixed ll;"
		  "r4 = r10;"
		  "r4 += -48;"
		  "r5 = 8;"
		  "call %[bpf_snprintf];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_snprintf));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(number_of_text)
{
	ASM_CALLS(STORE(u64, r10, -8, 0x3231)
		  "r1 = r10;"
		  "r1 += -8;"
		  "r2 = 8;"
		  "r3 = 10;"
		  "r4 = r10;"
		  "r4 += -16;"
		  "call %[bpf_strtol];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_strtol));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R4: stack access at -4 of 8 bytes is outside [-512, 0)")
NAKED(number_of_text_result_beyond_the_stack)
{
	ASM_CALLS(STORE(u64, r10, -8, 0x3231)
		  "r1 = r10;"
		  "r1 += -8;"
		  "r2 = 8;"
		  "r3 = 10;"
		  "r4 = r10;"
		  "r4 += -4;"
		  "call %[bpf_strtol];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_strtol));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("may not write")
NAKED(number_of_text_result_into_a_constant)
{
	ASM_CALLS(STORE(u64, r10, -8, 0x3231)
		  "r1 = r10;"
		  "r1 += -8;"
		  "r2 = 8;"
		  "r3 = 10;"
		  "r4 = fixed ll;"
		  "call %[bpf_strtol];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_strtol));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R3 is fp, expected a constant string")
NAKED(comparison_with_text_on_the_stack)
{
	ASM_CALLS(STORE(u64, r10, -8, 0x3231)
		  "r1 = r10;"
		  "r1 += -8;"
		  "r2 = 8;"
		  "r3 = r10;"
		  "r3 += -8;"
		  "call %[bpf_strncmp];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_strncmp));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is ctx")
NAKED(read_into_ctx)
{
	ASM_CALLS("r2 = 8;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is map_ptr")
NAKED(read_into_a_map)
{
	ASM_CALLS("r1 = hash ll;"
		  "r2 = 8;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is scalar")
NAKED(read_into_null)
{
	ASM_CALLS("r1 = 0;"
		  "r2 = 8;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is scalar, expected memory of 8 bytes")
NAKED(read_into_a_typed_pointer)
{
	ASM_CALLS("r6 = *(u64 *)(r1 +8);"
		  "r1 = r6;"
		  "r2 = 8;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(read_from_a_typed_pointer)
{
	ASM_CALLS("r3 = *(u64 *)(r1 +8);"
		  "r1 = r10;"
		  "r1 += -8;"
		  "r2 = 8;"
		  "call %[bpf_probe_read_kernel];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(read_of_the_whole_stack)
{
	ASM_CALLS("r1 = r10;"
		  "r1 += -512;"
		  "r2 = 512;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: stack access at -512 of 513 bytes is outside [-512, 0)")
NAKED(read_of_more_than_the_stack)
{
	ASM_CALLS("r1 = r10;"
		  "r1 += -512;"
		  "r2 = 513;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(read_of_a_bounded_size)
{
	ASM_CALLS("r2 = *(u32 *)(r1 +0);"
		  "if r2 > 64 goto out%=;"
		  "r1 = r10;"
		  "r1 += -64;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: stack access at -64 of 65 bytes is outside [-512, 0)")
NAKED(read_of_a_size_bounded_too_far)
{
	ASM_CALLS("r2 = *(u32 *)(r1 +0);"
		  "if r2 > 65 goto out%=;"
		  "r1 = r10;"
		  "r1 += -64;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "out%=:"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(read_of_a_masked_size)
{
	ASM_CALLS("r2 = *(u32 *)(r1 +0);"
		  "r2 &= 63;"
		  "r1 = r10;"
		  "r1 += -63;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: the size is unbounded")
NAKED(read_of_an_unbounded_size)
{
	ASM_CALLS("r2 = *(u32 *)(r1 +0);"
		  "r1 = r10;"
		  "r1 += -64;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2: the size may be negative (at least -1)")
NAKED(read_of_a_negative_size)
{
	ASM_CALLS("r1 = r10;"
		  "r1 += -64;"
		  "r2 = -1;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2 is ctx, expected a size")
NAKED(read_of_a_size_that_is_ctx)
{
	ASM_CALLS("r2 = r1;"
		  "r1 = r10;"
		  "r1 += -64;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is scalar")
NAKED(read_over_a_spilled_pointer)
{
	ASM_CALLS("*(u64 *)(r10 -8) = r1;"
		  "r1 = r10;"
		  "r1 += -8;"
		  "r2 = 8;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "r1 = *(u64 *)(r10 -8);"
		  "r0 = *(u64 *)(r1 +0);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is scalar")
NAKED(read_over_half_of_a_spilled_pointer)
{
	ASM_CALLS("*(u64 *)(r10 -8) = r1;"
		  "r1 = r10;"
		  "r1 += -12;"
		  "r2 = 8;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "r1 = *(u64 *)(r10 -8);"
		  "r0 = *(u64 *)(r1 +0);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(read_over_a_bound)
{
	ASM_CALLS("r6 = *(u32 *)(r1 +0);"
		  "r6 &= 7;"
		  "*(u64 *)(r10 -8) = r6;"
		  "r1 = r10;"
		  "r1 += -8;"
		  "r2 = 1;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "r6 = *(u64 *)(r10 -8);"
		  "r7 = global ll;"
		  "r7 += r6;"
		  "r0 = *(u8 *)(r7 +0);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R7: a number without a lower bound is added to map_value")
NAKED(read_of_a_size_that_may_be_zero_over_a_bound)
{
	ASM_CALLS("r2 = *(u32 *)(r1 +0);"
		  "r2 &= 8;"
		  STORE(u64, r10, -8, 1)
		  "r1 = r10;"
		  "r1 += -8;"
		  "r3 = 0;"
		  "call %[bpf_probe_read_kernel];"
		  "r6 = *(u64 *)(r10 -8);"
		  "r7 = global ll;"
		  "r7 += r6;"
		  "r0 = *(u8 *)(r7 +0);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_probe_read_kernel));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(comm_into_the_cookie)
{
	ASM_CALLS("call bpf_session_cookie;"
		  "r1 = r0;"
		  "r2 = 8;"
		  "call %[bpf_get_current_comm];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_current_comm));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 8 bytes")
NAKED(comm_into_more_than_the_cookie)
{
	ASM_CALLS("call bpf_session_cookie;"
		  "r1 = r0;"
		  "r2 = 9;"
		  "call %[bpf_get_current_comm];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_current_comm));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(comm_into_a_value)
{
	ASM_CALLS("r1 = global + 48 ll;"
		  "r2 = 16;"
		  "call %[bpf_get_current_comm];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_current_comm));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 64 bytes")
NAKED(comm_into_the_end_of_a_value)
{
	ASM_CALLS("r1 = global + 49 ll;"
		  "r2 = 16;"
		  "call %[bpf_get_current_comm];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_current_comm));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(argument_into_the_cookie)
{
	ASM_CALLS("r6 = r1;"
		  "call bpf_session_cookie;"
		  "r3 = r0;"
		  "r2 = 0;"
		  "r1 = r6;"
		  "call %[bpf_get_func_arg];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_func_arg));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(argument_of_a_pointer_number)
{
	ASM_CALLS("r3 = r10;"
		  "r3 += -8;"
		  "r2 = r10;"
		  "call %[bpf_get_func_arg];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_func_arg));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is scalar")
NAKED(argument_with_a_number_for_ctx)
{
	ASM_CALLS("r1 = 0;"
		  "r2 = 0;"
		  "r3 = r10;"
		  "r3 += -8;"
		  "call %[bpf_get_func_arg];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_func_arg));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R0 is scalar")
NAKED(result_of_a_call_is_no_pointer)
{
	ASM_CALLS("call %[bpf_ktime_get_ns];"
		  "r0 = *(u8 *)(r0 +0);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_ktime_get_ns));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R0 is scalar")
NAKED(task_number_is_no_pointer)
{
	ASM_CALLS("call %[bpf_get_current_task];"
		  "r0 = *(u8 *)(r0 +0);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_current_task));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: access to map_value with an unbounded offset") __linux_success
NAKED(cpu_number_is_not_bounded)
{
	ASM_CALLS("call %[bpf_get_smp_processor_id];"
		  "r1 = global ll;"
		  "r1 += r0;"
		  "r0 = *(u8 *)(r1 +0);"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_smp_processor_id));
}

SUB(loop_callback_ctx_is_a_value_body)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R3 is map_value, expected a place on the stack, or NULL")
NAKED(loop_callback_ctx_is_a_value)
{
	ASM_CALLS("r1 = 2;"
		  "r2 = loop_callback_ctx_is_a_value_body ll;"
		  "r3 = global ll;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(loop_callback_ctx_is_null_and_used_body)
{
	ASM("r0 = *(u8 *)(r2 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2 is NULL here")
NAKED(loop_callback_ctx_is_null_and_used)
{
	ASM_CALLS("r1 = 2;"
		  "r2 = loop_callback_ctx_is_null_and_used_body ll;"
		  "r3 = 0;"
		  "r4 = 0;"
		  "call %[bpf_loop];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(loop_without_flags_body)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R4 is read before it is written")
NAKED(loop_without_flags)
{
	ASM_CALLS("r1 = 2;"
		  "r2 = loop_without_flags_body ll;"
		  "r3 = 0;"
		  "call %[bpf_loop];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_loop));
}

SUB(each_of_a_ring_buffer_body)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("does not take maps")
NAKED(each_of_a_ring_buffer)
{
	ASM_CALLS("r1 = ring ll;"
		  "r2 = each_of_a_ring_buffer_body ll;"
		  "r3 = 0;"
		  "r4 = 0;"
		  "call %[bpf_for_each_map_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_for_each_map_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R2 is scalar")
NAKED(each_without_a_callback)
{
	ASM_CALLS("r1 = hash ll;"
		  "r2 = 0;"
		  "r3 = 0;"
		  "r4 = 0;"
		  "call %[bpf_for_each_map_elem];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_for_each_map_elem));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: ctx pointer was modified")
NAKED(tail_call_of_modified_ctx)
{
	ASM_CALLS("r1 += 8;"
		  "r2 = progs ll;"
		  "r3 = 0;"
		  "call %[bpf_tail_call];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_tail_call));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(tail_call_with_an_unknown_index)
{
	ASM_CALLS("r3 = *(u32 *)(r1 +0);"
		  "r2 = progs ll;"
		  "call %[bpf_tail_call];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_tail_call));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is read before it is written")
NAKED(tail_call_leaves_no_registers)
{
	ASM_CALLS("r2 = progs ll;"
		  "r3 = 0;"
		  "call %[bpf_tail_call];"
		  "r0 = r1;"
		  "exit;",
		  HELPER(bpf_tail_call));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("not allowed in programs of this type")
NAKED(helper_of_packets)
{
	ASM_CALLS("r2 = 4;"
		  "call %[bpf_xdp_adjust_head];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_xdp_adjust_head));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected a number")
NAKED(iterator_from_a_pointer)
{
	ASM("r1 = r10;"
	    "r1 += -8;"
	    "r2 = r10;"
	    "r3 = 10;"
	    "call bpf_iter_num_new;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected a place on the stack")
NAKED(iterator_over_a_value)
{
	ASM("r1 = global ll;"
	    "r2 = 0;"
	    "r3 = 10;"
	    "call bpf_iter_num_new;"
	    "r0 = 0;"
	    "exit;");
}

char _license[] SEC("license") = "GPL";
