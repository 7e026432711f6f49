/* SPDX-License-Identifier: BSD-2-Clause */
/* Function name patterns: '*' any run, '?' one character, nothing else is special. */
#ifndef FS_UTIL_GLOB_H
#define FS_UTIL_GLOB_H

#include <stdbool.h>

bool glob_match(const char *glob, const char *name);
/* Does @s contain a wildcard? */
bool glob_is_pattern(const char *s);

#endif
