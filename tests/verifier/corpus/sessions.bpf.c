// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Sessions, arguments of all kinds, records, callbacks, iterators. */
#include "corpus.h"
#include "../../bpf_newer.h"

#define ARGS_MAX 12


struct call {
	__u64 ns;
	__u32 pid, nr_args;
	__u64 args[ARGS_MAX];
	char comm[16];
};

struct event {
	__u32 kind, len;
	__u64 ns;
	char data[];
};

struct totals {
	__u64 calls, ns, slots[32];
};

RING_OF(events, 1 << 18);
MAP_OF(by_ip, BPF_MAP_TYPE_HASH, __u64, struct totals, 1024);
MAP_OF(pending, BPF_MAP_TYPE_HASH, __u64, __u64, 1024);
MAP_OF(buffer, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct call, 1);

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} perf SEC(".maps");

__u64 results[64];
struct totals none;

static __always_inline __u32 log2_of(__u64 v)
{
	__u32 log = 0;

#pragma unroll
	for (int shift = 32; shift; shift >>= 1) {
		if (v >> shift) {
			log += shift;
			v >>= shift;
		}
	}
	return log;
}

/* How long, in a histogram for each function */
SEC("fsession/vfs_read")
int BPF_PROG(latency, struct file *file, char *buf, unsigned long bytes, long long *pos, long ret)
{
	__u64 *start = bpf_session_cookie(ctx), ns, ip;
	struct totals *t;
	__u32 slot;

	if (!bpf_session_is_return(ctx)) {
		*start = bpf_ktime_get_ns();
		return 0;
	}
	if (!*start)
		return 0;
	ns = bpf_ktime_get_ns() - *start;
	ip = bpf_get_func_ip(ctx);
	t = bpf_map_lookup_elem(&by_ip, &ip);
	if (!t) {
		bpf_map_update_elem(&by_ip, &ip, &none, BPF_NOEXIST);
		t = bpf_map_lookup_elem(&by_ip, &ip);
		if (!t)
			return 0;
	}
	slot = log2_of(ns);
	__sync_fetch_and_add(&t->calls, 1);
	__sync_fetch_and_add(&t->ns, ns);
	__sync_fetch_and_add(&t->slots[slot & 31], 1);
	return 0;
}

/* What went in, kept in the cookie, beside what came out */
SEC("fsession/vfs_write")
int BPF_PROG(short_writes, struct file *file, const char *buf, unsigned long bytes, long long *pos, long ret)
{
	__u64 *cookie = bpf_session_cookie(ctx);
	struct event *e;

	if (!bpf_session_is_return(ctx)) {
		*cookie = bytes << 1 | 1;
		return 0;
	}
	if (!(*cookie & 1) || ret == *cookie >> 1)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e) + 16, 0);
	if (!e)
		return 0;
	e->kind = ret < 0 ? 1 : 2;
	e->len = 16;
	e->ns = bpf_ktime_get_ns();
	if (bpf_get_current_comm(e->data, 16)) {
		bpf_ringbuf_discard(e, 0);
		return 0;
	}
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/* All twelve */
SEC("fentry/__clk_hw_register_composite")
int BPF_PROG(twelve, void *dev, const char *name, const void *parents, const void *data, int nr, void *mux,
	     const void *mux_ops, void *rate, const void *rate_ops, void *gate, const void *gate_ops,
	     unsigned long flags)
{
	struct call *c = bpf_ringbuf_reserve(&events, sizeof(*c), 0);
	__u64 args[] = { (__u64)dev, (__u64)name, (__u64)parents, (__u64)data, nr, (__u64)mux, (__u64)mux_ops,
			 (__u64)rate, (__u64)rate_ops, (__u64)gate, (__u64)gate_ops, flags };

	if (!c)
		return 0;
	c->ns = bpf_ktime_get_ns();
	c->pid = bpf_get_current_pid_tgid() >> 32;
	c->nr_args = COUNT(args);
	__builtin_memcpy(c->args, args, sizeof(args));
	if (bpf_probe_read_kernel_str(c->comm, sizeof(c->comm), name) < 0)
		c->comm[0] = 0;
	bpf_ringbuf_submit(c, 0);
	return 0;
}

