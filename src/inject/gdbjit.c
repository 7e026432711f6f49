/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gdb looks for the two symbols below, in whatever object they are, and reads an ELF file from memory for each
 * entry: here one with a section for the code, which lies elsewhere, its symbol and its .eh_frame. See "JIT
 * Compilation Interface" in gdb's manual.
 */
#include "inject/gdbjit.h"

#include <assert.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "trampoline/unwind.h"

extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));	/* of what this is linked into */

struct jit_code_entry {
	struct jit_code_entry *next, *prev;
	const void *symfile;
	uint64_t bytes;
};

enum { JIT_NOACTION, JIT_REGISTER_FN, JIT_UNREGISTER_FN };

struct jit_descriptor {
	uint32_t version;
	uint32_t action;
	struct jit_code_entry *relevant, *first;
};

#define GDB_SEES __attribute__((visibility("protected"), used))

extern struct jit_descriptor __jit_debug_descriptor;
void __jit_debug_register_code(void);

GDB_SEES struct jit_descriptor __jit_debug_descriptor = { .version = 1 };

/* Where gdb has its breakpoint. */
GDB_SEES __attribute__((noinline)) void __jit_debug_register_code(void)
{
	__asm__ volatile("" ::: "memory");
}

enum { SEC_NULL, SEC_TEXT, SEC_FRAME, SEC_SYMS, SEC_STRS, SECS };

static const char names[] = "\0.text\0.eh_frame\0.symtab\0.strtab";
enum { NAME_TEXT = 1, NAME_FRAME = 7, NAME_SYMS = 17, NAME_STRS = 25 };

/*
 * Lies at 4 modulo 8: it is not to look as if somebody had the code's address, by which is known whether that can
 * be used again (stop_find_users()).
 */
struct __attribute__((packed, aligned(4))) file {
	Elf64_Ehdr ehdr;
	Elf64_Shdr secs[SECS];
	Elf64_Sym syms[2];
	char strs[sizeof(names) + 128];
	u8 frame[];
};

struct entry {
	struct jit_code_entry link;
	u32 pad;
	struct file file;
};

static_assert(offsetof(struct entry, file) % 8 == 4, "words of the file are not aligned");

/* Of the .eh_frame behind the header at @hdr, up to and with the zero word that ends it. */
static u64 frame_bytes(u64 hdr)
{
	const u8 *start = (const u8 *)hdr + UNWIND_FRAME_OFF, *at = start;
	u32 len;

	do {
		memcpy(&len, at, 4);
		at += 4 + len;
	} while (len);
	return at - start;
}

static void fill_sections(struct file *f, u64 start, u64 end, u64 hdr, u64 frame)
{
	f->secs[SEC_TEXT] = (Elf64_Shdr){ .sh_name = NAME_TEXT, .sh_type = SHT_NOBITS,
		.sh_flags = SHF_ALLOC | SHF_EXECINSTR, .sh_addr = start, .sh_size = end - start, .sh_addralign = 16 };
	f->secs[SEC_FRAME] = (Elf64_Shdr){ .sh_name = NAME_FRAME, .sh_type = SHT_PROGBITS, .sh_flags = SHF_ALLOC,
		.sh_addr = hdr + UNWIND_FRAME_OFF, .sh_offset = offsetof(struct file, frame), .sh_size = frame,
		.sh_addralign = 4 };
	f->secs[SEC_SYMS] = (Elf64_Shdr){ .sh_name = NAME_SYMS, .sh_type = SHT_SYMTAB,
		.sh_offset = offsetof(struct file, syms), .sh_size = sizeof(f->syms), .sh_link = SEC_STRS,
		.sh_info = 1, .sh_addralign = 8, .sh_entsize = sizeof(f->syms[0]) };
	f->secs[SEC_STRS] = (Elf64_Shdr){ .sh_name = NAME_STRS, .sh_type = SHT_STRTAB,
		.sh_offset = offsetof(struct file, strs), .sh_size = sizeof(f->strs), .sh_addralign = 1 };
}

static void fill(struct file *f, u64 start, u64 end, u64 hdr, const char *name, u64 frame)
{
	memcpy(f->ehdr.e_ident, __ehdr_start.e_ident, EI_NIDENT);
	f->ehdr.e_machine = __ehdr_start.e_machine;
	f->ehdr.e_type = ET_EXEC;	/* nothing is to be relocated */
	f->ehdr.e_version = EV_CURRENT;
	f->ehdr.e_shoff = offsetof(struct file, secs);
	f->ehdr.e_ehsize = sizeof(f->ehdr);
	f->ehdr.e_shentsize = sizeof(f->secs[0]);
	f->ehdr.e_shnum = SECS;
	f->ehdr.e_shstrndx = SEC_STRS;
	fill_sections(f, start, end, hdr, frame);
	memcpy(f->strs, names, sizeof(names));
	strncat(f->strs + sizeof(names), name, sizeof(f->strs) - sizeof(names) - 1);
	f->syms[1] = (Elf64_Sym){ .st_name = sizeof(names), .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
		.st_shndx = SEC_TEXT, .st_value = start, .st_size = end - start };
	memcpy(f->frame, (const u8 *)hdr + UNWIND_FRAME_OFF, frame);
}

static void tell(struct jit_code_entry *e, u32 action)
{
	struct jit_descriptor *d = &__jit_debug_descriptor;

	d->relevant = e;
	d->action = action;
	__jit_debug_register_code();
	d->action = JIT_NOACTION;
}

void gdbjit_add(u64 start, u64 end, u64 hdr, const char *name)
{
	u64 frame = frame_bytes(hdr);
	struct entry *e = calloc(1, sizeof(*e) + frame);
	struct jit_descriptor *d = &__jit_debug_descriptor;

	if (!e)
		return;		/* the frame has no name, that is all */
	fill(&e->file, start, end, hdr, name, frame);
	e->link.symfile = &e->file;
	e->link.bytes = sizeof(e->file) + frame;
	e->link.next = d->first;
	if (d->first)
		d->first->prev = &e->link;
	d->first = &e->link;
	tell(&e->link, JIT_REGISTER_FN);
}

void gdbjit_remove(u64 start)
{
	struct jit_descriptor *d = &__jit_debug_descriptor;
	struct jit_code_entry *e = d->first;

	while (e && ((struct entry *)e)->file.syms[1].st_value != start)
		e = e->next;
	if (!e)
		return;
	if (e->prev)
		e->prev->next = e->next;
	else
		d->first = e->next;
	if (e->next)
		e->next->prev = e->prev;
	tell(e, JIT_UNREGISTER_FN);
	free(e);
}
