/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What task storage answers to programs (tasks.bpf.c) and to bpf(2), a line each. The same program asks
 * the engine (test_answers) and a real kernel:
 *
 *	tools/vm -k 7.2 -- build/tests/user/tasks --kernel > tests/user/tasks.expected
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "calls.h"
#include "inject/selftarget.h"
#include "syscall/attr.h"
#include "syscall/wrap.h"

static struct bpf_object *obj;

static int map_fd(const char *name)
{
	return bpf_object__find_map_fd_by_name(obj, name);
}

static int pidfd(pid_t pid)
{
	return syscall(__NR_pidfd_open, pid, 0);
}

/* -- Creation --- */

static struct map_create_attr good(void)
{
	const struct bpf_map *counts = bpf_object__find_map_by_name(obj, "counts");

	return (struct map_create_attr){
		.map_type = BPF_MAP_TYPE_TASK_STORAGE, .key_size = 4, .value_size = 8,
		.map_flags = BPF_F_NO_PREALLOC, .btf_fd = bpf_object__btf_fd(obj),
		.btf_key_type_id = bpf_map__btf_key_type_id(counts),
		.btf_value_type_id = bpf_map__btf_value_type_id(counts),
	};
}

static void create(const char *what, const struct map_create_attr *a)
{
	long fd = syscall(__NR_bpf, BPF_MAP_CREATE, a, ATTR_END(map_create_attr, excl_prog_hash_size));

	printf("create %s: %d\n", what, fd < 0 ? -errno : 1);
	if (fd >= 0)
		close(fd);
}

/* Beyond it the size is the error, not the type. */
static void value_limit(void)
{
	u32 ok = 4096, bad = 65536;

	while (bad - ok > 1) {
		struct map_create_attr a = good();

		a.value_size = (ok + bad) / 2;
		errno = 0;
		syscall(__NR_bpf, BPF_MAP_CREATE, &a, ATTR_END(map_create_attr, excl_prog_hash_size));
		if (errno == E2BIG)
			bad = a.value_size;
		else
			ok = a.value_size;
	}
	printf("values up to %u\n", ok);
}

