/* SPDX-License-Identifier: BSD-2-Clause */
/* Atomics of compiled programs from many threads at once: nothing may get lost. */
#include <pthread.h>
#include <stdlib.h>

#include "asm.h"
#include "engines.h"
#include "tap.h"

#define THREADS 4
#define TIMES 200000	/* runs per thread: long enough that they meet */

struct shared {
	u64 sum, sum32, xored, swapped, fetched;
};

/* +0 += 1, +8 += 1 in 32 bits, +16 ^= 1 by a fetching loop, +24 += 1 by cmpxchg, +32 += 1 fetching */
static const char text[] =
	"r6 = r1\n"
	"r2 = 1\n"
	"lock *(u64 *)(r6 + 0) += r2\n"
	"lock *(u32 *)(r6 + 8) += r2\n"
	"r3 = 1\n"
	"r3 = atomic64_fetch_xor((u64 *)(r6 + 16), r3)\n"
	"again:\n"
	"r7 = *(u64 *)(r6 + 24)\n"
	"r0 = r7\n"
	"r2 = r7\n"
	"r2 += 1\n"
	"r0 = atomic64_cmpxchg((u64 *)(r6 + 24), r0, r2)\n"
	"if r0 != r7 goto again\n"
	"r4 = 1\n"
	"r4 = atomic64_fetch_add((u64 *)(r6 + 32), r4)\n"
	"exit\n";

static struct shared shared;
static struct jit_code *code;
static pthread_barrier_t start;

static void *worker(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&start);
	for (int i = 0; i < TIMES; i++)
		code->entry(&shared);
	return NULL;
}

static void run(u32 features)
{
	struct asm_prog *p = calloc(1, sizeof(*p));
	struct jit_opts opts = { .features = features };
	pthread_t threads[THREADS];

	memset(&shared, 0, sizeof(shared));
	CHECK_EQ(asm_text(p, text), 0);
	CHECK_EQ(jit_load(p->insns, p->cnt, &opts, &code), 0);
	pthread_barrier_init(&start, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, worker, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&start);
	CHECK_EQ(shared.sum, THREADS * TIMES);
	CHECK_EQ(shared.sum32, THREADS * TIMES);
	CHECK_EQ(shared.xored, THREADS * TIMES % 2);
	CHECK_EQ(shared.swapped, THREADS * TIMES);
	CHECK_EQ(shared.fetched, THREADS * TIMES);
	jit_code_free(code);
	free(p);
}

TEST(threads_atomics)
{
	run(arch_host_features());
}

TEST(threads_atomics_without_features)
{
	run(0);
}
