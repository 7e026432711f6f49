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

/* -- As C --- */

volatile int sink = 1;	/* .bss is all global[] */

#define DATA(ctx) ((volatile unsigned char *)(long)(ctx)->data)
#define END(ctx) ((volatile unsigned char *)(long)(ctx)->data_end)

SEC("xdp") __failure __msg("R1: packet access at 0 of 1 bytes, 0 are known to be there")
int packet_of_a_length_in_the_packet(struct xdp_md *ctx)
{
	volatile unsigned char *data = DATA(ctx), *end = END(ctx);

	if (data + 1 > end)
		return XDP_PASS;
	return data[data[0]] & 1;
}

SEC("xdp") __success
int packet_of_a_length_in_the_packet_checked(struct xdp_md *ctx)
{
	volatile unsigned char *data = DATA(ctx), *end = END(ctx);

	if (data + 1 > end)
		return XDP_PASS;
	data += data[0];
	return data + 1 > end ? XDP_PASS : data[0] & 1;
}

SEC("xdp") __failure __msg("are known to be there")
int packet_checked_before_it_is_moved_on(struct xdp_md *ctx)
{
	volatile unsigned char *data = DATA(ctx), *end = END(ctx), *next;

	if (data + 14 > end)
		return XDP_PASS;
	next = data + (data[0] & 60);
	return next[0] & 1;
}

SEC("tc") __failure __msg("is scalar: memory cannot be accessed through it")
int packet_after_it_was_pulled(struct __sk_buff *skb)
{
	volatile unsigned char *data = DATA(skb), *end = END(skb);

	if (data + 14 > end)
		return 0;
	bpf_skb_pull_data(skb, 14);
	return data[0] & 1;
}

static __noinline int pull(struct __sk_buff *skb)
{
	return bpf_skb_pull_data(skb, 14);
}

SEC("tc") __failure __msg("is scalar: memory cannot be accessed through it")
int packet_after_a_function_pulled_it(struct __sk_buff *skb)
{
	volatile unsigned char *data = DATA(skb), *end = END(skb);

	if (data + 14 > end)
		return 0;
	sink = pull(skb);
	return data[0] & 1;
}

__attribute__((noinline)) int global_pull(struct __sk_buff *skb)
{
	return bpf_skb_pull_data(skb, 14);
}

SEC("tc") __failure __msg("is scalar: memory cannot be accessed through it")
int packet_after_a_global_function_pulled_it(struct __sk_buff *skb)
{
	volatile unsigned char *data = DATA(skb), *end = END(skb);

	if (data + 14 > end)
		return 0;
	sink = global_pull(skb);
	return data[0] & 1;
}

SEC("tc") __failure __msg("is scalar: memory cannot be accessed through it")
int packet_after_it_was_written_by_a_helper(struct __sk_buff *skb)
{
	volatile unsigned char *data = DATA(skb), *end = END(skb);
	__u32 word = 0;

	if (data + 14 > end)
		return 0;
	bpf_skb_store_bytes(skb, 0, &word, 4, 0);
	return data[0] & 1;
}

static int body_pulls(__u32 i, struct __sk_buff **skb)
{
	bpf_skb_pull_data(*skb, 14);
	return 0;
}

SEC("tc") __failure __msg("is scalar: memory cannot be accessed through it")
int packet_after_a_callback_pulled_it(struct __sk_buff *skb)
{
	volatile unsigned char *data = DATA(skb), *end = END(skb);

	if (data + 14 > end)
		return 0;
	bpf_loop(1, body_pulls, &skb, 0);
	return data[0] & 1;
}

SEC("tc") __failure __msg("are known to be there")
int packet_copied_to_the_stack_by_a_helper(struct __sk_buff *skb)
{
	volatile unsigned char *data = DATA(skb), *end = END(skb);

	if (data + 4 > end)
		return 0;
	bpf_map_delete_elem(&hash, (void *)data);
	return 0;
}

