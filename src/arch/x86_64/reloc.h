/* SPDX-License-Identifier: BSD-2-Clause */
/* Decoding and moving instructions that somebody else emitted. */
#ifndef FS_ARCH_X86_64_RELOC_H
#define FS_ARCH_X86_64_RELOC_H

#include "arch/tramp.h"

int x86_64_plan(const struct arch_site *site, struct arch_plan *ret);
void x86_64_emit_copy(struct arch_plan *plan, u64 copy, struct codebuf *b, struct arch_cfi *cfi);
void x86_64_refs(const u8 *text, u32 len, u64 addr, arch_ref_fn found, void *arg);
/* convention.c: why a call through an image would not be what the function of @len bytes expects; NULL: it would */
const char *x86_64_foreign(const u8 *text, u32 len);
/* follow.c */
void x86_64_follow(const u8 *code, u32 len, const u32 *starts, u32 nr_starts, struct arch_cfi *cfi);
u32 x86_64_clobbers(const u8 *code, u32 len);

#endif
