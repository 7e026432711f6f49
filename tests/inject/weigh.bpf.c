// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Says what weigh() of victim.c was given and what it returned. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <fsession/bpf_fsession.h>

char LICENSE[] SEC("license") = "GPL";

struct load {
	const char *name;
	int weight;
} __attribute__((preserve_access_index));

int calls;

SEC("fsession/weigh")
int BPF_PROG(say, const struct load *load, short times, unsigned char extra, int ret)
{
	__u64 *cookie = bpf_session_cookie(ctx);
	char name[16];

	if (bpf_session_is_return(ctx)) {
		bpf_printk("weigh = %d, cookie %d", ret, (int)*cookie);
		return 0;
	}
	*cookie = ++calls;
	bpf_probe_read_user_str(name, sizeof(name), load->name);
	bpf_printk("weigh(%s, %d, %d)", name, times, extra);
	return 0;
}
