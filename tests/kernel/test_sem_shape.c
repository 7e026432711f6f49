/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs of every shape run; those that break a rule are refused. */
#include "sem.h"

#include <fcntl.h>

static bool start(struct sem *s, const char *programs)
{
	sem_pin(0);
	return sem_load(s, "sem_shape", programs) && sem_attach(s, programs);
}

/* Entry and exit of one call, with the cookie the entry left. */
static void check_pair(const struct sem *s, __u32 id, __u64 cookie)
{
	const struct sem_event *e = s->d->log;

	CHECK_EQ(s->d->nr_events, 2);
	for (int phase = 0; phase < 2; phase++) {
		CHECK_EQ(e[phase].id, id);
		CHECK_EQ(e[phase].is_return, phase);
		CHECK_EQ(e[phase].cookie, phase ? cookie : 0);
	}
}

/* The usual case: one program, one run. */
static bool run_pair(struct sem *s, const char *program, __u32 id, __u64 cookie)
{
	if (!start(s, program))
		return false;
	CHECK_EQ(sem_run_tests(), 0);
	check_pair(s, id, cookie);
	return true;
}

TEST(subprogram)
{
	struct sem s;

	run_pair(&s, "subprog", 1, 0x111);
}

TEST(subprogram_below)
{
	struct sem s;

	run_pair(&s, "subprog_below", 2, 0x222);
}

TEST(subprogram_returns_cookie)
{
	struct sem s;

	if (!run_pair(&s, "subprog_returns", 3, 0x333))
		return;
	CHECK_EQ(s.d->log[0].ret, 0);
	CHECK_EQ(s.d->log[1].ret, 2);
}

TEST(subprogram_global)
{
	struct sem s;

	if (!run_pair(&s, "subprog_global", 4, 0x444))
		return;
	CHECK_EQ(s.d->log[0].args[0], 1);
	CHECK_EQ(s.d->log[1].args[0], 2);
	CHECK_EQ(s.d->n[0], 2);
}

TEST(subprograms_of_several_sessions)
{
	struct sem s;

	if (!start(&s, "subprog subprog_below subprog_global"))
		return;
	CHECK_EQ(sem_run_tests(), 0);
	CHECK_ORDER(&s, "4+ 2+ 1+ 4- 2- 1-");
	CHECK_EQ(s.d->log[3].cookie, 0x444);
	CHECK_EQ(s.d->log[4].cookie, 0x222);
	CHECK_EQ(s.d->log[5].cookie, 0x111);
}

TEST(cookie_address_kept)
{
	struct sem s;

	if (!run_pair(&s, "cookie_kept", 5, 0x500000000 + 45))
		return;
	CHECK_EQ(s.d->log[0].args[0], 0x500000000 + 45);
	CHECK_EQ(s.d->log[1].args[0], 2 * (0x500000000 + 45));
}

TEST(cookie_every_byte)
{
	struct sem s;

	run_pair(&s, "cookie_bytes", 6, 0xf8f7f6f5f4f3f2f2);
}

TEST(callback_of_loop)
{
	struct sem s;

	sem_need_helper(BPF_FUNC_loop, "bpf_loop");
	if (run_pair(&s, "callback_loop", 7, 10))
		CHECK_EQ(s.d->n[2], 50);
}

TEST(callback_of_for_each_map_elem)
{
	struct sem s;

	sem_need_helper(BPF_FUNC_for_each_map_elem, "bpf_for_each_map_elem");
	if (run_pair(&s, "callback_elem", 8, 6))
		CHECK_EQ(s.d->n[3], 24);
}

TEST(full_stack)
{
	struct sem s;

	if (!run_pair(&s, "full_stack", 9, 0x999))
		return;
	for (int phase = 0; phase < 2; phase++) {
		CHECK_EQ(s.d->log[phase].args[0], 40 * 39 / 2 + 1);
		CHECK_EQ(s.d->log[phase].args[1], 1);
		CHECK_EQ(s.d->log[phase].args[2], 1);
	}
}

