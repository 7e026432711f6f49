// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* As bpftool writes them into a vmlinux.h. */
#define EXTERN __weak __ksym
#include "foreign.bpf.h"

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(session, int a, int ret)
{
	__u64 *cookie;

	if (!bpf_session_is_return(ctx)) {
		cookie = bpf_session_cookie(ctx);
		seen.entries++;
		seen.bad += *cookie != 0;
		*cookie = MAGIC + a;
		return 0;
	}
	cookie = bpf_session_cookie(ctx);
	seen.exits++;
	seen.bad += *cookie != MAGIC + 1 || ret != 2;
	return 0;
}
