// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What pack() of layout.c has before it, wherever the members are; who calls it, and from where. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <fsession/bpf_fsession.h>

char LICENSE[] SEC("license") = "GPL";

struct box {
	int weight;
	struct box *inner;
	char label[16];
} __attribute__((preserve_access_index));

int calls;

SEC("fsession/pack")
int BPF_PROG(packed, struct box *box, int ret)
{
	char label[16], comm[16];

	if (bpf_session_is_return(ctx))
		return 0;
	__sync_fetch_and_add(&calls, 1);
	bpf_get_current_comm(comm, sizeof(comm));
	bpf_probe_read_user_str(label, sizeof(label), box->inner->label);
	bpf_printk("%s: %d holds %s", comm, box->weight, label);
	bpf_printk("%s is %d: in %d", label, box->inner->weight, (int)(bpf_get_current_pid_tgid() >> 32));
	return 0;
}
