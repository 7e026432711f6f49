/* SPDX-License-Identifier: BSD-2-Clause */
/* How an application gets events and data, all by libbpf: ring buffer, perf buffer, mmap(), fds in messages. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "inject/selftarget.h"
#include "tap.h"

static struct bpf_object *obj;
static int send_fd, wrong_fd;

static bool load(void)
{
	selftarget_use(NULL);
	obj = bpf_object__open_file(tap_file("events.bpf.o"), NULL);
	if (!obj || bpf_object__load(obj)) {
		tap_fail(__FILE__, __LINE__, "load: %s", strerror(errno));
		return false;
	}
	send_fd = bpf_program__fd(bpf_object__find_program_by_name(obj, "send"));
	wrong_fd = bpf_program__fd(bpf_object__find_program_by_name(obj, "wrong"));
	return true;
}

static int map_fd(const char *name)
{
	return bpf_object__find_map_fd_by_name(obj, name);
}

static int run(int fd, __u64 arg)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &arg, .ctx_size_in = sizeof(arg));

	return bpf_prog_test_run_opts(fd, &opts);
}

/* -- Ring buffer --- */

static __u64 nr, total;

static int on_record(void *ctx, void *data, size_t bytes)
{
	(void)ctx;
	nr++;
	total += *(__u64 *)data;
	CHECK_EQ(bytes, 16);
	CHECK_EQ(((__u64 *)data)[1], *(__u64 *)data + 1);
	return 0;
}

static void *send_some(void *arg)
{
	for (__u64 i = 1; i <= 1000; i++)
		run(send_fd, i);
	return arg;
}

TEST(events_ring_buffer)
{
	struct ring_buffer *rb;
	pthread_t thread;

	if (!load())
		return;
	rb = ring_buffer__new(map_fd("ring"), on_record, NULL, NULL);
	CHECK(rb);
	CHECK_EQ(ring_buffer__poll(rb, 0), 0);
	run(send_fd, 5);
	CHECK_EQ(ring_buffer__poll(rb, 1000), 1);
	CHECK_EQ(total, 5);
	CHECK_EQ(ring_buffer__poll(rb, 0), 0);
	pthread_create(&thread, NULL, send_some, NULL);
	for (int i = 0; nr < 10 && i < 100; i++)	/* some are dropped while nobody reads */
		CHECK(ring_buffer__poll(rb, 5000) >= 0);
	pthread_join(thread, NULL);
	CHECK(nr >= 10);
	ring_buffer__free(rb);
	bpf_object__close(obj);
}

TEST(events_ring_fd_by_poll)
{
	struct pollfd p = { .events = POLLIN };

	if (!load())
		return;
	p.fd = map_fd("ring");
	CHECK_EQ(poll(&p, 1, 0), 0);
	run(send_fd, 5);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN);
	bpf_object__close(obj);
}