/* As many as there are */
SEC("fexit/__clk_hw_register_composite")
int BPF_PROG(any_arguments)
{
	__u64 n = bpf_get_func_arg_cnt(ctx);
	__u32 zero = 0;
	struct call *c = bpf_map_lookup_elem(&buffer, &zero);

	if (!c)
		return 0;
	c->nr_args = n;
	NO_UNROLL
	for (__u32 i = 0; i < ARGS_MAX; i++) {
		__u64 v = 0;

		if (i >= n)
			break;
		if (bpf_get_func_arg(ctx, i, &v))
			break;
		c->args[i] = v;
	}
	if (bpf_get_func_ret(ctx, &c->ns))
		c->ns = 0;
	bpf_get_current_comm(c->comm, sizeof(c->comm));
	bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, c, sizeof(*c));
	return 0;
}

/* Six of several widths */
SEC("fexit/bpf_fentry_test6")
int BPF_PROG(six, __u64 a, void *b, short c, int d, void *e, __u64 f, int ret)
{
	__u64 sum = a + (__u64)b + c + d + (__u64)e + f;

	results[0] = sum;
	results[1] = ret;
	if ((int)sum != ret)
		results[2]++;
	for (int i = 0; i < 8; i++)
		results[8 + i] += sum >> (i * 8) & 255;
	if (c < 0)
		results[3]++;
	else if (c < 100)
		results[4]++;
	else
		results[5] += c;
	return 0;
}

/* A record as long as what is in it */
SEC("fentry/vfs_write")
int BPF_PROG(variable_record, struct file *file, const char *buf, unsigned long bytes)
{
	struct bpf_dynptr ptr;
	struct event *e;
	__u32 len = bytes < 256 ? bytes : 256;
	char chunk[32];

	if (bpf_ringbuf_reserve_dynptr(&events, sizeof(*e) + len, 0, &ptr))
		goto discard;
	e = bpf_dynptr_data(&ptr, 0, sizeof(*e));
	if (!e)
		goto discard;
	e->kind = 3;
	e->len = len;
	e->ns = bpf_ktime_get_ns();
	NO_UNROLL
	for (__u32 at = 0; at < 256; at += sizeof(chunk)) {
		if (at + sizeof(chunk) > len)
			break;
		if (bpf_probe_read_user(chunk, sizeof(chunk), buf + at))
			goto discard;
		if (bpf_dynptr_write(&ptr, sizeof(*e) + at, chunk, sizeof(chunk), 0))
			goto discard;
	}
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	return 0;
discard:
	bpf_ringbuf_discard_dynptr(&ptr, 0);
	return 0;
}

/* Lines of text about it */
SEC("fexit/vfs_read")
int BPF_PROG(printed, struct file *file, char *buf, unsigned long bytes, long long *pos, long ret)
{
	__u64 args[4] = { bytes, ret, (__u64)file->f_flags, bpf_get_smp_processor_id() };
	char line[96];
	long n = bpf_snprintf(line, sizeof(line), "asked %llu, got %lld, flags %llx, cpu %llu", args, sizeof(args));
	struct event *e;

	if (n <= 0)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e) + sizeof(line), 0);
	if (!e)
		return 0;
	e->kind = 4;
	e->len = n;
	NO_UNROLL
	for (int i = 0; i < sizeof(line); i++) {
		e->data[i] = line[i];
		if (!line[i])
			break;
	}
	if (ret < 0)
		bpf_ringbuf_discard(e, BPF_RB_NO_WAKEUP);
	else
		bpf_ringbuf_submit(e, n > 64 ? BPF_RB_FORCE_WAKEUP : 0);
	return 0;
}

/* Callbacks within callbacks: the two that are nearest of the first sixteen */
struct nearest {
	__u64 best;
	__u32 i, k, at;
};

