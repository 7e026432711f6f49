/* SPDX-License-Identifier: BSD-2-Clause */
#include "api.h"

#include <bpf/btf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define SETTLE_MS 5000

/* -- Messages ----------------------------------------------------------------------------------- */

struct said {
	char text[256 << 10];
	size_t len;
};

static struct said by_library, by_libbpf;
static int errors, hints;
static bool gave_up;
static pthread_mutex_t said_lock = PTHREAD_MUTEX_INITIALIZER;

static void keep(struct said *s, const char *line)
{
	size_t room = sizeof(s->text) - s->len;
	int n = snprintf(s->text + s->len, room, "%s\n", line);

	s->len += n < (int)room ? n : (int)room - 1;
}

static void on_message(enum fsession_log_level level, const char *line, void *arg)
{
	(void)arg;
	pthread_mutex_lock(&said_lock);
	keep(&by_library, line);
	if (level == FSESSION_LOG_ERROR && !strncmp(line, "hint: ", 6))
		hints++;
	else if (level == FSESSION_LOG_ERROR)
		errors++;
	if (strchr(line, '\n'))
		tap_fail(__FILE__, __LINE__, "a message of several lines: %s", line);
	pthread_mutex_unlock(&said_lock);
}

static int on_libbpf_message(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char *text = NULL;

	if (level != LIBBPF_WARN || vasprintf(&text, fmt, ap) < 0)
		return 0;
	pthread_mutex_lock(&said_lock);
	keep(&by_libbpf, text);
	pthread_mutex_unlock(&said_lock);
	free(text);
	return 0;
}

bool api_said(const char *part)
{
	return strstr(by_library.text, part) != NULL;
}

bool api_libbpf_said(const char *part)
{
	return strstr(by_libbpf.text, part) != NULL;
}

bool api_said_nothing(void)
{
	return !by_library.len;
}

const char *api_said_all(void)
{
	static char all[2 * sizeof(by_library.text) + 16];

	snprintf(all, sizeof(all), "%s\n# %s", by_library.len ? by_library.text : "nothing",
		 by_libbpf.text);
	return all;
}

void api_forget(void)
{
	by_library.text[0] = by_libbpf.text[0] = '\0';
	by_library.len = by_libbpf.len = 0;
	errors = hints = 0;
}

static bool on_one_line(const char *a, const char *b)
{
	const char *line = by_library.text, *end;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		char *copy = strndup(line, end - line);
		bool hit = strncmp(copy, "hint: ", 6) && strstr(copy, a) && strstr(copy, b);

		free(copy);
		if (hit)
			return true;
	}
	return false;
}

/* The library gives this thread the same as it printed. */
static bool is_last_error(const char *object, const char *reason, const char *hint)
{
	const char *text = fsession_last_error(), *second = strchr(text, '\n');

	return strstr(text, object) && strstr(text, reason) && !!hints == !!second &&
	       (!hint || strstr(second, hint));
}

void api_error_is(const char *file, int line, const char *object, const char *reason,
		  const char *hint)
{
	const char *at = strstr(by_library.text, "hint: ");

	if (errors != 1)
		tap_fail(file, line, "%d errors reported, expected 1; said: %s", errors,
			 api_said_all());
	else if (!on_one_line(object, reason))
		tap_fail(file, line, "no line with \"%s\" and \"%s\"; said: %s", object, reason,
			 api_said_all());
	else if (hint && (!at || !strstr(at, hint)))
		tap_fail(file, line, "no hint \"%s\"; said: %s", hint, api_said_all());
	else if (!is_last_error(object, reason, hint))
		tap_fail(file, line, "fsession_last_error() is: %s", fsession_last_error());
	api_forget();
}

/* -- Census --------------------------------------------------------------------------------------- */

static int next_id(enum api_kind kind, __u32 id, __u32 *next)
{
	switch (kind) {
	case API_LINKS:
		return bpf_link_get_next_id(id, next);
	case API_PROGS:
		return bpf_prog_get_next_id(id, next);
	case API_MAPS:
		return bpf_map_get_next_id(id, next);
	default:
		return bpf_btf_get_next_id(id, next);
	}
}

static unsigned int count(enum api_kind kind)
{
	unsigned int n = 0;

	for (__u32 id = 0; !next_id(kind, id, &id);)
		n++;
	return n;
}

int api_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n - 3;	/* ".", ".." and the directory's own */
}

void api_count(struct api_census *ret)
{
	for (int k = 0; k < API_KINDS; k++)
		ret->nr[k] = count(k);
	ret->fds = api_fds();
}

bool api_settles(enum api_kind kind, unsigned int nr)
{
	for (int ms = 0; ms < SETTLE_MS; ms += 10) {
		if (count(kind) <= nr)
			return true;
		usleep(10000);
	}
	return false;
}

static void check_nothing_left(const struct api_census *before)
{
	static const char * const names[] = { "links", "programs", "maps", "BTF objects" };
	int fds = api_fds();

	for (int k = 0; k < API_KINDS; k++)
		if (!api_settles(k, before->nr[k]))
			tap_fail(__FILE__, __LINE__, "left in the kernel: %u %s, %u before", count(k),
				 names[k], before->nr[k]);
	if (fds != before->fds)
		tap_fail(__FILE__, __LINE__, "left open: %d files, %d before", fds, before->fds);
}

