// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#define KFUNC __ksym __weak
#include "session.h"

int present, seen;

SEC("?fsession/bpf_fentry_test1")
int weak_session(__u64 *ctx)
{
	if (!bpf_session_is_return || !bpf_session_cookie)
		return 0;
	present = 1;
	if (bpf_session_is_return(ctx))
		seen += *bpf_session_cookie(ctx);
	else
		*bpf_session_cookie(ctx) = 5;
	return 0;
}
