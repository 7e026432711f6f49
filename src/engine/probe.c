/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/probe.h"
#include "engine/user.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf/build.h"
#include "bpf/rewrite.h"
#include "bpf/sys.h"
#include "bpf/uapi.h"
#include "image/ktarget.h"
#include "util/log.h"
#include "util/privilege.h"

enum { HELPER_GET_FUNC_IP = 173, HELPER_ATTACH_COOKIE = 174, HELPER_GET_FUNC_ARG_CNT = 185 };

/* A function of the kernel and a way to have this thread call it. */
struct trigger {
	struct ktarget target;
	bool test_run;		/* by BPF_PROG_TEST_RUN of a program attached to it; else getpgid() */
};

static struct kernel_features features;

static void FS_PRINTF(3, 4) outcome(struct rung_result *r, bool works, const char *fmt, ...)
{
	va_list ap;

	r->works = works;
	va_start(ap, fmt);
	vsnprintf(r->how, sizeof(r->how), fmt, ap);
	va_end(ap);
}

static void remedy(struct rung_result *r, const char *text)
{
	snprintf(r->remedy, sizeof(r->remedy), "%s", text);
}

/* Whether a failure is for want of a privilege; then says so. */
static bool is_privilege(struct rung_result *r, const char *what, int err)
{
	if (err != -EPERM && err != -EACCES)
		return false;
	outcome(r, false, "%s: %s", what, log_errstr(err));
	remedy(r, privilege_hint());
	return true;
}

static int load(const struct insn_seq *s, int attach_type, uint32_t btf_id)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = attach_type,
		    .attach_btf_id = btf_id);

	if (s->err)
		return s->err;
	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "fs_probe", "GPL", s->v, s->cnt, &opts);
}

/* Adds counters[@index or r0] += 1 and the return. */
static void add_counting(struct insn_seq *s, int map_fd, int index)
{
	if (index >= 0)
		seq_add(s, INSN_MOV_I(BPF_REG_0, index));
	seq_add(s, INSN_ALU_I(BPF_AND, BPF_REG_0, 1));
	seq_add(s, INSN_ALU_I(BPF_LSH, BPF_REG_0, 3));
	seq_ld_map_value(s, BPF_REG_1, map_fd, 0);
	seq_add(s, INSN_ALU_R(BPF_ADD, BPF_REG_1, BPF_REG_0));
	seq_add(s, INSN_MOV_I(BPF_REG_2, 1));
	seq_add(s, INSN_ATOMIC(BPF_ADD, BPF_REG_1, 0, BPF_REG_2));
	seq_add(s, INSN_MOV_I(BPF_REG_0, 0));
	seq_add(s, INSN_EXIT());
}

static void add_session(struct insn_seq *s, int map_fd)
{
	seq_add(s, INSN_MOV_R(BPF_REG_6, BPF_REG_1));
	seq_add(s, INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, features.cookie_id));
	seq_add(s, INSN_ST(BPF_DW, BPF_REG_0, 0, 1));
	seq_add(s, INSN_MOV_R(BPF_REG_1, BPF_REG_6));
	seq_add(s, INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, features.is_return_id));
	add_counting(s, map_fd, -1);
}

static int fire(const struct trigger *t, int prog_fd)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	if (!t->test_run) {
		getpgid(0);
		return 0;
	}
	return bpf_prog_test_run_opts(prog_fd, &opts);
}

/* Counters as the programs left them: [0] entries, [1] exits. Resets them. */
static void take_counters(int map_fd, uint64_t out[2])
{
	uint64_t zero[2] = { 0, 0 };
	uint32_t key = 0;

	out[0] = out[1] = 0;
	bpf_map_lookup_elem(map_fd, &key, out);
	bpf_map_update_elem(map_fd, &key, zero, 0);
}

static int find_trigger(struct trigger *t)
{
	static const char * const names[] = {
		"bpf_fentry_test1", "__x64_sys_getpgid", "__arm64_sys_getpgid",
	};
	struct log_capture c;
	char buf[512];
	int err = -ENOENT;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		log_capture_start(&c, buf, sizeof(buf));
		err = ktarget_find(names[i], &t->target);
		log_capture_stop(&c);
		if (!err) {
			t->test_run = i == 0;
			break;
		}
	}
	return err;
}

static uint32_t kfunc_id(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
	const struct btf_type *t;

	if (id < 0)
		return 0;
	t = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	return btf_vlen(t) == 1 ? id : 0;	/* without a parameter it is kprobe.session's, before 7.0 */
}

