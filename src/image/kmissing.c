/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/kmissing.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "image/kbtf.h"
#include "image/ksyms.h"
#include "util/glob.h"
#include "util/log.h"
#include "util/nearest.h"

void kmissing_set(struct kmissing *m, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->text, sizeof(m->text), fmt, ap);
	va_end(ap);
	snprintf(m->hint, sizeof(m->hint), "%s", hint ? hint : "");
}

static void set_hint(struct kmissing *m, const char *fmt, ...) FS_PRINTF(2, 3);

static void set_hint(struct kmissing *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->hint, sizeof(m->hint), fmt, ap);
	va_end(ap);
}

/* -- Modules ------------------------------------------------------------------------------ */

/* Kernel names have underscores where file names may have dashes. */
static bool in_sysfs(const char *module, const char *file)
{
	char path[160];
	int n = snprintf(path, sizeof(path), "/sys/module/%s%s", module, file);

	for (int i = strlen("/sys/module/"); i < n && path[i] && path[i] != '/'; i++)
		if (path[i] == '-')
			path[i] = '_';
	return n < (int)sizeof(path) && !access(path, F_OK);
}

static void module_not_loaded(struct kmissing *m, struct kbtf_set *set, const char *spec,
			      const char *module)
{
	struct nearest near;
	char names[256];

	kmissing_set(m, NULL, "target '%s': no module '%s' is loaded", spec, module);
	nearest_init(&near, module);
	nearest_offer(&near, "", "vmlinux");
	for (struct kbtf *k = set->modules; k; k = k->next)
		nearest_offer(&near, "", k->name);
	if (*nearest_format(&near, names, sizeof(names)))
		set_hint(m, "did you mean %s? Otherwise 'modprobe %s' first", names, module);
	else
		set_hint(m, "'modprobe %s' first, or leave out '%s:' if it is built in", module,
			 module);
}

int kmissing_module(struct kmissing *m, struct kbtf_set *set, const char *spec, const char *module,
		    const char *func, int err)
{
	if (err != -ENOENT) {
		kmissing_set(m, err == -EPERM ? "run as root (CAP_SYS_ADMIN)" : NULL,
			     "target '%s': cannot read the BTF of module '%s': %s", spec, module,
			     log_errstr(err));
		return err;
	}
	if (set->scan_err) {
		kmissing_set(m, "run as root (CAP_SYS_ADMIN)",
			     "target '%s': cannot list the BTF of modules: %s", spec,
			     log_errstr(set->scan_err));
		return set->scan_err;
	}
	if (!in_sysfs(module, "")) {
		module_not_loaded(m, set, spec, module);
	} else if (!in_sysfs(module, "/refcnt")) {
		kmissing_set(m, NULL, "target '%s': module '%s' is built into the kernel", spec,
			     module);
		set_hint(m, "write '%s'", func);
	} else if (!set->vmlinux_id) {
		kmissing_set(m, "name a function that is built in, or take a newer kernel",
			     "target '%s': this kernel has no BTF for modules (Linux >= 5.11)",
			     spec);
	} else {
		kmissing_set(m, "build it with CONFIG_DEBUG_INFO_BTF_MODULES=y, for this kernel",
			     "target '%s': module '%s' has no BTF", spec, module);
	}
	return -ENOENT;
}

/* -- Functions ---------------------------------------------------------------------------- */

static void offer_all(struct nearest *near, const struct kbtf *k)
{
	char prefix[sizeof(k->name) + 1] = "";

	if (k->name[0])
		snprintf(prefix, sizeof(prefix), "%s:", k->name);
	for (uint32_t id = kbtf_func_next(k, 0); id; id = kbtf_func_next(k, id))
		nearest_offer(near, prefix, kbtf_func_name(k, id));
}

