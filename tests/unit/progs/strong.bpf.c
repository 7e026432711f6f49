// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "session.h"

int seen_entry, seen_exit;

SEC("fsession/bpf_fentry_test1")
int session(__u64 *ctx)
{
	__u64 *cookie = bpf_session_cookie(ctx);

	if (bpf_session_is_return(ctx)) {
		seen_exit += *cookie == 0x1234;
		return 0;
	}
	*cookie = 0x1234;
	seen_entry++;
	return 0;
}
