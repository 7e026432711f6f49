/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/procstatus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

long procstatus(pid_t tid, const char *key)
{
	char path[32], line[256];
	size_t len = strlen(key);
	long ret = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, len) && line[len] == ':')
			ret = strtol(line + len + 1, NULL, 10);
	if (f)
		fclose(f);
	return ret;
}
