// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* On whatever function is said: as many arguments as it may have. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("fsession")
int BPF_PROG(three, int a, unsigned char b, const char *c, int ret)
{
	bpf_printk("%d %d %d", a, b, ret);
	return 0;
}

SEC("fsession")
int four(unsigned long long *ctx)
{
	bpf_printk("%d", (int)ctx[4]);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
