/* SPDX-License-Identifier: BSD-2-Clause */
/* The file is our own: what it says is believed. Its relocations are all of the kind "base + addend". */
#include "inject/agent.h"

#include <assert.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "rt/helper.h"

#define PAGE 4096ULL
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

extern const u8 agent_elf[], agent_elf_end[];

static const Elf64_Ehdr *ehdr(void)
{
	return (const Elf64_Ehdr *)agent_elf;
}

static const Elf64_Phdr *phdr(u32 i)
{
	return (const Elf64_Phdr *)(agent_elf + ehdr()->e_phoff) + i;
}

static const Elf64_Shdr *section(u32 type)
{
	const Elf64_Shdr *sh = (const Elf64_Shdr *)(agent_elf + ehdr()->e_shoff);

	for (u32 i = 0; i < ehdr()->e_shnum; i++)
		if (sh[i].sh_type == type)
			return &sh[i];
	return NULL;
}

static u64 page_up(u64 v)
{
	return (v + PAGE - 1) & ~(PAGE - 1);
}

u64 agent_bytes(void)
{
	u64 bytes = 0;

	for (u32 i = 0; i < ehdr()->e_phnum; i++)
		if (phdr(i)->p_type == PT_LOAD)
			bytes = page_up(phdr(i)->p_vaddr + phdr(i)->p_memsz);
	return bytes;
}

static int prot_of(u32 flags)
{
	return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
	       (flags & PF_X ? PROT_EXEC : 0);
}

static void relocate(struct agent *a)
{
	const Elf64_Shdr *sh = section(SHT_RELA);
	const Elf64_Rela *rela = (const Elf64_Rela *)(agent_elf + (sh ? sh->sh_offset : 0));

	for (u64 i = 0; sh && i < sh->sh_size / sizeof(*rela); i++)
		*(u64 *)(a->image + rela[i].r_offset) = a->base + rela[i].r_addend;
}

int agent_init(struct agent *a, u64 base)
{
	*a = (struct agent){ .base = base, .bytes = agent_bytes() };
	a->image = calloc(1, a->bytes);
	if (!a->image)
		return -ENOMEM;
	for (u32 i = 0; i < ehdr()->e_phnum; i++) {
		const Elf64_Phdr *ph = phdr(i);
		u64 start = ph->p_vaddr & ~(PAGE - 1);

		if (ph->p_type != PT_LOAD)
			continue;
		assert(a->nr_parts < AGENT_PARTS_MAX);
		memcpy(a->image + ph->p_vaddr, agent_elf + ph->p_offset, ph->p_filesz);
		a->parts[a->nr_parts++] = (struct agent_part){
			start, page_up(ph->p_vaddr + ph->p_memsz) - start, prot_of(ph->p_flags),
		};
	}
	relocate(a);
	return 0;
}

void agent_done(struct agent *a)
{
	free(a->image);
	*a = (struct agent){ 0 };
}

u64 agent_symbol(const struct agent *a, const char *name)
{
	const Elf64_Shdr *sh = section(SHT_SYMTAB);
	const Elf64_Sym *syms = (const Elf64_Sym *)(agent_elf + sh->sh_offset);
	const Elf64_Shdr *strs = (const Elf64_Shdr *)(agent_elf + ehdr()->e_shoff) + sh->sh_link;

	for (u64 i = 0; i < sh->sh_size / sizeof(*syms); i++)
		if (syms[i].st_shndx && !strcmp((const char *)agent_elf + strs->sh_offset + syms[i].st_name, name))
			return a->base + syms[i].st_value;
	assert(!"the agent's symbol");
	return 0;
}

/* -- What both have --- */

struct twin {
	const void *here;
	const char *name;
};

static u64 find_twin(const struct agent *a, const struct twin *twins, u32 nr, const void *here)
{
	for (u32 i = 0; i < nr; i++)
		if (twins[i].here == here)
			return agent_symbol(a, twins[i].name);
	return 0;
}

u64 agent_helper(const struct agent *a, const void *here)
{
#define HELPER(name) { rt_help_##name, "rt_help_" #name },
	static const struct twin twins[] = { RT_HELPERS(HELPER) };

	return find_twin(a, twins, ARRAY_LEN(twins), here);
}

u64 agent_map_ops(const struct agent *a, const void *here)
{
#define MAP_OPS(name) { &rt_##name##_ops, "rt_" #name "_ops" },
	static const struct twin twins[] = { RT_MAP_OPS(MAP_OPS) };

	return find_twin(a, twins, ARRAY_LEN(twins), here);
}
