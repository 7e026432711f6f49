// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Programs of several kinds in one object; lines that come fast; one that libbpf cannot attach. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <fsession/bpf_fsession.h>

#define BURST 200

int kprobe_hits;
int multi_hits[2];

SEC("kprobe/icmp_rcv")
int mix_kprobe(void *ctx)
{
	__sync_fetch_and_add(&kprobe_hits, 1);
	return 0;
}

SEC("fsession.multi/icmp_rcv,icmp_ech?")
int mix_multi(void *ctx)
{
	if (bpf_session_is_return(ctx))
		__sync_fetch_and_add(&multi_hits[1], 1);
	else
		__sync_fetch_and_add(&multi_hits[0], 1);
	return 0;
}

SEC("fsession/icmp_rcv")
int mix_burst(void *ctx)
{
	char escape[] = "\033[31m";

	if (bpf_session_is_return(ctx))
		return 0;
	for (int i = 0; i < BURST; i++)
		bpf_printk("line %d%s\n", i, escape);
	return 0;
}

SEC("xdp")
int mix_xdp(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("?fsession/no_such_function")
int mix_off(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
