/* SPDX-License-Identifier: BSD-2-Clause */
/* fsession list: the functions of a file or a process, and whether sessions can be attached to them. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/help.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/verbs.h"
#include "image/btfdecl.h"
#include "image/demangle.h"
#include "image/ubtf.h"
#include "image/uproc.h"
#include "image/usite.h"
#include "util/glob.h"
#include "util/log.h"

#define COUNTED_MIN 16		/* bytes: what is smaller is not counted in percentages */
#define REASONS_MAX 64

/* How many functions, and why not all of them. */
struct tally {
	uint32_t funcs;		/* of COUNTED_MIN bytes and more, each address once */
	uint32_t attachable;
	uint32_t untyped;	/* of the attachable ones */
	uint32_t small, parts, odd;	/* not counted above */
	uint32_t nr_reasons;
	struct {
		char why[128];
		uint32_t nr;
	} reasons[REASONS_MAX];
};

struct list {
	const struct list_opts *o;
	char **globs;		/* NULL-terminated; none: everything */
	char *typed;		/* all of them in one, without objects; NULL: everything */
	struct json json;
	uint32_t nr_shown;
	bool has_twins;		/* and said so */

	/* the object at hand */
	const char *object;
	const struct uproc *proc;		/* NULL: of no process */
	const struct uproc_obj *proc_obj;
	uint64_t bias;
	struct ubtf *types;
	char decl[4096];
	struct tally tally;
};

/* -- One function --- */

/* "GLOB", or "OBJECT:GLOB"; C++ names have colons, but two. */
static const char *object_end(const char *glob)
{
	const char *colon = strchr(glob, ':');

	return colon && colon[1] != ':' ? colon : NULL;
}

static bool matches(const struct list *l, const char *name)
{
	char with_object[4096];

	snprintf(with_object, sizeof(with_object), "%s:%s", l->object, name);
	for (char **g = l->globs; *g; g++)
		if (glob_matches(*g, object_end(*g) ? with_object : name))
			return true;
	return false;
}

static bool is_wanted(const struct list *l, const struct usym *sym)
{
	bool ret = !l->globs[0] || matches(l, sym->name);
	char *name = ret ? NULL : demangle(sym->name, false);

	if (name)
		ret = matches(l, name);
	free(name);
	return ret;
}

/* Until the next call. */
static const char *declaration(struct list *l, const struct ufunc *f, const char *name)
{
	return btfdecl_format(l->types->btf, f->decl, name, l->decl, sizeof(l->decl));
}

static int read_word(void *proc, uint64_t addr, uint64_t *ret)
{
	return proc ? uproc_read_word(proc, addr, ret) : -ENOENT;
}

static bool is_chosen(const struct ufunc *f, const struct usym *code)
{
	return code->addr != f->sym->addr;
}

static void print_func(struct list *l, const struct ufunc *f, const struct usym *code, const char *why)
{
	const struct usym *sym = f->sym;
	/* what it takes is said once, by the prototype if there is one */
	char *readable = demangle(sym->name, !f->decl);
	const char *name = readable ?: sym->name;

	printf("0x%012" PRIx64 " %s  %s", sym->addr + l->bias, l->object,
	       f->decl ? declaration(l, f, name) : name);
	free(readable);
	if (is_chosen(f, code))
		printf("  -- here 0x%012" PRIx64 " %s", code->addr + l->bias, code->name);
	if (why)
		printf("  -- cannot be attached: %s", why);
	else if (f->decl && f->untyped)
		printf("  -- untyped: %s", f->untyped);
	putchar('\n');
}

static void put_func(struct list *l, const struct ufunc *f, const struct usym *code, const char *why)
{
	const struct usym *sym = f->sym;
	char *readable = demangle(sym->name, true);
	struct json *j = &l->json;

	json_record(j, "function");
	json_key_str(j, "name", sym->name);
	json_key_str(j, "demangled", readable);
	free(readable);
	json_key_str(j, "object", l->object);
	json_key_u64(j, "address", sym->addr + l->bias);
	json_key_u64(j, "size", sym->size);
	json_key_str(j, "prototype", f->decl ? declaration(l, f, sym->name) : NULL);
	json_key(j, "typed");
	json_bool(j, !f->untyped);
	json_key_str(j, "untyped", f->untyped);
	json_key(j, "chosen");
	if (is_chosen(f, code))
		json_u64(j, code->addr + l->bias);
	else
		json_null(j);
	json_key(j, "attachable");
	json_bool(j, !why);
	json_key_str(j, "why", why);
	json_close(j, '}');
}

