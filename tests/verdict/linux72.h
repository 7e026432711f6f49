/* SPDX-License-Identifier: BSD-2-Clause */
/* Verdicts are those of Linux 7.2: other kernels have others. */
#ifndef FS_TESTS_VERDICT_LINUX72_H
#define FS_TESTS_VERDICT_LINUX72_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static inline bool is_linux72(void)
{
	struct utsname u;

	if (!uname(&u) && !strncmp(u.release, "7.2", 3))
		return true;
	printf("1..0 # SKIP not Linux 7.2\n");
	return false;
}

#endif
