/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/pidfd.h"

#include <errno.h>
#include <stdio.h>

int pidfd_task(int fd, struct rt_task_key *ret)
{
	char path[64], line[128];
	int tid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f) && !tid)
		sscanf(line, "Pid: %d", &tid);
	if (f)
		fclose(f);
	if (!tid)
		return -EBADF;
	*ret = (struct rt_task_key){ .tid = tid, .start = tid > 0 ? rt_task_start(tid) : 0 };
	return ret->start ? 0 : -ENOENT;
}
