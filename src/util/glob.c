/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/glob.h"

#include <stddef.h>
#include <string.h>

/* Linear with one backtrack point: the last '*' is the only one worth returning to. */
bool glob_match(const char *glob, const char *name)
{
	const char *star = NULL, *resume = NULL;

	while (*name) {
		if (*glob == '*') {
			star = glob++;
			resume = name;
		} else if (*glob == '?' || *glob == *name) {
			glob++;
			name++;
		} else if (star) {
			glob = star + 1;
			name = ++resume;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return !*glob;
}

bool glob_is_pattern(const char *s)
{
	return strpbrk(s, "*?") != NULL;
}
