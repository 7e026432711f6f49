/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs and operations that a signal handler leaves by siglongjmp(), and threads that end inside: what
 * they held is nobody's, and is had by others.
 */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "mapmem.h"
#include "rt/helper.h"
#include "syscall/env.h"
#include "syscall/map.h"
#include "tap.h"

#define NOINLINE __attribute__((noinline))
#define TRAP_FLAG 0x100
#define KEYS 4

static sigjmp_buf env;
static struct rt_map *ring, *hash, *queue;
static u32 *lock;

static u32 lanes_owned(void)
{
	u32 tokens[RT_LANES];

	return rt_lanes_busy(tokens);
}

static void set_up(void)
{
	ring = mapmem_new(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	hash = mapmem_new(BPF_MAP_TYPE_HASH, 8, 8, KEYS, 0);
	queue = mapmem_new(BPF_MAP_TYPE_QUEUE, 0, 8, 2, 0);
	lock = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	rt_ring_enroll(ring);
}

__attribute__((constructor)) static void init(void)
{
	tap_set_up(set_up);
}

/* How many records the consumer can take, which it does. */
static u32 take_all(void)
{
	u64 *cons = (u64 *)(void *)(ring->base + ring->mmap_off);
	u32 nr = 0;

	while (rt_ring_has_data(ring)) {
		u64 hdr = *(u64 *)(void *)(ring->values + (*cons & ring->index_mask));

		nr += !(hdr & BPF_RINGBUF_DISCARD_BIT);
		rt_store_release(cons, *cons + rt_round_up((hdr & 0x3fffffff) + 8, 8));
	}
	return nr;
}

/* A program's run, which holds whatever can be held. */
static NOINLINE void hold_all(void (*then)(void))
{
	struct rt_run run = { .func_ip = 1 };
	struct rt_thread *t = rt_enter_at(&run.scope, (u64)__builtin_frame_address(0), &run);
	void *r = rt_ring_reserve(ring, 8, 0);

	rt_help_spin_lock((u64)lock, 0, 0, 0, 0);
	then();
	rt_help_spin_unlock((u64)lock, 0, 0, 0, 0);
	rt_ring_commit(r, BPF_RB_NO_WAKEUP, false);
	rt_exit(t, &run.scope);
}

static void nothing(void)
{
}

/* The thread's next program. */
static NOINLINE void run_another(void)
{
	hold_all(nothing);
	take_all();
}

static void jump_out(int sig)
{
	(void)sig;
	siglongjmp(env, 1);
}

static void raise_usr1(void)
{
	raise(SIGUSR1);
}

static void *lock_and_submit(void *arg)
{
	struct rt_run run = { .func_ip = 1 };
	struct rt_thread *t = rt_enter_at(&run.scope, (u64)__builtin_frame_address(0), &run);

	(void)arg;
	rt_help_spin_lock((u64)lock, 0, 0, 0, 0);
	rt_help_spin_unlock((u64)lock, 0, 0, 0, 0);
	CHECK(!rt_ring_output(ring, "event", 6, BPF_RB_NO_WAKEUP));
	rt_exit(t, &run.scope);
	return NULL;
}

/* Another thread gets the lock, and the consumer its record. */
static void check_nothing_held(void)
{
	pthread_t thread;

	CHECK_EQ(lanes_owned(), 0);
	pthread_create(&thread, NULL, lock_and_submit, NULL);
	pthread_join(thread, NULL);
	CHECK_EQ(take_all(), 1);
	CHECK_EQ(*lock, 0);
}

static void left_program(int flags)
{
	struct sigaction sa = { .sa_handler = jump_out, .sa_flags = flags };

	sigaction(SIGUSR1, &sa, NULL);
	if (!sigsetjmp(env, 1))
		hold_all(raise_usr1);
	CHECK_EQ(lanes_owned(), 1);
	CHECK(*lock);
	run_another();
	check_nothing_held();
}

TEST(left_program_holds_nothing)
{
	left_program(0);
}

TEST(left_program_on_alternate_stack)
{
	stack_t ss = { .ss_size = 64 << 10 };

	ss.ss_sp = mmap(NULL, ss.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaltstack(&ss, NULL);
	left_program(SA_ONSTACK);
}

static NOINLINE void deeper(u32 bytes)
{
	volatile u8 *room = __builtin_alloca(bytes);

	for (u32 i = 0; i < bytes; i++)
		room[i] = 0x5a;
	run_another();
}

TEST(left_program_is_seen_from_deeper)
{
	signal(SIGUSR1, jump_out);
	if (!sigsetjmp(env, 1))
		hold_all(raise_usr1);
	deeper(8192);
	check_nothing_held();
}

/* A bpf(2) call from further up does it, too. */
static NOINLINE void leave_deeper(u32 bytes)
{
	volatile u8 *room = __builtin_alloca(bytes);

	__asm__ volatile("" : : "r"(room) : "memory");	/* all of it is wanted */
	if (!sigsetjmp(env, 1))
		hold_all(raise_usr1);
	__asm__ volatile("" : : "r"(room) : "memory");
}

TEST(left_program_is_seen_by_bpf)
{
	u32 id;

	signal(SIGUSR1, jump_out);
	leave_deeper(16384);
	bpf_map_get_next_id(0, &id);
	check_nothing_held();
}

/* A handler's own operations take nothing from what it interrupted. */
static void use_in_handler(int sig)
{
	(void)sig;
	lock_and_submit(NULL);
	CHECK_EQ(lanes_owned(), 1);
}

static void interrupted_program(int flags)
{
	struct sigaction sa = { .sa_handler = use_in_handler, .sa_flags = flags };

	sigaction(SIGUSR1, &sa, NULL);
	hold_all(raise_usr1);
	CHECK_EQ(lanes_owned(), 0);
	CHECK_EQ(*lock, 0);
	CHECK_EQ(take_all(), 2);
}

TEST(interrupted_program_goes_on)
{
	interrupted_program(0);
}

static void *interrupted_on_alternate_stack(void *arg)
{
	stack_t ss = { .ss_size = 64 << 10 };

	ss.ss_sp = mmap(NULL, ss.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaltstack(&ss, NULL);
	interrupted_program(SA_ONSTACK);
	return arg;
}

TEST(interrupted_program_and_lower_alternate_stack)
{
	interrupted_on_alternate_stack(NULL);
}

TEST(interrupted_program_and_higher_alternate_stack)
{
	size_t bytes = 1 << 20;
	void *low = mmap((void *)0x200000000, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, low, bytes);
	pthread_create(&thread, &attr, interrupted_on_alternate_stack, NULL);
	pthread_join(thread, NULL);
}

/* -- The consumer --- */

static void consumer_wakes(void (*leave)(void))
{
	struct pollfd p = { .events = POLLIN };
	struct map *map;
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, 4096, NULL);

	CHECK(!map_from_fd(fd, &map, NULL));
	ring = map->rt;
	p.fd = ring->notify_fd;
	leave();
	CHECK_EQ(poll(&p, 1, 0), 0);
	lock_and_submit(NULL);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(take_all(), 1);
}

static void leave_by_jump(void)
{
	signal(SIGUSR1, jump_out);
	if (!sigsetjmp(env, 1))
		hold_all(raise_usr1);
}

TEST(waiting_consumer_is_woken)
{
	consumer_wakes(leave_by_jump);
}

/* -- Threads that end inside --- */

static void end_thread(int sig)
{
	(void)sig;
	pthread_exit(NULL);
}

static void *hold_and_end(void *arg)
{
	signal(SIGUSR1, end_thread);
	hold_all(raise_usr1);
	return arg;
}

static void end_inside(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, hold_and_end, NULL);
	pthread_join(thread, NULL);
}

TEST(dead_thread_holds_nothing)
{
	end_inside();
	CHECK_EQ(lanes_owned(), 1);
	rt_lanes_reap(RT_LANES);
	CHECK_EQ(lanes_owned(), 0);
	rt_ring_recover(ring);
	check_nothing_held();
}

/* The next thread has the dead one's stack and thread pointer, and is not inside of anything. */
TEST(next_thread_is_not_the_dead_one)
{
	for (int i = 0; i < 20; i++)
		end_inside();
	rt_lanes_reap(RT_LANES);
	rt_ring_recover(ring);
	check_nothing_held();
}

/* -- Left after every instruction --- */

static volatile long steps, leave_at, bad;

static void on_step(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	(void)uc;
	if (steps++ == leave_at)
		siglongjmp(env, 1);
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
	((ucontext_t *)uc)->uc_mcontext.gregs[REG_EFL] &= ~(long)TRAP_FLAG;
}

static void handle(int sig, void (*fn)(int, siginfo_t *, void *))
{
	struct sigaction sa = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO };

	sigaction(sig, &sa, NULL);
}

