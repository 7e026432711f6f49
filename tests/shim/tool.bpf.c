// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A tool as there are many: a histogram per key, maps in maps, a perf buffer, state between entry and exit. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "tool.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} started SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct hist);
} hists SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} calls SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} inner0 SEC(".maps"), inner1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { &inner0, &inner1 } };

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 64);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 16 * sizeof(__u64));
} stacks SEC(".maps");

const volatile __u32 only_pid = 0;
__u64 slowest;

static void count(__u32 which, __u32 slot)
{
	void *m = bpf_map_lookup_elem(&outer, &which);
	__u64 *v = m ? bpf_map_lookup_elem(m, &slot) : 0;

	if (v)
		__sync_fetch_and_add(v, 1);
}

SEC("fentry/tool_read")
int BPF_PROG(enter, unsigned int fd, const char *name)
{
	__u32 tid = bpf_get_current_pid_tgid(), zero = 0;
	__u64 now = bpf_ktime_get_ns(), *nr;

	if (only_pid && only_pid != bpf_get_current_pid_tgid() >> 32)
		return 0;
	nr = bpf_map_lookup_elem(&calls, &zero);
	if (nr)
		*nr += 1;
	count(0, fd & 3);
	return bpf_map_update_elem(&started, &tid, &now, BPF_ANY) & 0;
}

SEC("fexit/tool_read")
int BPF_PROG(leave, unsigned int fd, const char *name, long ret)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 *from = bpf_map_lookup_elem(&started, &tid), ns;
	static const struct hist none;
	struct event e = { .fd = fd, .ret = ret };
	struct hist *h;

	if (!from)
		return 0;
	ns = bpf_ktime_get_ns() - *from;
	bpf_map_delete_elem(&started, &tid);
	h = bpf_map_lookup_elem(&hists, &fd);
	if (!h) {
		bpf_map_update_elem(&hists, &fd, &none, BPF_NOEXIST);
		h = bpf_map_lookup_elem(&hists, &fd);
	}
	if (h)
		__sync_fetch_and_add(&h->slots[ret & (SLOTS - 1)], 1);
	if (ns > slowest)
		slowest = ns;
	count(1, ret & 3);
	e.stack = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	bpf_get_current_comm(e.comm, sizeof(e.comm));
	bpf_probe_read_user_str(e.name, sizeof(e.name), name);
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &e, sizeof(e));
	return 0;
}
