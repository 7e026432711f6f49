/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/ubtf.h"

#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image/btfraw.h"
#include "image/demangle.h"
#include "image/dwarfbtf.h"
#include "image/kproto.h"
#include "image/ktarget.h"
#include "image/usite.h"
#include "util/glob.h"
#include "util/log.h"
#include "util/slurp.h"

#define NOT_DESCRIBED "is not described"
#define DEPTH_MAX 16
#define BTF_FILE_MAX (256 << 20)

/* -- .BTF --- */

/* @source: what to call it */
static int use_btf(struct ubtf *u, const void *data, size_t size, const char *source)
{
	struct btfraw raw;
	uint32_t bad;
	int err = btfraw_init(&raw, data, size);

	err = err ?: btfraw_check(&raw, &bad);
	if (err)
		return err;
	u->btf = btf__new(data, size);
	u->source = source;
	return u->btf ? 0 : -errno;
}

/* Not found is no error. */
static int from_section(struct ubtf *u)
{
	Elf_Data *data = uelf_data(u->elf, ".BTF");
	int err = data ? use_btf(u, data->d_buf, data->d_size, ".BTF") : 0;

	if (err && err != -ENOMEM)
		log_msg(LOG_WARN, "'%s': damaged .BTF section: not used", u->elf->path);
	return err == -ENOMEM ? err : 0;
}

/* Here everything is an error, for it was asked for. */
static int from_file(struct ubtf *u, const char *path)
{
	const uint16_t magic = BTF_MAGIC;
	struct uelf *e = NULL;
	Elf_Data *section;
	char *data = NULL;
	size_t size;
	int err = slurp(path, BTF_FILE_MAX, &data, &size);

	if (err)
		return fail(err, "cannot read '%s': %s", path, log_errstr(err));
	if (size >= sizeof(magic) && !memcmp(data, &magic, sizeof(magic))) {
		err = use_btf(u, data, size, "BTF file");
	} else {
		err = uelf_open(path, &e);
		if (err)
			goto out;
		section = uelf_data(e, ".BTF");
		err = section ? use_btf(u, section->d_buf, section->d_size, "BTF file") : -ENODATA;
	}
	if (err)
		fail(err, "'%s': %s", path, err == -ENODATA ? "no section .BTF" : "damaged BTF");
out:
	uelf_close(e);
	free(data);
	return err;
}

static const char *name_of(const struct btf *btf, uint32_t id)
{
	return btf__name_by_offset(btf, btf__type_by_id(btf, id)->name_off) ?: "";
}

static int by_name(const void *a, const void *b, void *btf)
{
	return strcmp(name_of(btf, *(const uint32_t *)a), name_of(btf, *(const uint32_t *)b));
}

/* The section's FUNCs in the order of their names, ended by 0. */
static uint32_t *sort_funcs(const struct btf *btf)
{
	uint32_t cnt = btf__type_cnt(btf), nr = 0, *ids = calloc(cnt, sizeof(*ids));

	for (uint32_t id = 1; ids && id < cnt; id++)
		if (btf_is_func(btf__type_by_id(btf, id)))
			ids[nr++] = id;
	if (nr)
		qsort_r(ids, nr, sizeof(*ids), by_name, (void *)btf);
	return ids;
}

/* Both are in the order of names: of the section's functions, and of the symbols. */
static int set_protos(struct ubtf *u)
{
	uint32_t *ids = sort_funcs(u->btf), *id = ids;

	if (!ids)
		return -ENOMEM;
	for (uint32_t i = 0; i < u->nr && *id; i++) {
		uint32_t row = u->syms->by_name[i];
		const struct usym *sym = &u->syms->v[row];
		int diff;

		while ((diff = strcmp(name_of(u->btf, *id), sym->name)) < 0 && *++id)
			;
		/* whose it is, if there are two, cannot be told */
		if (*id && !diff && (!id[1] || strcmp(name_of(u->btf, id[1]), sym->name)))
			u->funcs[row].decl = btf__type_by_id(u->btf, *id)->type;
		if (!*id)
			break;
	}
	free(ids);
	return 0;
}

/* -- DWARF --- */

/* libdw reads strings at the end of a table without looking for their end. */
static bool has_sound_strings(const struct uelf *e)
{
	static const char *const tables[] = { ".debug_str", ".debug_line_str" };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		Elf_Data *data = uelf_data(e, tables[i]);

		if (data && ((char *)data->d_buf)[data->d_size - 1])
			return false;
	}
	return true;
}

static Dwarf *open_dwarf(const struct uelf *e)
{
	if (!e || !has_sound_strings(e))
		return NULL;
	return dwarf_begin_elf(e->elf, DWARF_C_READ, NULL);
}

