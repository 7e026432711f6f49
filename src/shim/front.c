/* SPDX-License-Identifier: BSD-2-Clause */
/* syscall() of libfsession-user.so; the fsession command has one of its own (src/cli/bpfcall.c). */
#include "syscall/variadic.h"

long __wrap_syscall(long nr, ...);
__attribute__((visibility("default"))) long syscall(long nr, ...);

__attribute__((no_sanitize("address"))) long syscall(long nr, ...)
{
	long a[6];

	SIX_ARGS(a, nr);
	return __wrap_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}
