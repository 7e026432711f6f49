/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people get wrong. Each is an error of one line that names the object and the reason, and
 * leaves nothing behind.
 */
#include "api.h"

#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/uapi.h"
#include "progs/seen.h"
#include "progs/api_bad.skel.h"
#include "progs/api_small.skel.h"

/* That @prog was refused for @reason: by the library, or natively by the kernel through libbpf. */
#define REFUSED(prog, reason) refused(__LINE__, prog, reason)

static void refused(int line, const char *prog, const char *reason)
{
	if (!api_said_nothing())
		api_error_is(__FILE__, line, prog, reason, NULL);
	else if (!api_libbpf_said(prog) || !api_libbpf_said(reason))
		tap_fail(__FILE__, line, "no \"%s\" and \"%s\" from libbpf: %s", prog, reason,
			 api_said_all());
	api_forget();
}

static struct api_bad *open_bad(const char *prog)
{
	struct api_bad *s = api_bad__open();

	if (s)
		api_only(s->obj, prog);
	return s;
}

/* Loads (and attaches) the bare program at @target: the first error. */
static int aim_at(const char *target)
{
	struct api_bad *s = open_bad("bare");
	struct bpf_link *l = NULL;
	int err;

	if (!s)
		return -ENOMEM;
	err = fsession_set_target(s->progs.bare, target);
	if (!err)
		err = api_bad__load(s);
	if (!err)
		err = fsession_attach(s->progs.bare, NULL, &l);
	if (!err)
		tap_fail(__FILE__, __LINE__, "'%s' attached", target);
	bpf_link__destroy(l);
	api_bad__destroy(s);
	return err;
}

/* -- Targets ----------------------------------------------------------------------------------- */

API_TEST(bad_target_unknown)
{
	CHECK_EQ(aim_at("bpf_fentry_tst1"), -ENOENT);
	ERROR_IS("bpf_fentry_tst1", "no such function", "bpf_fentry_test1");
	CHECK_EQ(aim_at("zzzzzzzzzzzzzzzz"), -ENOENT);
	ERROR_IS("zzzzzzzzzzzzzzzz", "no such function", "");
	CHECK_EQ(aim_at("vmlinux:bpf_fentry_tst1"), -ENOENT);
	ERROR_IS("bpf_fentry_tst1", "no such function", "bpf_fentry_test1");
	CHECK_EQ(aim_at("tun:"), -ENOENT);
	ERROR_IS("tun:", "names no function", "MODULE:FUNCTION");
	CHECK_EQ(aim_at("no_such_module:f"), -ENOENT);
	ERROR_IS("no_such_module", "no module", "modprobe");
}

API_TEST(bad_target_in_module)
{
	if (!api_has_module_btf()) {
		CHECK_EQ(aim_at("tun:tun_chr_open"), -ENOENT);
		ERROR_IS("tun:tun_chr_open", "no BTF for modules", "");
		return;
	}
	CHECK_EQ(aim_at("tun:tun_chr_opem"), -ENOENT);
	ERROR_IS("tun:tun_chr_opem", "no such function", "tun:tun_chr_open");
	CHECK_EQ(aim_at("tun:bpf_fentry_test1"), -ENOENT);
	ERROR_IS("tun:bpf_fentry_test1", "no such function", "bpf_fentry_test1");
}

API_TEST(bad_target_without_btf)
{
	/* inlined everywhere, or nearly so; and assembly */
	CHECK_EQ(aim_at("list_add_tail"), -ENOENT);
	ERROR_IS("list_add_tail", "", "");
	CHECK_EQ(aim_at("kmalloc"), -ENOENT);
	ERROR_IS("kmalloc", "no such function", "inlined");
	if (api_is_arm64())
		return;
	CHECK_EQ(aim_at("entry_SYSCALL_64"), -ENOENT);
	ERROR_IS("entry_SYSCALL_64", "BTF does not describe it", "assembly");
}

