/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs in many threads at once: more than there are CPUs for programs, more than there are lanes; and
 * prog arrays and maps of maps that change while programs look into them.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/build.h"
#include "inject/selftarget.h"
#include "rt/lane.h"
#include "tap.h"
#include "threads.h"

static struct bpf_object *obj;
static struct threads_data *d;
static int gate[2];	/* who reads from it waits until its other end is closed */

static volatile int twice = 2;

__attribute__((noinline)) static long own_function(long a)
{
	return a * twice;
}

static long (*volatile call_own)(long a) = own_function;

static int map_fd(const char *name)
{
	return bpf_object__find_map_fd_by_name(obj, name);
}

static int prog_fd(const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(obj, name));
}

static bool load(void)
{
	selftarget_use(NULL);
	obj = bpf_object__open_file(tap_file("threads.bpf.o"), NULL);
	CHECK(obj);
	bpf_program__set_attach_target(bpf_object__find_program_by_name(obj, "stay"), 0, "own_function");
	if (bpf_object__load(obj)) {
		tap_fail(__FILE__, __LINE__, "load: %s", strerror(errno));
		return false;
	}
	d = mmap(NULL, sizeof(*d), PROT_READ | PROT_WRITE, MAP_SHARED, map_fd(".bss"), 0);
	CHECK(d != MAP_FAILED);
	return d != MAP_FAILED && !pipe(gate);
}

static void wait_at_gate(void)
{
	char c;

	while (read(gate[0], &c, 1) < 0)
		;
}

static void start(pthread_t *thread, void *(*fn)(void *arg))
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 << 10);
	CHECK_EQ(pthread_create(thread, &attr, fn, NULL), 0);
	pthread_attr_destroy(&attr);
}

static void join_all(pthread_t *threads, __u32 nr)
{
	close(gate[1]);
	for (__u32 i = 0; i < nr; i++)
		pthread_join(threads[i], NULL);
}

/* How often "stay" ran, on all CPUs. */
static __u64 nr_runs(void)
{
	__u64 v[THREADS_CPUS] = { 0 }, sum = 0;
	__u32 zero = 0;

	CHECK_EQ(bpf_map_lookup_elem(map_fd("runs"), &zero, v), 0);
	for (int i = 0; i < libbpf_num_possible_cpus(); i++)
		sum += v[i];
	return sum;
}

/* -- More threads inside than there are CPUs: nobody waits, some share --- */

/* What a thread inside does: it is there for as long as it takes, and needs no time. */
static void stay_in_handler(int sig)
{
	(void)sig;
	wait_at_gate();
}

static void *run_stay(void *arg)
{
	call_own(1);
	return arg;
}

/* Has "stay" run in one more thread; back when that is inside. */
static void send_inside(pthread_t *thread)
{
	__u64 before = __atomic_load_n(&d->inside, __ATOMIC_ACQUIRE);

	start(thread, run_stay);
	while (__atomic_load_n(&d->inside, __ATOMIC_ACQUIRE) == before)
		usleep(100);
	pthread_kill(*thread, SIGUSR1);
}

TEST(threads_share_cpus)
{
	__u32 nr_cpus = libbpf_num_possible_cpus(), nr = nr_cpus + 3;
	bool taken[THREADS_CPUS] = { false };
	pthread_t threads[THREADS_CPUS];
	int link;

	if (!load())
		return;
	signal(SIGUSR1, stay_in_handler);
	link = bpf_raw_tracepoint_open(NULL, prog_fd("stay"));
	CHECK(link >= 0);
	for (__u32 i = 0; i < nr; i++)
		send_inside(&threads[i]);
	CHECK_EQ(rt_lanes_busy((u32[RT_LANES]){ 0 }), nr);
	for (__u32 i = 0; i < nr; i++) {
		CHECK(d->cpu[i] < nr_cpus);
		CHECK_EQ(taken[d->cpu[i]], i >= nr_cpus);
		taken[d->cpu[i]] = true;
	}
	__atomic_store_n(&d->over, 1, __ATOMIC_RELEASE);
	join_all(threads, nr);
	CHECK_EQ(rt_lanes_busy((u32[RT_LANES]){ 0 }), 0);
	CHECK_EQ(nr_runs(), nr);
	close(link);
	bpf_object__close(obj);
}

/* -- All lanes taken: programs are not run, operations say so --- */

static void *take_lane(void *arg)
{
	struct rt_scope scope;
	struct rt_thread *t = rt_enter(&scope);

	CHECK(t);
	wait_at_gate();
	if (t)
		rt_exit(t, &scope);
	return arg;
}

