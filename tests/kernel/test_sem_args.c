/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments, return values, helpers, attach cookies. */
#include "sem.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <netinet/udp.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* Loads and attaches, on one CPU. */
static bool start(struct sem *s, const char *programs)
{
	sem_pin(0);
	return sem_load(s, "sem_args", programs) && sem_attach(s, programs);
}

static void check_pair(const struct sem *s, __u32 id, __u64 cookie)
{
	const struct sem_event *e = s->d->log;

	CHECK_EQ(s->d->nr_events, 2);
	CHECK_EQ(e[0].id, id);
	CHECK_EQ(e[1].id, id);
	CHECK_EQ(e[0].is_return, 0);
	CHECK_EQ(e[1].is_return, 1);
	CHECK_EQ(e[0].cookie, 0);
	CHECK_EQ(e[1].cookie, cookie);
}

TEST(args_same_in_both_phases)
{
	struct sem s;

	if (!start(&s, "args6"))
		return;
	CHECK_EQ(sem_run_tests(), 0);
	check_pair(&s, 1, 6);
	for (int phase = 0; phase < 2; phase++)
		for (int i = 0; i < 6; i++)
			CHECK_EQ(s.d->log[phase].args[i], 16 + i);
	CHECK_EQ(s.d->log[0].ret, 0);
	CHECK_EQ(s.d->log[1].ret, 111);
	sem_close(&s);
}

TEST(args_narrow)
{
	struct sem s;

	if (!start(&s, "args3"))
		return;
	CHECK_EQ(sem_run_tests(), 0);
	check_pair(&s, 2, 3);
	for (int phase = 0; phase < 2; phase++)
		for (int i = 0; i < 3; i++)
			CHECK_EQ(s.d->log[phase].args[i], 4 + i);
	CHECK_EQ(s.d->log[0].ret, 0);
	CHECK_EQ(s.d->log[1].ret, 15);
	sem_close(&s);
}

TEST(ret_slot_hoisted)
{
	struct sem s;

	if (!start(&s, "hoisted"))
		return;
	CHECK_EQ(sem_run_tests(), 0);
	check_pair(&s, 3, 1);
	CHECK_EQ(s.d->log[0].ret, 0);
	CHECK_EQ(s.d->log[1].ret, 2);
	sem_close(&s);
}

TEST(ret_slot_dominated)
{
	struct sem s;

	if (!start(&s, "dominated"))
		return;
	CHECK_EQ(sem_run_tests(), 0);
	check_pair(&s, 4, 1);
	CHECK_EQ(s.d->log[0].ret, -1);
	CHECK_EQ(s.d->log[1].ret, 2);
	sem_close(&s);
}

static void check_helpers(const struct sem *s, const char *func, int nr, int ret)
{
	__u64 ip = sem_symbol(func);

	for (int phase = 0; phase < 2; phase++) {
		const struct sem_event *e = &s->d->log[phase];

		CHECK_EQ(e->nr_args, nr);
		CHECK_EQ(e->ret_err, 0);
		CHECK_EQ(e->ret, phase ? ret : 0);
		CHECK_EQ(e->ip, ip);
		for (int i = 0; i < 3; i++)
			CHECK_EQ(e->args[3 + i], i < nr ? 0 : -EINVAL);
	}
}

TEST(helpers_one_arg)
{
	struct sem s;

	if (!start(&s, "helpers1"))
		return;
	CHECK_EQ(sem_run_tests(), 0);
	check_pair(&s, 5, 1);
	check_helpers(&s, "bpf_fentry_test1", 1, 2);
	CHECK_EQ((int)s.d->log[0].args[0], 1);	/* the rest of the register is anything */
	CHECK_EQ((int)s.d->log[1].args[0], 1);
	CHECK_EQ(s.d->log[0].attach_cookie, 0);
	CHECK_EQ(s.d->log[1].attach_cookie, 0);
	sem_close(&s);
}