static void offer_loaded(struct nearest *near, struct kbtf_set *set, const struct kbtf *only)
{
	if (only) {
		offer_all(near, only);
		return;
	}
	if (set->vmlinux)
		offer_all(near, set->vmlinux);
	for (struct kbtf *k = set->modules; k; k = k->next)
		if (k->btf)
			offer_all(near, k);
}

/* The object that has a function of exactly that name, other than @k. */
static const struct kbtf *elsewhere(struct kbtf_set *set, const struct kbtf *k, const char *func)
{
	if (set->vmlinux && set->vmlinux != k && kbtf_func_find(set->vmlinux, func))
		return set->vmlinux;
	for (struct kbtf *o = set->modules; o; o = o->next)
		if (o != k && !kbtf_module_load(set, o) && kbtf_func_find(o, func))
			return o;
	return NULL;
}

static void symbol_without_btf(struct kmissing *m, const char *spec, const char *module)
{
	if (module[0]) {
		kmissing_set(m, NULL, "target '%s': is in module '%s', but not in its BTF", spec,
			     module);
		set_hint(m, "the module has no BTF this kernel takes, or several functions of that "
			    "name differ");
		return;
	}
	kmissing_set(m, "it is assembly, or several functions of that name differ; trace a caller",
		     "target '%s': is in the kernel, but its BTF does not describe it", spec);
}

void kmissing_func(struct kmissing *m, struct kbtf_set *set, const struct kbtf *k,
		   const struct ksyms *syms, const char *spec, const char *func)
{
	const char *module = k ? k->name : NULL;
	const struct ksym *sym;
	const struct kbtf *other;
	struct nearest near;
	char names[768];

	other = elsewhere(set, k, func);
	if (other) {
		kmissing_set(m, NULL, "target '%s': no such function there", spec);
		set_hint(m, "did you mean '%s%s%s'?", other->name, other->name[0] ? ":" : "", func);
		return;
	}
	sym = syms ? ksyms_find(syms, module, func) : NULL;
	if (sym) {
		symbol_without_btf(m, spec, ksyms_module(syms, sym));
		return;
	}
	sym = syms ? ksyms_variant(syms, module, func) : NULL;
	if (sym) {
		kmissing_set(m, "it was inlined or its parameters were changed; trace a caller",
			     "target '%s': the compiler made it '%s'", spec, ksyms_name(syms, sym));
		return;
	}
	kmissing_set(m, set->vmlinux && set->vmlinux->user ?
			"the compiler inlines functions; 'fsession list' prints those that are left" :
			"a function that is always inlined has no symbol; see /proc/kallsyms",
		     "target '%s': no such function", spec);
	nearest_init(&near, func);
	offer_loaded(&near, set, k);
	if (*nearest_format(&near, names, sizeof(names)))
		set_hint(m, "did you mean %s? (An inlined function cannot be attached to.)", names);
}

static bool any_match(const struct kbtf *k, const char *glob)
{
	for (uint32_t id = kbtf_func_next(k, 0); id; id = kbtf_func_next(k, id))
		if (glob_matches(glob, kbtf_func_name(k, id)))
			return true;
	return false;
}

void kmissing_glob(struct kmissing *m, struct kbtf_set *set, const struct kbtf *k, const char *spec,
		   const char *glob)
{
	size_t len = 0;

	kmissing_set(m, "patterns know '*' and '?'; MODULE:PATTERN looks in a module",
		     "target '%s': no function matches", spec);
	if (set->vmlinux && set->vmlinux != k && any_match(set->vmlinux, glob)) {
		set_hint(m, "did you mean '%s'? That is in vmlinux", glob);
		return;
	}
	kbtf_scan(set);
	for (struct kbtf *o = set->modules; o; o = o->next) {
		if (o == k || kbtf_module_load(set, o) || !any_match(o, glob))
			continue;
		if (len >= sizeof(m->hint))
			break;
		len += snprintf(m->hint + len, sizeof(m->hint) - len, "%s'%s:%s'",
				len ? ", " : "some are in modules: ", o->name, glob);
	}
}