API_TEST(bad_target_noreturn)
{
	CHECK_EQ(aim_at("do_exit"), -EINVAL);
	ERROR_IS("do_exit", "never returns", "fentry");
	CHECK_EQ(aim_at(api_is_arm64() ? "__arm64_sys_exit_group" : "__x64_sys_exit_group"), -EINVAL);
	ERROR_IS("sys_exit_group", "never returns", "fentry");
}

API_TEST(bad_target_machinery)
{
	const char *f = api_machinery();

	CHECK_EQ(aim_at(f), -EINVAL);
	ERROR_IS(f, "part of what runs BPF programs", NULL);
}

/* In BTF, in kallsyms, not traceable: entry code. */
API_TEST(bad_target_notrace)
{
	const char *f = api_is_arm64() ? "el0_svc" : "do_syscall_64";

	if (!api_btf_id(f))
		tap_skip("%s is not in this kernel's BTF", f);
	CHECK_EQ(aim_at(f), -ENOENT);
	ERROR_IS(f, "cannot trace this function", "notrace");
}

/* A function of vmlinux whose prototype is like that, or NULL. */
static const char *find_function(bool (*like)(const struct btf *btf, const struct btf_type *proto))
{
	const struct btf *btf = api_vmlinux();

	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_func(t) && like(btf, btf__type_by_id(btf, t->type)))
			return btf__name_by_offset(btf, t->name_off);
	}
	return NULL;
}

static bool is_variadic(const struct btf *btf, const struct btf_type *proto)
{
	int n = btf_vlen(proto);

	(void)btf;
	return n && !btf_params(proto)[n - 1].type;
}

static bool has_many_arguments(const struct btf *btf, const struct btf_type *proto)
{
	return btf_vlen(proto) > 12 && !is_variadic(btf, proto);
}

static bool returns_struct(const struct btf *btf, const struct btf_type *proto)
{
	const struct btf_type *t = btf__type_by_id(btf, btf__resolve_type(btf, proto->type));

	return !is_variadic(btf, proto) && btf_vlen(proto) <= 12 && proto->type && t &&
	       btf_is_composite(t);
}

API_TEST(bad_target_variadic)
{
	const char *f = api_btf_id("_printk") ? "_printk" : api_btf_id("printk") ? "printk" :
			find_function(is_variadic);

	CHECK(f);
	CHECK_EQ(aim_at(f), -EINVAL);
	ERROR_IS(f, "is variadic", NULL);
}

API_TEST(bad_target_many_arguments)
{
	const char *f = find_function(has_many_arguments);

	if (!f)
		tap_skip("no function of this kernel has more than 12 arguments");
	CHECK_EQ(aim_at(f), -EINVAL);
	ERROR_IS(f, "more than 12 arguments", NULL);
}

API_TEST(bad_target_returns_struct)
{
	const char *f = find_function(returns_struct);

	if (!f)
		tap_skip("no function of this kernel returns a structure");
	CHECK_EQ(aim_at(f), -EINVAL);
	ERROR_IS(f, "returns a structure", NULL);
}

/* -- Programs ------------------------------------------------------------------------------------ */

static void refused_program(const char *prog, int err, const char *reason)
{
	struct api_bad *s = open_bad(prog);
	int got;

	NEED(s);
	got = api_bad__load(s);
	if (err ? got != err : got >= 0)
		tap_fail(__FILE__, __LINE__, "%s: %d, expected %d", prog, got, err);
	REFUSED(prog, reason);
	CHECK_EQ(fsession_attach(bpf_object__find_program_by_name(s->obj, prog), NULL,
				 &(struct bpf_link *){ NULL }), -EINVAL);
	ERROR_IS(prog, "not ", NULL);		/* loaded, or an fsession program */
	api_bad__destroy(s);
}

API_TEST(bad_return_code)
{
	refused_program("returns_one", -EINVAL, "At program exit the register R0");
	refused_program("returns_one_at_exit", -EINVAL, "At program exit the register R0");
	refused_program("returns_one_at_entry", -EINVAL, "At program exit the register R0");
}

API_TEST(bad_context_access)
{
	refused_program("third_argument", -EACCES, "invalid bpf_context access");
}