TEST(helpers_two_args)
{
	struct sem s;

	if (!start(&s, "helpers2"))
		return;
	CHECK_EQ(sem_run_tests(), 0);
	check_pair(&s, 6, 1);
	check_helpers(&s, "bpf_fentry_test2", 2, 5);
	for (int phase = 0; phase < 2; phase++) {
		CHECK_EQ((int)s.d->log[phase].args[0], 2);
		CHECK_EQ(s.d->log[phase].args[1], 3);
	}
	sem_close(&s);
}

TEST(helpers_six_args)
{
	struct sem s;

	if (!start(&s, "helpers6"))
		return;
	CHECK_EQ(sem_run_tests(), 0);
	check_pair(&s, 7, 1);
	for (int phase = 0; phase < 2; phase++) {
		const struct sem_event *e = &s.d->log[phase];

		CHECK_EQ(e->nr_args, 6);
		CHECK_EQ(e->args[0], -EINVAL);
		CHECK_EQ(e->args[1], -EINVAL);
		CHECK_EQ((int)e->args[3], 19);
		CHECK_EQ(e->args[4], 20);
		CHECK_EQ(e->args[5], 21);
		CHECK_EQ(e->ret_err, 0);
		CHECK_EQ(e->ret, phase ? 111 : 0);
	}
	sem_close(&s);
}

TEST(helpers_variable_number)
{
	static const __u64 expected[] = { 11, 12, 13, 14, 15 };
	struct sem s;

	if (!start(&s, "helpers_variable"))
		return;
	for (__u32 n = 0; n < 8; n++) {
		sem_clear(&s);
		s.d->arg = n < 7 ? n : 0xffffffff;
		CHECK_EQ(sem_run_tests(), 0);
		check_pair(&s, 8, 1);
		for (int phase = 0; phase < 2; phase++) {
			CHECK_EQ(s.d->log[phase].args[1], n < 5 ? 0 : -EINVAL);
			if (n < 5 && n != 2 && n != 3)
				CHECK_EQ(s.d->log[phase].args[0], expected[n]);
			else if (n < 5)
				CHECK_EQ((short)s.d->log[phase].args[0], expected[n]);
		}
	}
	sem_close(&s);
}

/* One per link, the same in both phases. */
TEST(attach_cookies)
{
	struct bpf_link *one = NULL, *two = NULL;
	struct sem s;

	sem_pin(0);
	if (!sem_load(&s, "sem_args", "attach_cookie1 attach_cookie2"))
		return;
	CHECK_EQ(sem_attach_cookie(&s, "attach_cookie1", 0xabcdef0123456789, &one), 0);
	CHECK_EQ(sem_attach_cookie(&s, "attach_cookie2", 0x1111, &two), 0);
	CHECK_EQ(sem_run_tests(), 0);
	CHECK_ORDER(&s, "10+ 9+ 10- 9-");
	for (int phase = 0; phase < 2; phase++) {
		CHECK_EQ(s.d->log[2 * phase].attach_cookie, 0x1111);
		CHECK_EQ(s.d->log[2 * phase + 1].attach_cookie, 0xabcdef0123456789);
	}
	bpf_link__destroy(one);
	bpf_link__destroy(two);
	sem_close(&s);
}

/* Attached again with another one. */
TEST(attach_cookie_changes)
{
	static const __u64 cookies[] = { 5, 0, 0xffffffffffffffff, 6 };
	struct bpf_link *link;
	struct sem s;

	sem_pin(0);
	if (!sem_load(&s, "sem_args", "attach_cookie1"))
		return;
	for (int i = 0; i < 4; i++) {
		link = NULL;
		sem_clear(&s);
		CHECK_EQ(sem_attach_cookie(&s, "attach_cookie1", cookies[i], &link), 0);
		CHECK_EQ(sem_run_tests(), 0);
		check_pair(&s, 9, 1);
		CHECK_EQ(s.d->log[0].attach_cookie, cookies[i]);
		CHECK_EQ(s.d->log[1].attach_cookie, cookies[i]);
		bpf_link__destroy(link);
	}
	sem_close(&s);
}

