// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Programs as people write them: maps, loops, records, functions. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <fsession/bpf_fsession.h>

#include "verdict.h"

struct key {
	__u32 pid, func;
};

struct value {
	__u64 count, total, slots[32];
};

struct record {
	__u64 ns;
	__u32 pid;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct key);
	__type(value, struct value);
} values SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct locked {
	struct bpf_spin_lock lock;
	__u32 n;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct locked);
} locks SEC(".maps");

const volatile __u32 limit = 20;
__u64 hits[8];
char text[64];

SEC("fsession/bpf_fentry_test2")
int BPF_PROG(histogram, int a, __u64 b)
{
	struct key key = { bpf_get_current_pid_tgid() >> 32, a };
	struct value *v = bpf_map_lookup_elem(&values, &key), zero = {};
	__u32 slot;

	if (!v) {
		bpf_map_update_elem(&values, &key, &zero, BPF_ANY);
		return 0;
	}
	slot = b > 31 ? 31 : b;
	v->count++;
	v->total += b;
	__sync_fetch_and_add(&v->slots[slot], 1);
	return 0;
}

SEC("fsession/bpf_fentry_test2")
__failure __msg("it may be NULL") __msg("compare it with NULL first")
int BPF_PROG(forgotten_null_check, int a)
{
	struct key key = { 1, a };
	struct value *v = bpf_map_lookup_elem(&values, &key);

	v->count++;
	return 0;
}

SEC("fsession/bpf_fentry_test2")
__failure __msg("a number whose smallest value is -17179869184 is added to map_value") __msg("make it unsigned")
int BPF_PROG(index_without_bound, int a)
{
	hits[a]++;
	return 0;
}

SEC("fsession/bpf_fentry_test2")
int BPF_PROG(index_with_mask, int a)
{
	hits[a & 7]++;
	return 0;
}

SEC("fsession/bpf_fentry_test2")
__failure __msg("outside its")
int BPF_PROG(index_with_wrong_mask, int a)
{
	hits[a & 31]++;
	return 0;
}

