// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Programs of every shape: subprograms, callbacks, a full stack, much code; sleepable ones. */
#include "sem.bpf.h"

struct kiocb;

/* A subprogram that asks the session, called in both phases. */
static __noinline int sub_session(void *ctx, __u32 id, __u64 value)
{
	sem_session(ctx, id, value);
	return 0;
}

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(subprog, int a)
{
	sub_session(ctx, 1, 0x111);
	return 0;
}

/* One below the other; the upper one does not ask. */
static __noinline int sub_below(void *ctx, __u32 id)
{
	volatile __u64 pad[4] = { id };

	return sub_session(ctx, pad[0], 0x222);
}

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(subprog_below, int a)
{
	sub_below(ctx, 2);
	return 0;
}

/* Returns the cookie's address, which is used outside. */
static __noinline __u64 *sub_cookie(void *ctx)
{
	return bpf_session_cookie(ctx);
}

static __noinline _Bool sub_phase(void *ctx)
{
	return bpf_session_is_return(ctx);
}

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(subprog_returns, int a, int ret)
{
	struct sem_event *e = sem_event(3, sub_phase(ctx));
	__u64 *cookie = sub_cookie(ctx);

	if (!cookie)
		return 0;
	e->cookie = *cookie;
	if (!sub_phase(ctx))
		*cookie = 0x333;
	e->ret = ret;
	return 0;
}

/* A global one, verified for itself, called in both phases. */
__noinline int global_sum(int a, int b)
{
	sem_count(0);
	return a + b;
}

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(subprog_global, int a)
{
	sem_session(ctx, 4, 0x444)->args[0] = global_sum(a, bpf_session_is_return(ctx));
	return 0;
}

/* The address of the record must survive calls, branches and a loop. */
SEC("fsession/bpf_fentry_test1")
int BPF_PROG(cookie_kept, int a)
{
	__u64 *cookie = bpf_session_cookie(ctx);
	struct sem_event *e = sem_event(5, bpf_session_is_return(ctx));

	e->cookie = *cookie;
	for (int i = 0; i < 10; i++) {
		*cookie += bpf_get_smp_processor_id() * 0 + i;
		if (bpf_ktime_get_ns() & 1)
			sem_count(1);
	}
	*bpf_session_cookie(ctx) += 0x500000000;
	e->args[0] = *cookie;
	return 0;
}

/* All eight bytes, byte by byte. */
SEC("fsession/bpf_fentry_test1")
int BPF_PROG(cookie_bytes, int a)
{
	volatile __u8 *c = (__u8 *)bpf_session_cookie(ctx);
	struct sem_event *e = sem_event(6, bpf_session_is_return(ctx));

	e->cookie = *(volatile __u64 *)c;
	for (int i = 0; i < 8; i++)
		c[i] = 0xf1 + i;
	__sync_fetch_and_add((__u64 *)c, 1);
	return 0;
}

struct visit {
	void *ctx;
	__u64 sum;
};

static long visit_loop(__u32 i, struct visit *v)
{
	__u64 *cookie = bpf_session_cookie(v->ctx);

	if (bpf_session_is_return(v->ctx))
		v->sum += *cookie;
	else
		*cookie += i;
	return 0;
}

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(callback_loop, int a)
{
	struct visit v = { ctx };

	sem_session(ctx, 7, 0);
	bpf_loop(5, visit_loop, &v, 0);
	d.n[2] = v.sum;
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} four SEC(".maps");

static long visit_elem(void *map, __u32 *key, __u64 *value, struct visit *v)
{
	__u64 *cookie = bpf_session_cookie(v->ctx);

	if (bpf_session_is_return(v->ctx))
		v->sum += *cookie;
	else
		*cookie += *key;
	return 0;
}

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(callback_elem, int a)
{
	struct visit v = { ctx };

	sem_session(ctx, 8, 0);
	bpf_for_each_map_elem(&four, visit_elem, &v, 0);
	d.n[3] = v.sum;
	return 0;
}

