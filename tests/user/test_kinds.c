/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every kind of map that has no test of its own for it (hash: test_hash.c; ring buffer: test_maps.c; task storage:
 * test_tasks.c) used by three threads, a thread and the signal handlers that interrupt it, and processes that are
 * killed in the middle: what is in it stays whole, nothing is lost or there twice, and nobody waits for the dead.
 * Ends by counts, not by time.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mapmem.h"
#include "rt/helper.h"
#include "rt/perf.h"
#include "syscall/env.h"
#include "tap.h"

#define THREADS 3
#define KILLS 25
#define WORKERS (THREADS + 2 + KILLS)	/* and the thread that is interrupted, its handlers */
#define ITEMS (1u << 20)
#define STEPS 3000	/* of a thread at least */

struct worker {		/* shared with children */
	u32 nr;
	u64 seed, ops, bad, twice, done, sum;
};

static struct rt_map *m;
static struct rt_perf perf;
static struct worker *workers;
static u8 (*taken)[ITEMS / 8];	/* bit per item: it came out */
static void (*step)(struct worker *w);
static volatile bool stop;
static volatile u32 interrupts;

static void *shared(u64 bytes)
{
	void *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mem == MAP_FAILED)
		exit(1);
	return mem;
}

/* -- Driving --- */

static void one(struct worker *w)
{
	step(w);
	__atomic_fetch_add(&w->ops, 1, __ATOMIC_RELAXED);
}

static void *thread(void *arg)
{
	struct worker *w = arg;

	while (!stop || w->ops < STEPS)
		one(w);
	return NULL;
}

static void on_signal(int sig)
{
	(void)sig;
	one(&workers[THREADS + 1]);
	interrupts++;
}

static void *interrupter(void *arg)
{
	while (!stop) {
		pthread_kill(*(pthread_t *)arg, SIGUSR1);
		usleep(20);
	}
	return NULL;
}

static void kill_one(struct worker *mine, struct worker *child)
{
	u64 steps = 20 + mapmem_random(&mine->seed) % 200;
	pid_t pid = fork();

	if (!pid) {
		signal(SIGUSR1, SIG_IGN);
		for (;;)
			one(child);
	}
	while (__atomic_load_n(&child->ops, __ATOMIC_RELAXED) < steps)
		one(mine);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (u32 i = 0; i < 50; i++)
		one(mine);
}

static void drive(void (*fn)(struct worker *w))
{
	struct worker *mine;
	pthread_t self = pthread_self(), t[THREADS + 1];

	step = fn;
	stop = false;
	workers = shared(WORKERS * sizeof(*workers));
	taken = shared(WORKERS * sizeof(*taken));
	for (u32 i = 0; i < WORKERS; i++)
		workers[i] = (struct worker){ .nr = i, .seed = i + 1 };
	mine = &workers[THREADS];
	signal(SIGUSR1, on_signal);
	for (u32 i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, thread, &workers[i]);
	pthread_create(&t[THREADS], NULL, interrupter, &self);
	for (u32 i = 0; i < KILLS; i++)
		kill_one(mine, &workers[THREADS + 2 + i]);
	while (interrupts < 20)
		one(mine);
	stop = true;
	for (u32 i = 0; i <= THREADS; i++)
		pthread_join(t[i], NULL);
	signal(SIGUSR1, SIG_IGN);
	for (u32 i = 0; i < WORKERS; i++)
		CHECK_EQ(workers[i].bad, 0);
}

static u64 total(void)
{
	u64 sum = 0;

	for (u32 i = 0; i < WORKERS; i++)
		sum += workers[i].done;
	return sum;
}

static u64 doubles(void)
{
	u64 sum = 0;

	for (u32 i = 0; i < WORKERS; i++)
		sum += workers[i].twice;
	return sum;
}

/* -- Counting in values: nothing but what a killed process was about to note is missing --- */

static void count(struct worker *w)
{
	u32 key = mapmem_random(&w->seed) % 8;
	struct rt_scope scope;
	struct rt_thread *t = rt_enter(&scope);
	u64 *v;

	if (!t)
		return;
	v = m->ops->lookup(m, &key);
	if (!v && m->ops->update(m, &key, &(u64){ 0 }, BPF_NOEXIST) != -E2BIG)
		v = m->ops->lookup(m, &key);
	w->bad += !v;
	if (v) {
		__atomic_fetch_add(v, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&w->done, 1, __ATOMIC_RELAXED);
	}
	rt_exit(t, &scope);
}

