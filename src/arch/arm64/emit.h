/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A64 machine code, one function per instruction form, destination first. @w is 1 for 64-bit operands,
 * 0 for 32-bit ones (which zero the upper half). Raw bits live here and nowhere else. Encodings: Arm
 * Architecture Reference Manual, chapter C4.
 */
#ifndef FS_ARCH_ARM64_EMIT_H
#define FS_ARCH_ARM64_EMIT_H

#include "arch/codebuf.h"

enum a64_reg {
	X0, X1, X2, X3, X4, X5, X6, X7, X8, X9, X10, X11, X12, X13, X14, X15, X16, X17, X18, X19, X20,
	X21, X22, X23, X24, X25, X26, X27, X28, X29, X30, XZR, SP = 31,
};

enum a64_cond {		/* ^ 1 negates */
	COND_EQ = 0, COND_NE = 1, COND_HS = 2, COND_LO = 3, COND_HI = 8, COND_LS = 9,
	COND_GE = 10, COND_LT = 11, COND_GT = 12, COND_LE = 13,
};

enum a64_logic {
	LOGIC_AND = 0x0a000000, LOGIC_ORR = 0x2a000000, LOGIC_EOR = 0x4a000000, LOGIC_ANDS = 0x6a000000,
};

enum a64_two {		/* two-source data processing */
	TWO_UDIV = 0x800, TWO_SDIV = 0xc00, TWO_LSL = 0x2000, TWO_LSR = 0x2400, TWO_ASR = 0x2800,
};

enum a64_rmw {		/* atomic memory operations of LSE; AND is a clear of the complement */
	RMW_ADD = 0x0000, RMW_CLR = 0x1000, RMW_EOR = 0x2000, RMW_SET = 0x3000, RMW_SWP = 0x8000,
};

/* opc field of loads and stores */
enum a64_mem { MEM_STORE = 0, MEM_LOAD = 1, MEM_LOAD_SX = 2 };

static inline void a64(struct codebuf *b, u32 insn)
{
	codebuf_u32(b, insn);
}

static inline u32 a64_w(int w)
{
	return (u32)w << 31;
}

/* log2 of 1, 2, 4, 8 in the size field */
static inline u32 a64_size(u32 bytes)
{
	return (u32)__builtin_ctz(bytes) << 30;
}

/* -- Constants and moves --- */

static inline void emit_mov_rr(struct codebuf *b, int w, int d, int s)
{
	a64(b, 0x2a0003e0 | a64_w(w) | s << 16 | d);		/* orr d, zr, s */
}

/* to or from sp */
static inline void emit_mov_sp(struct codebuf *b, int d, int s)
{
	a64(b, 0x91000000 | s << 5 | d);			/* add d, s, #0 */
}

static inline void emit_movz(struct codebuf *b, int d, u16 imm, int shift)
{
	a64(b, 0xd2800000 | (shift / 16) << 21 | imm << 5 | d);
}

static inline void emit_movn(struct codebuf *b, int d, u16 imm, int shift)
{
	a64(b, 0x92800000 | (shift / 16) << 21 | imm << 5 | d);
}

static inline void emit_movk(struct codebuf *b, int d, u16 imm, int shift)
{
	a64(b, 0xf2800000 | (shift / 16) << 21 | imm << 5 | d);
}

static inline int a64_halves(u64 v, u16 than)
{
	int nr = 0;

	for (int shift = 0; shift < 64; shift += 16)
		nr += (u16)(v >> shift) != than;
	return nr;
}

/* Any constant, in one to four instructions. */
static inline void emit_mov_ri(struct codebuf *b, int d, u64 imm)
{
	bool inverted = a64_halves(imm, 0xffff) < a64_halves(imm, 0);
	u16 skip = inverted ? 0xffff : 0;
	bool first = true;

	if (!imm)
		emit_movz(b, d, 0, 0);
	else if (!~imm)
		emit_movn(b, d, 0, 0);
	for (int shift = 0; shift < 64; shift += 16) {
		u16 half = imm >> shift;

		if (half == skip)
			continue;
		if (!first)
			emit_movk(b, d, half, shift);
		else if (inverted)
			emit_movn(b, d, ~half, shift);
		else
			emit_movz(b, d, half, shift);
		first = false;
	}
}

