/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the tests of semantics on the user engine, where the executable plays the kernel: functions with the
 * names, prototypes and results of those that the programs trace, called by this executable's versions of the
 * libc functions that lead to them.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <linux/rtnetlink.h>
#include <unistd.h>

#include <fsession/fsession.h>

#define TRACED __attribute__((noinline, noclone, used, aligned(32)))
#ifdef __clang__
#define noclone
#endif

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

struct task;
struct file;
struct sock;
struct kiocb;
struct iov_iter;
struct eventpoll;
struct sk_buff;

/* As the kernel's sockptr_t. */
struct sockptr {
	const void *user;
	bool is_kernel;
};

void fd_install(unsigned int fd, struct file *file);
int security_task_getpgid(struct task *p);
int udp_setsockopt(struct sock *sk, int level, int optname, struct sockptr optval, unsigned int optlen);
ssize_t eventfd_read(struct kiocb *iocb, struct iov_iter *to);
int ep_loop_check_proc(struct eventpoll *ep, int depth);
unsigned long do_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long vm_flags, unsigned long pgoff,
		      unsigned long *populate, void *uf);
int rt_fill_info(void *net, unsigned int dst, unsigned int src, void *rt, unsigned int table_id,
		 unsigned char dscp, void *fl4, struct sk_buff *skb, unsigned int portid, unsigned int seq,
		 unsigned int flags);

/* -- What is traced --- */

TRACED void fd_install(unsigned int fd, struct file *file)
{
	__asm__ volatile("" : : "r"(fd), "r"(file));
}

TRACED int security_task_getpgid(struct task *p)
{
	int ret = 0;

	__asm__ volatile("" : "+r"(ret) : "r"(p));	/* callers must not know the result */
	return ret;
}

FSESSION_MODIFIABLE(security_task_getpgid);

TRACED int udp_setsockopt(struct sock *sk, int level, int optname, struct sockptr optval, unsigned int optlen)
{
	__asm__ volatile("" : : "r"(sk), "r"(level), "r"(optval.user), "r"(optlen));
	return optname == UDP_CORK ? 0 : -ENOPROTOOPT;
}

/* @iocb is the descriptor, @to the buffer. */
TRACED ssize_t eventfd_read(struct kiocb *iocb, struct iov_iter *to)
{
	ssize_t n = syscall(SYS_read, (int)(long)iocb, to, 8);

	__asm__ volatile("" : "+r"(n));
	return n;
}

TRACED int ep_loop_check_proc(struct eventpoll *ep, int depth)
{
	int below = depth > 1 ? ep_loop_check_proc(ep, depth - 1) : 0;

	__asm__ volatile("" : "+r"(below));
	return below;
}

TRACED unsigned long do_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
			     unsigned long flags, unsigned long vm_flags, unsigned long pgoff,
			     unsigned long *populate, void *uf)
{
	__asm__ volatile("" : : "r"(vm_flags), "r"(populate), "r"(uf));
	return syscall(SYS_mmap, addr, len, prot, flags, (int)(long)file, pgoff << 12);
}

TRACED int rt_fill_info(void *net, unsigned int dst, unsigned int src, void *rt, unsigned int table_id,
			unsigned char dscp, void *fl4, struct sk_buff *skb, unsigned int portid,
			unsigned int seq, unsigned int flags)
{
	__asm__ volatile("" : : "r"(net), "r"(dst + src), "r"(rt), "r"(fl4), "r"(skb), "r"(flags + dscp));
	return table_id == RT_TABLE_MAIN && portid && seq ? 0 : -EMSGSIZE;
}

/* -- What leads there --- */

pid_t getpgid(pid_t pid)
{
	int err = security_task_getpgid(NULL);

	if (!err)
		return syscall(SYS_getpgid, pid);
	errno = -err;
	return -1;
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = REAL(open)(path, flags, va_arg(ap, int));
	va_end(ap);
	if (fd >= 0)
		fd_install(fd, (struct file *)path);
	return fd;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	int err;

	if (level != SOL_UDP)
		return syscall(SYS_setsockopt, fd, level, name, value, len);
	err = udp_setsockopt(NULL, level, name, (struct sockptr){ value, false }, len);
	errno = -err;
	return err ? -1 : 0;
}

static bool is_eventfd(int fd)
{
	char path[64], link[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link) - 1);
	return n == 20 && !strncmp(link, "anon_inode:[eventfd]", 20);
}

ssize_t read(int fd, void *buf, size_t len)
{
	if (len == 8 && is_eventfd(fd))
		return eventfd_read((struct kiocb *)(long)fd, buf);
	return syscall(SYS_read, fd, buf, len);
}

/* How deep descriptors are nested: 0 for what is no epoll descriptor. */
static int depth_of[1024];

int epoll_create1(int flags)
{
	int fd = syscall(SYS_epoll_create1, flags);

	if (fd >= 0 && fd < 1024)
		depth_of[fd] = 1;
	return fd;
}

int epoll_ctl(int ep, int op, int fd, struct epoll_event *ev)
{
	int depth = fd >= 0 && fd < 1024 ? depth_of[fd] : 0;

	if (op == EPOLL_CTL_ADD && depth && ep >= 0 && ep < 1024) {
		ep_loop_check_proc(NULL, depth);
		depth_of[ep] = depth + 1;
	}
	return REAL(epoll_ctl)(ep, op, fd, ev);
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	if ((unsigned long)addr == 0x123400000)
		return (void *)do_mmap((struct file *)(long)fd, (unsigned long)addr, len, prot, flags, 0,
				       off >> 12, NULL, NULL);
	return REAL(mmap)(addr, len, prot, flags, fd, off);
}

/* Of a question for a route: the answer is being written. */
ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	struct sockaddr_nl self = { 0 };
	socklen_t size = sizeof(self);
	const struct nlmsghdr *h = buf;

	if (!getsockname(fd, (void *)&self, &size) && self.nl_family == AF_NETLINK &&
	    h->nlmsg_type == RTM_GETROUTE)
		rt_fill_info(NULL, 0, 0, NULL, RT_TABLE_MAIN, 0, NULL, NULL, self.nl_pid, h->nlmsg_seq, 0);
	return syscall(SYS_sendto, fd, buf, len, flags, NULL, 0);
}
