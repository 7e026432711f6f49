/* SPDX-License-Identifier: BSD-2-Clause */
#include "sem.h"

#include <linux/filter.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

static char last_message[256];

static void keep_message(enum fsession_log_level level, const char *line, void *arg)
{
	(void)arg;
	if (level == FSESSION_LOG_ERROR && strncmp(line, "hint:", 5))
		snprintf(last_message, sizeof(last_message), "%s", line);
	if (getenv("SEM_VERBOSE"))
		printf("# log %d: %s\n", level, line);
}

static int drop_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	if (getenv("SEM_VERBOSE"))
		vprintf(fmt, ap);
	return 0;
}

const char *sem_message(void)
{
	return last_message;
}

enum fsession_engine sem_engine(void)
{
	const char *name = tap_option("engine");

	if (name && !strcmp(name, "kernel"))
		return FSESSION_ENGINE_KERNEL;
	if (name && !strcmp(name, "split"))
		return FSESSION_ENGINE_SPLIT;
	if (name && !strcmp(name, "user"))
		return FSESSION_ENGINE_USER;
	return FSESSION_ENGINE_AUTO;
}

static const struct btf *vmlinux(void)
{
	static struct btf *btf;

	if (!btf)
		btf = btf__load_vmlinux_btf();
	return btf;
}

/* Each test has its own process: what is slow to find out, all inherit from the first. */
static void set_up(void)
{
	fsession_set_print(keep_message, NULL);
	libbpf_set_print(drop_libbpf);
	fsession_probe(NULL, NULL);
	last_message[0] = 0;
	vmlinux();
}

__attribute__((constructor)) static void plan_set_up(void)
{
	tap_set_up(set_up);
}

void sem_register_engine(enum fsession_engine engine, __u32 store_slots)
{
	struct fsession_register_opts opts = {
		.sz = sizeof(opts), .engine = engine, .store_slots = store_slots,
		.log_level = getenv("SEM_VERBOSE") ? FSESSION_LOG_DEBUG : 0,
	};

	libbpf_set_print(drop_libbpf);
	fsession_set_print(keep_message, NULL);
	CHECK_EQ(fsession_register(&opts), 0);
}

void sem_register(__u32 store_slots)
{
	sem_register_engine(sem_engine(), store_slots);
}

