/* SPDX-License-Identifier: BSD-2-Clause */
/* Order of execution, cookies of several sessions, and the trampoline's limits. */
#include "sem.h"

#include <sys/utsname.h>

static const struct sem_event *find_event(const struct sem *s, __u32 id, bool is_return)
{
	for (__u32 i = 0; i < s->d->nr_events && i < SEM_EVENTS; i++)
		if (s->d->log[i].id == id && s->d->log[i].is_return == is_return)
			return &s->d->log[i];
	return NULL;
}

/* Entries with an empty cookie, exits with what the own entry left there. */
static void check_cookies(const struct sem *s)
{
	for (__u32 i = 0; i < s->d->nr_events && i < SEM_EVENTS; i++) {
		const struct sem_event *e = &s->d->log[i];

		if (e->id < 30)
			CHECK_EQ(e->cookie, e->is_return ? 0x100 * (1 + e->id) + 1 : 0);
	}
}

/* Both lists are LIFO: two sessions do not nest. */
TEST(order_two_sessions)
{
	struct sem s;

	sem_pin(0);
	if (!sem_load(&s, "sem_order", "s0 s1") || !sem_attach(&s, "s0 s1"))
		return;
	CHECK_EQ(sem_run_tests(), 0);
	CHECK_ORDER(&s, "1+ 0+ 1- 0-");
	check_cookies(&s);
	sem_close(&s);
}

TEST(order_with_fentry_fexit)
{
	struct sem s;

	sem_pin(0);
	if (!sem_load(&s, "sem_order", "s0 s1 plain fe fx") ||
	    !sem_attach(&s, "s0 s1 plain fe fx"))
		return;
	CHECK_EQ(sem_run_tests(), 0);
	CHECK_ORDER(&s, "40+ 30+ 1+ 0+ 41- 30- 1- 0-");
	check_cookies(&s);
	sem_close(&s);
}

/* Plain programs between sessions keep their place too. */
TEST(order_fentry_fexit_between)
{
	struct sem s;

	sem_pin(0);
	if (!sem_load(&s, "sem_order", "s0 s1 plain fe fx") ||
	    !sem_attach(&s, "fe s0 fx plain s1"))
		return;
	CHECK_EQ(sem_run_tests(), 0);
	CHECK_ORDER(&s, "1+ 30+ 0+ 40+ 1- 30- 41- 0-");
	check_cookies(&s);
	sem_close(&s);
}

/* A session that was detached and attached again is the latest. */
TEST(order_after_reattach)
{
	struct sem s;

	sem_pin(0);
	if (!sem_load(&s, "sem_order", "s0 s1 s2") || !sem_attach(&s, "s0 s1 s2"))
		return;
	CHECK_EQ(bpf_link__destroy(s.links[0]), 0);
	s.links[0] = s.links[2];
	s.nr_links = 2;
	CHECK(sem_attach(&s, "s0"));
	CHECK_EQ(sem_run_tests(), 0);
	CHECK_ORDER(&s, "0+ 2+ 1+ 0- 2- 1-");
	check_cookies(&s);
	sem_close(&s);
}

TEST(order_five_sessions)
{
	struct sem s;

	sem_pin(0);
	if (!sem_load(&s, "sem_order", "s0 s1 s2 s3 s4") || !sem_attach(&s, "s0 s1 s2 s3 s4"))
		return;
	CHECK_EQ(sem_run_tests(), 0);
	CHECK_ORDER(&s, "4+ 3+ 2+ 1+ 0+ 4- 3- 2- 1- 0-");
	check_cookies(&s);
	sem_close(&s);
}

TEST(cookie_zero_at_every_entry)
{
	struct sem s;

	sem_pin(0);
	if (!sem_load(&s, "sem_order", "s0 s1") || !sem_attach(&s, "s0 s1"))
		return;
	for (int i = 0; i < 50; i++)
		CHECK_EQ(sem_run_tests(), 0);
	CHECK_EQ(s.d->nr_events, 200);
	check_cookies(&s);
	sem_close(&s);
}

/* A program that uses neither call, one that does not reach them. */
TEST(cookie_unused)
{
	struct sem s;

	sem_pin(0);
	if (!sem_load(&s, "sem_order", "blind lazy") || !sem_attach(&s, "blind lazy"))
		return;
	CHECK_EQ(sem_run_tests(), 0);
	CHECK_EQ(s.d->n[1], 2);
	CHECK_EQ(s.d->nr_events, 0);
	s.d->arg = 7;
	CHECK_EQ(sem_run_tests(), 0);
	CHECK_EQ(s.d->n[1], 4);
	CHECK_ORDER(&s, "31-");
	CHECK_EQ(s.d->log[0].cookie, 0);
	sem_close(&s);
}

TEST(reattach)
{
	struct sem s;

	sem_pin(0);
	if (!sem_load(&s, "sem_order", "s0 fe fx"))
		return;
	for (int i = 0; i < 3; i++) {
		/* kernels before 5.13 attach a plain fentry or fexit program but once */
		if (!sem_attach(&s, i ? "s0" : "s0 fe fx"))
			return;
		sem_clear(&s);
		CHECK_EQ(sem_run_tests(), 0);
		CHECK_ORDER(&s, i ? "0+ 0-" : "40+ 0+ 41- 0-");
		check_cookies(&s);
		sem_detach(&s);
		sem_clear(&s);
		CHECK_EQ(sem_run_tests(), 0);
		CHECK_ORDER(&s, "");
	}
	sem_close(&s);
}

