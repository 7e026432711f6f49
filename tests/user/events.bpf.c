// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Sends what its context says through a ring buffer and through perf events. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

const volatile __u64 add = 1;	/* .rodata */
__u64 last;			/* .bss */
__u64 sum = 100;		/* .data */
__s64 result;

SEC("raw_tp/sys_enter")
int send(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 record[5] = { ctx->args[0], ctx->args[0] + add, 0, 0, 5 };

	last = record[0];
	sum += add + bpf_get_attach_cookie(ctx);	/* 0: attached to nothing */
	bpf_ringbuf_output(&ring, record, 16, 0);
	result = bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, record, ctx->args[0] % 2 ? 40 : 13);
	return 0;
}

SEC("raw_tp/sys_exit")
int wrong(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 v = 1;

	result = bpf_perf_event_output(ctx, &events, ctx->args[0], &v, 8);
	return 0;
}
