// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Arguments, return values and what the helpers say of them. */
#include "sem.bpf.h"

struct file;

/* All six, and the return value in both phases (the compiler loads it first). */
SEC("fsession/bpf_fentry_test6")
int BPF_PROG(args6, __u64 a, void *b, short c, int dd, void *e, __u64 f, int ret)
{
	struct sem_event *ev = sem_session(ctx, 1, 6);

	ev->args[0] = a;
	ev->args[1] = (__u64)b;
	ev->args[2] = c;
	ev->args[3] = dd;
	ev->args[4] = (__u64)e;
	ev->args[5] = f;
	ev->ret = ret;
	return 0;
}

/* Narrow signed arguments. */
SEC("fsession/bpf_fentry_test3")
int BPF_PROG(args3, char a, int b, __u64 c, int ret)
{
	struct sem_event *ev = sem_session(ctx, 2, 3);

	ev->args[0] = a;
	ev->args[1] = b;
	ev->args[2] = c;
	ev->ret = ret;
	return 0;
}

/* The load of the return slot stands at the top, before anything else. */
SEC("fsession/bpf_fentry_test1")
int BPF_PROG(hoisted, int a, int ret)
{
	int early = ret;
	struct sem_event *ev;

	asm volatile("" : "+r"(early));
	ev = sem_session(ctx, 3, 1);
	ev->args[0] = a;
	ev->ret = early;
	return 0;
}

/* The return slot only where the program knows that it is the exit. */
SEC("fsession/bpf_fentry_test1")
int BPF_PROG(dominated, int a, int ret)
{
	struct sem_event *ev = sem_session(ctx, 4, 1);

	ev->args[0] = a;
	if (bpf_session_is_return(ctx))
		ev->ret = ret;
	else
		ev->ret = -1;
	return 0;
}

static __always_inline void all_helpers(struct sem_event *e, void *ctx)
{
	__u64 v[3] = { 0xbad, 0xbad, 0xbad };

	e->nr_args = bpf_get_func_arg_cnt(ctx);
	e->ret = 0xbad;
	e->ret_err = bpf_get_func_ret(ctx, &e->ret);
	e->ip = bpf_get_func_ip(ctx);
	e->attach_cookie = bpf_get_attach_cookie(ctx);
	e->args[3] = bpf_get_func_arg(ctx, 0, &v[0]);
	e->args[4] = bpf_get_func_arg(ctx, 1, &v[1]);
	e->args[5] = bpf_get_func_arg(ctx, 2, &v[2]);
	e->args[0] = v[0];
	e->args[1] = v[1];
	e->args[2] = v[2];
}

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(helpers1)
{
	all_helpers(sem_session(ctx, 5, 1), ctx);
	return 0;
}

SEC("fsession/bpf_fentry_test2")
int BPF_PROG(helpers2)
{
	all_helpers(sem_session(ctx, 6, 1), ctx);
	return 0;
}

SEC("fsession/bpf_fentry_test6")
int BPF_PROG(helpers6)
{
	struct sem_event *e = sem_session(ctx, 7, 1);
	__u64 v[8] = {};

	e->nr_args = bpf_get_func_arg_cnt(ctx);
	bpf_get_func_arg(ctx, 3, &v[3]);
	bpf_get_func_arg(ctx, 4, &v[4]);
	bpf_get_func_arg(ctx, 5, &v[5]);
	e->args[0] = bpf_get_func_arg(ctx, 6, &v[6]);
	e->args[1] = bpf_get_func_arg(ctx, 7, &v[7]);
	e->args[3] = v[3];
	e->args[4] = v[4];
	e->args[5] = v[5];
	e->ret_err = bpf_get_func_ret(ctx, &e->ret);
	return 0;
}

/* The number of the argument is not known when the program is loaded. */
SEC("fsession/bpf_fentry_test5")
int BPF_PROG(helpers_variable)
{
	struct sem_event *e = sem_session(ctx, 8, 1);
	__u64 v = 0;

	e->args[1] = bpf_get_func_arg(ctx, d.arg, &v);
	e->args[0] = v;
	return 0;
}

/* The same cookie everywhere, and no IP slot in the frame. */
SEC("fsession/bpf_fentry_test1")
int BPF_PROG(attach_cookie1)
{
	sem_session(ctx, 9, 1)->attach_cookie = bpf_get_attach_cookie(ctx);
	return 0;
}

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(attach_cookie2)
{
	sem_session(ctx, 10, 1)->attach_cookie = bpf_get_attach_cookie(ctx);
	return 0;
}

