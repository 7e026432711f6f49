/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions of an executable or shared object: one row for each name, in the order of addresses.
 * No two rows have the same name: where several functions do, none has the plain one (as with kernel
 * functions, nobody guesses which was meant), and each is told by what tells it apart.
 */
#ifndef FS_IMAGE_USYMS_H
#define FS_IMAGE_USYMS_H

#include <stddef.h>
#include <stdint.h>

#include "image/uscan.h"

struct uelf;

enum usym_flags {
	USYM_GLOBAL = 1 << 0,
	USYM_IFUNC = 1 << 1,		/* its code returns the address of the function to call */
	USYM_ALIAS = 1 << 2,		/* another name for the row before */
	USYM_AMBIGUOUS = 1 << 3,	/* others have its name */
	USYM_PART = 1 << 4,		/* of a function: its unlikely code, placed elsewhere */
	USYM_NAMELESS = 1 << 5,		/* by .eh_frame; called "@0x1234" by its address */
	USYM_NAME_OWNED = 1 << 6,
};

struct usym {
	uint64_t addr;
	uint64_t size;		/* 0 = unknown */
	/* As in the symbol table; "f@VERSION" where that is not the default version; "f@0x1234", by its
	 * address, where it is ambiguous. */
	const char *name;
	uint32_t base_len;	/* of the name without what follows '@' */
	uint32_t flags;		/* enum usym_flags */
};

struct usyms {
	struct usym *v;		/* by address; of aliases, the global and shorter first */
	uint32_t nr;
	uint32_t *by_name;	/* indices into .v, ascending names */
	struct uscan scan;	/* with USYMS_NAMELESS; else empty, its .is_used NULL */
};

enum usyms_load_flags {
	USYMS_NAMELESS = 1 << 0,	/* also what has no symbol, but is called or has its address taken */
};

/*
 * From .symtab, of the file or of what was stripped from it, and .dynsym; sizes that are missing there, and
 * functions without a name, by .eh_frame. Looking for the latter takes about 0.1 s for 2 MB of code.
 * Names are borrowed from @e, which must outlive the result. 0, -ENOMEM, -errno of reading code; a file
 * without any symbol gives an empty table.
 */
int usyms_load(struct uelf *e, uint32_t flags, struct usyms **ret);
void usyms_free(struct usyms *s);

/* NULL if there is none. */
const struct usym *usyms_find(const struct usyms *s, const char *name);
/* Of those whose name was @name but for what was appended: the first, in address order; *@nr of them
 * follow each other in .by_name. NULL: none. */
const struct usym *usyms_find_ambiguous(const struct usyms *s, const char *name, uint32_t *nr);
/* The first row whose code @addr is in; NULL if none. */
const struct usym *usyms_at(const struct usyms *s, uint64_t addr);
/* By .eh_frame, whether there is a symbol or not; 0 = it does not say. */
uint64_t usyms_size_at(const struct uelf *e, uint64_t addr);
/* The first row that begins after @addr; NULL if none. */
const struct usym *usyms_after(const struct usyms *s, uint64_t addr);

#endif
