/* SPDX-License-Identifier: BSD-2-Clause */
/* The lock-free hash: against a model, by many threads, by interrupted ones, by killed processes. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mapmem.h"
#include "tap.h"

/* A value says which key it belongs to and carries itself twice, so that mixtures are seen. */
struct value {
	u64 key, a, not_a;
};

static void value_set(struct value *v, u64 key, u64 a)
{
	*v = (struct value){ key, a, ~a };
}

static bool value_ok(const struct value *v, u64 key)
{
	return v->key == key && v->a == ~v->not_a;
}

static u32 count(struct rt_map *m)
{
	u64 key, nr = 0;
	u64 *at = NULL;

	while (!m->ops->next_key(m, at, &key)) {
		at = &key;
		if (++nr > 10 * m->max_entries)
			break;
	}
	return nr;
}

TEST(hash_model)
{
	struct rt_map *m = mapmem_new(BPF_MAP_TYPE_HASH, 8, sizeof(struct value), 100, 0);
	static u64 model[300];
	u64 seed = 1;
	u32 nr = 0;

	for (int i = 0; i < 200000; i++) {
		u64 key = mapmem_random(&seed) % 300, flags = mapmem_random(&seed) % 3;
		struct value v, *got = m->ops->lookup(m, &key);
		long want;

		CHECK_EQ(!!got, !!model[key]);
		if (got && model[key])
			CHECK_EQ(got->a, model[key]);
		if (mapmem_random(&seed) % 3 == 0) {
			CHECK_EQ(m->ops->del(m, &key), model[key] ? 0 : -ENOENT);
			nr -= !!model[key];
			model[key] = 0;
			continue;
		}
		want = flags == BPF_NOEXIST && model[key] ? -EEXIST :
		       flags == BPF_EXIST && !model[key] ? -ENOENT :
		       !model[key] && nr == 100 ? -E2BIG : 0;
		value_set(&v, key, i + 1);
		CHECK_EQ(m->ops->update(m, &key, &v, flags), want);
		if (!want) {
			nr += !model[key];
			model[key] = i + 1;
		}
	}
	CHECK_EQ(count(m), nr);
}

TEST(hash_exact_size)
{
	for (u32 max = 1; max < 200; max += 13) {
		struct rt_map *m = mapmem_new(BPF_MAP_TYPE_HASH, 8, 8, max, 0);

		for (u64 key = 0; key < max; key++)
			CHECK_EQ(m->ops->update(m, &key, &key, BPF_NOEXIST), 0);
		for (u64 key = max; key < 2 * max; key++)
			CHECK_EQ(m->ops->update(m, &key, &key, BPF_ANY), -E2BIG);
		for (u64 key = 0; key < max; key++)	/* a full map can be updated */
			CHECK_EQ(m->ops->update(m, &key, &key, BPF_ANY), 0);
	}
}

TEST(hash_odd_keys)
{
	for (u32 size = 1; size < 40; size++) {
		struct rt_map *m = mapmem_new(BPF_MAP_TYPE_HASH, size, 3, 64, 0);
		u8 key[40], next[40], v[3] = { 1, 2, 3 };

		for (u32 i = 0; i < size * 8 && i < 64; i++) {
			memset(key, 0, sizeof(key));
			key[i / 8] = 1 << i % 8;
			v[0] = i;
			CHECK_EQ(m->ops->update(m, key, v, BPF_NOEXIST), 0);
		}
		for (u32 i = 0; i < size * 8 && i < 64; i++) {
			u8 *got;

			memset(key, 0, sizeof(key));
			key[i / 8] = 1 << i % 8;
			got = m->ops->lookup(m, key);
			CHECK(got && got[0] == i && got[2] == 3);
		}
		CHECK_EQ(m->ops->next_key(m, NULL, next), 0);
	}
}

/* -- Many at once --- */

#define KEYS 64
#define SECONDS 2

struct work {
	struct rt_map *m;
	volatile int *stop;
	u64 seed;
	u64 ops, bad;
	bool own_keys;	/* nobody else uses them: results are known */
	u32 nr;
};

static void check_own(struct work *w, u64 i)
{
	u64 key = 1000 + w->nr;
	struct value v, *got;

	value_set(&v, key, i);
	w->bad += w->m->ops->update(w->m, &key, &v, BPF_ANY) != 0;
	got = w->m->ops->lookup(w->m, &key);
	w->bad += !got || got->a != i || got->key != key;
	value_set(&v, key, i + 1);
	w->bad += w->m->ops->update(w->m, &key, &v, BPF_EXIST) != 0;
	w->bad += w->m->ops->update(w->m, &key, &v, BPF_NOEXIST) != -EEXIST;
	got = w->m->ops->lookup(w->m, &key);
	w->bad += !got || got->a != i + 1;
	w->bad += w->m->ops->del(w->m, &key) != 0;
	w->bad += w->m->ops->lookup(w->m, &key) != NULL;
}

