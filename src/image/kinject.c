/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/kinject.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 512

/* A line: the function, then what may be injected; of a module, that in brackets. */
int kinject_find(const char *path, const char *func)
{
	FILE *f = fopen(path, "re");
	char line[LINE_BYTES];
	size_t len = strlen(func);
	int ret = 0;

	if (!f)
		return -errno;
	while (!ret && fgets(line, sizeof(line), f))
		ret = strcspn(line, " \t\n") == len && !strncmp(line, func, len);
	fclose(f);
	return ret;
}
