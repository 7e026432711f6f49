// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* fentry, fexit, fmod_ret. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "verdict.h"

SEC("fentry/bpf_fentry_test3")
int BPF_PROG(entry, char a, int b, __u64 c)
{
	return a == 1 && b == 2 && c == 3 ? 0 : 0;
}

SEC("fexit/bpf_fentry_test2")
int BPF_PROG(exit_ret, int a, __u64 b, int ret)
{
	if (ret < 0)
		bpf_printk("failed: %d", ret);
	return 0;
}

SEC("fentry/bpf_fentry_test1")
__failure __msg("no argument in slot 1")
int BPF_PROG(entry_ret, int a, int ret)
{
	bpf_printk("%d", ret);
	return 0;
}

struct node___later {
	int not_there_yet;
} __attribute__((preserve_access_index));

SEC("fentry/bpf_fentry_test1")
__failure __msg("a relocation failed")
int BPF_PROG(core_missing, int a)
{
	struct node___later *n = (void *)ctx;

	bpf_printk("%d", (int)__builtin_preserve_field_info(n->not_there_yet, 0));
	return 0;
}

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(core_missing_but_asked, int a)
{
	struct node___later *n = (void *)ctx;

	if (__builtin_preserve_field_info(n->not_there_yet, 2))	/* does it exist? */
		bpf_printk("%d", (int)__builtin_preserve_field_info(n->not_there_yet, 0));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