static void check_counts(u32 type)
{
	u64 sum = 0;

	/* an insertion under way has its place, even where another one of the same key is about to win */
	m = mapmem_new(type, 4, 8, 8 + THREADS + 3, 0);
	drive(count);
	for (u32 key = 0; key < 8; key++)
		for (u32 cpu = 0; cpu < (m->ops->lookup_cpu ? m->nr_cpus : 1); cpu++)
			sum += *(u64 *)(m->ops->lookup_cpu ? m->ops->lookup_cpu(m, &key, cpu) : m->ops->lookup(m, &key));
	CHECK(sum >= total() && sum - total() <= KILLS);
}

TEST(kind_array)
{
	check_counts(BPF_MAP_TYPE_ARRAY);
}

TEST(kind_percpu_array)
{
	check_counts(BPF_MAP_TYPE_PERCPU_ARRAY);
}

TEST(kind_percpu_hash)
{
	check_counts(BPF_MAP_TYPE_PERCPU_HASH);
}

/* -- LRU hashes: entries belong to their keys, and there is always room --- */

static void churn_lru(struct worker *w)
{
	u64 key = mapmem_random(&w->seed) % 200, value[2] = { key, ~key }, *v;
	struct rt_scope scope;
	struct rt_thread *t = rt_enter(&scope);

	if (!t)
		return;
	switch (mapmem_random(&w->seed) % 4) {
	case 0:
		m->ops->del(m, &key);
		break;
	case 1:
		v = m->ops->lookup(m, &key);
		/* perhaps another key's by now, or a CPU's that has none yet; never junk */
		w->bad += v && (v[0] >= 200 || (v[1] && v[1] < ~200ULL));
		break;
	default:
		w->bad += m->ops->update(m, &key, value, BPF_ANY) != 0;
	}
	rt_exit(t, &scope);
}

static void check_lru(u32 type)
{
	u64 nr = 0, key;

	m = mapmem_new(type, 8, 16, 64, 0);
	drive(churn_lru);
	for (key = 0; key < 200; key++) {
		u64 *v = m->ops->lookup(m, &key);

		CHECK(!v || type != BPF_MAP_TYPE_LRU_HASH || (v[0] == key && v[1] == ~key));
		nr += !!v;
	}
	CHECK(nr > 0 && nr <= 64 + KILLS);
	for (key = 1000; key < 1064; key++)	/* it still takes 64 at once */
		CHECK_EQ(m->ops->update(m, &key, (u64[2]){ key, 0 }, BPF_NOEXIST), 0);
	for (nr = 0, key = 1000; key < 1064; key++)
		nr += !!m->ops->lookup(m, &key);
	printf("# %llu of 64\n", (unsigned long long)nr);
	CHECK(nr >= 16);	/* what goes is the oldest of a few */
}

TEST(kind_lru_hash)
{
	check_lru(BPF_MAP_TYPE_LRU_HASH);
}

TEST(kind_lru_percpu_hash)
{
	check_lru(BPF_MAP_TYPE_LRU_PERCPU_HASH);
}

/* -- Queue, stack: what goes in comes out once, and whole --- */

struct item {
	u64 who, nr, sum;
};

static void take(struct worker *w, const struct item *i)
{
	u8 bit = 1 << i->nr % 8;

	if (i->who >= WORKERS || i->nr >= ITEMS || i->sum != (i->who ^ ~i->nr)) {
		w->bad++;
		return;
	}
	w->twice += !!(__atomic_fetch_or(&taken[i->who][i->nr / 8], bit, __ATOMIC_RELAXED) & bit);
}

static void push_or_pop(struct worker *w)
{
	struct item i = { w->nr, w->done, w->nr ^ ~w->done };

	if (mapmem_random(&w->seed) % 2 && w->done < ITEMS) {
		w->done++;	/* first: a number is used once, whoever is killed */
		if (!m->ops->push(m, &i, BPF_ANY))
			__atomic_fetch_add(&w->sum, 1, __ATOMIC_RELAXED);
	} else if (!m->ops->pop(m, &i)) {
		take(w, &i);
	}
}

static void check_line(u32 type)
{
	u64 in = 0, out = 0;
	struct item i;

	m = mapmem_new(type, 0, sizeof(i), 16, 0);
	drive(push_or_pop);
	while (!m->ops->pop(m, &i))
		take(&workers[0], &i);
	CHECK_EQ(workers[0].bad, 0);
	for (u32 w = 0; w < WORKERS; w++) {
		in += workers[w].sum;
		for (u32 b = 0; b < sizeof(*taken); b++)
			out += __builtin_popcount(taken[w][b]);
	}
	CHECK_EQ(doubles(), 0);
	CHECK(in + KILLS >= out && out + KILLS >= in);
	for (u32 n = 0; n < 16; n++)
		CHECK_EQ(m->ops->push(m, &i, BPF_ANY), 0);
	CHECK_EQ(m->ops->push(m, &i, BPF_ANY), -E2BIG);
}

