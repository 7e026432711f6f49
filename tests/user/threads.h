/* SPDX-License-Identifier: BSD-2-Clause */
/* What threads.bpf.c and test_threads.c tell each other: its .bss. */
#ifndef FS_TESTS_USER_THREADS_H
#define FS_TESTS_USER_THREADS_H

#include <linux/types.h>

#define THREADS_CPUS 512	/* more than there are ever asked for */

struct threads_data {
	__u64 over;			/* those inside leave */
	__u64 inside;			/* how many came */
	__u32 cpu[THREADS_CPUS];	/* of each, in order */
};

struct threads_pair {
	__u64 is, is_not;
};

enum {		/* what "peek" returns */
	THREADS_BAD = 1,
	THREADS_IN_ARRAY = 2,
	THREADS_IN_HASH = 4,
};

#define THREADS_NO_PROG 9	/* what "jump" returns */

#endif
