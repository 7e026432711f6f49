/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Atomics of compiled programs from many threads at once: nothing may get lost. Each program is a loop
 * around one operation on one word, so that threads meet in it.
 */
#include <pthread.h>
#include <stdlib.h>

#include "asm.h"
#include "engines.h"
#include "tap.h"

#define THREADS 4
#define LOOPS 1000	/* as in the programs below */

static u64 word;
static int runs;	/* per thread; less under emulation */
static struct jit_code *code;
static pthread_barrier_t start;

static void *worker(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&start);
	for (int i = 0; i < runs; i++)
		code->entry(&word);
	return NULL;
}

/* @body changes the word at r1; r6 counts down around it */
static u64 run(const char *body, u32 features)
{
	struct asm_prog *p = calloc(1, sizeof(*p));
	struct jit_opts opts = { .features = features };
	pthread_t threads[THREADS];
	char text[1024];

	snprintf(text, sizeof(text), "r6 = %d\nloop:\n%sr6 -= 1\nif r6 != 0 goto loop\nexit\n", LOOPS, body);
	word = 0;
	CHECK_EQ(asm_text(p, text), 0);
	CHECK_EQ(jit_load(p->insns, p->cnt, &opts, &code), 0);
	pthread_barrier_init(&start, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, worker, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&start);
	jit_code_free(code);
	free(p);
	return word;
}

static void run_all(u32 features)
{
	u64 total;

	runs = 4000 / atoi(getenv("ISA_THIN") ?: "1");
	total = (u64)THREADS * runs * LOOPS;
	CHECK_EQ(run("r2 = 1\nlock *(u64 *)(r1 + 0) += r2\n", features), total);
	CHECK_EQ(run("r2 = 1\nlock *(u32 *)(r1 + 4) += r2\n", features), total << 32);
	CHECK_EQ(run("r2 = 1\nr2 = atomic64_fetch_add((u64 *)(r1 + 0), r2)\n", features), total);
	/* two bits of one byte each turned twice, by fetching operations that are loops on some machines */
	CHECK_EQ(run("r2 = 5\nr2 = atomic64_fetch_xor((u64 *)(r1 + 0), r2)\n"
		     "r3 = 6\nr3 = atomic_fetch_xor((u32 *)(r1 + 0), r3)\n"
		     "r3 = 3\nr3 = atomic64_fetch_xor((u64 *)(r1 + 0), r3)\n", features), 0);
	CHECK_EQ(run("again:\nr7 = *(u64 *)(r1 + 0)\nr0 = r7\nr2 = r7\nr2 += 1\n"
		     "r0 = atomic64_cmpxchg((u64 *)(r1 + 0), r0, r2)\nif r0 != r7 goto again\n", features),
		 total);
	/* a lock made of an exchange, around an increment that is not atomic */
	CHECK_EQ(run("spin:\nr2 = 1\nr2 = atomic_xchg((u32 *)(r1 + 0), r2)\nif r2 != 0 goto spin\n"
		     "r3 = *(u32 *)(r1 + 4)\nr3 += 1\n*(u32 *)(r1 + 4) = r3\nr3 = 0\n"
		     "store_release((u32 *)(r1 + 0), r3)\n", features), total << 32);
}

TEST(threads_atomics)
{
	run_all(arch_host_features());
}

TEST(threads_atomics_without_features)
{
	run_all(0);
}
