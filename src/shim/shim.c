/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands before libc's functions that libbpf calls, by their names: in a program that this is linked into,
 * or that preloads libfsession-user.so. They lead to src/syscall/wrap.c, which knows what is about the
 * user engine; what is not goes on to libc. Off until user_engine.use(), or from the beginning
 * with FSESSION_SHIM in the environment.
 */
#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "engine/user.h"
#include "inject/launch.h"
#include "inject/jitdump.h"
#include "inject/perfmap.h"
#include "inject/proctarget.h"
#include "inject/selftarget.h"
#include "syscall/lines.h"
#include "syscall/syscall.h"
#include "syscall/variadic.h"
#include "syscall/wrap.h"

#define EXPORT __attribute__((visibility("default")))

/* What libc has under that name. */
#define REAL(ret, name, params, args)                                                              \
	ret __real_##name params;                                                                  \
	ret __real_##name params                                                                   \
	{                                                                                          \
		static ret(*fn) params;                                                            \
												   \
		if (!fn)                                                                           \
			fn = (ret(*) params)dlsym(RTLD_NEXT, #name);                               \
		return fn args;                                                                    \
	}

/* The wrapped function under libc's name. */
#define FRONT(ret, name, params, args)                                                             \
	ret __wrap_##name params;                                                                  \
	EXPORT ret name params;                                                                    \
	EXPORT ret name params                                                                     \
	{                                                                                          \
		return __wrap_##name args;                                                         \
	}

#define BOTH(ret, name, params, args) REAL(ret, name, params, args) FRONT(ret, name, params, args)

#define MMAP_PARAMS (void *addr, size_t len, int prot, int flags, int fd, off_t off)
#define MMAP_ARGS (addr, len, prot, flags, fd, off)

BOTH(int, close, (int fd), (fd))
BOTH(int, close_range, (unsigned int first, unsigned int last, int flags), (first, last, flags))
BOTH(FILE *, fopen64, (const char *path, const char *mode), (path, mode))
FRONT(FILE *, fopen, (const char *path, const char *mode), (path, mode))
BOTH(int, statfs64, (const char *path, struct statfs64 *st), (path, st))
BOTH(int, mkdir, (const char *path, mode_t mode), (path, mode))
BOTH(int, rmdir, (const char *path), (path))
BOTH(int, unlink, (const char *path), (path))
BOTH(int, access, (const char *path, int mode), (path, mode))
BOTH(int, faccessat, (int dir, const char *path, int mode, int flags), (dir, path, mode, flags))
BOTH(void *, mmap64, MMAP_PARAMS, MMAP_ARGS)
FRONT(void *, mmap, MMAP_PARAMS, MMAP_ARGS)
BOTH(int, epoll_ctl, (int ep, int op, int fd, struct epoll_event *ev), (ep, op, fd, ev))
BOTH(int, epoll_wait, (int ep, struct epoll_event *ev, int max, int ms), (ep, ev, max, ms))
BOTH(int, epoll_pwait, (int ep, struct epoll_event *ev, int max, int ms, const sigset_t *set),
     (ep, ev, max, ms, set))
BOTH(int, poll, (struct pollfd *fds, nfds_t nr, int ms), (fds, nr, ms))
BOTH(int, ppoll, (struct pollfd *fds, nfds_t nr, const struct timespec *time, const sigset_t *set), (fds, nr, time, set))
BOTH(int, select, (int nr, fd_set *in, fd_set *out, fd_set *err, struct timeval *time), (nr, in, out, err, time))
BOTH(int, pselect, (int nr, fd_set *in, fd_set *out, fd_set *err, const struct timespec *time, const sigset_t *set),
     (nr, in, out, err, time, set))
BOTH(ssize_t, readlink, (const char *path, char *buf, size_t size), (path, buf, size))

/* What poll() and ppoll() are in programs compiled with _FORTIFY_SOURCE. libc says that there is not as much. */
#define POLL_CHK_PARAMS (struct pollfd *fds, nfds_t nr, int ms, size_t bytes)
#define PPOLL_CHK_PARAMS (struct pollfd *fds, nfds_t nr, const struct timespec *time, const sigset_t *set, size_t bytes)

REAL(int, __poll_chk, POLL_CHK_PARAMS, (fds, nr, ms, bytes))
REAL(int, __ppoll_chk, PPOLL_CHK_PARAMS, (fds, nr, time, set, bytes))
EXPORT int __poll_chk POLL_CHK_PARAMS;
EXPORT int __ppoll_chk PPOLL_CHK_PARAMS;

int __poll_chk POLL_CHK_PARAMS
{
	return bytes / sizeof(*fds) < nr ? __real___poll_chk(fds, nr, ms, bytes) : __wrap_poll(fds, nr, ms);
}

int __ppoll_chk PPOLL_CHK_PARAMS
{
	return bytes / sizeof(*fds) < nr ? __real___ppoll_chk(fds, nr, time, set, bytes) :
					   __wrap_ppoll(fds, nr, time, set);
}

/* The same struct where offsets are 64 bits wide. */
EXPORT int statfs(const char *path, struct statfs *st);

int statfs(const char *path, struct statfs *st)
{
	return __wrap_statfs64(path, (struct statfs64 *)(void *)st);
}

void __wrap_closefrom(int first);
EXPORT void closefrom(int first);

void closefrom(int first)
{
	__wrap_closefrom(first);
}

/* -- With arguments that may not be there --- */

long __real_syscall(long nr, ...);
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
EXPORT int open64(const char *path, int flags, ...);
EXPORT int open(const char *path, int flags, ...);

__attribute__((no_sanitize("address"))) long __real_syscall(long nr, ...)
{
	static long (*fn)(long nr, ...);
	long a[6];

	SIX_ARGS(a, nr);
	if (!fn)
		fn = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	return fn(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int __real_open64(const char *path, int flags, ...)
{
	static int (*fn)(const char *path, int flags, ...);
	int mode = NEXT_ARG(int, flags);

	if (!fn)
		fn = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
	return fn(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	int mode = NEXT_ARG(int, flags);

	return __wrap_open64(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	int mode = NEXT_ARG(int, flags);

	return __wrap_open64(path, flags, mode);
}

int __real_ioctl(int fd, unsigned long req, ...);
int __wrap_ioctl(int fd, unsigned long req, ...);
EXPORT int ioctl(int fd, unsigned long req, ...);

int __real_ioctl(int fd, unsigned long req, ...)
{
	static int (*fn)(int fd, unsigned long req, ...);
	long arg = NEXT_ARG(long, req);

	if (!fn)
		fn = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	return fn(fd, req, arg);
}

int ioctl(int fd, unsigned long req, ...)
{
	long arg = NEXT_ARG(long, req);

	return __wrap_ioctl(fd, req, arg);
}

/* -- On and off --- */

static unsigned int nr_entered;

static int use(const char *vmlinux)
{
	if (vmlinux || !nr_entered)
		selftarget_use(vmlinux);
	wrap_set(true);
	return 0;
}

static int enter(pid_t pid, enum proctarget_how how, struct proctarget **ret)
{
	int err = proctarget_open(pid, how, ret);

	if (err)
		return err;
	nr_entered++;
	wrap_set(true);
	return 0;
}

static bool is_elsewhere(void)
{
	return nr_entered;
}

const struct user_engine fsession_user_engine = {
	.use = use,
	.enter = enter,
	.select = proctarget_use,
	.leave = proctarget_close,
	.look = proctarget_look,
	.go_on = proctarget_go_on,
	.mapped = proctarget_mapped,
	.forget = proctarget_forget,
	.executed = proctarget_executed,
	.next = follow_next,
	.launch_executed = launch_executed,
	.let_run = follow_go_on,
	.release = follow_release,
	.is_elsewhere = is_elsewhere,
	.launch_child = launch_child,
	.launch_parent = launch_parent,
	.lines_open = lines_open,
	.lines_close = lines_close,
	.lines_lost = lines_lost,
	.perfmap_enable = perfmap_enable,
	.jitdump_enable = jitdump_enable,
	.unwound = user_bpf_unwound,
};

__attribute__((constructor)) static void begin(void)
{
	if (getenv("FSESSION_SHIM"))
		use(NULL);
	else
		wrap_set(false);
}
