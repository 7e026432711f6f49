// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Hands a value from the entry of icmp_rcv() to its exit. The cookie belongs to this one call of
 * the function, however many others run at the same time.
 *
 *	fsession run cookie.bpf.o -- ping -c1 127.0.0.1
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <fsession/bpf_fsession.h>

struct sk_buff;

SEC("fsession/icmp_rcv")
int BPF_PROG(cookie, struct sk_buff *skb)
{
	__u64 *value = bpf_session_cookie(ctx);

	if (bpf_session_is_return(ctx))
		bpf_printk("fsession cookie: 0x%llx", *value);
	else
		*value = 0xDEADBEEF;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