static void churn(struct work *w)
{
	u64 key = mapmem_random(&w->seed) % KEYS;
	struct value v, *got;

	switch (mapmem_random(&w->seed) % 4) {
	case 0:
		w->m->ops->del(w->m, &key);
		break;
	case 1:
		got = w->m->ops->lookup(w->m, &key);
		if (!got)
			break;
		v = *got;	/* which may be another entry's memory by now, or halfway there */
		w->bad += v.key >= KEYS && (v.key < 1000 || v.key > 1016);
		break;
	default:
		value_set(&v, key, mapmem_random(&w->seed));
		w->m->ops->update(w->m, &key, &v, BPF_ANY);
	}
}

static void *worker(void *arg)
{
	struct work *w = arg;

	while (!*w->stop) {
		churn(w);
		if (w->own_keys)
			check_own(w, w->ops);
		w->ops++;
	}
	return NULL;
}

static void check_quiet(struct rt_map *m, u32 max)
{
	u32 nr = 0;

	for (u64 key = 0; key < 100000; key++) {
		struct value *v = m->ops->lookup(m, &key);

		if (!v)
			continue;
		CHECK(value_ok(v, key));
		nr++;
	}
	CHECK_EQ(count(m), nr);
	for (u64 key = 0; key < 100000; key++)
		m->ops->del(m, &key);
	CHECK_EQ(count(m), 0);
	usleep(5000);
	for (u64 key = 0; key < max; key++) {	/* nothing was lost */
		struct value v;

		value_set(&v, key, key);
		CHECK_EQ(m->ops->update(m, &key, &v, BPF_NOEXIST), 0);
	}
	CHECK_EQ(m->ops->update(m, &(u64){ max }, &(struct value){ 0 }, BPF_ANY), -E2BIG);
	CHECK_EQ(count(m), max);
}

static void run_threads(u32 type)
{
	struct rt_map *m = mapmem_new(type, 8, sizeof(struct value), KEYS + 16, 0);
	volatile int stop = 0;
	struct work w[8];
	pthread_t t[8];
	u64 ops = 0;

	for (u32 i = 0; i < 8; i++) {
		w[i] = (struct work){ m, &stop, i + 1, 0, 0, true, i };
		pthread_create(&t[i], NULL, worker, &w[i]);
	}
	sleep(SECONDS);
	stop = 1;
	for (u32 i = 0; i < 8; i++) {
		pthread_join(t[i], NULL);
		CHECK_EQ(w[i].bad, 0);
		ops += w[i].ops;
	}
	printf("# %llu rounds\n", (unsigned long long)ops);
	check_quiet(m, m->max_entries);
}

TEST(hash_threads)
{
	run_threads(BPF_MAP_TYPE_HASH);
}

/* -- Values of a word, which are replaced where they are --- */

static void words_churn(struct work *w, u64 i)
{
	u64 own = 1000 + w->nr, key = mapmem_random(&w->seed) % KEYS, value = key << 32 | (u32)i;
	u64 *got;

	if (i % 3 == 0)
		w->m->ops->del(w->m, &key);
	else
		w->m->ops->update(w->m, &key, &value, i % 3 == 1 ? BPF_ANY : BPF_EXIST);
	for (u64 n = i; n < i + 3; n++) {	/* one insertion, two in place */
		value = own << 32 | (u32)n;
		w->bad += w->m->ops->update(w->m, &own, &value, n == i ? BPF_NOEXIST : BPF_EXIST) != 0;
		got = w->m->ops->lookup(w->m, &own);
		w->bad += !got || *got != value;
	}
	w->bad += w->m->ops->update(w->m, &own, &value, BPF_NOEXIST) != -EEXIST;
	w->bad += w->m->ops->take(w->m, &own, &key) || key != value;
	w->bad += w->m->ops->update(w->m, &own, &value, BPF_EXIST) != -ENOENT;
}

static void *words_worker(void *arg)
{
	struct work *w = arg;

	for (; !*w->stop; w->ops++)
		words_churn(w, w->ops);
	return NULL;
}