/* All 512 bytes of stack. */
SEC("fsession/bpf_fentry_test1")
int BPF_PROG(full_stack, int a)
{
	__u64 *cookie = bpf_session_cookie(ctx), sum = a;
	volatile __u64 s[40];
	struct sem_event *e;

	for (int i = 0; i < 40; i++)
		s[i] = i;
	asm volatile("*(u64 *)(r10 - 512) = %0\n\t*(u64 *)(r10 - 504) = %0" : : "r"(sum));
	e = sem_event(9, bpf_session_is_return(ctx));
	e->cookie = *cookie;
	*cookie = 0x999;
	for (int i = 0; i < 40; i++)
		sum += s[i];
	e->args[0] = sum;
	asm volatile("%0 = *(u64 *)(r10 - 512)" : "=r"(sum));
	e->args[1] = sum;
	asm volatile("%0 = *(u64 *)(r10 - 504)" : "=r"(sum));
	e->args[2] = sum;
	return 0;
}

static __noinline __u64 uses_32(__u64 x)
{
	__u64 back;

	asm volatile("*(u64 *)(r10 - 32) = %1\n\t%0 = *(u64 *)(r10 - 32)" : "=r"(back) : "r"(x));
	return back;
}

/* All 512 bytes, by main and a subprogram together: there is no room for the engine's own. */
SEC("fsession/bpf_fentry_test1")
int BPF_PROG(shared_stack, int a)
{
	__u64 *cookie = bpf_session_cookie(ctx), sum = a;
	struct sem_event *e;

	asm volatile("*(u64 *)(r10 - 480) = %0" : : "r"(sum));
	sum = uses_32(sum + 1);
	e = sem_event(21, bpf_session_is_return(ctx));
	e->cookie = *cookie;
	*cookie = 0x2121;
	e->args[0] = sum;
	asm volatile("%0 = *(u64 *)(r10 - 480)" : "=r"(sum));
	e->args[1] = sum;
	return 0;
}

/* Five registers' worth of values alive across each call. */
SEC("fsession/bpf_fentry_test2")
int BPF_PROG(full_registers, int a, __u64 b, int ret)
{
	__u64 w = d.n[10], x = d.n[11], y = d.n[12], z = d.n[13];
	struct sem_event *e;

	asm volatile("" : "+r"(w), "+r"(x), "+r"(y), "+r"(z));
	e = sem_session(ctx, 10, w ^ x ^ y ^ z ^ b);
	asm volatile("" : "+r"(w), "+r"(x), "+r"(y), "+r"(z));
	e->args[0] = w;
	e->args[1] = x;
	e->args[2] = y;
	e->args[3] = z;
	e->args[4] = a;
	e->args[5] = b;
	e->ret = ret;
	return 0;
}

#define STEP(x)								\
	h = h * 31 + (x);						\
	if (bpf_session_is_return(ctx))					\
		h ^= *bpf_session_cookie(ctx);				\
	else								\
		*bpf_session_cookie(ctx) += (x);			\
	d.n[(x) & 31] += h;
#define STEP4(x) STEP(x) STEP(x + 1) STEP(x + 2) STEP(x + 3)
#define STEP16(x) STEP4(x) STEP4(x + 4) STEP4(x + 8) STEP4(x + 12)
#define STEP64(x) STEP16(x) STEP16(x + 16) STEP16(x + 32) STEP16(x + 48)

/* Hundreds of calls of both kinds. */
SEC("fsession/bpf_fentry_test1")
int BPF_PROG(big, int a)
{
	struct sem_event *e = sem_session(ctx, 11, 0);
	__u64 h = a;

	STEP64(0)
	STEP64(64)
	STEP64(128)
	e->args[0] = *bpf_session_cookie(ctx);
	e->args[1] = h;
	return 0;
}

