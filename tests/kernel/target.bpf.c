// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* A program to be a target: main, a static and a global function. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "Dual BSD/GPL";

volatile int calls;

static __attribute__((noinline)) int target_static(int a)
{
	calls += a;
	return a + 1;
}

__attribute__((noinline)) int target_global(int a, long b, char c)
{
	calls += a + b + c;
	return calls;
}

SEC("socket")
int target_main(struct __sk_buff *skb)
{
	return target_static(skb->len) + target_global(1, 2, 3);
}
