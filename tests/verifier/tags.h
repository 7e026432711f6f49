/* SPDX-License-Identifier: BSD-2-Clause */
/* The declaration tags of verdict.h, as read from an object's types. */
#ifndef FS_TESTS_VERIFIER_TAGS_H
#define FS_TESTS_VERIFIER_TAGS_H

#include <stdbool.h>

#include "util/types.h"

struct btf;

#define TAGS_MSGS 8

struct tags {
	bool failure, slow;
	bool linux_differs;
	bool has_retval;
	u64 retval;
	u32 flags;			/* BPF_F_* */
	u32 nr_msgs;
	const char *msgs[TAGS_MSGS];	/* borrowed from the types */
};

/* Return: 0, or -EINVAL: there is a tag without meaning (printed) */
int tags_read(const struct btf *btf, const char *func, struct tags *ret);

#endif
