/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86_64 machine code, one function per instruction form; the shortest encoding each. Destination
 * first. @w is 1 for 64-bit operands, 0 for 32-bit ones (which zero the upper half). Raw bytes live
 * here and nowhere else. Encodings: Intel SDM volume 2.
 */
#ifndef FS_ARCH_X86_64_EMIT_H
#define FS_ARCH_X86_64_EMIT_H

#include "arch/codebuf.h"

enum x86_reg {
	RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI,
	R8, R9, R10, R11, R12, R13, R14, R15,
};

enum x86_cc {		/* condition codes as encoded; ^ 1 negates */
	CC_B = 2, CC_AE = 3, CC_E = 4, CC_NE = 5, CC_BE = 6, CC_A = 7,
	CC_L = 12, CC_GE = 13, CC_LE = 14, CC_G = 15,
};

enum x86_alu {		/* ALU group: /digit, and opcode >> 3 */
	ALU_ADD = 0, ALU_OR = 1, ALU_AND = 4, ALU_SUB = 5, ALU_XOR = 6, ALU_CMP = 7,
};

enum x86_shift { SHIFT_ROL = 0, SHIFT_ROR = 1, SHIFT_SHL = 4, SHIFT_SHR = 5, SHIFT_SAR = 7 };

enum x86_unary { UN_NOT = 2, UN_NEG = 3, UN_MUL = 4, UN_IMUL = 5, UN_DIV = 6, UN_IDIV = 7 };

static inline bool x86_is_imm8(s64 v)
{
	return v == (s8)v;
}

static inline bool x86_is_imm32(s64 v)
{
	return v == (s32)v;
}

/* -- Parts --- */

static inline void x86_rex(struct codebuf *b, int w, int reg, int index, int base, bool always)
{
	u8 rex = 0x40 | w << 3 | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;

	if (rex != 0x40 || always)
		codebuf_u8(b, rex);
}

static inline void x86_modrm(struct codebuf *b, int mod, int reg, int rm)
{
	codebuf_u8(b, mod << 6 | (reg & 7) << 3 | (rm & 7));
}

/* Bytes of displacement for a base: rbp and r13 have no form without one. */
static inline int x86_disp_mod(int base, s32 disp)
{
	if (!disp && (base & 7) != RBP)
		return 0;
	return x86_is_imm8(disp) ? 1 : 2;
}

static inline void x86_disp(struct codebuf *b, int mod, s32 disp)
{
	if (mod == 1)
		codebuf_u8(b, disp);
	else if (mod == 2)
		codebuf_u32(b, disp);
}

/* [base + disp]; rsp and r12 as base need a SIB byte */
static inline void x86_mem(struct codebuf *b, int reg, int base, s32 disp)
{
	int mod = x86_disp_mod(base, disp);

	x86_modrm(b, mod, reg, base);
	if ((base & 7) == RSP)
		codebuf_u8(b, 0x24);
	x86_disp(b, mod, disp);
}

/* [base + index << scale + disp]; rsp cannot be the index */
static inline void x86_sib(struct codebuf *b, int reg, int base, int index, int scale, s32 disp)
{
	int mod = x86_disp_mod(base, disp);

	if (index == RSP)
		codebuf_fail(b, -EINVAL);
	x86_modrm(b, mod, reg, RSP);
	codebuf_u8(b, scale << 6 | (index & 7) << 3 | (base & 7));
	x86_disp(b, mod, disp);
}

static inline void x86_op_rr(struct codebuf *b, int w, u8 op, int reg, int rm)
{
	x86_rex(b, w, reg, 0, rm, false);
	codebuf_u8(b, op);
	x86_modrm(b, 3, reg, rm);
}

static inline void x86_op0f_rr(struct codebuf *b, int w, u8 op, int reg, int rm)
{
	x86_rex(b, w, reg, 0, rm, false);
	codebuf_u8(b, 0x0f);
	codebuf_u8(b, op);
	x86_modrm(b, 3, reg, rm);
}