static bool is_named(const char *glob, const struct usym *sym)
{
	bool ret = glob_matches(glob, sym->name);
	char *name = ret ? NULL : demangle(sym->name, false);

	if (name)
		ret = glob_matches(glob, name);
	free(name);
	return ret;
}

/* Addresses of functions whose name matches. */
static uint64_t *addresses(const struct ubtf *u, const char *glob, uint32_t *nr)
{
	uint64_t *ret = calloc(u->nr + 1, sizeof(*ret));

	*nr = 0;
	for (uint32_t i = 0; ret && i < u->nr; i++)
		if (is_named(glob, &u->syms->v[i]))
			ret[(*nr)++] = u->syms->v[i].addr;
	return ret;
}

static int from_dwarf(struct ubtf *u, const char *glob, struct dwarf_funcs *funcs, Dwarf **dw)
{
	uint64_t *wanted = NULL;
	uint32_t nr = 0;
	int err;

	*dw = open_dwarf(u->elf) ?: open_dwarf(u->elf->debug);
	if (!*dw)
		return 0;
	if (glob) {
		wanted = addresses(u, glob, &nr);
		if (!wanted)
			return -ENOMEM;
	}
	err = dwarfbtf_add(*dw, wanted, nr, u->btf, funcs);
	free(wanted);
	if (!err && funcs->nr)
		u->source = "DWARF";
	return err;
}

