/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of images, programs and links that are gone is used again, and only then: calls that are still in
 * them, wherever their stacks and registers are, come back as ever. What is free is full of breakpoints.
 */
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include "harness.h"
#include "tap.h"

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define SHADOWED true	/* too much memory to look at */
#else
#define SHADOWED false
#endif

#define CYCLES 10000
#define MANY_BYTES (256 << 10)	/* a thirtieth of what the cycles' images take */
#define SOME_CYCLES 600		/* enough for several reclaims */

HN_NOINLINE u64 target(u64 a);
HN_NOINLINE u64 target(u64 a)
{
	__asm__ volatile("" : "+r"(a));
	return a + 1;
}

static struct tramp_space *space(void)
{
	struct tramp_space *s;

	CHECK_EQ(self_space(&s), 0);
	return s;
}

/* New programs come, run and go. One stays, so that no text changes and no thread is stopped for that. */
static void cycle(struct tramp *t, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		struct tramp_prog *p = i & 1 ? hn_session(7) : hn_probe(8);
		struct tramp_link *link = hn_attach(t, p, i & 1 ? TRAMP_FSESSION : TRAMP_FENTRY, 0);

		hn_clear();
		CHECK_EQ(target(i), i + 1);
		CHECK_STR(hn_order(), i & 1 ? "e7 x7" : "p8");
		CHECK_EQ(tramp_prog_misses(p), 0);
		tramp_detach(link);
		tramp_prog_put(p);
	}
	hn_clear();
}

static struct tramp *busy_target(void)
{
	struct tramp *t = hn_tramp(target, 1);

	hn_attach(t, hn_prog(0, "r0 = 0\nexit\n"), TRAMP_FSESSION, 0);
	return t;
}

struct used {
	u64 areas, code, shared, guards, heap;
};

static struct used look(void)
{
	struct used u = { .guards = space()->plane_off, .heap = mallinfo2().uordblks };

	for (const struct space_area *a = space()->areas; a; a = a->next) {
		u.areas++;
		u.code += a->code.used;
		u.shared += a->shared.used;
	}
	return u;
}

TEST(ten_thousand_cycles)
{
	struct tramp *t = busy_target();
	struct used before, after;

	if (SHADOWED)
		tap_skip("a sanitizer's shadow is too large to be searched");
	cycle(t, CYCLES / 10);
	before = look();
	cycle(t, CYCLES);
	after = look();
	printf("# areas %llu, code %llu -> %llu, links %llu -> %llu, guards to %llu -> %llu, heap %llu -> %llu\n", after.areas,
	       before.code, after.code, before.shared, after.shared, before.guards, after.guards, before.heap, after.heap);
	CHECK(after.code <= before.code + MANY_BYTES);
	CHECK(after.shared <= before.shared + MANY_BYTES / 16);
	CHECK(after.guards <= before.guards + MANY_BYTES / 64);
	CHECK(after.heap <= before.heap + MANY_BYTES);
}

/* With text that changes each time; the image of the only program goes, too. */
TEST(last_image_is_used_again)
{
	struct tramp *t = hn_tramp(target, 1);
	u64 code = 0;

	if (SHADOWED)
		tap_skip("a sanitizer's shadow is too large to be searched");
	space()->reclaim_bytes = 0;
	for (u32 i = 0; i < 60; i++) {
		struct tramp_prog *p = hn_session(1);

		tramp_detach(hn_attach(t, p, TRAMP_FSESSION, 0));
		tramp_prog_put(p);
		space()->reclaim_bytes = 0;
		if (i == 20)
			code = look().code;
	}
	CHECK(look().code <= code + 4096);
}

/* -- Calls that are inside meanwhile --- */

static struct tramp_link *gone;
static void (*inside)(void);

HN_NOINLINE u64 slow(u64 a);
HN_NOINLINE u64 slow(u64 a)
{
	if (inside)
		inside();
	__asm__ volatile("" ::: "memory");
	return a + 1;
}

static void enter_slow(void)
{
	struct tramp *t = hn_tramp(slow, 1);

	hn_attach(t, hn_probe(2), TRAMP_FEXIT, 0);
	gone = hn_attach(t, hn_session(1), TRAMP_FSESSION, 0);
}

static void detach_and_cycle(void)
{
	inside = NULL;
	tramp_detach(gone);
	cycle(busy_target(), SOME_CYCLES);
}

