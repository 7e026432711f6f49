/* SPDX-License-Identifier: BSD-2-Clause */
/* syscall() of libfsession-user.so; the fsession command has one of its own (src/cli/bpfcall.c). */
#include <stdarg.h>

long __wrap_syscall(long nr, ...);
__attribute__((visibility("default"))) long syscall(long nr, ...);

__attribute__((no_sanitize("address"))) long syscall(long nr, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return __wrap_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}
