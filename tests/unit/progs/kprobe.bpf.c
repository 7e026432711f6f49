// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* Another kind of session has the same kfuncs: the cookie's extern must stay the kernel's. */
#define KFUNC __ksym __weak
#include "session.h"

int seen;

SEC("fsession/bpf_fentry_test1")
int fsession(__u64 *ctx)
{
	if (bpf_session_is_return(ctx))
		seen = *bpf_session_cookie(ctx);
	return 0;
}

SEC("kprobe.session/bpf_fentry_test1")
int kprobe(void *ctx)
{
	seen = *bpf_session_cookie(ctx);
	return 0;
}
