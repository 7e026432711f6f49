/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/ktarget.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/kbtf.h"
#include "image/kdeny.h"
#include "image/kmissing.h"
#include "image/kprog.h"
#include "image/kproto.h"
#include "image/ksyms.h"
#include "util/glob.h"
#include "util/log.h"

/*
 * Everything below is under the lock, except what is printed and what callers' functions do: a log
 * sink may call back.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kbtf_set btfs;

/* A table that is read once, and again when modules have appeared. */
struct table {
	struct ksyms *syms;
	int err;
	bool tried;
	uint32_t generation;
	int (*load)(struct ksyms **ret);
};

static struct table kallsyms = { .load = ksyms_load };
static struct table traceable = { .load = ksyms_load_traceable };
static int nr_scans;		/* addresses looked up without the table */
#define MAX_SCANS 2

static void table_drop(struct table *t)
{
	ksyms_free(t->syms);
	t->syms = NULL;
	t->tried = false;
}

/* NULL when it cannot be read: then @t->err says why. */
static const struct ksyms *table_get(struct table *t)
{
	if (t->tried && t->generation != btfs.generation)
		table_drop(t);
	if (!t->tried)
		t->err = t->load(&t->syms);
	t->tried = true;
	t->generation = btfs.generation;
	return t->syms;
}

/* One or two functions are found faster by reading the list up to them than by learning it. */
static uint64_t ksym_addr(const char *module, const char *name)
{
	const struct ksyms *k = kallsyms.syms;
	const struct ksym *s;
	uint64_t addr;

	if (!k && !module[0] && nr_scans++ < MAX_SCANS)
		return ksyms_scan(name, &addr) ? 0 : addr;
	k = table_get(&kallsyms);
	s = k ? ksyms_find(k, module, name) : NULL;
	return s ? s->addr : 0;
}

static int print_missing(int err, const struct kmissing *w)
{
	return fail_hint(err, w->hint[0] ? w->hint : NULL, "%s", w->text);
}

static void copy_name(char *dst, size_t size, const char *src)
{
	snprintf(dst, size, "%s", src);
}

/* -EINVAL if @id is no function of @k */
static int fill(const struct kbtf *k, uint32_t id, struct ktarget *ret)
{
	struct ktarget t = { .btf_id = id, .btf_obj_id = k->id, .btf_fd = k->fd };
	int err = kproto_from_btf(k->btf, id, &t.proto);

	if (err)
		return err;
	copy_name(t.name, sizeof(t.name), kbtf_func_name(k, id));
	copy_name(t.module, sizeof(t.module), k->name);
	*ret = t;
	return 0;
}

static int no_btf(struct kmissing *w)
{
	kmissing_set(w, "it must be built with CONFIG_DEBUG_INFO_BTF=y; distributions' kernels are",
		     "kernel: has no BTF of its own (/sys/kernel/btf/vmlinux)");
	return -ESRCH;
}

/* "MODULE:FUNC" into its parts; the module part of a plain name is "", as is "vmlinux:". */
static int split_spec(const char *spec, char *module, size_t size, const char **func,
		      struct kmissing *w)
{
	const char *colon = strchr(spec, ':');
	size_t len = colon ? colon - spec : 0;

	*func = colon ? colon + 1 : spec;
	if (!**func || len >= size) {
		kmissing_set(w, "write FUNCTION or MODULE:FUNCTION",
			     "target '%s': names no function", spec);
		return -ENOENT;
	}
	memcpy(module, spec, len);
	module[len] = '\0';
	if (!strcmp(module, "vmlinux"))
		module[0] = '\0';
	return 0;
}

static int find_module(const char *spec, const char *module, const char *func, struct kbtf **ret,
		       struct kmissing *w)
{
	struct kbtf *m = kbtf_module_find(&btfs, module);
	int err = m ? kbtf_module_load(&btfs, m) : -ENOENT;

	if (err)
		return kmissing_module(w, &btfs, spec, module, func, err);
	*ret = m;
	return 0;
}