static inline void x86_op_mem(struct codebuf *b, int w, u8 op, int reg, int base, s32 disp)
{
	x86_rex(b, w, reg, 0, base, false);
	codebuf_u8(b, op);
	x86_mem(b, reg, base, disp);
}

static inline void x86_op0f_mem(struct codebuf *b, int w, u8 op, int reg, int base, s32 disp)
{
	x86_rex(b, w, reg, 0, base, false);
	codebuf_u8(b, 0x0f);
	codebuf_u8(b, op);
	x86_mem(b, reg, base, disp);
}

/* -- Moves --- */

static inline void emit_mov_rr(struct codebuf *b, int w, int dst, int src)
{
	x86_op_rr(b, w, 0x89, src, dst);
}

/* Any constant: xor (spoils the flags), mov r32, mov r64 sign-extended, movabs. */
static inline void emit_mov_ri(struct codebuf *b, int dst, u64 imm)
{
	if (!imm) {
		x86_op_rr(b, 0, 0x31, dst, dst);
	} else if (imm == (u32)imm) {
		x86_rex(b, 0, 0, 0, dst, false);
		codebuf_u8(b, 0xb8 | (dst & 7));
		codebuf_u32(b, imm);
	} else if (x86_is_imm32(imm)) {
		x86_op_rr(b, 1, 0xc7, 0, dst);
		codebuf_u32(b, imm);
	} else {
		x86_rex(b, 1, 0, 0, dst, false);
		codebuf_u8(b, 0xb8 | (dst & 7));
		codebuf_u64(b, imm);
	}
}

/* movsx/movsxd: the low @bits of @src; @w says how far the sign reaches */
static inline void emit_movsx_rr(struct codebuf *b, int w, int bits, int dst, int src)
{
	if (bits == 32) {
		x86_op_rr(b, 1, 0x63, dst, src);
		return;
	}
	x86_rex(b, w, dst, 0, src, bits == 8 && src >= RSP);	/* sil, dil: else ah.. */
	codebuf_u8(b, 0x0f);
	codebuf_u8(b, bits == 8 ? 0xbe : 0xbf);
	x86_modrm(b, 3, dst, src);
}

static inline void emit_movzx_rr(struct codebuf *b, int bits, int dst, int src)
{
	x86_rex(b, 0, dst, 0, src, bits == 8 && src >= RSP);
	codebuf_u8(b, 0x0f);
	codebuf_u8(b, bits == 8 ? 0xb6 : 0xb7);
	x86_modrm(b, 3, dst, src);
}

/* zero-extending load */
static inline void emit_load(struct codebuf *b, u32 bytes, int dst, int base, s32 disp)
{
	if (bytes == 1)
		x86_op0f_mem(b, 0, 0xb6, dst, base, disp);
	else if (bytes == 2)
		x86_op0f_mem(b, 0, 0xb7, dst, base, disp);
	else
		x86_op_mem(b, bytes == 8, 0x8b, dst, base, disp);
}

/* load, sign-extended to 64 bits */
static inline void emit_load_sx(struct codebuf *b, u32 bytes, int dst, int base, s32 disp)
{
	if (bytes == 1)
		x86_op0f_mem(b, 1, 0xbe, dst, base, disp);
	else if (bytes == 2)
		x86_op0f_mem(b, 1, 0xbf, dst, base, disp);
	else
		x86_op_mem(b, 1, 0x63, dst, base, disp);
}

/* dst = zero-extended [base + index << scale + disp] */
static inline void emit_load_sib(struct codebuf *b, u32 bytes, int dst, int base, int index, int scale,
				 s32 disp)
{
	x86_rex(b, bytes == 8, dst, index, base, false);
	if (bytes < 4) {
		codebuf_u8(b, 0x0f);
		codebuf_u8(b, bytes == 1 ? 0xb6 : 0xb7);
	} else {
		codebuf_u8(b, 0x8b);
	}
	x86_sib(b, dst, base, index, scale, disp);
}

