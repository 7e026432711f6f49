/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where emitted bytes go. Emitters return nothing: running out of room or being asked for what has no
 * encoding latches in .err, which is looked at once, at the end. Without a buffer bytes are counted.
 */
#ifndef FS_ARCH_CODEBUF_H
#define FS_ARCH_CODEBUF_H

#include <errno.h>
#include <string.h>

#include "util/types.h"

struct codebuf {
	u8 *buf;	/* NULL: count only */
	u32 cap;	/* bytes in buf */
	u32 len;	/* bytes emitted */
	int err;	/* first error, -errno */
};

static inline void codebuf_fail(struct codebuf *b, int err)
{
	if (!b->err)
		b->err = err;
}

static inline void codebuf_put(struct codebuf *b, const void *bytes, u32 n)
{
	if (b->buf) {
		if (n > b->cap - b->len) {
			codebuf_fail(b, -E2BIG);
			return;
		}
		memcpy(b->buf + b->len, bytes, n);
	}
	b->len += n;
}

static inline void codebuf_u8(struct codebuf *b, u8 v)
{
	codebuf_put(b, &v, 1);
}

/* Little endian, as all hosts we build on and all targets are. */
static inline void codebuf_u16(struct codebuf *b, u16 v)
{
	codebuf_put(b, &v, 2);
}

static inline void codebuf_u32(struct codebuf *b, u32 v)
{
	codebuf_put(b, &v, 4);
}

static inline void codebuf_u64(struct codebuf *b, u64 v)
{
	codebuf_put(b, &v, 8);
}

/* Replaces bytes emitted before; nothing while counting. */
static inline void codebuf_patch(struct codebuf *b, u32 at, const void *bytes, u32 n)
{
	if (b->buf && at + n <= b->len)
		memcpy(b->buf + at, bytes, n);
}

#endif
