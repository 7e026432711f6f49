/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the user engine shows of an executable or shared object as if it were a kernel or a module: BTF
 * with one FUNC for each name of a function, and where those functions are. Types come from a .BTF section,
 * else from DWARF, its own or that of the file which was stripped from it; a function without a usable prototype takes six u64, by integer argument register, and
 * returns a u64.
 */
#ifndef FS_IMAGE_UBTF_H
#define FS_IMAGE_UBTF_H

#include <stdbool.h>
#include <stdint.h>

#include "image/uelf.h"
#include "image/usyms.h"

struct btf;

#define UBTF_UNTYPED_ARGS 6

struct ufunc {
	const struct usym *sym;	/* address in the file, size; .name is that of the FUNC */
	uint32_t btf_id;	/* FUNC */
	uint32_t decl;		/* FUNC_PROTO as it was declared; 0 = unknown */
	const char *untyped;	/* why the FUNC takes six u64; NULL: it takes what .decl says */
};

struct usites;

struct ubtf {
	struct uelf *elf;
	struct usyms *syms;
	struct btf *btf;
	struct ufunc *funcs;	/* one per row of .syms, the same order; .btf_id ascends */
	uint32_t nr;
	const char *source;	/* of types: ".BTF", "DWARF", "BTF file", or NULL: there are none */
	struct usites *sites;	/* after ubtf_refusal() */
};

struct ubtf_opts {
	const char *root;	/* where the file system begins that it belongs to, "/proc/PID/root"; NULL: "" */
	bool nameless;		/* also functions without a symbol (USYMS_NAMELESS) */
	const char *btf_file;	/* take types from it, BTF or an ELF file with .BTF, instead; NULL */
	/* Of DWARF, only of the functions whose name, or C++ name, matches, and what they reach; NULL: all */
	const char *typed;
};

/**
 * ubtf_open() - functions and types of a file
 *
 * Damaged types are as good as none: that is said, and no error. 10 MB of DWARF take about 0.15 s.
 * Return: 0, or -errno as uelf_open(), -E2BIG (more types than BTF can have); printed.
 */
int ubtf_open(const char *path, struct ubtf **ret);
/* Of an open file, whose @fd is duplicated; @name for messages. */
int ubtf_open_fd(int fd, const char *name, struct ubtf **ret);
/* The same in other ways than usual. */
int ubtf_open_opts(int fd, const char *name, const struct ubtf_opts *o, struct ubtf **ret);
void ubtf_free(struct ubtf *u);

/* NULL if there is none of exactly this name; usyms_find_ambiguous() tells if several have it. */
const struct ufunc *ubtf_find(const struct ubtf *u, const char *name);
/*
 * The code of @f in a process that has the file's addresses @base higher: f->sym, or what an IFUNC has chosen
 * there, with its own name ("" if it has none), address in the file and size.
 * @read: gets a word of the process; 0 or -errno
 * Return: 0; -ENOENT: what it has chosen cannot be found out, or is in another file; what @read returned
 */
int ubtf_code(const struct ubtf *u, const struct ufunc *f, uint64_t base,
	      int (*read)(void *arg, uint64_t addr, uint64_t *ret), void *arg, struct usym *ret);
/* Why ubtf_code() does not know the code of @f, in words; NULL: it has none. */
const char *ubtf_unknown(const struct ufunc *f);
/*
 * Why no session can be attached to @code, of f->sym or ubtf_code(): NULL, or a few words, which may be in @buf.
 * The first call looks at all instructions of the file, as usites_new().
 */
const char *ubtf_refusal(struct ubtf *u, const struct usym *code, char buf[128]);

/* Bit n: a branch from elsewhere in the file leads to n bytes behind the start of @code. After ubtf_refusal(). */
uint64_t ubtf_entered(const struct ubtf *u, const struct usym *code);

const struct ufunc *ubtf_from_id(const struct ubtf *u, uint32_t btf_id);

#endif
