/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages. One line per message, printed once, at the deepest place that can name the
 * object: `area: what 'object': why`, lower case; a hint follows as its own line.
 */
#ifndef FS_UTIL_LOG_H
#define FS_UTIL_LOG_H

#include <stdarg.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };	/* = enum fsession_log_level */

typedef void (*log_sink_fn)(int level, const char *line, void *arg);

/* NULL restores stderr */
void log_set_sink(log_sink_fn fn, void *arg);
void log_set_level(int level);
int log_level(void);

#define FS_PRINTF(a, b) __attribute__((format(printf, a, b)))

/* Prints an error and returns @err (a negative errno), so that callers can `return fail(...)`.
 * "%m"-like text of @err is not appended: say it with log_errstr() where it helps. */
int fail(int err, const char *fmt, ...) FS_PRINTF(2, 3);
/* The same with a "hint: ..." line after it; @hint may be NULL. */
int fail_hint(int err, const char *hint, const char *fmt, ...) FS_PRINTF(3, 4);
void log_msg(int level, const char *fmt, ...) FS_PRINTF(2, 3);

/* The last error that this thread did not capture: its line, and a second one if there was a hint; cut
 * to 1,023 bytes. "" = none yet. Valid until the thread's next error. */
const char *log_last_error(void);

/* Text of a negative or positive errno; knows the kernel-internal ENOTSUPP (524) too.
 * Thread-safe; valid until the thread calls it again. */
const char *log_errstr(int err);

/* Capture: while on, this thread's lines go to @buf (NUL-terminated, truncated) instead of
 * the sink. Used where a failure is only a reason to try something else. */
struct log_capture {
	char *buf;
	unsigned long size;
	unsigned long len;
	struct log_capture *prev;
};
void log_capture_start(struct log_capture *c, char *buf, unsigned long size);
void log_capture_stop(struct log_capture *c);

#endif
