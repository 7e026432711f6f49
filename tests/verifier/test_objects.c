/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects compiled by clang: libbpf opens and "loads" them, bpf(2) being answered here: maps are memfds, and a
 * program that is loaded is judged. `test_objects [-v] [-p PATTERN] FILE.bpf.o...`
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "asmtest.h"
#include "judge.h"
#include "syscall/attr.h"

#define MAPS_MAX 64

long __real_syscall(long nr, ...);
long __wrap_syscall(long nr, ...);

static struct {
	int fd;
	struct verify_map map;
	u8 value[65536];	/* of an array of one */
} maps[MAPS_MAX];
static u32 nr_maps;

static struct {
	const char *pattern;
	bool verbose;
	u32 rows, failed;
} run;

static struct bpf_object *object;

/* -- bpf(2) --- */

static int new_fd(u64 bytes)
{
	int fd = memfd_create("object", MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, bytes))
		return -1;
	return fd;
}

static u32 map_index(int fd)
{
	for (u32 i = nr_maps; i; i--)	/* the last: numbers come back */
		if (maps[i - 1].fd == fd)
			return i - 1;
	return MAPS_MAX;
}

static int map_create(const struct map_create_attr *a)
{
	u64 bytes = (u64)a->value_size * a->max_entries + 2 * 65536 + a->max_entries;
	u32 i = nr_maps++;

	if (i == MAPS_MAX)
		abort();
	memset(&maps[i], 0, sizeof(maps[i]));
	maps[i].fd = new_fd(bytes);
	maps[i].map = (struct verify_map){ a->map_type, a->key_size, a->value_size, a->max_entries,
					   a->map_flags };
	if (a->btf_value_type_id && object) {
		maps[i].map.btf = bpf_object__btf(object);
		maps[i].map.value_type_id = a->btf_value_type_id;
	}
	if (a->map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS || a->map_type == BPF_MAP_TYPE_HASH_OF_MAPS)
		maps[i].map.inner = &maps[map_index(a->inner_map_fd)].map;
	return maps[i].fd;
}

static int map_update(const struct map_elem_attr *a)
{
	u32 i = map_index(a->map_fd);

	if (i < MAPS_MAX && maps[i].map.max_entries == 1 && maps[i].map.value_size <= sizeof(maps[i].value))
		memcpy(maps[i].value, (void *)a->value, maps[i].map.value_size);
	return 0;
}

static int map_freeze(const struct map_elem_attr *a)
{
	u32 i = map_index(a->map_fd);

	if (i < MAPS_MAX)
		maps[i].map.frozen = maps[i].value;
	return 0;
}

/* -- Judging --- */

static const struct verify_map *find_map(void *arg, const struct bpf_insn *insn)
{
	u32 i = map_index(insn->imm);

	(void)arg;
	return i < MAPS_MAX ? &maps[i].map : NULL;
}

static const char *kfunc_name(void *arg, const struct bpf_insn *insn)
{
	(void)arg;
	(void)insn;
	return NULL;
}

static const struct verify_ops ops = { .find_map = find_map, .kfunc_name = kfunc_name, .log = judge_log };

/* The tag on the program's function that begins with @prefix; what follows it. */
static const char *find_tag(const char *func, const char *prefix)
{
	const struct btf *btf = bpf_object__btf(object);
	s32 id = btf ? btf__find_by_name_kind(btf, func, BTF_KIND_FUNC) : -1;

	for (u32 i = 1; id > 0 && i < btf__type_cnt(btf); i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);
		const char *tag = btf__name_by_offset(btf, t->name_off);

		if (btf_kind(t) == BTF_KIND_DECL_TAG && (s32)t->type == id &&
		    !strncmp(tag, prefix, strlen(prefix)))
			return tag + strlen(prefix);
	}
	return NULL;
}

static void print_log(char *log, u32 lines)
{
	char *at = log + (log ? strlen(log) : 0), *save, *line;

	while (log && at > log && lines)
		lines -= *--at == '\n';
	line = log ? strtok_r(at, "\n", &save) : NULL;
	for (; line; line = strtok_r(NULL, "\n", &save))
		printf("# %s\n", line);
}

