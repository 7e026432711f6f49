// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Packets. */
#include "rules.h"

SEC("xdp") __success
NAKED(xdp_load)
{
	ASM("r2 = *(u32 *)(r1 +0);"
	    "r3 = *(u32 *)(r1 +4);"
	    "r4 = r2;"
	    "r4 += 14;"
	    "if r4 > r3 goto out%=;"
	    "r0 = *(u8 *)(r2 +13);"
	    "out%=:"
	    "r0 = 2;"
	    "exit;");
}

SEC("xdp") __failure __msg("are known to be there")
NAKED(xdp_load_unchecked)
{
	ASM("r2 = *(u32 *)(r1 +0);"
	    "r0 = *(u8 *)(r2 +0);"
	    "r0 = 2;"
	    "exit;");
}

SEC("xdp") __failure __msg("are known to be there")
NAKED(xdp_load_one_too_far)
{
	ASM("r2 = *(u32 *)(r1 +0);"
	    "r3 = *(u32 *)(r1 +4);"
	    "r4 = r2;"
	    "r4 += 14;"
	    "if r4 > r3 goto out%=;"
	    "r0 = *(u8 *)(r2 +14);"
	    "out%=:"
	    "r0 = 2;"
	    "exit;");
}

SEC("xdp") __failure __msg("are known to be there")
NAKED(xdp_load_on_the_other_way)
{
	ASM("r2 = *(u32 *)(r1 +0);"
	    "r3 = *(u32 *)(r1 +4);"
	    "r4 = r2;"
	    "r4 += 14;"
	    "if r4 > r3 goto out%=;"
	    "r0 = 2;"
	    "exit;"
	    "out%=:"
	    "r0 = *(u8 *)(r2 +0);"
	    "r0 = 2;"
	    "exit;");
}

SEC("xdp") __success
NAKED(xdp_end_first)
{
	ASM("r2 = *(u32 *)(r1 +0);"
	    "r3 = *(u32 *)(r1 +4);"
	    "r4 = r2;"
	    "r4 += 14;"
	    "if r3 >= r4 goto ok%=;"
	    "r0 = 2;"
	    "exit;"
	    "ok%=:"
	    "r0 = *(u8 *)(r2 +13);"
	    "r0 = 2;"
	    "exit;");
}

SEC("xdp") __success
NAKED(xdp_strictly_below)
{
	ASM("r2 = *(u32 *)(r1 +0);"
	    "r3 = *(u32 *)(r1 +4);"
	    "r4 = r2;"
	    "r4 += 13;"
	    "if r4 >= r3 goto out%=;"
	    "r0 = *(u8 *)(r2 +13);"
	    "out%=:"
	    "r0 = 2;"
	    "exit;");
}

SEC("xdp") __failure __msg("before the packet")
NAKED(xdp_before_the_packet)
{
	ASM("r2 = *(u32 *)(r1 +0);"
	    "r3 = *(u32 *)(r1 +4);"
	    "r4 = r2;"
	    "r4 += 14;"
	    "if r4 > r3 goto out%=;"
	    "r0 = *(u8 *)(r2 -1);"
	    "out%=:"
	    "r0 = 2;"
	    "exit;");
}

SEC("xdp") __success
NAKED(xdp_variable_header)
{
	ASM("r2 = *(u32 *)(r1 +0);"
	    "r3 = *(u32 *)(r1 +4);"
	    "r4 = r2;"
	    "r4 += 20;"
	    "if r4 > r3 goto out%=;"
	    "r5 = *(u8 *)(r2 +0);"
	    "r5 &= 15;"
	    "r5 <<= 2;"
	    "r2 += r5;"
	    "r4 = r2;"
	    "r4 += 8;"
	    "if r4 > r3 goto out%=;"
	    "r0 = *(u16 *)(r2 +6);"
	    "out%=:"
	    "r0 = 2;"
	    "exit;");
}

SEC("xdp") __failure __msg("are known to be there")
NAKED(xdp_variable_header_unchecked)
{
	ASM("r2 = *(u32 *)(r1 +0);"
	    "r3 = *(u32 *)(r1 +4);"
	    "r4 = r2;"
	    "r4 += 20;"
	    "if r4 > r3 goto out%=;"
	    "r5 = *(u8 *)(r2 +0);"
	    "r5 &= 15;"
	    "r2 += r5;"
	    "r0 = *(u8 *)(r2 +0);"
	    "out%=:"
	    "r0 = 2;"
	    "exit;");
}

SEC("xdp") __success
NAKED(xdp_write)
{
	ASM("r2 = *(u32 *)(r1 +0);"
	    "r3 = *(u32 *)(r1 +4);"
	    "r4 = r2;"
	    "r4 += 14;"
	    "if r4 > r3 goto out%=;"
	    STORE(u8, r2, 13, 1)
	    "out%=:"
	    "r0 = 2;"
	    "exit;");
}