/* -- Sums --- */

/* Offsets and sizes differ, the reason is the same. */
static void add_reason(struct tally *t, const char *why)
{
	char kind[128];
	uint32_t i, n = 0;

	for (const char *p = why; *p && n < sizeof(kind) - 1; p++) {
		bool digit = *p >= '0' && *p <= '9';

		if (!digit || !n || kind[n - 1] != 'N')
			kind[n++] = digit ? 'N' : *p;
	}
	kind[n] = '\0';
	for (i = 0; i < t->nr_reasons && strcmp(t->reasons[i].why, kind); i++)
		;
	if (i == REASONS_MAX)
		return;
	if (i == t->nr_reasons)
		memcpy(t->reasons[t->nr_reasons++].why, kind, n + 1);
	t->reasons[i].nr++;
}

static void count(struct list *l, const struct ufunc *f, const char *why)
{
	const struct usym *sym = f->sym;
	struct tally *t = &l->tally;

	if (sym->flags & USYM_ALIAS)
		return;
	if (sym->flags & USYM_PART) {
		t->parts++;
	} else if (usite_is_odd(l->types->elf, sym) || sym->flags & USYM_IFUNC) {
		t->odd++;
	} else if (sym->size < COUNTED_MIN) {
		t->small++;
	} else {
		t->funcs++;
		t->attachable += !why;
		t->untyped += !why && f->untyped;
		if (why)
			add_reason(t, why);
	}
}

static void print_tally(const struct list *l)
{
	const struct tally *t = &l->tally;

	printf("%s: %u of %u functions can be attached (%.2f %%), %u of them untyped; not counted: %u of less than "
	       "%u bytes, %u parts of functions, %u that are not left as they are entered\n", l->object,
	       t->attachable, t->funcs, t->funcs ? 100.0 * t->attachable / t->funcs : 100.0, t->untyped,
	       t->small, COUNTED_MIN, t->parts, t->odd);
	for (uint32_t i = 0; i < t->nr_reasons; i++)
		printf("%8u %s\n", t->reasons[i].nr, t->reasons[i].why);
}

static void put_tally(struct list *l)
{
	const struct tally *t = &l->tally;
	struct json *j = &l->json;

	json_record(j, "sums");
	json_key_str(j, "object", l->object);
	json_key_u64(j, "functions", t->funcs);
	json_key_u64(j, "attachable", t->attachable);
	json_key_u64(j, "untyped", t->untyped);
	json_key_u64(j, "small", t->small);
	json_key_u64(j, "parts", t->parts);
	json_key_u64(j, "odd", t->odd);
	json_key(j, "reasons");
	json_open(j, '{');
	for (uint32_t i = 0; i < t->nr_reasons; i++)
		json_key_u64(j, t->reasons[i].why, t->reasons[i].nr);
	json_close(j, '}');
	json_close(j, '}');
}

/* -- Objects --- */

/* A name without '*' that several functions have. */
static void look_for_twins(struct list *l)
{
	for (char **g = l->globs; *g; g++) {
		const struct usym *sym;
		char hint[256];
		uint32_t nr;

		sym = usyms_find_ambiguous(l->types->syms, *g, &nr);
		if (!sym)
			continue;
		snprintf(hint, sizeof(hint), "say which: '%s' is the first of %u; '%s@*' lists them", sym->name,
			 nr, *g);
		fail_hint(0, hint, "'%s': several functions are called '%s'", l->object, *g);
		l->has_twins = true;
	}
}

static void list_funcs(struct list *l)
{
	struct usym code;
	char buf[128];

	for (uint32_t i = 0; i < l->types->nr; i++) {
		const struct ufunc *f = &l->types->funcs[i];
		const char *why;

		if (!is_wanted(l, f->sym))
			continue;
		if (ubtf_code(l->types, f, l->bias, read_word, (void *)l->proc, &code))
			code = *f->sym;
		why = ubtf_refusal(l->types, &code, buf);
		l->nr_shown++;
		if (l->o->stats)
			count(l, f, why);
		else if (l->o->json)
			put_func(l, f, &code, why);
		else
			print_func(l, f, &code, why);
	}
	if (l->o->stats && l->o->json)
		put_tally(l);
	else if (l->o->stats)
		print_tally(l);
}

