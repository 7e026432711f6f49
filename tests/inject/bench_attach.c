/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_attach [--cycles=N] [--threads=N]: a session attached to and detached from a function of another process that
 * its threads spin in. Says how long the process was stopped for it, and what a call costs, traced and not.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rig.h"
#include "tap.h"

#define CALLS 3000000

static const struct tramp_target_ops *real;
static u64 *stops_ns;
static u32 nr_stops, max_stops;

static u64 clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static u64 now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* From before the first thread is stopped until after the last was let go. */
static int timed_patch(void *arg, const struct tramp_patch *patches, u32 nr)
{
	int err = real->patch(arg, patches, nr);

	if (nr_stops < max_stops)
		stops_ns[nr_stops++] = remote_stood_ns(arg);
	return err;
}

static int compare(const void *a, const void *b)
{
	const u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

static double call_ns(struct rig *g)
{
	double best = 1e9;

	for (int i = 0; i < 5; i++) {
		u64 start = now_ns();

		rig_call(g, CALLS);
		start = now_ns() - start;
		best = start < best * CALLS ? (double)start / CALLS : best;
	}
	return best;
}

static void measure_attach(u32 cycles, int threads)
{
	struct tramp_target_ops ops;
	struct tramp_link *link;
	struct tramp_prog *p;
	struct remote *r;
	struct rig g;
	u64 start;

	rig_start(&g, "victim", threads);
	if (remote_open(g.pid, &r))
		exit(1);
	rig_map(&g, r);
	real = remote_space(r)->ops;
	ops = *real;
	ops.patch = timed_patch;
	remote_space(r)->ops = &ops;
	max_stops = 2 * cycles;
	stops_ns = calloc(max_stops, sizeof(*stops_ns));
	p = rig_counter(&g, r, 1);
	start = now_ns();
	for (u32 i = 0; i < cycles; i++) {
		if (tramp_attach(rig_tramp(&g, r), p, TRAMP_FSESSION, 0, &link))
			exit(1);
		tramp_detach(link);
		if (!(i % 1000))
			rig_call(&g, 10);
	}
	start = now_ns() - start;
	rig_call(&g, 10);
	qsort(stops_ns, nr_stops, sizeof(*stops_ns), compare);
	printf("%u cycles, %d threads: %.0f us each; stopped for %.0f us (median), %.0f us (99 %%), %.0f us (worst); "
	       "text %s\n", cycles, threads, start / 1e3 / cycles, stops_ns[nr_stops / 2] / 1e3,
	       stops_ns[nr_stops * 99 / 100] / 1e3, stops_ns[nr_stops - 1] / 1e3,
	       rig_text_is_clean(&g) ? "as before" : "CHANGED");
	remote_close(r);
	rig_stop(&g);
}

/* Bytes of images, copies, links and what tells unwinders of them; agent, guards and maps apart. */
static u64 bytes_used(const struct tramp_space *s)
{
	u64 bytes = 0;

	for (const struct space_area *a = s->areas; a; a = a->next)
		bytes += a->code.used + a->data.used + a->shared.used;
	return bytes;
}

/* All at once. */
static void measure_many(int threads)
{
	u32 stride, nr, bytes_each = 10, kinds_to_skip = 6;
	const struct tramp_proto proto = { .nr_args = 1, .arg_words = { 1 } };
	struct tramp_target_ops ops;
	struct tramp_link **links;
	struct tramp_req *reqs;
	struct tramp_prog *p;
	struct remote *r;
	struct rig g;
	u64 at, start, cpu;

	rig_start(&g, "crowd", threads);
	while (kinds_to_skip-- && fscanf(g.from, "%llx %u", &at, &nr) == 2)
		;
	if (fscanf(g.from, "%llx %u %u %*x %*x", &at, &stride, &nr) != 3 || remote_open(g.pid, &r))
		exit(1);
	rig_map(&g, r);
	real = remote_space(r)->ops;
	ops = *real;
	ops.patch = timed_patch;
	remote_space(r)->ops = &ops;
	nr_stops = 0;
	reqs = calloc(nr, sizeof(*reqs));
	links = calloc(nr, sizeof(*links));
	p = rig_counter(&g, r, 1);
	start = now_ns();
	cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	for (u32 i = 0; i < nr; i++) {
		reqs[i] = (struct tramp_req){ .prog = p, .kind = TRAMP_FSESSION };
		if (tramp_get(remote_space(r), at + i * stride, bytes_each, &proto, "many", &reqs[i].tramp))
			exit(1);
	}
	if (tramp_attach_many(reqs, nr, links))
		exit(1);
	start = now_ns() - start;
	cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("%u functions at once, %d threads: %.0f ms (to be below 1000), %.0f ms of CPU; stopped for %.1f ms of it (to be below "
	       "%d), %llu bytes of memory for each (to be below 1024)\n", nr, threads, start / 1e6, cpu / 1e6,
	       stops_ns[nr_stops - 1] / 1e6, threads > 4 ? 50 : 5, bytes_used(remote_space(r)) / nr);
	tramp_detach_many(links, nr);
	remote_close(r);
	rig_stop(&g);
}

static void measure_calls(void)
{
	struct tramp_link *link;
	struct remote *r;
	double bare, traced;
	struct rig g;

	rig_start(&g, "victim", 0);
	bare = call_ns(&g);
	if (remote_open(g.pid, &r))
		exit(1);
	rig_map(&g, r);
	if (tramp_attach(rig_tramp(&g, r), rig_counter(&g, r, 1), TRAMP_FSESSION, 0, &link))
		exit(1);
	traced = call_ns(&g);
	printf("a call: %.1f ns; with a session that counts in a map at both ends: %.1f ns\n", bare, traced);
	tramp_detach(link);
	remote_close(r);
	rig_stop(&g);
}

TEST(attach)
{
	const char *cycles = tap_option("cycles"), *threads = tap_option("threads");

	measure_attach(cycles ? atoi(cycles) : 2000, threads ? atoi(threads) : 4);
	measure_many(4);
	measure_many(60);
	measure_calls();
}
