/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said of targets beforehand (src/image/ktarget.h) against what the kernel says of them. */
#include "image/ktarget.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../unit/tap.h"
#include "image/kproto.h"
#include "image/tracefs.h"
#include "util/log.h"

static char text[4096];
static struct log_capture cap;

static int find(const char *spec, struct ktarget *t)
{
	int err;

	log_capture_start(&cap, text, sizeof(text));
	err = ktarget_find(spec, t);
	log_capture_stop(&cap);
	return err;
}

static void says(const char *part)
{
	if (!strstr(text, part))
		tap_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", text, part);
}

static bool module_btf(void)
{
	return !access("/sys/kernel/btf/tun", F_OK);
}

TEST(target_module)
{
	struct ktarget t, u;

	if (!module_btf())
		tap_skip("this kernel has no BTF of modules");
	CHECK_EQ(find("tun:tun_chr_open", &t), 0);
	CHECK_STR(t.name, "tun_chr_open");
	CHECK_STR(t.module, "tun");
	CHECK_EQ(t.proto.nr_slots, 2);
	CHECK(t.btf_fd > 0 && t.btf_obj_id > 0 && ktarget_addr(&t) != 0);
	CHECK_EQ(find("tun_chr_open", &u), 0);
	CHECK_EQ(u.btf_id, t.btf_id);
	CHECK_EQ(u.btf_fd, t.btf_fd);
	CHECK_EQ(ktarget_from_id(t.btf_fd, t.btf_id, &u), 0);
	CHECK_STR(u.name, "tun_chr_open");
	CHECK_STR(u.module, "tun");
	CHECK_EQ(ktarget_is_traceable("tun:tun_chr_open"), 1);
	CHECK_EQ(ktarget_is_traceable("tun_chr_open"), 1);
	CHECK_EQ(ktarget_is_traceable("veth:tun_chr_open"), 0);

	CHECK_EQ(find("tun:vfs_read", &t), -ENOENT);
	says("did you mean 'vfs_read'?");
	CHECK_EQ(find("veth:tun_chr_open", &t), -ENOENT);
	says("did you mean 'tun:tun_chr_open'?");
	CHECK_EQ(find("tun:tun_chr_opne", &t), -ENOENT);
	says("'tun:tun_chr_open'");
	CHECK_EQ(find("tnu:tun_chr_open", &t), -ENOENT);
	says("did you mean 'tun'");
}

TEST(target_module_without_btf)
{
	struct ktarget t;

	if (module_btf())
		tap_skip("this kernel has BTF of modules");
	CHECK_EQ(find("tun:tun_chr_open", &t), -ENOENT);
	says("this kernel has no BTF for modules (Linux >= 5.11)");
	CHECK_EQ(find("tun_chr_open", &t), -ENOENT);
	says("is in module 'tun', but not in its BTF");
}

