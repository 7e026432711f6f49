// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What each kind of tracing program sees of the engine's test functions. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define FSESSION_BPF_KFUNC
#include <fsession/bpf_fsession.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#include "trace.h"

struct trace_data d;

static void see(__u64 what, __u64 phase, __u64 arg, __u64 ret, __u64 cookie)
{
	if (d.nr_seen < TRACE_SEEN)
		d.seen[d.nr_seen++ & (TRACE_SEEN - 1)] = (struct trace_seen){ what, phase, arg, ret, cookie };
}

SEC("fentry/bpf_fentry_test1")
int entry1(__u64 *ctx)
{
	__u64 ret = 77;

	d.ip = bpf_get_func_ip(ctx);
	d.arg_cnt = bpf_get_func_arg_cnt(ctx);
	d.get_ret = bpf_get_func_ret(ctx, &ret);
	see(1, 0, (__u32)ctx[0], ret, bpf_get_attach_cookie(ctx));
	return 0;
}

SEC("fexit/bpf_fentry_test1")
int exit1(__u64 *ctx)
{
	see(2, 1, (__u32)ctx[0], (__u32)ctx[1], bpf_get_attach_cookie(ctx));
	return 0;
}

SEC("fentry/bpf_fentry_test1")	/* made a session by the test: libbpf 1.1 has no section for them */
int session1(__u64 *ctx)
{
	__u64 *cookie = bpf_session_cookie(ctx);
	_Bool exit = bpf_session_is_return(ctx);

	see(3, exit, (__u32)ctx[0], (__u32)ctx[1], *cookie);
	*cookie = 0xDEADBEEF;
	return 0;
}

SEC("fmod_ret/bpf_modify_return_test")
int modify(__u64 *ctx)
{
	see(4, 0, (__u32)ctx[0], 0, 0);
	return -22;
}

SEC("fexit/bpf_fentry_test6")
int exit6(__u64 *ctx)
{
	see(6, 1, ctx[0] + ctx[1] + (__u16)ctx[2] + (__u32)ctx[3] + ctx[4] + ctx[5], (__u32)ctx[6], 0);
	return 0;
}

struct bpf_fentry_test_t {
	struct bpf_fentry_test_t *a;
};

SEC("fentry/bpf_fentry_test7")
int null7(__u64 *ctx)
{
	struct bpf_fentry_test_t *arg = (void *)ctx[0];

	see(7, 0, !arg, (__u64)arg->a, (__u64)arg->a->a);
	return 0;
}

SEC("?fentry/bpf_fentry_test1")	/* sleepable if the test says so */
int copy1(__u64 *ctx)
{
	__u64 word = 0;

	d.copied = bpf_copy_from_user(&word, sizeof(word), (void *)ctx[0]);
	see(8, 0, word, 0, 0);
	return 0;
}
