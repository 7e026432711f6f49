/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject/selftarget.h"

#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image/ubtf.h"
#include "inject/maps.h"
#include "inject/self.h"
#include "syscall/prog.h"
#include "syscall/target.h"
#include "util/log.h"

/* Under the lock of the target, like all that it asks. */
struct loaded {
	char name[64];		/* as a module */
	u64 base;		/* address here - address in the file */
	struct ubtf *u;		/* NULL: of vmlinux, where nothing plays it */
};

struct self {
	char *vmlinux;
	struct loaded *objs;	/* [0]: vmlinux */
	u32 nr;
};

static struct self self;

/* -- What is loaded --- */

static bool is_known(const char *name)
{
	for (u32 i = 0; i < self.nr; i++)
		if (!strcmp(self.objs[i].name, name))
			return true;
	return false;
}

/* The file mapped at @at, whatever its name says by now; one that cannot be read has no functions. */
static struct ubtf *open_mapped(u64 at, const char *name)
{
	struct ubtf *ret = NULL;
	struct log_capture cap;
	struct maps maps;
	char why[256];
	int fd = -1;

	if (maps_read(getpid(), &maps))
		return NULL;
	if (maps_find(&maps, at))
		fd = maps_open(getpid(), maps_find(&maps, at));
	log_capture_start(&cap, why, sizeof(why));
	if (fd >= 0 && ubtf_open_fd(fd, name, &ret))
		ret = NULL;
	log_capture_stop(&cap);
	if (fd >= 0)
		close(fd);
	maps_done(&maps);
	return ret;
}

/* @info NULL: nothing plays it */
static int add(const struct dl_phdr_info *info, const char *name)
{
	struct loaded *objs = realloc(self.objs, (self.nr + 1) * sizeof(*objs));
	struct loaded o = { .base = info ? info->dlpi_addr : 0 };

	if (!objs)
		return -ENOMEM;
	self.objs = objs;
	strncat(o.name, name, sizeof(o.name) - 1);
	o.u = info ? open_mapped((u64)info->dlpi_phdr, name) : NULL;
	objs[self.nr++] = o;
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The file that plays vmlinux; the executable has no name in this list. */
static bool is_vmlinux(const char *path)
{
	if (!self.vmlinux)
		return !*path;
	return *path && !strcmp(base_name(path), base_name(self.vmlinux));
}

static int see(struct dl_phdr_info *info, size_t size, void *arg)
{
	const char *name = base_name(info->dlpi_name);
	bool first = is_vmlinux(info->dlpi_name), *want_first = arg;

	(void)size;
	if (first != *want_first)
		return 0;
	if (first)
		return add(info, "vmlinux");
	return strchr(info->dlpi_name, '/') && !is_known(name) ? add(info, name) : 0;
}

/* What was loaded since the last call. */
static int look(void)
{
	bool first = true, others = false;

	if (!self.nr && (dl_iterate_phdr(see, &first) || (!self.nr && add(NULL, "vmlinux"))))
		return -ENOMEM;
	return dl_iterate_phdr(see, &others);
}

/* -- The target's operations --- */

static int self_target_space(void *arg, struct tramp_space **ret)
{
	int err = self_space(ret);

	(void)arg;
	if (!err && stats_are_on())
		self_count_jumps(*ret);
	return err;
}

static int self_target_btf(void *arg, u32 nr, const char **name, const struct btf **ret)
{
	int err = nr < self.nr ? 0 : look();

	(void)arg;
	if (err || nr >= self.nr)
		return err ?: -ENOENT;
	*name = self.objs[nr].name;
	*ret = self.objs[nr].u ? self.objs[nr].u->btf : NULL;
	return 0;
}

static int read_word(void *arg, uint64_t addr, uint64_t *ret)
{
	(void)arg;
	*ret = *(const uint64_t *)addr;
	return 0;
}

static const struct ufunc *named(u32 nr, u32 id)
{
	return self.objs[nr].u ? ubtf_from_id(self.objs[nr].u, id) : NULL;
}

static const struct ufunc *find(u32 nr, u32 id, struct usym *code)
{
	const struct loaded *o = &self.objs[nr];
	const struct ufunc *f = named(nr, id);

	return f && !ubtf_code(o->u, f, o->base, read_word, NULL, code) ? f : NULL;
}

static int self_target_func(void *arg, u32 nr, u32 id, const char *name, struct target_func *ret)
{
	struct usym code;
	const struct ufunc *f = find(nr, id, &code);

	(void)arg;
	(void)name;
	if (!f)
		return -ENOENT;
	*ret = (struct target_func){ self.objs[nr].base + code.addr, code.size, f->untyped,
				     .entered = ubtf_entered(self.objs[nr].u, &code) };
	return 0;
}

static const char *self_target_refusal(void *arg, u32 nr, u32 id, const char *name, char buf[128])
{
	const struct ufunc *f = named(nr, id);
	struct usym code;

	(void)arg;
	(void)name;
	if (find(nr, id, &code))
		return ubtf_refusal(self.objs[nr].u, &code, buf);
	return f ? ubtf_unknown(f) : NULL;
}

static const struct target_ops ops = {
	.space = self_target_space,
	.btf = self_target_btf,
	.func = self_target_func,
	.refusal = self_target_refusal,
};

static struct target target = { .ops = &ops, .here = true, .lock = PTHREAD_MUTEX_INITIALIZER };

struct target *selftarget(void)
{
	return &target;
}

void selftarget_use(const char *vmlinux)
{
	if (vmlinux && !self.vmlinux && !self.nr)
		self.vmlinux = strdup(vmlinux);
	target_set(&target);
}
