/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading ELF64 little-endian files that may be damaged or hostile: a view of the bytes, every
 * offset, size, index and entry size checked where it is used. Sections may overlap and lie.
 */
#ifndef FS_IMAGE_ELF64_H
#define FS_IMAGE_ELF64_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

struct elf64 {
	const uint8_t *data;
	size_t size;
	const char *name;	/* of the file, for messages; NULL = print none */
	Elf64_Ehdr ehdr;
	uint64_t shoff;
	uint32_t nr_secs;
	uint32_t shstrndx;
};

/* A relocatable BPF object, of which every section lies inside the file? -EINVAL, printed. */
int elf64_init(struct elf64 *e, const void *data, size_t size, const char *name);

/* @idx < nr_secs */
void elf64_sec(const struct elf64 *e, uint32_t idx, Elf64_Shdr *ret);
/* Offset in the file of field @off of section header @idx. */
uint64_t elf64_sec_field(const struct elf64 *e, uint32_t idx, size_t off);
/* NUL-terminated string at @off of section @idx; NULL if there is none. */
const char *elf64_str(const struct elf64 *e, uint32_t idx, uint64_t off);
/* "" if it has none. */
const char *elf64_sec_name(const struct elf64 *e, const Elf64_Shdr *sh);
/* First section of that name and type; 0 if there is none. */
uint32_t elf64_sec_find(const struct elf64 *e, const char *name, uint32_t type);

#endif
