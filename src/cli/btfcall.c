/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wrap_vmlinux() where the command has no user engine inside: the functions by which libbpf looks for the kernel's
 * types, before libc's because the executable's symbols come first. Any other file is libc's business.
 */
#undef _FILE_OFFSET_BITS	/* open() and open64() are two symbols */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "syscall/variadic.h"
#include "syscall/wrap.h"

#define VMLINUX "/sys/kernel/btf/vmlinux"
#define EXPORT __attribute__((visibility("default")))

static struct {
	const void *raw;
	size_t bytes;
} given;

void wrap_vmlinux(const void *raw, size_t bytes)
{
	given.raw = raw;
	given.bytes = bytes;
}

static bool is_given(const char *path)
{
	return given.raw && !strcmp(path, VMLINUX);
}

static int open_given(void)
{
	int fd = memfd_create("fsession-types", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (write(fd, given.raw, given.bytes) == (ssize_t)given.bytes && !lseek(fd, 0, SEEK_SET))
		return fd;
	close(fd);
	errno = ENOSPC;
	return -1;
}

EXPORT FILE *fopen64(const char *path, const char *mode)
{
	static FILE *(*libc)(const char *path, const char *mode);
	int fd;

	if (!libc)
		libc = (FILE *(*)(const char *, const char *))dlsym(RTLD_NEXT, "fopen64");
	if (!is_given(path))
		return libc(path, mode);
	fd = open_given();
	return fd < 0 ? NULL : fdopen(fd, mode);
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	return fopen64(path, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
	static int (*libc)(const char *path, int flags, ...);
	int mode = NEXT_ARG(int, flags);

	if (!libc)
		libc = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
	return is_given(path) ? open_given() : libc(path, flags, mode);
}

EXPORT int open(const char *path, int flags, ...)
{
	int mode = NEXT_ARG(int, flags);

	return open64(path, flags, mode);
}

EXPORT int access(const char *path, int mode)
{
	return is_given(path) ? 0 : faccessat(AT_FDCWD, path, mode, 0);
}

EXPORT int faccessat(int dir, const char *path, int mode, int flags)
{
	static int (*libc)(int dir, const char *path, int mode, int flags);

	if (!libc)
		libc = (int (*)(int, const char *, int, int))dlsym(RTLD_NEXT, "faccessat");
	return is_given(path) ? 0 : libc(dir, path, mode, flags);
}
