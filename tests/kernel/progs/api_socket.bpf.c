// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* No session: a program to be traced, with a global function. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u64 runs;

__attribute__((noinline)) int twice(struct __sk_buff *skb)
{
	return 2 * skb->len;
}

SEC("socket")
int traced(struct __sk_buff *skb)
{
	runs++;
	return twice(skb);
}
