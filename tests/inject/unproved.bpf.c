// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Loads, but no verifier lets it run: the index may be anything. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <fsession/bpf_fsession.h>

char LICENSE[] SEC("license") = "GPL";

int seen[4];

SEC("fsession/weigh")
int BPF_PROG(unproved, const void *load, short times)
{
	seen[(unsigned short)times]++;
	return 0;
}
