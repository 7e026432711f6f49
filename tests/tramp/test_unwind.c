/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ways out of a traced function that are no return, and ways into it that are no call: exceptions,
 * longjmp, thread exit and cancellation, coroutines, fork, signals at every instruction.
 */
#include <execinfo.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include "harness.h"
#include "tap.h"

extern int thrower_cleanups;
void thrower(int depth);
int catch_from(int depth);
void bare_thrower(int depth);
int catch_bare_from(int depth);

static struct tramp_prog *session;

static void trace(const void *func, u32 nr_args)
{
	session = hn_session(1);
	hn_attach(hn_tramp(func, nr_args), session, TRAMP_FSESSION, 0);
}

/* Nothing is left behind: a further call is as any other. */
static void check_clean(void)
{
	CHECK_EQ(tramp_prog_misses(session), 0);
}

/* entries = exits + unwound: nothing was missed, nothing is open */
static void check_unwound(u64 want)
{
	struct guard_prog stats;
	u64 phases[4] = {};

	for (u32 i = 0; i < hn_nr; i++)
		phases[hn_log[i].phase]++;
	tramp_prog_stats(session, &stats);
	CHECK_EQ(stats.unwound, want);
	CHECK_EQ(phases[0], phases[1] + stats.unwound);
}

static void count_jumps(void)
{
	struct tramp_space *space;

	CHECK_EQ(self_space(&space), 0);
	self_count_jumps(space);
}

/* -- Exceptions --- */

TEST(exception_through_one)
{
	trace(thrower, 1);
	CHECK_EQ(catch_from(0), 42);
	CHECK_STR(hn_order(), "e1");
	CHECK_EQ(thrower_cleanups, 1);
	check_clean();
	check_unwound(1);
}

TEST(exception_through_fifty)
{
	trace(thrower, 1);
	CHECK_EQ(catch_from(49), 42);
	CHECK_EQ(hn_nr, 50);
	for (int i = 0; i < 50; i++)
		CHECK_EQ(hn_log[i].phase, 0);
	CHECK_EQ(thrower_cleanups, 50);
	CHECK_EQ(catch_from(0), 42);
	check_clean();
	check_unwound(51);
}

TEST(exception_after_detach)
{
	struct tramp_link *link = hn_attach(hn_tramp(thrower, 1), hn_session(1), TRAMP_FSESSION, 0);

	CHECK_EQ(catch_from(3), 42);
	tramp_detach(link);
	CHECK_EQ(catch_from(3), 42);
	CHECK_EQ(hn_nr, 4);
}

/* -- Backtraces --- */

HN_NOINLINE int find_caller(u64 addr, u64 bytes);
HN_NOINLINE int find_caller(u64 addr, u64 bytes)
{
	void *frames[64];
	int nr = backtrace(frames, 64);

	for (int i = 0; i < nr; i++)
		if ((u64)frames[i] - addr < bytes)
			return nr;
	return 0;
}

HN_NOINLINE int outer_caller(void);
HN_NOINLINE int outer_caller(void)
{
	int nr = find_caller((u64)outer_caller, 64);

	__asm__ volatile("" : "+r"(nr));
	return nr;
}

TEST(backtrace_goes_through)
{
	int before = outer_caller();

	CHECK(before > 0);
	trace(find_caller, 2);
	CHECK_EQ(outer_caller(), before + 1);	/* the image */
	CHECK_STR(hn_order(), "e1 x1");
}

/* -- longjmp --- */

static jmp_buf env;

HN_NOINLINE u64 jumper(u64 to);
HN_NOINLINE u64 jumper(u64 to)
{
	if (to)
		longjmp(env, to);
	return 5;
}

TEST(longjmp_over)
{
	count_jumps();
	trace(jumper, 1);
	if (!setjmp(env))
		jumper(7);
	CHECK_STR(hn_order(), "e1");
	CHECK_EQ(jumper(0), 5);
	CHECK_STR(hn_order(), "e1 e1 x1");
	check_clean();
	check_unwound(1);
}