API_TEST(bad_memory_access)
{
	refused_program("null_pointer", -EACCES, "invalid mem access");
	refused_program("beyond_cookie", -EACCES, "");
}

API_TEST(bad_program_type)
{
	refused_program("in_fentry", -EINVAL, "in_fentry");
	refused_program("in_kprobe", -EINVAL, "in_kprobe");
}

API_TEST(bad_program_type_kfunc)
{
	struct bpf_object *obj = NULL;

	NEED(!fsession_open_file(tap_file("progs/bad_kfunc.bpf.o"), NULL, &obj));
	CHECK(bpf_object__load(obj) < 0);
	/* the verifier names the program, libbpf the extern whose prototype differs */
	CHECK(api_libbpf_said("in_fentry") || api_libbpf_said("bpf_session_is_return"));
	bpf_object__close(obj);
}

/* As a libbpf that made a token from the bpffs of its user namespace has it. */
API_TEST(bad_token)
{
	struct api_bad *s = open_bad("bare");

	NEED(s);
	CHECK_EQ(bpf_program__set_flags(s->progs.bare, FS_BPF_F_TOKEN_FD), 0);
	CHECK_EQ(fsession_set_target(s->progs.bare, "bpf_fentry_test1"), 0);
	CHECK_EQ(api_bad__load(s), -EOPNOTSUPP);
	ERROR_IS("bare", "BPF token", "user namespace");
	api_bad__destroy(s);
}

/* Each thread has its own. */
static void *other_thread(void *arg)
{
	*(bool *)arg = !fsession_last_error()[0];
	fsession_attach(NULL, NULL, NULL);
	return NULL;
}

API_TEST(bad_last_error)
{
	bool nothing = false;
	pthread_t thread;

	CHECK_EQ(aim_at("bpf_fentry_tst1"), -ENOENT);
	CHECK_EQ(pthread_create(&thread, NULL, other_thread, &nothing), 0);
	pthread_join(thread, NULL);
	CHECK(nothing);
	CHECK(strstr(fsession_last_error(), "bpf_fentry_tst1"));
	CHECK(strstr(fsession_last_error(), "\nhint: "));
	fsession_set_print(NULL, NULL);
	CHECK_EQ(aim_at("no_such_module:f"), -ENOENT);
	CHECK(strstr(fsession_last_error(), "no_such_module"));
	CHECK(!strstr(fsession_last_error(), "bpf_fentry_tst1"));
}

static void bad_license(const char *file)
{
	struct bpf_program *p;
	struct bpf_object *obj;

	obj = bpf_object__open_file(tap_file(file), NULL);
	NEED(obj);
	CHECK_EQ(bpf_object__load(obj), -EINVAL);
	p = bpf_object__find_program_by_name(obj, "session");
	REFUSED("session", "GPL");
	CHECK(!bpf_program__attach(p));
	bpf_object__close(obj);
}

API_TEST(bad_license_none)
{
	bad_license("progs/bad_nolicense.bpf.o");
}

API_TEST(bad_license_proprietary)
{
	bad_license("progs/bad_proprietary.bpf.o");
}

/* -- Files ------------------------------------------------------------------------------------------ */

