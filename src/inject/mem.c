/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

int mem_open(pid_t pid)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == EACCES ? -EPERM : errno == ENOENT ? -ESRCH : -errno;
}
