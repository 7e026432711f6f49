/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/perf.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "syscall/env.h"
#include "syscall/uptr.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void perf_destroy(struct obj *o)
{
	struct perf *p = (struct perf *)o;

	if (p->rt.base)
		munmap(p->rt.base, p->bytes);
	if (p->memfd >= 0)
		fd_close(p->memfd);
	fd_close(p->rt.notify_fd);
	free(p);
}

int perf_from_fd(int fd, struct perf **ret)
{
	struct obj *o;
	int err = obj_from_fd(fd, OBJ_PERF, &o, NULL);

	if (!err)
		*ret = (struct perf *)o;
	return err;
}

void perf_put(struct perf *p)
{
	obj_put(&p->obj);
}

static int perf_new(u32 cpu)
{
	struct perf *p = calloc(1, sizeof(*p));
	int fd;

	if (!p)
		return -ENOMEM;
	p->memfd = -1;
	p->rt.cpu = cpu;
	p->rt.notify_fd = fd_keep(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	if (p->rt.notify_fd < 0) {
		free(p);
		return -errno;
	}
	obj_add(&p->obj, OBJ_PERF, perf_destroy);
	fd = obj_new_fd(&p->obj, OBJ_READ | OBJ_WRITE);
	perf_put(p);
	return fd;
}

int perf_open(u64 attr, int pid, int cpu, u64 flags)
{
	struct perf_event_attr a;

	(void)flags;
	if (uptr_read(&a, attr, PERF_ATTR_SIZE_VER0))
		return -EFAULT;
	if (a.type != PERF_TYPE_SOFTWARE || a.config != PERF_COUNT_SW_BPF_OUTPUT)
		return -ENOSYS;
	if (pid != -1 || cpu < 0 || (u32)cpu >= env_nr_cpus())
		return -EINVAL;
	return perf_new(cpu);
}

static int make_memory(struct perf *p, size_t len)
{
	struct perf_event_mmap_page *page;
	void *mem;

	p->memfd = fd_keep(memfd_create("fsession-perf", MFD_CLOEXEC));
	if (p->memfd < 0)
		return -errno;
	mem = ftruncate(p->memfd, len) ? MAP_FAILED :
					 mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, p->memfd, 0);
	if (mem == MAP_FAILED) {
		fd_close(p->memfd);
		p->memfd = -1;
		return -ENOMEM;
	}
	page = mem;
	page->data_offset = RT_PAGE;
	page->data_size = len - RT_PAGE;
	p->bytes = len;
	p->rt.data_bytes = len - RT_PAGE;
	rt_store_release(&p->rt.base, mem);
	return 0;
}

int perf_prepare(struct perf *p, size_t len)
{
	size_t data = len - RT_PAGE;
	int err = 0;

	if (len <= RT_PAGE || data & (data - 1) || data % RT_PAGE)
		return -EINVAL;
	pthread_mutex_lock(&lock);
	if (p->memfd < 0)
		err = make_memory(p, len);
	else if (p->bytes != len)
		err = -EINVAL;
	pthread_mutex_unlock(&lock);
	return err;
}

void perf_sync(void)
{
	u32 id = 0;
	struct obj *o;

	while (!obj_next_id(id, OBJ_PERF, &id)) {
		if (obj_from_id(id, OBJ_PERF, &o))
			continue;
		env_event_set(((struct perf *)o)->rt.notify_fd, rt_perf_has_data(&((struct perf *)o)->rt));
		obj_put(o);
	}
}
