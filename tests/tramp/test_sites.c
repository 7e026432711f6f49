/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First instructions of every kind, displaced and executed elsewhere; those that are refused, and why;
 * patching while other threads run.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "harness.h"
#include "tap.h"
#include "util/log.h"

typedef u64 (*site_fn)(u64 a, u64 b);

static void through(site_fn fn, u64 a, u64 b)
{
	u64 want = fn(a, b);
	struct tramp_link *link = hn_attach(hn_tramp(fn, 2), hn_session(1), TRAMP_FSESSION, 0);

	CHECK_EQ(fn(a, b), want);
	CHECK_STR(hn_order(), "e1 x1");
	CHECK_EQ(hn_log[1].args[2], want);
	tramp_detach(link);
	CHECK_EQ(fn(a, b), want);
	CHECK_EQ(hn_nr, 2);
	hn_clear();
}

#define SITE(name)                                                                                 \
	u64 site_##name(u64 a, u64 b);                                                             \
	TEST(site_##name)                                                                          \
	{                                                                                          \
		through(site_##name, 0, 5);                                                        \
		through(site_##name, 6, 1);                                                        \
	}

SITE(push)
SITE(rip_load)
SITE(rip_store)
SITE(rip_lea)
SITE(short_jcc)
SITE(long_jcc)
SITE(jmp)
SITE(short_jmp)
SITE(call)
SITE(call_memory)
SITE(call_register)
SITE(call_pop)
SITE(jrcxz)
SITE(loop)
SITE(endbr)
SITE(nop5)
SITE(nops)
SITE(movabs)
SITE(realign)
SITE(realign_framed)
SITE(frame_only)
SITE(push_pop)
SITE(three)
SITE(pad)

static u64 called_early(const void *self, u64 b)
{
	return b + (self != NULL);
}

u64 site_early_call(u64 a, u64 b);
TEST(site_early_call)
{
	u64 (*pointer)(const void *self, u64 b) = called_early;

	through(site_early_call, (u64)&pointer, 5);
}

/* Returns what rax was: not a result to be looked at. */
void site_ret(void);
TEST(site_ret)
{
	hn_attach(hn_tramp(site_ret, 0), hn_plain_session(1), TRAMP_FSESSION, 0);
	site_ret();
	CHECK_STR(hn_order(), "e1 x1");
}

u64 site_self(u64 a, u64 b);
TEST(site_that_calls_itself)
{
	hn_attach(hn_tramp(site_self, 1), hn_session(1), TRAMP_FSESSION, 0);
	CHECK_EQ(site_self(3, 0), 6);
	CHECK_STR(hn_order(), "e1 e1 e1 x1 x1 x1");
}

/* -- Refused --- */

static void refused(const void *fn, u32 size, const char *why)
{
	const struct tramp_proto proto = { .untyped = true };
	struct log_capture capture;
	struct tramp *t;
	char text[512];
	int err;

	log_capture_start(&capture, text, sizeof(text));
	err = self_get(fn, size, &proto, "fn", &t);
	log_capture_stop(&capture);
	CHECK_EQ(err, -EOPNOTSUPP);
	if (!strstr(text, why))
		tap_fail(__FILE__, __LINE__, "'%s', expected '%s'", text, why);
}

#define REFUSED(name, why)                                                                         \
	u64 refused_##name(u64 a, u64 b);                                                          \
	TEST(refused_##name)                                                                       \
	{                                                                                          \
		refused(refused_##name, hn_size(refused_##name), why);                             \
	}

REFUSED(loop, "a branch at +6 leads to +0")
REFUSED(branch, "a branch at +9 leads to +3")
REFUSED(short, "too short: 1 bytes, a jump takes 5")
REFUSED(syscall, "a system call at +2")
REFUSED(early_call, "a call at +1 returns to +3")
REFUSED(int3, "a breakpoint at +0")
REFUSED(bytes, "cannot decode the instruction at +0")

TEST(refused_without_size)
{
	refused(site_push, 0, "its size is not known");
}

/* -- Other threads --- */

static volatile bool stop;
static u64 wrong;

static void *spin(void *arg)
{
	site_fn fn = (site_fn)arg;

	for (u64 i = 0; !stop; i++)
		if (fn(i, 3) != i + 3)
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	return NULL;
}

/* Each is two stops, which take as long as it takes that all threads get a CPU. */
#define TEXT_CHANGES 60

TEST(threads_run_while_text_changes)
{
	struct tramp *t = hn_tramp(site_push, 2);
	struct tramp_prog *p = hn_plain_session(1);
	struct tramp_link *link;
	pthread_t th[3];

	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&th[i], NULL, spin, site_push), 0);
	for (int i = 0; i < TEXT_CHANGES; i++) {
		link = hn_attach(t, p, TRAMP_FSESSION, 0);
		CHECK(site_push(1, 1) == 2);
		tramp_detach(link);
	}
	stop = true;
	for (int i = 0; i < 3; i++)
		pthread_join(th[i], NULL);
	CHECK_EQ(wrong, 0);
	CHECK(hn_nr >= 2 * TEXT_CHANGES);
}

/* Images alone change: no stop. */
TEST(threads_run_while_programs_change)
{
	struct tramp *t = hn_tramp(site_push, 2);
	struct tramp_prog *p = hn_plain_session(1), *q = hn_session(2);
	struct tramp_link *link;
	pthread_t th[3];

	hn_attach(t, hn_prog(0, "r0 = 0\nexit\n"), TRAMP_FSESSION, 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&th[i], NULL, spin, site_push), 0);
	for (int i = 0; i < 500; i++) {
		link = hn_attach(t, i & 1 ? p : q, TRAMP_FSESSION, 0);
		if (i % 50 == 0)
			usleep(1000);
		tramp_detach(link);
	}
	stop = true;
	for (int i = 0; i < 3; i++)
		pthread_join(th[i], NULL);
	CHECK_EQ(wrong, 0);
}

/* -- A thread amid the bytes that are replaced, by its PC or one put away in a signal frame --- */

static volatile bool amid, go_on;
static u64 amid_pc;

static void on_trap(int sig, siginfo_t *info, void *uc)
{
	greg_t *regs = ((ucontext_t *)uc)->uc_mcontext.gregs;

	(void)sig;
	(void)info;
	if ((u64)regs[REG_RIP] != amid_pc)
		return;
	regs[REG_EFL] &= ~0x100;
	amid = true;
	while (!go_on)
		sched_yield();
}

static void start_trap(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	((ucontext_t *)uc)->uc_mcontext.gregs[REG_EFL] |= 0x100;
}

static void *amid_main(void *arg)
{
	stack_t ss = { .ss_size = 64 << 10, .ss_sp = arg }, old;
	u64 ret;

	if (arg)
		sigaltstack(&ss, &old);
	syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
	ret = site_push(20, 22);
	if (arg)
		sigaltstack(&old, NULL);
	return (void *)ret;
}

static void thread_amid(int flags, void *stack)
{
	struct sigaction trap = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | flags };
	struct sigaction start = { .sa_sigaction = start_trap, .sa_flags = SA_SIGINFO };
	struct tramp *t = hn_tramp(site_push, 2);
	void *result;
	pthread_t th;

	sigaction(SIGTRAP, &trap, NULL);
	sigaction(SIGUSR1, &start, NULL);
	amid_pc = (u64)site_push + 1;
	CHECK_EQ(pthread_create(&th, NULL, amid_main, stack), 0);
	while (!amid)
		sched_yield();
	hn_attach(t, hn_plain_session(1), TRAMP_FSESSION, 0);
	CHECK_EQ(hn_nr, 0);
	go_on = true;
	pthread_join(th, &result);
	CHECK_EQ((u64)result, 42);
	CHECK_EQ(hn_nr, 0);		/* it was in already */
	CHECK_EQ(site_push(1, 2), 3);
	CHECK_EQ(hn_nr, 2);
}

TEST(handler_above_displaced_bytes)
{
	thread_amid(0, NULL);
}

TEST(handler_on_alternate_stack_above_displaced_bytes)
{
	thread_amid(SA_ONSTACK, malloc(64 << 10));
}

/* -- Text that is not the file's --- */

TEST(text_with_a_breakpoint)
{
	const struct tramp_proto proto = { .untyped = true };
	int mem = open("/proc/self/mem", O_RDWR);
	struct log_capture capture;
	struct tramp *t;
	char text[512];

	CHECK_EQ(pwrite(mem, "\x53", 1, (off_t)site_push), 1);	/* another instruction */
	log_capture_start(&capture, text, sizeof(text));
	CHECK_EQ(self_get(site_push, hn_size(site_push), &proto, "site_push", &t), -EBUSY);
	log_capture_stop(&capture);
	CHECK(strstr(text, "not what its file says"));
}

/* After the trampoline was made, before the attach: the stop looks again. */
TEST(text_changed_meanwhile)
{
	struct tramp *t = hn_tramp(site_push, 2);
	int mem = open("/proc/self/mem", O_RDWR);
	struct log_capture capture;
	struct tramp_link *link;
	char text[512];

	CHECK_EQ(pwrite(mem, "\x53", 1, (off_t)site_push), 1);
	log_capture_start(&capture, text, sizeof(text));
	CHECK_EQ(tramp_attach(t, hn_session(1), TRAMP_FSESSION, 0, &link), -EBUSY);
	log_capture_stop(&capture);
	CHECK_EQ(*(u8 *)site_push, 0x53);
}

/* -- Waiting for runs --- */

static volatile bool inside, finish;

static void wait_inside(u64 a, u64 b)
{
	(void)a;
	(void)b;
	inside = true;
	while (!finish)
		usleep(1000);
}

static void *call_push(void *arg)
{
	(void)arg;
	site_push(1, 2);
	return NULL;
}

static void *finish_later(void *arg)
{
	(void)arg;
	usleep(50000);
	finish = true;
	return NULL;
}

TEST(wait_for_a_run)
{
	struct tramp_prog *p = hn_prog(TRAMP_PROG_VECTORS, "r1 = 0\nr2 = 0\ncall 2\nr0 = 0\nexit\n");
	struct tramp_link *link = hn_attach(hn_tramp(site_push, 2), p, TRAMP_FSESSION, 0);
	pthread_t th, later;

	CHECK_EQ(tramp_prog_wait(p), 0);
	hn_callback = wait_inside;
	CHECK_EQ(pthread_create(&th, NULL, call_push, NULL), 0);
	while (!inside)
		sched_yield();
	tramp_detach(link);
	CHECK_EQ(pthread_create(&later, NULL, finish_later, NULL), 0);
	CHECK_EQ(tramp_prog_wait(p), 0);
	CHECK(finish);
	pthread_join(th, NULL);
	pthread_join(later, NULL);
}

TEST(wait_while_others_call)
{
	struct tramp_prog *p = hn_plain_session(1);
	struct tramp *t = hn_tramp(site_push, 2);
	pthread_t th[2];

	hn_attach(t, hn_plain_session(2), TRAMP_FSESSION, 0);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&th[i], NULL, spin, site_push), 0);
	for (int i = 0; i < 20; i++) {
		tramp_detach(hn_attach(t, p, TRAMP_FSESSION, 0));
		CHECK_EQ(tramp_prog_wait(p), 0);
	}
	stop = true;
	for (int i = 0; i < 2; i++)
		pthread_join(th[i], NULL);
	CHECK_EQ(wrong, 0);
}