/* void fd_install(unsigned int fd, struct file *file) */
SEC("fsession/fd_install")
int BPF_PROG(void_func, unsigned int fd, struct file *file)
{
	struct sem_event *e;

	if (!sem_ours())
		return 0;
	e = sem_session(ctx, 11, fd + 1);
	e->args[0] = fd;
	e->args[1] = (__u64)file;
	e->nr_args = bpf_get_func_arg_cnt(ctx);
	e->ret = 0xbad;
	e->ret_err = bpf_get_func_ret(ctx, &e->ret);
	return 0;
}

/* Which has no return slot. */
SEC("fsession/fd_install")
int BPF_PROG(void_ret, unsigned int fd, struct file *file, long ret)
{
	if (bpf_session_is_return(ctx))
		d.n[0] += ret;
	return 0;
}

/* int security_task_getpgid(struct task_struct *p): getpgid() calls it, fmod_ret may replace it */
SEC("fsession/security_task_getpgid")
int BPF_PROG(modified, void *p, int ret)
{
	struct sem_event *e;

	if (!sem_ours())
		return 0;
	e = sem_session(ctx, 12, 0x77);
	e->ret = ret;
	e->ret_err = bpf_get_func_ret(ctx, &e->args[1]);
	return 0;
}

SEC("fsession/security_task_getpgid")
int BPF_PROG(modified_plain, void *p, int ret)
{
	if (sem_ours())
		sem_event(13, bpf_session_is_return(ctx))->ret = ret;
	return 0;
}

SEC("fmod_ret/security_task_getpgid")
int BPF_PROG(modify, void *p, int ret)
{
	if (!sem_ours())
		return 0;
	sem_event(14, 0)->ret = ret;
	return d.arg;
}

SEC("fexit/security_task_getpgid")
int BPF_PROG(modified_fexit, void *p, int ret)
{
	if (sem_ours())
		sem_event(15, 1)->ret = ret;
	return 0;
}

/* uid_t from_kuid_munged(struct user_namespace *targ, kuid_t kuid): a struct of 4 bytes */
SEC("fsession/from_kuid_munged")
int struct4(__u64 *ctx)
{
	struct sem_event *e;

	if (!sem_ours())
		return 0;
	e = sem_session(ctx, 16, 1);
	e->nr_args = bpf_get_func_arg_cnt(ctx);
	e->args[0] = ctx[0];
	e->args[1] = (__u32)ctx[1];
	bpf_get_func_arg(ctx, 1, &e->args[2]);
	e->ret_err = bpf_get_func_ret(ctx, &e->ret);
	return 0;
}

/*
 * int udp_setsockopt(struct sock *sk, int level, int optname, sockptr_t optval,
 *		      unsigned int optlen): the fourth has 16 bytes, two slots
 */
SEC("fsession/udp_setsockopt")
int struct16(__u64 *ctx)
{
	struct sem_event *e;

	if (!sem_ours())
		return 0;
	e = sem_session(ctx, 17, 1);
	e->nr_args = bpf_get_func_arg_cnt(ctx);
	e->args[1] = (int)ctx[1];
	e->args[2] = (int)ctx[2];
	e->args[3] = (__u64)ctx[3];
	e->args[5] = (unsigned int)ctx[5];
	e->ret = (int)ctx[6];
	e->ret_err = bpf_get_func_ret(ctx, &e->ip);
	return 0;
}

/*
 * unsigned long do_mmap(file, addr, len, prot, flags, vm_flags, pgoff, populate, uf): the last
 * three on the stack
 */
SEC("fsession/do_mmap")
int args9(__u64 *ctx)
{
	struct sem_event *e;

	if (!sem_ours() || ctx[1] != 0x123400000)
		return 0;
	e = sem_session(ctx, 18, 9);
	e->nr_args = bpf_get_func_arg_cnt(ctx);
	e->args[0] = ctx[2];
	e->args[1] = ctx[3];
	e->args[2] = ctx[6];
	bpf_get_func_arg(ctx, 6, &e->args[3]);
	e->args[4] = bpf_get_func_arg(ctx, 9, &e->args[5]);
	e->ret = ctx[9];
	e->ret_err = bpf_get_func_ret(ctx, &e->ip);
	return 0;
}

/* int rt_fill_info(..., struct sk_buff *skb, u32 portid, u32 seq, unsigned int flags): 11 */
SEC("fsession/rt_fill_info")
int args11(__u64 *ctx)
{
	struct sem_event *e;

	if (!sem_ours())
		return 0;
	e = sem_session(ctx, 19, 11);
	e->nr_args = bpf_get_func_arg_cnt(ctx);
	e->args[0] = (__u32)ctx[8];
	e->args[1] = (__u32)ctx[9];
	e->args[2] = (__u32)ctx[4];
	e->ret = (int)ctx[11];
	e->ret_err = bpf_get_func_ret(ctx, &e->ip);
	return 0;
}
