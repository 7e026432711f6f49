// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Nothing to load. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("?fsession/vfs_read")
int off(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
