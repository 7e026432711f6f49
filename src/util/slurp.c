/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define FIRST_BYTES 65536

int slurp_fd(int fd, size_t max, char **ret, size_t *size)
{
	size_t cap = 0, len = 0;
	char *buf = NULL;
	int err;

	for (;;) {
		ssize_t n;

		if (len + 1 >= cap) {
			char *p;

			cap = cap ? cap * 2 : FIRST_BYTES;
			p = realloc(buf, cap);
			if (!p) {
				err = -ENOMEM;
				goto out;
			}
			buf = p;
		}
		n = read(fd, buf + len, cap - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err = -errno;
			goto out;
		}
		len += n;
		if (len > max) {
			err = -EFBIG;
			goto out;
		}
		if (!n)
			break;
	}
	buf[len] = '\0';
	*ret = buf;
	if (size)
		*size = len;
	return 0;
out:
	free(buf);
	return err;
}

int slurp(const char *path, size_t max, char **ret, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = slurp_fd(fd, max, ret, size);
	close(fd);
	return err;
}
