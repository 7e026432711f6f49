/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that last: tasks asleep in the function while programs come, go, or are many. */
#include "sem.h"

#include <sched.h>
#include <sys/resource.h>

enum { ENTRIES, EXITS, WRONG, ZERO, DIRTY, MIGRATED, SECOND };

static bool split(struct sem *s, const char *program)
{
	struct fsession_prog_info info = { .sz = sizeof(info) };

	CHECK_EQ(fsession_prog_info(sem_prog(s, program), &info), 0);
	return info.engine == FSESSION_ENGINE_SPLIT;
}

/* Runs in flight are counted exactly: every entry ended, is open, or was removed. */
static void check_stats(struct sem *s, const char *program)
{
	struct fsession_stats st = sem_stats(s, program);

	if (!split(s, program))
		return;
	CHECK_EQ(st.entries, s->d->n[ENTRIES]);
	CHECK_EQ(st.exits, s->d->n[EXITS]);
	CHECK_EQ(st.entries, st.exits + st.open + st.swept);
}

static void check_counts(const struct sem *s, int entries, int exits)
{
	CHECK_EQ(s->d->n[ENTRIES], entries);
	CHECK_EQ(s->d->n[EXITS], exits);
	CHECK_EQ(s->d->n[WRONG], 0);
	CHECK_EQ(s->d->n[ZERO], 0);
	CHECK_EQ(s->d->n[DIRTY], 0);
}

/* A call that was inside before is not seen. */
TEST(attach_while_inside)
{
	struct sem_sleeper *sl = sem_sleep_many(20);
	struct sem s;

	if (!sem_load(&s, "sem_flight", "sleeps") || !sem_attach(&s, "sleeps"))
		return;
	sem_wake(sl, 20);
	check_counts(&s, 0, 0);
	check_stats(&s, "sleeps");
	sem_wake(sem_sleep_many(5), 5);
	check_counts(&s, 5, 5);
	CHECK_EQ(sem_stats(&s, "sleeps").open, 0);
	check_stats(&s, "sleeps");
	sem_close(&s);
}

/* Whether this kernel keeps the exits of calls in flight when another program is attached. */
static bool kernel_keeps_exits(void)
{
	struct sem_sleeper *sl;
	struct sem s;
	bool kept;
	int link;

	if (!sem_load(&s, "sem_flight", "beside") || !sem_attach(&s, "beside"))
		return false;
	sl = sem_sleep_many(1);
	link = sem_plain_attach(BPF_TRACE_FENTRY, "eventfd_read");
	CHECK(link >= 0);
	sem_wake(sl, 1);
	kept = s.d->n[20];
	close(link);
	sem_close(&s);
	return kept;
}

/* Another program comes while calls are inside: what the kernel does to a plain fexit program. */
TEST(unrelated_attach_while_inside)
{
	bool kept = kernel_keeps_exits();
	struct sem_sleeper *sl;
	struct sem s;
	int link;

	if (!sem_load(&s, "sem_flight", "sleeps") || !sem_attach(&s, "sleeps"))
		return;
	sl = sem_sleep_many(10);
	check_counts(&s, 10, 0);
	link = sem_plain_attach(BPF_TRACE_FENTRY, "eventfd_read");
	CHECK(link >= 0);
	sem_wake(sl, 10);
	check_counts(&s, 10, kept ? 10 : 0);
	check_stats(&s, "sleeps");
	/* records left behind are never matched */
	for (int i = 0; i < 5; i++)
		sem_wake(sem_sleep_many(10), 10);
	check_counts(&s, 60, kept ? 60 : 50);
	check_stats(&s, "sleeps");
	CHECK_EQ(sem_stats(&s, "sleeps").unmatched, 0);
	close(link);
	sem_close(&s);
}