/* -- Frame ------------------------------------------------------------------------------------------ */

enum fsession_engine api_engine(void)
{
	const char *name = tap_option("engine");

	if (!name)
		return FSESSION_ENGINE_AUTO;
	return strcmp(name, "split") ? FSESSION_ENGINE_KERNEL : FSESSION_ENGINE_SPLIT;
}

bool api_is_split(void)
{
	return api_engine() == FSESSION_ENGINE_SPLIT;
}

int api_register(struct fsession_register_opts o)
{
	o.sz = sizeof(o);
	if (o.engine == FSESSION_ENGINE_AUTO)
		o.engine = api_engine();
	return fsession_register(&o);
}

static void ignore_rung(const struct fsession_rung *rung, void *arg)
{
	(void)rung;
	(void)arg;
}

__attribute__((weak)) bool api_cold;

/*
 * What a process finds out about its kernel takes seconds under emulation: once for all tests. A
 * pattern that only functions match which cannot be attached to makes the library read all its
 * tables and keep nothing else.
 */
static void set_up(void)
{
	struct bpf_object *obj;

	if (api_cold)
		return;
	fsession_set_print(NULL, NULL);
	libbpf_set_print(NULL);
	fsession_probe(ignore_rung, NULL);
	api_register((struct fsession_register_opts){});
	obj = bpf_object__open_file(tap_file("progs/api_small.bpf.o"), NULL);
	if (obj) {
		fsession_set_target(bpf_object__next_program(obj, NULL), "do_group_exi?");
		bpf_object__load(obj);
	}
	bpf_object__close(obj);
	api_vmlinux();
}

__attribute__((constructor)) static void plan_set_up(void)
{
	tap_set_up(set_up);
}

void api_run(void (*fn)(void))
{
	struct api_census before;
	int err;

	api_count(&before);
	fsession_set_print(on_message, NULL);
	libbpf_set_print(on_libbpf_message);
	err = api_register((struct fsession_register_opts){});
	if (err)
		tap_fail(__FILE__, __LINE__, "fsession_register: %d", err);
	fn();
	if (gave_up)
		return;
	fsession_unregister();
	check_nothing_left(&before);
}

void api_give_up(const char *file, int line, const char *what)
{
	tap_fail(file, line, "%s; said: %s", what, api_said_all());
	gave_up = true;
}

/* -- The machine ------------------------------------------------------------------------------------ */

int api_kernel(void)
{
	struct utsname u;
	int major = 0, minor = 0;

	uname(&u);
	sscanf(u.release, "%d.%d", &major, &minor);
	return 100 * major + minor;
}

bool api_is_arm64(void)
{
	struct utsname u;

	uname(&u);
	return !strcmp(u.machine, "aarch64");
}

bool api_has_module_btf(void)
{
	return !access("/sys/kernel/btf/tun", F_OK);
}

const struct btf *api_vmlinux(void)
{
	static struct btf *btf;

	if (!btf)
		btf = btf__load_vmlinux_btf();
	return btf;
}

uint32_t api_btf_id(const char *func)
{
	int id = btf__find_by_name_kind(api_vmlinux(), func, BTF_KIND_FUNC);

	return id > 0 ? id : 0;
}

unsigned int api_nr_small(void)
{
	return api_btf_id("bpf_fentry_test10") ? 2 : 1;
}

const char *api_machinery(void)
{
	static const char * const names[] = {
		"__bpf_prog_enter", "__bpf_prog_enter_recur", "migrate_disable", "__rcu_read_lock",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (api_btf_id(names[i]))
			return names[i];
	tap_skip("this kernel's BTF has none of the functions that run BPF programs");
}

/* An fentry program that returns 0; running it calls all of bpf_fentry_test1 to 10. */
static int load_trigger(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = BPF_TRACE_FENTRY,
		    .attach_btf_id = api_btf_id("bpf_fentry_test1"));

	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "trigger", "GPL", insns, 2, &opts);
}

void api_fire(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int fd = load_trigger();
	int err = fd < 0 ? fd : bpf_prog_test_run_opts(fd, &opts);

	if (err)
		tap_fail(__FILE__, __LINE__, "test run: %d", err);
	if (fd >= 0)
		close(fd);
}

void api_fire_tun(void)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		tap_fail(__FILE__, __LINE__, "/dev/net/tun: %s", strerror(errno));
	else
		close(fd);
}

/* -- Objects -------------------------------------------------------------------------------------- */

void api_only(struct bpf_object *obj, const char *prog)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, obj)
		bpf_program__set_autoload(p, !strcmp(bpf_program__name(p), prog));
}

struct bpf_object *api_load(const char *file, const char *prog, struct bpf_program **ret)
{
	struct bpf_object *obj = bpf_object__open_file(tap_file(file), NULL);

	if (!obj)
		return NULL;
	api_only(obj, prog);
	*ret = bpf_object__find_program_by_name(obj, prog);
	if (*ret && !bpf_object__load(obj))
		return obj;
	bpf_object__close(obj);
	return NULL;
}

void *api_slurp(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *data;

	if (fd < 0 || fstat(fd, &st))
		return NULL;
	data = malloc(st.st_size);
	*size = data ? read(fd, data, st.st_size) : 0;
	close(fd);
	return data;
}