static volatile u64 nowhere;	/* no constant, for which there would be a copy of the function */

HN_NOINLINE u64 descend(u64 levels, u64 to);
HN_NOINLINE u64 descend(u64 levels, u64 to)
{
	u64 ret = levels ? descend(levels - 1, to) : jumper(to);

	__asm__ volatile("" : "+r"(ret));
	return ret;
}

static void jump_over(u64 levels)
{
	if (!setjmp(env))
		descend(levels, 7);
}

/* Jumps over a room of stack in which what earlier calls left there still lies. */
HN_NOINLINE u64 over_remains(u64 to);
HN_NOINLINE u64 over_remains(u64 to)
{
	volatile u8 *room = __builtin_alloca(16 << 10);
	u64 ret;

	room[0] = 1;
	ret = jumper(to);
	return ret + room[0];
}

TEST(longjmp_over_fifty)
{
	count_jumps();
	trace(descend, 2);
	CHECK_EQ(descend(20, nowhere), 5);
	check_unwound(0);
	jump_over(49);
	check_unwound(50);
	jump_over(9);
	check_unwound(60);
	CHECK_EQ(descend(20, nowhere), 5);
	check_unwound(60);
}

/* -- Threads that end inside --- */

static int cleaned;

static void clean_up(void *arg)
{
	(void)arg;
	cleaned++;
}

HN_NOINLINE u64 thread_end(u64 how);
HN_NOINLINE u64 thread_end(u64 how)
{
	if (how == 1)
		pthread_exit(NULL);
	for (;;)
		pause();
	return 0;
}

static void *thread_main(void *arg)
{
	pthread_cleanup_push(clean_up, NULL);
	thread_end((u64)arg);
	pthread_cleanup_pop(0);
	return NULL;
}

TEST(pthread_exit_through)
{
	pthread_t th;

	trace(thread_end, 1);
	CHECK_EQ(pthread_create(&th, NULL, thread_main, (void *)1), 0);
	pthread_join(th, NULL);
	CHECK_EQ(cleaned, 1);
	CHECK_STR(hn_order(), "e1");
	check_clean();
	check_unwound(1);
}

TEST(cancellation_through)
{
	void *result;
	pthread_t th;

	trace(thread_end, 1);
	CHECK_EQ(pthread_create(&th, NULL, thread_main, (void *)2), 0);
	while (!hn_nr)
		usleep(1000);
	pthread_cancel(th);
	pthread_join(th, &result);
	CHECK(result == PTHREAD_CANCELED);
	CHECK_EQ(cleaned, 1);
	CHECK_STR(hn_order(), "e1");
	check_unwound(1);
}

/* -- Coroutines --- */

static ucontext_t main_ctx, co_ctx;

HN_NOINLINE u64 suspends(u64 a);
HN_NOINLINE u64 suspends(u64 a)
{
	swapcontext(&co_ctx, &main_ctx);
	return a + 1;
}

static u64 co_result;

static void co_main(void)
{
	co_result = suspends(41);
	swapcontext(&co_ctx, &main_ctx);
}

static void make_coroutine(void)
{
	size_t bytes = 64 << 10;
	u8 *stack = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	getcontext(&co_ctx);
	co_ctx.uc_stack.ss_sp = stack;
	co_ctx.uc_stack.ss_size = bytes;
	makecontext(&co_ctx, co_main, 0);
	swapcontext(&main_ctx, &co_ctx);
}

static void *resume(void *arg)
{
	(void)arg;
	swapcontext(&main_ctx, &co_ctx);
	return NULL;
}

TEST(coroutine_inside)
{
	trace(suspends, 1);
	make_coroutine();
	CHECK_STR(hn_order(), "e1");
	resume(NULL);
	CHECK_EQ(co_result, 42);
	CHECK_STR(hn_order(), "e1 x1");
	CHECK_EQ(hn_log[1].value, 1041);
	check_clean();
}

