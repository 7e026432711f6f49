// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* BPF programs to be traced: main programs, global and static subprograms. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__noinline int global_sub(int a, int b)
{
	volatile int sum = a + b;

	return sum;
}

/* The kernel knows no types of a static one: five registers. */
static __noinline __u64 static_sub(__u64 a, __u64 b, __u64 c)
{
	volatile __u64 sum = a * 100 + b * 10 + c;

	return sum;
}

SEC("socket")
int target_socket(struct __sk_buff *skb)
{
	__u64 two = 2, three = 3;

	asm volatile("" : "+r"(two), "+r"(three));	/* no constants: it would lose arguments */
	return global_sub(skb->len, 3) + static_sub(skb->len & 7, two, three);
}

SEC("xdp")
int target_xdp(struct xdp_md *xdp)
{
	return global_sub(xdp->rx_queue_index, 2);
}
