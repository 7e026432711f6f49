/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BTF types as C declarations, on one line. Unlike libbpf's btf_dump it can take any BTF, however it refers to
 * itself, and leaves out what is inside structs without a name.
 */
#ifndef FS_IMAGE_BTFDECL_H
#define FS_IMAGE_BTFDECL_H

#include <stddef.h>
#include <stdint.h>

struct btf;

/* "int name(struct s *arg, ...)" of a FUNC_PROTO, "struct s *name" of another type; @name may be "". What does
 * not fit into @size bytes is cut off. Returns @buf. */
char *btfdecl_format(const struct btf *btf, uint32_t type, const char *name, char *buf, size_t size);

#endif
