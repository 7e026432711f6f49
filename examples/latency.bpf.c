// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Calls, errors and latencies of any functions, one histogram for each.
 *
 *	fsession run latency.bpf.o --attach 'vfs_*' --for 5s --dump
 *
 * The cookie carries the time of the entry to the exit of the same call, so that recursion, nested
 * functions, interrupts and migration to another CPU need no thought.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <fsession/bpf_fsession.h>

#define MAX_FUNCS 16384
#define MAX_ERRNO 4095	/* include/linux/err.h */

/* --dump shows these as a symbol, as a time and as a histogram of times. */
typedef __u64 ksym_t;
typedef __u64 ns_t;
typedef __u64 hist_ns_t[64];

struct func {
	ksym_t ip;
};

struct stats {
	__u64 calls;
	__u64 errors;	/* returned -errno, as an int, a long or a pointer */
	ns_t total;
	hist_ns_t latency;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MAX_FUNCS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct func);
	__type(value, struct stats);
} funcs SEC(".maps");

/* Too large for the stack; never written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stats);
} zero SEC(".maps");

static __u64 no_room;	/* calls not counted: more than MAX_FUNCS functions */

static __always_inline __u32 log2_of(__u64 v)
{
	__u32 r, shift;

	r = (v > 0xffffffff) << 5;
	v >>= r;
	shift = (v > 0xffff) << 4;
	v >>= shift;
	r |= shift;
	shift = (v > 0xff) << 3;
	v >>= shift;
	r |= shift;
	shift = (v > 0xf) << 2;
	v >>= shift;
	r |= shift;
	shift = (v > 0x3) << 1;
	v >>= shift;
	r |= shift;
	r |= v >> 1;
	asm volatile("" : "+r"(r));	/* or clang masks the parts, and the verifier sees no bound */
	return r & 63;
}

static __always_inline struct stats *find_stats(void *ctx)
{
	struct func key = { bpf_get_func_ip(ctx) };
	struct stats *s = bpf_map_lookup_elem(&funcs, &key);
	__u32 index = 0;

	if (s)
		return s;
	s = bpf_map_lookup_elem(&zero, &index);
	if (s)
		bpf_map_update_elem(&funcs, &key, s, BPF_NOEXIST);
	return bpf_map_lookup_elem(&funcs, &key);
}

/* What the type of the function is, a program that fits all of them cannot know. */
static __always_inline int is_error(__u64 ret)
{
	__u32 high = ret >> 32;

	return (__u32)ret >= (__u32)-MAX_ERRNO && (!high || high == 0xffffffff);
}

SEC("fsession")
int latency(void *ctx)
{
	__u64 *start = bpf_session_cookie(ctx), ns, ret = 0;
	struct stats *s;

	if (!bpf_session_is_return(ctx)) {
		*start = bpf_ktime_get_ns();
		return 0;
	}
	if (!*start)	/* the entry did not run */
		return 0;
	ns = bpf_ktime_get_ns() - *start;
	s = find_stats(ctx);
	if (!s) {
		__sync_fetch_and_add(&no_room, 1);
		return 0;
	}
	bpf_get_func_ret(ctx, &ret);
	/* Atomic: an interrupt may run us on the same CPU meanwhile. */
	__sync_fetch_and_add(&s->calls, 1);
	__sync_fetch_and_add(&s->total, ns);
	__sync_fetch_and_add(&s->latency[log2_of(ns)], 1);
	if (is_error(ret))
		__sync_fetch_and_add(&s->errors, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
