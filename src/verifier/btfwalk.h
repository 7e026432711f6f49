/* SPDX-License-Identifier: BSD-2-Clause */
/* Types: what a prototype passes, what lies at an offset of a structure. */
#ifndef FS_VERIFIER_BTFWALK_H
#define FS_VERIFIER_BTFWALK_H

#include "verifier/mem.h"

struct btf_type;

/* Without typedefs and modifiers; NULL: void or damaged. */
const struct btf_type *btfwalk_strip(const struct btf *btf, u32 id, u32 *ret_id);
/* Bytes of a value; 0: void, incomplete or damaged. */
u32 btfwalk_bytes(const struct btf *btf, u32 id);
/* Types of the kernel (the target), NULL: none. */
const struct btf *btfwalk_kernel(const struct env *env);
/* Of a type; "" if it has none. */
const char *btfwalk_name(const struct btf *btf, u32 id);
/* What a value of pointer type @id is: a typed pointer if it points to a structure, else a number. */
void btfwalk_set_pointer(const struct btf *btf, u32 id, u32 flags, struct reg *ret);
int btfwalk_access(struct env *env, struct access *a);

#endif
