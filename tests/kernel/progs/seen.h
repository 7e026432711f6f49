/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What programs of the api tests keep of their sessions; skeletons refer to it. */
#ifndef FS_TESTS_SEEN_H
#define FS_TESTS_SEEN_H

#include <linux/types.h>

struct seen {
	__u64 entries, exits;
	__u64 bad;		/* cookies that were not what they should be */
};

struct func_seen {
	__u64 entries, exits;
	__u64 bad;
	__u64 attach_cookie[2];	/* at entry, at exit */
};

#endif
