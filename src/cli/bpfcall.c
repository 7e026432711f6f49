/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/bpfcall.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "syscall/variadic.h"

static bpfcall_fn answer;
static void *answer_arg;

void bpfcall_answer(bpfcall_fn fn, void *arg)
{
	answer = fn;
	answer_arg = arg;
}

/* Of the user engine, where this is linked with it (syscall/wrap.c). */
long __wrap_syscall(long nr, ...) __attribute__((weak));

static long pass_on(long nr, const long a[6])
{
	static long (*libc)(long nr, ...);

	if (__wrap_syscall)
		return __wrap_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (!libc)
		libc = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	return libc(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Takes six arguments, like libc's, of however many there are. */
__attribute__((visibility("default"), no_sanitize("address"))) long syscall(long nr, ...)
{
	long a[6];
	int ret;

	SIX_ARGS(a, nr);
	if (nr != __NR_bpf || !answer)
		return pass_on(nr, a);
	ret = answer(a[0], (const void *)a[1], a[2], answer_arg);
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}
