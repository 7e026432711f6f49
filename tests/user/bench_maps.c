/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Map operations beside a plain C structure of the same kind, in the same run: median of rounds in
 * ns of CPU per operation, with the spread, one thread and as many as the machine has CPUs.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "mapmem.h"
#include "rt/helper.h"

#define KEYS 4096
#define OPS 100000
#define ROUNDS 33
#define THREADS_MAX 64

typedef u64 (*bench_fn)(u32 seed);

/*
 * The plain hash: open addressing, a power of two twice the keys, values beside keys. Keys are random, and
 * each key's value is another key: a chain of lookups that all wait for the one before, since the time of
 * one is asked for. (Where a program's next key does not depend on the last value, both overlap.)
 *
 * Three of them. The first does least: its hash is one multiplication, the key comes in a register, and nobody
 * may change the table meanwhile. The second has a hash of the same quality as the map's, seeded and every bit
 * mixed, and gets its key by address, as bpf_map_lookup_elem() does. The third may also be changed by others
 * meanwhile (who hold a lock): a lookup looks at a count of changes before and after.
 */
struct plain {
	u64 key, value;
};

static struct plain plain[2 * KEYS], mixed[2 * KEYS];
static u64 plain_changes;
static const u64 plain_seed = 0x51ed270b7ULL;
static u64 keys[KEYS], plain_array[KEYS];
static struct rt_map *hash, *large, *array, *ring, *percpu;
static volatile u64 sink;

static u32 plain_index(u64 key)
{
	return key * 0x9e3779b97f4a7c15ULL >> 51;
}

static u64 *plain_find(u64 key)
{
	u32 i = plain_index(key);

	while (plain[i].key && plain[i].key != key)
		i = (i + 1) % (2 * KEYS);
	return plain[i].key ? &plain[i].value : NULL;
}

static u32 mixed_index(u64 key)
{
	unsigned __int128 wide = (unsigned __int128)(key ^ plain_seed) * 0x9e3779b97f4a7c15ULL;

	return ((u64)wide ^ (u64)(wide >> 64)) % (2 * KEYS);
}

static u64 *mixed_find(const u64 *key)
{
	u32 i = mixed_index(*key);

	while (mixed[i].key && mixed[i].key != *key)
		i = (i + 1) % (2 * KEYS);
	return mixed[i].key ? &mixed[i].value : NULL;
}

static u64 *shared_find(const u64 *key)
{
	for (;;) {
		u64 changes = rt_load_acquire(&plain_changes), found;
		u32 i = mixed_index(*key);

		while ((found = rt_load(&mixed[i].key)) && found != *key)
			i = (i + 1) % (2 * KEYS);
		rt_fence_acquire();
		if (!(changes & 1) && rt_load(&plain_changes) == changes)
			return found ? &mixed[i].value : NULL;
	}
}

/* By a call, as the map's. */
static u64 *(*volatile plain_lookup)(u64 key) = plain_find;
static u64 *(*volatile mixed_lookup)(const u64 *key) = mixed_find;
static u64 *(*volatile shared_lookup)(const u64 *key) = shared_find;

static u64 key_of(u64 *seed)
{
	return mapmem_random(seed) % KEYS + 1;
}

static u64 nothing(u32 seed)
{
	u64 s = seed, sum = 0;

	for (u32 i = 0; i < OPS; i++)
		sum += key_of(&s);
	return sum;
}

static u64 plain_hash_lookup(u32 seed)
{
	u64 *(*lookup)(u64 key) = plain_lookup, key = keys[seed];

	for (u32 i = 0; i < OPS; i++)
		key = *lookup(key);
	return key;
}

static u64 mixed_hash_lookup(u32 seed)
{
	u64 *(*lookup)(const u64 *key) = mixed_lookup, key = keys[seed];

	for (u32 i = 0; i < OPS; i++)
		key = *lookup(&key);
	return key;
}

static u64 shared_hash_lookup(u32 seed)
{
	u64 *(*lookup)(const u64 *key) = shared_lookup, key = keys[seed];

	for (u32 i = 0; i < OPS; i++)
		key = *lookup(&key);
	return key;
}

static u64 chain_lookup(struct rt_map *m, u64 key)
{
	for (u32 i = 0; i < OPS; i++)
		key = *(u64 *)rt_help_map_lookup((u64)m, (u64)&key, 0, 0, 0);
	return key;
}

static u64 hash_lookup(u32 seed)
{
	return chain_lookup(hash, keys[seed]);
}

static u64 large_lookup(u32 seed)
{
	return chain_lookup(large, keys[seed]);
}