SEC("fsession/bpf_fentry_test2")
int BPF_PROG(record, int a)
{
	struct record *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);

	if (!r)
		return 0;
	r->ns = bpf_ktime_get_ns();
	r->pid = a;
	if (bpf_get_current_comm(r->comm, sizeof(r->comm)))
		bpf_ringbuf_discard(r, 0);
	else
		bpf_ringbuf_submit(r, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2")
__failure __msg("the target 'bpf_fentry_test2' has no argument in slot 3")
__msg("slots 0 to 1 of ctx are its arguments, slot 2 is what it returns")
int argument_too_far(__u64 *ctx)
{
	hits[0] += ctx[3];
	return 0;
}

SEC("fsession/bpf_fentry_test2")
__failure __msg("R1: invalid ctx access at offset 2 of 4 bytes") __msg("load ctx[n]")
int argument_in_the_middle(__u64 *ctx)
{
	hits[0] += *(volatile __u32 *)((char *)ctx + 2);
	return 0;
}

SEC("fsession/bpf_fentry_test2")
__failure __msg("R0 is 0 to 1 at the end, should have been in [0, 0]") __msg("return 0")
int BPF_PROG(returns_whether, int a)
{
	return a & 1;
}

SEC("fsession/bpf_fentry_test2")
__failure __msg("not given back") __msg("give it back on every path that leads here")
int BPF_PROG(record_forgotten, int a)
{
	struct record *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);

	if (!r)
		return 0;
	r->ns = 1;
	if (a == 5)
		return 0;
	bpf_ringbuf_submit(r, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2")
int BPF_PROG(sum_of_a_table, int a)
{
	__u64 sum = 0;

	for (__u32 i = 0; i < 16; i++) {
		__u32 key = i;
		__u64 *v = bpf_map_lookup_elem(&table, &key);

		if (v)
			sum += *v;
	}
	hits[0] = sum;
	return 0;
}

SEC("fsession/bpf_fentry_test2")
int BPF_PROG(words_of_a_text, int a)
{
	int words = 0, inside = 0;

	for (int i = 0; i < 64; i++) {
		char c = text[i];

		if (!c)
			break;
		if (c == ' ' || c == '\t' || c == '\n')
			inside = 0;
		else if (!inside)
			inside = 1, words++;
	}
	hits[1] = words;
	return 0;
}

SEC("fsession/bpf_fentry_test2")
int BPF_PROG(bounded_by_an_argument, int a, __u64 b)
{
	__u64 sum = 0;

	for (__u32 i = 0; i < 100; i++) {
		if (i >= b)
			break;
		sum += i * b;
	}
	hits[2] = sum;
	return 0;
}

SEC("fsession/bpf_fentry_test2")
int BPF_PROG(bounded_by_a_constant, int a)
{
	for (__u32 i = 0; i < limit; i++)
		hits[i & 7] += i;
	return 0;
}

SEC("fsession/bpf_fentry_test2")
int BPF_PROG(sorted, int a, __u64 b)
{
	__u32 v[8];

	for (int i = 0; i < 8; i++)
		v[i] = hits[i];
#pragma clang loop unroll(disable)
	for (int i = 0; i < 7; i++)
#pragma clang loop unroll(disable)
		for (int k = 0; k < 7 - i; k++)
			if (v[k] > v[k + 1]) {
				__u32 t = v[k];

				v[k] = v[k + 1];
				v[k + 1] = t;
			}
	hits[0] = v[0];
	return 0;
}

struct loop {
	__u64 sum;
	__u32 max;
};

static long add_one(__u32 i, void *arg)
{
	struct loop *l = arg;

	l->sum += i;
	return i >= l->max;
}

SEC("fsession/bpf_fentry_test2")
int BPF_PROG(loop_helper, int a, __u64 b)
{
	struct loop l = { 0, b };

	bpf_loop(1000000, add_one, &l, 0);
	hits[3] = l.sum;
	return 0;
}

static long each(void *map, struct key *key, struct value *v, __u64 *sum)
{
	*sum += v->count + key->pid;
	return 0;
}

SEC("fsession/bpf_fentry_test2")
int BPF_PROG(for_each, int a)
{
	__u64 sum = 0;

	bpf_for_each_map_elem(&values, each, &sum, 0);
	hits[4] = sum;
	return 0;
}

__attribute__((noinline)) int global_clamp(int v)
{
	return v < 0 ? 0 : v > 7 ? 7 : v;
}

SEC("fsession/bpf_fentry_test2")
__failure __msg("map_value")	/* by how the compiler widens it: by its smallest value, or as unbounded */
int BPF_PROG(global_result_is_unknown, int a)
{
	hits[global_clamp(a)]++;
	return 0;
}

SEC("fsession/bpf_fentry_test2")
int BPF_PROG(global_result_checked, int a)
{
	__u32 i = global_clamp(a);

	if (i < 8)
		hits[i]++;
	return 0;
}

__attribute__((noinline)) int global_fill(struct record *r)
{
	if (!r)
		return -1;
	r->ns = bpf_ktime_get_ns();
	return 0;
}

SEC("fsession/bpf_fentry_test2")
int BPF_PROG(global_memory, int a)
{
	struct record r = {};

	global_fill(&r);
	hits[5] = r.ns;
	return 0;
}

SEC("fsession/bpf_fentry_test2")
int BPF_PROG(spin_lock, int a)
{
	__u32 key = a;
	struct locked *l = bpf_map_lookup_elem(&locks, &key);

	if (!l)
		return 0;
	bpf_spin_lock(&l->lock);
	l->n++;
	bpf_spin_unlock(&l->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2")
__failure __msg("the lock")
int BPF_PROG(spin_lock_forgotten, int a)
{
	__u32 key = a;
	struct locked *l = bpf_map_lookup_elem(&locks, &key);

	if (!l)
		return 0;
	bpf_spin_lock(&l->lock);
	l->n++;
	return 0;
}

SEC("fsession/bpf_fentry_test2")
__failure __msg("while a lock is held")
int BPF_PROG(spin_lock_and_call, int a)
{
	__u32 key = a;
	struct locked *l = bpf_map_lookup_elem(&locks, &key);

	if (!l)
		return 0;
	bpf_spin_lock(&l->lock);
	l->n = bpf_ktime_get_ns();
	bpf_spin_unlock(&l->lock);
	return 0;
}

SEC("fsession/bpf_fentry_test2")
int BPF_PROG(dynptr, int a)
{
	struct bpf_dynptr ptr;
	struct record *r;

	bpf_ringbuf_reserve_dynptr(&ring, sizeof(*r), 0, &ptr);
	r = bpf_dynptr_data(&ptr, 0, sizeof(*r));
	if (r)
		r->ns = 5;
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2")
__failure __msg("not given back")
int BPF_PROG(dynptr_forgotten, int a)
{
	struct bpf_dynptr ptr;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr);
	return 0;
}

SEC("xdp")
int parse(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 len;

	if (data + 34 > end)
		return XDP_PASS;
	if (data[12] != 8 || data[13])
		return XDP_PASS;
	len = (data[14] & 15) * 4;
	data += 14 + len;
	if (data + 8 > end)
		return XDP_DROP;
	hits[data[1] & 7]++;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