/* Plain names: vmlinux first, then the modules, newest first. */
static uint32_t find_anywhere(struct kbtf *vmlinux, const char *func, struct kbtf **ret)
{
	uint32_t id = kbtf_func_find(vmlinux, func);

	*ret = vmlinux;
	if (id)
		return id;
	kbtf_scan(&btfs);
	for (struct kbtf *m = btfs.modules; m; m = m->next) {
		if (kbtf_module_load(&btfs, m))
			continue;
		id = kbtf_func_find(m, func);
		if (id) {
			*ret = m;
			return id;
		}
	}
	return 0;
}

/* The object that @spec is about; NULL in @ret = any. */
static int find_object(const char *spec, struct kbtf **ret, const char **func, struct kmissing *w)
{
	struct kbtf *vmlinux = kbtf_vmlinux(&btfs);
	char module[sizeof(vmlinux->name)];
	int err;

	err = split_spec(spec, module, sizeof(module), func, w);
	if (err)
		return err;
	if (!vmlinux)
		return no_btf(w);
	if (module[0])
		return find_module(spec, module, *func, ret, w);
	*ret = strchr(spec, ':') ? vmlinux : NULL;
	return 0;
}

static int find_locked(const char *spec, struct kbtf **k, uint32_t *id, struct kmissing *w)
{
	const char *func;
	int err;

	err = find_object(spec, k, &func, w);
	if (err)
		return err;
	if (*k) {
		*id = kbtf_func_find(*k, func);
		if (!*id)
			kmissing_func(w, &btfs, *k, table_get(&kallsyms), spec, func);
	} else {
		*id = find_anywhere(btfs.vmlinux, func, k);
		if (!*id)
			kmissing_func(w, &btfs, NULL, table_get(&kallsyms), spec, func);
	}
	return *id ? 0 : -ENOENT;
}

int ktarget_find(const char *spec, struct ktarget *ret)
{
	struct kmissing w = {};
	struct kbtf *k;
	uint32_t id;
	int err;

	pthread_mutex_lock(&lock);
	err = find_locked(spec, &k, &id, &w);
	if (!err) {
		err = fill(k, id, ret);
		if (err)
			kmissing_set(&w, NULL, "target '%s': its BTF is damaged", spec);
	}
	pthread_mutex_unlock(&lock);
	return err ? print_missing(err, &w) : 0;
}

/* The cache's module for a BTF fd of somebody else's. */
static int module_of_fd(int btf_fd, struct kbtf **ret)
{
	struct bpf_btf_info info = {};
	__u32 len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(btf_fd, &info, &len);

	if (err)
		return err;
	kbtf_scan(&btfs);
	for (struct kbtf *m = btfs.modules; m; m = m->next) {
		if (m->id != info.id)
			continue;
		*ret = m;
		return kbtf_module_load(&btfs, m);
	}
	return -ENOENT;
}

static int from_id_locked(int btf_fd, uint32_t btf_id, struct ktarget *ret, struct kmissing *w)
{
	struct kbtf *k = kbtf_vmlinux(&btfs);
	int err = 0;

	if (!k)
		return no_btf(w);
	if (btf_fd)
		err = module_of_fd(btf_fd, &k);
	if (err) {
		kmissing_set(w, NULL, "target: cannot read the module BTF of descriptor %d: %s",
			     btf_fd, log_errstr(err));
		return err;
	}
	err = fill(k, btf_id, ret);
	if (err)
		kmissing_set(w, NULL, "target: BTF id %u of '%s' is not a function", btf_id,
			k->name[0] ? k->name : "vmlinux");
	return err;
}

int ktarget_from_id(int btf_fd, uint32_t btf_id, struct ktarget *ret)
{
	struct kmissing w = {};
	int err;

	pthread_mutex_lock(&lock);
	err = from_id_locked(btf_fd, btf_id, ret, &w);
	pthread_mutex_unlock(&lock);
	return err ? print_missing(err, &w) : 0;
}

