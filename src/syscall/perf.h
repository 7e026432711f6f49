/* SPDX-License-Identifier: BSD-2-Clause */
/* perf_event_open(2) for what bpf_perf_event_output() writes to; everything else is the kernel's. */
#ifndef FS_SYSCALL_PERF_H
#define FS_SYSCALL_PERF_H

#include <stddef.h>

#include "rt/perf.h"
#include "syscall/obj.h"

struct perf {
	struct obj obj;		/* first */
	struct rt_perf rt;
	int memfd;		/* -1 until it is mapped first */
	size_t bytes;
};

/* An fd; -ENOSYS: it is none of ours. -EFAULT, -EINVAL (no such CPU) */
int perf_open(u64 attr, int pid, int cpu, u64 flags);
/* With a user more. -EBADF, -EINVAL */
int perf_from_fd(int fd, struct perf **ret);
void perf_put(struct perf *p);
/* Makes the memory that an application may map, @len bytes of it. -EINVAL, -ENOMEM */
int perf_prepare(struct perf *p, size_t len);
/* Makes their eventfds readable if and only if there are records. */
void perf_sync(void);

#endif
