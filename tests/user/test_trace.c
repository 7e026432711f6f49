/* SPDX-License-Identifier: BSD-2-Clause */
/* Tracing programs on the user engine: load, link, run, info, by unmodified libbpf. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpf/build.h"
#include "bpf/uapi.h"
#include "inject/self.h"
#include "inject/selftarget.h"
#include "syscall/selftest.h"
#include "tap.h"
#include "trace.h"
#include "trampoline/space.h"

static struct bpf_object *obj;
static struct trace_data *d;

static struct bpf_program *prog(const char *name)
{
	return bpf_object__find_program_by_name(obj, name);
}

static bool open_object(void)
{
	selftarget_use(NULL);
	obj = bpf_object__open_file(tap_file("trace.bpf.o"), NULL);
	if (!obj) {
		tap_fail(__FILE__, __LINE__, "open: %s", strerror(errno));
		return false;
	}
	return !bpf_program__set_expected_attach_type(prog("session1"),
							 (enum bpf_attach_type)FS_BPF_TRACE_FSESSION);
}

static bool map_data(void)
{
	struct bpf_map *bss = bpf_object__find_map_by_name(obj, ".bss");

	CHECK_EQ(bpf_map__value_size(bss), sizeof(*d));
	d = mmap(NULL, sizeof(*d), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(bss), 0);
	CHECK(d != MAP_FAILED);
	return d != MAP_FAILED;
}

static bool load(void)
{
	if (!open_object())
		return false;
	if (bpf_object__load(obj)) {
		tap_fail(__FILE__, __LINE__, "load: %s", strerror(errno));
		return false;
	}
	return map_data();
}

static int run(const char *name, __u32 *retval)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int err = bpf_prog_test_run_opts(bpf_program__fd(prog(name)), &opts);

	if (retval)
		*retval = opts.retval;
	return err;
}

static int attach(const char *name, __u32 type, __u64 cookie)
{
	struct fs_link_create_attr attr = {
		.prog_fd = bpf_program__fd(prog(name)), .attach_type = type, .tracing.cookie = cookie,
	};
	int fd = syscall(__NR_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : fd;
}

#define CHECK_SEEN(i, w, p, a, r, c)                                                               \
	do {                                                                                       \
		CHECK_EQ(d->seen[i].what, w);                                                      \
		CHECK_EQ(d->seen[i].phase, p);                                                     \
		CHECK_EQ(d->seen[i].arg, a);                                                       \
		CHECK_EQ(d->seen[i].ret, r);                                                       \
		CHECK_EQ(d->seen[i].cookie, c);                                                    \
	} while (0)

/* Newest first at both ends, and what each sees: fsession specification, 11. */
TEST(trace_order)
{
	int links[3];

	if (!load())
		return;
	links[0] = attach("session1", FS_BPF_TRACE_FSESSION, 5);
	links[1] = attach("entry1", BPF_TRACE_FENTRY, 6);
	links[2] = attach("exit1", BPF_TRACE_FEXIT, 7);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(links[i] < 0 ? links[i] : 0, 0);
	CHECK_EQ(run("entry1", NULL), 0);
	CHECK_EQ(d->nr_seen, 4);
	CHECK_SEEN(0, 1, 0, 1, 77, 6);
	CHECK_SEEN(1, 3, 0, 1, 0, 0);
	CHECK_SEEN(2, 2, 1, 1, 2, 7);
	CHECK_SEEN(3, 3, 1, 1, 2, 0xDEADBEEF);
	CHECK_EQ(d->get_ret, -EOPNOTSUPP);
	CHECK_EQ(d->arg_cnt, 1);
	CHECK(d->ip);
	close(links[0]);
	d->nr_seen = 0;
	CHECK_EQ(run("entry1", NULL), 0);
	CHECK_EQ(d->nr_seen, 2);
	close(links[1]);
	close(links[2]);
	CHECK_EQ(run("entry1", NULL), 0);
	CHECK_EQ(d->nr_seen, 2);
	bpf_object__close(obj);
}

