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
	uint8_t *code;		/* after uelf_load_code(): what is executable; else NULL */
	uint32_t code_len;
};

struct uelf {
	char *path;		/* for messages */
	int fd;
	Elf *elf;
	uint16_t machine;	/* EM_* */
	bool is_pie;		/* or a shared object: code has no fixed address */
	uint64_t entry;
	struct uelf_seg *segs;
	uint32_t nr_segs;
	uint8_t build_id[64];
	uint32_t build_id_len;	/* 0 = has none */
	/* What was stripped from it, with sections at the same addresses; NULL: not there */
	struct uelf *debug;	/* a file of its own: .symtab, DWARF, after uelf_open_debug() */
	struct uelf *mini;	/* .gnu_debugdata: .symtab */
	void *mini_bytes;
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

/**
 * uelf_open_debug() - look for what was stripped from @e
 * @root: where the process' file system begins, "/proc/PID/root"; "" for our own
 *
 * By build id in ROOT/usr/lib/debug/.build-id, else where .gnu_debuglink says; only a file of the same build
 * id counts. Sets @e->debug and @e->mini. Not finding anything is no error.
 * Return: 0, -ENOMEM
 */
int uelf_open_debug(struct uelf *e, const char *root);

/* First section of that name; NULL if there is none. */
Elf_Scn *uelf_section(const struct uelf *e, const char *name);
/* Its bytes, decompressed; NULL if there is no such section or it is damaged. The Elf's. */
Elf_Data *uelf_data(const struct uelf *e, const char *name);

/* Reads the executable segments, once. 0, -ENOMEM, -EFBIG (more than 2 GiB), -errno; prints nothing. */
int uelf_load_code(struct uelf *e);

/* Is @vaddr code that comes from the file? */
bool uelf_is_text(const struct uelf *e, uint64_t vaddr);
/* Reads up to @len bytes of a segment; how many, 0 if @vaddr is not from the file, -errno. */
int uelf_read(const struct uelf *e, uint64_t vaddr, void *buf, uint32_t len);

#endif