static int fill_prog(const struct kprog *p, const struct kprog_func *f, int prog_fd,
		     struct ktarget *ret)
{
	struct ktarget t = { .btf_id = f->btf_id, .btf_obj_id = p->btf_obj_id, .prog_fd = prog_fd,
			     .addr = f->addr };
	int err = kproto_from_btf(p->btf, f->btf_id, &t.proto);

	if (err)
		return fail(err, "bpf program: function '%s' has damaged BTF", f->name);
	copy_name(t.name, sizeof(t.name), f->name);
	t.proto.maybe_unreliable = f->is_static;
	*ret = t;
	return 0;
}

static void list_funcs(const struct kprog *p, char *buf, size_t size)
{
	size_t n = snprintf(buf, size, "it has");

	for (uint32_t i = 0; i < p->nr_funcs && n < size; i++)
		n += snprintf(buf + n, size - n, "%s '%s'", i ? "," : "", p->funcs[i].name);
}

int ktarget_find_prog(int prog_fd, const char *func, struct ktarget *ret)
{
	const struct kprog_func *f;
	char hint[1024];
	struct kprog p;
	int err;

	err = kprog_open(prog_fd, &p);
	if (err)
		return err;
	f = kprog_find(&p, func);
	if (f) {
		err = fill_prog(&p, f, prog_fd, ret);
	} else {
		list_funcs(&p, hint, sizeof(hint));
		err = fail_hint(-ENOENT, hint, "bpf program %u: has no function '%s'", p.id, func);
	}
	kprog_done(&p);
	return err;
}

int ktarget_prog_from_id(int prog_fd, uint32_t btf_id, struct ktarget *ret)
{
	const struct kprog_func *f = NULL;
	struct kprog p;
	int err;

	err = kprog_open(prog_fd, &p);
	if (err)
		return err;
	for (uint32_t i = 0; i < p.nr_funcs && !f; i++)
		if (p.funcs[i].btf_id == btf_id)
			f = &p.funcs[i];
	err = f ? fill_prog(&p, f, prog_fd, ret) :
		  fail(-EINVAL, "bpf program %u: BTF id %u is none of its functions", p.id, btf_id);
	kprog_done(&p);
	return err;
}

/* The kernel's rules about names are not those of programs. */
static bool is_user(void)
{
	const struct kbtf *k;

	pthread_mutex_lock(&lock);
	k = kbtf_vmlinux(&btfs);
	pthread_mutex_unlock(&lock);
	return k && k->user;
}

const char *ktarget_refusal(const struct ktarget *t, const char **hint)
{
	const char *why = kproto_refusal(&t->proto, hint);

	if (!why && !t->prog_fd && !is_user())
		why = kdeny_reason(t->name, hint);
	return why;
}

/* -- Patterns ------------------------------------------------------------------------------ */

struct match {
	const struct kbtf *k;
	uint32_t id;
	const char *why;
};

struct matches {
	struct match *v;
	size_t nr, cap;
};

#define WHY_AMBIGUOUS "its name is ambiguous"
#define WHY_NO_SYMBOL "is not in the kernel's symbol table"
#define WHY_NO_CODE "has no code that can be found"
#define WHY_UNLISTED "cannot be traced: 'fsession list' says why"
#define WHY_INIT "is in an .init section, which is freed after boot"
#define WHY_UNTRACEABLE "is not traceable (notrace, inlined or removed)"

/* What the kernel would refuse, or do to another function than was meant. */
static const char *unattachable(const struct kbtf *k, uint32_t id)
{
	const struct ksyms *syms = table_get(&kallsyms), *list = table_get(&traceable);
	const char *name = kbtf_func_name(k, id);
	const struct ksym *sym = syms ? ksyms_find(syms, k->name, name) : NULL;
	struct ktarget_proto proto;
	const char *why;

	if (kproto_from_btf(k->btf, id, &proto))
		return "has damaged BTF";
	why = kproto_refusal(&proto, NULL);
	if (!why && !btfs.vmlinux->user)
		why = kdeny_reason(name, NULL);
	if (why)
		return why;
	if (kbtf_func_count(k, name) > 1 || (syms && ksyms_count(syms, k->name, name) > 1))
		return WHY_AMBIGUOUS;
	if (syms && !sym)
		return btfs.vmlinux->user ? WHY_NO_CODE : WHY_NO_SYMBOL;
	if (sym && ksyms_in_init(syms, sym))
		return WHY_INIT;
	if (list && !ksyms_find(list, k->name, name))
		return btfs.vmlinux->user ? WHY_UNLISTED : WHY_UNTRACEABLE;
	return NULL;
}

