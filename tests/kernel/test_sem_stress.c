/* SPDX-License-Identifier: BSD-2-Clause */
/* Many calls on all CPUs, and interrupts: no cookie is ever another call's, and the sums are exact. */
#include "sem.h"

#include <fcntl.h>
#include <sys/klog.h>

enum { ENTRIES, EXITS, WRONG, ZERO, DIRTY, INTERRUPT };

#define THREADS 4
#define CALLS 30000
#define UPDATES 20000
/* Split: interrupts between the kernel's guard and a half's first or last instruction, twice in a row
 * and in both halves (docs/split.md, "Records that leak"). None was seen in 31 runs. */
#define WRONG_WINDOWS 2

struct hammer {
	pthread_t thread;
	pthread_barrier_t *start;
	int nr, map;
	__u64 calls;
};

static bool split(struct sem *s, const char *program)
{
	struct fsession_prog_info info = { .sz = sizeof(info) };

	CHECK_EQ(fsession_prog_info(sem_prog(s, program), &info), 0);
	return info.engine == FSESSION_ENGINE_SPLIT;
}

/*
 * Each call has two runs. The kernel may miss any of them, when the program was interrupted or
 * preempted on that CPU (an exit without its entry then reads 0, which split does not show at all).
 */
static void check_sums(struct sem *s, const char *program, __u64 calls, const __u64 *n)
{
	struct fsession_stats st = sem_stats(s, program);

	CHECK_EQ(n[WRONG], 0);
	CHECK_EQ(n[DIRTY], 0);
	printf("# %s: %llu calls, %llu entries, %llu exits, %llu empty; missed %llu unmatched %llu "
	       "full %llu open %llu swept %llu\n", program, calls, n[ENTRIES], n[EXITS], n[ZERO],
	       (__u64)st.missed, (__u64)st.unmatched, (__u64)st.full, (__u64)st.open,
	       (__u64)st.swept);
	if (!split(s, program)) {
		CHECK_EQ(2 * calls, n[ENTRIES] + n[EXITS] + st.missed);
		CHECK(n[ZERO] <= st.missed);
		return;
	}
	CHECK_EQ(n[ZERO], 0);
	CHECK_EQ(st.entries, n[ENTRIES]);
	CHECK_EQ(st.exits, n[EXITS]);
	CHECK_EQ(2 * calls, st.entries + st.exits + st.missed + st.full + st.unmatched);
	CHECK_EQ(st.entries, st.exits + st.open + st.swept);
	CHECK_EQ(st.full, 0);
}

static void *hammer(void *arg)
{
	struct hammer *h = arg;
	pid_t self = getpid();

	pthread_barrier_wait(h->start);
	for (int i = 0; i < CALLS; i++)
		getpgid(self);
	h->calls = CALLS;
	return NULL;
}

