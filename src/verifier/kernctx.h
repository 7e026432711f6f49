/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kinds of programs that only kernels run: kprobes, tracepoints, perf events, hooks of security modules, iterators.
 * Judged for `fsession verify` (VERIFY_KERNEL_KINDS) as far as their ctx and what they return goes.
 */
#ifndef FS_VERIFIER_KERNCTX_H
#define FS_VERIFIER_KERNCTX_H

#include "verifier/mem.h"

bool kernctx_is_kind(const struct verify_opts *o);
/* The ctx is a list of slots, by the prototype of the target. */
bool kernctx_has_slots(const struct verify_opts *o);
/* Any of the other kinds' */
int kernctx_access(struct env *env, struct access *a, s32 off);
/* PF_* of helpers that the kind has besides those that all have. */
u32 kernctx_helpers(const struct verify_opts *o);
/* What the kind may return: false: anything; @max < @min: nothing is looked at. */
bool kernctx_ret(const struct verify_opts *o, s64 *min, s64 *max);
/* Target's prototype, and how many of its first arguments are not in ctx; NULL: it has none. */
const struct btf_type *kernctx_proto(const struct verify_opts *o, u32 *hidden);

#endif
