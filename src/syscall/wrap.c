/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/wrap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "syscall/env.h"
#include "syscall/info.h"
#include "syscall/map.h"
#include "syscall/perf.h"
#include "syscall/syscall.h"
#include "syscall/target.h"
#include "syscall/variadic.h"

#define POSSIBLE "/sys/devices/system/cpu/possible"
#define ONLINE "/sys/devices/system/cpu/online"
#define VMLINUX "/sys/kernel/btf/vmlinux"
#define KALLSYMS "/proc/kallsyms"
#define TRACEABLE "/sys/kernel/tracing/available_filter_functions"
#define MODULES "/sys/module/"

long __real_syscall(long nr, ...);
int __real_close(int fd);
int __real_close_range(unsigned int first, unsigned int last, int flags);
int __real_statfs64(const char *path, struct statfs64 *st);
int __real_mkdir(const char *path, mode_t mode);
int __real_rmdir(const char *path);
int __real_unlink(const char *path);
int __real_open64(const char *path, int flags, ...);
FILE *__real_fopen64(const char *path, const char *mode);
int __real_faccessat(int dir, const char *path, int mode, int flags);
void *__real_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t off);

int __real_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev);
int __real_epoll_wait(int epfd, struct epoll_event *ev, int max, int timeout);
int __real_epoll_pwait(int epfd, struct epoll_event *ev, int max, int timeout, const sigset_t *set);
int __real_poll(struct pollfd *fds, nfds_t nr, int timeout);
int __real_ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *timeout, const sigset_t *set);
int __real_select(int nr, fd_set *in, fd_set *out, fd_set *err, struct timeval *timeout);
int __real_pselect(int nr, fd_set *in, fd_set *out, fd_set *err, const struct timespec *timeout, const sigset_t *set);
int __real_access(const char *path, int mode);
int __real_ioctl(int fd, unsigned long req, ...);
ssize_t __real_readlink(const char *path, char *buf, size_t size);

long __wrap_syscall(long nr, ...);
int __wrap_close(int fd);
int __wrap_close_range(unsigned int first, unsigned int last, int flags);
void __wrap_closefrom(int first);
int __wrap_statfs64(const char *path, struct statfs64 *st);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_rmdir(const char *path);
int __wrap_unlink(const char *path);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
FILE *__wrap_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
int __wrap_faccessat(int dir, const char *path, int mode, int flags);
void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t off);
int __wrap_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev);
int __wrap_epoll_wait(int epfd, struct epoll_event *ev, int max, int timeout);
int __wrap_epoll_pwait(int epfd, struct epoll_event *ev, int max, int timeout, const sigset_t *set);
int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout);
int __wrap_ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *timeout, const sigset_t *set);
int __wrap_select(int nr, fd_set *in, fd_set *out, fd_set *err, struct timeval *timeout);
int __wrap_pselect(int nr, fd_set *in, fd_set *out, fd_set *err, const struct timespec *timeout, const sigset_t *set);
int __wrap_access(const char *path, int mode);
int __wrap_ioctl(int fd, unsigned long req, ...);
ssize_t __wrap_readlink(const char *path, char *buf, size_t size);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off);

static bool user = true;

/* What the engine itself calls, with its locks held perhaps, is none of its business. */
static __thread u32 inside;

void wrap_set(bool to_user)
{
	user = to_user;
}

static bool is_ours(void)
{
	return user && !inside;
}

