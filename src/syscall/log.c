/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "syscall/uptr.h"

int blog_init(struct blog *log, u64 buf, u32 size, u32 level)
{
	*log = (struct blog){ .buf = buf, .size = size, .level = level };
	if (!buf != !size || (buf && !level) || level & ~(BPF_LOG_LEVELS | BPF_LOG_FIXED) ||
	    size > UINT32_MAX >> 2)
		return -EINVAL;
	return 0;
}

static bool reserve(struct blog *log, u64 more)
{
	u64 cap = (log->len + more + 1) * 2;
	char *text;

	if (log->len + more < log->cap)
		return true;
	text = realloc(log->text, cap);
	if (!text)
		return false;
	log->text = text;
	log->cap = cap;
	return true;
}

/* The verifier may say much more than anyone has room for. */
void blog_add(struct blog *log, const char *text, u64 bytes)
{
	if (!log->level)
		return;
	log->total += bytes;
	if (!log->buf)
		return;
	if (log->level & BPF_LOG_FIXED && bytes > log->size - log->len)
		bytes = log->size - log->len;
	if (log->len > 2ull * log->size) {
		memmove(log->text, log->text + log->len - log->size, log->size);
		log->len = log->size;
	}
	if (!reserve(log, bytes))
		return;
	memcpy(log->text + log->len, text, bytes);
	log->len += bytes;
}

void blog_print(struct blog *log, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	if (!log->level)
		return;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	blog_add(log, text, n);
	free(text);
}

int blog_finish(struct blog *log, u32 *true_size)
{
	const char *from = log->text ?: "";
	u64 room = log->size, n;

	*true_size = 0;
	if (!log->level)
		return 0;
	*true_size = log->total ? log->total + 1 : 0;
	if (!log->buf)
		return 0;
	n = log->len < room ? log->len : room - 1;
	if (!(log->level & BPF_LOG_FIXED))
		from += log->len - n;
	if (uptr_write(log->buf, from, n) || uptr_write(log->buf + n, "", 1))
		return -EFAULT;
	return log->total + 1 > room ? -ENOSPC : 0;
}

void blog_done(struct blog *log)
{
	free(log->text);
}
