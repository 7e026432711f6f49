// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* An ordinary libbpf program: fentry and fexit on a function, events through a ring buffer. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "app.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

const volatile int only = -1;	/* the application sets it before loading */
__u64 entries, exits;

static int send(__u32 kind, __s64 a, __s64 ret)
{
	struct event *e;

	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e)
		return 0;
	e->kind = kind;
	e->a = a;
	e->ret = ret;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("fentry/app_work")
int BPF_PROG(on_entry, int a, struct app_arg *arg)
{
	entries++;
	if (only >= 0 && a != only)
		return 0;
	return send(0, a, arg->n);
}

SEC("fexit/app_work")
int BPF_PROG(on_exit, int a, struct app_arg *arg, long ret)
{
	exits++;
	if (only >= 0 && a != only)
		return 0;
	return send(1, a, ret);
}