TEST(kind_queue)
{
	check_line(BPF_MAP_TYPE_QUEUE);
}

TEST(kind_stack)
{
	check_line(BPF_MAP_TYPE_STACK);
}

/* -- Bloom filter: what was put in is found --- */

static void put_and_peek(struct worker *w)
{
	u64 v = (u64)w->nr << 32 | w->ops;

	w->bad += m->ops->push(m, &v, BPF_ANY) != 0 || m->ops->peek(m, &v) != 0;
	v = (u64)w->nr << 32 | mapmem_random(&w->seed) % (w->ops + 1);
	w->bad += w->nr != THREADS + 1 && m->ops->peek(m, &v) != 0;
}

TEST(kind_bloom_filter)
{
	m = mapmem_new(BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 100000, 0);
	drive(put_and_peek);
}

/* -- LPM trie: one's own prefixes --- */

static void route(struct worker *w)
{
	struct {
		u32 len;
		u8 addr[4];
	} p = { 24, { 10, w->nr, mapmem_random(&w->seed), 0 } }, host = { 32, { 10, w->nr, p.addr[2], 7 } };
	u32 value = w->nr << 16 | p.addr[2], *v;
	struct rt_scope scope;
	struct rt_thread *t = rt_enter(&scope);

	if (!t)
		return;
	w->bad += m->ops->update(m, &p, &value, BPF_ANY) != 0;
	v = m->ops->lookup(m, &host);
	w->bad += !v || *v != value;
	w->bad += m->ops->del(m, &p) != 0;
	v = m->ops->lookup(m, &host);
	w->bad += v && *v >> 16 != 0xffff;	/* the default */
	rt_exit(t, &scope);
}

TEST(kind_lpm_trie)
{
	struct {
		u32 len, addr;
	} any = { 0, 0 };

	m = mapmem_new(BPF_MAP_TYPE_LPM_TRIE, 8, 4, 2 * WORKERS, BPF_F_NO_PREALLOC);
	CHECK_EQ(m->ops->update(m, &any, &(u32){ 0xffff0000 }, BPF_ANY), 0);
	drive(route);
	CHECK(m->ops->lookup(m, &any));
}

/* -- Stack traces: a number stands for one trace or, later, for another --- */

static void trace(struct worker *w)
{
	u64 ips[8], got[8], first = mapmem_random(&w->seed) % 64 + 1;
	struct rt_scope scope;
	struct rt_thread *t = rt_enter(&scope);
	u32 same = 0, id;
	long ret;

	if (!t)
		return;
	for (u32 i = 0; i < 8; i++)
		ips[i] = first * 1000 + i;
	ret = rt_stacks_add(m, ips, 8, w->seed & 1 ? BPF_F_REUSE_STACKID : 0);
	id = ret;
	w->bad += ret < 0 && ret != -EEXIST && ret != -EBUSY;
	if (ret >= 0 && !m->ops->copy(m, &id, got)) {
		for (u32 i = 0; i < 8; i++)
			same += got[i] == got[0] + i;
		w->bad += same != 8 || got[0] % 1000;
	}
	if (ret >= 0 && mapmem_random(&w->seed) % 8 == 0)
		m->ops->del(m, &id);
	rt_exit(t, &scope);
}

TEST(kind_stack_trace)
{
	m = mapmem_new(BPF_MAP_TYPE_STACK_TRACE, 4, 64, 16, 0);
	drive(trace);
}

/* -- Perf event: records come out whole, or are counted as lost --- */

static void output(struct worker *w)
{
	struct item i[3];
	struct rt_scope scope;
	struct rt_thread *t = rt_enter(&scope);
	u32 n = 1 + w->ops % 3;

	if (!t)
		return;
	for (u32 k = 0; k < n; k++)
		i[k] = (struct item){ w->nr, w->done, w->nr ^ ~w->done };
	if (w->done < ITEMS) {
		w->done++;
		w->sum += !rt_perf_output(&perf, i, n * sizeof(*i));
	}
	rt_exit(t, &scope);
}

static void copy_out(void *to, const u8 *data, u64 at, u64 bytes)
{
	for (u64 i = 0; i < bytes; i++)
		((u8 *)to)[i] = data[(at + i) & (perf.data_bytes - 1)];
}

static u64 nr_read, nr_lost;

