/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject/passfd.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int send_fd(int sock, int fd)
{
	union {
		struct cmsghdr hdr;
		u8 room[CMSG_SPACE(sizeof(int))];
	} control = { .hdr = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec iov = { "", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control.room) };

	memcpy(CMSG_DATA(&control.hdr), &fd, sizeof(fd));
	return sendmsg(sock, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* In the agent's scratch memory: what recvmsg() there needs. */
struct receive {
	struct msghdr msg;
	struct iovec iov;
	u64 data;
	union {
		struct cmsghdr hdr;
		u8 room[CMSG_SPACE(sizeof(int))];
	} control;
};

_Static_assert(sizeof(struct receive) <= PASSFD_SCRATCH, "room for it");

static int receive_fd(struct call *c, u64 at, int sock)
{
	struct receive rx = {
		.msg = { .msg_iov = (void *)(at + offsetof(struct receive, iov)), .msg_iovlen = 1,
			 .msg_control = (void *)(at + offsetof(struct receive, control)),
			 .msg_controllen = sizeof(rx.control.room) },
		.iov = { (void *)(at + offsetof(struct receive, data)), 1 },
	};
	int fd, mem = call_stop(c)->mem;
	long got;

	if (pwrite(mem, &rx, sizeof(rx), at) != sizeof(rx))
		return -EFAULT;
	got = call_make(c, SYS_recvmsg, sock, at, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, 0, 0, 0);
	if (got < 0)
		return got;
	if (pread(mem, &rx, sizeof(rx), at) != sizeof(rx) || rx.control.hdr.cmsg_type != SCM_RIGHTS)
		return -EMFILE;
	memcpy(&fd, CMSG_DATA(&rx.control.hdr), sizeof(fd));
	return fd;
}

int passfd(struct call *c, int pidfd, u64 scratch, int fd)
{
	int pair[2], sock, got;
	long err;

	err = call_make(c, SYS_socketpair, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, scratch, 0, 0);
	if (err)
		return err;
	if (pread(call_stop(c)->mem, pair, sizeof(pair), scratch) != sizeof(pair))
		return -EFAULT;
	sock = syscall(SYS_pidfd_getfd, pidfd, pair[0], 0);
	got = sock < 0 ? -errno : send_fd(sock, fd);
	if (sock >= 0)
		close(sock);
	got = got ?: receive_fd(c, scratch, pair[1]);
	call_make(c, SYS_close, pair[0], 0, 0, 0, 0, 0);
	call_make(c, SYS_close, pair[1], 0, 0, 0, 0, 0);
	return got;
}