static long result(int ret)
{
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

static long do_bpf(const long a[5])
{
	int ret;

	inside++;
	ret = user_bpf(a[0], (void *)a[1], a[2], (void *)a[3], a[4]);
	inside--;
	return result(ret);
}

static int do_perf_open(const long a[6])
{
	int ret;

	inside++;
	ret = env_init() ?: perf_open(a[0], a[1], a[2], a[4]);
	inside--;
	return ret;
}

/* Enabling, and whatever else there is to say to an event of ours, changes nothing. */
int __wrap_ioctl(int fd, unsigned long req, ...)
{
	struct perf *p;
	long arg = NEXT_ARG(long, req);

	if (!is_ours() || perf_from_fd(fd, &p))
		return __real_ioctl(fd, req, arg);
	perf_put(p);
	return 0;
}

/* Takes six arguments, like libc's, of however many there are. */
__attribute__((no_sanitize("address"))) long __wrap_syscall(long nr, ...)
{
	long a[6];

	SIX_ARGS(a, nr);
	if (nr == __NR_bpf && is_ours())
		return do_bpf(a);
	if (nr == __NR_perf_event_open && is_ours()) {
		int fd = do_perf_open(a);

		if (fd != -ENOSYS)
			return result(fd);
	}
	return __real_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* What the last fd stood for goes at once, as after the system call. */
static void flush(void)
{
	int saved = errno;

	if (!is_ours())
		return;
	inside++;
	obj_flush();
	inside--;
	errno = saved;
}

int __wrap_close(int fd)
{
	int ret;

	if (is_ours() && fd_is_kept(fd)) {	/* to the application, it is not there */
		errno = EBADF;
		return -1;
	}
	ret = __real_close(fd);
	flush();
	return ret;
}

/* Around those of the engine, one stretch after the other. */
int __wrap_close_range(unsigned int first, unsigned int last, int flags)
{
	int kept, ret = 0;

	while (!ret && first <= last && is_ours() && first <= INT_MAX) {
		kept = fd_next_kept(first);
		if (kept < 0 || (unsigned int)kept > last)
			break;
		if ((unsigned int)kept > first)
			ret = __real_close_range(first, kept - 1, flags);
		first = kept + 1;
	}
	if (!ret && first <= last)
		ret = __real_close_range(first, last, flags);
	flush();
	return ret;
}

void __wrap_closefrom(int first)
{
	__wrap_close_range(first < 0 ? 0 : first, ~0U, 0);
}

/* -- Files of ours in place of the machine's --- */

static int answer(const void *bytes, size_t len)
{
	int fd = memfd_create("fsession-file", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (write(fd, bytes, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET)) {
		__real_close(fd);
		errno = ENOSPC;
		return -1;
	}
	return fd;
}

static int answer_cpus(void)
{
	char text[32];

	snprintf(text, sizeof(text), "0-%u\n", env_nr_cpus() - 1);
	return answer(text, strlen(text));
}

static int answer_vmlinux(void)
{
	struct btf_obj *b;
	int err, fd;

	inside++;
	err = target_vmlinux(&b);
	inside--;
	if (err) {
		errno = ENOENT;
		return -1;
	}
	fd = answer(b->raw, b->raw_bytes);
	btf_put(b);
	return fd;
}

static struct {
	const void *raw;
	size_t bytes;
} given;	/* wrap_vmlinux() */

void wrap_vmlinux(const void *raw, size_t bytes)
{
	given.raw = raw;
	given.bytes = bytes;
}

static int answer_given(void)
{
	return answer(given.raw, given.bytes);
}

static int answer_lines(void (*print)(FILE *to))
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int fd = -1;

	if (!f)
		return -1;
	inside++;
	print(f);
	inside--;
	if (!fclose(f))
		fd = answer(text, len);
	free(text);
	return fd;
}

static int answer_symbols(void)
{
	return answer_lines(target_print_symbols);
}

static int answer_traceable(void)
{
	return answer_lines(target_print_traceable);
}

/* The one that answers for @path, or NULL. */
static int (*answer_of(const char *path))(void)
{
	if (given.raw && !strcmp(path, VMLINUX))
		return answer_given;
	if (!is_ours())
		return NULL;
	if (!strcmp(path, POSSIBLE) || !strcmp(path, ONLINE))
		return answer_cpus;
	if (!strcmp(path, KALLSYMS))
		return answer_symbols;
	if (!strcmp(path, TRACEABLE))
		return answer_traceable;
	return strcmp(path, VMLINUX) ? NULL : answer_vmlinux;
}

/* The object behind N of /proc/PID/fdinfo/N or /proc/PID/fd/N of this process, with a user more. */
static bool proc_object(const char *path, const char *folder, struct obj **ret, int *fd)
{
	char pattern[64];
	int end = 0;

	snprintf(pattern, sizeof(pattern), "/proc/self/%s/%%d%%n", folder);
	if (sscanf(path, pattern, fd, &end) != 1) {
		snprintf(pattern, sizeof(pattern), "/proc/%d/%s/%%d%%n", getpid(), folder);
		if (sscanf(path, pattern, fd, &end) != 1)
			return false;
	}
	return !path[end] && !obj_any_from_fd(*fd, ret, NULL);
}

/* The kernel's lines, except what only sockets have, and ours. */
static void print_fdinfo(FILE *to, FILE *real, struct obj *o)
{
	char line[256];

	while (real && fgets(line, sizeof(line), real))
		if (strncmp(line, "scm_fds:", 8))
			fputs(line, to);
	fdinfo_print(to, o);
}

static int answer_fdinfo(const char *path, struct obj *o)
{
	FILE *real = __real_fopen64(path, "re"), *f;
	char *text = NULL;
	size_t len;
	int fd = -1;

	f = open_memstream(&text, &len);
	inside++;
	if (f)
		print_fdinfo(f, real, o);
	inside--;
	if (f && !fclose(f))
		fd = answer(text, len);
	free(text);
	if (real)
		fclose(real);
	return fd;
}

/* Is @path a file of ours? *@fd: it, or -1 and errno. */
static bool answered(const char *path, int *fd)
{
	int (*fn)(void) = answer_of(path);
	struct obj *o;

	if (fn) {
		*fd = fn();
	} else if (is_ours() && proc_object(path, "fdinfo", &o, fd)) {
		*fd = answer_fdinfo(path, o);
		obj_put(o);
	} else {
		return false;
	}
	return true;
}

FILE *__wrap_fopen64(const char *path, const char *mode)
{
	int fd;

	if (!answered(path, &fd))
		return __real_fopen64(path, mode);
	return fd < 0 ? NULL : fdopen(fd, mode);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	return __wrap_fopen64(path, mode);
}

/* -- Pins: to the application, a file system is mounted; its folders are there as soon as something is in them --- */

static bool is_below_pins(const char *path)
{
	size_t n = strlen(INFO_PIN_ROOT);

	return is_ours() && !strncmp(path, INFO_PIN_ROOT, n) && (!path[n] || path[n] == '/');
}

static bool is_pinned(const char *path)
{
	return is_below_pins(path) && obj_pinned(path);
}

int __wrap_statfs64(const char *path, struct statfs64 *st)
{
	if (!is_below_pins(path))
		return __real_statfs64(path, st);
	*st = (struct statfs64){ .f_type = BPF_FS_MAGIC, .f_bsize = RT_PAGE, .f_namelen = NAME_MAX };
	return 0;
}

int __wrap_mkdir(const char *path, mode_t mode)
{
	if (!is_below_pins(path))
		return __real_mkdir(path, mode);
	return result(obj_pinned(path) || !strcmp(path, INFO_PIN_ROOT) ? -EEXIST : 0);
}

int __wrap_rmdir(const char *path)
{
	if (!is_below_pins(path))
		return __real_rmdir(path);
	return result(obj_pinned(path) < 0 ? -ENOTEMPTY : obj_pinned(path) ? -ENOTDIR : 0);
}

int __wrap_unlink(const char *path)
{
	int err;

	if (!is_below_pins(path))
		return __real_unlink(path);
	inside++;
	err = obj_pinned(path) < 0 ? -EISDIR : obj_unpin(path);
	inside--;
	return result(err);
}

/* Modules are the target's, and they are loaded. */
static int access_module(const char *name)
{
	bool found;

	inside++;
	found = target_has_module(name);
	inside--;
	errno = ENOENT;
	return found ? 0 : -1;
}

int __wrap_access(const char *path, int mode)
{
	if (answer_of(path) || is_pinned(path))
		return 0;
	if (is_ours() && !strncmp(path, MODULES, strlen(MODULES)))
		return access_module(path + strlen(MODULES));
	return __real_access(path, mode);
}

int __wrap_faccessat(int dir, const char *path, int mode, int flags)
{
	if (answer_of(path) || is_pinned(path))
		return 0;
	return __real_faccessat(dir, path, mode, flags);
}

int __wrap_open64(const char *path, int flags, ...)
{
	int mode = NEXT_ARG(int, flags), fd;

	return answered(path, &fd) ? fd : __real_open64(path, flags, mode);
}

int __wrap_open(const char *path, int flags, ...)
{
	int mode = NEXT_ARG(int, flags);

	return __wrap_open64(path, flags, mode);
}

static void *mmap_perf(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	void *ret = MAP_FAILED;
	struct perf *p;
	int err;

	if (perf_from_fd(fd, &p))
		return __real_mmap64(addr, len, prot, flags, fd, off);
	inside++;
	err = off || !(flags & MAP_SHARED) ? -EINVAL : perf_prepare(p, len);
	inside--;
	if (!result(err))
		ret = __real_mmap64(addr, len, prot, flags, p->memfd, 0);
	perf_put(p);
	return ret;
}

void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	void *ret = MAP_FAILED;
	struct map *map;
	int err;

	if (!is_ours() || fd < 0 || flags & MAP_ANONYMOUS)
		return __real_mmap64(addr, len, prot, flags, fd, off);
	if (map_from_fd(fd, &map, NULL))
		return mmap_perf(addr, len, prot, flags, fd, off);
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

/* What is waited for in place of @fd: ring buffers and perf events have an eventfd. With a user more of *@ret. */
static int waited_fd(int fd, struct obj **ret)
{
	int event = -1;

	*ret = NULL;
	if (fd < 0 || obj_any_from_fd(fd, ret, NULL))
		return fd;
	if ((*ret)->kind == OBJ_MAP)
		event = ((struct map *)*ret)->rt->notify_fd;
	else if ((*ret)->kind == OBJ_PERF)
		event = ((struct perf *)*ret)->rt.notify_fd;
	return event < 0 ? fd : event;
}

static void sync_events(void)
{
	map_sync_rings();
	perf_sync();
}

int __wrap_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
	struct obj *o;
	int ret;

	if (!is_ours())
		return __real_epoll_ctl(epfd, op, fd, ev);
	ret = __real_epoll_ctl(epfd, op, waited_fd(fd, &o), ev);
	obj_put(o);
	return ret;
}

int __wrap_epoll_wait(int epfd, struct epoll_event *ev, int max, int timeout)
{
	if (is_ours())
		sync_events();
	return __real_epoll_wait(epfd, ev, max, timeout);
}

int __wrap_epoll_pwait(int epfd, struct epoll_event *ev, int max, int timeout, const sigset_t *set)
{
	if (is_ours())
		sync_events();
	return __real_epoll_pwait(epfd, ev, max, timeout, set);
}

static int waited_number(int fd)
{
	struct obj *o;
	int ret = waited_fd(fd, &o);

	obj_put(o);
	return ret;
}

#define POLL_FEW 64
#define POLL_MAX 16384

/* By their eventfds here, too: in @few, or in memory of its own, since a signal handler may call this. NULL: as it is. */
static struct pollfd *poll_swap(struct pollfd few[POLL_FEW], const struct pollfd *fds, nfds_t nr)
{
	struct pollfd *ret = few;

	if (!is_ours() || nr > POLL_MAX)
		return NULL;
	if (nr > POLL_FEW)
		ret = __real_mmap64(NULL, nr * sizeof(*ret), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				    -1, 0);
	if (ret == MAP_FAILED)
		return NULL;
	sync_events();
	for (nfds_t i = 0; i < nr; i++) {
		ret[i] = fds[i];
		ret[i].fd = waited_number(fds[i].fd);
	}
	return ret;
}

static int poll_swapped(struct pollfd *swapped, struct pollfd *fds, nfds_t nr, int ret)
{
	for (nfds_t i = 0; i < nr; i++)
		fds[i].revents = swapped[i].revents;
	if (nr > POLL_FEW)
		munmap(swapped, nr * sizeof(*swapped));
	return ret;
}

int __wrap_poll(struct pollfd *fds, nfds_t nr, int timeout)
{
	struct pollfd few[POLL_FEW], *swapped = poll_swap(few, fds, nr);

	if (!swapped)
		return __real_poll(fds, nr, timeout);
	return poll_swapped(swapped, fds, nr, __real_poll(swapped, nr, timeout));
}

int __wrap_ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *timeout, const sigset_t *set)
{
	struct pollfd few[POLL_FEW], *swapped = poll_swap(few, fds, nr);

	if (!swapped)
		return __real_ppoll(fds, nr, timeout, set);
	return poll_swapped(swapped, fds, nr, __real_ppoll(swapped, nr, timeout, set));
}

