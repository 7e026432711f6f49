/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions of BPF programs; sessions that tail-call. */
#include "sem.h"

static struct bpf_object *target;

/* Loads what is traced; the descriptor of one of its programs. */
static int target_prog(const char *name)
{
	struct bpf_program *p;

	if (!target) {
		target = bpf_object__open_file(tap_file("progs/sem_target.bpf.o"), NULL);
		CHECK_EQ(bpf_object__load(target), 0);
	}
	p = bpf_object__find_program_by_name(target, name);
	return bpf_program__fd(p);
}

/* Loads and attaches @program on @func of BPF program @fd. */
static bool start_on(struct sem *s, const char *program, int fd, const char *func)
{
	int err;

	sem_pin(0);
	sem_register(0);
	if (!sem_open(s, "sem_trace", program))
		return false;
	CHECK_EQ(bpf_program__set_attach_target(sem_prog(s, program), fd, func), 0);
	err = bpf_object__load(s->obj);
	if (err) {
		tap_fail(__FILE__, __LINE__, "loading %s: %s (%s)", program, strerror(-err),
			 sem_message());
		return false;
	}
	return sem_map_data(s) && sem_attach(s, program);
}

static __u32 run(int fd)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = 1);

	CHECK_EQ(bpf_prog_test_run_opts(fd, &opts), 0);
	return opts.retval;
}

static void check_pair(const struct sem *s, __u32 id, __u64 cookie)
{
	CHECK_EQ(s->d->nr_events, 2);
	for (int phase = 0; phase < 2; phase++) {
		CHECK_EQ(s->d->log[phase].id, id);
		CHECK_EQ(s->d->log[phase].is_return, phase);
		CHECK_EQ(s->d->log[phase].cookie, phase ? cookie : 0);
	}
}

/* Of 64 bytes the kernel's test run makes a packet whose Ethernet header is pulled: 50. */
#define LEN 50
#define SOCKET_RETVAL (LEN + 3 + (LEN & 7) * 100 + 23)

TEST(target_main_socket)
{
	int fd = target_prog("target_socket");
	struct sem s;

	if (!start_on(&s, "on_main", fd, "target_socket"))
		return;
	CHECK_EQ(run(fd), SOCKET_RETVAL);
	check_pair(&s, 1, 0x11);
	for (int phase = 0; phase < 2; phase++) {
		CHECK_EQ(s.d->log[phase].ret_err, 0);
		CHECK_EQ((int)s.d->log[phase].ret, phase ? SOCKET_RETVAL : 0);
	}
	sem_detach(&s);
	CHECK_EQ(run(fd), SOCKET_RETVAL);
	CHECK_EQ(s.d->nr_events, 2);
}

TEST(target_main_xdp)
{
	int fd = target_prog("target_xdp");
	struct sem s;

	if (!start_on(&s, "on_main", fd, "target_xdp"))
		return;
	CHECK_EQ(run(fd), 2);
	check_pair(&s, 1, 0x11);
	CHECK_EQ((int)s.d->log[1].ret, 2);
}

TEST(target_global_subprogram)
{
	int fd = target_prog("target_socket");
	struct sem s;

	if (!start_on(&s, "on_global", fd, "global_sub"))
		return;
	CHECK_EQ(run(fd), SOCKET_RETVAL);
	check_pair(&s, 2, 0x22);
	for (int phase = 0; phase < 2; phase++) {
		CHECK_EQ(s.d->log[phase].args[0], LEN);
		CHECK_EQ(s.d->log[phase].args[1], 3);
		CHECK_EQ(s.d->log[phase].nr_args, 2);
		CHECK_EQ((int)s.d->log[phase].ret, phase ? LEN + 3 : 0);
	}
}

/* What its BTF says where the kernel relies on it, else five arguments of 64 bits. */
TEST(target_static_subprogram)
{
	int fd = target_prog("target_socket");
	struct sem s;

	if (!start_on(&s, "on_static", fd, "static_sub"))
		return;
	CHECK_EQ(run(fd), SOCKET_RETVAL);
	check_pair(&s, 3, 0x33);
	for (int phase = 0; phase < 2; phase++) {
		CHECK_EQ(s.d->log[phase].args[0], LEN & 7);
		CHECK_EQ(s.d->log[phase].args[1], 2);
		CHECK_EQ(s.d->log[phase].args[2], 3);
		CHECK(s.d->log[phase].nr_args == 3 || s.d->log[phase].nr_args == 5);
		CHECK_EQ(s.d->log[phase].ret, phase ? (LEN & 7) * 100 + 23 : 0);
	}
}

/* A function that the program does not have. */
TEST(target_unknown_function)
{
	int fd = target_prog("target_socket"), programs;
	struct sem s;

	sem_register(0);
	programs = sem_count_programs();
	if (!sem_open(&s, "sem_trace", "on_main"))
		return;
	if (!bpf_program__set_attach_target(sem_prog(&s, "on_main"), fd, "no_such_sub"))
		CHECK(bpf_object__load(s.obj) < 0);
	bpf_object__close(s.obj);
	CHECK_EQ(sem_count_programs(), programs);
}

