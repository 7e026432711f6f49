/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/ktarget.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "image/kbtf.h"
#include "image/kdeny.h"
#include "image/kprog.h"
#include "image/kproto.h"
#include "image/ksyms.h"
#include "util/log.h"

/* Everything below is under the lock. Messages are printed after it is released: a log sink may
 * call back. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kbtf_set btfs;
static struct ksyms *ksyms;
static bool ksyms_tried;

/* What to print once the lock is released. */
struct why {
	char text[512];
	char hint[1024];
};

static void why_set(struct why *w, const char *hint, const char *fmt, ...) FS_PRINTF(3, 4);

static void why_set(struct why *w, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->text, sizeof(w->text), fmt, ap);
	va_end(ap);
	snprintf(w->hint, sizeof(w->hint), "%s", hint ? hint : "");
}

static int why_print(int err, const struct why *w)
{
	return fail_hint(err, w->hint[0] ? w->hint : NULL, "%s", w->text);
}

static const struct ksyms *get_ksyms(void)
{
	if (!ksyms_tried && ksyms_load(&ksyms))
		ksyms = NULL;
	ksyms_tried = true;
	return ksyms;
}

static uint64_t ksym_addr(const char *module, const char *name)
{
	const struct ksyms *k = get_ksyms();
	const struct ksym *s = k ? ksyms_find(k, module, name) : NULL;

	return s ? s->addr : 0;
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
	t.addr = ksym_addr(t.module, t.name);
	*ret = t;
	return 0;
}

static int no_btf(struct why *w)
{
	why_set(w, "the kernel must be built with CONFIG_DEBUG_INFO_BTF=y; distributions' kernels are",
		"kernel: has no BTF of its own (/sys/kernel/btf/vmlinux)");
	return -ESRCH;
}

/* "MODULE:FUNC" into its parts; the module part of a plain name is "", as is "vmlinux:". */
static int split_spec(const char *spec, char *module, size_t size, const char **func, struct why *w)
{
	const char *colon = strchr(spec, ':');
	size_t len = colon ? colon - spec : 0;

	*func = colon ? colon + 1 : spec;
	if (!**func || len >= size) {
		why_set(w, "write FUNCTION or MODULE:FUNCTION", "target '%s': names no function", spec);
		return -ENOENT;
	}
	memcpy(module, spec, len);
	module[len] = '\0';
	if (!strcmp(module, "vmlinux"))
		module[0] = '\0';
	return 0;
}

static int find_module(const char *spec, const char *module, struct kbtf **ret, struct why *w)
{
	struct kbtf *m = kbtf_module_find(&btfs, module);
	int err = m ? kbtf_module_load(&btfs, m) : -ENOENT;

	if (!err) {
		*ret = m;
		return 0;
	}
	why_set(w, NULL, "target '%s': cannot read the BTF of module '%s': %s", spec, module,
		log_errstr(err));
	return -ENOENT;
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

static int find_locked(const char *spec, struct ktarget *ret, struct why *w)
{
	struct kbtf *vmlinux = kbtf_vmlinux(&btfs), *k;
	char module[sizeof(ret->module)];
	const char *func;
	uint32_t id;
	int err;

	err = split_spec(spec, module, sizeof(module), &func, w);
	if (err)
		return err;
	if (!vmlinux)
		return no_btf(w);
	if (module[0]) {
		err = find_module(spec, module, &k, w);
		if (err)
			return err;
		id = kbtf_func_find(k, func);
	} else {
		id = strchr(spec, ':') ? kbtf_func_find(k = vmlinux, func) :
					 find_anywhere(vmlinux, func, &k);
	}
	if (!id) {
		why_set(w, NULL, "target '%s': no such function in the kernel's BTF", spec);
		return -ENOENT;
	}
	return fill(k, id, ret);
}

int ktarget_find(const char *spec, struct ktarget *ret)
{
	struct why w = {};
	int err;

	pthread_mutex_lock(&lock);
	err = find_locked(spec, ret, &w);
	pthread_mutex_unlock(&lock);
	return err ? why_print(err, &w) : 0;
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

static int from_id_locked(int btf_fd, uint32_t btf_id, struct ktarget *ret, struct why *w)
{
	struct kbtf *k = kbtf_vmlinux(&btfs);
	int err = 0;

	if (!k)
		return no_btf(w);
	if (btf_fd)
		err = module_of_fd(btf_fd, &k);
	if (err) {
		why_set(w, NULL, "target: cannot read the module BTF of file descriptor %d: %s", btf_fd,
			log_errstr(err));
		return err;
	}
	err = fill(k, btf_id, ret);
	if (err)
		why_set(w, NULL, "target: BTF id %u of '%s' is not a function", btf_id,
			k->name[0] ? k->name : "vmlinux");
	return err;
}

int ktarget_from_id(int btf_fd, uint32_t btf_id, struct ktarget *ret)
{
	struct why w = {};
	int err;

	pthread_mutex_lock(&lock);
	err = from_id_locked(btf_fd, btf_id, ret, &w);
	pthread_mutex_unlock(&lock);
	return err ? why_print(err, &w) : 0;
}

static int fill_prog(const struct kprog *p, const struct kprog_func *f, int prog_fd, struct ktarget *ret)
{
	struct ktarget t = { .btf_id = f->btf_id, .btf_obj_id = p->btf_obj_id, .prog_fd = prog_fd,
			     .addr = f->addr };
	int err = 0;

	copy_name(t.name, sizeof(t.name), f->name);
	if (f->is_static)
		kproto_unreliable(&t.proto);
	else
		err = kproto_from_btf(p->btf, f->btf_id, &t.proto);
	if (err)
		return fail(err, "bpf program: function '%s' has damaged BTF", f->name);
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

const char *ktarget_refusal(const struct ktarget *t, const char **hint)
{
	const char *why = kproto_refusal(&t->proto, hint);

	if (!why && !t->prog_fd)
		why = kdeny_reason(t->name, hint);
	return why;
}

int ktarget_glob(const char *spec, int (*cb)(const struct ktarget *t, const char *why, void *arg),
		 void *arg)
{
	struct ktarget t;
	int err = ktarget_find(spec, &t);

	return err ? err : cb(&t, ktarget_refusal(&t, NULL), arg);
}

int ktarget_is_traceable(const char *name)
{
	(void)name;
	return -ENOSYS;
}

uint64_t ktarget_ksym(const char *module, const char *name)
{
	uint64_t addr;

	pthread_mutex_lock(&lock);
	addr = ksym_addr(module ? module : "", name);
	pthread_mutex_unlock(&lock);
	return addr;
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
	ksyms_free(ksyms);
	ksyms = NULL;
	ksyms_tried = false;
	pthread_mutex_unlock(&lock);
}