static int load_module(const char *name)
{
	char pattern[128];
	glob_t g;
	int fd = -1, err = -ENOENT;

	snprintf(pattern, sizeof(pattern), "/modules/*%s.ko", name);
	if (!glob(pattern, 0, NULL, &g) && g.gl_pathc)
		fd = open(g.gl_pathv[0], O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		err = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	return err;
}

/* Unloaded: no target any more. Loaded again: another BTF object. */
TEST(target_module_reloaded)
{
	struct ktarget t, u;

	if (!module_btf())
		tap_skip("this kernel has no BTF of modules");
	CHECK_EQ(find("dummy:dummy_xmit", &t), 0);
	if (syscall(SYS_delete_module, "dummy", O_NONBLOCK))
		tap_skip("cannot unload module dummy: %s", log_errstr(errno));
	CHECK_EQ(find("dummy:dummy_xmit", &u), -ENOENT);
	says("no module 'dummy' is loaded");
	CHECK_EQ(find("dummy_xmit", &u), -ENOENT);
	CHECK_EQ(load_module("dummy"), 0);
	CHECK_EQ(find("dummy:dummy_xmit", &u), 0);
	CHECK(u.btf_obj_id > t.btf_obj_id);
	CHECK(ktarget_addr(&u) != 0);
}

struct seen {
	int nr, good;
	char first[192];
	const char *why;
};

static int see(const struct ktarget *t, const char *why, void *arg)
{
	struct seen *s = arg;

	if (!s->nr++)
		snprintf(s->first, sizeof(s->first), "%s%s%s", t->module, t->module[0] ? ":" : "",
			 t->name);
	s->good += !why;
	s->why = why;
	return 0;
}

static struct seen match(const char *spec)
{
	struct seen s = {};

	log_capture_start(&cap, text, sizeof(text));
	ktarget_glob(spec, see, &s);
	log_capture_stop(&cap);
	return s;
}

TEST(target_patterns)
{
	struct seen s = match("vfs_read");

	CHECK_EQ(s.good, 1);
	s = match("do_exit");
	CHECK_STR(s.why, "never returns");
	CHECK_EQ(match("no_such_function_*").nr, 0);
	says("no function matches");
	if (!module_btf())
		return;
	s = match("tun:tun_chr_*");
	CHECK(s.nr >= 5 && s.good >= 5);
	CHECK(!strncmp(s.first, "tun:tun_chr_", 12));
	CHECK_EQ(match("tun_chr_*").nr, 0);
	says("'tun:tun_chr_*'");
	s = match("tun:tun_chr_open,vfs_read");
	CHECK_EQ(s.good, 2);
	CHECK_STR(s.first, "vfs_read");
}

/* -- BPF programs as targets ---------------------------------------------------------------- */

static int load_target(void)
{
	struct bpf_object *obj = bpf_object__open_file(tap_file("target.bpf.o"), NULL);

	if (!obj || bpf_object__load(obj))
		return -1;
	return bpf_program__fd(bpf_object__find_program_by_name(obj, "target_main"));
}

TEST(target_prog)
{
	struct ktarget t, u;
	int fd = load_target();

	CHECK(fd >= 0);
	CHECK_EQ(ktarget_find_prog(fd, NULL, &t), 0);
	CHECK_STR(t.name, "target_main");
	CHECK_EQ(t.prog_fd, fd);
	CHECK_EQ(t.btf_fd, 0);
	CHECK_EQ(t.proto.nr_slots, 1);
	CHECK_EQ(t.proto.ret_size, 4);
	CHECK(!t.proto.maybe_unreliable);
	CHECK(ktarget_addr(&t) != 0);
	/* its own prototype, which the kernel may not trust */
	CHECK_EQ(ktarget_find_prog(fd, "target_static", &u), 0);
	CHECK_EQ(u.proto.nr_slots, 1);
	CHECK_EQ(u.proto.ret_size, 4);
	CHECK(u.proto.maybe_unreliable);
	CHECK(ktarget_addr(&u) != 0 && ktarget_addr(&u) != ktarget_addr(&t));
	CHECK_EQ(ktarget_find_prog(fd, "target_global", &u), 0);
	CHECK_EQ(u.proto.nr_slots, 3);
	CHECK_EQ(u.proto.ret_size, 4);
	CHECK_EQ(ktarget_prog_from_id(fd, u.btf_id, &t), 0);
	CHECK_STR(t.name, "target_global");
	CHECK_EQ(ktarget_addr(&t), ktarget_addr(&u));
	log_capture_start(&cap, text, sizeof(text));
	CHECK_EQ(ktarget_find_prog(fd, "nothing", &t), -ENOENT);
	says("'target_main', 'target_static', 'target_global'");
	CHECK_EQ(ktarget_prog_from_id(fd, 1, &t), -EINVAL);
	log_capture_stop(&cap);
}

/* "bpf_prog_TAG_NAME" in kallsyms, at the address that was found for it? */
static bool kallsyms_has(uint64_t addr, const char *name)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strtoull(line, NULL, 16) == addr && strstr(line, name);
	if (f)
		fclose(f);
	return found;
}

TEST(target_prog_addresses)
{
	static const char *const names[] = { "target_main", "target_static", "target_global" };
	struct ktarget t;
	int fd = load_target();

	for (int i = 0; i < 3; i++) {
		CHECK_EQ(ktarget_find_prog(fd, names[i], &t), 0);
		if (!kallsyms_has(ktarget_addr(&t), names[i]))
			tap_fail(__FILE__, __LINE__, "%s is not at %#llx", names[i],
				 (unsigned long long)ktarget_addr(&t));
	}
}

/* -- Against the kernel's own opinion -------------------------------------------------------- */