API_TEST(bad_file)
{
	struct bpf_object *obj = NULL;
	int fd;

	CHECK_EQ(fsession_open_file("/tmp/no_such_file.o", NULL, &obj), -ENOENT);
	ERROR_IS("/tmp/no_such_file.o", "No such file", NULL);
	CHECK_EQ(fsession_open_file("/tmp", NULL, &obj), -EISDIR);
	ERROR_IS("/tmp", "Is a directory", NULL);
	CHECK_EQ(fsession_open_file("/dev/null", NULL, &obj), -EINVAL);
	ERROR_IS("/dev/null", "not a regular file", NULL);
	fd = open("/tmp/api_bad.o", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CHECK_EQ(fsession_open_file("/tmp/api_bad.o", NULL, &obj), -EINVAL);
	ERROR_IS("/tmp/api_bad.o", "", NULL);
	CHECK_EQ(ftruncate(fd, (64 << 20) + 1), 0);
	CHECK_EQ(fsession_open_file("/tmp/api_bad.o", NULL, &obj), -EFBIG);
	ERROR_IS("/tmp/api_bad.o", "64 MiB", NULL);
	CHECK_EQ(ftruncate(fd, 4096), 0);
	CHECK_EQ(fsession_open_file("/tmp/api_bad.o", NULL, &obj), -EINVAL);
	ERROR_IS("/tmp/api_bad.o", "not a", NULL);
	CHECK_EQ(fsession_open_file(tap_file("test_api_bad"), NULL, &obj), -EINVAL);
	ERROR_IS("test_api_bad", "not a", NULL);
	CHECK_EQ(fsession_open_file(NULL, NULL, &obj), -EINVAL);
	ERROR_IS("fsession_open_file", "no path", NULL);
	CHECK(!obj);
	close(fd);
	unlink("/tmp/api_bad.o");
}

/* Cut anywhere, and damaged anywhere: an error, or an object that loads or does not. */
API_TEST(bad_elf)
{
	struct bpf_object *obj = NULL;
	size_t size, n;
	unsigned char *data, *copy;
	int opened = 0;

	data = api_slurp(tap_file("progs/foreign_weak_test.bpf.o"), &size);
	NEED(data);
	copy = malloc(size);
	for (n = 0; n < size; n += n < 128 ? 7 : size / 60 + 1) {
		memcpy(copy, data, n);
		CHECK(fsession_open_mem(copy, n, NULL, &obj) < 0);
		ERROR_IS("memory", "", NULL);
	}
	srandom(1);
	for (int i = 0; i < 300; i++) {
		memcpy(copy, data, size);
		for (int k = 0; k < 1 + i % 4; k++)
			copy[random() % size] = random();
		if (!fsession_open_mem(copy, size, NULL, &obj)) {
			opened++;
			bpf_object__close(obj);
		}
		api_forget();
	}
	CHECK(opened > 0);
	CHECK_EQ(fsession_open_mem(NULL, 10, NULL, &obj), -EINVAL);
	ERROR_IS("fsession_open_mem", "no data", NULL);
	free(copy);
	free(data);
}

/* -- Arguments ---------------------------------------------------------------------------------------- */

API_TEST(bad_register_options)
{
	struct {
		struct fsession_register_opts o;
		char newer[16];
	} larger = { .o.sz = sizeof(larger) };

	CHECK_EQ(api_register((struct fsession_register_opts){ .engine = 7 }), -EINVAL);
	ERROR_IS("fsession_register", "unknown engine 7", NULL);
	CHECK_EQ(api_register((struct fsession_register_opts){ .store_slots = 63 }), -EINVAL);
	ERROR_IS("session store", "63 slots", NULL);
	CHECK_EQ(api_register((struct fsession_register_opts){ .store_slots = 65537 }), -EINVAL);
	ERROR_IS("session store", "65537 slots", NULL);
	CHECK_EQ(api_register((struct fsession_register_opts){ .max_sessions = 1u << 31 }), -EINVAL);
	ERROR_IS("session store", "sessions", NULL);
	larger.newer[15] = 1;
	CHECK_EQ(fsession_register(&larger.o), -EINVAL);
	ERROR_IS("fsession_register", "newer than this library", NULL);
	larger.newer[15] = 0;
	larger.o.engine = api_engine();
	CHECK_EQ(fsession_register(&larger.o), 0);
	larger.o.sz = 0;
	CHECK_EQ(fsession_register(&larger.o), -EINVAL);
	ERROR_IS("fsession_register", "sz is not set", NULL);
	CHECK_EQ(api_register((struct fsession_register_opts){ .store_slots = 100 }), 0);
	CHECK_EQ(fsession_register(NULL), 0);
	CHECK_EQ(api_register((struct fsession_register_opts){}), 0);
}

API_TEST(bad_attach_options)
{
	struct {
		struct fsession_attach_opts o;
		uint64_t newer;
	} larger = { .o.sz = sizeof(larger), .newer = 1 };
	struct api_small *s = api_small__open();
	struct bpf_link *l = NULL;

	NEED(s && !api_small__load(s));
	CHECK_EQ(fsession_attach(s->progs.small, &larger.o, &l), -EINVAL);
	ERROR_IS("fsession_attach", "newer than this library", NULL);
	larger.newer = 0;
	CHECK_EQ(fsession_attach(s->progs.small, &larger.o, &l), 0);
	bpf_link__destroy(l);
	larger.o.sz = 4;
	CHECK_EQ(fsession_attach(s->progs.small, &larger.o, &l), -EINVAL);
	ERROR_IS("fsession_attach", "sz is not set", NULL);
	api_small__destroy(s);
}

API_TEST(bad_null_arguments)
{
	struct fsession_prog_info info = { .sz = sizeof(info) };
	struct fsession_stats st = { .sz = sizeof(st) };
	struct api_small *s = api_small__open();
	struct bpf_link *l = NULL;

	NEED(s && !api_small__load(s));
	CHECK_EQ(fsession_attach(NULL, NULL, &l), -EINVAL);
	ERROR_IS("(null)", "not an fsession program", NULL);
	CHECK_EQ(fsession_attach(s->progs.small, NULL, NULL), -EINVAL);
	ERROR_IS("small", "no place for the link", NULL);
	CHECK_EQ(fsession_prog_info(NULL, &info), -EINVAL);
	ERROR_IS("(null)", "not an fsession program", NULL);
	CHECK_EQ(fsession_prog_info(s->progs.small, NULL), -EINVAL);
	ERROR_IS("fsession_prog_info", "nothing to fill", NULL);
	CHECK_EQ(fsession_prog_stats(NULL, &st), -EINVAL);
	ERROR_IS("(null)", "not an fsession program", NULL);
	CHECK_EQ(fsession_prog_stats(s->progs.small, NULL), -EINVAL);
	ERROR_IS("fsession_prog_stats", "nothing to fill", NULL);
	CHECK_EQ(fsession_set_target(NULL, "f"), -EINVAL);
	ERROR_IS("(null)", "not an fsession program", NULL);
	CHECK_EQ(fsession_open_skeleton(NULL, NULL), -EINVAL);
	ERROR_IS("fsession_open_skeleton", "no skeleton", NULL);
	CHECK_EQ(fsession_probe(NULL, NULL), -EINVAL);
	ERROR_IS("fsession_probe", "no function", NULL);
	api_small__destroy(s);
}

API_TEST(bad_not_loaded)
{
	struct fsession_prog_info info = { .sz = sizeof(info) };
	struct api_bad *s = open_bad("bare");
	struct bpf_link *l = NULL;

	NEED(s);
	CHECK_EQ(fsession_attach(s->progs.bare, NULL, &l), -EINVAL);
	ERROR_IS("bare", "not loaded", NULL);
	CHECK_EQ(fsession_prog_info(s->progs.bare, &info), -EINVAL);
	ERROR_IS("bare", "not loaded", NULL);
	CHECK(!bpf_program__attach(s->progs.bare));
	api_forget();
	CHECK_EQ(fsession_attach(s->progs.in_fentry, NULL, &l), -EINVAL);
	ERROR_IS("in_fentry", "not an fsession program", "fsession_register()");
	CHECK_EQ(fsession_set_target(s->progs.in_fentry, "f"), -EINVAL);
	ERROR_IS("in_fentry", "not an fsession program", NULL);
	CHECK(!l);
	api_bad__destroy(s);
}

/* -- Limits ------------------------------------------------------------------------------------------- */

/* An fentry program that returns 0, linked to bpf_fentry_test2: a link, or -errno. */
static int fill_one(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = BPF_TRACE_FENTRY,
		    .attach_btf_id = api_btf_id("bpf_fentry_test2"));
	int prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "fill", "GPL", insns, 2, &opts), link;

	if (prog < 0)
		return prog;
	link = bpf_link_create(prog, 0, BPF_TRACE_FENTRY, NULL);
	close(prog);
	return link;
}

