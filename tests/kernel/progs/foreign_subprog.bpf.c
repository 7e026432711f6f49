// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The kfuncs in subprograms, which two programs share. */
#include "foreign.bpf.h"

static __attribute__((noinline)) int at_exit(void *ctx)
{
	return bpf_session_is_return(ctx) ? 1 : 0;
}

static __attribute__((noinline)) int keep(void *ctx, __u64 value)
{
	__u64 *cookie = bpf_session_cookie(ctx);

	if (at_exit(ctx))
		return *cookie != value;
	seen.bad += *cookie != 0;
	*cookie = value;
	return 0;
}

SEC("fsession/bpf_fentry_test1")
int session(__u64 *ctx)
{
	seen.bad += keep(ctx, MAGIC);
	if (at_exit(ctx))
		seen.exits++;
	else
		seen.entries++;
	return 0;
}

SEC("fsession/bpf_fentry_test3")
int BPF_PROG(second)
{
	seen.bad += keep(ctx, 2 * MAGIC);
	return 0;
}
