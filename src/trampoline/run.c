/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runs of a thread are a stack in its block, not a list through their records: a record that
 * siglongjmp() left behind may be overwritten by now. A handler that comes in between any two steps
 * here leaves the stack as it found it.
 */
#include "trampoline/run.h"

#include <assert.h>
#include <time.h>

#include "rt/helper.h"
#include "trampoline/guard.h"

static_assert(offsetof(struct rt_run, attach_cookie) == offsetof(struct arch_tramp_run, attach_cookie), "");
static_assert(offsetof(struct rt_run, func_ip) == offsetof(struct arch_tramp_run, func_ip), "");

struct runs {
	u64 cnt;
	struct {
		u64 frame;
		const u64 *cell;	/* the guard it holds */
		struct arch_tramp_run *run;
		u64 entered;		/* owns a lane */
	} at[GUARD_RUNS_MAX];
};

static_assert(GUARD_RUNS_OFF + sizeof(struct runs) <= GUARD_FIRST_OFF, "");

static bool counts;

void tramp_count_runs(bool on)
{
	rt_store(&counts, on);
}

static struct guard_prog *counters_of(const struct arch_tramp_run *run)
{
	return (struct guard_prog *)((struct guard_link *)run->link)->prog;
}

static struct runs *runs_of(u64 frame)
{
	return (struct runs *)(*(u64 *)(frame + GUARD_FRAME_BLOCK) + GUARD_RUNS_OFF);
}

static void pop(struct runs *runs, struct rt_thread *t)
{
	u64 top = runs->cnt - 1, entered = runs->at[top].entered;

	t->run = top ? runs->at[top - 1].run : NULL;
	rt_store(&runs->cnt, top);
	if (entered)
		rt_exit(t);
}

static void drop_dead(struct runs *runs, struct rt_thread *t, u64 frame)
{
	while (runs->cnt && !guard_is_alive(runs->at[runs->cnt - 1].frame, runs->at[runs->cnt - 1].cell, frame))
		pop(runs, t);
}

static bool refuse(const struct arch_tramp_run *run)
{
	__atomic_fetch_add(&counters_of(run)->misses, 1, __ATOMIC_RELAXED);
	return false;
}

bool tramp_run_enter(struct arch_tramp_run *run, u64 frame)
{
	struct rt_thread *t = rt_thread_self();
	struct runs *runs = runs_of(frame);
	u64 at;

	if (!t)
		return refuse(run);
	if (runs->cnt)
		drop_dead(runs, t, frame);
	at = runs->cnt;
	if (at == GUARD_RUNS_MAX)
		return refuse(run);
	runs->at[at].frame = frame;
	runs->at[at].cell = *(u64 **)(frame + GUARD_FRAME_CELL);
	runs->at[at].run = run;
	runs->at[at].entered = 0;
	rt_store(&runs->cnt, at + 1);
	if (!rt_enter()) {
		pop(runs, t);
		return refuse(run);
	}
	rt_store(&runs->at[at].entered, 1);
	t->run = run;
	run->outer = rt_load(&counts) ? rt_clock_ns(CLOCK_MONOTONIC) : 0;
	return true;
}

void tramp_run_exit(struct arch_tramp_run *run, u64 frame)
{
	struct rt_thread *t = rt_thread_self();
	struct runs *runs = runs_of(frame);

	if (run->outer) {
		__atomic_fetch_add(&counters_of(run)->runs, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&counters_of(run)->run_ns, rt_clock_ns(CLOCK_MONOTONIC) - run->outer,
				   __ATOMIC_RELAXED);
	}
	while (runs->cnt && runs->at[runs->cnt - 1].frame != frame)
		pop(runs, t);
	if (runs->cnt)
		pop(runs, t);
}
