/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/wrap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "syscall/env.h"
#include "syscall/map.h"
#include "syscall/syscall.h"

#define POSSIBLE "/sys/devices/system/cpu/possible"

long __real_syscall(long nr, ...);
int __real_close(int fd);
int __real_open64(const char *path, int flags, ...);
void *__real_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t off);

int __real_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev);
int __real_epoll_wait(int epfd, struct epoll_event *ev, int max, int timeout);

long __wrap_syscall(long nr, ...);
int __wrap_close(int fd);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t off);
int __wrap_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev);
int __wrap_epoll_wait(int epfd, struct epoll_event *ev, int max, int timeout);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off);

static bool user = true;

void wrap_set(bool to_user)
{
	user = to_user;
}

static long do_bpf(const long a[5])
{
	int ret = user_bpf(a[0], (void *)a[1], a[2], (void *)a[3], a[4]);

	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

/* Takes six arguments, like libc's, of however many there are. */
__attribute__((no_sanitize("address"))) long __wrap_syscall(long nr, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr == __NR_bpf && user)
		return do_bpf(a);
	return __real_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* What the last fd stood for goes at once, as after the system call. */
int __wrap_close(int fd)
{
	int ret = __real_close(fd);
	int saved = errno;

	if (user)
		obj_flush();
	errno = saved;
	return ret;
}

/* A file of ours in place of the machine's. */
static int answer(const char *text)
{
	int fd = memfd_create("fsession-file", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (write(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET)) {
		__real_close(fd);
		return -1;
	}
	return fd;
}

int __wrap_open64(const char *path, int flags, ...)
{
	char text[32];
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = va_arg(ap, int);
	va_end(ap);
	if (!user || strcmp(path, POSSIBLE))
		return __real_open64(path, flags, mode);
	snprintf(text, sizeof(text), "0-%u\n", env_nr_cpus() - 1);
	return answer(text);
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = va_arg(ap, int);
	va_end(ap);
	return __wrap_open64(path, flags, mode);
}

void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	void *ret = MAP_FAILED;
	struct map *map;
	int err;

	if (!user || fd < 0 || flags & MAP_ANONYMOUS || map_from_fd(fd, &map, NULL))
		return __real_mmap64(addr, len, prot, flags, fd, off);
	err = map_mmap_check(map, prot, flags, off, len);
	if (err)
		errno = -err;
	else
		ret = __real_mmap64(addr, len, prot, flags, map->memfd, map->rt->mmap_off + off);
	map_put(map);
	return ret;
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	return __wrap_mmap64(addr, len, prot, flags, fd, off);
}

/* A ring buffer's fd is waited for by its eventfd. */
int __wrap_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
	struct map *map;
	int ret;

	if (!user || map_from_fd(fd, &map, NULL))
		return __real_epoll_ctl(epfd, op, fd, ev);
	if (map->rt->notify_fd >= 0)
		fd = map->rt->notify_fd;
	ret = __real_epoll_ctl(epfd, op, fd, ev);
	map_put(map);
	return ret;
}

int __wrap_epoll_wait(int epfd, struct epoll_event *ev, int max, int timeout)
{
	if (user)
		map_sync_rings();
	return __real_epoll_wait(epfd, ev, max, timeout);
}
