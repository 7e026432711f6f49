/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject/loaded.h"

#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS 6			/* arguments of a function of which nothing is known */

struct func {
	char *name;
	u64 addr;
	u32 size;
};

struct loaded {
	char name[64];
	struct func *funcs;	/* by name */
	u32 nr, cap;
	struct btf *btf;
	bool has_btf, untyped;
};

/* -- Symbols --- */

static int add(struct loaded *o, const char *name, u64 addr, u32 size)
{
	if (o->nr == o->cap) {
		u32 cap = o->cap ? 2 * o->cap : 256;
		struct func *funcs = realloc(o->funcs, cap * sizeof(*funcs));

		if (!funcs)
			return -ENOMEM;
		o->funcs = funcs;
		o->cap = cap;
	}
	o->funcs[o->nr] = (struct func){ strdup(name), addr, size };
	return o->funcs[o->nr++].name ? 0 : -ENOMEM;
}

static int read_symbols(struct loaded *o, Elf *elf, Elf_Scn *scn, u64 base)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Shdr sh;
	GElf_Sym sym;
	int err = 0;

	if (!data || !gelf_getshdr(scn, &sh))
		return 0;
	for (int i = 0; !err && gelf_getsym(data, i, &sym); i++) {
		const char *name = elf_strptr(elf, sh.sh_link, sym.st_name);

		if (GELF_ST_TYPE(sym.st_info) == STT_FUNC && sym.st_shndx && sym.st_size && name && *name)
			err = add(o, name, base + sym.st_value, sym.st_size);
	}
	return err;
}

static Elf_Scn *find_table(Elf *elf, u32 type)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &sh) && sh.sh_type == type)
			return scn;
	return NULL;
}

static bool has_section(Elf *elf, const char *name)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return false;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *is = gelf_getshdr(scn, &sh) ? elf_strptr(elf, names, sh.sh_name) : NULL;

		if (is && !strcmp(is, name))
			return true;
	}
	return false;
}

static int compare(const void *a, const void *b)
{
	const struct func *x = a, *y = b;

	return strcmp(x->name, y->name) ?: (x->addr > y->addr) - (x->addr < y->addr);
}

/* One row for a name; none where it stands for several functions. */
static void drop_duplicates(struct loaded *o)
{
	u32 out = 0, next;

	for (u32 i = 0; i < o->nr; i = next) {
		bool many = false;

		for (next = i + 1; next < o->nr && !strcmp(o->funcs[i].name, o->funcs[next].name); next++) {
			many |= o->funcs[next].addr != o->funcs[i].addr;
			free(o->funcs[next].name);
		}
		if (many)
			free(o->funcs[i].name);
		else
			o->funcs[out++] = o->funcs[i];
	}
	o->nr = out;
}

/* -- Types --- */

static int guess_types(struct loaded *o)
{
	int word, proto, err = 0;

	o->untyped = true;
	o->btf = btf__new_empty();
	if (!o->btf)
		return -ENOMEM;
	word = btf__add_int(o->btf, "unsigned long", 8, 0);
	proto = btf__add_func_proto(o->btf, word);
	for (int i = 0; i < WORDS && err >= 0; i++)
		err = btf__add_func_param(o->btf, "", word);
	for (u32 i = 0; i < o->nr && err >= 0; i++)
		err = btf__add_func(o->btf, o->funcs[i].name, BTF_FUNC_GLOBAL, proto);
	return err < 0 ? err : 0;
}

static int read_file(struct loaded *o, const char *path, u64 base)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	Elf_Scn *scn;
	Elf *elf;

	if (fd < 0)
		return -errno;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	scn = elf ? find_table(elf, SHT_SYMTAB) ?: find_table(elf, SHT_DYNSYM) : NULL;
	if (scn)
		err = read_symbols(o, elf, scn, base);
	o->has_btf = elf && has_section(elf, ".BTF");
	elf_end(elf);
	close(fd);
	return err;
}

int loaded_open(const char *path, const char *name, u64 base, struct loaded **ret)
{
	struct loaded *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return -ENOMEM;
	strncat(o->name, name, sizeof(o->name) - 1);
	err = read_file(o, path, base);
	if (!err && !o->nr)
		err = -ENOENT;
	if (!err) {
		qsort(o->funcs, o->nr, sizeof(*o->funcs), compare);
		drop_duplicates(o);
		o->btf = o->has_btf ? btf__parse_elf(path, NULL) : NULL;
		err = o->btf ? 0 : guess_types(o);
	}
	if (err) {
		loaded_close(o);
		return err;
	}
	*ret = o;
	return 0;
}

void loaded_close(struct loaded *o)
{
	if (!o)
		return;
	for (u32 i = 0; i < o->nr; i++)
		free(o->funcs[i].name);
	free(o->funcs);
	btf__free(o->btf);
	free(o);
}

const char *loaded_name(const struct loaded *o)
{
	return o->name;
}

const struct btf *loaded_btf(const struct loaded *o)
{
	return o->btf;
}

int loaded_find(const struct loaded *o, const char *name, u64 *addr, u32 *size, bool *untyped)
{
	struct func key = { .name = (char *)name };
	u32 lo = 0, hi = o->nr;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;
		int c = strcmp(o->funcs[mid].name, key.name);

		if (!c) {
			*addr = o->funcs[mid].addr;
			*size = o->funcs[mid].size;
			*untyped = o->untyped;
			return 0;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return -ENOENT;
}
