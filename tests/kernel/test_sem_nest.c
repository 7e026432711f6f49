/* SPDX-License-Identifier: BSD-2-Clause */
/* Nested calls: from inside the program, and functions that call themselves. */
#include "sem.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

static bool start(struct sem *s, const char *programs)
{
	sem_pin(0);
	if (!sem_load(s, "sem_nest", programs) || !sem_attach(s, programs))
		return false;
	sem_clear(s);
	return true;
}

static void delete_once(struct sem *s)
{
	int fd = bpf_map__fd(bpf_object__find_map_by_name(s->obj, "victim"));
	__u32 key = 1;

	CHECK_EQ(bpf_map_delete_elem(fd, &key), -ENOENT);
}

/* One call is seen; the @nested ones that the program makes are missed in both phases. */
static void check_nested(const char *program, __u32 id, int nested)
{
	struct fsession_stats before, after;
	struct sem s;

	if (!start(&s, program))
		return;
	before = sem_stats(&s, program);
	delete_once(&s);
	after = sem_stats(&s, program);
	CHECK_EQ(s.d->nr_events, 2);
	CHECK_EQ(s.d->log[0].id, id);
	CHECK_EQ(s.d->log[0].is_return, 0);
	CHECK_EQ(s.d->log[0].cookie, 0);
	CHECK_EQ(s.d->log[1].is_return, 1);
	CHECK_EQ(s.d->log[1].cookie, 0x1000 * id + 1);
	CHECK_EQ(after.missed - before.missed, 2 * nested);
	CHECK_EQ(after.unmatched - before.unmatched, 0);
	CHECK_EQ(after.open, 0);
	/* and the same again: nothing was left behind */
	for (int i = 1; i < 20; i++)
		delete_once(&s);
	CHECK_EQ(s.d->nr_events, 40);
	for (int i = 0; i < 40; i++)
		CHECK_EQ(s.d->log[i].is_return, i % 2);
	CHECK_EQ(sem_stats(&s, program).missed - before.missed, 40 * nested);
	CHECK_EQ(sem_stats(&s, program).open, 0);
	sem_close(&s);
}

TEST(nested_in_entry)
{
	check_nested("delete_entry", 1, 1);
}

TEST(nested_in_exit)
{
	check_nested("delete_exit", 2, 1);
}

TEST(nested_in_both)
{
	check_nested("delete_both", 3, 2);
}

TEST(nested_in_none)
{
	check_nested("delete_none", 4, 0);
}

static void note_multi(const struct fsession_rung *rung, void *works)
{
	if (!strcmp(rung->name, "kernel multi"))
		*(bool *)works = rung->works;
}

/* Copies of a program for many functions guard each other, as one program on many does natively. */
TEST(nested_across_functions)
{
	bool multi = false;

	sem_register(0);
	fsession_probe(note_multi, &multi);
	if (!multi && sem_engine() != FSESSION_ENGINE_SPLIT)
		tap_skip("this kernel guards each copy by itself");
	check_nested("across", 8, 2);
}

TEST(nested_update)
{
	struct sem s;
	__u64 value = 1;
	__u32 key = 1;

	if (!start(&s, "update_both"))
		return;
	for (int i = 0; i < 20; i++)
		CHECK_EQ(bpf_map_update_elem(bpf_map__fd(bpf_object__find_map_by_name(s.obj,
				"victim")), &key, &value, BPF_ANY), 0);
	CHECK_EQ(s.d->nr_events, 40);
	for (int i = 0; i < 40; i++) {
		CHECK_EQ(s.d->log[i].is_return, i % 2);
		/* seq counts both phases */
		CHECK_EQ(s.d->log[i].cookie, i % 2 ? 0x5000 + i : 0);
	}
	CHECK_EQ(sem_stats(&s, "update_both").missed, 80);
	CHECK_EQ(sem_stats(&s, "update_both").open, 0);
	sem_close(&s);
}

/* What one session's program calls is nested for it, and an ordinary call for another one. */
TEST(nested_seen_by_other_session)
{
	struct sem s;

	if (!start(&s, "delete_entry delete_none"))
		return;
	delete_once(&s);
	/* the last attached runs first; the call of 1 is seen by 4 between */
	CHECK_ORDER(&s, "4+ 1+ 4+ 4- 4- 1-");
	CHECK_EQ(s.d->log[2].cookie, 0);
	CHECK_EQ(s.d->log[3].cookie, 0x4003);
	CHECK_EQ(s.d->log[4].cookie, 0x4001);
	CHECK_EQ(s.d->log[5].cookie, 0x1002);
	CHECK_EQ(sem_stats(&s, "delete_entry").missed, 2);
	CHECK_EQ(sem_stats(&s, "delete_none").missed, 0);
	sem_close(&s);
}

TEST(nested_in_exit_seen_by_other_session)
{
	struct sem s;

	if (!start(&s, "delete_none delete_exit"))
		return;
	delete_once(&s);
	CHECK_ORDER(&s, "2+ 4+ 2- 4+ 4- 4-");
	CHECK_EQ(s.d->log[2].cookie, 0x2001);
	CHECK_EQ(s.d->log[3].cookie, 0);
	CHECK_EQ(s.d->log[4].cookie, 0x4004);
	CHECK_EQ(s.d->log[5].cookie, 0x4002);
	sem_close(&s);
}

static int epoll_of(int child)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = epoll_create1(EPOLL_CLOEXEC);

	CHECK_EQ(epoll_ctl(fd, EPOLL_CTL_ADD, child, &ev), 0);
	return fd;
}

/* Each level of recursion has its own cookie. */
TEST(recursive_function)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int first = epoll_of(eventfd(0, EFD_CLOEXEC)), top = epoll_create1(EPOLL_CLOEXEC), fd;
	struct sem s;

	fd = epoll_of(first);
	fd = epoll_of(fd);
	if (!start(&s, "recursive recursive2"))
		return;
	/* looks at the three levels below */
	CHECK_EQ(epoll_ctl(top, EPOLL_CTL_ADD, fd, &ev), 0);
	CHECK_ORDER(&s, "7+ 6+ 7+ 6+ 7+ 6+ 7- 6- 7- 6- 7- 6-");
	for (int i = 0; i < 6; i++)
		CHECK_EQ(s.d->log[i].cookie, 0);
	/* the sixth event's exit is the seventh, and so on: 7 and 6 by turns */
	for (int level = 0; level < 3; level++) {
		CHECK_EQ(s.d->log[10 - 2 * level].cookie, 0x7000 + 1 + 2 * level);
		CHECK_EQ(s.d->log[11 - 2 * level].cookie, 0x6000 + 2 + 2 * level);
	}
	CHECK_EQ(sem_stats(&s, "recursive").missed, 0);
	CHECK_EQ(sem_stats(&s, "recursive").open, 0);
	sem_close(&s);
}
