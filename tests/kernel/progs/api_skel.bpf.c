// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* One program per way to name a target. */
#include "api.bpf.h"

struct seen func_seen, module_seen, sleepable_seen, multi_seen, bare_seen, late_seen;
__s64 func_arg, func_ret[2];

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(func, int a, int ret)
{
	note(ctx, &func_seen);
	func_arg = a;
	if (bpf_session_is_return(ctx))
		func_ret[1] = ret;
	else
		func_ret[0] = ret;
	return 0;
}

SEC("?fsession/tun:tun_chr_open")
int BPF_PROG(module)
{
	note(ctx, &module_seen);
	return 0;
}

SEC("?fsession.s/bpf_fentry_test1")
int BPF_PROG(sleepable)
{
	note(ctx, &sleepable_seen);
	return 0;
}

SEC("?fsession.multi/bpf_fentry_test1*")
int multi(void *ctx)
{
	note(ctx, &multi_seen);
	return 0;
}

SEC("?fsession")
int BPF_PROG(bare)
{
	note(ctx, &bare_seen);
	return 0;
}