/* A pointer that leads nowhere reads as zero, and what that points at. */
TEST(trace_null_pointers)
{
	int link;

	if (!load())
		return;
	link = attach("null7", BPF_TRACE_FENTRY, 0);
	CHECK(link >= 0);
	CHECK_EQ(run("null7", NULL), 0);
	CHECK_EQ(d->nr_seen, 1);
	CHECK_SEEN(0, 7, 0, 1, 0, 0);
	close(link);
	bpf_object__close(obj);
}

TEST(trace_six_arguments)
{
	int link;

	if (!load())
		return;
	link = attach("exit6", BPF_TRACE_FEXIT, 0);
	CHECK(link >= 0);
	CHECK_EQ(run("exit6", NULL), 0);
	CHECK_EQ(d->nr_seen, 1);
	CHECK_SEEN(0, 6, 1, 111, 111, 0);
	bpf_object__close(obj);
}

TEST(trace_modify_return)
{
	__u32 retval;

	if (!load())
		return;
	CHECK_EQ(run("modify", &retval), 0);
	CHECK_EQ(retval, 2 << 16 | 33);
	CHECK(attach("modify", BPF_MODIFY_RETURN, 0) >= 0);
	CHECK_EQ(run("modify", &retval), 0);
	CHECK_EQ(retval, 1 << 16 | (__u16)(29 - 22));
	bpf_object__close(obj);
}

TEST(trace_attach_errors)
{
	struct fs_link_create_attr attr;
	int link;

	if (!load())
		return;
	CHECK_EQ(attach("entry1", BPF_TRACE_FEXIT, 0), -EINVAL);
	link = attach("session1", FS_BPF_TRACE_FSESSION, 0);
	CHECK(link >= 0);
	CHECK_EQ(attach("session1", FS_BPF_TRACE_FSESSION, 0), -EBUSY);
	attr = (struct fs_link_create_attr){ .prog_fd = link };
	CHECK_EQ(syscall(__NR_bpf, BPF_LINK_DETACH, &attr, 4), -1);
	CHECK_EQ(errno, EOPNOTSUPP);
	attr.target_fd = bpf_program__fd(prog("entry1"));
	CHECK_EQ(syscall(__NR_bpf, BPF_LINK_UPDATE, &attr, 16), -1);
	CHECK_EQ(errno, EINVAL);
	close(link);
	link = attach("session1", FS_BPF_TRACE_FSESSION, 0);
	CHECK(link >= 0);
	close(link);
	link = bpf_raw_tracepoint_open(NULL, bpf_program__fd(prog("session1")));
	CHECK(link >= 0);
	close(link);
	CHECK_EQ(bpf_raw_tracepoint_open("x", bpf_program__fd(prog("session1"))), -EINVAL);
	bpf_object__close(obj);
}

TEST(trace_info)
{
	struct {
		__u32 type, id, prog_id, pad, attach_type, obj_id, btf_id, pad2;
		__u64 cookie;
	} link_info = { 0 };
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info), id = 0;
	int stats, link, fd;

	if (!load())
		return;
	stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	CHECK(stats >= 0);
	link = attach("entry1", BPF_TRACE_FENTRY, 99);
	CHECK_EQ(run("entry1", NULL), 0);
	CHECK_EQ(run("entry1", NULL), 0);
	fd = bpf_program__fd(prog("entry1"));
	CHECK_EQ(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	CHECK_EQ(info.run_cnt, 2);
	CHECK(info.run_time_ns > 0);
	CHECK_EQ(info.recursion_misses, 0);
	CHECK(info.jited_prog_len > 0);
	len = sizeof(link_info);
	CHECK_EQ(bpf_obj_get_info_by_fd(link, &link_info, &len), 0);
	CHECK_EQ(link_info.type, BPF_LINK_TYPE_TRACING);
	CHECK_EQ(link_info.prog_id, info.id);
	CHECK_EQ(link_info.attach_type, BPF_TRACE_FENTRY);
	CHECK_EQ(link_info.btf_id, libbpf_find_vmlinux_btf_id("bpf_fentry_test1", BPF_TRACE_FENTRY));
	CHECK_EQ(link_info.cookie, 99);
	CHECK_EQ(bpf_link_get_next_id(0, &id), 0);
	CHECK_EQ(id, link_info.id);
	fd = bpf_link_get_fd_by_id(id);
	CHECK(fd >= 0);
	close(link);
	CHECK_EQ(bpf_link_get_next_id(0, &id), 0);	/* another handle of it */
	close(fd);
	CHECK_EQ(bpf_link_get_next_id(0, &id), -ENOENT);
	bpf_object__close(obj);
}

