// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Sessions on BPF programs. */
#include "sem.bpf.h"

SEC("fsession")
int on_main(__u64 *ctx)
{
	struct sem_event *e = sem_session(ctx, 1, 0x11);

	e->nr_args = bpf_get_func_arg_cnt(ctx);
	e->ret_err = bpf_get_func_ret(ctx, &e->ret);
	e->attach_cookie = bpf_get_attach_cookie(ctx);
	return 0;
}

SEC("fsession")
int BPF_PROG(on_global, int a, int b, int ret)
{
	struct sem_event *e = sem_session(ctx, 2, 0x22);

	e->args[0] = a;
	e->args[1] = b;
	e->ret = ret;
	e->nr_args = bpf_get_func_arg_cnt(ctx);
	return 0;
}

SEC("fsession")
int on_static(__u64 *ctx)
{
	struct sem_event *e = sem_session(ctx, 3, 0x33);

	e->args[0] = ctx[0];
	e->args[1] = ctx[1];
	e->args[2] = ctx[2];
	e->ret_err = bpf_get_func_ret(ctx, &e->ret);
	e->nr_args = bpf_get_func_arg_cnt(ctx);
	return 0;
}

SEC("fsession")
int on_session(__u64 *ctx)
{
	sem_session(ctx, 4, 0x44);
	return 0;
}

SEC("fsession")
int on_session2(__u64 *ctx)
{
	sem_session(ctx, 5, 0x55);
	return 0;
}

SEC("freplace/global_sub")
int replacement(int a, int b)
{
	return a * 1000 + b;
}
