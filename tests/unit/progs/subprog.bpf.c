// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
#include "session.h"

int seen;

static __attribute__((noinline)) int in_static(void *ctx)
{
	return bpf_session_is_return(ctx) ? 7 : 3;
}

static __attribute__((noinline)) int in_another(__u64 *ctx)
{
	return bpf_session_is_return(ctx) ? (int)ctx[0] : 0;
}

static long callback(__u32 i, void *arg)
{
	void *ctx = *(void **)arg;

	*bpf_session_cookie(ctx) += i;
	return 0;
}

SEC("fsession/bpf_fentry_test1")
int subprog_session(__u64 *ctx)
{
	void *arg = ctx;

	bpf_loop(3, callback, &arg, 0);
	seen = in_static(ctx) + in_another(ctx);
	return 0;
}