/* The cache's object of a target of ours; NULL if its module has gone. */
static const struct kbtf *object_of(const struct ktarget *t)
{
	if (!t->btf_fd)
		return kbtf_vmlinux(&btfs);
	for (const struct kbtf *m = btfs.modules; m; m = m->next)
		if (m->btf && m->id == t->btf_obj_id)
			return m;
	return NULL;
}

static const char *as_hint(const char *why)
{
	static const char *const hints[][2] = {
		{ WHY_AMBIGUOUS, "its name is ambiguous: several functions bear it" },
		{ WHY_NO_SYMBOL, "it is not in the kernel's symbol table" },
		{ WHY_NO_CODE, "it has no code that can be found" },
		{ WHY_UNLISTED, "it cannot be traced: 'fsession list' says why" },
		{ WHY_INIT, "it is in an .init section, which is freed after boot" },
		{ WHY_UNTRACEABLE, "it is not traceable: marked notrace, inlined or removed" },
	};

	for (size_t i = 0; why && i < sizeof(hints) / sizeof(hints[0]); i++)
		if (!strcmp(why, hints[i][0]))
			return hints[i][1];
	return NULL;
}

const char *ktarget_doubt(const struct ktarget *t)
{
	const struct kbtf *k;
	const char *why = NULL;

	if (t->prog_fd)
		return NULL;
	pthread_mutex_lock(&lock);
	k = object_of(t);
	if (k)
		why = unattachable(k, t->btf_id);
	pthread_mutex_unlock(&lock);
	if (!k)
		return "its module was unloaded";
	return as_hint(why) ?: kproto_doubt(&t->proto);
}

static int add_match(struct matches *m, const struct kbtf *k, uint32_t id)
{
	if (m->nr == m->cap) {
		size_t cap = m->cap ? 2 * m->cap : 256;
		struct match *v = reallocarray(m->v, cap, sizeof(*v));

		if (!v)
			return -ENOMEM;
		m->v = v;
		m->cap = cap;
	}
	m->v[m->nr++] = (struct match){ .k = k, .id = id };
	return 0;
}

static int add_all(struct matches *m, const struct kbtf *k, const char *glob)
{
	int err = 0;

	for (uint32_t id = kbtf_func_next(k, k->own); id && !err; id = kbtf_func_next(k, id)) {
		const char *name = kbtf_func_name(k, id);

		/* of several FUNCs of one name the first stands for all */
		if (glob_matches(glob, name) && kbtf_func_find(k, name) == id)
			err = add_match(m, k, id);
	}
	return err;
}

/* One alternative: a name or a pattern, with or without module. */
static int glob_one(const char *spec, struct matches *m, struct kmissing *w)
{
	size_t before = m->nr;
	const char *glob;
	struct kbtf *k;
	uint32_t id;
	int err;

	if (!glob_is_pattern(spec)) {
		err = find_locked(spec, &k, &id, w);
		if (err)
			return err;
		err = add_match(m, k, id);
	} else {
		err = find_object(spec, &k, &glob, w);
		if (err)
			return err;
		k = k ?: btfs.vmlinux;
		err = add_all(m, k, glob);
		if (!err && m->nr == before) {
			kmissing_glob(w, &btfs, k, spec, glob);
			return -ENOENT;
		}
	}
	if (err)
		kmissing_set(w, NULL, "target '%s': out of memory", spec);
	return err;
}

static int by_object_and_id(const void *a, const void *b)
{
	const struct match *x = a, *y = b;

	if (x->k != y->k)
		return x->k->name[0] && y->k->name[0] ? strcmp(x->k->name, y->k->name) :
							!!x->k->name[0] - !!y->k->name[0];
	return x->id < y->id ? -1 : x->id > y->id;
}

