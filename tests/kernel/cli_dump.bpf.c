// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* One of everything that --dump shows; values that a ping of loopback brings about. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <fsession/bpf_fsession.h>

typedef __u64 ksym_t;
typedef __u64 ns_t;
typedef __u64 hist_t[8];

enum color { RED, GREEN, BLUE = 7 };

struct point {
	int x, y;
	__u32 flags : 3;
	int small : 5;
	enum color color;
	union {
		__u32 whole;
		__u8 bytes[4];
	};
	char name[8];
};

const volatile int config = -3;
int counter = 42;
_Bool flag = 1;
char text[16] = "say \"hi\"";
enum color favourite = BLUE;
struct point origin = { 1, -2, 5, -1, GREEN, { 0x01020304 }, "abc" };
__u16 numbers[3] = { 1, 2, 0 };
void *pointer;
ksym_t where;
ns_t slept = 1500000;
hist_t sizes = { 1, 0, 3 };
static long entries;

struct key {
	__u32 a, b;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, struct key);
	__type(value, struct point);
} points SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} per_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 2);
} untyped SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

SEC("fsession/icmp_rcv")
int dump(void *ctx)
{
	struct point p = { 3, 4, 1, -2, RED, { 0 }, "p" };
	struct key key = { 10, 20 };
	__u32 index = 1, bytes = 0x04030201;
	__u16 half = 0xbbaa;
	__u64 *n;

	if (bpf_session_is_return(ctx))
		return 0;
	__sync_fetch_and_add(&entries, 1);
	where = bpf_get_func_ip(ctx);
	bpf_map_update_elem(&points, &key, &p, BPF_ANY);
	key.a = 2;
	p.x = 5;
	bpf_map_update_elem(&points, &key, &p, BPF_ANY);
	bpf_map_update_elem(&untyped, &bytes, &half, BPF_ANY);
	n = bpf_map_lookup_elem(&per_cpu, &index);
	if (n)
		__sync_fetch_and_add(n, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