static inline void emit_store(struct codebuf *b, u32 bytes, int base, s32 disp, int src)
{
	if (bytes == 2)
		codebuf_u8(b, 0x66);
	x86_rex(b, bytes == 8, src, 0, base, bytes == 1 && src >= RSP);
	codebuf_u8(b, bytes == 1 ? 0x88 : 0x89);
	x86_mem(b, src, base, disp);
}

static inline void emit_store_i(struct codebuf *b, u32 bytes, int base, s32 disp, s32 imm)
{
	if (bytes == 2)
		codebuf_u8(b, 0x66);
	x86_rex(b, bytes == 8, 0, 0, base, false);
	codebuf_u8(b, bytes == 1 ? 0xc6 : 0xc7);
	x86_mem(b, 0, base, disp);
	codebuf_put(b, &imm, bytes == 8 ? 4 : bytes);
}

static inline void emit_lea(struct codebuf *b, int w, int dst, int base, s32 disp)
{
	x86_op_mem(b, w, 0x8d, dst, base, disp);
}

static inline void emit_lea_sib(struct codebuf *b, int w, int dst, int base, int index, int scale,
				s32 disp)
{
	x86_rex(b, w, dst, index, base, false);
	codebuf_u8(b, 0x8d);
	x86_sib(b, dst, base, index, scale, disp);
}

/* dst = index << scale (no base) */
static inline void emit_lea_scaled(struct codebuf *b, int w, int dst, int index, int scale)
{
	x86_rex(b, w, dst, index, 0, false);
	codebuf_u8(b, 0x8d);
	x86_modrm(b, 0, dst, RSP);
	codebuf_u8(b, scale << 6 | (index & 7) << 3 | RBP);
	codebuf_u32(b, 0);
}

/* dst = end of this instruction + @disp */
static inline void emit_lea_rip(struct codebuf *b, int dst, s32 disp)
{
	x86_rex(b, 1, dst, 0, 0, false);
	codebuf_u8(b, 0x8d);
	x86_modrm(b, 0, dst, RBP);
	codebuf_u32(b, disp);
}

static inline void emit_push(struct codebuf *b, int reg)
{
	x86_rex(b, 0, 0, 0, reg, false);
	codebuf_u8(b, 0x50 | (reg & 7));
}

static inline void emit_pop(struct codebuf *b, int reg)
{
	x86_rex(b, 0, 0, 0, reg, false);
	codebuf_u8(b, 0x58 | (reg & 7));
}

static inline void emit_leave(struct codebuf *b)
{
	codebuf_u8(b, 0xc9);
}

/* if (cc) dst = src; 32-bit ones clear the upper half either way */
static inline void emit_cmov(struct codebuf *b, int w, enum x86_cc cc, int dst, int src)
{
	x86_op0f_rr(b, w, 0x40 | cc, dst, src);
}

/* -- Arithmetic --- */

static inline void emit_alu_rr(struct codebuf *b, int w, enum x86_alu op, int dst, int src)
{
	x86_op_rr(b, w, op << 3 | 1, src, dst);
}

static inline void emit_alu_ri(struct codebuf *b, int w, enum x86_alu op, int dst, s32 imm)
{
	if (x86_is_imm8(imm)) {
		x86_op_rr(b, w, 0x83, op, dst);
		codebuf_u8(b, imm);
		return;
	}
	if (dst == RAX) {
		x86_rex(b, w, 0, 0, 0, false);
		codebuf_u8(b, op << 3 | 5);
	} else {
		x86_op_rr(b, w, 0x81, op, dst);
	}
	codebuf_u32(b, imm);
}

static inline void emit_alu_rm(struct codebuf *b, int w, enum x86_alu op, int dst, int base, s32 disp)
{
	x86_op_mem(b, w, op << 3 | 3, dst, base, disp);
}