/* -- Arithmetic --- */

static inline void emit_add_rr(struct codebuf *b, int w, int d, int n, int m)
{
	a64(b, 0x0b000000 | a64_w(w) | m << 16 | n << 5 | d);
}

static inline void emit_sub_rr(struct codebuf *b, int w, int d, int n, int m)
{
	a64(b, 0x4b000000 | a64_w(w) | m << 16 | n << 5 | d);
}

/* d = n - (m << shift) */
static inline void emit_sub_shifted(struct codebuf *b, int d, int n, int m, int shift)
{
	a64(b, 0xcb000000 | m << 16 | shift << 10 | n << 5 | d);
}

/* d = n + ((u32)m << shift) */
static inline void emit_add_uxtw(struct codebuf *b, int d, int n, int m, int shift)
{
	a64(b, 0x8b204000 | m << 16 | shift << 10 | n << 5 | d);
}

static inline bool a64_is_imm12(s64 v)
{
	return v >= 0 && v < 4096;
}

/* 0 <= imm < 4096 */
static inline void emit_add_ri(struct codebuf *b, int w, int d, int n, u32 imm)
{
	a64(b, 0x11000000 | a64_w(w) | imm << 10 | n << 5 | d);
}

static inline void emit_sub_ri(struct codebuf *b, int w, int d, int n, u32 imm)
{
	a64(b, 0x51000000 | a64_w(w) | imm << 10 | n << 5 | d);
}

static inline void emit_cmp_ri(struct codebuf *b, int w, int n, u32 imm)
{
	a64(b, 0x71000000 | a64_w(w) | imm << 10 | n << 5 | XZR);
}

/* compares with -imm, imm > 0 */
static inline void emit_cmn_ri(struct codebuf *b, int w, int n, u32 imm)
{
	a64(b, 0x31000000 | a64_w(w) | imm << 10 | n << 5 | XZR);
}

static inline void emit_cmp_rr(struct codebuf *b, int w, int n, int m)
{
	a64(b, 0x6b000000 | a64_w(w) | m << 16 | n << 5 | XZR);
}

static inline void emit_logic_rr(struct codebuf *b, int w, enum a64_logic op, int d, int n, int m)
{
	a64(b, op | a64_w(w) | m << 16 | n << 5 | d);
}

static inline void emit_mvn(struct codebuf *b, int w, int d, int m)
{
	a64(b, 0x2a2003e0 | a64_w(w) | m << 16 | d);
}

/*
 * The N:immr:imms field of a logical immediate: a run of ones, rotated, repeated in elements of 2..64
 * bits. Returns false if @v has none (all zeros and all ones have none).
 */
static inline bool a64_bitmask(u64 v, int w, u32 *ret)
{
	int size = w ? 64 : 32, ones;

	v = w ? v : (u64)(u32)v | v << 32;
	if (!v || !~v)
		return false;
	while (size > 2 && (v & ((1ULL << size / 2) - 1)) == (v >> size / 2 & ((1ULL << size / 2) - 1)))
		size /= 2;
	v &= size == 64 ? ~0ULL : (1ULL << size) - 1;
	ones = __builtin_popcountll(v);
	for (int rot = 0; rot < size; rot++) {
		u64 run = (1ULL << ones) - 1;	/* ones < size <= 64 */
		u64 turned = rot ? run >> rot | run << (size - rot) : run;

		turned &= size == 64 ? ~0ULL : (1ULL << size) - 1;
		if (turned != v)
			continue;
		*ret = (u32)(size == 64) << 22 | rot << 16 | ((~(size * 2 - 1) & 0x3f) | (ones - 1)) << 10;
		return true;
	}
	return false;
}

/* @field: from a64_bitmask() */
static inline void emit_logic_ri(struct codebuf *b, int w, enum a64_logic op, int d, int n, u32 field)
{
	a64(b, (op ^ 0x18000000) | a64_w(w) | field | n << 5 | d);
}

static inline void emit_mul(struct codebuf *b, int w, int d, int n, int m)
{
	a64(b, 0x1b007c00 | a64_w(w) | m << 16 | n << 5 | d);
}

/* d = a - n * m */
static inline void emit_msub(struct codebuf *b, int w, int d, int n, int m, int a)
{
	a64(b, 0x1b008000 | a64_w(w) | m << 16 | a << 10 | n << 5 | d);
}

