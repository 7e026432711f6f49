/* SPDX-License-Identifier: BSD-2-Clause */
/* BTF prototypes as C. */
#ifndef FS_IMAGE_BTFDECL_H
#define FS_IMAGE_BTFDECL_H

#include <stdint.h>
#include <stdio.h>

struct btf;

struct btfdecl;

/* Prints declarations of @btf's types to @f; both are borrowed. 0, -errno. */
int btfdecl_new(const struct btf *btf, FILE *f, struct btfdecl **ret);
void btfdecl_free(struct btfdecl *d);

/* "int name(struct s *arg, ...)"; nothing if @proto is no FUNC_PROTO. */
void btfdecl_print(struct btfdecl *d, uint32_t proto, const char *name);

#endif