TEST(shared_stack)
{
	struct sem s;

	if (!run_pair(&s, "shared_stack", 21, 0x2121))
		return;
	for (int phase = 0; phase < 2; phase++) {
		CHECK_EQ(s.d->log[phase].args[0], 2);
		CHECK_EQ(s.d->log[phase].args[1], 1);
	}
}

TEST(full_registers)
{
	struct sem s;

	if (!start(&s, "full_registers"))
		return;
	for (int i = 0; i < 4; i++)
		s.d->n[10 + i] = 0x1010101010101010ULL << i;
	CHECK_EQ(sem_run_tests(), 0);
	check_pair(&s, 10, (0x1010101010101010ULL * 15) ^ 3);
	for (int phase = 0; phase < 2; phase++) {
		for (int i = 0; i < 4; i++)
			CHECK_EQ(s.d->log[phase].args[i], 0x1010101010101010ULL << i);
		CHECK_EQ(s.d->log[phase].args[4], 2);
		CHECK_EQ(s.d->log[phase].args[5], 3);
		CHECK_EQ((int)s.d->log[phase].ret, phase ? 5 : 0);
	}
}

TEST(big_program)
{
	struct sem s;

	if (!run_pair(&s, "big", 11, 192 * 191 / 2))
		return;
	CHECK_EQ(s.d->log[0].args[0], 192 * 191 / 2);
	CHECK_EQ(s.d->log[1].args[0], 192 * 191 / 2);
}

TEST(many_exits)
{
	static const __u64 cookies[] = { 0xcc, 0, 0xc };
	struct sem s;

	if (!start(&s, "many_exits"))
		return;
	for (int i = 0; i < 3; i++) {
		sem_clear(&s);
		s.d->arg = i;
		CHECK_EQ(sem_run_tests(), 0);
		check_pair(&s, 12, cookies[i]);
		CHECK_EQ(s.d->n[4], i != 2);
	}
	CHECK_EQ(sem_stats(&s, "many_exits").open, 0);
}

/* Loading fails with @err, and leaves nothing behind. */
static void refused(const char *program, int err)
{
	int programs = sem_count_programs(), got = sem_load_error("sem_shape", program);

	if (got >= 0 || (err && got != err))
		tap_fail(__FILE__, __LINE__, "loading %s: %d, expected %d", program, got, err);
	CHECK_EQ(sem_count_programs(), programs);
}

TEST(refused_return_value)
{
	refused("returns_1", -EINVAL);
	refused("returns_1_at_entry", -EINVAL);
	refused("returns_1_at_exit", -EINVAL);
	refused("returns_anything", -EINVAL);
}

/* Helpers of no kernel: -EINVAL; kfuncs: -EACCES. */
TEST(refused_calls_elsewhere)
{
	refused("kfunc_in_fentry", 0);
	refused("kfunc_in_fexit", 0);
	refused("kfunc_in_fmod_ret", 0);
}

TEST(refused_other_ctx)
{
	refused("kfunc_other_ctx", 0);
	refused("kfunc_moved_ctx", 0);
}

TEST(refused_outside_cookie)
{
	refused("cookie_beyond", -EACCES);
	refused("cookie_before", -EACCES);
}

TEST(refused_ctx_access)
{
	refused("write_arg", -EACCES);
	refused("read_beyond", -EACCES);
}

/* Loads "bare" for @func: refused with one message that names it. */
static void refused_target(const char *func)
{
	int links = sem_count_links(), programs = sem_count_programs(), err;
	struct bpf_link *link = NULL;
	struct sem s;

	sem_register(0);
	if (!sem_open(&s, "sem_shape", "bare"))
		return;
	CHECK_EQ(fsession_set_target(sem_prog(&s, "bare"), func), 0);
	err = bpf_object__load(s.obj);
	if (!err)
		err = sem_attach_cookie(&s, "bare", 0, &link);
	if (!err)
		tap_fail(__FILE__, __LINE__, "%s can be traced", func);
	CHECK(strstr(sem_message(), func));
	sem_close(&s);
	CHECK_EQ(sem_count_links(), links);
	CHECK_EQ(sem_count_programs(), programs);
}

