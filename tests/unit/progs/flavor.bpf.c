// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* One kfunc by two prototypes; libbpf takes what follows "___" for no part of the name. */
#define KFUNC __ksym __weak
#include "session.h"

extern bool bpf_session_is_return___old(void) __ksym __weak;

int seen;

SEC("fsession/bpf_fentry_test1")
int flavor(__u64 *ctx)
{
	if (bpf_session_is_return ? bpf_session_is_return(ctx) : bpf_session_is_return___old())
		seen++;
	return 0;
}
