// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The program under test: how often lookup() finds nothing, and the key that takes the most steps. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <fsession/bpf_fsession.h>

__u64 calls, misses;
long worst_key, worst_steps;

static long steps;	/* of this moment; the program under trace counts them */

SEC("fsession/step")
int on_step(void *ctx)
{
	if (!bpf_session_is_return(ctx))
		steps++;
	return 0;
}

SEC("fsession/lookup")
int BPF_PROG(on_lookup, int key, int ret)
{
	__u64 *begin = bpf_session_cookie(ctx);

	if (!bpf_session_is_return(ctx)) {
		*begin = steps;
		calls++;
		return 0;
	}
	if (ret < 0)
		misses++;
	if (steps - (long)*begin > worst_steps) {
		worst_steps = steps - (long)*begin;
		worst_key = key;
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