/* Runs @fn in threads; the number of calls they made. */
static __u64 run_threads(void *(*fn)(void *), int map)
{
	struct hammer h[THREADS];
	pthread_barrier_t start;
	__u64 calls = 0;

	pthread_barrier_init(&start, NULL, THREADS);
	for (int i = 0; i < THREADS; i++) {
		h[i] = (struct hammer){ .start = &start, .nr = i, .map = map };
		CHECK_EQ(pthread_create(&h[i].thread, NULL, fn, &h[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(h[i].thread, NULL);
		calls += h[i].calls;
	}
	return calls;
}

TEST(hammered_on_all_cpus)
{
	struct sem s;
	__u64 calls;

	if (!sem_load(&s, "sem_stress", "hammer hammer2") || !sem_attach(&s, "hammer hammer2"))
		return;
	calls = run_threads(hammer, -1);
	CHECK_EQ(calls, THREADS * CALLS);
	check_sums(&s, "hammer", calls, s.d->n);
	check_sums(&s, "hammer2", calls, s.d->n + 10);
	/* missing is the exception: it is no way out */
	CHECK(s.d->n[EXITS] - s.d->n[ZERO] > calls / 2);
	sem_close(&s);
}

static void *update(void *arg)
{
	struct hammer *h = arg;
	__u64 value[256];
	__u32 key;

	memset(value, h->nr, sizeof(value));
	pthread_barrier_wait(h->start);
	for (__u32 i = 0; i < UPDATES; i++) {
		key = i % 3;
		value[0] = 0xabcdULL << 32 | h->nr << 24 | i;
		h->calls += !bpf_map_update_elem(h->map, &key, value, BPF_ANY);
	}
	return NULL;
}

static void start_ticks(struct sem *s)
{
	CHECK(sem_attach(s, "tick"));
}

/* Asks the other CPUs for backtraces, which each makes in an NMI, until the process ends. */
static void *send_nmis(void *arg)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

	while (write(fd, "l", 1) == 1)
		;
	return arg;
}

static void start_nmis(struct sem *s)
{
	pthread_t thread;

#ifdef __aarch64__
	tap_skip("backtraces are asked for by ordinary interrupts here");
#endif
	CHECK(klogctl(6 /* console off */, NULL, 0) >= 0);
	CHECK(sem_attach(s, "nmi"));
	CHECK_EQ(pthread_create(&thread, NULL, send_nmis, NULL), 0);
	pthread_detach(thread);
}

/* No more interrupts' calls: a kernel that detaches a session runs only its exits for some time. */
static void stop_interrupts(struct sem *s)
{
	CHECK_EQ(s->nr_links, 2);
	CHECK_EQ(bpf_link__destroy(s->links[0]), 0);
	s->links[0] = s->links[1];
	s->nr_links = 1;
}

/* Many updates from tasks and, if @start, by the program @by from interrupts meanwhile. */
static void interrupted(const char *by, void (*start)(struct sem *s))
{
	struct fsession_stats st;
	char programs[64];
	struct sem s;
	__u64 calls;

	snprintf(programs, sizeof(programs), "interrupted %s", by);
	if (!sem_load(&s, "sem_stress", programs))
		return;
	if (start)
		start(&s);
	if (!sem_attach(&s, "interrupted"))
		return;
	calls = run_threads(update, bpf_map__fd(bpf_object__find_map_by_name(s.obj, "busy")));
	CHECK_EQ(calls, THREADS * UPDATES);
	if (start)
		stop_interrupts(&s);
	sem_detach(&s);
	st = sem_stats(&s, "interrupted");
	printf("# %llu ticks, %llu seen; %llu entries, %llu exits, %llu empty, %llu wrong; "
	       "missed %llu unmatched %llu open %llu\n", s.d->n[30], s.d->n[INTERRUPT],
	       s.d->n[ENTRIES], s.d->n[EXITS], s.d->n[ZERO], s.d->n[WRONG], (__u64)st.missed,
	       (__u64)st.unmatched, (__u64)st.open);
	CHECK(s.d->n[WRONG] <= (split(&s, "interrupted") ? WRONG_WINDOWS : 0));
	CHECK_EQ(s.d->n[DIRTY], 0);
	CHECK_EQ(s.d->n[30] > 0, !!start);
	CHECK_EQ(s.d->n[INTERRUPT] > 0, !!start);
	CHECK(s.d->n[EXITS] > calls / 10);
	/* ticks between the two attaches leave exits without an entry: dropped */
	if (split(&s, "interrupted")) {
		CHECK_EQ(s.d->n[ZERO], 0);
		CHECK(s.d->n[EXITS] <= s.d->n[ENTRIES]);
	} else {
		CHECK(s.d->n[ZERO] <= st.missed);
	}
	sem_close(&s);
}

/* Two tasks on each CPU: one is preempted inside the program, what the other does is missed. */
TEST(preempted)
{
	interrupted("", NULL);
}

TEST(interrupts)
{
	interrupted("tick", start_ticks);
}

TEST(nmi)
{
	interrupted("nmi", start_nmis);
	klogctl(7 /* console on */, NULL, 0);
}
