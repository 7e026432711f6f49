/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/lines.h"

#include <errno.h>
#include <sys/socket.h>

#include "rt/helper.h"
#include "syscall/obj.h"

#define BUFFER_BYTES (4 << 20)

int lines_open(void)
{
	int ends[2], bytes = BUFFER_BYTES;

	if (rt_load(&rt_trace_fd) >= 0)
		return -EBUSY;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return -errno;
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	rt_store(&rt_trace_fd, ends[1]);
	return ends[0];
}

void lines_close(int fd)
{
	int end = __atomic_exchange_n(&rt_trace_fd, -1, __ATOMIC_RELAXED);

	if (end >= 0)
		fd_close(end);
	fd_close(fd);
}

u64 lines_lost(void)
{
	return rt_load(&rt_trace_lost);
}