/* A session may be traced by one more, and no further. */
TEST(target_nesting_limit)
{
	int fd = target_prog("target_socket");
	struct sem s, s2, s3;

	if (!start_on(&s, "on_main", fd, "target_socket"))
		return;
	if (!sem_plain_can_nest())
		tap_skip("this kernel lets no tracing program trace another one");
	if (!start_on(&s2, "on_session", bpf_program__fd(sem_prog(&s, "on_main")), "on_main"))
		return;
	CHECK_EQ(run(fd), SOCKET_RETVAL);
	check_pair(&s, 1, 0x11);
	CHECK_ORDER(&s2, sem_engine() == FSESSION_ENGINE_SPLIT ? "4+ 4-" : "4+ 4- 4+ 4-");
	sem_register(0);
	if (!sem_open(&s3, "sem_trace", "on_session2"))
		return;
	CHECK_EQ(bpf_program__set_attach_target(sem_prog(&s3, "on_session2"),
						bpf_program__fd(sem_prog(&s2, "on_session")),
						"on_session"), 0);
	CHECK_EQ(bpf_object__load(s3.obj), -EINVAL);
}

/* A function that an freplace program replaced has no room for others; freed, it has. */
TEST(target_replaced)
{
	int fd = target_prog("target_socket");
	struct sem other, s;
	struct bpf_link *l = NULL;

	if (!start_on(&other, "replacement", fd, "global_sub"))
		return;
	if (!sem_open(&s, "sem_trace", "on_global"))
		return;
	CHECK_EQ(bpf_program__set_attach_target(sem_prog(&s, "on_global"), fd, "global_sub"), 0);
	CHECK_EQ(bpf_object__load(s.obj), 0);
	CHECK_EQ(fsession_attach(sem_prog(&s, "on_global"), NULL, &l), -EBUSY);
	CHECK(strstr(sem_message(), "global_sub") && strstr(sem_message(), "freplace"));
	sem_detach(&other);
	CHECK_EQ(fsession_attach(sem_prog(&s, "on_global"), NULL, &l), 0);
	bpf_link__destroy(l);
}

/* The callee goes on with what the root put in the cookie, in both phases. */
static void check_tail_call(const struct sem *s, __u32 root)
{
	static const __u64 cookies[] = { 0, 1, 0x101, 0x102 };

	CHECK_EQ(s->d->nr_events, 4);
	for (int i = 0; i < 4; i++) {
		const struct sem_event *e = &s->d->log[i];

		CHECK_EQ(e->id, i % 2 ? 10 : root);
		CHECK_EQ(e->is_return, i / 2);
		CHECK_EQ(e->cookie, cookies[i]);
		if (i % 2)
			CHECK_EQ(e->args[0], 1);
	}
	CHECK_EQ(s->d->log[1].ret, 0);
	CHECK_EQ(s->d->log[3].ret, 2);
	CHECK_EQ(s->d->n[1], 0);
}

TEST(tail_call_initial_map)
{
	struct sem s;

	sem_pin(0);
	if (!sem_load(&s, "sem_tail", "root_initial callee") || !sem_attach(&s, "root_initial"))
		return;
	CHECK_EQ(sem_run_tests(), 0);
	check_tail_call(&s, 11);
	CHECK_EQ(sem_stats(&s, "root_initial").open, 0);
}

TEST(tail_call_filled_map)
{
	__u32 key = 1;
	struct sem s;
	int fd, map;

	sem_pin(0);
	if (!sem_load(&s, "sem_tail", "root_filled callee"))
		return;
	fd = bpf_program__fd(sem_prog(&s, "callee"));
	map = bpf_map__fd(bpf_object__find_map_by_name(s.obj, "filled"));
	CHECK_EQ(bpf_map_update_elem(map, &key, &fd, BPF_ANY), 0);
	if (!sem_attach(&s, "root_filled"))
		return;
	CHECK_EQ(sem_run_tests(), 0);
	check_tail_call(&s, 12);
	CHECK_EQ(sem_stats(&s, "root_filled").open, 0);
}

/* No program there: the root goes on. */
TEST(tail_call_to_nothing)
{
	struct sem s;

	sem_pin(0);
	if (!sem_load(&s, "sem_tail", "root_filled callee") || !sem_attach(&s, "root_filled"))
		return;
	CHECK_EQ(sem_run_tests(), 0);
	check_pair(&s, 12, 1);
	CHECK_EQ(s.d->n[1], 2);
}

/* The kernel ties a prog array to functions of one prototype, and the exit half needs one of its own. */
TEST(tail_call_of_many_functions)
{
	struct sem s;

	sem_register(0);
	if (sem_engine() != FSESSION_ENGINE_SPLIT)
		tap_skip("what the kernel says of it is the kernel's");
	if (!sem_open(&s, "sem_tail", "root_filled"))
		return;
	CHECK_EQ(fsession_set_target(sem_prog(&s, "root_filled"), "bpf_fentry_test?"), 0);
	CHECK_EQ(bpf_object__load(s.obj), -EOPNOTSUPP);
	CHECK(strstr(sem_message(), "root_filled") && strstr(sem_message(), "tail calls"));
}
