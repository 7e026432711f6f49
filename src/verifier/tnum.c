/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/tnum.h"

struct tnum tnum_range(u64 min, u64 max)
{
	u64 differ = min ^ max, unknown;

	if (!differ)
		return tnum_const(min);
	unknown = ~0ULL >> __builtin_clzll(differ);
	return (struct tnum){ min & ~unknown, unknown };
}

bool tnum_intersect(struct tnum a, struct tnum b, struct tnum *ret)
{
	if ((a.value ^ b.value) & ~a.mask & ~b.mask)
		return false;
	ret->value = a.value | b.value;
	ret->mask = a.mask & b.mask;
	ret->value &= ~ret->mask;
	return true;
}

/* Carries differ between the sum of the smallest and the sum of the largest numbers exactly where a
 * carry is uncertain. */
struct tnum tnum_add(struct tnum a, struct tnum b)
{
	u64 low = a.value + b.value;
	u64 high = (a.value | a.mask) + (b.value | b.mask);
	u64 unknown = (low ^ high) | a.mask | b.mask;

	return (struct tnum){ low & ~unknown, unknown };
}

struct tnum tnum_sub(struct tnum a, struct tnum b)
{
	u64 low = a.value - (b.value | b.mask);
	u64 high = (a.value | a.mask) - b.value;
	u64 unknown = (low ^ high) | a.mask | b.mask;

	return (struct tnum){ (a.value - b.value) & ~unknown, unknown };
}

/* Known parts multiply exactly; each unknown partial product adds bits that may be set. */
struct tnum tnum_mul(struct tnum a, struct tnum b)
{
	struct tnum unknown = tnum_const(0);

	for (u32 i = 0; i < 64; i++) {
		u64 may = 0;

		if (a.mask >> i & 1)
			may = (b.value | b.mask) << i;
		else if (a.value >> i & 1)
			may = b.mask << i;
		if (may)
			unknown = tnum_add(unknown, (struct tnum){ 0, may });
	}
	return tnum_add(tnum_const(a.value * b.value), unknown);
}

struct tnum tnum_and(struct tnum a, struct tnum b)
{
	u64 ones = a.value & b.value;
	u64 maybe = (a.value | a.mask) & (b.value | b.mask);

	return (struct tnum){ ones, maybe & ~ones };
}

struct tnum tnum_or(struct tnum a, struct tnum b)
{
	u64 ones = a.value | b.value;

	return (struct tnum){ ones, (a.mask | b.mask) & ~ones };
}

struct tnum tnum_xor(struct tnum a, struct tnum b)
{
	u64 unknown = a.mask | b.mask;

	return (struct tnum){ (a.value ^ b.value) & ~unknown, unknown };
}

struct tnum tnum_lsh(struct tnum a, u32 n)
{
	return (struct tnum){ a.value << n, a.mask << n };
}

struct tnum tnum_rsh(struct tnum a, u32 n)
{
	return (struct tnum){ a.value >> n, a.mask >> n };
}

struct tnum tnum_arsh(struct tnum a, u32 n)
{
	return (struct tnum){ (s64)a.value >> n, (s64)a.mask >> n };
}

struct tnum tnum_sext(struct tnum a, u32 bits)
{
	return tnum_arsh(tnum_lsh(a, 64 - bits), 64 - bits);
}

struct tnum tnum_zext(struct tnum a, u32 bits)
{
	return bits == 64 ? a : tnum_rsh(tnum_lsh(a, 64 - bits), 64 - bits);
}
