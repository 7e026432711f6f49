// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* No program at all. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int counter;
char LICENSE[] SEC("license") = "GPL";