API_TEST(bad_full_trampoline)
{
	struct api_small *s = api_small__open();
	int links[64], n = 0, err = 0;
	struct bpf_link *l = NULL;

	NEED(s);
	NEED(!fsession_set_target(s->progs.small, "bpf_fentry_test2") && !api_small__load(s));
	while (n < 64 && (err = fill_one()) >= 0)
		links[n++] = err;
	CHECK_EQ(err, -E2BIG);
	for (int i = 0; i < 2; i++) {	/* with no room, and with room for one half */
		CHECK_EQ(fsession_attach(s->progs.small, NULL, &l), -E2BIG);
		ERROR_IS("small", "bpf_fentry_test2", "takes two of its places");
		CHECK(!l);
		CHECK(api_settles(API_LINKS, n));
		close(links[--n]);
		CHECK(api_settles(API_LINKS, n));
	}
	CHECK_EQ(fsession_attach(s->progs.small, NULL, &l), 0);
	api_fire();
	CHECK_EQ(s->bss->seen.entries, 1);
	CHECK_EQ(s->bss->seen.exits, 1);
	bpf_link__destroy(l);
	while (n)
		close(links[--n]);
	api_small__destroy(s);
}

API_TEST(bad_max_sessions)
{
	struct api_small *s[3];

	if (!api_is_split())
		tap_skip("the kernel engine has no such limit");
	CHECK_EQ(api_register((struct fsession_register_opts){ .max_sessions = 2 }), 0);
	for (int i = 0; i < 3; i++) {
		s[i] = api_small__open();
		NEED(s[i]);
		CHECK_EQ(api_small__load(s[i]), i < 2 ? 0 : -ENOSPC);
	}
	ERROR_IS("session store", "2 programs are loaded already", "max_sessions");
	api_small__destroy(s[0]);
	api_small__destroy(s[2]);
	/* its place is free when its object's closing is noticed: here, by opening another one */
	s[2] = api_small__open();
	NEED(s[2]);
	CHECK_EQ(api_small__load(s[2]), 0);
	api_small__destroy(s[2]);
	api_small__destroy(s[1]);
}

