/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of a number: a tnum, and signed and unsigned ranges of all 64 bits and of the low 32.
 * Five views of one set; scalar_sync() tells each what the others know. Ranges never wrap.
 */
#ifndef FS_VERIFIER_SCALAR_H
#define FS_VERIFIER_SCALAR_H

#include "bpf/insn.h"
#include "verifier/tnum.h"

struct range {			/* of 64 or 32 bits; 32-bit numbers are kept extended */
	u64 umin, umax;
	s64 smin, smax;
};

struct scalar {
	struct tnum t;
	struct range r;		/* of the whole */
	struct range w;		/* of the low 32 bits */
};

struct scalar scalar_const(u64 v);
struct scalar scalar_unknown(void);
/* A zero-extended value of that many bits. */
struct scalar scalar_bits(u32 bits);
struct scalar scalar_urange(u64 min, u64 max);
struct scalar scalar_srange(s64 min, s64 max);

static inline bool scalar_is_const(const struct scalar *s)
{
	return tnum_is_const(s->t);
}

bool scalar_is_unknown(const struct scalar *s);
bool scalar_has(const struct scalar *s, u64 v);
/* Is every value of @b in @a? */
bool scalar_covers(const struct scalar *a, const struct scalar *b);
/* Lets the views agree; false: no number fits them all. */
bool scalar_sync(struct scalar *s);
bool scalar_intersect(struct scalar *a, const struct scalar *b);

struct scalar scalar_zext(const struct scalar *s, u32 bits);
struct scalar scalar_sext(const struct scalar *s, u32 bits);
/* What ALU instruction @insn makes of @dst and @src; any but BPF_END with 32-bit or 64-bit class. */
struct scalar scalar_alu(const struct bpf_insn *insn, const struct scalar *dst,
			 const struct scalar *src);

/* Assumes "a OP b" (@taken) or its contrary of both; false: it cannot be. @op is BPF_JEQ... */
bool scalar_assume(struct scalar *a, struct scalar *b, u8 op, bool is32, bool taken);

#endif
