/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/judge.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fsession/fsession.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bpf/license.h"
#include "bpf/uapi.h"
#include "cli/bpfcall.h"
#include "cli/judgetypes.h"
#include "cli/report.h"
#include "image/bpfobj.h"
#include "image/kinject.h"
#include "syscall/attr.h"
#include "syscall/wrap.h"
#include "util/log.h"

#define NOTE_BYTES 256
#define LOG_MAX (16u << 20)	/* of a log the end is kept */

/* Where the command has the user engine inside. */
#pragma weak wrap_vmlinux

struct fake_map {
	ino_t ino;		/* of the memfd: libbpf moves fds to other numbers */
	struct verify_map map;
	void *value;		/* of an array of one */
	struct fake_map *next;	/* older: inode numbers of closed ones may come back */
};

struct text {
	char *at;
	size_t len, cap;
};

struct judge {
	const struct judge_opts *o;
	struct bpf_object *obj;
	struct judgetypes types;
	bool own_kfuncs;	/* the object's declarations of kfuncs stand for the kernel's */
	struct fake_map *maps;
	void (*fn)(const struct judgement *j, void *arg);
	void *arg;
	struct text log;	/* of the program at hand */
	int judged;
};

/* -- Maps --- */

/* Something to mmap() and to close. */
static int new_fd(u64 bytes)
{
	int fd = memfd_create("fsession-verify", MFD_CLOEXEC);

	if (fd >= 0 && bytes && ftruncate(fd, bytes)) {
		close(fd);
		return -ENOMEM;
	}
	return fd < 0 ? -errno : fd;
}

static struct fake_map *map_of(const struct judge *j, int fd)
{
	struct fake_map *m = j->maps;
	struct stat st;

	if (fstat(fd, &st))
		return NULL;
	while (m && m->ino != st.st_ino)
		m = m->next;
	return m;
}

static int map_create(struct judge *j, const struct map_create_attr *a)
{
	bool of_maps = a->map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS || a->map_type == BPF_MAP_TYPE_HASH_OF_MAPS;
	struct fake_map *m = calloc(1, sizeof(*m)), *inner = of_maps ? map_of(j, a->inner_map_fd) : NULL;
	int fd = new_fd((u64)a->value_size * a->max_entries + 2 * sysconf(_SC_PAGESIZE));
	struct stat st = { 0 };

	if (!m || fd < 0 || fstat(fd, &st)) {
		free(m);
		return fd < 0 ? fd : -ENOMEM;
	}
	m->ino = st.st_ino;
	m->map = (struct verify_map){ a->map_type, a->key_size, a->value_size, a->max_entries, a->map_flags };
	m->map.inner = inner ? &inner->map : NULL;
	if (a->btf_value_type_id && j->obj) {
		m->map.btf = bpf_object__btf(j->obj);
		m->map.value_type_id = a->btf_value_type_id;
	}
	if (a->map_type == BPF_MAP_TYPE_ARRAY && a->max_entries == 1)
		m->value = calloc(1, a->value_size ?: 1);
	m->next = j->maps;
	j->maps = m;
	return fd;
}

static int map_update(struct judge *j, const struct map_elem_attr *a)
{
	struct fake_map *m = map_of(j, a->map_fd);

	if (m && m->value)
		memcpy(m->value, (const void *)a->value, m->map.value_size);
	return 0;
}

static int map_freeze(struct judge *j, const struct map_elem_attr *a)
{
	struct fake_map *m = map_of(j, a->map_fd);

	if (m)
		m->map.frozen = m->value;
	return 0;
}

static void maps_free(struct judge *j)
{
	while (j->maps) {
		struct fake_map *m = j->maps;

		j->maps = m->next;
		free(m->value);
		free(m);
	}
}

/* -- What the verifier asks --- */

static const struct verify_map *find_map(void *arg, const struct bpf_insn *insn)
{
	const struct fake_map *m = map_of(arg, insn->imm);

	return m ? &m->map : NULL;
}