/* Links @prog_fd, fires, and tells whether both phases ran. Closes both fds. */
static void try_link(struct rung_result *r, const struct trigger *t, const char *what, int prog_fd,
		     int link_fd, int map_fd)
{
	uint64_t n[2];
	int err;

	if (link_fd < 0) {
		if (!is_privilege(r, "attaching", link_fd)) {
			outcome(r, false, "%s loads, but attaching it to %s fails: %s", what,
				t->target.name, log_errstr(link_fd));
			if (link_fd == -EOPNOTSUPP)
				remedy(r, "a kernel with CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS");
		}
		close(prog_fd);
		return;
	}
	take_counters(map_fd, n);
	err = fire(t, prog_fd);
	take_counters(map_fd, n);
	if (!err && n[0] && n[1])
		outcome(r, true, "%s on %s: attached and fired at entry and exit", what,
			t->target.name);
	else
		outcome(r, false, "%s on %s: attached, but it ran %llu times at entry and %llu at exit",
			what, t->target.name, (unsigned long long)n[0], (unsigned long long)n[1]);
	close(link_fd);
	close(prog_fd);
}

static void probe_native(const struct trigger *t, int map_fd)
{
	struct rung_result *r = &features.native;
	struct insn_seq s = {};
	int fd;

	add_session(&s, map_fd);
	fd = load(&s, FS_BPF_TRACE_FSESSION, t->target.btf_id);
	seq_done(&s);
	if (fd == -EOPNOTSUPP) {
		outcome(r, false, "the kernel knows BPF_TRACE_FSESSION, its JIT for this machine does not");
		return;
	}
	if (fd < 0) {
		if (!is_privilege(r, "loading", fd)) {
			outcome(r, false, "the kernel does not know BPF_TRACE_FSESSION");
			remedy(r, "Linux 7.0 or newer");
		}
		return;
	}
	if (!features.is_return_id || !features.cookie_id) {
		outcome(r, false, "the kernel's BTF lacks the session kfuncs");
		close(fd);
		return;
	}
	try_link(r, t, "a BPF_TRACE_FSESSION program", fd,
		 sys_link_tracing(fd, FS_BPF_TRACE_FSESSION, 0), map_fd);
}

static void probe_multi(const struct trigger *t, int map_fd)
{
	static const char where[] = "Linux 7.2 or newer, on x86_64";
	struct rung_result *r = &features.multi;
	struct insn_seq s = {};
	uint32_t id = t->target.btf_id;
	int fd, link;

	add_session(&s, map_fd);
	fd = load(&s, FS_BPF_TRACE_FSESSION_MULTI, 0);
	seq_done(&s);
	if (fd < 0) {
		if (!is_privilege(r, "loading", fd)) {
			outcome(r, false, "the kernel does not know BPF_TRACE_FSESSION_MULTI");
			remedy(r, where);
		}
		return;
	}
	if (&fsession_user_engine && fsession_user_engine.is_elsewhere()) {
		outcome(r, true, "a BPF_TRACE_FSESSION_MULTI program loads for another process");
		close(fd);
		return;
	}
	link = sys_link_multi(fd, FS_BPF_TRACE_FSESSION_MULTI, &id, NULL, 1);
	try_link(r, t, "a BPF_TRACE_FSESSION_MULTI program", fd, link, map_fd);
	if (link == -EOPNOTSUPP)	/* 7.2 loads them on machines on which it does not link them */
		remedy(r, where);
}

static bool loads(const struct trigger *t, struct insn_seq *s)
{
	int fd = load(s, BPF_TRACE_FENTRY, t->target.btf_id);

	seq_done(s);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool helper_loads(const struct trigger *t, int helper)
{
	struct insn_seq s = {};

	seq_add(&s, INSN_CALL(helper));
	seq_add(&s, INSN_MOV_I(BPF_REG_0, 0));
	seq_add(&s, INSN_EXIT());
	return loads(t, &s);
}

static bool cmpxchg_loads(const struct trigger *t, int map_fd)
{
	struct insn_seq s = {};

	seq_ld_map_value(&s, BPF_REG_1, map_fd, 0);
	seq_add(&s, INSN_MOV_I(BPF_REG_0, 0));
	seq_add(&s, INSN_MOV_I(BPF_REG_2, 0));
	seq_add(&s, INSN_ATOMIC(BPF_CMPXCHG, BPF_REG_1, 0, BPF_REG_2));
	seq_add(&s, INSN_MOV_I(BPF_REG_0, 0));
	seq_add(&s, INSN_EXIT());
	return loads(t, &s);
}

/* An attach cookie needs its helper, and LINK_CREATE for fentry, which came together with it. */
static int link_entry_half(const struct trigger *t, int prog_fd)
{
	int link = helper_loads(t, HELPER_ATTACH_COOKIE) ? sys_link_tracing(prog_fd, BPF_TRACE_FENTRY, 1) : -1;

	features.attach_cookie = link >= 0;
	return link >= 0 ? link : sys_link_tracing(prog_fd, BPF_TRACE_FENTRY, 0);
}

/* The guard came with the counter, and a kernel that has the counter reports it. */
static bool counts_recursion(int prog_fd)
{
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);

	return !bpf_obj_get_info_by_fd(prog_fd, &info, &len) &&
	       len >= offsetof(struct bpf_prog_info, recursion_misses) + sizeof(info.recursion_misses);
}

