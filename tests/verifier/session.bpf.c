// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Sessions as people write them. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <fsession/bpf_fsession.h>

#include "verdict.h"

struct bpf_fentry_test_t;

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(return_value, int a, int ret)
{
	if (bpf_session_is_return(ctx) && ret == a + 1)
		bpf_printk("right");
	return 0;
}

SEC("fsession/bpf_fentry_test1")
__failure __msg("should have been in [0, 0]")
int BPF_PROG(returns_the_argument, int a)
{
	return a;
}

SEC("fsession/bpf_fentry_test5")
int BPF_PROG(five_arguments, __u64 a, void *b, short c, int d, __u64 e, int ret)
{
	__u64 *cookie = bpf_session_cookie(ctx);

	if (bpf_session_is_return(ctx))
		bpf_printk("%d %llu", ret, *cookie);
	else
		*cookie = a + (long)b + c + d + e;
	return 0;
}

SEC("fsession/bpf_fentry_test1")
__failure __msg("no argument in slot 2")
int too_many(unsigned long long *ctx)
{
	volatile unsigned long long v = ctx[2];

	return v & 0;
}

static __attribute__((noinline)) __u64 since(__u64 *cookie)
{
	return bpf_ktime_get_ns() - *cookie;
}

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(subprogram, int a)
{
	__u64 *cookie = bpf_session_cookie(ctx);

	if (!bpf_session_is_return(ctx))
		*cookie = bpf_ktime_get_ns();
	else if (since(cookie) > 1000)
		bpf_printk("slow");
	return 0;
}

SEC("fsession/bpf_fentry_test1")
__failure __msg("outside its 8 bytes")
int BPF_PROG(cookie_of_two_words, int a)
{
	__u64 *cookie = bpf_session_cookie(ctx);

	cookie[1] = 1;
	return 0;
}

/* Whose place it takes is not in the object. */
SEC("freplace/some_function")
__failure __msg("are not supported") __msg("it is judged when it is loaded")
int replaces(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
