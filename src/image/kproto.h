/* SPDX-License-Identifier: BSD-2-Clause */
/* What a trampoline makes of a C prototype: slots, sizes, and what it cannot take. */
#ifndef FS_IMAGE_KPROTO_H
#define FS_IMAGE_KPROTO_H

#include <stdint.h>

struct btf;
struct ktarget_proto;

#define KPROTO_MAX_ARGS 12	/* MAX_BPF_FUNC_ARGS */

/* Prototype of FUNC @func_id. -EINVAL if the id is no FUNC with a FUNC_PROTO; prints nothing. */
int kproto_from_btf(const struct btf *btf, uint32_t func_id, struct ktarget_proto *ret);

/* What the kernel assumes of a BPF program's static function when it does not trust the prototype: five u64
 * arguments, a u64 result. */
void kproto_unreliable(struct ktarget_proto *ret);

/* Why no session fits this prototype, in words, or NULL; @hint may be NULL. */
const char *kproto_refusal(const struct ktarget_proto *p, const char **hint);

/* What kernels differ in, for one that has refused; NULL = nothing unusual about it. */
const char *kproto_doubt(const struct ktarget_proto *p);

#endif