/* bpf_get_func_ret() works, what it gives at exit is anything. */
TEST(void_function)
{
	struct sem s;
	int fd;

	if (!start(&s, "void_func"))
		return;
	sem_clear(&s);
	fd = open("/", O_RDONLY | O_CLOEXEC);
	check_pair(&s, 11, fd + 1);
	for (int phase = 0; phase < 2; phase++) {
		CHECK_EQ((__u32)s.d->log[phase].args[0], fd);
		CHECK_EQ(s.d->log[phase].nr_args, 2);
		CHECK_EQ(s.d->log[phase].ret_err, 0);
	}
	CHECK_EQ(s.d->log[0].ret, 0);
	CHECK_EQ(s.d->log[0].args[1], s.d->log[1].args[1]);
	close(fd);
	sem_close(&s);
}

TEST(void_function_has_no_ret_slot)
{
	int before = sem_count_programs();

	CHECK_EQ(sem_load_error("sem_args", "void_ret"), -EACCES);
	CHECK_EQ(sem_count_programs(), before);
}

/* fmod_ret replaces the function: the exits run all the same and see its value. */
TEST(fmod_ret_skips_function)
{
	struct sem s;

	if (!start(&s, "modified modified_plain modify modified_fexit"))
		return;
	s.d->arg = -EIO;
	CHECK_EQ(getpgid(getpid()), -1);
	CHECK_EQ(errno, EIO);
	CHECK_ORDER(&s, "13+ 12+ 14+ 15- 13- 12-");
	CHECK_EQ((int)s.d->log[0].ret, 0);
	CHECK_EQ((int)s.d->log[1].ret, 0);
	CHECK_EQ(s.d->log[1].args[1], 0);
	for (int i = 3; i < 6; i++)
		CHECK_EQ((int)s.d->log[i].ret, -EIO);
	CHECK_EQ((int)s.d->log[5].args[1], -EIO);
	CHECK_EQ(s.d->log[5].cookie, 0x77);
	sem_close(&s);
}

TEST(fmod_ret_lets_function_run)
{
	struct sem s;

	if (!start(&s, "modified modify modified_plain"))
		return;
	CHECK_EQ(getpgid(getpid()), getpgrp());
	CHECK_ORDER(&s, "13+ 12+ 14+ 13- 12-");
	for (int i = 3; i < 5; i++)
		CHECK_EQ((int)s.d->log[i].ret, 0);
	CHECK_EQ(s.d->log[4].cookie, 0x77);
	sem_close(&s);
}

TEST(struct_of_4_bytes)
{
	struct sem s;

	sem_need_target("from_kuid_munged");
	if (!start(&s, "struct4"))
		return;
	sem_clear(&s);
	CHECK_EQ(getuid(), 0);
	check_pair(&s, 16, 1);
	for (int phase = 0; phase < 2; phase++) {
		CHECK_EQ(s.d->log[phase].nr_args, 2);
		CHECK_EQ(s.d->log[phase].args[1], 0);
		CHECK_EQ((__u32)s.d->log[phase].args[2], 0);
		CHECK_EQ(s.d->log[phase].args[0], s.d->log[0].args[0]);
		CHECK_EQ(s.d->log[phase].ret_err, 0);
	}
	sem_clear(&s);
	CHECK_EQ(setreuid(12345, -1), 0);
	sem_clear(&s);
	CHECK_EQ(getuid(), 12345);
	CHECK_EQ(setreuid(0, -1), 0);
	CHECK_EQ(s.d->log[0].args[1], 12345);
	CHECK_EQ(s.d->log[1].args[1], 12345);
	CHECK_EQ((__u32)s.d->log[0].ret, 0);
	CHECK_EQ((__u32)s.d->log[1].ret, 12345);
	sem_close(&s);
}

