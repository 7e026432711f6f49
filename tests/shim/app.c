/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A libbpf application that knows of nothing but libbpf: skeleton, global data, a ring buffer polled through
 * an epoll of its own. Prints what it saw; exits with 0 if that was right.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include <bpf/libbpf.h>

#include "app.h"
#include "app.skel.h"

long app_work(int a, struct app_arg *arg);

__attribute__((noinline, used)) long app_work(int a, struct app_arg *arg)
{
	__asm__ volatile("" : "+r"(arg) : : "memory");
	return a * 1000L + arg->n;
}

static int nr_events, wrong;

static int on_event(void *ctx, void *data, size_t size)
{
	const struct event *e = data;

	(void)ctx;
	printf("%s a %lld ret %lld\n", e->kind ? "exit" : "entry", (long long)e->a, (long long)e->ret);
	wrong += size != sizeof(*e) || e->a != 7 || e->ret != (e->kind ? 7042 : 42);
	nr_events++;
	return 0;
}

static void work(void)
{
	struct app_arg arg = { .n = 42 };

	for (int a = 0; a < 10; a++)
		app_work(a, &arg);
}

static volatile nfds_t nr_polled = 1;

/* Is there a record? By poll() and ppoll() as compilers make them of calls whose length they do not know. */
static int readable(int ring)
{
	struct pollfd p[2] = { { .fd = ring, .events = POLLIN } };
	const struct timespec now = { 0 };

	return poll(p, nr_polled, 0) + ppoll(p, nr_polled, &now, NULL);
}

static int fail(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	return 1;
}

int main(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct ring_buffer *rb;
	struct app *skel;
	int ep;

	skel = app__open();
	if (!skel)
		return fail("open");
	skel->rodata->only = 7;
	if (app__load(skel))
		return fail("load");
	if (app__attach(skel))
		return fail("attach");
	rb = ring_buffer__new(bpf_map__fd(skel->maps.events), on_event, NULL, NULL);
	ep = epoll_create1(0);
	if (!rb || epoll_ctl(ep, EPOLL_CTL_ADD, ring_buffer__epoll_fd(rb), &ev))
		return fail("ring buffer");
	if (epoll_wait(ep, &ev, 1, 0) != 0 || readable(bpf_map__fd(skel->maps.events)) != 0)
		return fail("readable before there is anything");
	work();
	if (epoll_wait(ep, &ev, 1, 1000) != 1 || readable(bpf_map__fd(skel->maps.events)) != 2)
		return fail("not readable");
	ring_buffer__consume(rb);
	printf("%llu entries, %llu exits\n", (unsigned long long)skel->bss->entries,
	       (unsigned long long)skel->bss->exits);
	wrong += nr_events != 2 || skel->bss->entries != 10 || skel->bss->exits != 10;
	app__detach(skel);
	work();
	wrong += skel->bss->entries != 10;
	ring_buffer__free(rb);
	app__destroy(skel);
	return wrong;
}
