/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An executable or shared object as a file: its segments, sections and build id, and the files that
 * hold what was stripped from it. Nothing of it is trusted. Addresses are the file's own; where a
 * process has mapped it is nobody's business here.
 */
#ifndef FS_IMAGE_UELF_H
#define FS_IMAGE_UELF_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uelf_seg {		/* of the loaded ones */
	uint64_t vaddr, offset, filesz, memsz;
	uint32_t flags;		/* PF_X, ... */
};

struct uelf {
	char *path;		/* for messages */
	int fd;
	Elf *elf;
	uint16_t machine;	/* EM_* */
	struct uelf_seg *segs;
	uint32_t nr_segs;
	uint8_t build_id[64];
	uint32_t build_id_len;	/* 0 = has none */
};

/**
 * uelf_open() - a 64-bit little-endian executable or shared object
 * Return: 0, or (printed)
 *   -EINVAL  not an ELF file, not of this kind, damaged
 *   -ENOMEM, -errno of open()
 */
int uelf_open(const char *path, struct uelf **ret);
/* The same of an open file, whose @fd is duplicated. @name: for messages. */
int uelf_open_fd(int fd, const char *name, struct uelf **ret);
void uelf_close(struct uelf *e);

/* First section of that name; NULL if there is none. */
Elf_Scn *uelf_section(const struct uelf *e, const char *name);
/* Its bytes, decompressed; NULL if there is no such section or it is damaged. The Elf's. */
Elf_Data *uelf_data(const struct uelf *e, const char *name);

/* Is @vaddr code that comes from the file? */
bool uelf_is_text(const struct uelf *e, uint64_t vaddr);
/* Reads up to @len bytes of a segment; how many, 0 if @vaddr is not from the file, -errno. */
int uelf_read(const struct uelf *e, uint64_t vaddr, void *buf, uint32_t len);

#endif