SEC("xdp") __failure __msg("memory cannot be accessed")
NAKED(xdp_data_moves)
{
	ASM_CALLS("r6 = *(u32 *)(r1 +0);"
		  "r7 = *(u32 *)(r1 +4);"
		  "r4 = r6;"
		  "r4 += 14;"
		  "if r4 > r7 goto out%=;"
		  "r2 = 0;"
		  "call %[bpf_xdp_adjust_head];"
		  "r0 = *(u8 *)(r6 +0);"
		  "out%=:"
		  "r0 = 2;"
		  "exit;",
		  HELPER(bpf_xdp_adjust_head));
}

SEC("xdp") __failure __msg("memory cannot be accessed")
NAKED(xdp_end_is_no_memory)
{
	ASM("r2 = *(u32 *)(r1 +4);"
	    "r0 = *(u8 *)(r2 -1);"
	    "r0 = 2;"
	    "exit;");
}

SEC("xdp") __failure __msg("arithmetic on pkt_end")
NAKED(xdp_end_arithmetic)
{
	ASM("r2 = *(u32 *)(r1 +4);"
	    "r2 += -1;"
	    "r0 = 2;"
	    "exit;");
}

SEC("xdp") __failure __msg("invalid ctx access")
NAKED(xdp_ctx_narrow)
{
	ASM("r2 = *(u16 *)(r1 +0);"
	    "r0 = 2;"
	    "exit;");
}

SEC("xdp") __failure __msg("invalid ctx access")
NAKED(xdp_ctx_write)
{
	ASM(STORE(u32, r1, 0, 1)
	    "r0 = 2;"
	    "exit;");
}

SEC("xdp") __failure __msg("invalid ctx access")
NAKED(xdp_ctx_end)
{
	ASM("r2 = *(u32 *)(r1 +24);"
	    "r0 = 2;"
	    "exit;");
}

SEC("xdp") __success
NAKED(xdp_meta)
{
	ASM("r2 = *(u32 *)(r1 +8);"
	    "r3 = *(u32 *)(r1 +0);"
	    "r4 = r2;"
	    "r4 += 4;"
	    "if r4 > r3 goto out%=;"
	    "r0 = *(u32 *)(r2 +0);"
	    "out%=:"
	    "r0 = 2;"
	    "exit;");
}

SEC("xdp") __failure __msg("are known to be there")
NAKED(xdp_meta_unchecked)
{
	ASM("r2 = *(u32 *)(r1 +8);"
	    "r0 = *(u32 *)(r2 +0);"
	    "r0 = 2;"
	    "exit;");
}

SEC("tc") __success
NAKED(tc_load)
{
	ASM("r2 = *(u32 *)(r1 +76);"
	    "r3 = *(u32 *)(r1 +80);"
	    "r4 = r2;"
	    "r4 += 14;"
	    "if r4 > r3 goto out%=;"
	    STORE(u8, r2, 0, 1)
	    "out%=:"
	    "r0 = 0;"
	    "exit;");
}

SEC("tc") __success
NAKED(tc_mark)
{
	ASM(STORE(u32, r1, 8, 1)
	    "r0 = *(u8 *)(r1 +8);"
	    "r0 = 0;"
	    "exit;");
}

SEC("tc") __failure __msg("invalid ctx access")
NAKED(tc_write_len)
{
	ASM(STORE(u32, r1, 0, 1)
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("invalid ctx access")
NAKED(socket_data)
{
	ASM("r2 = *(u32 *)(r1 +76);"
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __success
NAKED(socket_len)
{
	ASM("r0 = *(u32 *)(r1 +0);"
	    "exit;");
}

SEC("socket") __success
NAKED(socket_cb)
{
	ASM(STORE(u32, r1, 48, 1)
	    "r0 = 0;"
	    "exit;");
}

SEC("socket") __failure __msg("invalid ctx access")
NAKED(socket_mark)
{
	ASM(STORE(u32, r1, 8, 1)
	    "r0 = 0;"
	    "exit;");
}

SEC("raw_tp") __success
NAKED(raw_tp_args)
{
	ASM("r0 = *(u64 *)(r1 +88);"
	    "exit;");
}

SEC("raw_tp") __failure __msg("invalid ctx access")
NAKED(raw_tp_end)
{
	ASM("r0 = *(u64 *)(r1 +96);"
	    "exit;");
}

SEC("syscall") __success
NAKED(syscall_ctx)
{
	ASM(STORE(u64, r1, 8, 1)
	    "r0 = *(u32 *)(r1 +100);"
	    "exit;");
}

SEC("xdp") __failure __msg("was modified")
NAKED(xdp_ctx_modified)
{
	ASM("r1 += 4;"
	    "r0 = *(u32 *)(r1 +0);"
	    "r0 = 2;"
	    "exit;");
}

char _license[] SEC("license") = "GPL";