/* Sets of select() that have room for eventfds, whose numbers are beyond what fd_set holds. The fds they stand for
 * stay in: nothing is ever read from a handle. */
#define WIDE_FDS 16384
#define WIDE_WORDS (WIDE_FDS / 64)

struct wide {
	int nr;				/* for select(), of sets */
	int asked;			/* what the application said */
	fd_set *given[3];		/* by the application: in, out, err; NULL for none */
	u64 in[WIDE_WORDS];		/* of the application */
	u64 sets[3][WIDE_WORDS];
};

static bool has_bit(const u64 *set, int fd)
{
	return set[fd / 64] >> fd % 64 & 1;
}

static size_t set_bytes(const struct wide *w)
{
	return (w->asked + 63) / 64 * 8;
}

static void widen_fd(struct wide *w, int fd)
{
	int event = waited_number(fd);

	if (event == fd || event >= WIDE_FDS)
		return;
	w->sets[0][event / 64] |= 1ULL << event % 64;
	w->nr = event >= w->nr ? event + 1 : w->nr;
}

/* Return: is there anything that select() does not see of itself? */
static bool widen(struct wide *w, int nr, fd_set *in, fd_set *out, fd_set *err)
{
	if (!is_ours() || !in || nr <= 0 || nr > WIDE_FDS)
		return false;
	sync_events();
	memset(w, 0, sizeof(*w));
	w->nr = w->asked = nr;
	w->given[0] = in;
	w->given[1] = out;
	w->given[2] = err;
	for (int i = 0; i < 3; i++) {
		if (w->given[i])
			memcpy(w->sets[i], w->given[i], set_bytes(w));
		if (nr % 64)
			w->sets[i][nr / 64] &= (1ULL << nr % 64) - 1;
	}
	memcpy(w->in, w->sets[0], set_bytes(w));
	for (int fd = 0; fd < nr; fd++)
		if (has_bit(w->in, fd))
			widen_fd(w, fd);
	return memcmp(w->in, w->sets[0], sizeof(w->in));
}