/* Entered in one thread, left in another: the guards are the other thread's. */
TEST(coroutine_on_another_thread)
{
	pthread_t th;

	trace(suspends, 1);
	make_coroutine();
	CHECK_EQ(pthread_create(&th, NULL, resume, NULL), 0);
	pthread_join(th, NULL);
	CHECK_EQ(co_result, 42);
	CHECK_STR(hn_order(), "e1 x1");
	check_clean();
}

/* -- fork --- */

HN_NOINLINE u64 forker(u64 a);
HN_NOINLINE u64 forker(u64 a)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		return a + 1;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

TEST(fork_inside)
{
	pid_t self = getpid();
	u64 ret;

	trace(forker, 1);
	ret = forker(6);
	if (getpid() != self)		/* both phases, then a further call, which forks nothing */
		_exit(strcmp(hn_order(), "e1 x1") || tramp_prog_misses(session) ? 1 : ret);
	CHECK_EQ(ret, 7);
	CHECK_STR(hn_order(), "e1 x1");
	check_clean();
}

static void fork_in_program(u64 a, u64 b)
{
	pid_t pid = fork();
	int status;

	(void)a;
	(void)b;
	hn_callback = NULL;
	if (pid) {
		waitpid(pid, &status, 0);
		hn_log[HN_EVENTS_MAX - 1].id = status;
	}
}

HN_NOINLINE u64 plain(u64 a);
HN_NOINLINE u64 plain(u64 a)
{
	__asm__ volatile("" ::: "memory");
	return a + 1;
}

static struct tramp_prog *caller_of_back(void)
{
	return hn_prog(TRAMP_PROG_VECTORS, "r6 = r1\nr1 = 0\nr2 = 0\ncall 2\nr1 = r6\nr2 = 1\nr3 = 2\nr4 = 0\n"
					   "call 1\nr0 = 0\nexit\n");
}

TEST(fork_in_program)
{
	pid_t self = getpid();

	session = caller_of_back();
	hn_callback = fork_in_program;
	hn_attach(hn_tramp(plain, 1), session, TRAMP_FENTRY, 0);
	CHECK_EQ(plain(1), 2);
	CHECK_EQ(plain(1), 2);		/* the guard was given back in both */
	if (getpid() != self)
		_exit(hn_nr == 2 ? 0 : 1);
	CHECK_EQ(hn_nr, 2);
	CHECK_EQ(hn_log[HN_EVENTS_MAX - 1].id, 0);
	check_clean();
}

/* -- siglongjmp out of a handler that interrupted a program --- */

static sigjmp_buf sig_env;

static void jump_out(int sig)
{
	(void)sig;
	siglongjmp(sig_env, 1);
}

static void raise_in_program(u64 a, u64 b)
{
	(void)a;
	(void)b;
	hn_callback = NULL;
	raise(SIGUSR1);
}

static void left_by_siglongjmp(int flags)
{
	struct sigaction sa = { .sa_handler = jump_out, .sa_flags = flags };

	sigaction(SIGUSR1, &sa, NULL);
	session = caller_of_back();
	hn_callback = raise_in_program;
	hn_attach(hn_tramp(plain, 1), session, TRAMP_FENTRY, 0);
	if (!sigsetjmp(sig_env, 1))
		plain(1);
	CHECK_EQ(hn_nr, 0);
	plain(1);			/* from where the dead one was called */
	CHECK_EQ(hn_nr, 1);
	check_clean();
}

TEST(siglongjmp_out_of_program)
{
	left_by_siglongjmp(0);
}