/* Calls @fn with every word of @words. */
static bool each_word(const char *words, bool (*fn)(struct sem *s, const char *word), struct sem *s)
{
	char buf[1024], *save, *w;

	snprintf(buf, sizeof(buf), "%s", words);
	for (w = strtok_r(buf, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (!fn(s, w))
			return false;
	return true;
}

static bool autoload(struct sem *s, const char *word)
{
	struct bpf_program *p = sem_prog(s, word);

	return p && !bpf_program__set_autoload(p, true);
}

/* Functions of the kernel that are others in the user engine, which serves map operations. */
static const struct {
	const char *section, *target;
} targets[] = {
	{ "fsession/htab_map_delete_elem", "libfsession-user.so.0:hash_delete" },
	{ "fsession/htab_map_update_elem", "libfsession-user.so.0:hash_update" },
	{ "fsession.multi/htab_map_delete_elem,htab_map_update_elem",
	  "libfsession-user.so.0:hash_delete,libfsession-user.so.0:hash_update" },
};

static void retarget(struct bpf_program *p)
{
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++)
		if (sem_engine() == FSESSION_ENGINE_USER &&
		    !strcmp(bpf_program__section_name(p), targets[i].section))
			CHECK_EQ(fsession_set_target(p, targets[i].target), 0);
}

bool sem_open(struct sem *s, const char *name, const char *programs)
{
	struct bpf_program *p;
	char path[128];

	memset(s, 0, sizeof(*s));
	snprintf(path, sizeof(path), "progs/%s.bpf.o", name);
	s->obj = bpf_object__open_file(tap_file(path), NULL);
	CHECK(s->obj);
	if (!s->obj)
		return false;
	bpf_object__for_each_program(p, s->obj) {
		bpf_program__set_autoload(p, false);
		retarget(p);
	}
	return each_word(programs, autoload, s);
}

bool sem_map_data(struct sem *s)
{
	struct bpf_map *bss = bpf_object__find_map_by_name(s->obj, ".bss");

	CHECK(bpf_map__value_size(bss) >= sizeof(*s->d));
	s->d = mmap(NULL, sizeof(*s->d), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(bss), 0);
	CHECK(s->d != MAP_FAILED);
	if (s->d == MAP_FAILED)
		return false;
	s->d->tgid = getpid();
	return true;
}

bool sem_load(struct sem *s, const char *name, const char *programs)
{
	int err;

	sem_register(0);
	if (!sem_open(s, name, programs))
		return false;
	err = bpf_object__load(s->obj);
	if (err) {
		tap_fail(__FILE__, __LINE__, "loading %s: %s (%s)", programs, strerror(-err),
			 last_message);
		return false;
	}
	return sem_map_data(s);
}

int sem_load_error(const char *name, const char *programs)
{
	struct sem s;
	int err;

	sem_register(0);
	if (!sem_open(&s, name, programs))
		return 0;
	err = bpf_object__load(s.obj);
	bpf_object__close(s.obj);
	return err;
}

struct bpf_program *sem_prog(struct sem *s, const char *program)
{
	struct bpf_program *p = bpf_object__find_program_by_name(s->obj, program);

	if (!p)
		tap_fail(__FILE__, __LINE__, "no program %s", program);
	return p;
}

static bool attach(struct sem *s, const char *word)
{
	struct bpf_program *p = sem_prog(s, word);
	struct bpf_link *link = p ? bpf_program__attach(p) : NULL;

	if (!link) {
		tap_fail(__FILE__, __LINE__, "attaching %s: %s (%s)", word, strerror(errno),
			 last_message);
		return false;
	}
	s->links[s->nr_links++] = link;
	return true;
}

bool sem_attach(struct sem *s, const char *programs)
{
	return each_word(programs, attach, s);
}

int sem_attach_cookie(struct sem *s, const char *program, __u64 cookie, struct bpf_link **ret)
{
	struct fsession_attach_opts opts = { .sz = sizeof(opts), .cookie = cookie };

	return fsession_attach(sem_prog(s, program), &opts, ret);
}

void sem_detach(struct sem *s)
{
	while (s->nr_links)
		CHECK_EQ(bpf_link__destroy(s->links[--s->nr_links]), 0);
}

void sem_close(struct sem *s)
{
	sem_detach(s);
	bpf_object__close(s->obj);
	s->obj = NULL;
}

void sem_clear(struct sem *s)
{
	s->d->nr_events = s->d->seq = 0;
	memset(s->d->n, 0, sizeof(s->d->n));
	memset(s->d->log, 0, sizeof(s->d->log));
}

struct fsession_stats sem_stats(struct sem *s, const char *program)
{
	struct fsession_stats st = { .sz = sizeof(st) };

	CHECK_EQ(fsession_prog_stats(sem_prog(s, program), &st), 0);
	return st;
}

int sem_plain(enum bpf_attach_type kind, const char *func, __u32 flags)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = kind, .prog_flags = flags);
	int id;

	libbpf_set_print(drop_libbpf);
	id = btf__find_by_name_kind(vmlinux(), func, BTF_KIND_FUNC);
	if (id < 0)
		return id;
	opts.attach_btf_id = id;
	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "plain", "GPL", insns, 2, &opts);
}

int sem_plain_attach(enum bpf_attach_type kind, const char *func)
{
	int link, prog = sem_plain(kind, func, 0);

	if (prog < 0)
		return prog;
	link = bpf_raw_tracepoint_open(NULL, prog);
	close(prog);
	return link;
}

bool sem_plain_can_nest(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	struct bpf_object *obj = bpf_object__open_file(tap_file("boot.bpf.o"), NULL);
	struct bpf_program *p = bpf_object__find_program_by_name(obj, "boot_entry");
	struct bpf_program *other;
	int fd = -1;

	bpf_object__for_each_program(other, obj)
		bpf_program__set_autoload(other, other == p);
	if (!bpf_object__load(obj)) {
		opts.attach_prog_fd = bpf_program__fd(p);
		opts.attach_btf_id = btf__find_by_name_kind(bpf_object__btf(obj), "boot_entry",
							    BTF_KIND_FUNC);
		fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "plain", "GPL", insns, 2, &opts);
	}
	bpf_object__close(obj);
	close(fd);
	return fd >= 0;
}

void sem_need_target(const char *func)
{
	int entry = sem_plain_attach(BPF_TRACE_FENTRY, func);
	int exit_ = entry < 0 ? entry : sem_plain_attach(BPF_TRACE_FEXIT, func);

	if (exit_ < 0)
		tap_skip("this kernel cannot trace %s: %s", func,
			 exit_ == -524 ? "not supported" : strerror(-exit_));
	close(entry);
	close(exit_);
}

void sem_need_helper(enum bpf_func_id id, const char *name)
{
	if (!libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, id, NULL))
		tap_skip("this kernel has no %s()", name);
}

int sem_run_tests(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int err, prog = sem_plain(BPF_TRACE_FENTRY, "bpf_fentry_test1", 0);

	if (prog < 0)
		return prog;
	err = bpf_prog_test_run_opts(prog, &opts);
	close(prog);
	return err;
}