static void list_object(struct list *l)
{
	l->tally = (struct tally){};
	list_funcs(l);
	look_for_twins(l);
}

/* @fd is closed. */
static int list_fd(struct list *l, int fd, const char *path, const char *root)
{
	struct ubtf_opts o = {
		.root = root, .nameless = true, .typed = l->typed,
		.btf_file = !l->proc || uproc_is_exe(l->proc, l->proc_obj) ? l->o->btf : NULL,
	};
	int err = ubtf_open_opts(fd, path, &o, &l->types);

	close(fd);
	if (err)
		return err;
	l->bias = l->proc_obj ? uproc_bias(l->proc_obj, l->types->elf) : 0;
	list_object(l);
	ubtf_free(l->types);
	return 0;
}

static int list_file(struct list *l, const char *path)
{
	const char *slash = strrchr(path, '/');
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail(-errno, "cannot open '%s': %s", path, log_errstr(errno));
	l->object = slash ? slash + 1 : path;
	return list_fd(l, fd, path, "");
}

/* A pattern with an object's name in it needs no other objects. */
static bool is_object_wanted(const struct list *l, const char *name)
{
	for (char **g = l->globs; *g; g++) {
		const char *colon = object_end(*g);
		char object[256];

		if (!colon)
			return true;
		snprintf(object, sizeof(object), "%.*s", (int)(colon - *g), *g);
		if (glob_matches(object, name))
			return true;
	}
	return !l->globs[0];
}

static int list_proc(struct list *l, pid_t pid)
{
	struct uproc *p;
	int err = uproc_open(pid, &p), bad = 0;
	char root[64];

	if (err)
		return err;
	l->proc = p;
	snprintf(root, sizeof(root), "/proc/%d/root", p->pid);
	for (uint32_t i = 0; i < p->nr; i++) {
		const struct uproc_obj *o = &p->objs[i];
		int fd;

		if (!is_object_wanted(l, o->name))
			continue;
		l->object = o->name;
		l->proc_obj = o;
		fd = uproc_open_obj(p, o);
		err = fd < 0 ? fd : list_fd(l, fd, o->path, root);
		bad = bad ?: err;	/* the others are still of use */
	}
	uproc_free(p);
	return bad;
}

static int join_globs(struct list *l)
{
	size_t size = 1;

	for (char **g = l->globs; *g; g++)
		size += strlen(*g) + 1;
	if (!l->globs[0])
		return 0;
	l->typed = calloc(size, 1);
	for (char **g = l->globs; l->typed && *g; g++) {
		const char *end = object_end(*g);

		strcat(strcat(l->typed, g == l->globs ? "" : ","), end ? end + 1 : *g);
	}
	return l->typed ? 0 : fail(-ENOMEM, "out of memory");
}

static int fail_usage(const char *what)
{
	fail(0, "list: %s", what);
	return EXIT_USAGE;
}

int list_verb(const struct verb *v, char **argv)
{
	struct list_opts o = {};
	struct opt_rest rest;
	struct list l = { .o = &o };
	char *end = NULL;
	long pid = 0;
	int err;

	if (opt_parse(v->opts, argv, &o, &rest))
		return EXIT_USAGE;
	if (o.help) {
		help_print_verb(stdout, v);
		return EXIT_OK;
	}
	if (rest.cmd)
		return fail_usage("unexpected '--'");
	if (o.pid)
		pid = strtol(o.pid, &end, 10);
	if (o.pid && (*end || pid <= 0 || pid > INT32_MAX))
		return fail_usage("--pid takes the number of a process");
	if (!o.pid && !rest.nr_args)
		return fail_usage("which file, or which process (--pid)?");
	json_init(&l.json, stdout);
	l.globs = rest.args + !o.pid;
	err = join_globs(&l);
	if (!err)
		err = o.pid ? list_proc(&l, pid) : list_file(&l, rest.args[0]);
	free(l.typed);
	if (!err && l.has_twins)
		err = -EEXIST;
	if (!err && !l.nr_shown && l.globs[0])
		err = fail(-ENOENT, "list: no function matches '%s'", l.globs[0]);
	return err ? EXIT_FAILED : EXIT_OK;
}