/* The session itself goes: its exits do not run, and a new one starts from nothing. */
TEST(detach_while_inside)
{
	struct sem_sleeper *sl;
	struct sem s;

	if (!sem_load(&s, "sem_flight", "sleeps sleeps2") || !sem_attach(&s, "sleeps sleeps2"))
		return;
	sl = sem_sleep_many(10);
	CHECK_EQ(bpf_link__destroy(s.links[0]), 0);
	s.links[0] = s.links[1];
	s.nr_links = 1;
	sem_wake(sl, 10);
	check_counts(&s, 10, 0);
	CHECK_EQ(s.d->n[SECOND + ENTRIES], 10);
	CHECK(s.d->n[SECOND + EXITS] == 0 || s.d->n[SECOND + EXITS] == 10);
	CHECK_EQ(s.d->n[SECOND + WRONG], 0);
	CHECK_EQ(s.d->n[SECOND + ZERO], 0);
	if (!sem_attach(&s, "sleeps"))
		return;
	sem_wake(sem_sleep_many(10), 10);
	check_counts(&s, 20, 10);
	CHECK_EQ(s.d->n[SECOND + WRONG], 0);
	CHECK_EQ(s.d->n[SECOND + ZERO], 0);
	sem_close(&s);
}

/* Detached and attached again while calls are inside: their exits belong to nobody. */
TEST(reattach_while_inside)
{
	struct sem_sleeper *sl;
	struct sem s;

	if (!sem_load(&s, "sem_flight", "sleeps") || !sem_attach(&s, "sleeps"))
		return;
	sl = sem_sleep_many(10);
	sem_detach(&s);
	if (!sem_attach(&s, "sleeps"))
		return;
	sem_wake(sl, 10);
	check_counts(&s, 10, 0);
	sem_wake(sem_sleep_many(10), 10);
	check_counts(&s, 20, 10);
	check_stats(&s, "sleeps");
	sem_close(&s);
}

/* Records of tasks that are gone are removed, those of tasks inside are not. */
TEST(sweep_removes_the_dead_only)
{
	struct sem_sleeper *dead, *live;
	struct fsession_stats st;
	struct sem s;
	int link;

	if (kernel_keeps_exits())
		tap_skip("on this kernel no record is left behind: an attach keeps the exits");
	if (!sem_load(&s, "sem_flight", "sleeps") || !sem_attach(&s, "sleeps"))
		return;
	dead = sem_sleep_many(50);
	link = sem_plain_attach(BPF_TRACE_FENTRY, "eventfd_read");
	CHECK(link >= 0);
	sem_wake(dead, 50);
	live = sem_sleep_many(50);
	CHECK_EQ(s.d->n[ENTRIES], 100);
	CHECK_EQ(s.d->n[EXITS], 0);
	check_stats(&s, "sleeps");
	for (int i = 0; i < 6; i++)
		CHECK(fsession_sweep() >= 0);
	st = sem_stats(&s, "sleeps");
	CHECK_EQ(st.open, 50);
	CHECK(st.swept <= 50);
	check_stats(&s, "sleeps");
	sem_wake(live, 50);
	check_counts(&s, 100, 50);
	check_stats(&s, "sleeps");
	CHECK_EQ(sem_stats(&s, "sleeps").open, 0);
	close(link);
	sem_close(&s);
}

TEST(sweep_keeps_the_sleeping)
{
	struct sem_sleeper *sl;
	struct sem s;

	if (!sem_load(&s, "sem_flight", "sleeps") || !sem_attach(&s, "sleeps"))
		return;
	sl = sem_sleep_many(100);
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(fsession_sweep(), 0);
		sem_sleep(10);
	}
	sem_wake(sl, 100);
	check_counts(&s, 100, 100);
	CHECK_EQ(sem_stats(&s, "sleeps").swept, 0);
	check_stats(&s, "sleeps");
	sem_close(&s);
}