static void read_record(struct worker *w, const u8 *data, u64 at, const struct perf_event_header *h)
{
	struct item i[4];
	u64 lost[2];
	u32 bytes;

	if (h->type == PERF_RECORD_LOST) {
		copy_out(lost, data, at + sizeof(*h), sizeof(lost));
		nr_lost += lost[1];
		return;
	}
	copy_out(&bytes, data, at + sizeof(*h), sizeof(bytes));
	w->bad += h->type != PERF_RECORD_SAMPLE || bytes > sizeof(i) || bytes < sizeof(*i);
	copy_out(i, data, at + sizeof(*h) + sizeof(bytes), sizeof(i));
	take(w, i);
	for (u32 k = 1; k < bytes / sizeof(*i); k++)
		w->bad += memcmp(&i[0], &i[k], sizeof(*i)) != 0;
	nr_read++;
}

static void drain(struct worker *w)
{
	struct perf_event_mmap_page *p = (void *)perf.base;
	u64 head = __atomic_load_n(&p->data_head, __ATOMIC_ACQUIRE), tail = p->data_tail;
	struct perf_event_header h;

	while (tail < head && !w->bad) {
		copy_out(&h, perf.base + RT_PAGE, tail, sizeof(h));
		w->bad += h.size < sizeof(h) || h.size % 8;
		if (!w->bad)
			read_record(w, perf.base + RT_PAGE, tail, &h);
		tail += h.size;
	}
	__atomic_store_n(&p->data_tail, tail, __ATOMIC_RELEASE);
}

/* The first thread reads, as there is one reader. */
static void output_or_drain(struct worker *w)
{
	if (w->nr == 0)
		drain(w);
	else
		output(w);
}

TEST(kind_perf_event_array)
{
	u64 sent = 0;

	CHECK_EQ(env_init(), 0);
	perf = (struct rt_perf){ shared(RT_PAGE + 4096), 4096, 0, eventfd(0, EFD_NONBLOCK) };
	drive(output_or_drain);
	drain(&workers[0]);
	CHECK_EQ(workers[0].bad, 0);
	for (u32 w = 0; w < WORKERS; w++)
		sent += workers[w].sum;
	CHECK(nr_read + KILLS >= sent && sent + KILLS >= nr_read);
	CHECK_EQ(doubles(), 0);
	CHECK(nr_read > 100);
	printf("# %llu records, %llu lost\n", (unsigned long long)nr_read, (unsigned long long)nr_lost);
}

/* -- User ring buffer: many want to drain it, one at a time does --- */

static u64 on_sample(u64 dynptr, u64 ctx, u64 r3, u64 r4, u64 r5)
{
	const struct rt_dynptr *d = (void *)dynptr;
	struct worker *w = (void *)ctx;

	(void)r3, (void)r4, (void)r5;
	take(w, (const struct item *)d->data);
	return 0;
}

/* The application's side, by the layout that libbpf knows. */
static void produce(struct worker *w)
{
	u64 *cons = (void *)(m->base + m->mmap_off), *prod = (void *)(m->base + m->mmap_off + RT_PAGE), at = *prod;
	struct item i = { w->nr, w->done, w->nr ^ ~w->done };
	u8 *to = m->values + (at & m->index_mask);

	if (w->done == ITEMS || at - __atomic_load_n(cons, __ATOMIC_ACQUIRE) + 32 > m->max_entries)
		return;
	*(u64 *)to = sizeof(i);
	memcpy(to + 8, &i, sizeof(i));
	w->done++;
	__atomic_store_n(prod, at + 32, __ATOMIC_RELEASE);
}

static void produce_or_drain(struct worker *w)
{
	struct rt_scope scope;
	struct rt_thread *t;
	long ret;

	if (w->nr == 0) {
		produce(w);
		return;
	}
	t = rt_enter(&scope);
	if (!t)
		return;
	ret = rt_help_user_ringbuf_drain((u64)m, (u64)on_sample, (u64)w, 0, 0);
	w->bad += ret < 0 && ret != -EBUSY;
	w->sum += ret > 0 ? ret : 0;
	rt_exit(t, &scope);
}

TEST(kind_user_ring_buffer)
{
	u64 got = 0;

	m = mapmem_new(BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 4096, 0);
	drive(produce_or_drain);
	produce_or_drain(&workers[1]);
	CHECK_EQ(workers[1].bad, 0);
	for (u32 w = 1; w < WORKERS; w++)
		got += workers[w].sum;
	CHECK(workers[0].done >= got && workers[0].done - got <= 128 * KILLS);
	CHECK(got > 100);
	CHECK(doubles() <= KILLS);	/* the record that somebody had just looked at */
}
