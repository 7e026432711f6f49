/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

static struct {
	int resource;
	struct rlimit was;
	bool raised;
} limits[] = { { .resource = RLIMIT_NOFILE }, { .resource = RLIMIT_MEMLOCK } };

void limits_raise(void)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		int resource = limits[i].resource;
		struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY }, max;

		if (getrlimit(resource, &limits[i].was))
			continue;
		max = (struct rlimit){ limits[i].was.rlim_max, limits[i].was.rlim_max };
		limits[i].raised = (resource == RLIMIT_MEMLOCK && !setrlimit(resource, &all)) ||
				   !setrlimit(resource, &max);
	}
}

void limits_restore(void)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (limits[i].raised)
			setrlimit(limits[i].resource, &limits[i].was);
}
