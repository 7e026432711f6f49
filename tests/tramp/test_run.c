/* SPDX-License-Identifier: BSD-2-Clause */
/* Lanes and run records of programs that call helpers, and what becomes of them when a run is left. */
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "harness.h"
#include "rt/helper.h"
#include "tap.h"
#include "trampoline/run.h"

static void set_up(void)
{
	void *lanes = mmap(NULL, sizeof(struct rt_lanes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	void *threads = mmap(NULL, sizeof(struct rt_threads), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	rt_env_init(lanes, threads, 8);
	hn_enter = tramp_run_enter;
	hn_exit = tramp_run_exit;
}

__attribute__((constructor)) static void init(void)
{
	tap_set_up(set_up);
}

HN_NOINLINE u64 plain(u64 a);
HN_NOINLINE u64 plain(u64 a)
{
	__asm__ volatile("" ::: "memory");
	return a + 1;
}

static u64 depth(void)
{
	return rt_depth(rt_thread_self());
}

static u64 seen_depth, seen_cookie, seen_ip;

static void look(u64 a, u64 b)
{
	struct rt_run *run = rt_run(rt_thread_self());

	(void)a;
	(void)b;
	seen_depth = depth();
	seen_cookie = run->attach_cookie;
	seen_ip = run->func_ip;
}

static struct tramp_prog *caller(void)
{
	return hn_prog(TRAMP_PROG_RUN | TRAMP_PROG_VECTORS, "r1 = 0\nr2 = 0\ncall 2\nr0 = 0\nexit\n");
}

TEST(lane_and_record_inside)
{
	hn_callback = look;
	hn_attach(hn_tramp(plain, 1), caller(), TRAMP_FSESSION, 77);
	CHECK_EQ(plain(1), 2);
	CHECK_EQ(seen_depth, 1);
	CHECK_EQ(seen_cookie, 77);
	CHECK_EQ(seen_ip, (u64)plain);
	CHECK_EQ(depth(), 0);
	CHECK(!rt_run(rt_thread_self()));
}

/* -- Left --- */

static sigjmp_buf env;

static void jump_out(int sig)
{
	(void)sig;
	siglongjmp(env, 1);
}

static void raise_once(u64 a, u64 b)
{
	hn_callback = look;
	look(a, b);
	raise(SIGUSR1);
	look(a, b);
}

TEST(left_run_gives_its_lane_back_at_the_next)
{
	signal(SIGUSR1, jump_out);
	hn_callback = raise_once;
	hn_attach(hn_tramp(plain, 1), caller(), TRAMP_FENTRY, 5);
	if (!sigsetjmp(env, 1))
		plain(1);
	CHECK_EQ(depth(), 1);
	plain(1);
	CHECK_EQ(seen_depth, 1);
	CHECK_EQ(depth(), 0);
	CHECK(!rt_run(rt_thread_self()));
}

/* -- Nested: another program in a handler --- */

HN_NOINLINE u64 second(u64 a);
HN_NOINLINE u64 second(u64 a)
{
	__asm__ volatile("" ::: "memory");
	return a + 2;
}

static u64 inner_depth, inner_cookie;

static void call_second(int sig)
{
	(void)sig;
	second(1);
	inner_depth = seen_depth;
	inner_cookie = seen_cookie;
}

TEST(nested_runs_have_their_own_records)
{
	signal(SIGUSR1, call_second);
	hn_callback = raise_once;
	hn_attach(hn_tramp(plain, 1), caller(), TRAMP_FENTRY, 1);
	hn_attach(hn_tramp(second, 1), caller(), TRAMP_FENTRY, 2);
	plain(1);
	CHECK_EQ(inner_depth, 2);
	CHECK_EQ(inner_cookie, 2);
	CHECK_EQ(seen_depth, 1);
	CHECK_EQ(seen_cookie, 1);
	CHECK_EQ(depth(), 0);
}

/* The inner run is left for a place inside the handler, which returns to the outer one. */
static void raise_other(u64 a, u64 b)
{
	(void)a;
	(void)b;
	raise(SIGUSR2);
}

static void raise_and_look(u64 a, u64 b)
{
	hn_callback = raise_other;
	raise(SIGUSR1);
	look(a, b);
}

static void leave_inner(int sig)
{
	(void)sig;
	if (!sigsetjmp(env, 1))
		second(1);
}

TEST(inner_run_left_outer_goes_on)
{
	signal(SIGUSR1, leave_inner);
	signal(SIGUSR2, jump_out);
	hn_callback = raise_and_look;
	hn_attach(hn_tramp(plain, 1), caller(), TRAMP_FENTRY, 1);
	hn_attach(hn_tramp(second, 1), caller(), TRAMP_FENTRY, 2);
	plain(1);
	CHECK_EQ(depth(), 0);
	CHECK(!rt_run(rt_thread_self()));
}