static void creation(void)
{
	struct map_create_attr a = good();

#define TRY(what, field, value) \
	do { \
		a = good(); \
		a.field = value; \
		create(what, &a); \
	} while (0)
	create("good", &a);
	TRY("entries 1", max_entries, 1);
	TRY("key 8", key_size, 8);
	TRY("key 0", key_size, 0);
	TRY("value 0", value_size, 0);
	TRY("value 4096", value_size, 4096);
	TRY("value 65536", value_size, 65536);
	TRY("value 65535", value_size, 65535);
	TRY("prealloc", map_flags, 0);
	TRY("clone", map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	TRY("mmapable", map_flags, BPF_F_NO_PREALLOC | BPF_F_MMAPABLE);
	TRY("rdonly_prog", map_flags, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG);
	TRY("rdonly", map_flags, BPF_F_NO_PREALLOC | BPF_F_RDONLY);
	TRY("numa", map_flags, BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE);
	TRY("extra", map_extra, 1);
	TRY("no key type", btf_key_type_id, 0);
	TRY("no value type", btf_value_type_id, 0);
	TRY("key type of 8 bytes", btf_key_type_id, a.btf_value_type_id);
	TRY("no btf", btf_fd, -1);
#undef TRY
	value_limit();
}

/* -- Elements, by pidfd --- */

static int elem(int cmd, int map, const void *key, const void *value, u64 flags)
{
	struct map_elem_attr a = { .map_fd = map, .key = (u64)key, .value = (u64)value, .flags = flags };

	return syscall(__NR_bpf, cmd, &a, sizeof(a)) < 0 ? -errno : 0;
}

static void commands(const char *who, int fd)
{
	int map = map_fd("counts");
	u64 v = 7, got = 0, next = 0;
	static const struct {
		const char *what;
		int cmd;
		u64 flags;
	} t[] = {
		{ "delete", BPF_MAP_DELETE_ELEM, 0 },
		{ "lookup", BPF_MAP_LOOKUP_ELEM, 0 },
		{ "update exist", BPF_MAP_UPDATE_ELEM, BPF_EXIST },
		{ "update", BPF_MAP_UPDATE_ELEM, BPF_ANY },
		{ "update noexist", BPF_MAP_UPDATE_ELEM, BPF_NOEXIST },
		{ "update exist again", BPF_MAP_UPDATE_ELEM, BPF_EXIST },
		{ "update flags 3", BPF_MAP_UPDATE_ELEM, 3 },
		{ "update lock", BPF_MAP_UPDATE_ELEM, BPF_F_LOCK },
		{ "update cpu", BPF_MAP_UPDATE_ELEM, UBPF_F_CPU },
		{ "lookup there", BPF_MAP_LOOKUP_ELEM, 0 },
		{ "lookup lock", BPF_MAP_LOOKUP_ELEM, BPF_F_LOCK },
		{ "lookup flags", BPF_MAP_LOOKUP_ELEM, 1 },
		{ "delete there", BPF_MAP_DELETE_ELEM, 0 },
		{ "delete again", BPF_MAP_DELETE_ELEM, 0 },
	};

	for (u32 i = 0; i < sizeof(t) / sizeof(*t); i++) {
		got = 0;
		printf("%s %s: %d", who, t[i].what,
		       elem(t[i].cmd, map, &fd, t[i].cmd == BPF_MAP_UPDATE_ELEM ? &v :
				t[i].cmd == BPF_MAP_LOOKUP_ELEM ? &got : NULL, t[i].flags));
		printf(" got %llu\n", (unsigned long long)got);
	}
	printf("%s take: %d\n", who, elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, map, &fd, &got, 0));
	printf("%s next: %d\n", who, elem(BPF_MAP_GET_NEXT_KEY, map, &fd, &next, 0));
	printf("%s next of none: %d\n", who, elem(BPF_MAP_GET_NEXT_KEY, map, NULL, &next, 0));
	printf("%s update value bad: %d\n", who, elem(BPF_MAP_UPDATE_ELEM, map, &fd, (void *)0x10, 0));
}

static void bad_pointers(int fd)
{
	int map = map_fd("counts");
	u64 v = 0;

	printf("key null: %d\n", elem(BPF_MAP_LOOKUP_ELEM, map, NULL, &v, 0));
	printf("key bad: %d\n", elem(BPF_MAP_LOOKUP_ELEM, map, (void *)0x10, &v, 0));
	printf("next bad: %d\n", elem(BPF_MAP_GET_NEXT_KEY, map, (void *)0x10, &v, 0));
	elem(BPF_MAP_UPDATE_ELEM, map, &fd, &v, 0);
	printf("value bad: %d\n", elem(BPF_MAP_LOOKUP_ELEM, map, &fd, (void *)0x10, 0));
	printf("value null: %d\n", elem(BPF_MAP_LOOKUP_ELEM, map, &fd, NULL, 0));
	elem(BPF_MAP_DELETE_ELEM, map, &fd, NULL, 0);
}

static void batches(int fd)
{
	static const int cmds[] = { BPF_MAP_LOOKUP_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH, BPF_MAP_UPDATE_BATCH,
				    BPF_MAP_DELETE_BATCH };
	u64 v = 1, out = 0;

	for (u32 i = 0; i < 4; i++) {
		struct map_batch_attr a = { .keys = (u64)&fd, .values = (u64)&v, .count = 1,
					    .map_fd = map_fd("counts"), .out_batch = (u64)&out };
		long r = syscall(__NR_bpf, cmds[i], &a, sizeof(a));

		printf("batch %u: %d count %u\n", i, r < 0 ? -errno : 0, a.count);
	}
}

