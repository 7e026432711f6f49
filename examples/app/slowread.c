// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Shows reads that take long: slowread [MILLISECONDS [SECONDS]]
 *
 * An ordinary libbpf application with a skeleton. fsession_register() is all there is to make
 * SEC("fsession/...") work, on Linux 5.10 as on 7.2.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <fsession/fsession.h>

#include "slowread.h"
#include "slowread.skel.h"

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static int print_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, fmt, args) : 0;
}

static int on_event(void *arg, void *data, size_t size)
{
	const struct event *e = data;

	(void)arg;
	if (size < sizeof(*e))
		return 0;
	printf("%-16s %8u %10.3f %8lld\n", e->comm, e->pid, e->ns / 1e6, (long long)e->ret);
	return 0;
}

/* Until a signal comes, or for @seconds if that is not 0. */
static int poll_events(struct ring_buffer *ring, unsigned int seconds)
{
	time_t end = time(NULL) + seconds;
	int n;

	while (!stopped && (!seconds || time(NULL) < end)) {
		n = ring_buffer__poll(ring, 100);
		if (n < 0 && n != -EINTR)
			return n;
		fflush(stdout);
	}
	n = ring_buffer__consume(ring);
	return n < 0 ? n : 0;
}

int main(int argc, char **argv)
{
	struct ring_buffer *ring = NULL;
	struct slowread_bpf *skel = NULL;
	int err;

	libbpf_set_print(print_libbpf);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	err = fsession_register(NULL);
	if (err)
		return 1;
	skel = slowread_bpf__open();
	if (!skel) {
		err = -errno;
		goto out;
	}
	skel->rodata->own_pid = getpid();
	if (argc > 1)
		skel->rodata->min_ns = strtod(argv[1], NULL) * 1e6;
	err = slowread_bpf__load(skel);
	if (err)
		goto out;
	ring = ring_buffer__new(bpf_map__fd(skel->maps.events), on_event, NULL, NULL);
	if (!ring) {
		err = -errno;
		goto out;
	}
	err = slowread_bpf__attach(skel);
	if (err)
		goto out;

	printf("%-16s %8s %10s %8s\n", "COMMAND", "PID", "MS", "RESULT");
	fflush(stdout);
	err = poll_events(ring, argc > 2 ? strtoul(argv[2], NULL, 10) : 0);
	if (skel->bss->nr_lost)
		fprintf(stderr, "%llu reads are missing above\n",
			(unsigned long long)skel->bss->nr_lost);
out:
	if (err)
		fprintf(stderr, "slowread: %s\n", strerror(-err));
	ring_buffer__free(ring);
	slowread_bpf__destroy(skel);
	fsession_unregister();
	return err ? 1 : 0;
}