static __u64 misses(int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	CHECK_EQ(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	return info.recursion_misses;
}

TEST(threads_without_lanes)
{
	int hash = bpf_map_create(BPF_MAP_TYPE_HASH, "m", 4, 4, 4, NULL), link;
	static pthread_t threads[RT_LANES];
	__u32 key = 1;

	if (!load())
		return;
	d->over = 1;
	link = bpf_raw_tracepoint_open(NULL, prog_fd("stay"));
	CHECK(link >= 0);
	for (__u32 i = 0; i < RT_LANES; i++)
		start(&threads[i], take_lane);
	while (rt_lanes_busy((u32[RT_LANES]){ 0 }) < RT_LANES)
		usleep(1000);
	CHECK_EQ(call_own(3), 6);
	CHECK_EQ(d->inside, 0);
	CHECK_EQ(misses(prog_fd("stay")), 1);
	CHECK_EQ(bpf_map_update_elem(hash, &key, &key, 0), -EBUSY);
	join_all(threads, RT_LANES);
	CHECK_EQ(bpf_map_update_elem(hash, &key, &key, 0), 0);
	CHECK_EQ(call_own(3), 6);
	CHECK_EQ(d->inside, 1);
	CHECK_EQ(misses(prog_fd("stay")), 1);
	CHECK_EQ(nr_runs(), 1);
	close(link);
	bpf_object__close(obj);
}

/* -- Programs look into what changes, and what was taken out is gone --- */

#define READERS 3
#define ROUNDS 200
#define ROUNDS_MAX 100000
#define SLOW 50		/* what the programs in the array return */
#define OTHER 99

static bool over;
static __u64 nr_read[OTHER + 1];	/* by what a program returned */

static void *read_much(int fd)
{
	__u64 ctx = 0;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		CHECK_EQ(bpf_prog_test_run_opts(fd, &opts), 0);
		__atomic_fetch_add(&nr_read[opts.retval < OTHER ? opts.retval : OTHER], 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static bool was_read(__u32 what)
{
	return __atomic_load_n(&nr_read[what], __ATOMIC_RELAXED);
}

/* @change: one round by each of two threads at once, until @all_seen. */
static void change_much(void *(*reader)(void *arg), void *(*changer)(void *arg))
{
	pthread_t threads[READERS + 1];

	for (int i = 0; i < READERS; i++)
		start(&threads[i], reader);
	start(&threads[READERS], changer);
	changer(NULL);
	pthread_join(threads[READERS], NULL);
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	join_all(threads, READERS);
}

static void *run_jump(void *arg)
{
	(void)arg;
	return read_much(prog_fd("jump"));
}

/* Takes its time, in which it may be taken out; another program in its place would return something else. */
static int load_slow(int number)
{
	const struct bpf_insn insns[] = {
		INSN_MOV_I(6, number),
		INSN_MOV_I(7, 500),
		INSN_CALL(BPF_FUNC_ktime_get_ns),
		INSN_ALU_I(BPF_SUB, 7, 1),
		INSN_JMP_I(BPF_JNE, 7, 0, -3),
		INSN_MOV_I(0, number + SLOW),
		INSN_ALU_R(BPF_SUB, 0, 6),
		INSN_EXIT(),
	};

	return bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "slow", "GPL", insns, 8, NULL);
}

static void *change_progs(void *arg)
{
	__u32 zero = 0;

	for (int i = 0; i < ROUNDS_MAX && (i < ROUNDS || !was_read(SLOW) || !was_read(THREADS_NO_PROG)); i++) {
		int fd = load_slow(1000 * i);

		CHECK_EQ(bpf_map_update_elem(map_fd("progs"), &zero, &fd, 0), 0);
		close(fd);
		if (i % 2)
			bpf_map_delete_elem(map_fd("progs"), &zero);	/* the other one may have been faster */
	}
	return arg;
}

/* Nothing else was returned than what programs in the array return, and the one without a program. */
TEST(threads_change_prog_array)
{
	if (!load())
		return;
	change_much(run_jump, change_progs);
	CHECK(was_read(SLOW));
	CHECK(was_read(THREADS_NO_PROG));
	for (__u32 i = 0; i <= OTHER; i++)
		CHECK(i == SLOW || i == THREADS_NO_PROG || !was_read(i));
	bpf_object__close(obj);
}

static void *run_peek(void *arg)
{
	(void)arg;
	return read_much(prog_fd("peek"));
}

/* A new map in both. */
static void change_inner(__u64 i)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "inner", 4, sizeof(struct threads_pair), 1, NULL);
	struct threads_pair pair = { i, ~i };
	__u32 zero = 0;

	CHECK_EQ(bpf_map_update_elem(fd, &zero, &pair, 0), 0);
	CHECK_EQ(bpf_map_update_elem(map_fd("array"), &zero, &fd, 0), 0);
	CHECK_EQ(bpf_map_update_elem(map_fd("hash"), &zero, &fd, 0), 0);
	close(fd);
}

static void *change_maps(void *arg)
{
	const __u32 both = THREADS_IN_ARRAY | THREADS_IN_HASH;
	__u32 zero = 0;

	for (int i = 0; i < ROUNDS_MAX && (i < ROUNDS || !was_read(both) || !was_read(0)); i++) {
		change_inner(i);
		if (i % 2) {
			bpf_map_delete_elem(map_fd("array"), &zero);
			bpf_map_delete_elem(map_fd("hash"), &zero);
		}
	}
	return arg;
}

TEST(threads_change_inner_maps)
{
	if (!load())
		return;
	change_much(run_peek, change_maps);
	CHECK(was_read(THREADS_IN_ARRAY | THREADS_IN_HASH));
	CHECK(was_read(0));
	CHECK(!was_read(THREADS_BAD));
	CHECK(!was_read(THREADS_BAD | THREADS_IN_ARRAY));
	CHECK(!was_read(THREADS_BAD | THREADS_IN_HASH));
	bpf_object__close(obj);
}
