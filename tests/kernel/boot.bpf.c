// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Plain fentry and fexit, no session: what every guest must be able to do. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u64 entries, exits, module_entries;
__s64 arg, ret_seen;

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(boot_entry, int a)
{
	entries++;
	arg = a;
	return 0;
}

SEC("fexit/bpf_fentry_test1")
int BPF_PROG(boot_exit, int a, int ret)
{
	exits++;
	ret_seen = ret;
	return 0;
}

SEC("fentry/tun_chr_open")
int BPF_PROG(boot_module)
{
	module_entries++;
	return 0;
}