static const struct dwarf_func *dwarf_find(const struct dwarf_funcs *f, const struct usym *sym)
{
	uint32_t lo = 0, hi = f->nr, first;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (f->v[mid].addr < sym->addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* identical functions may have been folded into one */
	for (first = lo; lo < f->nr && f->v[lo].addr == sym->addr; lo++)
		if (f->v[lo].name && !strncmp(f->v[lo].name, sym->name, sym->base_len) &&
		    !f->v[lo].name[sym->base_len])
			return &f->v[lo];
	return first < lo ? &f->v[first] : NULL;
}

/* -- Prototypes --- */

static const struct btf_type *strip(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	for (int i = 0; t && i < DEPTH_MAX && (btf_is_mod(t) || btf_is_typedef(t)); i++)
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* FLOAT came late: pahole makes an INT of it if not told otherwise. */
static bool is_float(const struct btf *btf, const struct btf_type *t)
{
	const char *name = btf__name_by_offset(btf, t->name_off);

	return btf_is_float(t) || (btf_is_int(t) && (strstr(name, "double") || strstr(name, "float")));
}

/* Anything in it that might travel in a floating-point register? */
static bool has_float(const struct btf *btf, uint32_t id, int depth)
{
	const struct btf_type *t = strip(btf, id);
	const struct btf_member *m;

	if (!t || depth > DEPTH_MAX || is_float(btf, t))
		return true;
	if (btf_is_array(t))
		return has_float(btf, btf_array(t)->type, depth + 1);
	if (!btf_is_composite(t))
		return false;
	m = btf_members(t);
	for (int i = 0; i < btf_vlen(t); i++)
		if (has_float(btf, m[i].type, depth + 1))
			return true;
	return false;
}

/* Why integer registers do not hold what the FUNC @id takes and gives. */
static const char *proto_refusal(const struct btf *btf, uint32_t id)
{
	const struct btf_type *proto = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	const struct btf_param *p = btf_params(proto);
	struct ktarget_proto k;
	const char *why;

	if (kproto_from_btf(btf, id, &k))
		return NOT_DESCRIBED;
	why = kproto_refusal(&k, NULL);
	if (!why && proto->type && has_float(btf, proto->type, 0))
		why = "returns a floating-point number";
	for (int i = 0; !why && i < btf_vlen(proto); i++)
		if (has_float(btf, p[i].type, 0))
			why = "takes floating-point numbers";
	return why;
}

/* What a compiler made of a function need not have its parameters. */
static const char *name_refusal(const struct usym *sym)
{
	static const char *const made[] = { ".constprop.", ".isra.", ".part.", ".cold" };

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (memmem(sym->name, sym->base_len, made[i], strlen(made[i])))
			return "is the compiler's variant of a function";
	return NULL;
}

static int add_untyped(struct btf *btf)
{
	static const char *const names[UBTF_UNTYPED_ARGS] = { "arg0", "arg1", "arg2", "arg3", "arg4", "arg5" };
	int u64 = btf__find_by_name_kind(btf, "unsigned long long", BTF_KIND_INT), proto, err = 0;

	if (u64 < 0)
		u64 = btf__add_int(btf, "unsigned long long", 8, 0);
	proto = u64 < 0 ? u64 : btf__add_func_proto(btf, u64);
	if (proto < 0)
		return proto;
	for (int i = 0; i < UBTF_UNTYPED_ARGS && !err; i++)
		err = btf__add_func_param(btf, names[i], u64);
	return err ?: proto;
}

/* -- Functions --- */

/* A FUNC for each symbol; without a prototype so far, one for void. */
static int add_funcs(struct ubtf *u, const struct dwarf_funcs *dwarf)
{
	int nothing = 0;

	for (uint32_t i = 0; i < u->nr; i++) {
		const struct usym *sym = &u->syms->v[i];
		const struct dwarf_func *d = dwarf_find(dwarf, sym);
		struct ufunc *f = &u->funcs[i];
		int id;

		f->sym = sym;
		f->untyped = d && d->doubt ? d->doubt : name_refusal(sym);
		f->decl = d ? d->proto : f->decl;
		if (!f->decl && !nothing)
			nothing = btf__add_func_proto(u->btf, 0);
		if (!f->decl)
			f->untyped = NOT_DESCRIBED;
		id = btf__add_func(u->btf, sym->name, sym->flags & USYM_GLOBAL ? BTF_FUNC_GLOBAL : BTF_FUNC_STATIC,
				   f->decl ?: nothing);
		if (id < 0)
			return id;
		f->btf_id = id;
	}
	return 0;
}

/* The section's own FUNCs have made way for those of symbols: nobody shall find them. */
static void blank_funcs(struct ubtf *u)
{
	uint32_t end = u->nr ? u->funcs[0].btf_id : btf__type_cnt(u->btf);

	for (uint32_t id = 1; id < end; id++) {
		struct btf_type *t = (struct btf_type *)btf__type_by_id(u->btf, id);

		if (btf_is_func(t))
			t->name_off = 0;
	}
}

/* Ids have changed, but not the order, and no two names are the same. */
static void find_funcs(struct ubtf *u)
{
	uint32_t nr = btf__type_cnt(u->btf), i = 0;

	for (uint32_t id = 1; id < nr && i < u->nr; id++) {
		const struct btf_type *t = btf__type_by_id(u->btf, id);

		if (btf_is_func(t)) {
			u->funcs[i].btf_id = id;
			u->funcs[i++].decl = t->type;
		}
	}
}

/* What a function that chooses another returns points to what the chosen one is like. */
static uint32_t proto_of_chosen(const struct btf *btf, uint32_t decl)
{
	const struct btf_type *t = strip(btf, btf__type_by_id(btf, decl)->type);

	if (!t || !btf_is_ptr(t))
		return 0;
	for (int i = 0; i < DEPTH_MAX; i++) {
		uint32_t id = t->type;

		t = btf__type_by_id(btf, id);
		if (!t || btf_is_func_proto(t))
			return t ? id : 0;
		if (!btf_is_mod(t) && !btf_is_typedef(t))
			return 0;
	}
	return 0;
}

static void set_type(const struct btf *btf, uint32_t id, uint32_t type)
{
	/* in place: nobody has seen it yet */
	((struct btf_type *)btf__type_by_id(btf, id))->type = type;
}

static int settle(struct ubtf *u)
{
	int untyped = add_untyped(u->btf);

	for (uint32_t i = 0; untyped > 0 && i < u->nr; i++) {
		struct ufunc *f = &u->funcs[i];

		if (f->untyped && !strcmp(f->untyped, NOT_DESCRIBED))
			f->decl = 0;
		else if (f->sym->flags & USYM_IFUNC)
			f->decl = proto_of_chosen(u->btf, f->decl);
		set_type(u->btf, f->btf_id, f->decl ?: untyped);
		f->untyped = f->untyped ?: f->decl ? proto_refusal(u->btf, f->btf_id) : NOT_DESCRIBED;
		if (f->untyped)
			set_type(u->btf, f->btf_id, untyped);
	}
	return untyped < 0 ? untyped : 0;
}

/* With DWARF, without in case that is damaged. */
static int load_types(struct ubtf *u, const struct ubtf_opts *o, bool use_dwarf)
{
	struct dwarf_funcs funcs = {};
	Dwarf *dw = NULL;
	int err = 0;

	if (u->btf) {
		err = set_protos(u);
	} else {
		u->btf = btf__new_empty();
		err = !u->btf ? -errno : use_dwarf ? from_dwarf(u, o->typed, &funcs, &dw) : 0;
	}
	err = err ?: add_funcs(u, &funcs);
	free(funcs.v);
	dwarf_end(dw);
	if (err)
		return err;
	if (funcs.nr) {
		err = btf__dedup(u->btf, NULL);
		find_funcs(u);
	} else {
		blank_funcs(u);
	}
	return err ?: settle(u);
}

static int load(struct ubtf *u, const struct ubtf_opts *o)
{
	int err;

	err = uelf_open_debug(u->elf, o->root ?: "");
	err = err ?: usyms_load(u->elf, o->nameless ? USYMS_NAMELESS : 0, &u->syms);
	if (err)
		return err;
	u->nr = u->syms->nr;
	u->funcs = calloc(u->nr + 1, sizeof(*u->funcs));
	if (!u->funcs)
		return -ENOMEM;
	err = o->btf_file ? 0 : from_section(u);
	err = err ?: load_types(u, o, true);
	if (!err || err == -ENOMEM || err == -E2BIG)
		return err;
	log_msg(LOG_WARN, "'%s': damaged debugging information: not used", u->elf->path);
	btf__free(u->btf);
	u->btf = NULL;
	u->source = NULL;
	memset(u->funcs, 0, u->nr * sizeof(*u->funcs));
	return load_types(u, o, false);
}

int ubtf_open_opts(int fd, const char *name, const struct ubtf_opts *o, struct ubtf **ret)
{
	struct ubtf *u = calloc(1, sizeof(*u));
	int err;

	if (!u)
		return fail(-ENOMEM, "out of memory");
	err = uelf_open_fd(fd, name, &u->elf);
	if (!err && o->btf_file)
		err = from_file(u, o->btf_file);
	if (err)
		goto out;
	err = load(u, o);
	if (err) {
		err = fail(err, "'%s': cannot read its types: %s", name, log_errstr(err));
		goto out;
	}
	*ret = u;
	return 0;
out:
	ubtf_free(u);
	return err;
}

int ubtf_open_fd(int fd, const char *name, struct ubtf **ret)
{
	return ubtf_open_opts(fd, name, &(struct ubtf_opts){}, ret);
}

int ubtf_open(const char *path, struct ubtf **ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return fail(-errno, "cannot open '%s': %s", path, log_errstr(errno));
	err = ubtf_open_fd(fd, path, ret);
	close(fd);
	return err;
}

void ubtf_free(struct ubtf *u)
{
	if (!u)
		return;
	usites_free(u->sites);
	btf__free(u->btf);
	usyms_free(u->syms);
	uelf_close(u->elf);
	free(u->funcs);
	free(u);
}

const struct ufunc *ubtf_find(const struct ubtf *u, const char *name)
{
	const struct usym *sym = usyms_find(u->syms, name);

	return sym ? &u->funcs[sym - u->syms->v] : NULL;
}

const struct ufunc *ubtf_from_id(const struct ubtf *u, uint32_t btf_id)
{
	uint32_t lo = 0, hi = u->nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (u->funcs[mid].btf_id < btf_id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < u->nr && u->funcs[lo].btf_id == btf_id ? &u->funcs[lo] : NULL;
}

int ubtf_code(const struct ubtf *u, const struct ufunc *f, uint64_t base,
	      int (*read)(void *arg, uint64_t addr, uint64_t *ret), void *arg, struct usym *ret)
{
	const struct usym *to;
	uint64_t slot, addr;
	bool lazy;
	int err;

	*ret = *f->sym;
	if (!(f->sym->flags & USYM_IFUNC))
		return 0;
	slot = usite_ifunc_slot(u->elf, f->sym, &lazy);
	err = slot ? read(arg, slot + base, &addr) : -ENOENT;
	if (err)
		return err;
	addr -= base;
	if (!uelf_is_text(u->elf, addr))
		return -ENOENT;
	to = usyms_at(u->syms, addr);
	if (to && to->addr == addr)
		*ret = *to;
	else if (lazy)
		return -ENOENT;
	else
		*ret = (struct usym){ .addr = addr, .size = usyms_size_at(u->elf, addr), .name = "" };
	return 0;
}

const char *ubtf_unknown(const struct ufunc *f)
{
	return f->sym->flags & USYM_IFUNC ?
	       "it is an IFUNC, whose first call has yet to choose the code: attach after that, or start the "
	       "program with LD_BIND_NOW=1" : NULL;
}

uint64_t ubtf_entered(const struct ubtf *u, const struct usym *code)
{
	return u->sites ? usites_entered(u->sites, code) : 0;
}

const char *ubtf_refusal(struct ubtf *u, const struct usym *code, char buf[128])
{
	if (!u->sites && usites_new(u->elf, u->syms, &u->sites))
		return "is in a file whose code cannot be read";
	return usites_refusal(u->sites, code, buf);
}