static inline void emit_two(struct codebuf *b, int w, enum a64_two op, int d, int n, int m)
{
	a64(b, 0x1ac00000 | a64_w(w) | m << 16 | op | n << 5 | d);
}

/* ubfm, sbfm: shifts by a constant, extensions, bit fields */
static inline void emit_bitfield(struct codebuf *b, int w, int is_signed, int d, int n, int immr, int imms)
{
	a64(b, (is_signed ? 0x13000000 : 0x53000000) | a64_w(w) | (u32)w << 22 | immr << 16 |
		       imms << 10 | n << 5 | d);
}

static inline void emit_lsl_i(struct codebuf *b, int w, int d, int n, int by)
{
	int bits = w ? 64 : 32;

	emit_bitfield(b, w, 0, d, n, (bits - by) % bits, bits - 1 - by);
}

static inline void emit_lsr_i(struct codebuf *b, int w, int d, int n, int by)
{
	emit_bitfield(b, w, 0, d, n, by, w ? 63 : 31);
}

static inline void emit_asr_i(struct codebuf *b, int w, int d, int n, int by)
{
	emit_bitfield(b, w, 1, d, n, by, w ? 63 : 31);
}

/* rotates right by a constant */
static inline void emit_ror_i(struct codebuf *b, int w, int d, int n, int by)
{
	a64(b, 0x13800000 | a64_w(w) | (u32)w << 22 | n << 16 | by << 10 | n << 5 | d);
}

/* d = cond ? n : m */
static inline void emit_csel(struct codebuf *b, int w, int d, int n, int m, enum a64_cond cond)
{
	a64(b, 0x1a800000 | a64_w(w) | m << 16 | cond << 12 | n << 5 | d);
}

/* bytes in reverse: 16: within each half word, 32, 64 */
static inline void emit_rev(struct codebuf *b, int bits, int d, int n)
{
	a64(b, (bits == 64 ? 0xdac00c00 : bits == 32 ? 0x5ac00800 : 0x5ac00400) | n << 5 | d);
}

/* -- Memory --- */

/* [n + off]: scaled, unscaled, or by way of register @tmp; all three zero-extend loads but MEM_LOAD_SX */
static inline void emit_mem(struct codebuf *b, enum a64_mem op, u32 bytes, int t, int n, s32 off, int tmp)
{
	u32 common = a64_size(bytes) | (u32)op << 22 | n << 5 | t;

	if (off >= 0 && off % (s32)bytes == 0 && off / (s32)bytes < 4096) {
		a64(b, 0x39000000 | common | (off / bytes) << 10);
	} else if (off >= -256 && off < 256) {
		a64(b, 0x38000000 | common | (off & 0x1ff) << 12);
	} else {
		emit_mov_ri(b, tmp, (s64)off);
		a64(b, 0x38206800 | common | tmp << 16);
	}
}

/* t = zero-extended [n + m] */
static inline void emit_load_rr(struct codebuf *b, u32 bytes, int t, int n, int m)
{
	a64(b, 0x38606800 | a64_size(bytes) | m << 16 | n << 5 | t);
}

/* stp t, t2, [sp, #-16]! */
static inline void emit_push_pair(struct codebuf *b, int t, int t2)
{
	a64(b, 0xa9bf0000 | t2 << 10 | SP << 5 | t);
}

/* ldp t, t2, [sp], #16 */
static inline void emit_pop_pair(struct codebuf *b, int t, int t2)
{
	a64(b, 0xa8c10000 | t2 << 10 | SP << 5 | t);
}

static inline void emit_load_acquire(struct codebuf *b, u32 bytes, int t, int n)
{
	a64(b, 0x08dffc00 | a64_size(bytes) | n << 5 | t);
}

static inline void emit_store_release(struct codebuf *b, u32 bytes, int t, int n)
{
	a64(b, 0x089ffc00 | a64_size(bytes) | n << 5 | t);
}

/* LSE: t = [n]; [n] op= s; acquire and release. t = XZR drops the result (and with it the acquire). */
static inline void emit_rmw(struct codebuf *b, u32 bytes, enum a64_rmw op, int s, int t, int n)
{
	a64(b, 0x38e00000 | a64_size(bytes) | s << 16 | op | n << 5 | t);
}

