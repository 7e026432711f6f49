/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/judgetypes.h"

#include <bpf/btf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/uapi.h"
#include "image/btfraw.h"
#include "image/ubtf.h"
#include "util/log.h"

#define KERNEL_BTF "/sys/kernel/btf/"

static int check(const struct btf *btf, const char *path)
{
	struct btfraw raw;
	u32 size, bad = 0;
	const void *data = btf__raw_data(btf, &size);
	int err = data ? btfraw_init(&raw, data, size) : -ENOMEM;

	if (!err)
		err = btfraw_check(&raw, &bad);
	return err ? fail(err, "types '%s': damaged at type %u", path, bad) : 0;
}

static int open_file(struct judgetypes *t, const char *path)
{
	int err;

	t->file = btf__parse(path, NULL);
	err = t->file ? 0 : -errno;
	if (err)
		return fail_hint(err, "it must be BTF, or an ELF file with a section .BTF",
				 "types '%s': %s", path, log_errstr(err));
	return check(t->file, path);
}

/* libbpf relocates by the types of a file. */
static int put_into_file(struct judgetypes *t, const struct btf *btf)
{
	u32 bytes;
	const void *raw = btf__raw_data(btf, &bytes);

	t->memfd = memfd_create("fsession-types", MFD_CLOEXEC);
	if (!raw || t->memfd < 0 || write(t->memfd, raw, bytes) != (ssize_t)bytes)
		return fail(-ENOMEM, "no memory for types");
	snprintf(t->path, sizeof(t->path), "/proc/self/fd/%d", t->memfd);
	return 0;
}

static int open_exe(struct judgetypes *t, const char *exe)
{
	int err = ubtf_open(exe, &t->exe);

	if (err)
		return err;
	t->file = t->exe->btf;
	return put_into_file(t, t->file);
}

int judgetypes_open(struct judgetypes *t, const char *path, const char *exe)
{
	*t = (struct judgetypes){ .memfd = -1 };
	return exe ? open_exe(t, exe) : path ? open_file(t, path) : 0;
}

void judgetypes_done(struct judgetypes *t)
{
	btf__free(t->module);
	btf__free(t->kernel);
	if (t->exe)
		ubtf_free(t->exe);
	else
		btf__free(t->file);
	btf__free(t->any);
	if (t->memfd >= 0)
		close(t->memfd);
}

static const struct btf *kernel_types(struct judgetypes *t)
{
	if (!t->kernel && !t->no_kernel)
		t->kernel = btf__load_vmlinux_btf();
	if (t->kernel)		/* or libbpf looks through all types for its long */
		btf__set_pointer_size(t->kernel, sizeof(void *));
	t->no_kernel = !t->kernel;
	return t->kernel;
}

const char *judgetypes_kernel_path(struct judgetypes *t)
{
	const struct btf *btf = kernel_types(t);

	if (btf && !t->path[0] && put_into_file(t, btf))
		return NULL;
	return btf ? t->path : NULL;
}

const char *judgetypes_kfunc(struct judgetypes *t, u32 id)
{
	const struct btf *btf = kernel_types(t);
	const struct btf_type *type = btf ? btf__type_by_id(btf, id) : NULL;

	return type && btf_is_func(type) ? btf__name_by_offset(btf, type->name_off) : NULL;
}

/* Of all programs at once: there are a hundred thousand types to look through. */
static u32 task_id(struct judgetypes *t, const struct btf *btf)
{
	if (!t->task_id)
		t->task_id = btf__find_by_name_kind(btf, "task_struct", BTF_KIND_STRUCT);
	return (s32)t->task_id < 0 ? 0 : t->task_id;
}

/* What the types call the target NAME of a kind of programs */
static const struct kind {
	u32 type, attach_type;
	const char *prefix;
	u32 btf_kind;
} kinds[] = {
	{ BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "", BTF_KIND_FUNC },
	{ BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, "", BTF_KIND_FUNC },
	{ BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, "", BTF_KIND_FUNC },
	{ BPF_PROG_TYPE_TRACING, FS_BPF_TRACE_FSESSION, "", BTF_KIND_FUNC },
	{ BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "btf_trace_", BTF_KIND_TYPEDEF },
	{ BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "bpf_iter_", BTF_KIND_FUNC },
	{ BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_", BTF_KIND_FUNC },
};

static const struct kind *kind_of(const struct verify_opts *o)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].type == o->type && kinds[i].attach_type == o->attach_type)
			return &kinds[i];
	return NULL;
}

