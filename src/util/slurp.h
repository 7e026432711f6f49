/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FS_UTIL_SLURP_H
#define FS_UTIL_SLURP_H

#include <stddef.h>

/* Whole file (or the rest of @fd) into a malloc()ed, NUL-terminated buffer; also files without a
 * size, as in /proc. @size may be NULL. -EFBIG above @max bytes, -ENOMEM, -errno. */
int slurp(const char *path, size_t max, char **ret, size_t *size);
int slurp_fd(int fd, size_t max, char **ret, size_t *size);

#endif
