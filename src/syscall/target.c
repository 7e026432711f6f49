/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/target.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image/kbtf.h"
#include "syscall/selftest.h"

static struct target *current;

void target_set(struct target *t)
{
	__atomic_store_n(&current, t, __ATOMIC_RELEASE);
}

struct target *target_current(void)
{
	return __atomic_load_n(&current, __ATOMIC_ACQUIRE);
}

struct target *target_for_progs(void)
{
	struct target *t = target_current();

	return t && !t->here ? t->self : t;
}

/* -- BTF objects --- */

/* @btf becomes the object's, or is freed. */
static int add_obj(struct target *t, const char *name, struct btf *btf, u32 shift)
{
	struct target_btf *btfs = realloc(t->btfs, (t->nr_btfs + 1) * sizeof(*btfs));
	struct btf_obj *b = NULL;
	int err = -ENOMEM;

	if (btfs) {
		t->btfs = btfs;
		err = btf_add_kernel(btf, name, &b);
	}
	if (err) {
		btf__free(btf);
		return err;
	}
	b->target = t;
	b->nr = t->nr_btfs;
	btfs[t->nr_btfs++] = (struct target_btf){ b, shift };
	return 0;
}

static int add_vmlinux(struct target *t)
{
	const struct btf *exe = NULL;
	struct tramp_space *space;
	const char *name;
	struct btf *btf;
	u32 shift;
	int err;

	err = t->ops->space(t->arg, &space);
	err = err ?: selftest_btf(space->arch->nodes_max, &btf);
	if (err)
		return err;
	if (btf__add_struct(btf, t->here ? KBTF_HERE : KBTF_ELSEWHERE, 0) < 0) {
		btf__free(btf);
		return -ENOMEM;
	}
	shift = btf__type_cnt(btf) - 1;
	err = t->ops->btf(t->arg, 0, &name, &exe);
	if (!err && exe)
		err = btf__add_btf(btf, exe);
	if (err < 0) {
		btf__free(btf);
		return err;
	}
	return add_obj(t, "vmlinux", btf, shift);
}

static int add_module(struct target *t, u32 nr)
{
	struct btf *base = t->btfs[0].obj->btf, *btf;
	const struct btf *whole;
	const char *name;
	int err;

	err = t->ops->btf(t->arg, nr, &name, &whole);
	if (err)
		return err;
	btf = btf__new_empty_split(base);
	if (!btf)
		return -ENOMEM;
	err = whole ? btf__add_btf(btf, whole) : 0;
	if (err < 0) {
		btf__free(btf);
		return err;
	}
	return add_obj(t, name, btf, btf__type_cnt(base) - 1);
}

static int scan_locked(struct target *t)
{
	int err = t->nr_btfs ? 0 : add_vmlinux(t);

	while (!err)
		err = add_module(t, t->nr_btfs);
	return err == -ENOENT ? 0 : err;
}

int target_scan(struct target *t)
{
	int err;

	pthread_mutex_lock(&t->lock);
	err = scan_locked(t);
	pthread_mutex_unlock(&t->lock);
	return err;
}

void target_drop(struct target *t)
{
	struct target_btf *btfs;
	u32 nr;

	pthread_mutex_lock(&t->lock);
	btfs = t->btfs;
	nr = t->nr_btfs;
	t->btfs = NULL;
	t->nr_btfs = 0;
	pthread_mutex_unlock(&t->lock);
	while (nr)	/* vmlinux last: modules' are split upon it */
		btf_put(btfs[--nr].obj);
	free(btfs);
}

int target_vmlinux(struct btf_obj **ret)
{
	struct target *t = target_current();
	int err = t ? 0 : -EINVAL;

	if (!err && !__atomic_load_n(&t->nr_btfs, __ATOMIC_ACQUIRE))
		err = target_scan(t);
	if (err)
		return err;
	*ret = t->btfs[0].obj;
	obj_get(&(*ret)->obj);
	return 0;
}