/* The application's sets say what became of @w's, unless @ret is an error. Return: how many bits they have */
static int narrow(struct wide *w, int ret)
{
	int nr = 0;

	if (ret < 0)
		return ret;
	for (int fd = 0; fd < w->asked; fd++)
		if (has_bit(w->in, fd) && !has_bit(w->sets[0], waited_number(fd)))
			w->in[fd / 64] &= ~(1ULL << fd % 64);
	memcpy(w->sets[0], w->in, sizeof(w->in));
	for (int i = 0; i < 3; i++) {
		if (!w->given[i])
			continue;
		memcpy(w->given[i], w->sets[i], set_bytes(w));
		for (size_t k = 0; k < set_bytes(w) / 8; k++)
			nr += __builtin_popcountll(w->sets[i][k]);
	}
	return nr;
}

static fd_set *wide_set(struct wide *w, int i)
{
	return (fd_set *)(void *)w->sets[i];
}

int __wrap_select(int nr, fd_set *in, fd_set *out, fd_set *err, struct timeval *timeout)
{
	struct wide w;

	if (!widen(&w, nr, in, out, err))
		return __real_select(nr, in, out, err, timeout);
	return narrow(&w, __real_select(w.nr, wide_set(&w, 0), wide_set(&w, 1), wide_set(&w, 2), timeout));
}

