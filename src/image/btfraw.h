/* SPDX-License-Identifier: BSD-2-Clause */
/* Walking a .BTF section as bytes, without trust in them; read only. */
#ifndef FS_IMAGE_BTFRAW_H
#define FS_IMAGE_BTFRAW_H

#include <linux/btf.h>
#include <stddef.h>
#include <stdint.h>

struct btfraw {
	const uint8_t *types;
	size_t types_size;
	const char *strs;	/* ends in NUL */
	size_t strs_size;
};

struct btfraw_iter {
	struct btf_type t;	/* the current one */
	size_t off;		/* its offset in types */
	size_t next;
	uint32_t id;		/* 0 = before the first */
};

/* -EINVAL if the header or the strings are damaged. */
int btfraw_init(struct btfraw *b, const void *data, size_t size);
/* Next type, from a zeroed @it on: 1, or 0 at the end, or -EINVAL (damaged, or of unknown kind). */
int btfraw_next(const struct btfraw *b, struct btfraw_iter *it);
/* NULL if the offset lies outside. */
const char *btfraw_str(const struct btfraw *b, uint32_t off);

/*
 * Would a reader that trusts it come to harm? Names lie inside, types refer to types that are there and
 * of a kind that makes sense, chains of modifiers end. libbpf before 1.3 does not look.
 * Return: 0, -ENOMEM, or -EINVAL: then *@bad is the id of the type (0: the table as a whole).
 */
int btfraw_check(const struct btfraw *b, uint32_t *bad);

#endif