/* A program without helpers is not counted until somebody asks. */
TEST(trace_stats_later)
{
	static const struct bpf_insn insns[] = { INSN_MOV_I(0, 0), INSN_EXIT() };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	LIBBPF_OPTS(bpf_test_run_opts, run_opts);
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	int fd, link, stats;

	selftarget_use(NULL);
	opts.attach_btf_id = libbpf_find_vmlinux_btf_id("bpf_fentry_test1", BPF_TRACE_FENTRY);
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "GPL", insns, 2, &opts);
	link = bpf_raw_tracepoint_open(NULL, fd);
	CHECK(link >= 0);
	CHECK_EQ(bpf_prog_test_run_opts(fd, &run_opts), 0);
	stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	CHECK_EQ(bpf_prog_test_run_opts(fd, &run_opts), 0);
	CHECK_EQ(bpf_prog_test_run_opts(fd, &run_opts), 0);
	close(stats);
	CHECK_EQ(bpf_prog_test_run_opts(fd, &run_opts), 0);
	CHECK_EQ(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	CHECK_EQ(info.run_cnt, 2);
	CHECK(info.run_time_ns > 0);
	close(link);
	close(fd);
}

/* -- Functions of the process --- */

static volatile int twice = 2;

__attribute__((noinline)) static long own_function(long a)
{
	return a * twice;
}

static long (*volatile call_own)(long a) = own_function;
static long (*volatile call_libc)(long a) = labs;

/* Makes session1 a session on @func, and has it run by @call. */
static void trace_function(const char *func, long (*volatile *call)(long a), __u64 arg)
{
	int link;

	if (!open_object())
		return;
	CHECK_EQ(bpf_program__set_attach_target(prog("session1"), 0, func), 0);
	CHECK_EQ(bpf_object__load(obj), 0);
	map_data();
	link = attach("session1", FS_BPF_TRACE_FSESSION, 0);
	CHECK(link >= 0);
	(*call)(arg);
	CHECK_EQ(d->nr_seen, 2);
	CHECK_EQ(d->seen[0].what, 3);
	CHECK_EQ(d->seen[0].phase, 0);
	CHECK_EQ(d->seen[0].arg, arg);
	CHECK_EQ(d->seen[0].cookie, 0);
	CHECK_EQ(d->seen[1].cookie, 0xDEADBEEF);
	CHECK_EQ(d->seen[1].phase, 1);
	close(link);
	(*call)(arg);
	CHECK_EQ(d->nr_seen, 2);
	bpf_object__close(obj);
}

TEST(trace_own_function)
{
	trace_function("own_function", &call_own, 21);
}

TEST(trace_module_function)
{
	trace_function("labs", &call_libc, 21);
}

/* Runs before sanitizers are ready. */
__attribute__((used, no_sanitize("address", "undefined"))) static long (*choose(void))(long a)
{
	return own_function;
}

long chosen_function(long a) __attribute__((ifunc("choose")));
static long (*volatile call_chosen)(long a) = chosen_function;

TEST(trace_chosen_function)
{
	trace_function("chosen_function", &call_chosen, 21);
}

/* Loads a copier of what a function's argument points at, which may take sleeping. */
static int load_copier(__u32 type, __u32 flags)
{
	if (!open_object())
		return -1;
	bpf_program__set_autoload(prog("copy1"), true);
	CHECK_EQ(bpf_program__set_flags(prog("copy1"), flags), 0);
	CHECK_EQ(bpf_program__set_attach_target(prog("copy1"), 0, "own_function"), 0);
	CHECK_EQ(bpf_program__set_expected_attach_type(prog("copy1"), (enum bpf_attach_type)type), 0);
	return bpf_object__load(obj);
}

