// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Stays inside until told to leave; looks into prog arrays and maps of maps that change meanwhile. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "threads.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 4);
} progs SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, sizeof(struct threads_pair));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct inner);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct inner);
} hash SEC(".maps");

struct threads_data d;

static long is_over(__u32 i, void *ctx)
{
	(void)i;
	(void)ctx;
	return *(volatile __u64 *)&d.over != 0;
}

static long wait_long(__u32 i, void *ctx)
{
	bpf_loop(1 << 23, is_over, NULL, 0);
	return is_over(i, ctx);
}

SEC("fentry/bpf_fentry_test1")
int stay(__u64 *ctx)
{
	__u32 zero = 0;
	__u64 *n = bpf_map_lookup_elem(&runs, &zero);

	(void)ctx;
	if (n)
		__sync_fetch_and_add(n, 1);
	d.cpu[d.inside % THREADS_CPUS] = bpf_get_smp_processor_id();
	__sync_fetch_and_add(&d.inside, 1);
	bpf_loop(1 << 23, wait_long, NULL, 0);
	return 0;
}

SEC("raw_tp/sys_enter")
int jump(struct bpf_raw_tracepoint_args *ctx)
{
	bpf_tail_call(ctx, &progs, 0);
	return THREADS_NO_PROG;
}

static long nothing(__u32 i, void *ctx)
{
	(void)i;
	(void)ctx;
	return 0;
}

/* Takes its time, in which what it found may be taken out. */
static __always_inline int look(void *outer, int found)
{
	__u32 zero = 0;
	void *in = bpf_map_lookup_elem(outer, &zero);
	struct threads_pair *p;

	if (!in)
		return 0;
	bpf_loop(1000, nothing, NULL, 0);
	p = bpf_map_lookup_elem(in, &zero);
	bpf_loop(1000, nothing, NULL, 0);
	return p && p->is == ~p->is_not ? found : THREADS_BAD;
}

SEC("raw_tp/sys_exit")
int peek(struct bpf_raw_tracepoint_args *ctx)
{
	(void)ctx;
	return look(&array, THREADS_IN_ARRAY) | look(&hash, THREADS_IN_HASH);
}
