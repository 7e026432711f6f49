/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/vdso.h"

#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include <sys/auxv.h>

static bool is_clock_gettime(const char *name)
{
	return name && (!strcmp(name, "__vdso_clock_gettime") || !strcmp(name, "__kernel_clock_gettime"));
}

static u64 find_in(Elf *elf, Elf_Scn *scn, u64 bytes)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Shdr sh;
	GElf_Sym sym;

	if (!data || !gelf_getshdr(scn, &sh) || sh.sh_type != SHT_DYNSYM)
		return 0;
	for (int i = 0; gelf_getsym(data, i, &sym); i++)
		if (GELF_ST_TYPE(sym.st_info) == STT_FUNC && sym.st_shndx != SHN_UNDEF &&
		    sym.st_value < bytes && is_clock_gettime(elf_strptr(elf, sh.sh_link, sym.st_name)))
			return sym.st_value;
	return 0;
}

u64 vdso_clock_gettime(const void *image, u64 bytes)
{
	Elf_Scn *scn = NULL;
	u64 at = 0;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_memory((char *)(uintptr_t)image, bytes);
	while (elf && !at && (scn = elf_nextscn(elf, scn)))
		at = find_in(elf, scn, bytes);
	elf_end(elf);
	return at;
}

u64 vdso_own_clock_gettime(void)
{
	u64 base = getauxval(AT_SYSINFO_EHDR), at;
	const Elf64_Ehdr *e = (const Elf64_Ehdr *)base;

	if (!base)
		return 0;
	at = vdso_clock_gettime(e, e->e_shoff + (u64)e->e_shnum * e->e_shentsize);
	return at ? base + at : 0;
}