static long inner_step(__u32 k, void *arg)
{
	struct nearest *n = arg;
	__u64 a, b, d;

	if (k >= 16 || n->at >= 16)
		return 1;
	if (k <= n->at)
		return 0;
	OPAQUE(k);
	a = results[n->at & 15];
	b = results[k & 15];
	d = a > b ? a - b : b - a;
	if (d < n->best) {
		n->best = d;
		n->i = n->at;
		n->k = k;
	}
	return 0;
}

static long outer_step(__u32 i, void *arg)
{
	struct nearest *n = arg;

	n->at = i;
	bpf_loop(16, inner_step, n, 0);
	return 0;
}

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(nearest_pair, int a)
{
	struct nearest n = { .best = ~0ULL };

	bpf_loop(16, outer_step, &n, 0);
	results[32] = n.best;
	results[33] = n.i << 16 | n.k;
	return 0;
}

/* Everything that waits longer than a second is dropped */
struct sweep {
	__u64 now, oldest;
	__u32 dropped, kept;
};

static long sweep_one(void *map, __u64 *id, __u64 *since, struct sweep *s)
{
	__u64 age = s->now - *since;

	if (age < 1000000000) {
		s->kept++;
		if (age > s->oldest)
			s->oldest = age;
		return 0;
	}
	bpf_map_delete_elem(map, id);
	s->dropped++;
	return s->dropped >= 100;
}

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(sweeper, int a)
{
	struct sweep s = { .now = bpf_ktime_get_ns() };

	bpf_for_each_map_elem(&pending, sweep_one, &s, 0);
	results[34] += s.dropped;
	results[35] = s.kept;
	results[36] = s.oldest;
	return 0;
}

/* An iterator: prefix sums, and where they pass a half */
SEC("fentry/bpf_fentry_test2")
int BPF_PROG(prefix_sums, int a, __u64 b)
{
	struct bpf_iter_num it;
	__u64 sum = 0;
	int *v, half = -1;

	bpf_iter_num_new(&it, 0, 32);
	while ((v = bpf_iter_num_next(&it))) {
		__u32 i = *v;

		if (i >= 32)
			break;
		sum += results[i];
		results[32 + i] = sum;
		if (half < 0 && sum >= b)
			half = i;
	}
	bpf_iter_num_destroy(&it);
	results[0] = half;
	return 0;
}

/* Two of them, one in the other: a table of products */
SEC("fentry/bpf_fentry_test1")
int BPF_PROG(products, int a)
{
	struct bpf_iter_num rows, columns;
	int *r, *c;

	bpf_iter_num_new(&rows, 0, 8);
	while ((r = bpf_iter_num_next(&rows))) {
		__u32 row = *r & 7;

		bpf_iter_num_new(&columns, 0, 8);
		while ((c = bpf_iter_num_next(&columns))) {
			__u32 column = *c & 7;

			results[row * 8 + column] = row * column;
		}
		bpf_iter_num_destroy(&columns);
	}
	bpf_iter_num_destroy(&rows);
	return 0;
}

/* Functions of several levels, some of them global */
__attribute__((noinline)) int scale(int v, int by)
{
	if (by <= 0 || by > 1000)
		return 0;
	return v / (unsigned int)by;
}

__attribute__((noinline)) int weigh(struct call *c)
{
	int sum = 0;

	if (!c)
		return -1;
	for (int i = 0; i < ARGS_MAX; i++)
		sum += c->args[i] & 0xff;
	return sum;
}

static __attribute__((noinline)) int classify(__u64 v, struct call *c)
{
	int w = weigh(c);

	if (w < 0)
		return 0;
	c->pid += scale(w, v & 0x3ff);
	return c->pid & 7;
}

SEC("fentry/bpf_fentry_test2")
int BPF_PROG(levels, int a, __u64 b)
{
	struct call c = { .args = { a, b, a + b, a - b } };
	int first = classify(b, &c), second = classify(a, &c);

	results[first & 63]++;
	results[second & 63]++;
	results[40] = scale(c.pid, 10);
	return 0;
}
