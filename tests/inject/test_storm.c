/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attach and detach, over and over, while the functions run. With LONG in the environment (make check-long) as
 * often as it was promised: 100,000 cycles of hot functions, 1,000 cycles of 1,000 functions, 1,000 entries.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rig.h"
#include "tap.h"

#define KINDS 6
#define MANY 1000
#define TEXT_MAX (1 << 17)

static struct rig rig;
static struct {
	u64 kinds[KINDS], many, start, end;
	u32 kind_bytes[KINDS], stride, nr_many;
	u8 text[TEXT_MAX], now[TEXT_MAX];
} storm;

static u32 times(u32 few, u32 all)
{
	return getenv("LONG") ? all : few;
}

static void read_text(u8 *buf)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", rig.pid);
	fd = open(path, O_RDONLY);
	CHECK_EQ(pread(fd, buf, storm.end - storm.start, storm.start), storm.end - storm.start);
	close(fd);
}

static void start(int threads)
{
	rig_start(&rig, "storm", threads);
	for (int i = 0; i < KINDS; i++)
		CHECK_EQ(fscanf(rig.from, "%llx %u", &storm.kinds[i], &storm.kind_bytes[i]), 2);
	CHECK_EQ(fscanf(rig.from, "%llx %u %u", &storm.many, &storm.stride, &storm.nr_many), 3);
	CHECK_EQ(fscanf(rig.from, "%llx %llx", &storm.start, &storm.end), 2);
	CHECK(storm.end - storm.start <= TEXT_MAX && storm.nr_many == MANY);
	read_text(storm.text);
}

/* The text is to be what it was. */
static void finish(void)
{
	rig_call(&rig, 1000);
	read_text(storm.now);
	CHECK(!memcmp(storm.text, storm.now, storm.end - storm.start));
	rig_stop(&rig);
}

static struct remote *enter(void)
{
	struct remote *r;

	if (remote_open(rig.pid, &r)) {
		tap_fail(__FILE__, __LINE__, "remote_open");
		exit(1);
	}
	rig_map(&rig, r);
	return r;
}

static struct tramp *tramp_at(struct remote *r, u64 addr, u32 bytes)
{
	const struct tramp_proto proto = { .nr_args = 1, .arg_words = { 1 } };
	struct tramp *t;

	if (!tramp_get(remote_space(r), addr, bytes, &proto, "storm", &t))
		return t;
	tap_fail(__FILE__, __LINE__, "tramp_get");
	exit(1);
}

/* Threads may be anywhere in it, on two CPUs. */
TEST(hot_functions_of_each_kind)
{
	u32 cycles = times(20, 100000 / KINDS + 1), done = 0;
	struct tramp_link *link;
	struct tramp_prog *p;
	struct remote *r;

	start(2);
	r = enter();
	p = rig_counter(&rig, r, 1);
	for (u32 i = 0; i < cycles; i++) {
		for (int k = 0; k < KINDS; k++) {
			int err = tramp_attach(tramp_at(r, storm.kinds[k], storm.kind_bytes[k]), p, TRAMP_FSESSION, 0, &link);

			if (err) {
				tap_fail(__FILE__, __LINE__, "kind %d, cycle %u: %d", k, i, err);
				continue;
			}
			if (!(i % 16))
				rig_call(&rig, 12);
			tramp_detach(link);
			done++;
		}
		tap_progress(i + 1, cycles);
	}
	printf("# %u cycles\n", done);
	CHECK(rig.counts[0] >= KINDS);
	remote_close(r);
	finish();
}

TEST(many_functions_under_threads_and_signals)
{
	u32 cycles = times(3, 1000);
	static struct tramp_req reqs[MANY];
	static struct tramp_link *links[MANY];
	struct tramp_prog *p;
	struct remote *r;

	start(times(8, 64));
	r = enter();
	p = rig_counter(&rig, r, 1);
	for (u32 i = 0; i < MANY; i++)
		reqs[i] = (struct tramp_req){ tramp_at(r, storm.many + i * storm.stride, 10), p, TRAMP_FSESSION, 0 };
	for (u32 i = 0; i < cycles; i++) {
		int err = tramp_attach_many(reqs, MANY, links);

		CHECK_EQ(err, 0);
		if (!(i % 16))	/* its turn comes after that of all threads */
			rig_call(&rig, 10);
		if (!err)
			tramp_detach_many(links, MANY);
		tap_progress(i + 1, cycles);
	}
	printf("# %u cycles of %u functions\n", cycles, MANY);
	CHECK(rig.counts[0] > 0);
	remote_close(r);
	finish();
}

static void read_maps(char *ret, u32 bytes)
{
	char path[32];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", rig.pid);
	f = fopen(path, "r");
	ret[fread(ret, 1, bytes - 1, f)] = 0;
	fclose(f);
}

/* Memory stays where a thread does not get out of a call in time, which a busy machine may keep from running. */
TEST(enter_and_leave)
{
	u32 rounds = times(10, 1000), as_found = 0;
	static char before[65536], after[65536];

	start(2);
	rig_call(&rig, 1);	/* its threads are there */
	for (u32 i = 0; i < rounds; i++) {
		struct tramp_link *link;
		struct remote *r;

		read_maps(before, sizeof(before));
		r = enter();
		CHECK_EQ(tramp_attach(rig_tramp(&rig, r), rig_counter(&rig, r, 1), TRAMP_FSESSION, 0, &link), 0);
		rig_call(&rig, 10);
		tramp_detach(link);
		remote_close(r);
		read_maps(after, sizeof(after));
		as_found += !strcmp(before, after);
		tap_progress(i + 1, rounds);
	}
	printf("# after %u of %u rounds its memory was as it had been\n", as_found, rounds);
	CHECK(as_found > 0);
	finish();
}
