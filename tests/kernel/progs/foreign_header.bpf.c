// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Our header, told to declare ordinary kfuncs. */
#define FSESSION_BPF_KFUNC
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <fsession/bpf_fsession.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define MAGIC 0x0123456789abcdefULL

struct {
	__u64 entries, exits, bad;
} seen;

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(session)
{
	__u64 *cookie = bpf_session_cookie(ctx);

	if (bpf_session_is_return(ctx)) {
		seen.exits++;
		seen.bad += *cookie != MAGIC;
	} else {
		seen.entries++;
		seen.bad += *cookie != 0;
		*cookie = MAGIC;
	}
	return 0;
}
