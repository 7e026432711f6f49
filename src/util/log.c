/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define KERNEL_ENOTSUPP 524	/* include/linux/errno.h: leaks out of some BPF paths */

static void stderr_sink(int level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	fprintf(stderr, "%s\n", line);
}

static log_sink_fn sink = stderr_sink;
static void *sink_arg;
static int max_level = LOG_WARN;
static const char hint_prefix[] = "hint: ";
static __thread struct log_capture *capture;
static __thread char last_error[1024];

void log_set_sink(log_sink_fn fn, void *arg)
{
	sink = fn ? fn : stderr_sink;
	sink_arg = arg;
}

void log_set_level(int level)
{
	max_level = level;
}

int log_level(void)
{
	return max_level;
}

static void capture_line(struct log_capture *c, const char *line)
{
	int n = snprintf(c->buf + c->len, c->size - c->len, "%s%s", c->len ? "\n" : "", line);

	if (n > 0)
		c->len = c->len + n < c->size ? c->len + n : c->size - 1;
}

/* A hint belongs to the error before it. */
static void keep_error(const char *line, bool hint)
{
	size_t len = hint ? strlen(last_error) : 0;
	size_t room = sizeof(last_error) - len;

	snprintf(last_error + len, room, "%s%.*s", hint ? "\n" : "", (int)room, line);
}

static void emit(int level, const char *prefix, const char *fmt, va_list ap)
{
	char line[4096];
	int n = snprintf(line, sizeof(line), "%s", prefix);

	vsnprintf(line + n, sizeof(line) - n, fmt, ap);
	if (capture) {
		capture_line(capture, line);
		return;
	}
	if (level == LOG_ERROR)
		keep_error(line, prefix == hint_prefix);
	if (level <= max_level)
		sink(level, line, sink_arg);
}

static void emit_hint(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_ERROR, hint_prefix, fmt, ap);
	va_end(ap);
}

const char *log_last_error(void)
{
	return last_error;
}

int fail(int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_ERROR, "", fmt, ap);
	va_end(ap);
	return err;
}

int fail_hint(int err, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_ERROR, "", fmt, ap);
	va_end(ap);
	if (hint)
		emit_hint("%s", hint);
	return err;
}

void log_msg(int level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(level, level == LOG_WARN ? "warning: " : "", fmt, ap);
	va_end(ap);
}

const char *log_errstr(int err)
{
	static __thread char buf[128];

	err = err < 0 ? -err : err;
	if (err == KERNEL_ENOTSUPP)
		return "not supported by this kernel";
#ifdef __GLIBC__
	return strerror_r(err, buf, sizeof(buf));
#else
	strerror_r(err, buf, sizeof(buf));
	return buf;
#endif
}

void log_capture_start(struct log_capture *c, char *buf, unsigned long size)
{
	c->buf = buf;
	c->size = size;
	c->len = 0;
	c->buf[0] = '\0';
	c->prev = capture;
	capture = c;
}

void log_capture_stop(struct log_capture *c)
{
	capture = c->prev;
}