static void judge(const struct prog_load_attr *a, const struct bpf_program *prog)
{
	const char *name = bpf_program__name(prog), *slash = strchr(bpf_program__section_name(prog), '/');
	const char *refuse = find_tag(name, "verdict:refuse:");
	struct judge_log log = { 0 };
	struct verify_opts o = { .insns = (void *)a->insns, .cnt = a->insn_cnt, .type = a->prog_type,
				 .attach_type = a->expected_attach_type, .flags = VERIFY_GPL,
				 .log_level = VERIFY_LOG_ALL, .btf = bpf_object__btf(object),
				 .func_info = (void *)a->func_info, .func_info_cnt = a->func_info_cnt,
				 .func_info_rec = a->func_info_rec_size, .line_info = (void *)a->line_info,
				 .line_info_cnt = a->line_info_cnt, .line_info_rec = a->line_info_rec_size,
				 .target_btf = judge_target_btf(),
				 .target_id = judge_target(slash ? slash + 1 : "target_void"),
				 .ops = &ops, .arg = &log };
	struct verify_result r;
	int err = verify(&o, &r);
	bool ok = refuse ? err && log.text && strstr(log.text, refuse) : !err;

	run.rows++;
	run.failed += !ok;
	if (!ok)
		printf("# expected %s%s, got %d\n", refuse ? "refuse: " : "accept", refuse ?: "", err);
	if (!ok || run.verbose)
		print_log(log.text, ok ? 4 : 40);
	printf("%sok %u - %s %s\n", ok ? "" : "not ", run.rows, bpf_object__name(object), name);
	verify_done(&r);
	free(log.text);
}

static int prog_load(const struct prog_load_attr *a)
{
	struct bpf_program *p;

	if (!object)		/* libbpf tries what the kernel can do */
		return new_fd(1);
	bpf_object__for_each_program(p, object) {
		if (strncmp(bpf_program__name(p), a->prog_name, sizeof(a->prog_name) - 1) ||
		    !bpf_program__autoload(p))
			continue;
		if (!run.pattern || !fnmatch(run.pattern, bpf_program__name(p), 0))
			judge(a, p);
		break;
	}
	return new_fd(1);
}

static int answer(long cmd, void *attr)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
		return map_create(attr);
	case BPF_MAP_UPDATE_ELEM:
		return map_update(attr);
	case BPF_MAP_FREEZE:
		return map_freeze(attr);
	case BPF_PROG_LOAD:
		return prog_load(attr);
	case BPF_BTF_LOAD:
		return new_fd(1);
	default:
		return -EINVAL;
	}
}

/* The caller's attribute may be shorter than ours. */
static long do_bpf(const long a[3])
{
	union sys_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	memcpy(&attr, (void *)a[1], (u64)a[2] < sizeof(attr) ? (u64)a[2] : sizeof(attr));
	ret = answer(a[0], &attr);
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

long __wrap_syscall(long nr, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr == __NR_bpf)
		return do_bpf(a);
	return __real_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* -- Objects --- */

static void judge_object(const char *path)
{
	int err;

	nr_maps = 0;
	object = NULL;
	object = bpf_object__open_file(path, NULL);
	err = object ? bpf_object__load(object) : -errno;
	if (err) {
		run.failed++;
		printf("not ok %u - %s: %s\n", ++run.rows, path, strerror(-err));
	}
	for (u32 i = 0; i < nr_maps; i++)
		close(maps[i].fd);
	bpf_object__close(object);
	object = NULL;
}

static void register_sections(void)
{
	static const char *const words[] = { "fsession", "fentry", "fexit", "fmod_ret" };
	char section[32];
	u32 type, attach;

	for (u32 i = 0; i < sizeof(words) / sizeof(*words); i++) {
		asmtest_type(words[i], &type, &attach);
		snprintf(section, sizeof(section), "%s+", words[i]);
		libbpf_register_prog_handler(section, type, attach, NULL);
	}
}

int main(int argc, char **argv)
{
	int opt;

	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	register_sections();
	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((opt = getopt(argc, argv, "vp:")) != -1) {
		if (opt == 'v')
			run.verbose = true;
		else if (opt == 'p')
			run.pattern = optarg;
	}
	if (!judge_target_btf()) {
		printf("Bail out! no target types\n");
		return 1;
	}
	for (int i = optind; i < argc; i++)
		judge_object(argv[i]);
	printf("1..%u\n", run.rows);
	btf__free((struct btf *)judge_target_btf());
	return !!run.failed;
}
