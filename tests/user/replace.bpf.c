// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Programs whose functions are replaced, and what replaces them; replace.c loads them one by one. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct pair {
	int a, b;
};

struct other {
	int a, b;
};

__u64 traced;

__attribute__((noinline)) int add(int a, int b)
{
	__asm__ volatile("" : "+r"(a));
	return a + b;
}

__attribute__((noinline)) int sum(struct pair *p)
{
	return p ? p->a + p->b : 0;
}

__attribute__((noinline)) int length(struct xdp_md *ctx)
{
	return ctx->data_end - ctx->data;
}

__attribute__((noinline)) int shorten(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_tail(ctx, 0);
}

static __attribute__((noinline)) int hidden(int a)
{
	__asm__ volatile("" : "+r"(a));
	return a * 2;
}

SEC("xdp")
int target(struct xdp_md *ctx)
{
	struct pair p = { 100, 200 };

	return add(1, 2) + sum(&p) + hidden(1000) + length(ctx) * 10000 + shorten(ctx);
}

SEC("socket")
int target_socket(struct __sk_buff *ctx)
{
	return add(1, 2);
}

SEC("freplace/add")
int new_add(int a, int b)
{
	return a * b + 50;
}

/* With stack, map, calls of its own. */
SEC("freplace/sum")
int new_sum(struct pair *p)
{
	char text[8] = "12";
	long v = 0;

	bpf_strtol(text, sizeof(text), 0, &v);
	return p ? add(p->a, p->b) * v : 0;
}

SEC("freplace/length")
int new_length(struct xdp_md *ctx)
{
	return ctx->data_end - ctx->data + 1;
}

SEC("freplace/shorten")
int new_shorten(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_tail(ctx, -20) ? 1 : 0;
}

SEC("freplace/target")
int new_target(struct xdp_md *ctx)
{
	return 77 + (ctx->data_end - ctx->data);
}

/* -- What may not --- */

SEC("freplace/add")
int bad_one_arg(int a)
{
	return a;
}

SEC("freplace/add")
long bad_return(int a, int b)
{
	return a + b;
}

SEC("freplace/add")
int bad_size(long a, int b)
{
	return a + b;
}

SEC("freplace/add")
unsigned int fine_unsigned(unsigned int a, int b)
{
	return a + b + 7;
}

SEC("freplace/sum")
int bad_struct(struct other *p)
{
	return p ? p->a : 0;
}

SEC("freplace/add")
int bad_pointer(struct pair *p, int b)
{
	return b;
}

SEC("freplace/length")
int bad_moves(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_tail(ctx, -20);
}

SEC("freplace/hidden")
int bad_static(int a)
{
	return a;
}

SEC("freplace/sum")
int bad_unchecked(struct pair *p)
{
	return p->a;
}

SEC("freplace/new_add")
int bad_nested(int a, int b)
{
	return a + b;
}

SEC("freplace/on_add")
int bad_tracing(void *ctx)
{
	return 0;
}

SEC("fentry/add")
int on_add(void *ctx)
{
	traced++;
	return 0;
}

SEC("fentry/new_add")
int on_new_add(void *ctx)
{
	traced++;
	return 0;
}
