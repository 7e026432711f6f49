// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Sessions on functions of victim.c, as typed as those of a kernel. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define FSESSION_BPF_KFUNC
#include <fsession/bpf_fsession.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#include "victim.h"

struct victim_data d;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

struct load {
	const char *name;
	int weight;
} __attribute__((preserve_access_index));

static void count(__u32 phase)
{
	__u64 one = 1, *n = bpf_map_lookup_elem(&calls, &phase);

	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&calls, &phase, &one, BPF_ANY);
}

SEC("fentry/weigh")	/* made a session by the test: libbpf 1.1 has no section for them */
int BPF_PROG(on_weigh, const struct load *load, short times, unsigned char extra, int ret)
{
	__u64 *cookie = bpf_session_cookie(ctx);

	count(bpf_session_is_return(ctx));
	if (bpf_session_is_return(ctx)) {
		d.ret = ret;
		d.cookie = *cookie;
		return 0;
	}
	*cookie = 4711;
	d.times = times;
	d.extra = extra;
	d.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_probe_read_user_str(d.name, sizeof(d.name), load->name);
	d.weight = load->weight;
	return 0;
}

SEC("fentry/work")	/* a function without types: six words */
int BPF_PROG(on_work, __u64 a)
{
	__sync_fetch_and_add(&d.works, 1);
	return 0;
}
