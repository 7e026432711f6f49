/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of tracefs, wherever it is mounted, or not at all. */
#ifndef FS_IMAGE_TRACEFS_H
#define FS_IMAGE_TRACEFS_H

/**
 * tracefs_open() - open a file of tracefs
 * @path:  below its root, such as "trace_pipe"
 * @flags: of open(2); O_CLOEXEC is added
 *
 * Where tracefs is mounted neither on /sys/kernel/tracing nor below debugfs, a private instance
 * is mounted without a mount point; it goes with the last file descriptor. Prints nothing.
 * Return: fd, or -errno: -EPERM or -EACCES without privilege (CAP_SYS_ADMIN mounts), -ENODEV when
 * the kernel has no tracefs, -ENOENT when it has no such file.
 */
int tracefs_open(const char *path, int flags);

#endif