static inline void emit_alu_mi(struct codebuf *b, int w, enum x86_alu op, int base, s32 disp, s32 imm)
{
	x86_op_mem(b, w, x86_is_imm8(imm) ? 0x83 : 0x81, op, base, disp);
	if (x86_is_imm8(imm))
		codebuf_u8(b, imm);
	else
		codebuf_u32(b, imm);
}

static inline void emit_test_rr(struct codebuf *b, int w, int a, int c)
{
	x86_op_rr(b, w, 0x85, c, a);
}

/* @w is narrowed where that cannot change whether the result is zero: only ZF may be looked at */
static inline void emit_test_ri(struct codebuf *b, int w, int reg, s32 imm)
{
	if (imm >= 0 && imm <= 0xff) {
		if (reg == RAX) {
			codebuf_u8(b, 0xa8);
		} else {
			x86_rex(b, 0, 0, 0, reg, reg >= RSP);
			codebuf_u8(b, 0xf6);
			x86_modrm(b, 3, 0, reg);
		}
		codebuf_u8(b, imm);
		return;
	}
	w = w && imm < 0;
	if (reg == RAX) {
		x86_rex(b, w, 0, 0, 0, false);
		codebuf_u8(b, 0xa9);
	} else {
		x86_op_rr(b, w, 0xf7, 0, reg);
	}
	codebuf_u32(b, imm);
}

static inline void emit_unary(struct codebuf *b, int w, enum x86_unary op, int reg)
{
	x86_op_rr(b, w, 0xf7, op, reg);
}

static inline void emit_imul_rr(struct codebuf *b, int w, int dst, int src)
{
	x86_op0f_rr(b, w, 0xaf, dst, src);
}

static inline void emit_imul_rri(struct codebuf *b, int w, int dst, int src, s32 imm)
{
	x86_op_rr(b, w, x86_is_imm8(imm) ? 0x6b : 0x69, dst, src);
	if (x86_is_imm8(imm))
		codebuf_u8(b, imm);
	else
		codebuf_u32(b, imm);
}

/* cdq, cqo: rdx = sign of rax */
static inline void emit_sign_rdx(struct codebuf *b, int w)
{
	x86_rex(b, w, 0, 0, 0, false);
	codebuf_u8(b, 0x99);
}

static inline void emit_shift_i(struct codebuf *b, int w, enum x86_shift op, int reg, u8 n)
{
	x86_op_rr(b, w, n == 1 ? 0xd1 : 0xc1, op, reg);
	if (n != 1)
		codebuf_u8(b, n);
}

static inline void emit_shift_cl(struct codebuf *b, int w, enum x86_shift op, int reg)
{
	x86_op_rr(b, w, 0xd3, op, reg);
}

/* 16-bit rotate by 8 */
static inline void emit_swap16(struct codebuf *b, int reg)
{
	codebuf_u8(b, 0x66);
	x86_op_rr(b, 0, 0xc1, SHIFT_ROR, reg);
	codebuf_u8(b, 8);
}

static inline void emit_bswap(struct codebuf *b, int w, int reg)
{
	x86_rex(b, w, 0, 0, reg, false);
	codebuf_u8(b, 0x0f);
	codebuf_u8(b, 0xc8 | (reg & 7));
}

/* VEX prefix of three bytes; @map 2: 0f38, 3: 0f3a; @pp 1: 66, 2: f3, 3: f2; @vvvv: second source */
static inline void x86_vex(struct codebuf *b, int w, int map, int pp, int reg, int vvvv, int rm)
{
	codebuf_u8(b, 0xc4);
	codebuf_u8(b, (reg < 8) << 7 | 1 << 6 | (rm < 8) << 5 | map);
	codebuf_u8(b, w << 7 | (~vvvv & 15) << 3 | pp);
}

