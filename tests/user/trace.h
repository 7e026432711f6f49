/* SPDX-License-Identifier: BSD-2-Clause */
/* What trace.bpf.c tells test_trace.c: its .bss. */
#ifndef FS_TESTS_USER_TRACE_H
#define FS_TESTS_USER_TRACE_H

#include <linux/types.h>

#define TRACE_SEEN 16

struct trace_seen {
	__u64 what, phase, arg, ret, cookie;
};

struct trace_data {
	struct trace_seen seen[TRACE_SEEN];
	__u64 nr_seen;
	__u64 ip, arg_cnt;
	__s64 get_ret;
	__s64 copied;
};

#endif