static u64 one = 1, value;

static NOINLINE void hash_update(void)
{
	hash->ops->update(hash, &one, &one, BPF_ANY);
}

static NOINLINE void hash_replace_and_delete(void)
{
	hash->ops->update(hash, &one, &one, BPF_EXIST);
	hash->ops->del(hash, &one);
}

static NOINLINE void push_and_pop(void)
{
	queue->ops->push(queue, &one, BPF_EXIST);
	queue->ops->pop(queue, &value);
}

static NOINLINE void hold(void)
{
	hold_all(nothing);
}

/* Everything still works: all keys fit, and no more. */
static bool maps_work(void)
{
	u64 v = 1;
	bool ok;

	hash->ops->del(hash, &v);
	ok = !queue->ops->push(queue, &v, BPF_EXIST) && !queue->ops->pop(queue, &v);
	for (u64 key = 10; key < 10 + KEYS; key++)
		ok &= !hash->ops->update(hash, &key, &key, BPF_ANY);
	for (u64 key = 10; key < 10 + KEYS; key++)
		ok &= !hash->ops->del(hash, &key);
	while (!queue->ops->pop(queue, &v))
		;
	return ok;
}

/* Steps through @fn and leaves it after leave_at instructions. Return: were there as many? */
static bool step_and_leave(void (*fn)(void))
{
	long own = syscall(SYS_gettid), process = getpid();

	steps = 0;
	if (sigsetjmp(env, 1))
		return true;
	syscall(SYS_tgkill, process, own, SIGUSR1);
	fn();
	syscall(SYS_tgkill, process, own, SIGUSR2);
	return false;
}

/* Every third instruction: the time goes with the square of their number. */
#define STRIDE 3

static void leave_everywhere(void (*fn)(void))
{
	handle(SIGTRAP, on_step);
	handle(SIGUSR1, start_stepping);
	handle(SIGUSR2, stop_stepping);
	bad = 0;
	for (leave_at = 0; step_and_leave(fn); leave_at += STRIDE) {
		run_another();
		if (!lanes_owned() && !*lock && maps_work())
			continue;
		printf("# left after %ld: %u lanes, lock %x\n", leave_at, lanes_owned(), *lock);
		bad++;
	}
	printf("# %ld instructions\n", leave_at);
	CHECK(leave_at > 100);
	CHECK_EQ(bad, 0);
}

TEST(left_after_every_instruction)
{
	leave_everywhere(hold);
	leave_everywhere(hash_update);
	leave_everywhere(hash_replace_and_delete);
	leave_everywhere(push_and_pop);
}
