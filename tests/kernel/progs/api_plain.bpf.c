// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* No session, but an object as large as one. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u64 runs;

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(plain)
{
	runs++;
	return 0;
}