API_TEST(bad_open_files_exhausted)
{
	struct rlimit old, low;
	int loaded = 0, failed = 0, fds = api_fds();

	getrlimit(RLIMIT_NOFILE, &old);
	for (int room = 0; room < 16; room++) {
		struct api_small *s;
		struct bpf_link *l = NULL;
		int err;

		low = (struct rlimit){ fds + room, old.rlim_max };
		setrlimit(RLIMIT_NOFILE, &low);
		s = api_small__open();
		err = s ? api_small__load(s) : -ENOMEM;
		if (!err)
			err = fsession_attach(s->progs.small, NULL, &l);
		failed += err < 0;
		loaded += !err;
		if (err < 0)
			CHECK(!l);
		setrlimit(RLIMIT_NOFILE, &old);
		bpf_link__destroy(l);
		api_small__destroy(s);
		CHECK(api_settles(API_LINKS, 0));
	}
	CHECK(failed > 0);
	CHECK(loaded > 0);
	CHECK(api_said("oo many open files"));
	CHECK(api_said("hint: raise the limit"));
}

/* -- A death ------------------------------------------------------------------------------------------ */

static void attach_and_wait(int fd)
{
	struct api_small *s;

	if (api_register((struct fsession_register_opts){}))
		_exit(1);
	s = api_small__open();
	if (!s || api_small__load(s) || api_small__attach(s))
		_exit(2);
	api_fire();
	if (write(fd, "x", 1) != 1)
		_exit(3);
	for (;;)
		pause();
}

API_TEST(bad_killed)
{
	struct api_census before;
	int fds[2], status;
	char c = 0;
	pid_t pid;

	api_count(&before);
	NEED(!pipe(fds));
	pid = fork();
	if (!pid)
		attach_and_wait(fds[1]);
	close(fds[1]);
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK(api_settles(API_LINKS, api_is_split() ? 2 : 1));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	CHECK_EQ(WTERMSIG(status), SIGKILL);
	for (int k = 0; k < API_KINDS; k++)
		CHECK(api_settles(k, before.nr[k]));
	close(fds[0]);
}
