/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What freplace answers, a line each. The same program asks the engine (test_answers) and a real kernel:
 *
 *	tools/vm -k 7.2 -- build/tests/user/replace --kernel > tests/user/replace.expected
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "inject/selftarget.h"
#include "syscall/attr.h"
#include "syscall/wrap.h"

static struct bpf_object *objs[64];
static u32 nr_objs;
static char path[4096];

static int quiet(enum libbpf_print_level level, const char *text, va_list args)
{
	(void)level;
	(void)text;
	(void)args;
	return 0;
}

/* A program of an object of its own; with a target, for function @func of it. NULL, with errno */
static struct bpf_program *load(const char *name, const struct bpf_program *target, const char *func, __u32 flags)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_program *p, *ret = NULL;
	int err;

	bpf_object__for_each_program(p, obj) {
		bool is_it = !strcmp(bpf_program__name(p), name);

		bpf_program__set_autoload(p, is_it);
		if (is_it)
			ret = p;
	}
	err = target ? bpf_program__set_attach_target(ret, bpf_program__fd(target), func) : 0;
	bpf_program__set_flags(ret, flags);
	err = err ?: bpf_object__load(obj);
	if (!err) {
		objs[nr_objs++] = obj;
		return ret;
	}
	bpf_object__close(obj);
	errno = -err;
	return NULL;
}

static struct bpf_program *say_load(const char *name, const struct bpf_program *target, const char *func, __u32 flags)
{
	struct bpf_program *p = load(name, target, func, flags);

	printf("load %s%s: %d\n", name, flags ? " with flags" : "", p ? 0 : -errno);
	return p;
}

static void run(const char *when, const struct bpf_program *p)
{
	static char packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	int err = bpf_prog_test_run_opts(bpf_program__fd(p), &opts);

	printf("%s %s: %d %u\n", bpf_program__name(p), when, err, opts.retval);
}

static int btf_id(const struct bpf_program *p, const char *func)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	struct btf *btf;
	int id;

	bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len);
	btf = btf__load_from_kernel_by_id(info.btf_id);
	id = btf__find_by_name_kind(btf, func, BTF_KIND_FUNC);
	btf__free(btf);
	return id;
}

/* An fd, or -errno */
static int link_create(const struct bpf_program *p, int target, u32 id)
{
	struct link_create_attr a = { .prog_fd = bpf_program__fd(p), .target_fd = target };
	long fd;

	a.tracing.target_btf_id = id;
	fd = syscall(__NR_bpf, BPF_LINK_CREATE, &a, sizeof(a));
	return fd < 0 ? -errno : (int)fd;
}

static int say_link(const char *what, const struct bpf_program *p, int target, u32 id)
{
	int fd = link_create(p, target, id);

	printf("link %s %s: %d\n", bpf_program__name(p), what, fd < 0 ? fd : 0);
	return fd;
}

static int say_attach(const struct bpf_program *p, u32 attach_type)
{
	struct link_create_attr a = { .prog_fd = bpf_program__fd(p), .attach_type = attach_type };
	long fd = syscall(__NR_bpf, BPF_LINK_CREATE, &a, sizeof(a));

	printf("attach %s: %d\n", bpf_program__name(p), fd < 0 ? -errno : 0);
	return fd;
}

/* -- One by one --- */

static void replace_one(const struct bpf_program *target, const char *name, const char *func)
{
	struct bpf_program *p = say_load(name, target, func, 0);
	int fd;

	if (!p)
		return;
	run("by itself", p);
	fd = say_link("", p, 0, 0);
	run(name, target);
	close(fd);
	run("restored", target);
}

static void refused(const struct bpf_program *target)
{
	static const char *const names[][2] = {
		{ "bad_one_arg", "add" }, { "bad_return", "add" }, { "bad_size", "add" }, { "fine_unsigned", "add" },
		{ "bad_struct", "sum" }, { "bad_pointer", "add" }, { "bad_moves", "length" },
		{ "bad_static", "hidden" }, { "bad_unchecked", "sum" }, { "new_length", "add" },
		{ "new_add", "target" }, { "new_target", "length" },
	};
	struct bpf_program *on_add = say_load("on_add", target, "add", 0), *ext = load("new_add", target, "add", 0);

	for (u32 i = 0; i < sizeof(names) / sizeof(*names); i++)
		say_load(names[i][0], target, names[i][1], 0);
	say_load("new_add", target, "add", BPF_F_SLEEPABLE);
	say_load("bad_nested", ext, "new_add", 0);
	say_load("bad_tracing", on_add, "on_add", 0);
}