static bool find(const struct btf *btf, const char *func, struct verify_opts *o)
{
	const struct kind *k = kind_of(o);
	char name[160];
	s32 id;

	snprintf(name, sizeof(name), "%s%s", k->prefix, func);
	id = btf ? btf__find_by_name_kind(btf, name, k->btf_kind) : -ENOENT;
	if (id <= 0)
		return false;
	o->target_btf = btf;
	o->target_id = id;
	return true;
}

static bool find_in_module(struct judgetypes *t, const char *module, const char *func, struct verify_opts *o)
{
	char path[300];

	snprintf(path, sizeof(path), KERNEL_BTF "%s", module);
	btf__free(t->module);
	t->module = btf__parse_split(path, t->kernel);
	return find(t->module, func, o);
}

static bool find_in_modules(struct judgetypes *t, const char *func, struct verify_opts *o)
{
	DIR *dir = opendir(KERNEL_BTF);
	struct dirent *e;
	bool found = false;

	while (dir && !found && (e = readdir(dir)))
		if (e->d_name[0] != '.' && strcmp(e->d_name, "vmlinux"))
			found = find_in_module(t, e->d_name, func, o);
	if (dir)
		closedir(dir);
	return found;
}

/* "any function": one that takes and returns nothing. */
static int find_any(struct judgetypes *t, struct verify_opts *o)
{
	int proto;

	if (!t->any) {
		t->any = btf__new_empty();
		proto = t->any ? btf__add_func_proto(t->any, 0) : -ENOMEM;
		if (proto < 0 || btf__add_func(t->any, "any function", BTF_FUNC_GLOBAL, proto) < 0)
			return -ENOMEM;
	}
	o->target_btf = t->any;
	o->target_id = btf__find_by_name_kind(t->any, "any function", BTF_KIND_FUNC);
	return 0;
}

static int find_named(struct judgetypes *t, struct verify_opts *o, struct judgetarget *ret)
{
	char *colon = strchr(ret->name, ':');
	const char *func = colon ? colon + 1 : ret->name;
	bool in_vmlinux = !colon || !strncmp(ret->name, "vmlinux:", 8), found;

	if (t->file) {
		found = find(t->file, func, o);
	} else if (!kernel_types(t)) {
		snprintf(ret->why, sizeof(ret->why), "the kernel has no types: say with --btf where there are some");
		return -ESRCH;
	} else if (in_vmlinux) {
		found = find(t->kernel, func, o) || (!colon && find_in_modules(t, func, o));
	} else {
		*colon = 0;
		found = find_in_module(t, ret->name, func, o);
		*colon = ':';
	}
	if (found && (o->target_btf == t->file || o->target_btf == t->kernel))
		o->task_id = task_id(t, o->target_btf);
	if (!found)
		snprintf(ret->why, sizeof(ret->why), "there is no function '%s' in %s types", ret->name,
			 t->file ? "these" : "the kernel's");
	return found ? 0 : -ENOENT;
}

int judgetypes_target(struct judgetypes *t, struct verify_opts *o, const char *section, const char *attach,
		      struct judgetarget *ret)
{
	const char *slash = strchr(section, '/');
	int err;

	*ret = (struct judgetarget){ 0 };
	if (o->type == BPF_PROG_TYPE_KPROBE || o->type == BPF_PROG_TYPE_PERF_EVENT)
		o->target_btf = t->file ?: kernel_types(t);	/* for struct pt_regs */
	if (!kind_of(o))
		return 0;
	snprintf(ret->name, sizeof(ret->name), "%s", slash && slash[1] ? slash + 1 : attach ?: "");
	if (ret->name[0])
		return find_named(t, o, ret);
	ret->any = true;
	err = find_any(t, o);
	if (err)
		snprintf(ret->why, sizeof(ret->why), "%s", log_errstr(err));
	return err;
}