static u64 hash_update(u32 seed)
{
	u64 s = seed;

	for (u32 i = 0; i < OPS; i++) {
		u32 n = key_of(&s) - 1;

		hash->ops->update(hash, &keys[n], &keys[(n + 1) % KEYS], BPF_ANY);
	}
	return 0;
}

static u64 plain_array_lookup(u32 seed)
{
	u64 s = seed, sum = 0;

	for (u32 i = 0; i < OPS; i++)
		sum += plain_array[key_of(&s) - 1];
	return sum;
}

static u64 array_lookup(u32 seed)
{
	u64 s = seed, sum = 0;

	for (u32 i = 0; i < OPS; i++) {
		u32 key = key_of(&s) - 1;

		sum += *(u64 *)array->ops->lookup(array, &key);
	}
	return sum;
}

static u64 percpu_lookup(u32 seed)
{
	struct rt_scope scope;
	struct rt_thread *t = rt_enter(&scope);
	u64 s = seed, sum = 0;

	for (u32 i = 0; i < OPS; i++) {
		u32 key = key_of(&s) - 1;

		sum += *(u64 *)percpu->ops->lookup(percpu, &key);
	}
	rt_exit(t, &scope);
	return sum;
}

/* What any two that order their records must do at least: take turns at one cache line. */
static u64 fetch_add(u32 seed)
{
	static u64 word RT_LINE;

	for (u32 i = 0; i < OPS; i++)
		__atomic_fetch_add(&word, seed, __ATOMIC_SEQ_CST);
	return 0;
}

/*
 * The plain ring: the same records and positions under a spin lock, as the kernel's. Who is killed while it
 * holds that stops everybody.
 */
static struct {
	u32 lock RT_LINE;
	u64 reserved, consumer RT_LINE, producer RT_LINE;
	u8 data[(1 << 16) + 64] RT_LINE;	/* the last record runs on */
} plain_ring;

static u64 *plain_reserve(u32 bytes)
{
	u64 pos, *header, *ret = NULL;

	while (__atomic_exchange_n(&plain_ring.lock, 1, __ATOMIC_ACQUIRE))
		while (rt_load(&plain_ring.lock))
			__atomic_signal_fence(__ATOMIC_SEQ_CST);
	pos = plain_ring.reserved;
	if (pos + 8 + bytes - rt_load_acquire(&plain_ring.consumer) <= 1 << 16) {
		header = (u64 *)(plain_ring.data + pos % (1 << 16));
		rt_store(header, 1u << 31 | bytes);
		plain_ring.reserved = pos + 8 + bytes;
		rt_store_release(&plain_ring.producer, plain_ring.reserved);
		ret = header + 1;
	}
	rt_store_release(&plain_ring.lock, 0);
	return ret;
}

static u64 plain_ring_record(u32 seed)
{
	for (u32 i = 0; i < OPS; i++) {
		u64 *r = plain_reserve(16);

		if (!r) {
			rt_store(&plain_ring.consumer, rt_load_acquire(&plain_ring.producer));
			continue;
		}
		r[0] = seed;
		__atomic_exchange_n(r - 1, 16, __ATOMIC_SEQ_CST);
	}
	return 0;
}

static u64 ring_record(u32 seed)
{
	struct rt_scope scope;
	struct rt_thread *t = rt_enter(&scope);
	u64 *cons = (u64 *)(ring->base + ring->mmap_off), *prod = cons + 512;

	for (u32 i = 0; i < OPS; i++) {
		u64 *r = rt_ring_reserve(ring, 16, 0);

		if (!r) {	/* take everything at once, as a consumer that keeps up */
			rt_store(cons, rt_load_acquire(prod));
			continue;
		}
		r[0] = seed;
		rt_ring_commit(r, BPF_RB_NO_WAKEUP, false);
	}
	rt_exit(t, &scope);
	return 0;
}

static u64 lane(u32 seed)
{
	struct rt_scope scope;

	for (u32 i = 0; i < OPS; i++)
		rt_exit(rt_enter(&scope), &scope);
	return seed;
}

/* -- Measuring --- */

struct job {
	bench_fn fn;
	u32 seed;
	int *waiting;	/* for these threads to arrive: all at once, or they would not meet */
	double ns;	/* of its CPU, so that others on the machine do not count */
};

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void *job_run(void *arg)
{
	struct job *j = arg;
	double start;

	__atomic_fetch_sub(j->waiting, 1, __ATOMIC_SEQ_CST);
	while (rt_load_acquire(j->waiting))
		;
	start = cpu_ns();
	sink += j->fn(j->seed);
	j->ns = cpu_ns() - start;
	return NULL;
}