TEST(hash_words)
{
	struct rt_map *m = mapmem_new(BPF_MAP_TYPE_HASH, 8, sizeof(u64), KEYS + 8, 0);
	volatile int stop = 0;
	struct work w[8];
	pthread_t t[8];
	u32 nr = 0;

	for (u32 i = 0; i < 8; i++) {
		w[i] = (struct work){ .m = m, .stop = &stop, .seed = i + 1, .nr = i };
		pthread_create(&t[i], NULL, words_worker, &w[i]);
	}
	sleep(1);
	stop = 1;
	for (u32 i = 0; i < 8; i++) {
		pthread_join(t[i], NULL);
		CHECK_EQ(w[i].bad, 0);
	}
	for (u64 key = 0; key < KEYS; key++) {
		u64 *got = m->ops->lookup(m, &key);

		CHECK(!got || *got >> 32 == key);
		nr += !!got;
	}
	CHECK_EQ(count(m), nr);
}

/* Not one byte behind a value of 1 to 8, and the whole of it. */
TEST(hash_small_values)
{
	for (u32 size = 1; size <= 8; size++) {
		struct rt_map *m = mapmem_new(BPF_MAP_TYPE_HASH, 4, size, 8, 0);
		u64 a = 0x1122334455667788ULL, b = ~a, *got;
		u32 key = 3;

		CHECK_EQ(m->ops->update(m, &key, &a, BPF_ANY), 0);
		got = m->ops->lookup(m, &key);
		CHECK(got && !memcmp(got, &a, size));
		CHECK_EQ(m->ops->update(m, &key, &b, BPF_ANY), 0);
		CHECK(m->ops->lookup(m, &key) == got);
		CHECK(!memcmp(got, &b, size));
		CHECK_EQ(size < 8 ? *got >> 8 * size : 0, 0);
	}
}

/* -- Signal handlers that use the map they interrupted --- */

static struct work handler_work;

static void on_signal(int sig)
{
	(void)sig;
	churn(&handler_work);
	check_own(&handler_work, handler_work.ops++);
}

static void *interrupter(void *arg)
{
	struct work *w = arg;

	while (!*w->stop) {
		pthread_kill(*(pthread_t *)w->m->owner, SIGUSR1);
		usleep(1);
	}
	return NULL;
}

TEST(hash_signals)
{
	struct rt_map *m = mapmem_new(BPF_MAP_TYPE_HASH, 8, sizeof(struct value), KEYS + 16, 0);
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	volatile int stop = 0;
	struct work w = { m, &stop, 3, 0, 0, true, 0 };
	time_t end = time(NULL) + SECONDS;
	pthread_t self = pthread_self(), t;

	handler_work = (struct work){ m, &stop, 4, 0, 0, true, 1 };
	m->owner = &self;
	sigaction(SIGUSR1, &sa, NULL);
	pthread_create(&t, NULL, interrupter, &w);
	while (time(NULL) < end)
		for (int i = 0; i < 1000; i++) {
			churn(&w);
			check_own(&w, w.ops++);
		}
	stop = 1;
	pthread_join(t, NULL);
	CHECK_EQ(w.bad, 0);
	CHECK_EQ(handler_work.bad, 0);
	printf("# %llu rounds, %llu interruptions\n", (unsigned long long)w.ops,
	       (unsigned long long)handler_work.ops);
	check_quiet(m, m->max_entries);
}

/* A value may be replaced where it is only while its entry is there: the handler puts another one there. */
static struct { struct rt_map *m; u64 key, other, value, bad, turns; } swap;

static void on_signal_swap(int sig)
{
	u64 *got = swap.m->ops->lookup(swap.m, &swap.other);

	(void)sig;
	swap.bad += got && *got != swap.value;
	swap.m->ops->del(swap.m, got ? &swap.other : &swap.key);
	swap.m->ops->update(swap.m, got ? &swap.key : &swap.other, &swap.value, BPF_NOEXIST);
	swap.turns++;
}

/* One that gets the same node, once the first key's entry is gone. */
static u64 find_other_key(struct rt_map *m, u64 key)
{
	u64 other = key, *was, *is;

	do {
		m->ops->update(m, &key, &key, BPF_ANY);
		was = m->ops->lookup(m, &key);
		m->ops->del(m, &key);
		other++;
		m->ops->update(m, &other, &other, BPF_ANY);
		is = m->ops->lookup(m, &other);
		m->ops->del(m, &other);
	} while (is != was);
	return other;
}