TEST(struct_of_16_bytes)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
	struct sem s;

	sem_need_target("udp_setsockopt");
	if (!start(&s, "struct16"))
		return;
	CHECK_EQ(setsockopt(fd, SOL_UDP, UDP_CORK, &on, sizeof(on)), 0);
	CHECK_EQ(setsockopt(fd, SOL_UDP, 99, &on, sizeof(on)), -1);
	CHECK_EQ(s.d->nr_events, 4);
	CHECK_ORDER(&s, "17+ 17- 17+ 17-");
	for (int i = 0; i < 4; i++) {
		const struct sem_event *e = &s.d->log[i];

		CHECK_EQ(e->nr_args, 6);
		CHECK_EQ(e->args[1], SOL_UDP);
		CHECK_EQ(e->args[2], i < 2 ? UDP_CORK : 99);
		CHECK_EQ(e->args[3], (__u64)(unsigned long)&on);
		CHECK_EQ(e->args[5], sizeof(on));
		CHECK_EQ(e->ret_err, 0);
		CHECK_EQ((int)e->ret, i == 3 ? -ENOPROTOOPT : 0);
		CHECK_EQ((int)e->ip, i == 3 ? -ENOPROTOOPT : 0);
		CHECK_EQ(e->cookie, i % 2);
	}
	close(fd);
	sem_close(&s);
}

TEST(nine_args)
{
	void *p, *want = (void *)0x123400000;
	struct sem s;
	int fd;

	sem_need_target("do_mmap");
	if (!start(&s, "args9"))
		return;
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	p = mmap(want, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 4096);
	CHECK(p == want);
	close(fd);
	check_pair(&s, 18, 9);
	for (int phase = 0; phase < 2; phase++) {
		const struct sem_event *e = &s.d->log[phase];

		CHECK_EQ(e->nr_args, 9);
		CHECK_EQ(e->args[0], 4096);
		CHECK_EQ(e->args[1], PROT_READ);
		CHECK_EQ(e->args[2], 1);
		CHECK_EQ(e->args[3], 1);
		CHECK_EQ(e->args[4], -EINVAL);
		CHECK_EQ(e->ret, phase ? 0x123400000 : 0);
		CHECK_EQ(e->ip, phase ? 0x123400000 : 0);
	}
	sem_close(&s);
}

/* Asks for the route to 127.0.0.1, which rt_fill_info() writes. */
static void ask_route(__u32 seq)
{
	struct {
		struct nlmsghdr h;
		struct rtmsg r;
		struct rtattr a;
		struct in_addr dst;
	} req = {
		.h = { sizeof(req), RTM_GETROUTE, NLM_F_REQUEST, seq, 0 },
		.r = { .rtm_family = AF_INET, .rtm_dst_len = 32 },
		.a = { sizeof(req.a) + sizeof(req.dst), RTA_DST },
		.dst = { htonl(INADDR_LOOPBACK) },
	};
	struct sockaddr_nl self = { .nl_family = AF_NETLINK, .nl_pid = 4711 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	char buf[4096];

	CHECK_EQ(bind(fd, (void *)&self, sizeof(self)), 0);
	CHECK_EQ(send(fd, &req, sizeof(req), 0), sizeof(req));
	CHECK(recv(fd, buf, sizeof(buf), 0) > 0);
	close(fd);
}

TEST(eleven_args)
{
	struct sem s;

	sem_need_target("rt_fill_info");
	if (!start(&s, "args11"))
		return;
	ask_route(0x5eed);
	check_pair(&s, 19, 11);
	for (int phase = 0; phase < 2; phase++) {
		const struct sem_event *e = &s.d->log[phase];

		CHECK_EQ(e->nr_args, 11);
		CHECK_EQ(e->args[0], 4711);
		CHECK_EQ(e->args[1], 0x5eed);
		CHECK_EQ(e->args[2], RT_TABLE_MAIN);
		CHECK_EQ(e->ret, 0);
		CHECK_EQ(e->ret_err, 0);
	}
	sem_close(&s);
}