static void trace_sleepable(__u32 type, __u64 nr)
{
	__u64 word = 0x5ca1ab1e;
	int link;

	CHECK_EQ(load_copier(type, BPF_F_SLEEPABLE), 0);
	map_data();
	link = attach("copy1", type, 0);
	CHECK(link >= 0);
	call_own((long)&word);
	CHECK_EQ(d->nr_seen, nr);
	CHECK_EQ(d->seen[nr - 1].arg, word);
	CHECK_EQ(d->copied, 0);
	call_own(16);
	CHECK_EQ(d->nr_seen, 2 * nr);
	CHECK_EQ(d->copied, -EFAULT);
	close(link);
	bpf_object__close(obj);
}

/* At either end of a function of the process. */
TEST(trace_sleepable_function)
{
	trace_sleepable(BPF_TRACE_FENTRY, 1);
	trace_sleepable(BPF_TRACE_FEXIT, 1);
	trace_sleepable(FS_BPF_TRACE_FSESSION, 2);
}

/* On a function of the process: one that does not say that it sleeps, and one that changes the result. */
TEST(trace_refused_programs)
{
	CHECK_EQ(load_copier(BPF_TRACE_FENTRY, 0), -EINVAL);
	bpf_object__close(obj);
	if (!open_object())
		return;
	CHECK_EQ(bpf_program__set_attach_target(prog("modify"), 0, "own_function"), 0);
	CHECK_EQ(bpf_object__load(obj), -EINVAL);
	bpf_object__close(obj);
}

/* Its parent goes on with a frame that the child has left: no trampoline may stand there. */
TEST(trace_refused_function)
{
	if (!open_object())
		return;
	CHECK_EQ(bpf_program__set_attach_target(prog("session1"), 0, "vfork"), 0);
	CHECK_EQ(bpf_object__load(obj), -EOPNOTSUPP);
	bpf_object__close(obj);
}

/* What patterns choose from. */
TEST(trace_traceable_functions)
{
	bool has_own = false, has_labs = false, has_vfork = false;
	char line[1024];
	FILE *f;

	selftarget_use(NULL);
	f = fopen("/sys/kernel/tracing/available_filter_functions", "r");
	CHECK(f);
	while (f && fgets(line, sizeof(line), f)) {
		has_own |= !strcmp(line, "own_function\n");
		has_labs |= !strncmp(line, "labs [libc", 10);
		has_vfork |= !strncmp(line, "vfork [", 7);
	}
	CHECK(has_own);
	CHECK(has_labs);
	CHECK(!has_vfork);
	if (f)
		fclose(f);
}

/* -- Links are descriptors --- */

/* How many programs run at the next call of the test function. */
static int nr_running(void)
{
	d->nr_seen = 0;
	CHECK_EQ(run("entry1", NULL), 0);
	return d->nr_seen;
}

TEST(trace_dup_keeps_link)
{
	int link, copy;

	if (!load())
		return;
	link = attach("exit1", BPF_TRACE_FEXIT, 0);
	copy = dup(link);
	close(link);
	CHECK_EQ(nr_running(), 1);
	close(copy);
	CHECK_EQ(nr_running(), 0);
	bpf_object__close(obj);
}

/* The last one to close it is another process. */
TEST(trace_child_keeps_link)
{
	int link, go[2];
	pid_t pid;
	char c;

	if (!load())
		return;
	link = attach("exit1", BPF_TRACE_FEXIT, 0);
	CHECK_EQ(pipe(go), 0);
	pid = fork();
	if (!pid) {
		close(go[1]);
		_exit(read(go[0], &c, 1));
	}
	close(link);
	CHECK_EQ(nr_running(), 1);
	close(go[1]);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(nr_running(), 0);
	bpf_object__close(obj);
}

