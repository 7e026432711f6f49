/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs have in common that ask the engine and, with --kernel, a real kernel the same. */
#ifndef FS_TESTS_USER_ASKER_H
#define FS_TESTS_USER_ASKER_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "inject/selftarget.h"
#include "syscall/wrap.h"
#include "util/types.h"

#define LEN(a) (sizeof(a) / sizeof(*(a)))

/* bpf(2) with common attributes: what it returns, or -errno */
static inline int call5(int cmd, void *attr, u32 size, void *common, u32 size_common)
{
	long r = syscall(__NR_bpf, cmd, attr, size, common, size_common);

	return r < 0 ? -errno : (int)r;
}

static inline int call(int cmd, void *attr, u32 size)
{
	return call5(cmd, attr, size, NULL, 0);
}

/* From here on bpf(2) is whose the arguments say; libbpf is silent, this process the target. */
static inline void asker_begin(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_print(NULL);
	wrap_set(!(argc > 1 && !strcmp(argv[1], "--kernel")));
	selftarget_use(NULL);
}

#endif
