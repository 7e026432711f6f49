// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The kfuncs in a program that is no session. */
#define EXTERN __weak __ksym
#include "foreign.bpf.h"

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(in_fentry)
{
	seen.exits += bpf_session_is_return(ctx);
	return 0;
}
