/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What slowread.bpf.c tells slowread.c. */
#ifndef SLOWREAD_H
#define SLOWREAD_H

#define COMM_LEN 16

struct event {
	__u64 ns;
	__s64 ret;
	__u32 pid;
	char comm[COMM_LEN];
};

#endif