/* BMI2 shlx, shrx, sarx: dst = src shifted by @count, flags untouched */
static inline void emit_shiftx(struct codebuf *b, int w, enum x86_shift op, int dst, int src, int count)
{
	x86_vex(b, w, 2, op == SHIFT_SHL ? 1 : op == SHIFT_SHR ? 3 : 2, dst, count, src);
	codebuf_u8(b, 0xf7);
	x86_modrm(b, 3, dst, src);
}

/* BMI2 rorx: dst = src rotated right by @n */
static inline void emit_rorx(struct codebuf *b, int w, int dst, int src, u8 n)
{
	x86_vex(b, w, 3, 3, dst, 0, src);
	codebuf_u8(b, 0xf0);
	x86_modrm(b, 3, dst, src);
	codebuf_u8(b, n);
}

/* -- Atomics --- */

/* lock add, or, and, xor [base + disp], src */
static inline void emit_lock_alu(struct codebuf *b, int w, enum x86_alu op, int base, s32 disp, int src)
{
	codebuf_u8(b, 0xf0);
	x86_op_mem(b, w, op << 3 | 1, src, base, disp);
}

static inline void emit_lock_xadd(struct codebuf *b, int w, int base, s32 disp, int src)
{
	codebuf_u8(b, 0xf0);
	x86_op0f_mem(b, w, 0xc1, src, base, disp);
}

/* if rax equals memory, memory = src; rax = what memory was */
static inline void emit_lock_cmpxchg(struct codebuf *b, int w, int base, s32 disp, int src)
{
	codebuf_u8(b, 0xf0);
	x86_op0f_mem(b, w, 0xb1, src, base, disp);
}

/* with memory always locked */
static inline void emit_xchg_mem(struct codebuf *b, int w, int base, s32 disp, int src)
{
	x86_op_mem(b, w, 0x87, src, base, disp);
}

/* -- Control --- */

static inline void emit_ret(struct codebuf *b)
{
	codebuf_u8(b, 0xc3);
}

static inline void emit_endbr64(struct codebuf *b)
{
	codebuf_u32(b, 0xfa1e0ff3);
}

/* @disp: from the end of the instruction, whose length it decides */
static inline void emit_jmp(struct codebuf *b, s32 disp)
{
	if (x86_is_imm8(disp)) {
		codebuf_u8(b, 0xeb);
		codebuf_u8(b, disp);
	} else {
		codebuf_u8(b, 0xe9);
		codebuf_u32(b, disp);
	}
}

static inline void emit_jcc(struct codebuf *b, enum x86_cc cc, s32 disp)
{
	if (x86_is_imm8(disp)) {
		codebuf_u8(b, 0x70 | cc);
		codebuf_u8(b, disp);
	} else {
		codebuf_u8(b, 0x0f);
		codebuf_u8(b, 0x80 | cc);
		codebuf_u32(b, disp);
	}
}

static inline void emit_call_rel(struct codebuf *b, s32 disp)
{
	codebuf_u8(b, 0xe8);
	codebuf_u32(b, disp);
}

static inline void emit_call_r(struct codebuf *b, int reg)
{
	x86_op_rr(b, 0, 0xff, 2, reg);
}

static inline void emit_jmp_r(struct codebuf *b, int reg)
{
	x86_op_rr(b, 0, 0xff, 4, reg);
}

/* A short jump to a place not yet known; emit_land() says here it is. */
static inline u32 emit_jcc_fwd(struct codebuf *b, enum x86_cc cc)
{
	emit_jcc(b, cc, 0);
	return b->len;
}

static inline u32 emit_jmp_fwd(struct codebuf *b)
{
	emit_jmp(b, 0);
	return b->len;
}

static inline void emit_land(struct codebuf *b, u32 jump_end)
{
	u32 dist = b->len - jump_end;
	u8 disp = dist;

	if (dist > 127)
		codebuf_fail(b, -EINVAL);
	codebuf_patch(b, jump_end - 1, &disp, 1);
}

#endif
