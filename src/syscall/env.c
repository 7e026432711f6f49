/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/env.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "image/vdso.h"
#include "rt/lane.h"
#include "util/fd.h"

/* A thread that is descheduled inside a program keeps its CPU, hence more than the machine has. */
#define CPUS_PER_CPU 4
#define CPUS_MIN 8
#define CPUS_MAX 256

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int init_err;
static int lanes_fd = -1;

/* Of each thread; where it lies is known to src/rt. libc clears it in new threads. */
static __thread u32 tid __attribute__((tls_model("initial-exec")));

u32 env_nr_cpus(void)
{
	long nr = sysconf(_SC_NPROCESSORS_CONF) * CPUS_PER_CPU;

	return nr < CPUS_MIN ? CPUS_MIN : nr > CPUS_MAX ? CPUS_MAX : nr;
}

u64 env_boot_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void init(void)
{
	struct rt_lanes *lanes;
	struct rt_threads *threads;

	lanes_fd = fd_keep(memfd_create("fsession-lanes", MFD_CLOEXEC));
	if (lanes_fd < 0 || ftruncate(lanes_fd, sizeof(*lanes))) {
		init_err = -errno;
		return;
	}
	lanes = mmap(NULL, sizeof(*lanes), PROT_READ | PROT_WRITE, MAP_SHARED, lanes_fd, 0);
	threads = mmap(NULL, sizeof(*threads), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	if (lanes == MAP_FAILED || threads == MAP_FAILED ||
	    madvise(threads, sizeof(*threads), MADV_WIPEONFORK)) {
		init_err = -errno;
		return;
	}
	rt_env_init(lanes, threads, env_nr_cpus());
	rt_env.clock_gettime = vdso_own_clock_gettime();
	rt_env.tid_off = (s64)((u64)&tid - rtarch_thread_pointer());
}

int env_lanes_fd(void)
{
	return lanes_fd;
}

int env_init(void)
{
	pthread_once(&once, init);
	return init_err;
}

void env_event_set(int fd, bool readable)
{
	u64 n;

	if (read(fd, &n, sizeof(n)) < 0)	/* nothing to take away */
		n = 0;
	n = 1;
	if (readable && write(fd, &n, sizeof(n)) < 0)
		n = 0;
}