TEST(siglongjmp_out_of_program_on_alternate_stack)
{
	stack_t ss = { .ss_size = 64 << 10 };

	ss.ss_sp = mmap(NULL, ss.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaltstack(&ss, NULL);
	left_by_siglongjmp(SA_ONSTACK);
}

HN_NOINLINE u64 deep(u64 bytes);
HN_NOINLINE u64 deep(u64 bytes)
{
	volatile u8 *room = __builtin_alloca(bytes);

	for (u64 i = 0; i < bytes; i++)
		room[i] = 0x5a;
	return plain(room[0]);
}

/* Frames of calls that returned, threw or jumped are not counted again. */
TEST(longjmp_over_remains)
{
	count_jumps();
	trace(descend, 2);
	hn_attach(hn_tramp(plain, 1), session, TRAMP_FSESSION, 0);
	hn_attach(hn_tramp(bare_thrower, 1), session, TRAMP_FSESSION, 0);
	deep(4096);
	if (!setjmp(env))
		over_remains(7);
	check_unwound(0);
	CHECK_EQ(catch_bare_from(19), 42);
	if (!setjmp(env))
		over_remains(7);
	check_unwound(20);
	jump_over(9);
	if (!setjmp(env))
		over_remains(7);
	check_unwound(30);
}

HN_NOINLINE u64 jumps_inside(u64 levels);
HN_NOINLINE u64 jumps_inside(u64 levels)
{
	jump_over(levels);
	return levels;
}

TEST(longjmp_below_open_call)
{
	count_jumps();
	session = hn_session(1);
	hn_attach(hn_tramp(jumps_inside, 1), session, TRAMP_FSESSION, 0);
	hn_attach(hn_tramp(descend, 2), session, TRAMP_FSESSION, 0);
	CHECK_EQ(jumps_inside(3), 3);
	check_clean();
	CHECK_EQ(hn_log[hn_nr - 1].phase, 1);
}

/* The dead frame lies under live ones, which have overwritten it. */
TEST(siglongjmp_then_deeper)
{
	struct sigaction sa = { .sa_handler = jump_out };

	sigaction(SIGUSR1, &sa, NULL);
	session = caller_of_back();
	hn_callback = raise_in_program;
	hn_attach(hn_tramp(plain, 1), session, TRAMP_FENTRY, 0);
	if (!sigsetjmp(sig_env, 1))
		plain(1);
	deep(4096);
	CHECK_EQ(hn_nr, 1);
	check_clean();
}

/* A program in a handler that interrupted the same program: a miss, and alive stays alive. */
static void call_plain(int sig)
{
	(void)sig;
	plain(1);
}

static void nested_in_handler(int flags)
{
	struct sigaction sa = { .sa_handler = call_plain, .sa_flags = flags };

	sigaction(SIGUSR1, &sa, NULL);
	session = caller_of_back();
	hn_callback = raise_in_program;
	hn_attach(hn_tramp(plain, 1), session, TRAMP_FENTRY, 0);
	plain(1);
	CHECK_EQ(hn_nr, 1);
	CHECK_EQ(tramp_prog_misses(session), 1);
	plain(1);
	CHECK_EQ(hn_nr, 2);
}

TEST(handler_interrupts_program)
{
	nested_in_handler(0);
}

static void on_stack_at(u64 hint)
{
	stack_t ss = { .ss_size = 64 << 10 };

	ss.ss_sp = mmap((void *)hint, ss.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaltstack(&ss, NULL);
	nested_in_handler(SA_ONSTACK);
}

TEST(handler_on_lower_alternate_stack)
{
	on_stack_at(0x100000000);
}

static void *higher_main(void *arg)
{
	(void)arg;
	on_stack_at(0);
	return NULL;
}

/* The thread's own stack is below. */
TEST(handler_on_higher_alternate_stack)
{
	size_t bytes = 1 << 20;
	u8 *low = mmap((void *)0x200000000, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_t attr;
	pthread_t th;

	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, low, bytes);
	CHECK_EQ(pthread_create(&th, &attr, higher_main, NULL), 0);
	pthread_join(th, NULL);
}

/* -- A signal at every instruction --- */

#define TRAP_FLAG 0x100

static volatile u64 steps, lost, wrong;
static u64 (*stepped)(u64 a) = plain;
static u64 stepped_caller;

static _Unwind_Reason_Code look_for_caller(struct _Unwind_Context *ctx, void *arg)
{
	bool *found = arg;

	*found |= _Unwind_GetIP(ctx) - stepped_caller < 256;
	return _URC_NO_REASON;
}

static void on_step(int sig, siginfo_t *info, void *uc)
{
	bool found = false;

	(void)sig;
	(void)info;
	(void)uc;
	steps++;
	_Unwind_Backtrace(look_for_caller, &found);
	lost += !found;
	wrong += plain(steps) != steps + 1;
}

static void start_stepping(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	((ucontext_t *)uc)->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

static void stop_stepping(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	((ucontext_t *)uc)->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

HN_NOINLINE u64 stepped_call(u64 a);
HN_NOINLINE u64 stepped_call(u64 a)
{
	u64 ret;

	syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
	ret = stepped(a);
	syscall(SYS_tgkill, getpid(), gettid(), SIGUSR2);
	return ret;
}

static void step_through(void)
{
	struct sigaction step = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO };
	struct sigaction start = { .sa_sigaction = start_stepping, .sa_flags = SA_SIGINFO };
	struct sigaction stop = { .sa_sigaction = stop_stepping, .sa_flags = SA_SIGINFO };

	stepped_caller = (u64)stepped_call;
	sigaction(SIGTRAP, &step, NULL);
	sigaction(SIGUSR1, &start, NULL);
	sigaction(SIGUSR2, &stop, NULL);
	CHECK_EQ(stepped_call(10), 11);
	CHECK(steps > 100);
	CHECK_EQ(lost, 0);
	CHECK_EQ(wrong, 0);
}

TEST(signal_at_every_instruction)
{
	trace(plain, 1);
	step_through();
	CHECK(tramp_prog_misses(session) > 0);
	hn_clear();
	plain(1);
	CHECK_STR(hn_order(), "e1 x1");
}

/* Its first instructions, which are moved elsewhere, align the stack. */
HN_NOINLINE u64 realigned(u64 a);
HN_NOINLINE u64 realigned(u64 a)
{
	volatile u64 room[8] __attribute__((aligned(64)));

	room[0] = a;
	return room[0] + 1;
}

/* The stack pointer modulo 64 is another one for each @nr. */
HN_NOINLINE void step_from(u64 nr);
HN_NOINLINE void step_from(u64 nr)
{
	volatile u8 *room = __builtin_alloca(16 * nr);

	room[0] = 1;
	step_through();
	CHECK_EQ(room[0], 1);
}

TEST(signal_at_every_instruction_of_realigned)
{
	trace(realigned, 1);
	stepped = realigned;
	for (u64 nr = 1; nr <= 4; nr++)
		step_from(nr);
}

/* Its frame begins and ends in the first instructions, as where nothing is optimised. */
HN_NOINLINE u64 framed(u64 a);
__asm__(".text\n"
	".globl framed\n"
	".type framed, @function\n"
	"framed:\n"
	"	.cfi_startproc\n"
	"	push %rbp\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset %rbp, -16\n"
	"	mov %rsp, %rbp\n"
	"	.cfi_def_cfa_register %rbp\n"
	"	pop %rbp\n"
	"	.cfi_def_cfa %rsp, 8\n"
	"	.cfi_restore %rbp\n"
	"	lea 1(%rdi), %rax\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size framed, . - framed\n");

TEST(signal_at_every_instruction_of_framed)
{
	trace(framed, 1);
	stepped = framed;
	step_through();
}

TEST(signal_at_every_instruction_of_many)
{
	struct tramp *t = hn_tramp(plain, 1);

	for (int i = 0; i < 4; i++)
		hn_attach(t, hn_session(i), TRAMP_FSESSION, 0);
	hn_attach(t, hn_modify(9, 0), TRAMP_FMOD_RET, 0);
	session = hn_prog(TRAMP_PROG_VECTORS | TRAMP_PROG_RUN, "r0 = 0\nexit\n");
	hn_attach(t, session, TRAMP_FENTRY, 0);
	step_through();
}
