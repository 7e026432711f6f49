// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Says when the kernel enters and when it leaves icmp_rcv(), which receives each ICMP packet.
 *
 *	fsession run icmp.bpf.o -- ping -c1 127.0.0.1
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <fsession/bpf_fsession.h>

struct sk_buff;

SEC("fsession/icmp_rcv")
int BPF_PROG(icmp, struct sk_buff *skb)
{
	if (bpf_session_is_return(ctx))
		bpf_printk("fsession exit.");
	else
		bpf_printk("fsession entry.");
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
