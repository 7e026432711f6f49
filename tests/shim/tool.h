/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FS_TESTS_SHIM_TOOL_H
#define FS_TESTS_SHIM_TOOL_H

#include <linux/types.h>

#define SLOTS 8

struct hist {
	__u64 slots[SLOTS];
};

struct event {
	__u32 fd;
	__s32 stack;
	__s64 ret;
	char comm[16], name[32];
};

#endif