TEST(hash_words_interrupted)
{
	struct rt_map *m = mapmem_new(BPF_MAP_TYPE_HASH, 8, sizeof(u64), 8, 0);
	struct sigaction sa = { .sa_handler = on_signal_swap, .sa_flags = SA_RESTART };
	volatile int stop = 0;
	struct work w = { .m = m, .stop = &stop };
	time_t end = time(NULL) + SECONDS;
	pthread_t self = pthread_self(), t;
	u64 mine = 1, strange = 0;

	swap.m = m;
	swap.key = 1;
	swap.value = 77;
	swap.other = find_other_key(m, swap.key);
	m->owner = &self;
	sigaction(SIGUSR1, &sa, NULL);
	pthread_create(&t, NULL, interrupter, &w);
	while (time(NULL) < end)
		for (int i = 0; i < 1000; i++) {
			long err = m->ops->update(m, &swap.key, &mine, BPF_EXIST);

			strange += err && err != -ENOENT;
		}
	stop = 1;
	pthread_join(t, NULL);
	CHECK_EQ(strange, 0);
	CHECK_EQ(swap.bad, 0);
	printf("# %llu turns\n", (unsigned long long)swap.turns);
}

/* -- Processes killed in the middle --- */

TEST(hash_killed)
{
	struct rt_map *m = mapmem_new(BPF_MAP_TYPE_HASH, 8, sizeof(struct value), KEYS + 16, 0);
	volatile int stop = 0;
	struct work w[2] = { { m, &stop, 1, 0, 0, true, 0 }, { m, &stop, 2, 0, 0, true, 1 } };
	time_t end = time(NULL) + 2 * SECONDS;
	pthread_t t[2];
	u32 kills = 0;

	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, worker, &w[i]);
	while (time(NULL) < end) {
		pid_t pid = fork();

		if (!pid) {
			struct work mine = { m, &stop, kills, 0, 0, true, 8 };

			worker(&mine);
			_exit(0);
		}
		usleep(rand() % 1500);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		kills++;
	}
	stop = 1;
	for (int i = 0; i < 2; i++) {
		pthread_join(t[i], NULL);
		CHECK_EQ(w[i].bad, 0);
	}
	printf("# %u killed, %llu rounds\n", kills, (unsigned long long)(w[0].ops + w[1].ops));
	check_quiet(m, m->max_entries);
}

/* -- LRU, per CPU --- */

TEST(hash_lru)
{
	struct rt_map *m = mapmem_new(BPF_MAP_TYPE_LRU_HASH, 8, sizeof(struct value), 100, 0);
	u64 hot = 7;
	struct value v;

	value_set(&v, hot, 1);
	CHECK_EQ(m->ops->update(m, &hot, &v, 0), 0);
	for (u64 key = 1000; key < 20000; key++) {
		value_set(&v, key, key);
		CHECK_EQ(m->ops->update(m, &key, &v, 0), 0);
		CHECK(m->ops->lookup(m, &hot));
		CHECK(m->ops->lookup(m, &key));
	}
	CHECK_EQ(count(m), 100);
}

TEST(hash_lru_threads)
{
	struct rt_map *m = mapmem_new(BPF_MAP_TYPE_LRU_HASH, 8, sizeof(struct value), 32, 0);
	volatile int stop = 0;
	struct work w[4];
	pthread_t t[4];

	for (u32 i = 0; i < 4; i++) {
		w[i] = (struct work){ m, &stop, i + 1, 0, 0, false, i };
		pthread_create(&t[i], NULL, worker, &w[i]);
	}
	sleep(1);
	stop = 1;
	for (u32 i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	for (u64 key = 0; key < 1000; key++)
		CHECK_EQ(m->ops->update(m, &key, &(struct value){ key, 0, ~0ULL }, 0), 0);
	CHECK(count(m) <= 32);
}

TEST(hash_percpu)
{
	struct rt_map *m = mapmem_new(BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 10, 0);
	u32 key = 5;
	u64 one = 1;

	CHECK_EQ(m->ops->update_cpu(m, &key, &one, 0, 3), 0);
	for (u32 c = 0; c < m->nr_cpus; c++)
		CHECK_EQ(*(u64 *)m->ops->lookup_cpu(m, &key, c), c == 3);
	CHECK(!m->ops->lookup_cpu(m, &key, m->nr_cpus));
	CHECK_EQ(m->ops->update_cpu(m, &key, &one, 0, RT_ALL_CPUS), 0);
	for (u32 c = 0; c < m->nr_cpus; c++)
		CHECK_EQ(*(u64 *)m->ops->lookup_cpu(m, &key, c), 1);
}
