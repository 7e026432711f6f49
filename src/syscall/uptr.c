/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/uptr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define TAIL_MAX 4096	/* as the kernel: a page */
#define PAGE 4096

/* The kernel copies, so bad addresses are its affair. Where a filter forbids that, plain copies. */
static int copy(long nr, u64 remote, void *local, u64 bytes)
{
	struct iovec here = { local, bytes }, there = { (void *)remote, bytes };
	long n;

	if (!bytes)
		return 0;
	n = syscall(nr, (long)getpid(), &here, 1L, &there, 1L, 0L);
	if (n == (long)bytes)
		return 0;
	if (n < 0 && (errno == EPERM || errno == ENOSYS)) {
		memcpy(nr == SYS_process_vm_readv ? local : (void *)remote,
		       nr == SYS_process_vm_readv ? (void *)remote : local, bytes);
		return 0;
	}
	return -EFAULT;
}

int uptr_read(void *dst, u64 src, u64 bytes)
{
	return copy(SYS_process_vm_readv, src, dst, bytes);
}

int uptr_write(u64 dst, const void *src, u64 bytes)
{
	return copy(SYS_process_vm_writev, dst, (void *)src, bytes);
}

int uptr_read_str(char *dst, u64 src, u64 max)
{
	u64 got = 0;

	while (got < max) {
		u64 page = PAGE - (src + got) % PAGE, n = page < max - got ? page : max - got;
		char *nul;

		if (uptr_read(dst + got, src + got, n))
			return -EFAULT;
		nul = memchr(dst + got, 0, n);
		if (nul)
			return nul - dst;
		got += n;
	}
	return -E2BIG;
}

int uptr_dup(u64 src, u64 bytes, void **ret)
{
	void *mem = malloc(bytes ?: 1);
	int err;

	if (!mem)
		return -ENOMEM;
	err = uptr_read(mem, src, bytes);
	if (err) {
		free(mem);
		return err;
	}
	*ret = mem;
	return 0;
}

int uptr_check_tail(u64 src, u64 known, u64 actual)
{
	u8 tail[TAIL_MAX];

	if (actual > TAIL_MAX)
		return -E2BIG;
	if (actual <= known)
		return 0;
	if (uptr_read(tail, src + known, actual - known))
		return -EFAULT;
	for (u64 i = 0; i < actual - known; i++)
		if (tail[i])
			return -E2BIG;
	return 0;
}