/* A function that several alternatives match counts once. */
static void sort_matches(struct matches *m)
{
	size_t n = 0;

	if (m->nr)
		qsort(m->v, m->nr, sizeof(*m->v), by_object_and_id);
	for (size_t i = 0; i < m->nr; i++) {
		if (n && m->v[n - 1].k == m->v[i].k && m->v[n - 1].id == m->v[i].id)
			continue;
		m->v[n] = m->v[i];
		m->v[n].why = unattachable(m->v[n].k, m->v[n].id);
		n++;
	}
	m->nr = n;
}

static int glob_locked(const char *spec, struct matches *m, struct kmissing *w)
{
	char *parts = strdup(spec), *save = NULL;
	int err = parts ? 0 : -ENOMEM;

	for (char *p = err ? NULL : strtok_r(parts, ",", &save); p && !err;
	     p = strtok_r(NULL, ",", &save))
		err = glob_one(p, m, w);
	free(parts);
	if (!err && !m->nr) {
		err = -ENOENT;
		kmissing_set(w, "write FUNCTION or MODULE:FUNCTION",
			     "target '%s': names no function", spec);
	}
	if (!err)
		sort_matches(m);
	return err;
}

int ktarget_glob(const char *spec, int (*cb)(const struct ktarget *t, const char *why, void *arg),
		 void *arg)
{
	struct matches m = {};
	struct kmissing w = {};
	struct ktarget t;
	int err;

	pthread_mutex_lock(&lock);
	err = glob_locked(spec, &m, &w);
	pthread_mutex_unlock(&lock);
	if (err)
		err = print_missing(err, &w);
	for (size_t i = 0; i < m.nr && !err; i++) {
		pthread_mutex_lock(&lock);
		err = fill(m.v[i].k, m.v[i].id, &t);
		pthread_mutex_unlock(&lock);
		err = err ? 0 : cb(&t, m.v[i].why, arg);
	}
	free(m.v);
	return err;
}

int ktarget_is_traceable(const char *name)
{
	const char *colon = strchr(name, ':');
	char module[sizeof(btfs.vmlinux->name)];
	const struct ksyms *list;
	int ret;

	if (colon)
		snprintf(module, sizeof(module), "%.*s", (int)(colon - name), name);
	pthread_mutex_lock(&lock);
	list = table_get(&traceable);
	if (list)
		ret = ksyms_find(list, colon ? module : NULL, colon ? colon + 1 : name) != NULL;
	else
		ret = traceable.err;
	pthread_mutex_unlock(&lock);
	return ret;
}

/* -- Symbols and the cache ------------------------------------------------------------------- */

const char *ktarget_addr_hint(void)
{
	const struct ksyms *k;

	pthread_mutex_lock(&lock);
	k = table_get(&kallsyms);
	pthread_mutex_unlock(&lock);
	if (!k)
		return "/proc/kallsyms cannot be read";
	return k->hidden ? "the kernel hides them: run 'sysctl kernel.kptr_restrict=1' as root" :
			   NULL;
}

uint64_t ktarget_ksym(const char *module, const char *name)
{
	uint64_t addr;

	pthread_mutex_lock(&lock);
	addr = ksym_addr(module ? module : "", name);
	pthread_mutex_unlock(&lock);
	return addr;
}

uint64_t ktarget_addr(const struct ktarget *t)
{
	return t->prog_fd ? t->addr : ktarget_ksym(t->module, t->name);
}

const struct btf *ktarget_vmlinux(void)
{
	const struct kbtf *k;

	pthread_mutex_lock(&lock);
	k = kbtf_vmlinux(&btfs);
	pthread_mutex_unlock(&lock);
	return k ? k->btf : NULL;
}

void ktarget_cache_drop(void)
{
	pthread_mutex_lock(&lock);
	kbtf_set_done(&btfs);
	table_drop(&kallsyms);
	table_drop(&traceable);
	nr_scans = 0;
	pthread_mutex_unlock(&lock);
}
