// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Strong externs; arguments and return value, whose load the compiler moves to the top. */
#include "foreign.bpf.h"

SEC("fsession/bpf_fentry_test2")
int BPF_PROG(session, int a, __u64 b, int ret)
{
	__u64 *cookie = bpf_session_cookie(ctx);

	if (bpf_session_is_return(ctx)) {
		seen.exits++;
		seen.bad += *cookie != MAGIC || a != 2 || b != 3 || ret != 5;
		return 0;
	}
	seen.entries++;
	seen.bad += *cookie != 0 || a != 2 || b != 3 || ret != 0;
	*cookie = MAGIC;
	return 0;
}