/* Each of the two closes its own; what the engine holds of the link, the other one still has. */
TEST(trace_child_closes_link)
{
	int link, status = 0, go[2];
	pid_t pid;
	char c;

	if (!load())
		return;
	link = attach("exit1", BPF_TRACE_FEXIT, 0);
	CHECK_EQ(pipe(go), 0);
	pid = fork();
	if (!pid) {
		close(go[1]);
		close(link);
		c = read(go[0], &c, 1);		/* the parent has closed it, too */
		_exit(nr_running() || nr_running());
	}
	close(link);
	for (int i = 0; i < 6000 && nr_running(); i++)	/* until the child has closed it */
		usleep(10000);
	CHECK_EQ(nr_running(), 0);
	close(go[1]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	bpf_object__close(obj);
}

static bool storm_over;

static void *call_much(void *arg)
{
	long wrong = 0;

	for (long i = 0; !__atomic_load_n(&storm_over, __ATOMIC_RELAXED); i++)
		wrong += call_own(i % 1000) != i % 1000 * 2;
	(void)arg;
	return (void *)wrong;
}

/* Programs come and go while threads call the function. */
TEST(trace_storm)
{
	pthread_t threads[3];
	void *wrong;

	if (!open_object())
		return;
	CHECK_EQ(bpf_program__set_attach_target(prog("session1"), 0, "own_function"), 0);
	CHECK_EQ(bpf_program__set_attach_target(prog("entry1"), 0, "own_function"), 0);
	CHECK_EQ(bpf_object__load(obj), 0);
	map_data();
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, call_much, NULL), 0);
	for (int i = 0; i < 40; i++) {
		int session = attach("session1", FS_BPF_TRACE_FSESSION, 0);
		int entry = attach("entry1", BPF_TRACE_FENTRY, 0);

		CHECK(session >= 0 && entry >= 0);
		close(i % 2 ? session : entry);
		close(i % 2 ? entry : session);
	}
	__atomic_store_n(&storm_over, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(pthread_join(threads[i], &wrong), 0);
		CHECK_EQ((long)wrong, 0);
	}
	CHECK(d->nr_seen > 0);
	bpf_object__close(obj);
}

/* -- Loading --- */

struct load_case {
	__u32 type;		/* attach type */
	const char *func;
	__u32 flags;
	int kfunc;		/* call bpf_session_is_return() */
	int expected;		/* 0: an fd */
};

static int try_load(const struct load_case *c)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = c->type, .prog_flags = c->flags);
	struct btf *btf = btf__load_vmlinux_btf();
	int fd;

	if (c->func)
		opts.attach_btf_id = btf__find_by_name_kind(btf, c->func, BTF_KIND_FUNC);
	insns[0].imm = btf__find_by_name_kind(btf, "bpf_session_is_return", BTF_KIND_FUNC);
	btf__free(btf);
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "t", "GPL", insns + !c->kfunc, 2 + c->kfunc, &opts);
	close(fd);
	return fd < 0 ? fd : 0;
}

static void try_all(const struct load_case *cases, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		int err = try_load(&cases[i]);

		if (err != cases[i].expected)
			tap_fail(__FILE__, __LINE__, "case %u: %d, expected %d", i, err, cases[i].expected);
	}
}

/* What Linux 7.2 says: fsession specification, 3.1, 3.4 and 11. */
TEST(trace_load_errors)
{
	static const struct load_case cases[] = {
		{ BPF_TRACE_FENTRY, "bpf_fentry_test1", 0, 0, 0 },
		{ BPF_TRACE_FENTRY, NULL, 0, 0, -EINVAL },
		{ BPF_TRACE_FENTRY, "bpf_fentry_test1", 0, 1, -EACCES },
		{ FS_BPF_TRACE_FSESSION, "bpf_fentry_test1", 0, 1, 0 },
		{ BPF_MODIFY_RETURN, "bpf_fentry_test1", 0, 0, 0 },
		{ BPF_MODIFY_RETURN, "bpf_modify_return_test2", 0, 0, 0 },
		{ BPF_MODIFY_RETURN, "bpf_fentry_test2", 0, 0, -EINVAL },
		{ BPF_TRACE_FENTRY, "bpf_fentry_test1", BPF_F_SLEEPABLE, 0, 0 },
		{ BPF_TRACE_FENTRY, "bpf_fentry_test2", BPF_F_SLEEPABLE, 0, -EINVAL },
		{ BPF_TRACE_FENTRY, "bpf_session_cookie", 0, 0, -ENOENT },
		{ 1000, "bpf_fentry_test1", 0, 0, -EINVAL },
	};

	selftarget_use(NULL);
	try_all(cases, sizeof(cases) / sizeof(*cases));
}