static const char *func_name(const struct btf *btf, u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	return t && btf_is_func(t) ? btf__name_by_offset(btf, t->name_off) : NULL;
}

static const char *kfunc_name(void *arg, const struct bpf_insn *insn)
{
	struct judge *j = arg;

	if (insn->off)
		return NULL;
	return j->own_kfuncs ? func_name(bpf_object__btf(j->obj), insn->imm) :
			       judgetypes_kfunc(&j->types, insn->imm);
}

static void keep_log(void *arg, const char *text, size_t bytes)
{
	struct text *l = &((struct judge *)arg)->log;

	if (l->len + bytes + 1 > LOG_MAX) {
		memmove(l->at, l->at + l->len / 2, l->len - l->len / 2);
		l->len -= l->len / 2;
	}
	if (l->len + bytes + 1 > l->cap) {
		char *at = realloc(l->at, (l->len + bytes + 1) * 2);

		if (!at)
			return;
		l->at = at;
		l->cap = (l->len + bytes + 1) * 2;
	}
	memcpy(l->at + l->len, text, bytes);
	l->len += bytes;
	l->at[l->len] = 0;
}

static const struct verify_ops ops = { .find_map = find_map, .kfunc_name = kfunc_name, .log = keep_log };

/* -- Programs --- */

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void set_opts(struct judge *j, const struct prog_load_attr *a, struct verify_opts *o)
{
	*o = (struct verify_opts){
		.insns = (const void *)a->insns,
		.cnt = a->insn_cnt,
		.type = a->prog_type,
		.attach_type = a->expected_attach_type,
		.log_level = j->o->log_level,
		.btf = bpf_object__btf(j->obj),
		.func_info = (const void *)a->func_info,
		.func_info_cnt = a->func_info_cnt,
		.func_info_rec = a->func_info_rec_size,
		.line_info = (const void *)a->line_info,
		.line_info_cnt = a->line_info_cnt,
		.line_info_rec = a->line_info_rec_size,
		.ops = &ops,
		.arg = j,
	};
	o->flags = VERIFY_KERNEL_KINDS;
	if (j->o->kernel)
		o->flags |= VERIFY_KERNEL;
	if (a->prog_flags & BPF_F_SLEEPABLE)
		o->flags |= VERIFY_SLEEPABLE;
	if (a->prog_flags & BPF_F_STRICT_ALIGNMENT)
		o->flags |= VERIFY_STRICT_ALIGN;
	if (a->prog_flags & BPF_F_TEST_STATE_FREQ)
		o->flags |= VERIFY_STATE_FREQ;
	if (license_is_gpl((const char *)a->license))
		o->flags |= VERIFY_GPL;
}

/* Markers that were compiled from a prototype without ctx say so in a field that must be zero. */
static struct bpf_insn *copy_insns(const struct prog_load_attr *a)
{
	struct bpf_insn *ret = malloc(a->insn_cnt * sizeof(*ret));

	if (!ret)
		return NULL;
	memcpy(ret, (const void *)a->insns, a->insn_cnt * sizeof(*ret));
	for (u32 i = 0; i < a->insn_cnt; i++) {
		struct bpf_insn *insn = &ret[i];
		bool marker = insn->imm == FS_MARKER_IS_RETURN || insn->imm == FS_MARKER_COOKIE;

		if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg || !marker ||
		    insn->off != FS_MARKER_OFF_NO_CTX)
			continue;
		insn->off = 0;
		insn->imm += VERIFY_MARKER_NO_CTX;
	}
	return ret;
}

/*
 * The kernel takes sleepable and fmod_ret programs on the functions of a list, and on few others. Those others are in
 * no list, so that the verdict does not rest on it.
 */