/* What LINK_CREATE is given, and how often. */
static void links(const struct bpf_program *target, const struct bpf_program *other)
{
	struct bpf_program *p = load("new_add", target, "add", 0), *q = load("new_add", target, "add", 0);
	int tfd = bpf_program__fd(target), add = btf_id(target, "add"), fd, second;

	say_link("fd alone", p, tfd, 0);
	say_link("id alone", p, 0, add);
	say_link("bad fd", p, 9999, add);
	say_link("no program", p, 0, 1);
	say_link("bad id", p, tfd, 9999);
	say_link("another function", p, tfd, btf_id(target, "sum"));
	say_link("another type", p, bpf_program__fd(other), btf_id(other, "add"));
	fd = say_link("explicitly", p, tfd, add);
	run("replaced", target);
	say_link("twice", p, tfd, add);
	say_link("another one", q, 0, 0);
	close(fd);
	fd = say_link("another one again", q, 0, 0);
	close(fd);
	say_link("where it was loaded for, again", q, 0, 0);
	fd = say_link("explicitly again", q, tfd, add);
	run("replaced again", target);
	second = bpf_raw_tracepoint_open(NULL, bpf_program__fd(q));
	printf("open: %d\n", second < 0 ? second : 0);
	close(fd);
	run("restored again", target);
}

static void info(const struct bpf_program *target)
{
	struct bpf_program *p = load("new_sum", target, "sum", 0);
	struct bpf_prog_info t = { 0 }, i = { 0 };
	struct {
		u32 type, id, prog_id, pad, attach_type, obj_id, btf_id, pad2;
		u64 cookie;
	} l = { 0 };
	u32 len = sizeof(t), link_len = sizeof(l);
	int fd = link_create(p, 0, 0);

	bpf_obj_get_info_by_fd(bpf_program__fd(target), &t, &len);
	len = sizeof(i);
	bpf_obj_get_info_by_fd(bpf_program__fd(p), &i, &len);
	bpf_obj_get_info_by_fd(fd, &l, &link_len);
	printf("type %u attach type %u of the program %d of the function %d link of %d\n", l.type, l.attach_type,
	       l.obj_id == t.id, l.btf_id == (u32)btf_id(target, "sum"), l.prog_id == i.id);
	close(fd);
}

/* Tracing and replacing one function exclude each other; what replaces is traced as any. */
static void tracing(const struct bpf_program *target)
{
	struct bpf_program *p = load("new_add", target, "add", 0), *on_add = load("on_add", target, "add", 0);
	struct bpf_program *on_new = load("on_new_add", p, "new_add", 0);
	int fd, trace;

	fd = say_link("", p, 0, 0);
	trace = say_attach(on_add, BPF_TRACE_FENTRY);
	close(trace);
	close(fd);
	trace = say_attach(on_add, BPF_TRACE_FENTRY);
	fd = say_link("traced", p, bpf_program__fd(target), btf_id(target, "add"));
	run("traced", target);
	close(trace);
	fd = say_link("not traced", p, bpf_program__fd(target), btf_id(target, "add"));
	trace = on_new ? say_attach(on_new, BPF_TRACE_FENTRY) : -1;
	run("replaced by what is traced", target);
	close(trace);
	run("replaced by what was traced", target);
	close(fd);
	run("restored", target);
}

static void prog_arrays(const struct bpf_program *target)
{
	struct bpf_program *p = load("new_add", target, "add", 0);
	int tfd = bpf_program__fd(target), add = btf_id(target, "add"), fd, key = 0;
	int array = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "progs", 4, 4, 2, NULL);

	printf("insert: %d\n", bpf_map_update_elem(array, &key, &tfd, 0));
	say_link("in an array", p, tfd, add);
	printf("remove: %d\n", bpf_map_delete_elem(array, &key));
	fd = say_link("out of the array", p, tfd, add);
	printf("insert: %d\n", bpf_map_update_elem(array, &key, &tfd, 0));
	close(fd);
	printf("insert: %d\n", bpf_map_update_elem(array, &key, &tfd, 0));
	close(array);
	fd = say_link("without the array", p, tfd, add);
	close(fd);
}

int main(int argc, char **argv)
{
	bool kernel = argc > 1 && !strcmp(argv[1], "--kernel");
	struct bpf_program *target, *other;

	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_print(quiet);
	wrap_set(!kernel);
	if (!kernel)
		selftarget_use(NULL);
	snprintf(path, sizeof(path), "%s/replace.bpf.o", dirname(argv[0]));
	target = load("target", NULL, NULL, 0);
	other = load("target_socket", NULL, NULL, 0);
	if (!target || !other) {
		fprintf(stderr, "replace: cannot load: %s\n", strerror(errno));
		return 1;
	}
	run("at first", target);
	replace_one(target, "new_add", "add");
	replace_one(target, "new_sum", "sum");
	replace_one(target, "new_length", "length");
	replace_one(target, "new_shorten", "shorten");
	replace_one(target, "new_target", "target");
	replace_one(other, "new_add", "add");
	refused(target);
	links(target, other);
	info(target);
	tracing(target);
	prog_arrays(target);
	for (u32 i = 0; i < nr_objs; i++)
		bpf_object__close(objs[i]);
	return 0;
}
