/* SPDX-License-Identifier: BSD-2-Clause */
/* Map kinds beside the hash, through libbpf on the engine, and the ring buffer under pressure. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/insn.h"
#include "mapmem.h"
#include "tap.h"

static int make(enum bpf_map_type type, u32 key, u32 value, u32 max, u32 flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);
	int fd = bpf_map_create(type, "m", key, value, max, &opts);

	CHECK(fd >= 0);
	return fd;
}

/* Looks up ctx[0] in the array, or if ctx[1] is not 0 in the other map, by one call; all ones: not there. */
static int lookup_prog(int array, int other)
{
	const struct bpf_insn insns[] = {
		insn_make(BPF_LDX | BPF_MEM | BPF_W, 6, 1, 0, 0),
		insn_make(BPF_LDX | BPF_MEM | BPF_W, 7, 1, 4, 0),
		insn_make(BPF_STX | BPF_MEM | BPF_W, 10, 6, -4, 0),
		insn_make(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
		insn_make(BPF_ALU64 | BPF_ADD, 2, 0, 0, -4),
		insn_make(BPF_JMP | BPF_JEQ, 7, 0, 3, 0),
		insn_make(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, other), { 0 },
		insn_make(BPF_JMP | BPF_JA, 0, 0, 2, 0),
		insn_make(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, array), { 0 },
		insn_make(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
		insn_make(BPF_JMP | BPF_JNE, 0, 0, 2, 0),
		insn_make(BPF_ALU64 | BPF_MOV, 0, 0, 0, -1),
		insn_make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
		insn_make(BPF_LDX | BPF_MEM | BPF_DW, 0, 0, 0, 0),
		insn_make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_SLEEPABLE);
	int fd = bpf_prog_load(BPF_PROG_TYPE_SYSCALL, "lookup", "GPL", insns, sizeof(insns) / sizeof(insns[0]), &opts);

	CHECK(fd >= 0);
	return fd;
}

static u32 run_lookup(int prog, u32 key, u32 which)
{
	u32 ctx[] = { key, which };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = ctx, .ctx_size_in = sizeof(ctx));

	CHECK_EQ(bpf_prog_test_run_opts(prog, &opts), 0);
	return opts.retval;
}

/* Lookups in arrays are part of the code, unless the same call looks into other maps, too. */
TEST(map_array_lookup)
{
	int array = make(BPF_MAP_TYPE_ARRAY, 4, 8, 5, 0), hash = make(BPF_MAP_TYPE_HASH, 4, 8, 5, 0);
	int small = make(BPF_MAP_TYPE_ARRAY, 4, 16, 2, 0);
	int mixed = lookup_prog(array, hash), arrays = lookup_prog(array, small);

	for (u64 k = 0; k < 5; k++) {
		u64 v = 100 + k, wide[] = { 300 + k, 0 }, key = 2 * k;

		CHECK_EQ(bpf_map_update_elem(array, &k, &v, 0), 0);
		v += 100;
		CHECK_EQ(bpf_map_update_elem(hash, &key, &v, 0), 0);
		if (k < 2)
			CHECK_EQ(bpf_map_update_elem(small, &k, wide, 0), 0);
	}
	for (u32 k = 0; k < 12; k++) {
		u32 in_array = k < 5 ? 100 + k : ~0u;

		CHECK_EQ(run_lookup(mixed, k, 0), in_array);
		CHECK_EQ(run_lookup(mixed, k, 1), k % 2 || k > 8 ? ~0u : 200 + k / 2);
		CHECK_EQ(run_lookup(arrays, k, 0), in_array);
		CHECK_EQ(run_lookup(arrays, k, 1), k < 2 ? 300 + k : ~0u);
	}
	CHECK_EQ(run_lookup(arrays, ~0u, 0), ~0u);
}

TEST(map_queue)
{
	int fd = make(BPF_MAP_TYPE_QUEUE, 0, 4, 3, 0);
	u32 v;

	CHECK_EQ(bpf_map_lookup_and_delete_elem(fd, NULL, &v), -ENOENT);
	for (v = 1; v <= 3; v++)
		CHECK_EQ(bpf_map_update_elem(fd, NULL, &v, 0), 0);
	CHECK_EQ(bpf_map_update_elem(fd, NULL, &v, 0), -E2BIG);
	CHECK_EQ(bpf_map_update_elem(fd, NULL, &v, BPF_EXIST), 0);
	CHECK_EQ(bpf_map_lookup_elem(fd, NULL, &v), 0);
	CHECK_EQ(v, 2);
	for (u32 want = 2; want <= 4; want++) {
		CHECK_EQ(bpf_map_lookup_and_delete_elem(fd, NULL, &v), 0);
		CHECK_EQ(v, want);
	}
}

TEST(map_stack)
{
	int fd = make(BPF_MAP_TYPE_STACK, 0, 4, 3, 0);
	u32 v;

	for (v = 1; v <= 3; v++)
		CHECK_EQ(bpf_map_update_elem(fd, NULL, &v, 0), 0);
	CHECK_EQ(bpf_map_update_elem(fd, NULL, &v, 0), -E2BIG);
	CHECK_EQ(bpf_map_update_elem(fd, NULL, &v, BPF_EXIST), 0);
	for (u32 want = 4; want >= 2; want--) {
		CHECK_EQ(bpf_map_lookup_and_delete_elem(fd, NULL, &v), 0);
		CHECK_EQ(v, want);
	}
	CHECK_EQ(bpf_map_lookup_elem(fd, NULL, &v), -ENOENT);
}

TEST(map_bloom)
{
	int fd = make(BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 1000, 0), wrong = 0;

	for (u64 v = 0; v < 1000; v++)
		CHECK_EQ(bpf_map_update_elem(fd, NULL, &v, 0), 0);
	for (u64 v = 0; v < 1000; v++)
		CHECK_EQ(bpf_map_lookup_elem(fd, NULL, &v), 0);
	for (u64 v = 1000; v < 11000; v++)
		wrong += !bpf_map_lookup_elem(fd, NULL, &v);
	CHECK(wrong < 800);
	CHECK_EQ(bpf_map_lookup_and_delete_elem(fd, NULL, &wrong), -524);
}

struct prefix {
	u32 len;
	u8 addr[4];
};

static u32 route(int fd, u8 a, u8 b, u8 c, u8 d)
{
	struct prefix p = { 32, { a, b, c, d } };
	u32 v = 0;

	return bpf_map_lookup_elem(fd, &p, &v) ? 0 : v;
}

TEST(map_lpm)
{
	int fd = make(BPF_MAP_TYPE_LPM_TRIE, 8, 4, 16, BPF_F_NO_PREALLOC);
	struct prefix routes[] = { { 0, { 0 } }, { 8, { 10 } }, { 15, { 10, 3 } }, { 32, { 10, 2, 3, 4 } } };

	for (u32 i = 1; i < 4; i++)
		CHECK_EQ(bpf_map_update_elem(fd, &routes[i], &i, 0), 0);
	CHECK_EQ(route(fd, 10, 9, 9, 9), 1);
	CHECK_EQ(route(fd, 10, 2, 9, 9), 2);	/* 15 bits: 10.2 and 10.3 */
	CHECK_EQ(route(fd, 10, 2, 3, 4), 3);
	CHECK_EQ(route(fd, 11, 2, 3, 4), 0);
	CHECK_EQ(bpf_map_update_elem(fd, &routes[0], &(u32){ 9 }, 0), 0);
	CHECK_EQ(route(fd, 11, 2, 3, 4), 9);
	CHECK_EQ(bpf_map_delete_elem(fd, &routes[2]), 0);
	CHECK_EQ(route(fd, 10, 2, 9, 9), 1);
	CHECK_EQ(bpf_map_delete_elem(fd, &routes[2]), -ENOENT);
}

static int load(const struct bpf_insn *insns, int cnt)
{
	return bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "p", "GPL", insns, cnt, NULL);
}

