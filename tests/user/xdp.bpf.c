// SPDX-License-Identifier: BSD-2-Clause
/* Counts packets by EtherType and drops short IPv6 ones. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u16);
	__type(value, __u64);
} types SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} totals SEC(".maps");

const volatile __u32 short_bytes = 40;
__u64 seen;

static void count(__u32 which, __u64 by)
{
	__u64 *v = bpf_map_lookup_elem(&totals, &which);

	if (v)
		__sync_fetch_and_add(v, by);
}

SEC("xdp")
int classify(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	__u64 one = 1, *v;
	__u16 type;

	if (data + sizeof(*eth) > end)
		return XDP_ABORTED;
	type = bpf_ntohs(eth->h_proto);
	seen++;
	count(0, 1);
	count(1, end - data);
	v = bpf_map_lookup_elem(&types, &type);
	if (v)
		__sync_fetch_and_add(v, 1);
	else
		bpf_map_update_elem(&types, &type, &one, BPF_NOEXIST);
	return type == ETH_P_IPV6 && end - data < short_bytes ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