int __wrap_pselect(int nr, fd_set *in, fd_set *out, fd_set *err, const struct timespec *timeout, const sigset_t *set)
{
	struct wide w;

	if (!widen(&w, nr, in, out, err))
		return __real_pselect(nr, in, out, err, timeout, set);
	return narrow(&w, __real_pselect(w.nr, wide_set(&w, 0), wide_set(&w, 1), wide_set(&w, 2), timeout, set));
}

/* /proc/self/fd/N of an object of ours says what the kernel's would. */
ssize_t __wrap_readlink(const char *path, char *buf, size_t size)
{
	static const char *const names[] = {
		[OBJ_MAP] = "anon_inode:bpf-map", [OBJ_PROG] = "anon_inode:bpf-prog",
		[OBJ_BTF] = "anon_inode:btf", [OBJ_LINK] = "anon_inode:bpf_link",
		[OBJ_STATS] = "anon_inode:bpf-stats", [OBJ_PERF] = "anon_inode:[perf_event]",
	};
	const char *name;
	struct obj *o;
	int fd;

	if (!is_ours() || !proc_object(path, "fd", &o, &fd))
		return __real_readlink(path, buf, size);
	name = names[o->kind];
	obj_put(o);
	size = strlen(name) < size ? strlen(name) : size;
	memcpy(buf, name, size);
	return size;
}
