/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Its executable plays vmlinux, each other file that it has mapped to be executed a module. They are read
 * through the descriptors of what is mapped, whatever has their name now.
 */
#include "inject/proctarget.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "image/kbtf.h"
#include "image/ucache.h"
#include "inject/maps.h"
#include "inject/remote.h"
#include "inject/selftarget.h"
#include "inject/stop.h"
#include "syscall/map.h"
#include "syscall/prog.h"
#include "syscall/target.h"
#include "util/log.h"

#define PAGE 4096ULL

struct object {
	char name[64];
	u64 lo, hi, inode;	/* of the mapping that is executed */
	u64 base;		/* address there - address in the file */
	struct ubtf *types;	/* NULL: it has no functions that are known */
};

struct proctarget {
	struct target target;	/* what bpf(2) knows of it */
	pid_t pid;
	struct remote *remote;
	struct stop_hold hold;
	bool left, counts_jumps;
	u32 nr;
	struct object *objs;	/* [0]: the executable */
	struct proctarget *next;	/* left before: objects of bpf(2) may still refer to it */
};

static struct proctarget *left;

/* -- Files that are mapped --- */

/* A mapping of the file's offset X is where the segment with that offset lies. */
static u64 base_of(const struct uelf *elf, const struct map_row *row)
{
	for (u32 i = 0; i < elf->nr_segs; i++) {
		const struct uelf_seg *seg = &elf->segs[i];
		u64 start = seg->offset & ~(PAGE - 1);

		if (seg->filesz && row->off >= start && row->off < seg->offset + seg->filesz)
			return row->lo - row->off + seg->offset - seg->vaddr;
	}
	return 0;
}

/* What is mapped to be executed need not be: a file with code for perf is mapped to be noticed. */
static bool is_elf(int fd)
{
	char magic[4];

	return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) && !memcmp(magic, "\177ELF", sizeof(magic));
}