TEST(map_prog_array)
{
	int fd = make(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0), caller, callee;
	struct bpf_insn seven[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 7 },
				    { .code = BPF_JMP | BPF_EXIT } };
	struct bpf_insn jump[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 2, .src_reg = 1, .imm = fd },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 2 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_tail_call },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = 64);
	u32 key = 2;

	callee = load(seven, 2);
	caller = load(jump, 6);
	CHECK(callee >= 0 && caller >= 0);
	CHECK_EQ(bpf_prog_test_run_opts(caller, &opts), 0);
	CHECK_EQ(opts.retval, 1);
	CHECK_EQ(bpf_map_update_elem(fd, &key, &callee, 0), 0);
	close(callee);
	CHECK_EQ(bpf_prog_test_run_opts(caller, &opts), 0);
	CHECK_EQ(opts.retval, 7);
	CHECK_EQ(bpf_map_delete_elem(fd, &key), 0);
	CHECK_EQ(bpf_prog_test_run_opts(caller, &opts), 0);
	CHECK_EQ(opts.retval, 1);
	CHECK_EQ(bpf_map_delete_elem(fd, &key), -ENOENT);
}

/* -- Ring buffer --- */

static int on_record(void *ctx, void *data, size_t size)
{
	u64 *sum = ctx;

	CHECK_EQ(size, 8);
	*sum += *(u64 *)data;
	return 0;
}

