/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DWARF 4 and 5 to BTF: the functions that are defined in a file, and the types they reach. C and C++;
 * of other languages, what C can express.
 */
#ifndef FS_IMAGE_DWARFBTF_H
#define FS_IMAGE_DWARFBTF_H

#include <elfutils/libdw.h>
#include <stdint.h>

struct btf;

struct dwarf_func {
	uint64_t addr;		/* of its first instruction */
	const char *name;	/* for the linker, else in the source; NULL = has none. Of @dw. */
	uint32_t proto;		/* FUNC_PROTO in the BTF */
	const char *doubt;	/* why it may be called in another way than its prototype says; or NULL */
};

struct dwarf_funcs {
	struct dwarf_func *v;	/* by address */
	uint32_t nr;
};

/**
 * dwarfbtf_add() - add the prototypes of @dw's functions to @btf, a FUNC_PROTO for each
 * @wanted: ascending addresses of the @nr functions that matter, so that units without one are passed over; NULL:
 *	all of them
 * @btf: without types of its own so far, not deduplicated afterwards
 * @ret: freed by free(ret->v)
 *
 * What is damaged, or of no meaning in BTF, is left out: a type then has no members, a pointer points to
 * void.
 * Return: 0, -ENOMEM, or -E2BIG: more types than BTF can have. Prints nothing.
 */
int dwarfbtf_add(Dwarf *dw, const uint64_t *wanted, uint32_t nr, struct btf *btf, struct dwarf_funcs *ret);

#endif
