// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Sessions on the functions of another BPF program: what each returned, and how often. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <fsession/bpf_fsession.h>

__u64 entries, exits;
long last_ret;
__u64 drops, passes;

SEC("fsession")
int on_protocol(void *ctx)
{
	__u64 ret;

	if (!bpf_session_is_return(ctx)) {
		entries++;
		return 0;
	}
	exits++;
	if (!bpf_get_func_ret(ctx, &ret))
		last_ret = (int)ret;
	return 0;
}

SEC("fsession")
int on_filter(void *ctx)
{
	__u64 ret;

	if (!bpf_session_is_return(ctx) || bpf_get_func_ret(ctx, &ret))
		return 0;
	drops += (__u32)ret == XDP_DROP;
	passes += (__u32)ret == XDP_PASS;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
