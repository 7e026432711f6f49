/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Function name patterns: '*' any run, '?' one character, ',' between alternatives; nothing else is
 * special.
 */
#ifndef FS_UTIL_GLOB_H
#define FS_UTIL_GLOB_H

#include <stdbool.h>

bool glob_matches(const char *glob, const char *name);
/* May @s match several names? */
bool glob_is_pattern(const char *s);

#endif
