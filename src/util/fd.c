/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/fd.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/types.h"

#define ABOVE 4096		/* where it is allowed */
#define NOTED 65536		/* those above are kept, and not known to be */

static u64 kept[NOTED / 64];

int fd_keep(int fd)
{
	struct rlimit limit = { .rlim_cur = 1024 };
	int up = -1;

	if (fd < 0)
		return fd;
	getrlimit(RLIMIT_NOFILE, &limit);
	up = fcntl(fd, F_DUPFD_CLOEXEC, limit.rlim_cur < 2 * ABOVE ? (int)limit.rlim_cur / 2 : ABOVE);
	if (up < 0)
		return fd;
	syscall(SYS_close, fd);
	if (up < NOTED)
		__atomic_fetch_or(&kept[up / 64], 1ULL << up % 64, __ATOMIC_RELAXED);
	return up;
}

bool fd_is_kept(int fd)
{
	return fd >= 0 && fd < NOTED && __atomic_load_n(&kept[fd / 64], __ATOMIC_RELAXED) >> fd % 64 & 1;
}

int fd_next_kept(int fd)
{
	for (; fd < NOTED; fd++)
		if (fd_is_kept(fd))
			return fd;
	return -1;
}

void fd_close(int fd)
{
	if (fd_is_kept(fd))
		__atomic_fetch_and(&kept[fd / 64], ~(1ULL << fd % 64), __ATOMIC_RELAXED);
	syscall(SYS_close, fd);
}
