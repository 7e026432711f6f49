/* SPDX-License-Identifier: BSD-2-Clause */
/* Layout: tools/perf/Documentation/jitdump-specification.txt of Linux. */
#include "inject/jitdump.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "util/log.h"

#define JIT_MAGIC 0x4a695444	/* "JiTD"; tells the byte order, too */

enum { JIT_CODE_LOAD = 0 };

struct header {
	u32 magic, version;
	u32 total_size;		/* of it */
	u32 elf_mach, pad, pid;
	u64 timestamp, flags;
};

struct load {
	u32 id, total_size;	/* with name and code */
	u64 timestamp;
	u32 pid, tid;
	u64 vma, code_addr, code_size, code_index;
};

struct dump {
	pid_t pid;
	int fd;			/* -1: it cannot be */
	struct dump *next;
};

extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));	/* of what this is linked into */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool enabled;
static struct dump *dumps;
static u64 nr_loads;

void jitdump_enable(void)
{
	enabled = true;
}

/* The clock of `perf record -k mono`. */
static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int create(pid_t pid)
{
	const struct header h = { JIT_MAGIC, 1, sizeof(h), __ehdr_start.e_machine, 0, pid, now_ns(), 0 };
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "jit-%d.dump", pid);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd >= 0 && write(fd, &h, sizeof(h)) == sizeof(h))
		return fd;
	log_msg(LOG_WARN, "cannot write '%s': %s", path, log_errstr(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static struct dump *find(pid_t pid)
{
	struct dump *d = dumps;

	while (d && d->pid != pid)
		d = d->next;
	if (d || !(d = malloc(sizeof(*d))))
		return d;
	*d = (struct dump){ pid, create(pid), dumps };
	dumps = d;
	return d;
}

int jitdump_fd(pid_t pid)
{
	struct dump *d;
	int fd;

	if (!enabled)
		return -1;
	pthread_mutex_lock(&lock);
	d = find(pid);
	fd = d ? d->fd : -1;
	pthread_mutex_unlock(&lock);
	return fd;
}

void jitdump_add(pid_t pid, u64 start, const void *code, u32 bytes, const char *name)
{
	struct load l = { JIT_CODE_LOAD, sizeof(l) + strlen(name) + 1 + bytes, 0, pid, pid, start, start, bytes, 0 };
	const struct iovec parts[] = {
		{ &l, sizeof(l) }, { (char *)name, strlen(name) + 1 }, { (void *)code, bytes },
	};
	int fd = jitdump_fd(pid);

	if (fd < 0)
		return;
	pthread_mutex_lock(&lock);
	l.timestamp = now_ns();
	l.code_index = nr_loads++;
	if (writev(fd, parts, 3) != (ssize_t)l.total_size)
		log_msg(LOG_WARN, "cannot write 'jit-%d.dump': %s", pid, log_errstr(errno));
	pthread_mutex_unlock(&lock);
}