/* LSE: if [n] equals s, [n] = t; s = what [n] was */
static inline void emit_casal(struct codebuf *b, u32 bytes, int s, int t, int n)
{
	a64(b, 0x08e0fc00 | a64_size(bytes) | s << 16 | n << 5 | t);
}

static inline void emit_ldaxr(struct codebuf *b, u32 bytes, int t, int n)
{
	a64(b, 0x085ffc00 | a64_size(bytes) | n << 5 | t);
}

/* status = 0 if it was stored */
static inline void emit_stlxr(struct codebuf *b, u32 bytes, int status, int t, int n)
{
	a64(b, 0x0800fc00 | a64_size(bytes) | status << 16 | n << 5 | t);
}

static inline void emit_dmb_ish(struct codebuf *b)
{
	a64(b, 0xd5033bbf);
}

/* -- Control: distances are from the instruction itself --- */

static inline bool a64_fits(s64 dist, int bits)
{
	return dist >= -(1LL << (bits + 1)) && dist < 1LL << (bits + 1);
}

static inline void emit_b(struct codebuf *b, s64 dist)
{
	if (!a64_fits(dist, 26))
		codebuf_fail(b, -E2BIG);
	a64(b, 0x14000000 | (dist >> 2 & 0x3ffffff));
}

static inline void emit_bl(struct codebuf *b, s64 dist)
{
	if (!a64_fits(dist, 26))
		codebuf_fail(b, -E2BIG);
	a64(b, 0x94000000 | (dist >> 2 & 0x3ffffff));
}

/* within 1 MB */
static inline void emit_bcond(struct codebuf *b, enum a64_cond cond, s64 dist)
{
	if (!a64_fits(dist, 19))
		codebuf_fail(b, -E2BIG);
	a64(b, 0x54000000 | (dist >> 2 & 0x7ffff) << 5 | cond);
}

/* within 128 MB, in two instructions */
static inline void emit_bcond_far(struct codebuf *b, enum a64_cond cond, s64 dist)
{
	emit_bcond(b, cond ^ 1, 8);
	emit_b(b, dist - 4);
}

static inline void emit_cbz(struct codebuf *b, int w, int t, s64 dist)
{
	a64(b, 0x34000000 | a64_w(w) | (dist >> 2 & 0x7ffff) << 5 | t);
}

static inline void emit_cbnz(struct codebuf *b, int w, int t, s64 dist)
{
	a64(b, 0x35000000 | a64_w(w) | (dist >> 2 & 0x7ffff) << 5 | t);
}

static inline void emit_br(struct codebuf *b, int n)
{
	a64(b, 0xd61f0000 | n << 5);
}

static inline void emit_blr(struct codebuf *b, int n)
{
	a64(b, 0xd63f0000 | n << 5);
}

static inline void emit_ret(struct codebuf *b)
{
	a64(b, 0xd65f03c0);
}

/* bti c: accepts calls, and br through x16 or x17 */
static inline void emit_bti_c(struct codebuf *b)
{
	a64(b, 0xd503245f);
}

static inline void emit_adr(struct codebuf *b, int d, s64 dist)
{
	if (dist < -(1 << 20) || dist >= 1 << 20)
		codebuf_fail(b, -E2BIG);
	a64(b, 0x10000000 | (dist & 3) << 29 | (dist >> 2 & 0x7ffff) << 5 | d);
}

/* A conditional branch to a place not yet known; emit_land() says here it is. */
static inline u32 emit_bcond_fwd(struct codebuf *b, enum a64_cond cond)
{
	emit_bcond(b, cond, 0);
	return b->len - 4;
}

static inline u32 emit_cbz_fwd(struct codebuf *b, int w, int t)
{
	emit_cbz(b, w, t, 0);
	return b->len - 4;
}

static inline void emit_land(struct codebuf *b, u32 branch)
{
	u32 dist = (b->len - branch) >> 2, insn;

	if (!b->buf || branch + 4 > b->len)
		return;
	memcpy(&insn, b->buf + branch, 4);
	insn |= (dist & 0x7ffff) << 5;
	codebuf_patch(b, branch, &insn, 4);
}

#endif