/* -- Functions --- */

static const char *func_name(const struct btf_obj *b, u32 id)
{
	const struct btf_type *t = btf__type_by_id(b->btf, id);

	return t && btf_is_func(t) ? btf__name_by_offset(b->btf, t->name_off) : NULL;
}

int target_func(const struct btf_obj *b, u32 id, struct target_func *ret)
{
	const char *name = func_name(b, id);
	struct target *t = b->target;
	const struct selftest *test;
	u32 shift;

	if (!name)
		return -EINVAL;
	pthread_mutex_lock(&t->lock);
	shift = t->btfs[b->nr].shift;
	pthread_mutex_unlock(&t->lock);
	if (b->nr || id > shift)
		return t->ops->func(t->arg, b->nr, id - shift, name, ret);
	test = t->here || t->self ? selftest_find(name) : NULL;
	if (!test)
		return -ENOENT;
	*ret = (struct target_func){ test->addr, test->size, .home = t->self };
	return 0;
}

const char *target_refusal(const struct btf_obj *b, u32 id, char buf[128])
{
	const char *name = func_name(b, id), *ret;
	struct target *t = b->target;
	u32 shift;

	if (!name || !t->ops->refusal)
		return NULL;
	pthread_mutex_lock(&t->lock);
	shift = t->btfs[b->nr].shift;
	ret = b->nr || id > shift ? t->ops->refusal(t->arg, b->nr, id - shift, name, buf) : NULL;
	pthread_mutex_unlock(&t->lock);
	return ret;
}

const char *target_kfunc_name(u32 id)
{
	struct btf_obj *b;
	const char *name;

	if (target_vmlinux(&b))
		return NULL;
	name = func_name(b, id);
	btf_put(b);
	return name;
}

static struct btf_obj *nth_btf(struct target *t, u32 nr)
{
	struct btf_obj *b;

	pthread_mutex_lock(&t->lock);
	b = nr < t->nr_btfs ? t->btfs[nr].obj : NULL;
	pthread_mutex_unlock(&t->lock);
	return b;
}

static void print_symbol(const struct btf_obj *b, u32 id, const char *name, FILE *to)
{
	struct target_func f;

	if (!target_func(b, id, &f))
		fprintf(to, b->nr ? "%016llx t %s\t[%s]\n" : "%016llx t %s\n", f.addr, name, b->name);
}

static void print_traceable(const struct btf_obj *b, u32 id, const char *name, FILE *to)
{
	struct target_func f;
	char buf[128];

	if (!target_func(b, id, &f) && !target_refusal(b, id, buf))
		fprintf(to, b->nr ? "%s [%s]\n" : "%s\n", name, b->name);
}

typedef void (*print_fn)(const struct btf_obj *b, u32 id, const char *name, FILE *to);

static void print_funcs(const struct btf_obj *b, u32 first, print_fn print, FILE *to)
{
	for (u32 id = first; id < btf__type_cnt(b->btf); id++) {
		const char *name = func_name(b, id);

		if (name)
			print(b, id, name, to);
	}
}

static void print_all(print_fn print, FILE *to)
{
	struct target *t = target_current();
	struct btf_obj *b;

	if (!t || target_scan(t))
		return;
	for (u32 i = 0; (b = nth_btf(t, i)); i++)
		print_funcs(b, i ? btf__type_cnt(nth_btf(t, 0)->btf) : 1, print, to);
}

void target_print_symbols(FILE *to)
{
	print_all(print_symbol, to);
}

void target_print_traceable(FILE *to)
{
	print_all(print_traceable, to);
}

bool target_has_module(const char *name)
{
	struct target *t = target_current();
	struct btf_obj *b;

	if (!t || target_scan(t))
		return false;
	for (u32 i = 1; (b = nth_btf(t, i)); i++)
		if (!strcmp(b->name, name))
			return true;
	return false;
}
