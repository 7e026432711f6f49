/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What victim.bpf.c saw. */
#ifndef FS_TESTS_INJECT_VICTIM_H
#define FS_TESTS_INJECT_VICTIM_H

struct victim_data {
	long long times, extra, weight, ret, cookie, pid, works;
	char name[16];
};

#endif