TEST(attach_twice_is_busy)
{
	struct bpf_link *link = NULL;
	struct sem s;
	int links;

	sem_pin(0);
	if (!sem_load(&s, "sem_order", "s0") || !sem_attach(&s, "s0"))
		return;
	links = sem_count_links();
	CHECK_EQ(sem_attach_cookie(&s, "s0", 0, &link), -EBUSY);
	CHECK(!link);
	link = bpf_program__attach(sem_prog(&s, "s0"));
	CHECK(!link);
	CHECK_EQ(errno, EBUSY);
	CHECK_EQ(sem_count_links(), links);
	CHECK_EQ(sem_run_tests(), 0);
	CHECK_ORDER(&s, "0+ 0-");
	sem_close(&s);
}

/* What one function has room for, by attaching plain programs until there is none. */
static int count_slots(int *links)
{
	int nr = 0, link = 0;

	while (nr < 64 && (link = sem_plain_attach(BPF_TRACE_FENTRY, "bpf_fentry_test1")) >= 0)
		links[nr++] = link;
	CHECK_EQ(link, -E2BIG);
	return nr;
}

static void drop_links(int *links, int nr)
{
	for (int i = 0; i < nr; i++)
		close(links[i]);
}

static bool page_is_full_first(void)
{
	const char *engine = tap_option("engine");
	struct utsname u;

	uname(&u);
	return !strcmp(u.machine, "aarch64") && engine && !strcmp(engine, "kernel");
}

#define ALL "s0 s1 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 s12 s13 s14 s15 s16 s17 s18 s19 s20 s21 s22 s23"

/*
 * As many sessions as half the room, each with its cookie; one more is refused. A trampoline's code must
 * fit a page as well (S 4.5), which on arm64 it does not with so many cookies: then it is the one before
 * that is refused, with the same error.
 */
TEST(limit_full_trampoline)
{
	int links[64], nr, before, objects;
	struct bpf_link *link;
	struct sem s;

	sem_pin(0);
	nr = count_slots(links);
	drop_links(links, nr);
	CHECK(nr >= 36 && nr <= 46);
	if (!sem_load(&s, "sem_order", ALL))
		return;
	before = sem_count_links();
	for (int i = 0; i < nr / 2; i++) {
		char name[16];

		snprintf(name, sizeof(name), "s%d", i);
		if (i == nr / 2 - 1 && page_is_full_first()) {
			CHECK_EQ(sem_attach_cookie(&s, name, 0, &link), -E2BIG);
			nr -= 2;
			break;
		}
		if (!sem_attach(&s, name))
			break;
	}
	CHECK_EQ(s.nr_links, nr / 2);
	objects = sem_count_links();
	if (nr / 2 < 24) {
		char name[16];

		snprintf(name, sizeof(name), "s%d", nr / 2);
		CHECK_EQ(sem_attach_cookie(&s, name, 0, &link), -E2BIG);
	}
	CHECK_EQ(sem_count_links(), objects);
	CHECK_EQ(sem_run_tests(), 0);
	CHECK_EQ(s.d->nr_events, nr / 2 * 2);
	for (int i = 0; i < nr / 2; i++) {
		CHECK_EQ(s.d->log[i].id, nr / 2 - 1 - i);
		CHECK_EQ(s.d->log[i].is_return, 0);
		CHECK_EQ(s.d->log[i + nr / 2].id, nr / 2 - 1 - i);
		CHECK_EQ(s.d->log[i + nr / 2].is_return, 1);
	}
	check_cookies(&s);
	sem_detach(&s);
	CHECK_EQ(sem_count_links(), before);
	sem_clear(&s);
	CHECK_EQ(sem_run_tests(), 0);
	CHECK_EQ(s.d->nr_events, 0);
	CHECK(sem_attach(&s, "s23"));
	sem_close(&s);
}

/* A session needs two slots: with one left it fails whole, and the slot is still there. */
TEST(limit_one_slot_left)
{
	int links[64], nr, before, programs;
	struct bpf_link *link = NULL;
	struct sem s;

	sem_pin(0);
	if (!sem_load(&s, "sem_order", "s0"))
		return;
	nr = count_slots(links);
	close(links[--nr]);
	before = sem_count_links();
	programs = sem_count_programs();
	CHECK_EQ(sem_attach_cookie(&s, "s0", 0, &link), -E2BIG);
	CHECK(!link);
	CHECK(*sem_message());
	CHECK_EQ(sem_count_links(), before);
	CHECK_EQ(sem_count_programs(), programs);
	CHECK_EQ(sem_run_tests(), 0);
	CHECK_ORDER(&s, "");
	links[nr] = sem_plain_attach(BPF_TRACE_FENTRY, "bpf_fentry_test1");
	CHECK(links[nr] >= 0);
	CHECK_EQ(sem_attach_cookie(&s, "s0", 0, &link), -E2BIG);
	/* with two free ones it works: nothing was left behind */
	close(links[nr]);
	close(links[--nr]);
	CHECK(sem_attach(&s, "s0"));
	CHECK_EQ(sem_run_tests(), 0);
	CHECK_ORDER(&s, "0+ 0-");
	CHECK(find_event(&s, 0, true) && find_event(&s, 0, true)->cookie == 0x101);
	drop_links(links, nr);
	sem_close(&s);
}