/* By name, also where the kernel knows no list of them. */
TEST(refused_noreturn)
{
	refused_target("do_exit");
	refused_target("do_group_exit");
	refused_target("make_task_dead");
}

TEST(refused_denied)
{
	static const char *const names[] = { "migrate_disable", "migrate_enable", "__rcu_read_lock",
					     "__rcu_read_unlock" };
	int seen = 0;

	for (int i = 0; i < 4; i++) {
		int prog = sem_plain(BPF_TRACE_FENTRY, names[i], 0);

		if (prog >= 0)
			close(prog);
		if (prog != -EINVAL)	/* there is no such function, or it is not denied */
			continue;
		seen++;
		refused_target(names[i]);
	}
	if (!seen)
		tap_skip("this kernel has none of the functions it denies");
}

TEST(refused_unknown)
{
	refused_target("no_such_function_at_all");
	refused_target("no_such_module:function");
}

static bool kernel_has_sleepable(const char *func)
{
	int prog = sem_plain(BPF_TRACE_FENTRY, func, BPF_F_SLEEPABLE);

	close(prog);
	return prog >= 0;
}

TEST(sleepable)
{
	__u64 mine = 0x1234567890;
	struct sem s;

	if (!kernel_has_sleepable("bpf_fentry_test1"))
		tap_skip("this kernel lets no program sleep in bpf_fentry_test1()");
	if (!start(&s, "sleepable"))
		return;
	s.d->n[5] = (__u64)(unsigned long)&mine;
	CHECK_EQ(sem_run_tests(), 0);
	check_pair(&s, 14, 0xe);
	for (int phase = 0; phase < 2; phase++) {
		CHECK_EQ(s.d->log[phase].args[0], 1);
		CHECK_EQ(s.d->log[phase].ret, phase ? 2 : 0);
		CHECK_EQ(s.d->log[phase].args[1], 0);
		CHECK_EQ(s.d->log[phase].args[2], mine);
	}
	sem_close(&s);
}

TEST(sleepable_refused)
{
	refused("sleepable_not_allowed", kernel_has_sleepable("bpf_fentry_test1") ? -EINVAL : 0);
	refused("copies_unsleepable", -EINVAL);
}

TEST(module_function)
{
	struct sem s;
	int fd;

	if (access("/sys/kernel/btf/tun", F_OK)) {
		CHECK(sem_load_error("sem_shape", "module") < 0);
		tap_skip("this kernel has no BTF of modules");
	}
	if (!start(&s, "module"))
		return;
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	check_pair(&s, 16, 0x10);
	CHECK_EQ(s.d->log[0].args[0], s.d->log[1].args[0]);
	CHECK_EQ((int)s.d->log[1].ret, 0);
	close(fd);
	sem_close(&s);
}

/* A thrown exception ends that run and nothing else: the next one finds all in order. */
static void check_throws(struct sem *s, __u32 phases, int whole)
{
	struct fsession_stats st;

	sem_clear(s);
	s->d->arg = phases;
	CHECK_EQ(sem_run_tests(), 0);
	check_pair(s, 1, 0x111);
	CHECK_EQ(s->d->n[0], whole);
	st = sem_stats(s, "throws");
	CHECK_EQ(st.missed + st.unmatched + st.open + st.swept, 0);
	CHECK_EQ(st.entries, st.exits);
}

TEST(throw_in_each_phase)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool found = btf && btf__find_by_name_kind(btf, "bpf_throw", BTF_KIND_FUNC) > 0;
	struct sem s;

	btf__free(btf);
	if (!found)
		tap_skip("no bpf_throw() here");
	sem_pin(0);
	if (!sem_load(&s, "sem_throw", "throws") || !sem_attach(&s, "throws"))
		return;
	for (__u32 phases = 0; phases < 4; phases++)
		check_throws(&s, phases, !(phases & 1) + !(phases & 2));
	check_throws(&s, 0, 2);
	sem_close(&s);
}