/* The image it is in runs what is still attached. */
TEST(call_inside)
{
	enter_slow();
	inside = detach_and_cycle;
	CHECK_EQ(slow(1), 2);
	CHECK_STR(hn_order(), "p2");
}

static ucontext_t main_ctx, co_ctx;
static u64 co_result;

static void suspend(void)
{
	swapcontext(&co_ctx, &main_ctx);
}

static void co_main(void)
{
	co_result = slow(41);
	swapcontext(&co_ctx, &main_ctx);
}

/* Nothing but the memory of a stack that no thread uses leads to its image. */
TEST(coroutine_suspended)
{
	u8 *stack = malloc(64 << 10);

	enter_slow();
	inside = suspend;
	getcontext(&co_ctx);
	co_ctx.uc_stack.ss_sp = stack;
	co_ctx.uc_stack.ss_size = 64 << 10;
	makecontext(&co_ctx, co_main, 0);
	swapcontext(&main_ctx, &co_ctx);
	inside = NULL;
	detach_and_cycle();
	swapcontext(&main_ctx, &co_ctx);
	CHECK_EQ(co_result, 42);
	CHECK_STR(hn_order(), "p2");
}

static volatile bool waits, go_on;
static u64 step_nr;

/* Somewhere in the image: its PC is in this frame alone. */
static void on_step(int sig, siginfo_t *info, void *uc)
{
	greg_t *regs = ((ucontext_t *)uc)->uc_mcontext.gregs;

	(void)sig;
	(void)info;
	if (--step_nr)
		return;
	regs[REG_EFL] &= ~0x100;
	waits = true;
	while (!go_on)
		sched_yield();
}

static void start_steps(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	((ucontext_t *)uc)->uc_mcontext.gregs[REG_EFL] |= 0x100;
}

static void *stepping_main(void *arg)
{
	(void)arg;
	syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
	return (void *)slow(20);
}

static void stop_at(u64 step)
{
	void *result;
	pthread_t th;

	step_nr = step;
	waits = go_on = false;
	gone = hn_attach(hn_tramp(slow, 1), hn_session(1), TRAMP_FSESSION, 0);
	CHECK_EQ(pthread_create(&th, NULL, stepping_main, NULL), 0);
	while (!waits)
		sched_yield();
	space()->reclaim_bytes = 0;
	tramp_detach(gone);
	cycle(hn_tramp(target, 1), 4);	/* takes what it finds free */
	go_on = true;
	pthread_join(th, &result);
	CHECK_EQ((u64)result, 21);
}

TEST(context_put_away)
{
	struct sigaction step = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO };
	struct sigaction start = { .sa_sigaction = start_steps, .sa_flags = SA_SIGINFO };

	sigaction(SIGTRAP, &step, NULL);
	sigaction(SIGUSR1, &start, NULL);
	hn_attach(hn_tramp(slow, 1), hn_probe(2), TRAMP_FEXIT, 0);
	busy_target();
	for (u64 i = 4; i < 300; i += 7)
		stop_at(i);
}

/* -- Unwinding --- */

static u64 caller_at;

static _Unwind_Reason_Code look_for_caller(struct _Unwind_Context *ctx, void *arg)
{
	bool *found = arg;

	*found |= _Unwind_GetIP(ctx) - caller_at < 64;
	return _URC_NO_REASON;
}

HN_NOINLINE bool find_caller(u64 a);
HN_NOINLINE bool find_caller(u64 a)
{
	bool found = false;

	(void)a;
	_Unwind_Backtrace(look_for_caller, &found);
	return found;
}

HN_NOINLINE bool outer_caller(void);
HN_NOINLINE bool outer_caller(void)
{
	bool ret = find_caller(1);

	__asm__ volatile("" : "+r"(ret));
	return ret;
}

/* What was known of other code in the same place is forgotten. */
TEST(unwinding_after_reuse)
{
	struct tramp *t = hn_tramp(find_caller, 1), *busy = busy_target();

	caller_at = (u64)outer_caller;
	for (u32 i = 0; i < 20; i++) {
		cycle(busy, 50 + i);
		gone = hn_attach(t, i & 1 ? hn_session(1) : hn_plain_session(1), TRAMP_FSESSION, 0);
		CHECK(outer_caller());
		tramp_detach(gone);
	}
}