TEST(ring_libbpf)
{
	int fd = make(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0), prog;
	struct bpf_insn insns[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 10, .off = -8, .imm = 5 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = 1, .imm = fd },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 4 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ringbuf_output },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = 64, .repeat = 100);
	struct ring_buffer *rb;
	u64 sum = 0;

	prog = load(insns, 9);
	CHECK(prog >= 0);
	rb = ring_buffer__new(fd, on_record, &sum, NULL);
	CHECK(rb);
	if (!rb)
		return;
	CHECK_EQ(ring_buffer__poll(rb, 0), 0);
	for (int i = 0; i < 50; i++) {
		CHECK_EQ(bpf_prog_test_run_opts(prog, &opts), 0);
		CHECK_EQ(opts.retval, 0);
		CHECK_EQ(ring_buffer__poll(rb, 1000), 100);
		CHECK_EQ(ring_buffer__poll(rb, 0), 0);
	}
	CHECK_EQ(sum, 50 * 100 * 5);
	opts.repeat = 1000;	/* more than fits */
	CHECK_EQ(bpf_prog_test_run_opts(prog, &opts), 0);
	CHECK_EQ((int)opts.retval, -EAGAIN);
	CHECK_EQ(ring_buffer__poll(rb, 1000), 4096 / 16);
	ring_buffer__free(rb);
}

struct producer {
	struct rt_map *m;
	volatile int *stop;
	u32 nr;
	u64 sent, full;
};

/* Records of various lengths, whose words all say who sent them and which one it is. */
static void produce(struct producer *p)
{
	u32 words = 1 + p->sent % 9;
	struct rt_scope scope;
	struct rt_thread *t = rt_enter(&scope);
	u64 *to = rt_ring_reserve(p->m, words * 8, 0);

	if (to) {
		for (u32 i = 0; i < words; i++)
			to[i] = (u64)p->nr << 48 | p->sent;
		rt_ring_commit(to, BPF_RB_NO_WAKEUP, p->sent % 16 == 15);
		p->sent++;
	} else {
		p->full++;
		rt_exit(t, &scope);
		sched_yield();
		return;
	}
	rt_exit(t, &scope);
}

static void *producer(void *arg)
{
	struct producer *p = arg;

	while (!*p->stop)
		produce(p);
	return NULL;
}

struct consumer {
	struct rt_map *m;
	u64 last[16], got, bad, mixed, disorder, busy, discarded;
};

/* Takes what there is, as libbpf does. */
static u64 consume(struct consumer *c)
{
	u64 *cons = (u64 *)(c->m->base + c->m->mmap_off), *prod = cons + 512, pos = rt_load(cons), nr = 0;
	u8 *data = c->m->base + c->m->mmap_off + 8192;

	while (pos < rt_load_acquire(prod)) {
		u32 *h = (u32 *)(data + (pos & (c->m->max_entries - 1)));
		u32 len = rt_load_acquire(h), bytes = len & 0x3fffffff;
		u64 *w = (u64 *)(h + 2);

		if (len >> 31) {
			c->busy++;
			break;
		}
		if (len >> 30 & 1) {
			c->discarded++;
		} else {
			u32 who = *w >> 48;

			for (u32 i = 1; i < bytes / 8; i++)
				c->mixed += w[i] != w[0];
			c->bad += who >= 16 || bytes % 8;
			c->disorder += (w[0] << 16) < (c->last[who & 15] << 16);
			c->last[who & 15] = w[0] + 1;
			c->got++;
		}
		nr++;
		pos += (bytes + 8 + 7) / 8 * 8;
		rt_store_release(cons, pos);
	}
	return nr;
}

TEST(ring_threads)
{
	struct rt_map *m = mapmem_new(BPF_MAP_TYPE_RINGBUF, 0, 0, 16384, 0);
	struct consumer c = { .m = m };
	volatile int stop = 0;
	struct producer p[6];
	pthread_t t[6];
	u64 sent = 0;

	CHECK_EQ(rt_ring_enroll(m), 0);
	for (u32 i = 0; i < 6; i++) {
		p[i] = (struct producer){ m, &stop, i, 0xfffff000, 0 };	/* words that look busy */
		pthread_create(&t[i], NULL, producer, &p[i]);
	}
	for (time_t end = time(NULL) + 3; time(NULL) < end;)
		if (!consume(&c))
			sched_yield();
	stop = 1;
	for (u32 i = 0; i < 6; i++) {
		pthread_join(t[i], NULL);
		sent += p[i].sent - 0xfffff000;
	}
	consume(&c);
	CHECK_EQ(c.bad, 0);
	CHECK_EQ(c.mixed, 0);
	CHECK_EQ(c.disorder, 0);
	CHECK_EQ(c.got + c.discarded, sent);
	printf("# %llu records\n", (unsigned long long)sent);
}

