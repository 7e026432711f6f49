// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <fsession/bpf_fsession.h>

#include "slowread.h"

struct file;

const volatile __u64 min_ns = 1000000;
const volatile __u32 own_pid;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

__u64 nr_lost;

SEC("fsession/vfs_read")
int BPF_PROG(on_read, struct file *file, char *buf, unsigned long count, long long *pos, long ret)
{
	__u64 *start = bpf_session_cookie(ctx), ns;
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct event *e;

	if (!bpf_session_is_return(ctx)) {
		*start = bpf_ktime_get_ns();
		return 0;
	}
	ns = bpf_ktime_get_ns() - *start;
	if (!*start || ns < min_ns || pid == own_pid)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&nr_lost, 1);
		return 0;
	}
	e->ns = ns;
	e->ret = ret;
	e->pid = pid;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_ringbuf_submit(e, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
