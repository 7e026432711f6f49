// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Asks whether the kfuncs are there. */
#define EXTERN __weak __ksym
#include "foreign.bpf.h"

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(session)
{
	__u64 *cookie;

	if (!bpf_session_is_return || !bpf_session_cookie)
		return 0;
	cookie = bpf_session_cookie(ctx);
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