static void probe_split(const struct trigger *t, int map_fd)
{
	struct rung_result *r = &features.split;
	struct insn_seq s = {};
	uint64_t n[2];
	int entry, exit_, link_entry = -1, link_exit;

	add_counting(&s, map_fd, 0);
	entry = load(&s, BPF_TRACE_FENTRY, t->target.btf_id);
	seq_done(&s);
	add_counting(&s, map_fd, 1);
	exit_ = load(&s, BPF_TRACE_FEXIT, t->target.btf_id);
	seq_done(&s);
	if (entry < 0 || exit_ < 0) {
		if (!is_privilege(r, "loading", entry < 0 ? entry : exit_)) {
			outcome(r, false, "loading an fentry and an fexit program fails: %s",
				log_errstr(entry < 0 ? entry : exit_));
			remedy(r, "Linux 5.10 or newer with CONFIG_DEBUG_INFO_BTF and a BPF JIT");
		}
		goto out;
	}
	link_exit = sys_link_tracing(exit_, BPF_TRACE_FEXIT, 0);
	if (link_exit >= 0)
		link_entry = link_entry_half(t, entry);
	if (link_exit < 0 || link_entry < 0) {
		int err = link_exit < 0 ? link_exit : link_entry;

		if (!is_privilege(r, "attaching", err)) {
			outcome(r, false, "fentry and fexit programs load, but attaching to %s fails: %s",
				t->target.name, log_errstr(err));
			if (err == -EOPNOTSUPP)
				remedy(r, "x86_64, or arm64 with Linux 6.4 or newer");
		}
	} else {
		take_counters(map_fd, n);
		fire(t, entry);
		take_counters(map_fd, n);
		outcome(r, n[0] && n[1], "fentry + fexit on %s: attached, ran %llu times at entry and "
			"%llu at exit", t->target.name, (unsigned long long)n[0],
			(unsigned long long)n[1]);
	}
	features.recursion_guard = counts_recursion(entry);
	if (link_exit >= 0)
		close(link_exit);
	if (link_entry >= 0)
		close(link_entry);
	features.cmpxchg = cmpxchg_loads(t, map_fd);
	features.get_func_ip = helper_loads(t, HELPER_GET_FUNC_IP);
	features.get_func_arg = helper_loads(t, HELPER_GET_FUNC_ARG_CNT);
out:
	if (entry >= 0)
		close(entry);
	if (exit_ >= 0)
		close(exit_);
}

static void all_fail(const char *how, const char *why)
{
	struct rung_result *all[] = { &features.multi, &features.native, &features.split };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		outcome(all[i], false, "%s", how);
		remedy(all[i], why);
	}
}

/* x86 and s390 keep stores in order; others need a release. Of the kernel that runs, not of the build. */
static bool machine_orders_stores(void)
{
	struct utsname u;

	return !uname(&u) && (!strcmp(u.machine, "x86_64") || !strcmp(u.machine, "s390x"));
}

static int prepare(struct trigger *t)
{
	const struct btf *btf = ktarget_vmlinux();

	if (!btf) {
		all_fail("the kernel describes no types (BTF)",
			 "a kernel built with CONFIG_DEBUG_INFO_BTF");
		return -ENOENT;
	}
	if (find_trigger(t)) {
		all_fail("no function to try it on: bpf_fentry_test1 and sys_getpgid are missing",
			 "a kernel with CONFIG_NET or CONFIG_ARCH_HAS_SYSCALL_WRAPPER");
		return -ENOENT;
	}
	features.ordered_stores = machine_orders_stores();
	features.is_return_id = kfunc_id(btf, "bpf_session_is_return");
	features.cookie_id = kfunc_id(btf, "bpf_session_cookie");
	features.throw_id = kfunc_id(btf, "bpf_throw");
	return 0;
}

/* Returns the parts that are known now. */
static unsigned probe(unsigned parts)
{
	static struct trigger t;
	int map_fd;

	if (!t.target.btf_id && prepare(&t))
		return PROBE_ALL;
	if (!parts)
		return 0;
	map_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "fs_probe", 4, 16, 1, NULL);
	if (map_fd < 0) {
		char how[128];

		snprintf(how, sizeof(how), "creating a map: %s", log_errstr(map_fd));
		all_fail(how, map_fd == -EPERM ? privilege_hint() : "");
		return PROBE_ALL;
	}
	if (parts & PROBE_NATIVE)
		probe_native(&t, map_fd);
	if (parts & PROBE_MULTI)
		probe_multi(&t, map_fd);
	if (parts & PROBE_SPLIT)
		probe_split(&t, map_fd);
	close(map_fd);
	return parts;
}

const struct kernel_features *probe_kernel(unsigned parts)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static unsigned known;
	static bool tried;
	libbpf_print_fn_t print;

	pthread_mutex_lock(&lock);
	if (!tried || parts & ~known) {
		print = libbpf_set_print(NULL);
		known |= probe(parts & ~known);
		tried = true;
		libbpf_set_print(print);
	}
	pthread_mutex_unlock(&lock);
	return &features;
}
