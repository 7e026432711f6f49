// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A program to attach to. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__attribute__((noinline)) int cli_xdp_part(struct xdp_md *ctx)
{
	return ctx->data ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int cli_xdp_target_of_session(struct xdp_md *ctx)
{
	return cli_xdp_part(ctx);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