static const char *note_of(const struct judge *j, const struct verify_opts *o, const char *target, char buf[NOTE_BYTES])
{
	bool modifies = o->attach_type == BPF_MODIFY_RETURN;
	int listed;

	if (!j->o->kernel || !target || o->type != BPF_PROG_TYPE_TRACING || o->attach_type == BPF_TRACE_ITER ||
	    !(modifies || o->flags & VERIFY_SLEEPABLE) || (modifies && !strncmp(target, "security_", 9)))
		return NULL;
	listed = j->o->btf ? -ENOENT : kinject_find(KINJECT_LIST, target);
	if (listed > 0)
		return NULL;
	if (!listed)
		snprintf(buf, NOTE_BYTES, "'%s' is not in this kernel's list of functions that may fail: "
			 "few others take such programs", target);
	else
		snprintf(buf, NOTE_BYTES, "whether '%s' takes such programs is in the kernel's list of functions that "
			 "may fail, not in its types", target);
	return buf;
}

static void judge_prog(struct judge *j, const struct prog_load_attr *a, const struct bpf_program *prog)
{
	struct bpf_insn *insns = copy_insns(a);
	struct judgement ret = { bpf_program__name(prog), bpf_program__section_name(prog) };
	struct verify_result res = { 0 };
	struct judgetarget target;
	struct verify_opts o;
	char note[NOTE_BYTES];
	u64 start;

	j->log.len = 0;
	set_opts(j, a, &o);
	if (insns)
		o.insns = insns;
	ret.err = judgetypes_target(&j->types, &o, ret.section, j->o->attach, &target);
	ret.target = target.name[0] ? target.name : NULL;
	ret.target_id = o.target_id;
	start = now_ns();
	if (ret.err)
		snprintf(res.reason, sizeof(res.reason), "%s", target.why);
	else
		ret.err = verify(&o, &res);
	ret.ns = now_ns() - start;
	if (ret.err && target.any && !res.hint[0])
		snprintf(res.hint, sizeof(res.hint), "say with --attach which function it is for");
	ret.res = &res;
	ret.log = j->log.len ? j->log.at : "";
	ret.insns = o.insns;
	ret.cnt = o.cnt;
	ret.note = ret.err ? NULL : note_of(j, &o, ret.target, note);
	j->fn(&ret, j->arg);
	j->judged++;
	verify_done(&res);
	free(insns);
}

/* What libbpf tries out, to see what a kernel can do, is none of the object's. */
static int prog_load(struct judge *j, const struct prog_load_attr *a)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, j->obj)
		if ((u64)bpf_program__insns(p) == a->insns &&
		    (!j->o->program || !strcmp(j->o->program, bpf_program__name(p))))
			judge_prog(j, a, p);
	return new_fd(0);
}

static int answer(int cmd, const void *from, size_t size, void *arg)
{
	union sys_attr a;

	memset(&a, 0, sizeof(a));
	memcpy(&a, from, size < sizeof(a) ? size : sizeof(a));
	switch (cmd) {
	case BPF_MAP_CREATE:
		return map_create(arg, &a.map_create);
	case BPF_MAP_UPDATE_ELEM:
		return map_update(arg, &a.elem);
	case BPF_MAP_FREEZE:
		return map_freeze(arg, &a.elem);
	case BPF_PROG_LOAD:
		return prog_load(arg, &a.prog_load);
	case BPF_BTF_LOAD:
		return new_fd(0);
	default:
		return -EINVAL;
	}
}

/* -- Objects --- */

