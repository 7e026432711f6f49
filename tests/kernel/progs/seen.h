/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a program of the api tests keeps of its session; skeletons refer to it. */
#ifndef FS_TESTS_SEEN_H
#define FS_TESTS_SEEN_H

#include <linux/types.h>

struct seen {
	__u64 entries, exits;
	__u64 bad;		/* cookies that were not what they should be */
};

#endif