static struct producer handler_producer;

static void on_signal(int sig)
{
	(void)sig;
	produce(&handler_producer);
}

static void *interrupter(void *arg)
{
	while (!*handler_producer.stop) {
		pthread_kill(*(pthread_t *)arg, SIGUSR1);
		usleep(1);
	}
	return NULL;
}

TEST(ring_signals)
{
	struct rt_map *m = mapmem_new(BPF_MAP_TYPE_RINGBUF, 0, 0, 16384, 0);
	struct consumer c = { .m = m };
	volatile int stop = 0;
	struct producer p = { m, &stop, 0, 0, 0 };
	pthread_t self = pthread_self(), t;

	CHECK_EQ(rt_ring_enroll(m), 0);
	handler_producer = (struct producer){ m, &stop, 1, 0, 0 };
	signal(SIGUSR1, on_signal);
	pthread_create(&t, NULL, interrupter, &self);
	for (time_t end = time(NULL) + 2; time(NULL) < end; consume(&c))
		for (int i = 0; i < 100; i++)
			produce(&p);
	stop = 1;
	pthread_join(t, NULL);
	consume(&c);
	CHECK_EQ(c.bad, 0);
	CHECK_EQ(c.mixed, 0);
	CHECK_EQ(c.disorder, 0);
	CHECK_EQ(c.got + c.discarded, p.sent + handler_producer.sent);
	printf("# %llu records, %llu of the handler\n", (unsigned long long)p.sent,
	       (unsigned long long)handler_producer.sent);
}

TEST(ring_killed)
{
	struct rt_map *m = mapmem_new(BPF_MAP_TYPE_RINGBUF, 0, 0, 16384, 0);
	struct consumer c = { .m = m };
	volatile int stop = 0;
	struct producer p = { m, &stop, 15, 0, 0 };
	u64 stuck = 0, before;
	u32 kills = 0;
	pthread_t t;

	CHECK_EQ(rt_ring_enroll(m), 0);
	pthread_create(&t, NULL, producer, &p);
	for (time_t end = time(NULL) + 4; time(NULL) < end; kills++) {
		pid_t pid = fork();

		if (!pid) {
			struct producer mine = { m, &stop, kills % 15, 0, 0 };

			mine.sent = (u64)kills << 24;
			producer(&mine);
			_exit(0);
		}
		for (int i = rand() % 20; i >= 0; i--) {
			consume(&c);
			usleep(rand() % 100);
		}
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		before = c.got + c.discarded;
		for (int i = 0; i < 20000 && c.got + c.discarded < before + 2000; i++) {
			if (!consume(&c))
				rt_ring_recover(m);
			usleep(10);
		}
		stuck += c.got + c.discarded < before + 2000;
	}
	stop = 1;
	pthread_join(t, NULL);
	CHECK_EQ(c.bad, 0);
	CHECK_EQ(c.mixed, 0);
	CHECK_EQ(c.disorder, 0);
	CHECK_EQ(stuck, 0);
	printf("# %u killed, %llu records\n", kills, (unsigned long long)c.got);
}

/* -- Values with a lock: never seen half written --- */

struct locked {
	u32 lock, a, words[14], b;
};

static struct rt_map *locked;
static volatile bool locked_stop;

static void *write_locked(void *arg)
{
	struct locked v = { .lock = 0xffffffff };
	struct rt_scope scope;
	u32 key = 0;

	for (u32 i = 0; !locked_stop; i++) {
		struct rt_thread *t = rt_enter(&scope);

		v.a = v.b = i;
		CHECK_EQ(rt_map_update(locked, &key, &v, BPF_F_LOCK), 0);
		rt_exit(t, &scope);
	}
	return arg;
}

TEST(map_locked_values)
{
	struct rt_scope scope;
	struct rt_thread *t;
	struct locked v;
	pthread_t th[2];
	u32 key = 0;

	locked = mapmem_new(BPF_MAP_TYPE_ARRAY, 4, sizeof(v), 1, 0);
	locked->lock_at = 1 + offsetof(struct locked, lock);
	for (u32 i = 0; i < 2; i++)
		pthread_create(&th[i], NULL, write_locked, NULL);
	for (u32 i = 0; i < 200000; i++) {
		t = rt_enter(&scope);
		rt_value_read(locked, &v, locked->ops->lookup(locked, &key), true);
		rt_exit(t, &scope);
		CHECK_EQ(v.a, v.b);
		CHECK_EQ(v.lock, 0);
	}
	locked_stop = true;
	for (u32 i = 0; i < 2; i++)
		pthread_join(th[i], NULL);
	CHECK_EQ(((struct locked *)locked->ops->lookup(locked, &key))->lock, 0);
}