/* libbpf is to look for no targets of its own, and to know sections that are newer than it. */
static int register_sections(void)
{
	static const struct {
		const char *name;
		u32 type, attach_type;
	} kinds[] = {
		{ "fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY },
		{ "fexit", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT },
		{ "fmod_ret", BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN },
		{ "fsession", BPF_PROG_TYPE_TRACING, FS_BPF_TRACE_FSESSION },
		{ "fentry.multi", BPF_PROG_TYPE_TRACING, FS_BPF_TRACE_FENTRY_MULTI },
		{ "fexit.multi", BPF_PROG_TYPE_TRACING, FS_BPF_TRACE_FEXIT_MULTI },
		{ "fsession.multi", BPF_PROG_TYPE_TRACING, FS_BPF_TRACE_FSESSION_MULTI },
		{ "tp_btf", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP },
		{ "iter", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER },
		{ "lsm", BPF_PROG_TYPE_LSM, BPF_LSM_MAC },
		{ "lsm_cgroup", BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP },
		{ "freplace", BPF_PROG_TYPE_EXT, 0 },
	};
	static bool done;
	char section[32];
	int err = 0;

	for (size_t i = 0; !done && i < 2 * sizeof(kinds) / sizeof(*kinds) && err >= 0; i++) {
		snprintf(section, sizeof(section), "%s%s+", kinds[i / 2].name, i % 2 ? ".s" : "");
		err = libbpf_register_prog_handler(section, kinds[i / 2].type, kinds[i / 2].attach_type, NULL);
	}
	done = true;
	return err < 0 ? fail(err, "libbpf refuses a section: %s", log_errstr(err)) : 0;
}

static bool is_sleepable(const char *section)
{
	size_t len = strcspn(section, "/");

	return len > 2 && !strncmp(section + len - 2, ".s", 2);
}

static void prepare(struct judge *j)
{
	struct bpf_program *p;
	struct bpf_map *m;

	bpf_object__for_each_program(p, j->obj) {
		bpf_program__set_autoload(p, true);
		if (is_sleepable(bpf_program__section_name(p)))
			bpf_program__set_flags(p, bpf_program__flags(p) | BPF_F_SLEEPABLE);
		if (j->o->prepare)
			j->o->prepare(p);
	}
	bpf_object__for_each_map(m, j->obj)
		bpf_map__set_pin_path(m, NULL);
}

static int open_object(struct judge *j, const char *path, const char *types)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = types);

	bpf_object__close(j->obj);
	j->obj = NULL;
	return fsession_open_file(path, &opts, &j->obj);
}

/* In the file: libbpf forgets it. */
static bool has_kfuncs(const char *path)
{
	struct btf *btf = btf__parse(path, NULL);
	bool found = false;

	for (u32 i = 1; btf && i < btf__type_cnt(btf) && !found; i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);

		found = btf_is_func(t) && btf_vlen(t) == BTF_FUNC_EXTERN;
	}
	btf__free(btf);
	return found;
}

/*
 * What an object's kfuncs are called is all that matters here, and the running kernel may not have them. So libbpf
 * finds them in the object's own types, and relocates by the kernel's, which are a file then.
 */
static int give_kfuncs(struct judge *j, const char *path, const char *types)
{
	const void *raw;
	u32 bytes;
	int err;

	types = types ?: judgetypes_kernel_path(&j->types);
	err = open_object(j, path, types);
	if (err)
		return err;
	raw = btf__raw_data(bpf_object__btf(j->obj), &bytes);
	if (!raw)
		return -ENOMEM;
	wrap_vmlinux(raw, bytes);
	j->own_kfuncs = true;
	return 0;
}

static int open_and_load(struct judge *j, const char *path)
{
	const char *why, *types = j->types.path[0] ? j->types.path : j->o->btf;
	int err;

	report_libbpf_reset();
	err = open_object(j, path, types);
	if (!err && wrap_vmlinux && has_kfuncs(path))
		err = give_kfuncs(j, path, types);
	if (err)
		return err;
	prepare(j);
	bpfcall_answer(answer, j);
	err = bpf_object__load(j->obj);
	bpfcall_answer(NULL, NULL);
	if (wrap_vmlinux)
		wrap_vmlinux(NULL, 0);
	if (!err)
		return 0;
	why = report_libbpf_reason();
	return fail(err, "object '%s': libbpf cannot prepare it: %s", path, why ? why : log_errstr(err));
}

int judge_object(const char *path, const struct judge_opts *o,
		 void (*fn)(const struct judgement *j, void *arg), void *arg)
{
	struct judge j = { .o = o, .fn = fn, .arg = arg };
	int err = register_sections();

	j.types.memfd = -1;
	if (!err)
		err = judgetypes_open(&j.types, o->btf, o->exe);
	if (!err)
		err = open_and_load(&j, path);
	bpf_object__close(j.obj);
	judgetypes_done(&j.types);
	maps_free(&j);
	free(j.log.at);
	return err ?: j.judged;
}
