/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/usyms.h"

#include <errno.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/ehframe.h"
#include "image/uelf.h"

struct reader {
	const struct uelf *e;		/* the program, */
	const struct uelf *in;		/* and the file whose table is read */
	struct usyms *s;
	uint32_t cap;
	Elf_Data *versions;		/* of .dynsym: a number per symbol ... */
	const char **version_names;	/* ... and what it stands for, NULL = another file's */
};

#define VERSIONS 0x8000		/* and above it, a bit: not the default one */

/* -- Reading --- */

static int add(struct reader *r, const struct usym *sym)
{
	struct usyms *s = r->s;

	if (s->nr == r->cap) {
		uint32_t cap = r->cap ? 2 * r->cap : 1024;
		struct usym *v = realloc(s->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		s->v = v;
		r->cap = cap;
	}
	s->v[s->nr++] = *sym;
	return 0;
}

/* Of dynamic symbols versions stand in a table of their own; in .symtab they are part of the name. */
static int set_name(const struct reader *r, size_t i, const char *name, struct usym *sym)
{
	const char *at = strchr(name, '@'), *version = NULL;
	GElf_Versym v;
	char *owned;

	sym->name = name;
	sym->base_len = at ? at - name : strlen(name);
	if (!at && r->version_names && gelf_getversym(r->versions, i, &v) && v & VERSIONS)
		version = r->version_names[v - VERSIONS];
	if (version && asprintf(&owned, "%s@%s", name, version) < 0)
		return -ENOMEM;
	if (!version && at && at[1] == '@')
		owned = strndup(name, sym->base_len);
	else if (!version)
		return 0;
	if (!owned)
		return -ENOMEM;
	sym->name = owned;
	sym->flags |= USYM_NAME_OWNED;
	return 0;
}

/* "f.cold", "f.cold.1" */
static bool is_part(const char *name)
{
	const char *cold = strstr(name, ".cold");

	return cold && (!cold[5] || cold[5] == '.');
}

static int add_elf_sym(struct reader *r, size_t i, const GElf_Sym *es, const char *name)
{
	int type = GELF_ST_TYPE(es->st_info), err;
	struct usym sym = { .addr = es->st_value, .size = es->st_size };

	if ((type != STT_FUNC && type != STT_GNU_IFUNC) || es->st_shndx == SHN_UNDEF || !name || !*name ||
	    *name == '@' || !uelf_is_text(r->e, es->st_value))
		return 0;
	if (type == STT_GNU_IFUNC)
		sym.flags |= USYM_IFUNC;
	if (GELF_ST_BIND(es->st_info) != STB_LOCAL)
		sym.flags |= USYM_GLOBAL;
	if (is_part(name))
		sym.flags |= USYM_PART;
	err = set_name(r, i, name, &sym);
	return err ?: add(r, &sym);
}

static int read_versions(struct reader *r)
{
	Elf_Data *defs = uelf_data(r->in, ".gnu.version_d");
	GElf_Verdaux aux;
	GElf_Verdef def;
	GElf_Shdr sh;
	size_t off = 0;

	r->versions = uelf_data(r->in, ".gnu.version");
	if (!r->versions || !defs || !gelf_getshdr(uelf_section(r->in, ".gnu.version_d"), &sh))
		return 0;
	r->version_names = calloc(VERSIONS, sizeof(*r->version_names));
	if (!r->version_names)
		return -ENOMEM;
	for (int i = 0; i < VERSIONS && gelf_getverdef(defs, off, &def); i++) {
		if (def.vd_ndx < VERSIONS && gelf_getverdaux(defs, off + def.vd_aux, &aux))
			r->version_names[def.vd_ndx] = elf_strptr(r->in->elf, sh.sh_link, aux.vda_name);
		if (!def.vd_next)
			break;
		off += def.vd_next;
	}
	return 0;
}

static int read_table(struct reader *r, const struct uelf *in, const char *section)
{
	Elf_Scn *scn = uelf_section(in, section);
	Elf_Data *data = uelf_data(in, section);
	GElf_Shdr sh;
	GElf_Sym sym;
	int err;

	if (!data || !gelf_getshdr(scn, &sh))
		return 0;
	r->in = in;
	err = sh.sh_type == SHT_DYNSYM ? read_versions(r) : 0;
	for (size_t i = 0; !err && gelf_getsym(data, i, &sym); i++)
		err = add_elf_sym(r, i, &sym, elf_strptr(in->elf, sh.sh_link, sym.st_name));
	free(r->version_names);
	r->version_names = NULL;
	return err;
}

/* -- Order --- */

static int by_address(const void *a, const void *b)
{
	const struct usym *x = a, *y = b;
	uint32_t gx = x->flags & USYM_GLOBAL, gy = y->flags & USYM_GLOBAL;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if (gx != gy)
		return gx ? -1 : 1;
	/* leading underscores last, then by length: "read" before "__read" and "__libc_read" */
	if ((*x->name == '_') != (*y->name == '_'))
		return *x->name == '_' ? 1 : -1;
	if (x->base_len != y->base_len)
		return x->base_len < y->base_len ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void name_free(struct usym *sym)
{
	if (sym->flags & USYM_NAME_OWNED)
		free((char *)sym->name);
	sym->flags &= ~USYM_NAME_OWNED;
}

/* The same symbol stands in .symtab and .dynsym; a size of 0 is one that is not known. */
static void merge(struct usyms *s)
{
	uint32_t n = 0;

	if (s->nr)
		qsort(s->v, s->nr, sizeof(*s->v), by_address);
	for (uint32_t i = 0; i < s->nr; i++) {
		struct usym *last = n ? &s->v[n - 1] : NULL, *sym = &s->v[i];

		if (last && last->addr == sym->addr && !strcmp(last->name, sym->name)) {
			last->size = last->size ?: sym->size;
			name_free(sym);
			continue;
		}
		if (last && last->addr == sym->addr) {
			sym->flags |= USYM_ALIAS;
			sym->size = sym->size ?: last->size;
		}
		s->v[n++] = *sym;
	}
	s->nr = n;
}

static int by_name(const void *a, const void *b, void *arg)
{
	const struct usym *v = arg, *x = &v[*(const uint32_t *)a], *y = &v[*(const uint32_t *)b];
	int diff = strcmp(x->name, y->name);

	return diff ?: x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void sort_names(struct usyms *s)
{
	qsort_r(s->by_name, s->nr, sizeof(*s->by_name), by_name, s->v);
}

static int tell_apart(struct usym *sym)
{
	char *name;

	if (asprintf(&name, "%s@0x%llx", sym->name, (unsigned long long)sym->addr) < 0)
		return -ENOMEM;
	name_free(sym);
	sym->name = name;
	sym->flags |= USYM_AMBIGUOUS | USYM_NAME_OWNED;
	return 0;
}

/* Renames all of the same name, which follow each other in .by_name. */
static int index_names(struct usyms *s)
{
	s->by_name = calloc(s->nr + 1, sizeof(*s->by_name));
	if (!s->by_name)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->nr; i++)
		s->by_name[i] = i;
	sort_names(s);
	for (uint32_t i = 0, end; i < s->nr; i = end) {
		const char *name = s->v[s->by_name[i]].name;

		for (end = i + 1; end < s->nr && !strcmp(s->v[s->by_name[end]].name, name); end++)
			;
		for (uint32_t k = i; end - i > 1 && k < end; k++)
			if (tell_apart(&s->v[s->by_name[k]]))
				return -ENOMEM;
	}
	sort_names(s);
	return 0;
}

static int read_tables(struct reader *r)
{
	const struct uelf *e = r->e;
	int err = read_table(r, e, ".symtab");

	if (!err && !r->s->nr && e->debug)
		err = read_table(r, e->debug, ".symtab");
	if (!err && !r->s->nr && e->mini)
		err = read_table(r, e->mini, ".symtab");
	return err ?: read_table(r, e, ".dynsym");
}

/* -- What .eh_frame adds --- */

static void set_size(struct usyms *s, const struct ehframe_fde *fde)
{
	struct usym *sym = (struct usym *)usyms_at(s, fde->start);

	for (; sym && sym < s->v + s->nr && sym->addr == fde->start; sym++) {
		sym->size = sym->size ?: fde->size;
		sym->flags |= fde->is_part ? USYM_PART : 0;
	}
}

/* Stubs in .plt sections are no functions of this file. */
static bool is_stub(const struct uelf *e, uint64_t addr)
{
	Elf_Scn *scn = NULL;
	const char *name;
	GElf_Shdr sh;
	size_t strs;

	if (elf_getshdrstrndx(e->elf, &strs))
		return false;
	while ((scn = elf_nextscn(e->elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_EXECINSTR) || addr - sh.sh_addr >= sh.sh_size)
			continue;
		name = elf_strptr(e->elf, strs, sh.sh_name);
		return name && !strncmp(name, ".plt", 4);
	}
	return false;
}

static int add_nameless(struct reader *r, uint32_t nr_named, const struct ehframe_fde *fde)
{
	struct usyms named = { .v = r->s->v, .nr = nr_named };
	struct usym sym = { .addr = fde->start, .size = fde->size, .flags = USYM_NAMELESS | USYM_NAME_OWNED };
	const struct usym *next = usyms_after(&named, fde->start);
	char *name;

	if (fde->is_part || usyms_at(&named, fde->start) || (next && next->addr - fde->start < fde->size) ||
	    !uelf_is_text(r->e, fde->start) || is_stub(r->e, fde->start))
		return 0;
	if (asprintf(&name, "@0x%llx", (unsigned long long)fde->start) < 0)
		return -ENOMEM;
	sym.name = name;
	return add(r, &sym);
}

static struct ehframe ehframe_of(const struct uelf *e)
{
	Elf_Data *data = uelf_data(e, ".eh_frame");
	GElf_Shdr sh;

	if (!data || !gelf_getshdr(uelf_section(e, ".eh_frame"), &sh))
		return (struct ehframe){};
	return (struct ehframe){ .data = data->d_buf, .size = data->d_size, .addr = sh.sh_addr };
}

uint64_t usyms_size_at(const struct uelf *e, uint64_t addr)
{
	struct ehframe f = ehframe_of(e);
	struct ehframe_fde fde;

	while (ehframe_next(&f, &fde))
		if (fde.start == addr)
			return fde.size;
	return 0;
}

static int read_ehframe(struct reader *r, uint32_t flags)
{
	struct ehframe f = ehframe_of(r->e);
	uint32_t nr_named = r->s->nr;
	struct ehframe_fde fde;
	int err = 0;

	while (!err && ehframe_next(&f, &fde)) {
		struct usyms named = { .v = r->s->v, .nr = nr_named };

		set_size(&named, &fde);
		if (flags & USYMS_NAMELESS)
			err = add_nameless(r, nr_named, &fde);
	}
	return err;
}

/* Parts of functions have entries as well, and are only jumped to. */
static int drop_unused(struct usyms *s, struct uelf *e)
{
	uint32_t n = 0;
	int err = uscan_run(e, s, &s->scan);

	if (err)
		return err;
	for (uint32_t i = 0; i < s->nr; i++) {
		if (s->v[i].flags & USYM_NAMELESS && !s->scan.is_used[i])
			name_free(&s->v[i]);
		else
			s->v[n++] = s->v[i];
	}
	s->nr = n;
	return 0;
}

int usyms_load(struct uelf *e, uint32_t flags, struct usyms **ret)
{
	struct reader r = { .e = e, .s = calloc(1, sizeof(*r.s)) };
	int err;

	if (!r.s)
		return -ENOMEM;
	err = read_tables(&r);
	merge(r.s);
	err = err ?: read_ehframe(&r, flags);
	merge(r.s);
	if (!err && flags & USYMS_NAMELESS)
		err = drop_unused(r.s, e);
	err = err ?: index_names(r.s);
	if (err)
		usyms_free(r.s);
	else
		*ret = r.s;
	return err;
}

void usyms_free(struct usyms *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->nr; i++)
		name_free(&s->v[i]);
	free(s->v);
	free(s->by_name);
	uscan_done(&s->scan);
	free(s);
}

/* -- Looking for --- */

/* Index into .by_name of the first name that is not below @name. */
static uint32_t lower_bound(const struct usyms *s, const char *name)
{
	uint32_t lo = 0, hi = s->nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (strcmp(s->v[s->by_name[mid]].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct usym *usyms_find(const struct usyms *s, const char *name)
{
	uint32_t i = lower_bound(s, name);

	return i < s->nr && !strcmp(s->v[s->by_name[i]].name, name) ? &s->v[s->by_name[i]] : NULL;
}

const struct usym *usyms_find_ambiguous(const struct usyms *s, const char *name, uint32_t *nr)
{
	char prefix[1024];
	int len = snprintf(prefix, sizeof(prefix), "%s@0x", name);
	uint32_t from = lower_bound(s, prefix), to = from;

	while (len < (int)sizeof(prefix) && to < s->nr && !strncmp(s->v[s->by_name[to]].name, prefix, len))
		to++;
	*nr = to - from;
	return *nr ? &s->v[s->by_name[from]] : NULL;
}

/* Index of the first row above @addr. */
static uint32_t upper_bound(const struct usyms *s, uint64_t addr)
{
	uint32_t lo = 0, hi = s->nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (s->v[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct usym *usyms_at(const struct usyms *s, uint64_t addr)
{
	uint32_t i = upper_bound(s, addr);

	if (!i)
		return NULL;
	for (i--; i && s->v[i - 1].addr == s->v[i].addr; i--)
		;
	return addr - s->v[i].addr < (s->v[i].size ?: 1) ? &s->v[i] : NULL;
}

const struct usym *usyms_after(const struct usyms *s, uint64_t addr)
{
	uint32_t i = upper_bound(s, addr);

	return i < s->nr ? &s->v[i] : NULL;
}
