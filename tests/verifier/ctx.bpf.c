// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Sessions and other trampolines: ctx, return values, the two calls. */
#include "rules.h"

SEC("fsession/bpf_fentry_test2") __success
NAKED(return_zero)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("should have been in [0, 0]")
NAKED(return_one)
{
	ASM("r0 = 1;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("should have been in [0, 0]")
NAKED(return_minus_one)
{
	ASM("r0 = -1;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("should have been in [0, 0]")
NAKED(return_unknown)
{
	ASM("r0 = *(u32 *)(r1 +0);"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("should have been in [0, 0]")
NAKED(return_zero_or_one)
{
	ASM("r6 = *(u32 *)(r1 +0);"
	    "r0 = 0;"
	    "if r6 == 5 goto out%=;"
	    "r0 = 1;"
	    "out%=:"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("should have been in [0, 0]")
NAKED(return_upper_bits)
{
	ASM("r0 = 0x100000000 ll;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected a number")
NAKED(return_pointer)
{
	ASM("r0 = r1;"
	    "exit;");
}

SEC("fentry/bpf_fentry_test2") __failure __msg("should have been in [0, 0]")
NAKED(fentry_return_one)
{
	ASM("r0 = 1;"
	    "exit;");
}

SEC("fexit/bpf_fentry_test2") __failure __msg("should have been in [0, 0]")
NAKED(fexit_return_one)
{
	ASM("r0 = 1;"
	    "exit;");
}

SEC("fsession.multi") __failure __msg("should have been in [0, 0]")
NAKED(multi_return_one)
{
	ASM("r0 = 1;"
	    "exit;");
}

SEC("fmod_ret/bpf_fentry_test1") __success
NAKED(fmod_ret_returns_anything)
{
	ASM("r0 = -5;"
	    "exit;");
}

SEC("fmod_ret/bpf_fentry_test1") __success
NAKED(fmod_ret_returns_the_argument)
{
	ASM("r0 = *(u32 *)(r1 +0);"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(arg_word)
{
	ASM("r0 = *(u32 *)(r1 +0);"
	    "r0 = *(u64 *)(r1 +0);"
	    "r0 = *(u64 *)(r1 +8);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(arg_narrow)
{
	ASM("r0 = *(u8 *)(r1 +0);"
	    "r0 = *(u16 *)(r1 +8);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no multiple of 8")
NAKED(arg_inside_a_slot)
{
	ASM("r0 = *(u32 *)(r1 +4);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("invalid ctx access")
NAKED(arg_misaligned)
{
	ASM("r0 = *(u64 *)(r1 +4);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no argument in slot 3")
NAKED(arg_beyond)
{
	ASM("r0 = *(u64 *)(r1 +24);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("invalid ctx access")
NAKED(arg_far_beyond)
{
	ASM("r0 = *(u64 *)(r1 +96);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("read-only")
NAKED(ctx_write)
{
	ASM("r2 = 0;"
	    "*(u64 *)(r1 +0) = r2;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("read-only")
NAKED(ctx_write_constant)
{
	ASM(STORE(u64, r1, 0, 1)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("invalid ctx access")
NAKED(ctx_negative_offset)
{
	ASM("r0 = *(u64 *)(r1 -8);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("invalid ctx access")
NAKED(ctx_negative_by_arithmetic)
{
	ASM("r1 += -8;"
	    "r0 = *(u64 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(ctx_modified)
{
	ASM("r1 += 8;"
	    "r0 = *(u64 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("was modified")
NAKED(ctx_variable_offset)
{
	ASM("r2 = *(u32 *)(r1 +0);"
	    "r2 &= 8;"
	    "r1 += r2;"
	    "r0 = *(u64 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("no atomic operations on ctx")
NAKED(ctx_atomic)
{
	ASM("r2 = 1;"
	    "lock *(u64 *)(r1 +0) += r2;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test1") __success
NAKED(ret_slot_session)
{
	ASM("r0 = *(u32 *)(r1 +8);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fexit/bpf_fentry_test1") __success
NAKED(ret_slot_fexit)
{
	ASM("r0 = *(u64 *)(r1 +8);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fmod_ret/bpf_fentry_test1") __success
NAKED(ret_slot_fmod_ret)
{
	ASM("r0 = *(u64 *)(r1 +8);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fentry/bpf_fentry_test1") __failure __msg("no argument in slot 1")
NAKED(ret_slot_fentry)
{
	ASM("r0 = *(u64 *)(r1 +8);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/target_void") __failure __msg("returns nothing")
NAKED(ret_slot_of_void)
{
	ASM("r0 = *(u64 *)(r1 +16);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/target_none") __success
NAKED(ret_slot_no_arguments)
{
	ASM("r0 = *(u64 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/target_pair") __success
NAKED(struct_takes_two_slots)
{
	ASM("r0 = *(u64 *)(r1 +0);"
	    "r0 = *(u64 *)(r1 +8);"
	    "r0 = *(u64 *)(r1 +16);"
	    "r0 = *(u32 *)(r1 +24);"
	    "r0 = *(u64 *)(r1 +32);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/target_pair") __failure __msg("no argument in slot 5")
NAKED(struct_slots_end)
{
	ASM("r0 = *(u64 *)(r1 +40);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/target_void") __failure __msg("is loaded with 4 bytes")
NAKED(pointer_slot_narrow)
{
	ASM("r0 = *(u32 *)(r1 +8);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession.multi") __failure __msg("no arguments in ctx")
NAKED(multi_has_no_arguments)
{
	ASM("r0 = *(u64 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession.multi") __success
NAKED(multi_helpers)
{
	ASM_CALLS("r2 = 0;"
		  "r3 = r10;"
		  "r3 += -8;"
		  "call %[bpf_get_func_arg];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_func_arg));
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(is_return)
{
	ASM("call bpf_session_is_return;"
	    "if r0 == 0 goto out%=;"
	    "r0 = 0;"
	    "out%=:"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success __linux_failure
NAKED(is_return_is_a_bool)
{
	ASM("call bpf_session_is_return;"
	    "r0 >>= 1;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(cookie_write)
{
	ASM("call bpf_session_cookie;"
	    STORE(u64, r0, 0, 5)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(cookie_read)
{
	ASM("call bpf_session_cookie;"
	    "r1 = *(u64 *)(r0 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(cookie_part)
{
	ASM("call bpf_session_cookie;"
	    "r1 = *(u32 *)(r0 +4);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(cookie_atomic)
{
	ASM("call bpf_session_cookie;"
	    "r1 = 1;"
	    "lock *(u64 *)(r0 +0) += r1;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 8 bytes")
NAKED(cookie_beyond)
{
	ASM("call bpf_session_cookie;"
	    "r1 = *(u64 *)(r0 +8);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("before its start")
NAKED(cookie_before)
{
	ASM("call bpf_session_cookie;"
	    "r1 = *(u64 *)(r0 -8);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("outside its 8 bytes")
NAKED(cookie_across_the_end)
{
	ASM("call bpf_session_cookie;"
	    "r1 = *(u64 *)(r0 +4);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("was modified")
NAKED(cookie_of_modified_ctx)
{
	ASM("r1 += 8;"
	    "call bpf_session_cookie;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected ctx")
NAKED(cookie_of_stack)
{
	ASM("r1 = r10;"
	    "call bpf_session_cookie;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __failure __msg("expected ctx")
NAKED(cookie_of_number)
{
	ASM("r1 = 0;"
	    "call bpf_session_cookie;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fentry/bpf_fentry_test2") __failure __msg("not allowed")
NAKED(cookie_in_fentry)
{
	ASM("call bpf_session_cookie;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fexit/bpf_fentry_test2") __failure __msg("not allowed")
NAKED(is_return_in_fexit)
{
	ASM("call bpf_session_is_return;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fmod_ret/bpf_fentry_test1") __failure __msg("not allowed")
NAKED(is_return_in_fmod_ret)
{
	ASM("call bpf_session_is_return;"
	    "r0 = 0;"
	    "exit;");
}

SEC("xdp") __failure __msg("not allowed")
NAKED(is_return_in_xdp)
{
	ASM("call bpf_session_is_return;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession.multi") __success
NAKED(cookie_in_multi)
{
	ASM("call bpf_session_cookie;"
	    STORE(u64, r0, 0, 1)
	    "r0 = 0;"
	    "exit;");
}

SUB(cookie_in_subprog_f)
{
	ASM("call bpf_session_cookie;"
	    STORE(u64, r0, 0, 1)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(cookie_in_subprog)
{
	ASM("call cookie_in_subprog_f;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test2") __success
NAKED(func_helpers)
{
	ASM_CALLS("r6 = r1;"
		  "call %[bpf_get_func_ip];"
		  "r1 = r6;"
		  "call %[bpf_get_func_arg_cnt];"
		  "r1 = r6;"
		  "call %[bpf_get_attach_cookie];"
		  "r1 = r6;"
		  "r2 = r10;"
		  "r2 += -8;"
		  "call %[bpf_get_func_ret];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_attach_cookie), HELPER(bpf_get_func_arg_cnt), HELPER(bpf_get_func_ip), HELPER(bpf_get_func_ret));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R3: stack access at -4 of 8 bytes is outside [-512, 0)")
NAKED(func_arg_to_misaligned_memory)
{
	ASM_CALLS("r2 = 0;"
		  "r3 = r10;"
		  "r3 += -4;"
		  "call %[bpf_get_func_arg];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_func_arg));
}

SEC("fsession/bpf_fentry_test2") __failure __msg("was modified")
NAKED(func_arg_of_modified_ctx)
{
	ASM_CALLS("r1 += 8;"
		  "r2 = 0;"
		  "r3 = r10;"
		  "r3 += -8;"
		  "call %[bpf_get_func_arg];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_func_arg));
}

SEC("xdp") __failure __msg("not allowed")
NAKED(func_ip_in_xdp)
{
	ASM_CALLS("call %[bpf_get_func_ip];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_func_ip));
}

SEC("fsession/target_void") __success
NAKED(typed_pointer)
{
	ASM("r2 = *(u64 *)(r1 +8);"
	    "r3 = *(u64 *)(r2 +0);"
	    "r4 = *(u64 *)(r3 +0);"
	    "r5 = *(u32 *)(r2 +20);"
	    "r5 = *(u16 *)(r2 +18);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/target_void") __failure __msg("may only be read")
NAKED(typed_pointer_write)
{
	ASM("r2 = *(u64 *)(r1 +8);"
	    STORE(u32, r2, 20, 1)
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/target_void") __success
NAKED(typed_pointer_beyond)
{
	ASM("r2 = *(u64 *)(r1 +8);"
	    "r3 = *(u64 *)(r2 +4096);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/target_void") __failure __msg("negative offset")
NAKED(typed_pointer_negative)
{
	ASM("r2 = *(u64 *)(r1 +8);"
	    "r3 = *(u64 *)(r2 -8);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/target_void") __failure __msg("variable offset")
NAKED(typed_pointer_variable)
{
	ASM("r2 = *(u64 *)(r1 +8);"
	    "r3 = *(u32 *)(r1 +0);"
	    "r3 &= 7;"
	    "r2 += r3;"
	    "r3 = *(u64 *)(r2 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/target_void") __failure __msg("no atomic operations")
NAKED(typed_pointer_atomic)
{
	ASM("r2 = *(u64 *)(r1 +8);"
	    "r3 = 1;"
	    "lock *(u64 *)(r2 +0) += r3;"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/target_enum") __failure __msg("memory cannot be accessed through it")
NAKED(text_pointer_is_a_number)
{
	ASM("r2 = *(u64 *)(r1 +16);"
	    "r3 = *(u8 *)(r2 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/target_node") __success
NAKED(returned_pointer)
{
	ASM("r2 = *(u64 *)(r1 +16);"
	    "r3 = *(u64 *)(r2 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/bpf_fentry_test7") __failure __msg("no member of struct")
NAKED(simple_struct_end)
{
	ASM("r2 = *(u64 *)(r1 +0);"
	    "r3 = *(u64 *)(r2 +8);"
	    "r0 = 0;"
	    "exit;");
}

char _license[] SEC("license") = "GPL";
