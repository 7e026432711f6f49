/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers by themselves: text, numbers, memory that is not there. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bpf/helpers.h"
#include "mapmem.h"
#include "rt/format.h"
#include "rt/helper.h"
#include "syscall/env.h"
#include "tap.h"

static const char *format(const char *fmt, u64 a, u64 b)
{
	static char out[128];
	u64 args[] = { a, b };
	long n = rt_format(out, sizeof(out), fmt, 128, args, 2);

	if (n < 0)
		snprintf(out, sizeof(out), "error %ld", n);
	return out;
}

TEST(helper_format)
{
	CHECK(!env_init());
	CHECK_STR(format("%d %u", -5, 5), "-5 5");
	CHECK_STR(format("%d", 0xffffffffffffffff, 0), "-1");
	CHECK_STR(format("%ld|%lld", 1ULL << 40, -1), "1099511627776|-1");
	CHECK_STR(format("%x %X", 0xabc, 0xabc), "abc ABC");
	CHECK_STR(format("%05d|%-5d|", -42, 42), "-0042|42   |");
	CHECK_STR(format("100%% %c", 'x', 0), "100% x");
	CHECK_STR(format("[%s] %s", (u64) "text", 16), "[text] ");
	CHECK_STR(format("%d %d %d", 1, 2), "error -22");
	CHECK_STR(format("%f", 1, 2), "error -22");
	CHECK_STR(format("%", 1, 2), "error -22");
}

TEST(helper_probe_read)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char to[16] = "................";

	CHECK(!env_init());
	mprotect(page + 4096, 4096, PROT_NONE);
	memcpy(page + 4090, "end", 4);
	CHECK_EQ(rt_help_probe_read_str((u64)to, 16, (u64)page + 4090, 0, 0), 4);
	CHECK_STR(to, "end");
	memset(page + 4090, 'x', 6);
	CHECK_EQ((long)rt_help_probe_read((u64)to, 8, (u64)page + 4090, 0, 0), -EFAULT);
	CHECK_EQ(to[0], 0);
	CHECK_EQ(rt_help_probe_read((u64)to, 6, (u64)page + 4090, 0, 0), 0);
	CHECK_EQ(to[5], 'x');
	CHECK_EQ((long)rt_help_probe_read((u64)to, 8, 0, 0, 0), -EFAULT);
	CHECK_EQ((long)rt_help_probe_read_str((u64)to, 8, ~0ULL - 3, 0, 0), -EFAULT);
}

static u64 libc_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* The vdso says what the system call says; without one, or for a clock it lacks, the call is made. */
TEST(helper_clocks)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI,
					    CLOCK_MONOTONIC_COARSE, CLOCK_PROCESS_CPUTIME_ID };

	CHECK(!env_init());
	CHECK_EQ(!!rt_env.clock_gettime, !!getauxval(AT_SYSINFO_EHDR));
	for (int vdso = 1; vdso >= 0; vdso--) {
		for (u32 i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
			u64 before = libc_ns(clocks[i]), now = rt_clock_ns(clocks[i]);

			CHECK(before <= now && now <= libc_ns(clocks[i]));
		}
		rt_env.clock_gettime = 0;
	}
}

/* -- Bad pointers, wherever no fault handler could help --- */

static volatile int faults;

static void on_fault(int sig)
{
	faults += sig == SIGSEGV || sig == SIGBUS;
}

static void read_badly(void)
{
	const u64 bad[] = { 0, 8, 0x1000, 1ULL << 47, ~0ULL - 7, 0xffffffffff600000, 1ULL << 63 };
	u64 to;

	CHECK(!env_init());
	for (u32 i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		to = 1;
		CHECK_EQ((long)rt_help_probe_read((u64)&to, 8, bad[i], 0, 0), -EFAULT);
		CHECK_EQ(to, 0);
		CHECK_EQ((long)rt_help_probe_read_str((u64)&to, 8, bad[i], 0, 0), -EFAULT);
	}
	CHECK_EQ(faults, 0);
}

TEST(bad_pointers_with_signals_blocked)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	read_badly();
}

static void read_in_handler(int sig)
{
	(void)sig;
	read_badly();
}

