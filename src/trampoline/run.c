/* SPDX-License-Identifier: BSD-2-Clause */
#include "trampoline/run.h"

#include <assert.h>
#include <time.h>

#include "rt/helper.h"
#include "trampoline/guard.h"

static_assert(offsetof(struct rt_run, attach_cookie) == offsetof(struct arch_tramp_run, attach_cookie), "");
static_assert(offsetof(struct rt_run, func_ip) == offsetof(struct arch_tramp_run, func_ip), "");
static_assert(offsetof(struct rt_run, scope) == offsetof(struct arch_tramp_run, scope), "");
static_assert(sizeof(struct rt_scope) == sizeof(((struct arch_tramp_run *)0)->scope), "");

u64 tramp_runs_counted;

void tramp_count_runs(bool on)
{
	rt_store(&tramp_runs_counted, on);
}

static struct guard_prog *counters_of(const struct arch_tramp_run *run)
{
	return (struct guard_prog *)((struct guard_link *)run->link)->prog;
}

static struct rt_scope *scope_of(struct arch_tramp_run *run)
{
	return (struct rt_scope *)&run->scope;
}

bool tramp_run_enter(struct arch_tramp_run *run, u64 frame)
{
	if (!rt_enter_at(scope_of(run), frame, run)) {
		__atomic_fetch_add(&counters_of(run)->misses, 1, __ATOMIC_RELAXED);
		return false;
	}
	run->start_ns = rt_load(&tramp_runs_counted) ? rt_clock_ns(CLOCK_MONOTONIC) : 0;
	return true;
}

void tramp_run_exit(struct arch_tramp_run *run, u64 frame)
{
	struct rt_thread *t = rt_thread_self();

	(void)frame;
	if (run->start_ns) {
		__atomic_fetch_add(&counters_of(run)->runs, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&counters_of(run)->run_ns, rt_clock_ns(CLOCK_MONOTONIC) - run->start_ns,
				   __ATOMIC_RELAXED);
	}
	if (t)
		rt_exit(t, scope_of(run));
}