static double once(bench_fn fn, int threads)
{
	struct job jobs[THREADS_MAX];
	pthread_t t[THREADS_MAX];
	int waiting = threads;
	double ns = 0;

	for (int i = 0; i < threads; i++) {
		jobs[i] = (struct job){ fn, i + 1, &waiting, 0 };
		pthread_create(&t[i], NULL, job_run, &jobs[i]);
	}
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < threads; i++)
		ns += jobs[i].ns / threads;
	return ns / OPS;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* @yard: what it is compared with, or 0. Returns the median. */
static double measure(const char *name, bench_fn fn, double base, int threads, double yard)
{
	double ns[ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		ns[i] = once(fn, threads);
	qsort(ns, ROUNDS, sizeof(*ns), compare);
	printf("%-24s %2d thread%s %7.1f ns   (%.1f .. %.1f)", name, threads, threads > 1 ? "s" : " ",
	       ns[ROUNDS / 2] - base, ns[0] - base, ns[ROUNDS - 1] - base);
	if (yard)
		printf("   x%.2f", (ns[ROUNDS / 2] - base) / yard);
	printf("\n");
	return ns[ROUNDS / 2] - base;
}

static void plain_add(struct plain *table, u32 i, u64 key, u64 value)
{
	while (table[i].key)
		i = (i + 1) % (2 * KEYS);
	table[i] = (struct plain){ key, value };
}

static void fill_hashes(void)
{
	u64 seed = 1;

	for (u32 i = 0; i < KEYS; i++)
		keys[i] = mapmem_random(&seed) << 32 | mapmem_random(&seed);
	for (u32 n = 0; n < KEYS; n++) {
		u64 value = keys[(n + 1) % KEYS], values[3] = { value };

		hash->ops->update(hash, &keys[n], &value, BPF_ANY);
		large->ops->update(large, &keys[n], values, BPF_ANY);
		plain_add(plain, plain_index(keys[n]), keys[n], value);
		plain_add(mixed, mixed_index(keys[n]), keys[n], value);
	}
	for (u32 n = 0; n < KEYS; n++) {	/* each a new node now */
		u64 values[3] = { keys[(n + 1) % KEYS] };

		large->ops->update(large, &keys[n], values, BPF_EXIST);
	}
}

int main(void)
{
	int cores = sysconf(_SC_NPROCESSORS_ONLN);

	cores = cores > THREADS_MAX ? THREADS_MAX : cores;
	hash = mapmem_new(BPF_MAP_TYPE_HASH, 8, 8, KEYS, 0);
	large = mapmem_new(BPF_MAP_TYPE_HASH, 8, 24, KEYS, 0);
	array = mapmem_new(BPF_MAP_TYPE_ARRAY, 4, 8, KEYS, 0);
	percpu = mapmem_new(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, KEYS, 0);
	ring = mapmem_new(BPF_MAP_TYPE_RINGBUF, 0, 0, 1 << 16, 0);
	rt_ring_enroll(ring);
	fill_hashes();
	for (int threads = 1; threads <= cores; threads = threads < cores ? cores : cores + 1) {
		double base = once(nothing, threads), yard;

		for (int i = 0; i < 5; i++)
			base = base < once(nothing, threads) ? base : once(nothing, threads);
		measure("array, plain C", plain_array_lookup, base, threads, 0);
		measure("array lookup", array_lookup, base, threads, 0);
		measure("per-CPU array lookup", percpu_lookup, base, threads, 0);
		yard = measure("hash, plain C", plain_hash_lookup, 0, threads, 0);
		measure("hash lookup", hash_lookup, 0, threads, yard);
		yard = measure("hash, plain C, mixed", mixed_hash_lookup, 0, threads, 0);
		measure("hash lookup", hash_lookup, 0, threads, yard);
		measure("hash lookup, 24 bytes", large_lookup, 0, threads, yard);
		yard = measure("hash, plain C, shared", shared_hash_lookup, 0, threads, 0);
		measure("hash lookup", hash_lookup, 0, threads, yard);
		measure("hash replace", hash_update, base, threads, 0);
		measure("lane in and out", lane, 0, threads, 0);
		measure("fetch-add, one line", fetch_add, 0, threads, 0);
		yard = measure("ring, plain C", plain_ring_record, 0, threads, 0);
		measure("ring reserve+submit", ring_record, 0, threads, yard);
	}
	return 0;
}
