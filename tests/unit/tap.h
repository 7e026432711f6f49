/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit test harness. A test is
 *
 *	TEST(glob_star)
 *	{
 *		CHECK(glob_matches("a*", "abc"));
 *		CHECK_EQ(f(1), 2);
 *	}
 *
 * Tests register themselves and run in a process of their own each, so that a crash costs one
 * row. Output is TAP. `./test_x PATTERN...` runs those whose name matches a shell pattern;
 * arguments that start with "--" are options for the tests.
 */
#ifndef FS_TESTS_TAP_H
#define FS_TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct tap_test {
	const char *name;
	void (*fn)(void);
	struct tap_test *next;
};

void tap_register(struct tap_test *t);
void tap_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* @fn runs once, before the first test, in the process from which all tests are forked. */
void tap_set_up(void (*fn)(void));
/* A test that goes on gets its time anew, and, with LONG in the environment, says twenty times how far it is. */
void tap_progress(unsigned done, unsigned all);
/* Ends the test as skipped. */
void tap_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The value of --NAME=VALUE on the command line, or NULL. */
const char *tap_option(const char *name);
/* The path of a file beside the test program; valid until the next call. */
const char *tap_file(const char *name);
/* Whether memory was lost so far; false without the sanitizer. */
bool tap_leaks(void);

#define TEST(id)                                                                                   \
	static void test_fn_##id(void);                                                            \
	static struct tap_test test_##id = { #id, test_fn_##id, NULL };                            \
	__attribute__((constructor)) static void test_reg_##id(void)                               \
	{                                                                                          \
		tap_register(&test_##id);                                                          \
	}                                                                                          \
	static void test_fn_##id(void)

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond))                                                                       \
			tap_fail(__FILE__, __LINE__, "%s", #cond);                                 \
	} while (0)

#define CHECK_NO_LEAKS() CHECK(!tap_leaks())

#define CHECK_EQ(a, b)                                                                             \
	do {                                                                                       \
		long long a_ = (long long)(a), b_ = (long long)(b);                                \
		if (a_ != b_)                                                                      \
			tap_fail(__FILE__, __LINE__, "%s: %lld, expected %lld", #a, a_, b_);       \
	} while (0)

#define CHECK_STR(a, b)                                                                            \
	do {                                                                                       \
		const char *a_ = (a), *b_ = (b);                                                   \
		if (!a_ || strcmp(a_, b_))                                                         \
			tap_fail(__FILE__, __LINE__, "%s: \"%s\", expected \"%s\"", #a,            \
				 a_ ? a_ : "(null)", b_);                                          \
	} while (0)

#endif
