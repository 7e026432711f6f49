// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* An XDP program: drops what is no IPv4, counts the rest by protocol. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

__u64 seen[256];

/* Protocol of the packet, or -1. Global, hence verified and traceable by itself. */
__attribute__((noinline)) int protocol(struct xdp_md *xdp)
{
	void *data = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return -1;
	return ip->protocol;
}

SEC("xdp")
int filter(struct xdp_md *xdp)
{
	int p = protocol(xdp);

	if (p < 0)
		return XDP_DROP;
	__sync_fetch_and_add(&seen[p & 255], 1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
