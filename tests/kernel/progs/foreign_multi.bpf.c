// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Several functions: bpf_fentry_test1 and 10, as far as the kernel has them. */
#define EXTERN __weak __ksym
#include "foreign.bpf.h"

SEC("fsession.multi/bpf_fentry_test1*")
int session(__u64 *ctx)
{
	__u64 *cookie = bpf_session_cookie(ctx);

	if (bpf_session_is_return(ctx)) {
		seen.exits++;
		seen.bad += *cookie != bpf_get_func_ip(ctx);
	} else {
		seen.entries++;
		seen.bad += *cookie != 0;
		*cookie = bpf_get_func_ip(ctx);
	}
	return 0;
}
