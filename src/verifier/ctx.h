/* SPDX-License-Identifier: BSD-2-Clause */
/* Contexts: the slots of a traced function, packets' descriptions, plain arguments. */
#ifndef FS_VERIFIER_CTX_H
#define FS_VERIFIER_CTX_H

#include "verifier/mem.h"

/* -EACCES for the access at @off, with a hint about the ctx of such programs, or NULL. */
int ctx_refuse(struct env *env, const struct access *a, s32 off, const char *what);
int ctx_access(struct env *env, struct access *a);
int ctx_range(struct env *env, u32 nr, u32 size);

/* Programs that a trampoline runs; their ctx is a list of slots. */
bool ctx_is_trampoline(const struct verify_opts *o);
bool ctx_is_session(const struct verify_opts *o);
bool ctx_is_multi(const struct verify_opts *o);

#endif