/* Loads {r0 = 0; exit} as fexit, and attaches it: that takes the kernel half a second. */
static int kernel_takes(const struct ktarget *t, bool attach)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FEXIT,
		    .attach_btf_id = t->btf_id, .attach_btf_obj_fd = t->btf_fd);
	int fd, link, err;

	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "judge", "GPL", insns, 2, &opts);
	if (fd < 0)
		return fd;
	link = attach ? bpf_raw_tracepoint_open(NULL, fd) : -EINVAL;
	err = attach && link < 0 ? link : 0;
	if (link >= 0)
		close(link);
	close(fd);
	return err;
}

struct judge {
	int seen, good, refused, differ;
};

static void differs(struct judge *j, const struct ktarget *t, const char *what)
{
	if (j->differ++ < 10)
		printf("# %s %s\n", t->name, what);
}

/* Every so many-th that is good, or has a prototype that is not. Names the kernel ought to refuse
 * are not tried: old ones do not, and hang. */
static int judge(const struct ktarget *t, const char *why, void *arg)
{
	const char *proto = kproto_refusal(&t->proto, NULL);
	struct judge *j = arg;

	if (proto && !(j->seen++ % 10)) {
		j->refused++;
		if (!kernel_takes(t, true))
			differs(j, t, "is taken, though its prototype should not");
	} else if (!why && t->proto.nr_slots <= 6 && !t->proto.struct_arg && !(j->seen++ % 300)) {
		j->good++;
		if (kernel_takes(t, !(j->good % 8)))
			differs(j, t, "is refused, nobody knows why");
	}
	return 0;
}

/* A few may differ: the kernel's BTF lacks the second prototype of some kfuncs, for example. */
TEST(target_kernel_agrees)
{
	struct judge j = {};

	CHECK_EQ(ktarget_glob("*", judge, &j), 0);
	printf("# tried %d good functions and %d others\n", j.good, j.refused);
	CHECK(j.good > 50 && j.refused > 10);
	CHECK(j.differ * 50 <= j.good + j.refused);
}

/* -- What is hidden or not mounted ----------------------------------------------------------- */

static void kptr_restrict(const char *value)
{
	int fd = open("/proc/sys/kernel/kptr_restrict", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, value, 1) == 1);
	close(fd);
}

TEST(target_hidden_addresses)
{
	struct ktarget t;

	CHECK(!ktarget_addr_hint());
	kptr_restrict("2");
	ktarget_cache_drop();
	CHECK_EQ(find("vfs_read", &t), 0);
	CHECK_EQ(ktarget_addr(&t), 0);
	CHECK(ktarget_addr_hint() != NULL);
	CHECK_EQ(match("vfs_read").good, 1);
	kptr_restrict("0");
	ktarget_cache_drop();
	CHECK_EQ(find("vfs_read", &t), 0);
	CHECK(ktarget_addr(&t) != 0);
}

static int tracefs_lines(void)
{
	int fd = tracefs_open("available_filter_functions", O_RDONLY), n;
	char buf[4096];

	if (fd < 0)
		return fd;
	n = read(fd, buf, sizeof(buf));
	close(fd);
	return n;
}

TEST(target_tracefs_not_mounted)
{
	CHECK(tracefs_lines() > 100);
	CHECK_EQ(tracefs_open("no_such_file", O_RDONLY), -ENOENT);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		tap_skip("no mount namespace of its own: %s", log_errstr(errno));
	umount2("/sys/kernel/tracing", MNT_DETACH);
	umount2("/sys/kernel/debug", MNT_DETACH);
	CHECK(access("/sys/kernel/tracing/trace_pipe", F_OK));
	CHECK(tracefs_lines() > 100);
	CHECK_EQ(tracefs_open("no_such_file", O_RDONLY), -ENOENT);
	CHECK_EQ(ktarget_is_traceable("vfs_read"), 1);
	CHECK_EQ(ktarget_is_traceable("no_such_function"), 0);
}

/* Names are for everyone, the rest says what is missing. */
TEST(target_without_privilege)
{
	struct ktarget t;
	int err;

	CHECK_EQ(setgroups(0, NULL), 0);
	CHECK_EQ(setresgid(65534, 65534, 65534), 0);
	CHECK_EQ(setresuid(65534, 65534, 65534), 0);
	CHECK_EQ(find("vfs_read", &t), 0);
	CHECK_EQ(t.proto.nr_slots, 4);
	CHECK_EQ(find("tun:tun_chr_open", &t), -EPERM);
	says("hint: run as root");
	err = ktarget_is_traceable("vfs_read");
	CHECK(err == -EPERM || err == -EACCES);
}
