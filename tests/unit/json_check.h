/* SPDX-License-Identifier: BSD-2-Clause */
/* Is it JSON? Strict: RFC 8259, one value, duplicate keys not looked for. */
#ifndef FS_TESTS_JSON_CHECK_H
#define FS_TESTS_JSON_CHECK_H

#include <stdbool.h>

bool json_check(const char *text);
/* Each line of it; false if there is none. */
bool json_check_lines(const char *text);

#endif
