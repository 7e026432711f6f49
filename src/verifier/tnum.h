/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tristate numbers: what is known of each bit. A bit set in mask is unknown, and zero in value. The
 * abstract domain of Vishwanathan et al., "Sound, Precise, and Fast Abstract Interpretation with
 * Tristate Numbers" (CGO 2022).
 */
#ifndef FS_VERIFIER_TNUM_H
#define FS_VERIFIER_TNUM_H

#include "util/types.h"

struct tnum {
	u64 value;
	u64 mask;
};

#define TNUM_UNKNOWN ((struct tnum){ 0, ~0ULL })

static inline struct tnum tnum_const(u64 v)
{
	return (struct tnum){ v, 0 };
}

static inline bool tnum_is_const(struct tnum t)
{
	return !t.mask;
}

/* The low 32 bits, zero extended. */
static inline struct tnum tnum_low(struct tnum t)
{
	return (struct tnum){ (u32)t.value, (u32)t.mask };
}

static inline bool tnum_has(struct tnum t, u64 v)
{
	return !((t.value ^ v) & ~t.mask);
}

/* Is every number of @b in @a? */
static inline bool tnum_covers(struct tnum a, struct tnum b)
{
	return !(b.mask & ~a.mask) && tnum_has(a, b.value);
}

/* The smallest one that holds [@min, @max]. */
struct tnum tnum_range(u64 min, u64 max);
/* Numbers in both; false: there are none. */
bool tnum_intersect(struct tnum a, struct tnum b, struct tnum *ret);
struct tnum tnum_add(struct tnum a, struct tnum b);
struct tnum tnum_sub(struct tnum a, struct tnum b);
struct tnum tnum_mul(struct tnum a, struct tnum b);
struct tnum tnum_and(struct tnum a, struct tnum b);
struct tnum tnum_or(struct tnum a, struct tnum b);
struct tnum tnum_xor(struct tnum a, struct tnum b);
struct tnum tnum_lsh(struct tnum a, u32 n);
struct tnum tnum_rsh(struct tnum a, u32 n);
struct tnum tnum_arsh(struct tnum a, u32 n);
/* The low @bits bits with their sign. */
struct tnum tnum_sext(struct tnum a, u32 bits);
struct tnum tnum_zext(struct tnum a, u32 bits);

#endif