TEST(events_ring_fd_among_many)
{
	struct pollfd p[1000];

	if (!load())
		return;
	for (int i = 0; i < 1000; i++)
		p[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	p[700].fd = map_fd("ring");
	CHECK_EQ(poll(p, 1000, 0), 0);
	run(send_fd, 5);
	CHECK_EQ(poll(p, 1000, 0), 1);
	CHECK_EQ(p[700].revents, POLLIN);
	CHECK_EQ(p[700].fd, map_fd("ring"));
	bpf_object__close(obj);
}

TEST(events_ring_fd_by_ppoll)
{
	const struct timespec now = { 0 };
	struct pollfd p = { .events = POLLIN };

	if (!load())
		return;
	p.fd = map_fd("ring");
	CHECK_EQ(ppoll(&p, 1, &now, NULL), 0);
	run(send_fd, 5);
	CHECK_EQ(ppoll(&p, 1, &now, NULL), 1);
	CHECK_EQ(p.revents, POLLIN);
	bpf_object__close(obj);
}

/* A ring between pipes, of which the first has nothing to read: what select() says of each, as for three files. */
static void check_selected(int (*wait)(int fds, fd_set *in, fd_set *out), bool in_ring)
{
	int empty[2], full[2], ring = map_fd("ring");
	fd_set in, out;

	CHECK(!pipe(empty) && !pipe(full) && write(full[1], "", 1) == 1);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(empty[0], &in);
	FD_SET(full[0], &in);
	FD_SET(ring, &in);
	FD_SET(empty[1], &out);
	FD_SET(full[1] + 1, &in);	/* not asked about, and not there */
	CHECK_EQ(wait(full[1] + 1, &in, &out), 2 + in_ring);
	CHECK_EQ(FD_ISSET(ring, &in) != 0, in_ring);
	CHECK(!FD_ISSET(empty[0], &in));
	CHECK(FD_ISSET(full[0], &in));
	CHECK(FD_ISSET(empty[1], &out));
	for (int i = 0; i < 2; i++) {
		close(empty[i]);
		close(full[i]);
	}
}

static int by_select(int fds, fd_set *in, fd_set *out)
{
	struct timeval now = { 0 };

	return select(fds, in, out, NULL, &now);
}

static int by_pselect(int fds, fd_set *in, fd_set *out)
{
	const struct timespec now = { 0 };

	return pselect(fds, in, out, NULL, &now, NULL);
}

TEST(events_ring_fd_by_select)
{
	if (!load())
		return;
	for (int i = 0; i < 2; i++) {
		check_selected(by_select, i);
		check_selected(by_pselect, i);
		run(send_fd, 5);
	}
	bpf_object__close(obj);
}

/* The record comes while select() waits. */
TEST(events_ring_wakes_select)
{
	struct timeval long_time = { .tv_sec = 60 };
	pthread_t thread;
	fd_set in;

	if (!load())
		return;
	FD_ZERO(&in);
	FD_SET(map_fd("ring"), &in);
	pthread_create(&thread, NULL, send_some, NULL);
	CHECK_EQ(select(map_fd("ring") + 1, &in, NULL, NULL, &long_time), 1);
	CHECK(FD_ISSET(map_fd("ring"), &in));
	CHECK(long_time.tv_sec < 60);	/* what is left of it */
	pthread_join(thread, NULL);
	bpf_object__close(obj);
}

/* -- Perf buffer --- */

static __u64 lost;
static size_t bytes_seen[2];

static void on_sample(void *ctx, int cpu, void *data, __u32 bytes)
{
	__u64 word;

	(void)ctx;
	CHECK(cpu >= 0 && cpu < libbpf_num_possible_cpus());
	memcpy(&word, data, sizeof(word));	/* 4 bytes behind a multiple of 8 */
	bytes_seen[word % 2] = bytes;
	nr++;
	total += word;
}

static void on_lost(void *ctx, int cpu, __u64 cnt)
{
	(void)ctx;
	(void)cpu;
	lost += cnt;
}

static __s64 result(void)
{
	struct {
		__u64 last;
		__s64 result;
	} bss;
	__u32 zero = 0;

	CHECK_EQ(bpf_map_lookup_elem(map_fd(".bss"), &zero, &bss), 0);
	return bss.result;
}

TEST(events_perf_buffer)
{
	struct perf_buffer *pb;

	if (!load())
		return;
	run(send_fd, 1);
	CHECK_EQ(result(), -ENOENT);
	pb = perf_buffer__new(map_fd("events"), 1, on_sample, on_lost, NULL, NULL);
	CHECK(pb);
	CHECK_EQ(perf_buffer__poll(pb, 0), 0);
	run(send_fd, 2);
	CHECK_EQ(result(), 0);
	run(send_fd, 3);
	CHECK_EQ(perf_buffer__poll(pb, 1000), 1);
	CHECK_EQ(nr, 2);
	CHECK_EQ(total, 5);
	CHECK_EQ(bytes_seen[0], 20);	/* up to where the record ends, as the kernel says it */
	CHECK_EQ(bytes_seen[1], 44);
	CHECK_EQ(perf_buffer__poll(pb, 0), 0);
	for (int i = 0; i < 1000; i++)	/* many times around, and more than there is room for */
		run(send_fd, 1);
	CHECK_EQ(result(), -ENOSPC);
	perf_buffer__poll(pb, 0);
	run(send_fd, 1);
	perf_buffer__poll(pb, 0);
	CHECK_EQ(nr - 2 + lost, 1001);
	CHECK(lost > 100);
	run(wrong_fd, 10000);
	CHECK_EQ(result(), -E2BIG);
	run(wrong_fd, 1ULL << 32);
	CHECK_EQ(result(), -EINVAL);
	perf_buffer__free(pb);
	run(send_fd, 1);
	CHECK_EQ(result(), -ENOENT);
	bpf_object__close(obj);
}

/* -- Global data --- */

TEST(events_global_data)
{
	struct bpf_map *bss, *data, *rodata;
	__u64 *b, *d;

	if (!load())
		return;
	bss = bpf_object__find_map_by_name(obj, ".bss");
	data = bpf_object__find_map_by_name(obj, ".data");
	rodata = bpf_object__find_map_by_name(obj, ".rodata");
	b = mmap(NULL, bpf_map__value_size(bss), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(bss), 0);
	d = mmap(NULL, bpf_map__value_size(data), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(data), 0);
	CHECK(b != MAP_FAILED && d != MAP_FAILED);
	CHECK(mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(rodata), 0) == MAP_FAILED);
	CHECK_EQ(errno, EPERM);
	CHECK(mmap(NULL, 8, PROT_READ, MAP_SHARED, bpf_map__fd(rodata), 0) != MAP_FAILED);
	CHECK_EQ(*d, 100);
	run(send_fd, 7);
	CHECK_EQ(*b, 7);
	CHECK_EQ(*d, 101);
	*d = 1;
	run(send_fd, 8);
	CHECK_EQ(*d, 2);
	bpf_object__close(obj);
}

