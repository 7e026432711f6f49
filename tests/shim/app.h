/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FS_TESTS_SHIM_APP_H
#define FS_TESTS_SHIM_APP_H

#include <linux/types.h>

struct app_arg {
	char pad[20];
	int n;
};

struct event {
	__u32 kind;	/* 0 entry: .ret is the struct's n; 1 exit */
	__u32 pad;
	__s64 a, ret;
};

#endif
