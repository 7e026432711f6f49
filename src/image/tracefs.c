/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* uapi/linux/mount.h and magic.h; glibc's <sys/mount.h> has the former from 2.36 on only */
#define FSOPEN_CLOEXEC_ 1
#define FSCONFIG_CMD_CREATE_ 6
#define FSMOUNT_CLOEXEC_ 1
#define TRACEFS_MAGIC_ 0x74726163

/* -ENODEV if no tracefs is there: an empty directory or another file system may be. */
static int open_mounted(const char *root, const char *path, int flags)
{
	int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs st;
	int fd;

	if (dir < 0)
		return -ENODEV;
	if (fstatfs(dir, &st) || st.f_type != TRACEFS_MAGIC_) {
		close(dir);
		return -ENODEV;
	}
	fd = openat(dir, path, flags | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	close(dir);
	return fd;
}

static int mount_private(void)
{
	int fs = syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC_);
	int mnt;

	if (fs < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE_, NULL, NULL, 0)) {
		mnt = -errno;
	} else {
		mnt = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC_, 0);
		if (mnt < 0)
			mnt = -errno;
	}
	close(fs);
	return mnt;
}

int tracefs_open(const char *path, int flags)
{
	static const char *const roots[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	int mnt, fd;

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		fd = open_mounted(roots[i], path, flags);
		if (fd != -ENODEV)
			return fd;
	}
	mnt = mount_private();
	if (mnt < 0)
		return mnt;
	fd = openat(mnt, path, flags | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	close(mnt);
	return fd;
}