SEC("xdp") __failure __msg("are known to be there")
int packet_end_of_another_packet(struct xdp_md *ctx)
{
	volatile unsigned char *data = DATA(ctx), *end;

	if (bpf_xdp_adjust_head(ctx, 4))
		return XDP_PASS;
	data = DATA(ctx);
	end = (void *)(long)ctx->data_meta;
	if (data + 4 > end)
		return XDP_PASS;
	return data[3] & 1;
}

SEC("xdp") __failure __msg("are known to be there")
int packet_checked_on_one_path(struct xdp_md *ctx)
{
	volatile unsigned char *data = DATA(ctx), *end = END(ctx);

	if (ctx->ingress_ifindex & 1)
		if (data + 8 > end)
			return XDP_PASS;
	return data[7] & 1;
}

SEC("xdp") __failure __msg("are known to be there")
int packet_checked_with_less_on_one_path(struct xdp_md *ctx)
{
	volatile unsigned char *data = DATA(ctx), *end = END(ctx);

	if (ctx->ingress_ifindex & 1) {
		if (data + 8 > end)
			return XDP_PASS;
	} else if (data + 7 > end) {
		return XDP_PASS;
	}
	return data[7] & 1;
}

SEC("xdp") __failure __msg("invalid ctx access at offset 24 of 4 bytes")
int xdp_ctx_unknown_field(struct xdp_md *ctx)
{
	return ((volatile __u32 *)ctx)[6];
}

SEC("xdp") __failure __msg("invalid ctx access at offset 0 of 8 bytes")
int xdp_ctx_two_fields_at_once(struct xdp_md *ctx)
{
	return *(volatile __u64 *)ctx & 1;
}

SEC("xdp") __failure __msg("invalid ctx access at offset 0 of 4 bytes")
int xdp_ctx_data_written(struct xdp_md *ctx)
{
	*(volatile __u32 *)&ctx->data = 0;
	return XDP_PASS;
}

SEC("tc") __failure __msg("invalid ctx access at offset 16 of 4 bytes")
int tc_writes_the_protocol(struct __sk_buff *skb)
{
	*(volatile __u32 *)&skb->protocol = 0;
	return 0;
}

SEC("tc") __failure __msg("invalid ctx access at offset 8 of 2 bytes")
int tc_writes_half_of_the_mark(struct __sk_buff *skb)
{
	*(volatile __u16 *)&skb->mark = 0;
	return 0;
}

SEC("socket") __failure __msg("invalid ctx access at offset 72 of 4 bytes")
int socket_reads_the_class(struct __sk_buff *skb)
{
	return *(volatile __u32 *)&skb->tc_classid;
}

SEC("socket") __failure __msg("invalid ctx access at offset 80 of 4 bytes")
int socket_reads_the_end(struct __sk_buff *skb)
{
	return *(volatile __u32 *)&skb->data_end;
}

SEC("socket") __failure __msg("invalid ctx access at offset 64 of 8 bytes")
int socket_reads_past_cb(struct __sk_buff *skb)
{
	return *(volatile __u64 *)&skb->cb[4];
}

SEC("socket") __failure __msg("not allowed in programs of this type")
int socket_pulls(struct __sk_buff *skb)
{
	return bpf_xdp_adjust_head((void *)skb, 0);
}

SEC("xdp") __failure __msg("not allowed in programs of this type")
int xdp_uses_an_skb_helper(struct xdp_md *ctx)
{
	char b[4];

	return bpf_skb_load_bytes(ctx, 0, b, 4);
}

SEC("tc") __failure __msg("R3: stack access at -4 of 513 bytes is outside [-512, 0)")
int skb_bytes_into_too_little(struct __sk_buff *skb)
{
	char b[4];

	return bpf_skb_load_bytes(skb, 0, b, 513);
}

SEC("tc") __failure __msg("may be 0")
int skb_bytes_of_no_size(struct __sk_buff *skb)
{
	char b[4];

	return bpf_skb_load_bytes(skb, 0, b, 0);
}

char _license[] SEC("license") = "GPL";
