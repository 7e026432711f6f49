// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Programs that nothing should load, and one that goes wherever it is sent. */
#include "api.bpf.h"

struct seen seen;

SEC("?fsession")
int BPF_PROG(bare)
{
	note(ctx, &seen);
	return 0;
}

SEC("?fsession/bpf_fentry_test1")
int BPF_PROG(returns_one)
{
	note(ctx, &seen);
	return 1;
}

SEC("?fsession/bpf_fentry_test1")
int BPF_PROG(returns_one_at_exit)
{
	note(ctx, &seen);
	return bpf_session_is_return(ctx) ? 1 : 0;
}

SEC("?fsession/bpf_fentry_test1")
int BPF_PROG(returns_one_at_entry)
{
	note(ctx, &seen);
	return bpf_session_is_return(ctx) ? 0 : 1;
}

/* bpf_fentry_test1() has one argument and returns an int */
SEC("?fsession/bpf_fentry_test1")
int BPF_PROG(third_argument, int a, int ret, __u64 more)
{
	seen.bad += more;
	note(ctx, &seen);
	return 0;
}

SEC("?fsession/bpf_fentry_test1")
int BPF_PROG(null_pointer)
{
	__u64 *nothing = (void *)(long)bpf_get_prandom_u32();

	note(ctx, &seen);
	return *nothing;
}

/* The cookie is 8 bytes. */
SEC("?fsession/bpf_fentry_test1")
int BPF_PROG(beyond_cookie)
{
	__u64 *cookie = bpf_session_cookie(ctx);

	note(ctx, &seen);
	cookie[-100000] = 1;
	return 0;
}

/* Not sessions: no library may touch them, and no kernel knows the calls. */
SEC("?fentry/bpf_fentry_test1")
int BPF_PROG(in_fentry)
{
	note(ctx, &seen);
	return 0;
}

SEC("?kprobe/bpf_fentry_test1")
int in_kprobe(void *ctx)
{
	note(ctx, &seen);
	return 0;
}
