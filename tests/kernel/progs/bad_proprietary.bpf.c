// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <fsession/bpf_fsession.h>

__u64 exits;

char LICENSE[] SEC("license") = "Proprietary";

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(session)
{
	exits += bpf_session_is_return(ctx);
	return 0;
}