static int add_object(struct proctarget *t, const char *name, const struct map_row *row)
{
	struct object *objs = realloc(t->objs, (t->nr + 1) * sizeof(*objs)), *o;
	char root[32];
	struct ubtf_opts opts = { .root = root, .nameless = true };
	int fd;

	if (!objs)
		return -ENOMEM;
	t->objs = objs;
	o = &objs[t->nr++];
	*o = (struct object){ .lo = row->lo, .hi = row->hi, .inode = row->inode };
	strncat(o->name, name, sizeof(o->name) - 1);
	fd = maps_open(t->pid, row);
	if (fd < 0)
		return 0;
	snprintf(root, sizeof(root), "/proc/%d/root", t->pid);
	if (is_elf(fd) && !ucache_open(fd, row->path, &opts, &o->types))
		o->base = base_of(o->types->elf, row);
	close(fd);
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static struct object *known(const struct proctarget *t, const char *name)
{
	for (u32 i = 1; i < t->nr; i++)
		if (kbtf_module_name_eq(t->objs[i].name, name))
			return &t->objs[i];
	return NULL;
}

/* One that had been unmapped is there again, perhaps elsewhere. Types of another file would not do. */
static void move_object(struct object *o, const struct map_row *row)
{
	o->lo = row->lo;
	o->hi = row->hi;
	if (o->types && o->inode == row->inode)
		o->base = base_of(o->types->elf, row);
	else
		o->types = NULL;
}

static int read_exe(pid_t pid, char *ret, size_t size)
{
	char link[32];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	n = readlink(link, ret, size - 1);
	if (n < 0)
		return -errno;
	ret[n] = 0;
	return 0;
}

/* The executable first; then what was mapped since the last call. */
static int look(struct proctarget *t)
{
	char exe[4096];
	struct object *o;
	struct maps maps;
	int err;

	err = read_exe(t->pid, exe, sizeof(exe));
	err = err ?: maps_read(t->pid, &maps);
	if (err)
		return fail(err, "inject: process %d: %s", t->pid, log_errstr(err));
	for (int first = !t->nr; first >= 0 && !err; first--) {
		for (u32 i = 0; i < maps.nr && !err; i++) {
			const struct map_row *row = &maps.rows[i];

			if (!maps_is_program(row) || (first ? strcmp(row->path, exe) || t->nr : !strcmp(row->path, exe)))
				continue;
			o = first ? NULL : known(t, base_name(row->path));
			if (o && !o->lo)
				move_object(o, row);
			if (o)
				continue;
			err = add_object(t, first ? "vmlinux" : base_name(row->path), row);
		}
		if (!t->nr)
			err = -ENOENT;
	}
	maps_done(&maps);
	return err;
}

/* -- Functions of libc that the agent replaces --- */

/* glibc, which may be part of a static program. */
static bool may_be_libc(const struct map_row *row, const char *exe)
{
	return maps_is_program(row) && (!strncmp(base_name(row->path), "libc.", 5) || !strcmp(row->path, exe));
}

static int hook_in(struct proctarget *t, const struct map_row *row, enum remote_hook which)
{
	const struct usym *sym = NULL;
	struct usyms *syms = NULL;
	struct uelf *elf;
	int fd = maps_open(t->pid, row), err;

	if (fd < 0)
		return fd;
	err = uelf_open_fd(fd, row->path, &elf);
	close(fd);
	if (err)
		return err;
	err = usyms_load(elf, 0, &syms);
	sym = err ? NULL : usyms_find(syms, remote_hook_name(which));
	if (!err)
		err = sym ? remote_hook(t->remote, which, base_of(elf, row) + sym->addr, sym->size) : -ENOENT;
	usyms_free(syms);
	uelf_close(elf);
	return err;
}

static int hook(struct proctarget *t, enum remote_hook which)
{
	char exe[4096] = "";
	struct maps maps;
	int err = -ENOENT;

	if (read_exe(t->pid, exe, sizeof(exe)) || maps_read(t->pid, &maps))
		return err;
	for (u32 i = 0; i < maps.nr && err == -ENOENT; i++)
		if (may_be_libc(&maps.rows[i], exe))
			err = hook_in(t, &maps.rows[i], which);
	maps_done(&maps);
	return err;
}

/* -- The target's operations --- */

static int proc_space(void *arg, struct tramp_space **ret)
{
	struct proctarget *t = arg;
	bool stats = stats_are_on();

	remote_count_runs(t->remote, stats);
	if (stats && !t->counts_jumps) {
		hook(t, REMOTE_HOOK_LONGJMP);
		hook(t, REMOTE_HOOK_LONGJMP_CHK);
		t->counts_jumps = true;
	}
	*ret = remote_space(t->remote);
	return 0;
}

static int proc_btf(void *arg, u32 nr, const char **name, const struct btf **ret)
{
	struct proctarget *t = arg;
	int err = nr < t->nr || t->left ? 0 : look(t);

	if (err || nr >= t->nr)
		return err ?: -ENOENT;
	*name = t->objs[nr].name;
	*ret = t->objs[nr].types ? t->objs[nr].types->btf : NULL;
	return 0;
}

static int read_word(void *arg, uint64_t addr, uint64_t *ret)
{
	const struct proctarget *t = arg;
	struct iovec here = { ret, sizeof(*ret) }, there = { (void *)addr, sizeof(*ret) };

	return process_vm_readv(t->pid, &here, 1, &there, 1, 0) == sizeof(*ret) ? 0 : -EFAULT;
}

static const struct ufunc *named(const struct proctarget *t, u32 nr, const char *name)
{
	return nr < t->nr && t->objs[nr].types ? ubtf_find(t->objs[nr].types, name) : NULL;
}

static const struct ufunc *find(const struct proctarget *t, u32 nr, const char *name, struct usym *code)
{
	const struct object *o = &t->objs[nr];
	const struct ufunc *f = named(t, nr, name);

	return f && !ubtf_code(o->types, f, o->base, read_word, (void *)t, code) ? f : NULL;
}

static int proc_func(void *arg, u32 nr, u32 id, const char *name, struct target_func *ret)
{
	const struct proctarget *t = arg;
	struct usym code;
	const struct ufunc *f = find(t, nr, name, &code);

	(void)id;
	if (!f)
		return -ENOENT;
	ret->addr = t->objs[nr].base + code.addr;
	ret->size = code.size;
	ret->untyped = f->untyped;
	ret->entered = ubtf_entered(t->objs[nr].types, &code);
	return 0;
}

static const char *proc_refusal(void *arg, u32 nr, u32 id, const char *name, char buf[128])
{
	const struct proctarget *t = arg;
	const struct ufunc *f = named(t, nr, name);
	struct usym code;

	(void)id;
	if (nr && !strcmp(name, remote_hook_name(REMOTE_HOOK_UNWINDERS)))
		return "is replaced by this engine's own";
	if (find(t, nr, name, &code))
		return ucache_refusal(t->objs[nr].types, &code, buf);
	return f ? ubtf_unknown(f) : NULL;
}

static u64 proc_helper(void *arg, u64 fn)
{
	return remote_helper(((struct proctarget *)arg)->remote, (const void *)fn);
}

static int proc_map(void *arg, const struct map *map, u64 *rt, u64 *values)
{
	return remote_map(((struct proctarget *)arg)->remote, map->rt, map->memfd, rt, values);
}

static const struct target_ops ops = {
	.space = proc_space,
	.btf = proc_btf,
	.func = proc_func,
	.refusal = proc_refusal,
	.helper = proc_helper,
	.map = proc_map,
};

/* -- Entering and leaving --- */

int proctarget_open(pid_t pid, enum proctarget_how how, struct proctarget **ret)
{
	struct proctarget *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->pid = pid;
	t->hold.park = how == PROCTARGET_PARKED;
	err = remote_open_held(pid, how == PROCTARGET_ALONE ? NULL : &t->hold, &t->remote);
	if (err) {
		free(t);
		return err;
	}
	t->target.ops = &ops;
	t->target.arg = t;
	t->target.self = selftarget();
	pthread_mutex_init(&t->target.lock, NULL);
	if (hook(t, REMOTE_HOOK_UNWINDERS))	/* an exception that passes a traced function ends the process */
		log_msg(LOG_INFO, "inject: exceptions and backtraces of process %d end at traced functions", pid);
	proctarget_use(t);
	*ret = t;
	return 0;
}

void proctarget_use(struct proctarget *t)
{
	target_set(&t->target);
}

u64 proctarget_mapped(const struct proctarget *t, const char *name)
{
	struct maps maps;
	u64 at = 0;

	if (maps_read(t->pid, &maps))
		return 0;
	for (u32 i = 0; i < maps.nr && !at; i++)
		if (maps_is_program(&maps.rows[i]) && kbtf_module_name_eq(base_name(maps.rows[i].path), name))
			at = maps.rows[i].lo;
	maps_done(&maps);
	return at;
}

void proctarget_forget(struct proctarget *t, const char *name)
{
	struct object *o = known(t, name);

	if (!o)
		return;
	tramp_forget(remote_space(t->remote), o->lo, o->hi - o->lo);
	o->lo = o->hi = 0;
}

void proctarget_go_on(struct proctarget *t)
{
	t->hold.park = false;
}

pid_t proctarget_executed(struct proctarget *t)
{
	pid_t pid = t->hold.executed;

	t->hold.executed = 0;
	return pid;
}

int proctarget_look(const struct proctarget *t)
{
	return remote_look(t->remote);
}

void proctarget_close(struct proctarget *t)
{
	if (!t)
		return;
	remote_unhook(t->remote);
	remote_close(t->remote);
	t->left = true;
	target_drop(&t->target);
	t->next = left;
	left = t;
}
