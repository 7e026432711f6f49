/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/glob.h"

#include <stddef.h>
#include <string.h>

/* Linear with one backtrack point: the last '*' is the only one worth returning to. */
static bool match_one(const char *glob, const char *end, const char *name)
{
	const char *star = NULL, *resume = NULL;

	while (*name) {
		if (glob < end && *glob == '*') {
			star = glob++;
			resume = name;
		} else if (glob < end && (*glob == '?' || *glob == *name)) {
			glob++;
			name++;
		} else if (star) {
			glob = star + 1;
			name = ++resume;
		} else {
			return false;
		}
	}
	while (glob < end && *glob == '*')
		glob++;
	return glob == end;
}

bool glob_matches(const char *glob, const char *name)
{
	const char *end;

	for (;; glob = end + 1) {
		end = glob + strcspn(glob, ",");
		if (match_one(glob, end, name))
			return true;
		if (!*end)
			return false;
	}
}

bool glob_is_pattern(const char *s)
{
	return strpbrk(s, "*?,") != NULL;
}
