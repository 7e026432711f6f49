/* SPDX-License-Identifier: BSD-2-Clause */
/* The log a caller asked for with PROG_LOAD, BTF_LOAD or common attributes. Written at the end. */
#ifndef FS_SYSCALL_LOG_H
#define FS_SYSCALL_LOG_H

#include "syscall/attr.h"

#define BPF_LOG_LEVELS 7	/* level 1, 2, statistics */
#define BPF_LOG_FIXED 8		/* keep the beginning, not the end */

struct blog {
	u64 buf;
	u32 size, level;
	char *text;		/* of its end, or its beginning, as much as will be written */
	u64 len, cap;
	u64 total;		/* bytes, with those that are not in text */
};

/* -EINVAL: buffer, size and level do not go together */
int blog_init(struct blog *log, u64 buf, u32 size, u32 level);
void blog_add(struct blog *log, const char *text, u64 bytes);
void blog_print(struct blog *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Writes it out; 0, -ENOSPC (cut short), -EFAULT. @true_size: what it takes with its NUL, 0 without a log. */
int blog_finish(struct blog *log, u32 *true_size);
void blog_done(struct blog *log);

#endif