static void info(void)
{
	struct bpf_map_info i = { 0 };
	u32 len = sizeof(i);

	bpf_obj_get_info_by_fd(map_fd("counts"), &i, &len);
	printf("info key %u value %u entries %u flags %u\n", i.key_size, i.value_size, i.max_entries, i.map_flags);
}

/* One that waits, one that has ended, one that was waited for. */
static void processes(void)
{
	pid_t pid = fork();
	siginfo_t si;
	int fd;

	if (!pid) {
		pause();
		_exit(0);
	}
	fd = pidfd(pid);
	commands("child", fd);
	kill(pid, SIGKILL);
	waitid(P_PID, pid, &si, WEXITED | WNOWAIT);
	commands("zombie", fd);
	waitpid(pid, NULL, 0);
	commands("gone", fd);
	close(fd);
}

/* -- Programs --- */

static int run(const char *name)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	return bpf_prog_test_run_opts(bpf_program__fd(bpf_object__find_program_by_name(obj, name)), &opts);
}

static void say_run(const char *name)
{
	int bss = map_fd(".bss"), err;
	struct calls_data d = {};
	u32 zero = 0;

	bpf_map_update_elem(bss, &zero, &d, 0);
	err = run(name);
	bpf_map_lookup_elem(bss, &zero, &d);
	printf("%s: %d\n", name, err);
	for (u32 i = 0; i < d.nr; i++)
		printf("%s %u: %lld\n", name, i, (long long)d.got[i]);
}

static void say_count(const char *who, int fd)
{
	u64 v = 0;
	int err = elem(BPF_MAP_LOOKUP_ELEM, map_fd("counts"), &fd, &v, 0);

	printf("%s counted: %d %llu\n", who, err, (unsigned long long)v);
}

static void *count_some(void *times)
{
	for (long i = 0; i < (long)times; i++)
		run("count");
	return NULL;
}

/* The value is the thread's own; it goes with it, and what another process counts is another's. */
static void counting(int self)
{
	pthread_t thread;
	pid_t pid;

	count_some((void *)3);
	say_count("main thread", self);
	pthread_create(&thread, NULL, count_some, (void *)5);
	pthread_join(thread, NULL);
	say_count("main thread after another", self);
	pid = fork();
	if (!pid) {
		say_count("child before", pidfd(getpid()));
		count_some((void *)2);
		say_count("child", pidfd(getpid()));
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	say_count("main thread after a child", self);
	elem(BPF_MAP_DELETE_ELEM, map_fd("counts"), &self, NULL, 0);
	run("count");
	say_count("main thread from zero", self);
}

int main(int argc, char **argv)
{
	bool kernel = argc > 1 && !strcmp(argv[1], "--kernel");
	int self = pidfd(getpid()), none = open("/dev/null", O_RDONLY);
	struct bpf_link *link;
	char path[4096];

	setvbuf(stdout, NULL, _IOLBF, 0);
	wrap_set(!kernel);
	if (!kernel)
		selftarget_use(NULL);
	snprintf(path, sizeof(path), "%s/tasks.bpf.o", dirname(argv[0]));
	obj = bpf_object__open_file(path, NULL);
	if (!obj || bpf_object__load(obj)) {
		fprintf(stderr, "tasks: cannot load: %s\n", strerror(errno));
		return 1;
	}
	creation();
	info();
	commands("self", self);
	commands("no pidfd", none);
	commands("bad fd", 9999);
	bad_pointers(self);
	batches(self);
	processes();
	say_run("current_task");
	say_run("storage");
	say_run("no_task");
	say_run("values");
	say_run("values");
	elem(BPF_MAP_DELETE_ELEM, map_fd("counts"), &self, NULL, 0);
	link = bpf_program__attach(bpf_object__find_program_by_name(obj, "count"));
	if (link)
		counting(self);
	bpf_link__destroy(link);
	bpf_object__close(obj);
	return !link;
}