/* Ends early in one phase, late in the other, at several exits. */
SEC("fsession/bpf_fentry_test1")
int BPF_PROG(many_exits, int a)
{
	__u64 *cookie = bpf_session_cookie(ctx);

	if (!bpf_session_is_return(ctx)) {
		sem_event(12, 0)->cookie = *cookie;
		if (d.arg == 1)
			return 0;
		*cookie = 0xc;
		if (d.arg == 2)
			return 0;
		*cookie += 0xc0;
		return 0;
	}
	sem_event(12, 1)->cookie = *cookie;
	if (*cookie == 0xc)
		return 0;
	sem_count(4);
	return 0;
}

/* Must-return-0, in each phase. */
SEC("fsession/bpf_fentry_test1")
int BPF_PROG(returns_1_at_entry)
{
	return !bpf_session_is_return(ctx);
}

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(returns_1_at_exit)
{
	return bpf_session_is_return(ctx);
}

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(returns_1)
{
	return 1;
}

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(returns_anything)
{
	return d.arg;
}

/* The calls belong to sessions alone. */
SEC("fentry/bpf_fentry_test1")
int BPF_PROG(kfunc_in_fentry)
{
	d.n[0] = bpf_session_is_return(ctx);
	return 0;
}

SEC("fexit/bpf_fentry_test1")
int BPF_PROG(kfunc_in_fexit)
{
	d.n[0] = *bpf_session_cookie(ctx);
	return 0;
}

SEC("fmod_ret/security_task_getpgid")
int BPF_PROG(kfunc_in_fmod_ret)
{
	d.n[0] = bpf_session_is_return(ctx);
	return 0;
}

/* ctx must be the program's own. */
SEC("fsession/bpf_fentry_test1")
int BPF_PROG(kfunc_other_ctx)
{
	__u64 other[4] = {};

	d.n[0] = bpf_session_is_return(other);
	return 0;
}

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(kfunc_moved_ctx)
{
	d.n[0] = *bpf_session_cookie((void *)ctx + 8);
	return 0;
}

/* The cookie has 8 bytes. */
SEC("fsession/bpf_fentry_test1")
int BPF_PROG(cookie_beyond)
{
	bpf_session_cookie(ctx)[1] = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(cookie_before)
{
	bpf_session_cookie(ctx)[-1] = 1;
	return 0;
}

/* Arguments cannot be changed, and there are no more than there are. */
SEC("fsession/bpf_fentry_test1")
int write_arg(__u64 *ctx)
{
	ctx[0] = 5;
	return 0;
}

SEC("fsession/bpf_fentry_test1")
int read_beyond(__u64 *ctx)
{
	d.n[0] = ctx[2];
	return 0;
}

/* Targets: user space gives them. */
SEC("fsession")
int BPF_PROG(bare)
{
	sem_session(ctx, 13, 0xd);
	return 0;
}

SEC("fsession.s/bpf_fentry_test1")
int BPF_PROG(sleepable, int a, int ret)
{
	struct sem_event *e = sem_session(ctx, 14, 0xe);
	__u64 user = 0;

	e->args[0] = a;
	e->ret = ret;
	e->args[1] = bpf_copy_from_user(&user, sizeof(user), (void *)d.n[5]);
	e->args[2] = user;
	return 0;
}

SEC("fsession.s/bpf_fentry_test2")
int BPF_PROG(sleepable_not_allowed)
{
	sem_session(ctx, 15, 0xf);
	return 0;
}

/* A helper for sleepable programs needs one. */
SEC("fsession/bpf_fentry_test1")
int BPF_PROG(copies_unsleepable)
{
	__u64 user;

	bpf_copy_from_user(&user, sizeof(user), (void *)d.n[5]);
	return 0;
}

SEC("fsession/tun:tun_chr_open")
int BPF_PROG(module, void *inode, void *file, int ret)
{
	struct sem_event *e = sem_session(ctx, 16, 0x10);

	e->args[0] = (__u64)file;
	e->ret = ret;
	return 0;
}
