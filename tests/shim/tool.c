/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A tool as there are many, which knows of nothing but libbpf: it traces its own threads, prints events from a
 * perf buffer and tables from maps, and keeps a map pinned, which a second instance finds.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tool.h"
#include "tool.skel.h"

#define THREADS 4
#define CALLS 50

long tool_read(unsigned int fd, const char *name);

__attribute__((noinline, used)) long tool_read(unsigned int fd, const char *name)
{
	__asm__ volatile("" : "+r"(fd) : "r"(name) : "memory");
	return fd * 2;
}

static unsigned int nr_events, nr_lost, wrong;
static char comm[16];

static void on_event(void *ctx, int cpu, void *data, __u32 size)
{
	const struct event *e = data;
	struct tool *skel = ctx;
	__u64 ips[16] = { 0 };

	wrong += size < sizeof(*e) || cpu >= libbpf_num_possible_cpus() || e->ret != e->fd * 2;
	wrong += strcmp(e->name, "a name") || strcmp(e->comm, comm);
	wrong += e->stack < 0 || bpf_map_lookup_elem(bpf_map__fd(skel->maps.stacks), &e->stack, ips) ||
		 ips[0] != (__u64)tool_read;
	nr_events++;
}

static void on_lost(void *ctx, int cpu, __u64 cnt)
{
	(void)ctx;
	(void)cpu;
	nr_lost += cnt;
}

static void *work(void *arg)
{
	for (int i = 0; i < CALLS; i++)
		tool_read((unsigned long)arg, "a name");
	return NULL;
}

static void run_threads(void)
{
	pthread_t t[THREADS];

	for (unsigned long i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, work, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
}

static __u64 sum_of_calls(int fd)
{
	int nr = libbpf_num_possible_cpus();
	__u64 *v = calloc(nr, sizeof(*v)), sum = 0;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(fd, &zero, v))
		wrong++;
	for (int i = 0; i < nr; i++)
		sum += v[i];
	free(v);
	return sum;
}

static __u64 inner(struct bpf_map *map, __u32 slot)
{
	__u64 v = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(map), &slot, &v))
		wrong++;
	return v;
}

static void print_hists(struct tool *skel)
{
	__u32 key, *prev = NULL;
	struct hist h;
	int fd = bpf_map__fd(skel->maps.hists);

	while (!bpf_map_get_next_key(fd, prev, &key)) {
		if (bpf_map_lookup_elem(fd, &key, &h))
			wrong++;
		wrong += h.slots[key * 2 % SLOTS] != CALLS;
		printf("fd %u: %llu calls\n", key, (unsigned long long)h.slots[key * 2 % SLOTS]);
		prev = &key;
	}
}

static int fail(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	return 1;
}

static struct tool *start(void)
{
	struct tool *skel = tool__open();

	if (!skel)
		return NULL;
	skel->rodata->only_pid = getpid();
	if (!tool__load(skel) && !tool__attach(skel))
		return skel;
	tool__destroy(skel);
	return NULL;
}

/* Another instance has the pinned map and nothing else in common. */
static int again(void)
{
	struct tool *skel = start();

	if (!skel)
		return fail("second instance");
	wrong += sum_of_calls(bpf_map__fd(skel->maps.calls)) < THREADS * CALLS / 2;
	wrong += inner(skel->maps.inner0, 1) != 0;
	wrong += bpf_map__unpin(skel->maps.calls, NULL) != 0;
	wrong += bpf_map__unpin(skel->maps.calls, "/sys/fs/bpf/calls") == 0;
	tool__destroy(skel);
	return 0;
}

int main(void)
{
	struct perf_buffer *pb;
	struct tool *skel;
	int fd;

	prctl(PR_GET_NAME, comm);
	skel = start();
	if (!skel)
		return fail("start");
	pb = perf_buffer__new(bpf_map__fd(skel->maps.events), 64, on_event, on_lost, skel, NULL);
	if (!pb)
		return fail("perf buffer");
	run_threads();
	while (perf_buffer__poll(pb, 0) > 0)
		;
	printf("%u events, %u lost\n", nr_events, nr_lost);
	wrong += nr_events + nr_lost != THREADS * CALLS || !skel->bss->slowest;
	print_hists(skel);
	wrong += inner(skel->maps.inner0, 1) != CALLS || inner(skel->maps.inner1, 2) != 2 * CALLS;
	fd = bpf_obj_get("/sys/fs/bpf/calls");
	printf("%llu calls in the pinned map\n", (unsigned long long)sum_of_calls(fd));
	close(fd);
	perf_buffer__free(pb);
	tool__destroy(skel);
	if (again())
		return 1;
	if (bpf_obj_get("/sys/fs/bpf/calls") >= 0 || errno != ENOENT)
		wrong++;
	printf("%u wrong\n", wrong);
	return !!wrong;
}
