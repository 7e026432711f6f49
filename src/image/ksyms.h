/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of kernel functions by name: /proc/kallsyms (text symbols), and what ftrace can trace. One
 * immutable table per load; the caller owns it. Reading costs the kernel about a microsecond per
 * symbol, so it is done when first needed and no sooner.
 */
#ifndef FS_IMAGE_KSYMS_H
#define FS_IMAGE_KSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ksym {
	uint64_t addr;		/* 0 = hidden */
	uint32_t name;		/* offset of the name in the table's text */
	uint32_t module;	/* offset of the module's name; of "" for vmlinux */
};

struct ksyms {
	struct ksym *syms;	/* in the order of the file */
	uint32_t nr;
	char *text;
	uint32_t *hash;		/* 1 + index into syms; 0 = free */
	uint32_t hash_mask;
	uint64_t init_start, init_end;	/* text that is freed after boot; 0 = unknown */
	bool hidden;		/* every address is 0: kptr_restrict */
};

/* From /proc/kallsyms. -errno; prints nothing. */
int ksyms_load(struct ksyms **ret);
/* Address of one function of vmlinux, by reading no further than needed: it stands in the first
 * half mostly. 0 = hidden; -ENOENT, -errno; prints nothing. */
int ksyms_scan(const char *name, uint64_t *ret);
/* From available_filter_functions of tracefs: without addresses. -errno; prints nothing. */
int ksyms_load_traceable(struct ksyms **ret);
/* From text in the format of kallsyms, or of the other; takes ownership of the malloc()ed,
 * NUL-terminated @text. */
int ksyms_parse(char *text, struct ksyms **ret);
int ksyms_parse_traceable(char *text, struct ksyms **ret);
void ksyms_free(struct ksyms *k);

const char *ksyms_name(const struct ksyms *k, const struct ksym *s);
const char *ksyms_module(const struct ksyms *k, const struct ksym *s);

/* First symbol of that name in @module ("" = vmlinux, NULL = anywhere); NULL if there is none. */
const struct ksym *ksyms_find(const struct ksyms *k, const char *module, const char *name);
/* Number of addresses that bear that name there. */
uint32_t ksyms_count(const struct ksyms *k, const char *module, const char *name);
/* What the compiler made of @name ("name.isra.0", "name.constprop.0", ...), or NULL. */
const struct ksym *ksyms_variant(const struct ksyms *k, const char *module, const char *name);
bool ksyms_in_init(const struct ksyms *k, const struct ksym *s);

#endif