static void print_stats(struct sem *s, const char *program)
{
	struct fsession_stats st = sem_stats(s, program);

	printf("# %s: %llu entries, %llu exits; missed %llu unmatched %llu full %llu open %llu\n", program,
	       (__u64)st.entries, (__u64)st.exits, (__u64)st.missed, (__u64)st.unmatched, (__u64)st.full,
	       (__u64)st.open);
}

#define MANY 2000

TEST(thousands_asleep)
{
	struct rlimit lim = { 8192, 8192 };
	struct sem_sleeper *sl;
	struct sem s;

	setrlimit(RLIMIT_NPROC, &lim);
	if (!sem_load(&s, "sem_flight", "sleeps sleeps2") || !sem_attach(&s, "sleeps sleeps2"))
		return;
	sl = sem_sleep_many(MANY);
	print_stats(&s, "sleeps");
	print_stats(&s, "sleeps2");
	check_counts(&s, MANY, 0);
	if (split(&s, "sleeps")) {
		CHECK_EQ(sem_stats(&s, "sleeps").open, MANY);
		CHECK_EQ(sem_stats(&s, "sleeps").full, 0);
	}
	sem_wake(sl, MANY);
	check_counts(&s, MANY, MANY);
	CHECK_EQ(s.d->n[SECOND + ENTRIES], MANY);
	CHECK_EQ(s.d->n[SECOND + EXITS], MANY);
	CHECK_EQ(s.d->n[SECOND + WRONG] + s.d->n[SECOND + ZERO] + s.d->n[SECOND + DIRTY], 0);
	CHECK_EQ(sem_stats(&s, "sleeps").open, 0);
	check_stats(&s, "sleeps");
	sem_close(&s);
}

/* What does not fit is counted and not seen; all else is as ever, and then it fits again. */
TEST(store_full)
{
	struct fsession_stats st;
	struct sem_sleeper *sl;
	struct sem s;

	sem_register(64);
	if (!sem_open(&s, "sem_flight", "sleeps"))
		return;
	CHECK_EQ(bpf_object__load(s.obj), 0);
	if (!sem_map_data(&s) || !sem_attach(&s, "sleeps"))
		return;
	if (!split(&s, "sleeps"))
		tap_skip("the kernel engine has no store");
	sl = sem_sleep_many(200);
	st = sem_stats(&s, "sleeps");
	CHECK(st.full >= 100);
	CHECK(st.entries >= 8);
	CHECK_EQ(st.entries + st.full, 200);
	CHECK_EQ(st.open, st.entries);
	sem_wake(sl, 200);
	check_counts(&s, st.entries, st.entries);
	CHECK_EQ(sem_stats(&s, "sleeps").unmatched, st.full);
	CHECK_EQ(sem_stats(&s, "sleeps").open, 0);
	check_stats(&s, "sleeps");
	sem_wake(sem_sleep_many(1), 1);
	check_counts(&s, st.entries + 1, st.entries + 1);
	CHECK_EQ(sem_stats(&s, "sleeps").full, st.full);
	sem_close(&s);
}

TEST(migrated_between_phases)
{
	struct sem_sleeper *sl;
	cpu_set_t set;
	struct sem s;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		tap_skip("one CPU");
	if (sem_engine() == FSESSION_ENGINE_USER)
		tap_skip("a CPU of the user engine is a lane, which no scheduler changes");
	if (!sem_load(&s, "sem_flight", "moves") || !sem_attach(&s, "moves"))
		return;
	sem_pin(0);		/* the threads inherit it */
	sl = sem_sleep_many(50);
	CPU_ZERO(&set);
	CPU_SET(1, &set);
	for (int i = 0; i < 50; i++)
		CHECK_EQ(sched_setaffinity(sl[i].tid, sizeof(set), &set), 0);
	sem_wake(sl, 50);
	check_counts(&s, 50, 50);
	CHECK_EQ(s.d->n[MIGRATED], 50);
	CHECK_EQ(sem_stats(&s, "moves").open, 0);
	check_stats(&s, "moves");
	sem_close(&s);
}
