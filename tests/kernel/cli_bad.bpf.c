// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A program that no kernel takes. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <fsession/bpf_fsession.h>

SEC("fsession/icmp_rcv")
int bad_return(void *ctx)
{
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
