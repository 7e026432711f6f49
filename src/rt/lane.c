/* SPDX-License-Identifier: BSD-2-Clause */
#include "rt/lane.h"

#define GEN_BITS 22	/* of a generation that fit beside the lane in a token */
#define REAP_AT_ONCE 16
#define DEPTH_ONE (1ULL << 32)

struct rt_env rt_env;

void rt_env_init(struct rt_lanes *lanes, struct rt_threads *threads, u32 nr_cpus)
{
	if (lanes->magic != RT_LANES_MAGIC) {
		lanes->nr_cpus = nr_cpus;
		rt_store_release(&lanes->magic, RT_LANES_MAGIC);
	}
	rt_env.lanes = lanes;
	rt_env.threads = threads;
}

u32 rt_pid(void)
{
	u32 pid = rt_load(&rt_env.threads->pid);

	if (pid)
		return pid;
	pid = rtarch_syscall(__NR_getpid, 0, 0, 0, 0, 0);
	rt_store(&rt_env.threads->pid, pid);
	return pid;
}

/* -- Threads --- */

static u32 tp_hash(u64 tp)
{
	return tp * 0x9e3779b97f4a7c15 >> 32;
}

struct rt_thread *rt_thread_self(void)
{
	u64 tp = rtarch_thread_pointer();
	u32 h = tp_hash(tp);

	for (u32 i = 0; i < RT_THREADS; i++) {
		struct rt_thread *t = &rt_env.threads->threads[(h + i) % RT_THREADS];
		u64 owner = rt_load(&t->tp);

		if (owner == tp)
			return t;
		if (!owner && rt_cas64(&t->tp, 0, tp)) {
			rt_store(&t->hint, h);
			return t;
		}
	}
	return NULL;
}

/* -- Lanes --- */

static u32 word_pid(u64 word)
{
	return (u32)word;
}

static u32 token_of(u32 lane, u64 word)
{
	u32 gen = (word >> 32) & ((1u << GEN_BITS) - 1);

	return gen * RT_LANES + lane;
}

/* Generations whose token would look like no token are left out. */
static u64 next_word(u64 word, u32 pid)
{
	u64 gen = (word >> 32) + 1;

	if (!(gen & ((1u << GEN_BITS) - 1)))
		gen++;
	return gen << 32 | pid;
}

static u32 lane_try(u32 lane, u32 pid)
{
	u64 *p = &rt_env.lanes->lanes[lane].word;
	u64 word = rt_load(p);

	if (word_pid(word) || !rt_cas64(p, word, next_word(word, pid)))
		return 0;
	return token_of(lane, next_word(word, pid));
}

static u32 lane_acquire(u32 hint)
{
	u32 nr_cpus = rt_env.lanes->nr_cpus, pid = rt_pid(), token;

	for (u32 i = 0; i < nr_cpus; i++) {
		token = lane_try((hint + i) % nr_cpus, pid);
		if (token)
			return token;
	}
	rt_lanes_reap(REAP_AT_ONCE);
	for (u32 i = nr_cpus; i < RT_LANES; i++) {
		token = lane_try(i, pid);
		if (token)
			return token;
	}
	return 0;
}

static void lane_release(u32 token)
{
	u64 *p = &rt_env.lanes->lanes[token % RT_LANES].word;

	rt_store_release(p, rt_load(p) >> 32 << 32);
}

/*
 * The lane is taken before the record says so, and given back after: a signal handler in between sees
 * "outside", takes and returns a lane of its own, and leaves the record as it found it.
 */
struct rt_thread *rt_enter(void)
{
	struct rt_thread *t = rt_thread_self();
	u32 token;

	if (!t)
		return NULL;
	if (!rt_load(&t->state)) {
		token = lane_acquire(rt_load(&t->hint));
		if (!token)
			return NULL;
		rt_store(&t->hint, token % RT_LANES);
		rt_store(&t->state, DEPTH_ONE | token);
	} else {
		rt_store(&t->state, rt_load(&t->state) + DEPTH_ONE);
	}
	return t;
}

void rt_exit(struct rt_thread *t)
{
	u64 state = rt_load(&t->state) - DEPTH_ONE;

	if (state >= DEPTH_ONE) {
		rt_store(&t->state, state);
		return;
	}
	rt_store(&t->state, 0);
	lane_release((u32)state);
}

bool rt_token_is_dead_cut(u32 token, u32 mask)
{
	u32 lane = token % RT_LANES;
	u64 word = rt_load_acquire(&rt_env.lanes->lanes[lane].word);

	return !word_pid(word) || ((token_of(lane, word) ^ token) & mask);
}

bool rt_token_is_dead(u32 token)
{
	return rt_token_is_dead_cut(token, U32_MAX);
}

static bool process_is_dead(u32 pid)
{
	return rtarch_syscall(__NR_kill, pid, 0, 0, 0, 0) == -ESRCH;
}

u32 rt_lanes_reap(u32 max)
{
	u32 nr = 0;

	for (u32 i = 0; i < max; i++) {
		u32 lane = __atomic_fetch_add(&rt_env.lanes->reaper, 1, __ATOMIC_RELAXED) % RT_LANES;
		u64 *p = &rt_env.lanes->lanes[lane].word;
		u64 word = rt_load(p);

		if (word_pid(word) && word_pid(word) != rt_pid() && process_is_dead(word_pid(word)))
			nr += rt_cas64(p, word, word >> 32 << 32);
	}
	return nr;
}

u32 rt_lanes_busy(u32 tokens[RT_LANES])
{
	u32 nr = 0;

	for (u32 i = 0; i < RT_LANES; i++) {
		u64 word = rt_load_acquire(&rt_env.lanes->lanes[i].word);

		if (word_pid(word))
			tokens[nr++] = token_of(i, word);
	}
	return nr;
}
