/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/elf64.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "util/log.h"

#ifndef EM_BPF
#define EM_BPF 247
#endif

static int damaged(const struct elf64 *e, const char *what)
{
	return e->name ? fail(-EINVAL, "object '%s': damaged: %s", e->name, what) : -EINVAL;
}

static int not_bpf(const struct elf64 *e, const char *why)
{
	return e->name ? fail_hint(-EINVAL, "it must be a .bpf.o compiled with clang -target bpf",
				   "object '%s': %s", e->name, why) :
			 -EINVAL;
}

static bool inside(const struct elf64 *e, uint64_t off, uint64_t len)
{
	return off <= e->size && len <= e->size - off;
}

void elf64_sec(const struct elf64 *e, uint32_t idx, Elf64_Shdr *ret)
{
	memcpy(ret, e->data + e->shoff + (size_t)idx * sizeof(*ret), sizeof(*ret));
}

uint64_t elf64_sec_field(const struct elf64 *e, uint32_t idx, size_t off)
{
	return e->shoff + (uint64_t)idx * sizeof(Elf64_Shdr) + off;
}

/* Counts of 0xff00 and more stand in the first section's header. */
static int find_sections(struct elf64 *e)
{
	Elf64_Shdr first;

	e->shoff = e->ehdr.e_shoff;
	if (e->ehdr.e_shentsize != sizeof(Elf64_Shdr) || !inside(e, e->shoff, sizeof(first)))
		return damaged(e, "its section headers lie outside the file (truncated?)");
	elf64_sec(e, 0, &first);
	e->nr_secs = e->ehdr.e_shnum;
	if (!e->nr_secs) {
		if (first.sh_size > UINT32_MAX)
			return damaged(e, "number of sections");
		e->nr_secs = first.sh_size;
	}
	e->shstrndx = e->ehdr.e_shstrndx == SHN_XINDEX ? first.sh_link : e->ehdr.e_shstrndx;
	if (!inside(e, e->shoff, (uint64_t)e->nr_secs * sizeof(first)))
		return damaged(e, "its section headers lie outside the file (truncated?)");
	if (e->shstrndx >= e->nr_secs)
		return damaged(e, "section name table");
	return 0;
}

static int check_sections(const struct elf64 *e)
{
	Elf64_Shdr sh;

	for (uint32_t i = 0; i < e->nr_secs; i++) {
		elf64_sec(e, i, &sh);
		if (sh.sh_type != SHT_NULL && sh.sh_type != SHT_NOBITS &&
		    !inside(e, sh.sh_offset, sh.sh_size))
			return damaged(e, "a section lies outside the file (truncated?)");
	}
	return 0;
}

int elf64_init(struct elf64 *e, const void *data, size_t size, const char *name)
{
	const unsigned char *id = e->ehdr.e_ident;
	int err;

	*e = (struct elf64){ .data = data, .size = size, .name = name };
	if (size < sizeof(e->ehdr))
		return not_bpf(e, "too short for an ELF file");
	memcpy(&e->ehdr, data, sizeof(e->ehdr));
	if (memcmp(id, ELFMAG, SELFMAG))
		return not_bpf(e, "not an ELF file");
	if (id[EI_CLASS] != ELFCLASS64 || id[EI_DATA] != ELFDATA2LSB)
		return not_bpf(e, "not a 64-bit little-endian ELF file");
	/* objects of very old compilers say EM_NONE */
	if (e->ehdr.e_type != ET_REL || (e->ehdr.e_machine && e->ehdr.e_machine != EM_BPF))
		return not_bpf(e, "not a BPF object");
	err = find_sections(e);
	return err ? err : check_sections(e);
}

const char *elf64_str(const struct elf64 *e, uint32_t idx, uint64_t off)
{
	Elf64_Shdr sh;
	const char *tab;

	if (!idx || idx >= e->nr_secs)
		return NULL;
	elf64_sec(e, idx, &sh);
	if (sh.sh_type != SHT_STRTAB || off >= sh.sh_size)
		return NULL;
	tab = (const char *)e->data + sh.sh_offset;
	/* looked for at the table's end only: a search per string could take for ever */
	return tab[sh.sh_size - 1] ? NULL : tab + off;
}

const char *elf64_sec_name(const struct elf64 *e, const Elf64_Shdr *sh)
{
	return elf64_str(e, e->shstrndx, sh->sh_name) ?: "";
}

uint32_t elf64_sec_find(const struct elf64 *e, const char *name, uint32_t type)
{
	Elf64_Shdr sh;

	for (uint32_t i = 1; i < e->nr_secs; i++) {
		elf64_sec(e, i, &sh);
		if (sh.sh_type == type && !strcmp(elf64_sec_name(e, &sh), name))
			return i;
	}
	return 0;
}