TEST(bad_pointers_on_alternate_stack)
{
	struct sigaction sa = { .sa_handler = read_in_handler, .sa_flags = SA_ONSTACK };
	stack_t ss = { .ss_size = 64 << 10 };

	ss.ss_sp = mmap(NULL, ss.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaltstack(&ss, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
}

TEST(bad_pointers_with_own_handler)
{
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		u64 mask;
	} raw = { .handler = on_fault };

	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	read_badly();
	syscall(SYS_rt_sigaction, SIGSEGV, &raw, NULL, 8);
	read_badly();
}

TEST(helper_numbers)
{
	s64 v;
	u64 u;

	CHECK_EQ(rt_help_strtol((u64) " -0x1fz", 7, 0, (u64)&v, 0), 6);
	CHECK_EQ(v, -31);
	CHECK_EQ(rt_help_strtol((u64) "077", 3, 0, (u64)&v, 0), 3);
	CHECK_EQ(v, 63);
	CHECK_EQ((long)rt_help_strtol((u64) "9223372036854775808", 19, 10, (u64)&v, 0), -ERANGE);
	CHECK_EQ(rt_help_strtol((u64) "-9223372036854775808", 20, 10, (u64)&v, 0), 20);
	CHECK_EQ((long)rt_help_strtoul((u64) "-1", 2, 10, (u64)&u, 0), -EINVAL);
	CHECK_EQ((long)rt_help_strtoul((u64) "x", 1, 10, (u64)&u, 0), -EINVAL);
	CHECK_EQ((long)rt_help_strncmp((u64) "abc", 3, (u64) "abd", 0, 0), -1);
	CHECK_EQ((long)rt_help_strncmp((u64) "abc", 2, (u64) "abd", 0, 0), 0);
}

TEST(helper_spin_lock_of_the_dead)
{
	u32 *lock = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct rt_scope scope;
	struct rt_thread *t;

	CHECK(!env_init());
	t = rt_enter(&scope);
	rt_help_spin_lock((u64)lock, 0, 0, 0, 0);
	CHECK(*lock);
	rt_help_spin_lock((u64)lock, 0, 0, 0, 0);	/* as a handler would */
	rt_help_spin_unlock((u64)lock, 0, 0, 0, 0);
	CHECK(*lock);
	rt_exit(t, &scope);
	t = rt_enter(&scope);	/* the owner left without unlocking */
	rt_help_spin_lock((u64)lock, 0, 0, 0, 0);
	rt_help_spin_unlock((u64)lock, 0, 0, 0, 0);
	CHECK_EQ(*lock, 0);
	rt_exit(t, &scope);
}

/* Nobody gives it back: the waiter gives up, and the owner's second try does at once. */
static void *lock_in_vain(void *lock)
{
	struct rt_scope scope;
	struct rt_thread *t = rt_enter(&scope);
	long ret = rt_help_res_spin_lock((u64)lock, 0, 0, 0, 0);

	rt_exit(t, &scope);
	return (void *)ret;
}

TEST(helper_res_spin_lock_refuses)
{
	struct rt_scope scope;
	struct rt_thread *t;
	pthread_t other;
	void *ret;
	u32 lock = 0;

	CHECK(!env_init());
	t = rt_enter(&scope);
	CHECK_EQ(rt_help_res_spin_lock((u64)&lock, 0, 0, 0, 0), 0);
	CHECK_EQ((long)rt_help_res_spin_lock((u64)&lock, 0, 0, 0, 0), -EDEADLK);
	CHECK(!pthread_create(&other, NULL, lock_in_vain, &lock));
	CHECK(!pthread_join(other, &ret));
	CHECK_EQ((long)ret, -ETIMEDOUT);
	rt_help_spin_unlock((u64)&lock, 0, 0, 0, 0);
	CHECK_EQ(lock, 0);
	rt_exit(t, &scope);
}

TEST(helper_table)
{
	CHECK(helper_find(BPF_FUNC_map_lookup_elem));
	CHECK(!helper_find(0));
	CHECK(!helper_find(100000));
	CHECK_STR(helper_name(BPF_FUNC_loop), "bpf_loop");
	CHECK(!helper_is_allowed(helper_find(BPF_FUNC_xdp_adjust_head), BPF_PROG_TYPE_SOCKET_FILTER));
	for (u32 i = 1; i < 300; i++)
		if (helper_find(i))
			CHECK(helper_find(i)->fn || i == BPF_FUNC_tail_call);
}
