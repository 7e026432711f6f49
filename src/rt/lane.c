/* SPDX-License-Identifier: BSD-2-Clause */
#include <linux/time.h>

#include "rt/lane.h"

#include "rt/map.h"

#define GEN_BITS 22	/* of a generation that fit beside the lane in a token */
#define REAP_AT_ONCE 16
#define DEPTH_ONE (1ULL << 32)
#define CHANGE_ONE (1ULL << 40)
#define STAMP 0x5c07ed57a3b1e6d9
#define BAD_HOW 0x7fffffff
#define SS_ONSTACK 1

struct rt_env rt_env;

void rt_env_init(struct rt_lanes *lanes, struct rt_threads *threads, u32 nr_cpus)
{
	rt_env.nr_cpus = nr_cpus;	/* private: others can write into the lanes */
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

static u32 *tid_word(void)
{
	return rt_env.tid_off ? (u32 *)(rtarch_thread_pointer() + rt_env.tid_off) : NULL;
}

/* What a lane's word says of its owner: the thread, or the process if nothing is known of threads. */
static u32 owner_id(struct rt_thread *t)
{
	u32 *word = tid_word();

	if (!word)
		return rt_pid();
	if (!rt_load(word)) {
		rt_store(&t->start, 0);	/* another thread had the record */
		rt_store(word, (u32)rtarch_syscall(__NR_gettid, 0, 0, 0, 0, 0));
	}
	return rt_load(word);
}

static struct rt_thread *thread_claim(struct rt_thread *t, u64 tp, u32 hint)
{
	if (!rt_cas64(&t->tp, 0, tp))
		return NULL;
	if (tid_word())		/* a forked child has its parent's */
		rt_store(tid_word(), 0);
	rt_store(&t->hint, hint);
	return t;
}

struct rt_thread *rt_thread_self(void)
{
	u64 tp = rtarch_thread_pointer();
	u32 h = tp_hash(tp);

	for (u32 i = 0; i < RT_THREADS; i++) {
		struct rt_thread *t = &rt_env.threads->threads[(h + i) % RT_THREADS];
		u64 owner = rt_load(&t->tp);

		if (owner == tp || (!owner && thread_claim(t, tp, h)))
			return t;
	}
	return NULL;
}

/* -- Lanes --- */

static u32 word_owner(u64 word)
{
	return (u32)word;
}

static u32 token_of(u32 lane, u64 word)
{
	u32 gen = (word >> 32) & ((1u << GEN_BITS) - 1);

	return gen * RT_LANES + lane;
}

/* Generations whose token would look like no token are left out. */
static u64 next_word(u64 word, u32 owner)
{
	u64 gen = (word >> 32) + 1;

	if (!(gen & ((1u << GEN_BITS) - 1)))
		gen++;
	return gen << 32 | owner;
}

/* @adopt: what the thread seems to own already was left in the middle of being taken or given back. */
static u32 lane_try(struct rt_thread *t, u32 lane, u32 owner, bool adopt)
{
	u64 *p = &rt_env.lanes->lanes[lane].word;
	u64 word = rt_load(p);

	if (word_owner(word) && !(adopt && word_owner(word) == owner))
		return 0;
	rt_store(&t->hint, lane);	/* first, so that a lane left now is looked at next time */
	return rt_cas64(p, word, next_word(word, owner)) ? token_of(lane, next_word(word, owner)) : 0;
}

static u32 lane_acquire(struct rt_thread *t, bool adopt)
{
	u32 nr_cpus = rt_env.nr_cpus, owner = owner_id(t), hint = rt_load(&t->hint), token;

	adopt &= !!rt_env.tid_off;
	for (u32 i = 0; i < nr_cpus; i++) {
		token = lane_try(t, (hint + i) % nr_cpus, owner, adopt && !i);
		if (token)
			return token;
	}
	rt_lanes_reap(REAP_AT_ONCE);
	for (u32 i = nr_cpus; i < RT_LANES; i++) {
		token = lane_try(t, i, owner, adopt && i == hint);
		if (token)
			return token;
	}
	return 0;
}

static void lane_release(u32 token)
{
	u64 *p = &rt_env.lanes->lanes[token % RT_LANES].word, word = rt_load(p);

	if (token_of(token % RT_LANES, word) == token)	/* else it died with a thread that was here before */
		rt_store_release(p, word >> 32 << 32);
}

/* -- Levels --- */

static u64 stamp_of(const struct rt_scope *s)
{
	return (u64)s ^ STAMP;
}

static bool is_readable(const void *p)
{
	return rtarch_syscall(__NR_rt_sigprocmask, BAD_HOW, (long)p, 0, 8, 0) != -EFAULT;
}

/* Is the caller on the alternate signal stack, and @frame elsewhere? */
static bool is_elsewhere(u64 frame)
{
	struct {
		u64 sp;
		s32 flags;
		u64 bytes;
	} ss = { 0, 0, 0 };

	if (rtarch_syscall(__NR_sigaltstack, 0, (long)&ss, 0, 0, 0) || !(ss.flags & SS_ONSTACK))
		return false;
	return frame - ss.sp >= ss.bytes;
}

/* Is a frame at @old gone, seen from @frame in the same thread? Frames of callees are lower. */
static bool is_left(u64 old, u64 frame)
{
	return frame >= old && !is_elsewhere(old);
}

/*
 * The same for a level: what lies deeper than @frame has been left, what still has its stamp was not.
 * Looks into frames that may be gone.
 */
static __attribute__((no_sanitize("address"))) bool level_is_left(const struct rt_thread *t, u32 level, u64 frame)
{
	const struct rt_scope *s = t->at[level].scope;

	return is_left(t->at[level].frame, frame) || !is_readable(s) || rt_load(&s->stamp) != stamp_of(s);
}

/*
 * Leaves @depth levels. The lane is given back after the record says so: a signal handler in between
 * sees "outside", takes and returns a lane of its own, and leaves the record as it found it.
 */
static void leave(struct rt_thread *t, u32 depth)
{
	u64 state = rt_load(&t->state), changes = (state & ~(CHANGE_ONE - 1)) + CHANGE_ONE, saved;

	if (depth) {
		rt_store(&t->state, changes | depth * DEPTH_ONE | (u32)state);
		return;
	}
	saved = rt_load(&t->pending);
	rt_store(&t->pending, t->at[0].frame);
	rt_store(&t->state, changes);
	lane_release((u32)state);
	rt_store(&t->pending, saved);
}

/* Ends the levels that a signal handler left by siglongjmp(), and those of a thread that was here before. */
static void drop_left(struct rt_thread *t, u64 frame)
{
	u32 depth = rt_depth(t), keep = depth;

	if (tid_word() && !rt_load(tid_word())) {
		keep = 0;
		rt_store(&t->pending, 0);
	}
	while (keep && level_is_left(t, keep - 1, frame))
		keep--;
	if (keep == depth)
		return;
	leave(t, keep);
	rt_ring_recover_all();
}

void rt_drop_left(u64 frame)
{
	struct rt_thread *t = rt_thread_self();

	if (t && rt_depth(t))
		drop_left(t, frame);
}

/* The state's count of changes tells of a handler that came in between and wrote the level, too. */
static void push(struct rt_thread *t, struct rt_scope *scope, u64 frame, void *run, u32 token)
{
	u64 state;

	rt_store(&scope->stamp, stamp_of(scope));
	do {
		u32 depth;

		state = rt_load(&t->state);
		depth = state >> 32 & 0xff;
		rt_store(&t->at[depth].frame, frame);
		rt_store(&t->at[depth].scope, scope);
		rt_store(&t->at[depth].run, run);
	} while (!rtarch_cas_self(&t->state, state, (state + CHANGE_ONE + DEPTH_ONE) | token));
}

struct rt_thread *rt_enter_at(struct rt_scope *scope, u64 frame, void *run)
{
	struct rt_thread *t = rt_thread_self();
	u64 saved;
	u32 token;

	if (!t)
		return NULL;
	if (run && rt_depth(t))
		drop_left(t, frame);
	if (rt_depth(t) == RT_DEPTH_MAX)
		return NULL;
	if (rt_depth(t)) {
		push(t, scope, frame, run, 0);
		return t;
	}
	saved = rt_load(&t->pending);
	rt_store(&t->pending, frame);
	token = lane_acquire(t, !saved || is_left(saved, frame));
	if (token)
		push(t, scope, frame, run, token);
	rt_store(&t->pending, saved);
	return token ? t : NULL;
}

void rt_exit(struct rt_thread *t, struct rt_scope *scope)
{
	u32 depth = rt_depth(t);

	while (depth && rt_load(&t->at[depth - 1].scope) != scope)
		depth--;
	if (!depth)
		return;
	leave(t, depth - 1);
	rt_store(&scope->stamp, 0);
}

/* -- Tokens --- */

bool rt_token_is_dead_cut(u32 token, u32 mask)
{
	u32 lane = token % RT_LANES;
	u64 word = rt_load_acquire(&rt_env.lanes->lanes[lane].word);

	return !word_owner(word) || ((token_of(lane, word) ^ token) & mask);
}

bool rt_token_is_dead(u32 token)
{
	return rt_token_is_dead_cut(token, U32_MAX);
}

bool rt_tid_is_dead(u32 tid)
{
	return rtarch_syscall(__NR_tkill, tid, 0, 0, 0, 0) == -ESRCH;
}

u32 rt_lanes_reap(u32 max)
{
	u32 nr = 0;

	for (u32 i = 0; i < max; i++) {
		u32 lane = __atomic_fetch_add(&rt_env.lanes->reaper, 1, __ATOMIC_RELAXED) % RT_LANES;
		u64 *p = &rt_env.lanes->lanes[lane].word;
		u64 word = rt_load(p);

		if (word_owner(word) && rt_tid_is_dead(word_owner(word)))
			nr += rt_cas64(p, word, word >> 32 << 32);
	}
	return nr;
}

u32 rt_lanes_busy(u32 tokens[RT_LANES])
{
	u32 nr = 0;

	for (u32 i = 0; i < RT_LANES; i++) {
		u64 word = rt_load_acquire(&rt_env.lanes->lanes[i].word);

		if (word_owner(word))
			tokens[nr++] = token_of(i, word);
	}
	return nr;
}

#define LOCK_TRIES 2000
#define LOCK_TRIES_TO_REAP 256

bool rt_lock(u64 *word, u32 token)
{
	for (u32 i = 1; i <= LOCK_TRIES; i++) {
		u64 owner = rt_load(word);

		if (!owner && rt_cas64(word, 0, token))
			return true;
		if (owner == token)
			return false;
		if (owner && i % LOCK_TRIES_TO_REAP == 0)
			rt_lanes_reap(RT_LANES / 4);
		if (owner && rt_token_is_dead(owner) && rt_cas64(word, owner, token))
			return true;
		rtarch_pause();
	}
	return false;
}

/*
 * A lock word is the owner's token, so that a lock whose owner died is free. A signal handler that
 * interrupted the owner in the same thread goes ahead without (NESTED): nobody else can be meant.
 */
#define SPIN_NESTED 0x80000000u
#define SPINS_BETWEEN_LOOKS 256

void rt_spin_lock(u32 *lock)
{
	struct rt_thread *t = rt_thread_self();
	u32 token = t ? rt_token(t) & ~SPIN_NESTED : 0;

	token = token ?: 1;
	for (u32 i = 1; !rt_cas32(lock, 0, token); i++) {
		u32 owner = rt_load(lock);

		if (owner == token) {
			rt_store(lock, owner | SPIN_NESTED);
			break;
		}
		if (i % SPINS_BETWEEN_LOOKS) {
			rtarch_pause();
			continue;
		}
		rt_lanes_reap(RT_LANES / 16);
		if (owner >= RT_TOKEN_MIN && rt_token_is_dead(owner & ~SPIN_NESTED) &&
		    rt_cas32(lock, owner, token))
			break;
		rtarch_syscall(__NR_sched_yield, 0, 0, 0, 0, 0);
	}
}

/* As Linux has it: for a quarter of a second. */
#define REFUSED_AFTER_NS 250000000

int rt_res_lock(u32 *lock)
{
	struct rt_thread *t = rt_thread_self();
	u32 token = t ? rt_token(t) & ~SPIN_NESTED : 0;
	u64 end_ns = 0;

	token = token ?: 1;
	for (u32 i = 1; !rt_cas32(lock, 0, token); i++) {
		u32 owner = rt_load(lock);

		if (owner == token)
			return -EDEADLK;
		if (i % SPINS_BETWEEN_LOOKS) {
			rtarch_pause();
			continue;
		}
		rt_lanes_reap(RT_LANES / 16);
		if (owner >= RT_TOKEN_MIN && rt_token_is_dead(owner) && rt_cas32(lock, owner, token))
			break;
		end_ns = end_ns ?: rt_clock_ns(CLOCK_MONOTONIC) + REFUSED_AFTER_NS;
		if (rt_clock_ns(CLOCK_MONOTONIC) > end_ns)
			return -ETIMEDOUT;
		rtarch_syscall(__NR_sched_yield, 0, 0, 0, 0, 0);
	}
	return 0;
}

void rt_spin_unlock(u32 *lock)
{
	u32 owner = rt_load(lock);

	rt_store_release(lock, owner & SPIN_NESTED ? owner & ~SPIN_NESTED : 0);
}