/* -- An application that closes whatever there is --- */

TEST(events_engine_keeps_its_fds)
{
	struct ring_buffer *rb;

	if (!load())
		return;
	rb = ring_buffer__new(map_fd("ring"), on_record, NULL, NULL);
	CHECK(rb);
	for (int fd = 500; fd < 20000; fd++)
		CHECK(close(fd));
	CHECK_EQ(close_range(500, ~0U, 0), 0);
	closefrom(500);
	run(send_fd, 5);
	CHECK_EQ(ring_buffer__poll(rb, 1000), 1);
	ring_buffer__free(rb);
	bpf_object__close(obj);
	closefrom(3);
	CHECK_EQ(bpf_map_get_next_id(0, &(__u32){ 0 }), -ENOENT);
}

/* -- A map's fd in a message to another process --- */

static void move_fd(int sock, int *fd, bool send)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	if (send) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), fd, sizeof(int));
		CHECK_EQ(sendmsg(sock, &msg, 0), 1);
		return;
	}
	CHECK_EQ(recvmsg(sock, &msg, 0), 1);
	c = CMSG_FIRSTHDR(&msg);
	*fd = -1;
	if (c)
		memcpy(fd, CMSG_DATA(c), sizeof(int));
}

TEST(events_fd_in_message)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, 8, 1, NULL), pair[2], status, got;
	__u32 key = 0;
	__u64 v = 0;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	if (!fork()) {
		move_fd(pair[1], &got, false);
		v = 77;
		_exit(bpf_map_update_elem(got, &key, &v, 0) ? 1 : 0);
	}
	move_fd(pair[0], &fd, true);
	wait(&status);
	CHECK_EQ(status, 0);
	CHECK_EQ(bpf_map_lookup_elem(fd, &key, &v), 0);
	CHECK_EQ(v, 77);
	move_fd(pair[0], &fd, true);	/* it alone keeps the map */
	close(fd);
	move_fd(pair[1], &got, false);
	CHECK_EQ(bpf_map_lookup_elem(got, &key, &v), 0);
	close(got);
	CHECK_EQ(bpf_map_get_next_id(0, &key), -ENOENT);
}