/* A machine says that it can do sessions; if not, both kinds are refused, and nothing else. */
TEST(trace_without_sessions)
{
	static const struct load_case cases[] = {
		{ FS_BPF_TRACE_FSESSION, "bpf_fentry_test1", 0, 0, -EOPNOTSUPP },
		{ FS_BPF_TRACE_FSESSION_MULTI, NULL, 0, 0, -EOPNOTSUPP },
		{ BPF_TRACE_FENTRY, "bpf_fentry_test1", 0, 0, 0 },
		{ BPF_TRACE_FEXIT, "bpf_fentry_test1", 0, 0, 0 },
		{ FS_BPF_TRACE_FEXIT_MULTI, NULL, 0, 0, 0 },
	};
	static const struct arch_tramp_ops silent;
	struct arch_tramp_ops without;
	struct tramp_space *space;

	selftarget_use(NULL);
	CHECK_EQ(self_space(&space), 0);
	CHECK(space->arch->sessions);
	without = *space->arch;
	without.sessions = silent.sessions;	/* as a machine that says nothing of it */
	space->arch = &without;
	try_all(cases, sizeof(cases) / sizeof(*cases));
}

/* BPF_MAX_TRAMP_LINKS; -1: it is not there */
static int limit_in(const struct btf *btf)
{
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		for (int i = 0; btf_is_enum(t) && i < btf_vlen(t); i++)
			if (!strcmp(btf__name_by_offset(btf, btf_enum(t)[i].name_off), "BPF_MAX_TRAMP_LINKS"))
				return btf_enum(t)[i].val;
	}
	return -1;
}

static int limit_of(const struct arch_tramp_ops *arch)
{
	struct btf *btf;
	int nr = -1;

	CHECK_EQ(selftest_btf(arch->nodes_max, &btf), 0);
	nr = limit_in(btf);
	btf__free(btf);
	return nr;
}

TEST(trace_limit_in_btf)
{
	struct btf *btf;

	CHECK_EQ(limit_of(&x86_64_tramp), 36);
	CHECK_EQ(limit_of(&arm64_tramp), 37);
	selftarget_use(NULL);
	btf = btf__load_vmlinux_btf();
	CHECK_EQ(limit_in(btf), arch_host_tramp()->nodes_max);
	btf__free(btf);
}

/* As many as the BTF says, a session twice: then no more. */
TEST(trace_full)
{
	struct load_case c = { FS_BPF_TRACE_FSESSION, "bpf_fentry_test3" };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = c.type);
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct fs_link_create_attr attr = { .attach_type = c.type };
	int nr = 0;

	selftarget_use(NULL);
	opts.attach_btf_id = libbpf_find_vmlinux_btf_id(c.func, BPF_TRACE_FENTRY);
	do {
		attr.prog_fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "t", "GPL", insns, 2, &opts);
	} while (syscall(__NR_bpf, BPF_LINK_CREATE, &attr, sizeof(attr)) >= 0 && ++nr < 64);
	CHECK_EQ(errno, E2BIG);
	CHECK_EQ(nr, 18);
}

/* -- Many functions with one link --- */

/* Adds the attach cookie to word 0 of @map and 1 to word 1. */
static int load_multi(__u32 type, int map, __u32 flags)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = type, .prog_flags = flags);
	const struct bpf_insn insns[] = {
		INSN_CALL(BPF_FUNC_get_attach_cookie),
		INSN(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, 0, map), INSN(0, 0, 0, 0, 0),
		INSN_ATOMIC(BPF_ADD, BPF_REG_1, 0, BPF_REG_0),
		INSN_MOV_I(BPF_REG_2, 1),
		INSN_ATOMIC(BPF_ADD, BPF_REG_1, 8, BPF_REG_2),
		INSN_MOV_I(BPF_REG_0, 0),
		INSN_EXIT(),
	};

	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "m", "GPL", insns, sizeof(insns) / sizeof(*insns), &opts);
}