__u64 sem_symbol(const char *name)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	unsigned long long addr, ret = 0;
	char sym[256];

	while (f && !ret && fscanf(f, "%llx %*c %255[^\n]", &addr, sym) == 2)
		if (!strcmp(strtok(sym, " \t"), name))
			ret = addr;
	if (f)
		fclose(f);
	return ret;
}

static int count_ids(int (*next)(__u32 start, __u32 *id))
{
	__u32 id = 0;
	int nr = 0;

	while (!next(id, &id))
		nr++;
	return nr;
}

/* What has been closed goes a little later. */
static int count_settled(int (*next)(__u32 start, __u32 *id))
{
	int last = -1, nr = count_ids(next), same = 0;

	for (int i = 0; i < 200 && same < 5; i++) {
		sem_sleep(5);
		last = nr;
		nr = count_ids(next);
		same = nr == last ? same + 1 : 0;
	}
	return nr;
}

int sem_count_links(void)
{
	return count_settled(bpf_link_get_next_id);
}

int sem_count_programs(void)
{
	return count_settled(bpf_prog_get_next_id);
}

void sem_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

void sem_sleep(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

const char *sem_order(const struct sem *s)
{
	static char buf[4096];
	size_t len = 0;

	buf[0] = 0;
	for (__u32 i = 0; i < s->d->nr_events && i < SEM_EVENTS; i++)
		len += snprintf(buf + len, sizeof(buf) - len, "%s%u%c", i ? " " : "", s->d->log[i].id,
				s->d->log[i].is_return ? '-' : '+');
	return buf;
}

/* 'S' for a task that sleeps, 'R' for one that runs, ... */
static char task_state(pid_t tid)
{
	char path[64], buf[128] = "", *end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (!fgets(buf, sizeof(buf), f))
		buf[0] = 0;
	fclose(f);
	end = strrchr(buf, ')');
	return end ? end[2] : 0;
}

void sem_wait_asleep(pid_t tid)
{
	for (int i = 0; i < 2000 && task_state(tid) != 'S'; i++)
		sem_sleep(1);
	CHECK_EQ(task_state(tid), 'S');
}

static void *sleeper(void *arg)
{
	struct sem_sleeper *sl = arg;
	__u64 value;

	__atomic_store_n(&sl->tid, gettid(), __ATOMIC_RELEASE);
	if (read(sl->fd, &value, sizeof(value)) == sizeof(value))
		sl->done = true;
	return NULL;
}

/*
 * Real time, all of one priority: no task is preempted by another one while a session's program
 * runs, which would be recursion on that CPU, and missed.
 */
static void sleeper_attr(pthread_attr_t *attr)
{
	struct sched_param param = { .sched_priority = 1 };

	pthread_attr_init(attr);
	pthread_attr_setstacksize(attr, 32768);
	if (sem_engine() == FSESSION_ENGINE_USER)
		return;		/* a guard is a thread's there, and this takes no privilege */
	CHECK_EQ(pthread_attr_setschedpolicy(attr, SCHED_FIFO), 0);
	CHECK_EQ(pthread_attr_setschedparam(attr, &param), 0);
	CHECK_EQ(pthread_attr_setinheritsched(attr, PTHREAD_EXPLICIT_SCHED), 0);
}

struct sem_sleeper *sem_sleep_many(int nr)
{
	struct rlimit files = { 2 * nr + 256, 2 * nr + 256 };
	struct sem_sleeper *sl = calloc(nr, sizeof(*sl));
	pthread_attr_t attr;

	setrlimit(RLIMIT_NOFILE, &files);
	sleeper_attr(&attr);
	for (int i = 0; i < nr; i++) {
		sl[i].fd = eventfd(0, EFD_CLOEXEC);
		CHECK(sl[i].fd >= 0);
		CHECK_EQ(pthread_create(&sl[i].thread, &attr, sleeper, &sl[i]), 0);
	}
	for (int i = 0; i < nr; i++) {
		while (!__atomic_load_n(&sl[i].tid, __ATOMIC_ACQUIRE))
			sem_sleep(1);
		sem_wait_asleep(sl[i].tid);
	}
	return sl;
}

void sem_wake(struct sem_sleeper *sl, int nr)
{
	__u64 value = 1;

	for (int i = 0; i < nr; i++)
		CHECK_EQ(write(sl[i].fd, &value, sizeof(value)), sizeof(value));
	for (int i = 0; i < nr; i++) {
		pthread_join(sl[i].thread, NULL);
		CHECK(sl[i].done);
		close(sl[i].fd);
	}
	free(sl);
}
