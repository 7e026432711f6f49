/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inject/passfd.h"
#include "util/log.h"

int mem_open(pid_t pid)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == EACCES ? -EPERM : errno == ENOENT ? -ESRCH : -errno;
}

void mem_done(struct mem *m)
{
	struct mem_piece *p;

	while ((p = m->pieces)) {
		m->pieces = p->next;
		if (p->view)
			munmap(p->view, p->bytes);
		free(p);
	}
	if (m->fd >= 0)
		close(m->fd);
	if (m->pidfd >= 0)
		close(m->pidfd);
	m->fd = m->pidfd = -1;
}

int mem_peek(const struct mem *m, u64 addr, void *buf, u32 len)
{
	return pread(m->fd, buf, len, addr) == (ssize_t)len ? 0 : -EFAULT;
}

int mem_poke(const struct mem *m, u64 addr, const void *bytes, u64 len)
{
	return pwrite(m->fd, bytes, len, addr) == (ssize_t)len ? 0 : -EFAULT;
}

int mem_flush(const struct mem *m, struct mem_run *run)
{
	u32 len = run->len;

	run->len = 0;
	return len ? mem_poke(m, run->addr, run->bytes, len) : 0;
}

int mem_put(const struct mem *m, struct mem_run *run, u64 addr, const void *bytes, u32 len)
{
	int err = 0;

	if (addr != run->addr + run->len || len > sizeof(run->bytes) - run->len)
		err = mem_flush(m, run);
	if (err || len > sizeof(run->bytes))
		return err ?: mem_poke(m, addr, bytes, len);
	if (!run->len)
		run->addr = addr;
	memcpy(run->bytes + run->len, bytes, len);
	run->len += len;
	return 0;
}

struct mem_piece *mem_find(const struct mem *m, u64 addr)
{
	for (struct mem_piece *p = m->pieces; p; p = p->next)
		if (addr - p->addr < p->bytes)
			return p;
	return NULL;
}

static int add_piece(struct mem *m, u64 addr, u64 bytes, u8 *view)
{
	struct mem_piece *p = malloc(sizeof(*p));

	if (!p)
		return -ENOMEM;
	*p = (struct mem_piece){ addr, bytes, view, m->pieces };
	__atomic_store_n(&m->pieces, p, __ATOMIC_RELEASE);	/* found without the lock */
	return 0;
}

int mem_map(struct mem *m, struct call *c, u64 at, u64 bytes, int prot, u64 *ret)
{
	long got = call_make(c, SYS_mmap, at, bytes, prot,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED_NOREPLACE : 0), -1, 0);

	if (got < 0 && got > -4096)
		return got;
	*ret = got;
	return add_piece(m, got, bytes, NULL);
}

/* To be executed from the beginning, for it may be forbidden to make memory executable later (PR_SET_MDWE). */
int mem_map_code(struct mem *m, struct call *c, u64 at, u64 bytes, u64 *ret)
{
	int err = mem_map(m, c, at, bytes, PROT_READ | PROT_EXEC, ret);

	if (err == -EACCES || err == -EPERM)
		return fail_hint(err, "a policy such as SELinux execmem forbids it",
				 "inject: the process may not have executable memory");
	return err;
}

int mem_protect(struct call *c, u64 at, u64 bytes, int prot)
{
	return prot == (PROT_READ | PROT_EXEC) ? 0 : call_make(c, SYS_mprotect, at, bytes, prot, 0, 0, 0);
}

int mem_map_shared(struct mem *m, struct call *c, u64 at, u64 bytes, int prot, int fd, u64 *ret)
{
	int theirs = passfd(c, m->pidfd, m->scratch, fd);
	long got;

	if (theirs < 0)
		return fail(theirs, "inject: cannot pass memory to process %d: %s", m->pid, log_errstr(theirs));
	got = call_make(c, SYS_mmap, at, bytes, prot, MAP_SHARED | (at ? MAP_FIXED : 0), theirs, 0);
	call_make(c, SYS_close, theirs, 0, 0, 0, 0, 0);
	if (got < 0 && got > -4096)
		return got;
	*ret = got;
	return at ? 0 : add_piece(m, got, bytes, NULL);
}

int mem_map_viewed(struct mem *m, struct call *c, u64 at, u64 bytes, int prot, const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), err = 0;
	u8 *view = MAP_FAILED;
	struct stat st;
	u64 got;

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, bytes))
		view = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (view == MAP_FAILED || (!(prot & PROT_WRITE) && fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE)))
		err = -errno;
	err = err ?: mem_map_shared(m, c, at, bytes, prot, fd, &got);
	err = err ?: add_piece(m, at, bytes, view);	/* found before the one it lies in */
	if (err && view != MAP_FAILED)
		munmap(view, bytes);
	if (prot & PROT_WRITE && !m->links && !fstat(fd, &st))
		m->links = st.st_ino;
	close(fd);
	return err;
}