static int link_multi(int prog, __u32 type, const __u32 *ids, const __u64 *cookies, __u32 cnt)
{
	struct fs_link_create_attr attr = {
		.prog_fd = prog, .attach_type = type,
		.tracing_multi = { (unsigned long)ids, (unsigned long)cookies, cnt },
	};
	int fd = syscall(__NR_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : fd;
}

static __u32 func_id(const char *name)
{
	selftarget_use(NULL);
	return libbpf_find_vmlinux_btf_id(name, BPF_TRACE_FENTRY);
}

TEST(trace_multi)
{
	const __u32 ids[] = { func_id("bpf_fentry_test2"), func_id("bpf_fentry_test6"),
			      func_id("bpf_fentry_test1") };
	const __u64 cookies[] = { 0x200, 0x60000, 1 };
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	__u64 sums[2];
	__u32 key = 0;
	int map, prog, link, other;

	selftarget_use(NULL);
	map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, 16, 1, NULL);
	prog = load_multi(FS_BPF_TRACE_FSESSION_MULTI, map, 0);
	CHECK(prog >= 0);
	link = link_multi(prog, FS_BPF_TRACE_FSESSION_MULTI, ids, cookies, 3);
	CHECK(link >= 0);
	CHECK_EQ(bpf_prog_test_run_opts(prog, &opts), 0);
	CHECK_EQ(bpf_map_lookup_elem(map, &key, sums), 0);
	CHECK_EQ(sums[0], 2 * 0x60201);
	CHECK_EQ(sums[1], 6);
	CHECK_EQ(link_multi(prog, FS_BPF_TRACE_FSESSION_MULTI, &ids[1], NULL, 1), -EBUSY);
	other = load_multi(FS_BPF_TRACE_FENTRY_MULTI, map, 0);
	other = link_multi(other, FS_BPF_TRACE_FENTRY_MULTI, ids, NULL, 2);
	CHECK(other >= 0);
	close(link);
	CHECK_EQ(bpf_prog_test_run_opts(prog, &opts), 0);
	CHECK_EQ(bpf_map_lookup_elem(map, &key, sums), 0);
	CHECK_EQ(sums[0], 2 * 0x60201);
	CHECK_EQ(sums[1], 8);
	close(other);
	close(prog);
}

/* Linux 7.2's: fsession specification, 5. */
TEST(trace_multi_errors)
{
	const __u32 type = FS_BPF_TRACE_FSESSION_MULTI;
	const __u32 ids[] = { func_id("bpf_fentry_test1"), func_id("bpf_fentry_test2") };
	const __u32 doubled[] = { ids[0], ids[1], ids[0] }, zero[] = { ids[0], 0 };
	const __u32 gone[] = { ids[0], func_id("bpf_session_cookie") };
	struct load_case with_target = { type, "bpf_fentry_test1", 0, 0, 0 };
	__u32 id = 0;
	int map, prog;

	selftarget_use(NULL);
	map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, 16, 1, NULL);
	prog = load_multi(type, map, 0);
	CHECK(prog >= 0);
	CHECK_EQ(try_load(&with_target), -EINVAL);
	CHECK_EQ(link_multi(prog, type, ids, NULL, 0), -EINVAL);
	CHECK_EQ(link_multi(prog, type, NULL, NULL, 2), -EINVAL);
	CHECK_EQ(link_multi(prog, type, ids, NULL, FS_MAX_MULTI_IDS + 1), -E2BIG);
	CHECK_EQ(link_multi(prog, type, (void *)8, NULL, 2), -EFAULT);
	CHECK_EQ(link_multi(prog, type, ids, (void *)8, 2), -EFAULT);
	CHECK_EQ(link_multi(prog, type, doubled, NULL, 3), -EINVAL);
	CHECK_EQ(link_multi(prog, type, zero, NULL, 2), -EINVAL);
	CHECK_EQ(link_multi(prog, type, gone, NULL, 2), -ENOENT);
	CHECK_EQ(link_multi(prog, FS_BPF_TRACE_FENTRY_MULTI, ids, NULL, 2), -EINVAL);
	CHECK_EQ(bpf_link_get_next_id(0, &id), -ENOENT);
	close(prog);
	prog = load_multi(type, map, BPF_F_SLEEPABLE);
	CHECK_EQ(link_multi(prog, type, ids, NULL, 2), -EINVAL);
	CHECK(link_multi(prog, type, ids, NULL, 1) >= 0);
}
