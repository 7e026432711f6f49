/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instruction set: RFC 9669 with the v4 conformance groups, load-acquire and store-release, and
 * may_goto. Numbers that Debian 12's <linux/bpf.h> lacks are named INSN_*, so that a newer header
 * does not clash. insn_check_prog() says what is well formed; the interpreter and the JIT take
 * nothing else.
 */
#ifndef FS_BPF_INSN_H
#define FS_BPF_INSN_H

#include <linux/bpf.h>

#include "util/types.h"

#define INSN_MEMSX 0x80		/* mode: sign-extending load */
#define INSN_JCOND 0xe0		/* jump: may_goto */
#define INSN_MAY_GOTO 0		/* src_reg of INSN_JCOND */
#define INSN_LOAD_ACQ 0x100	/* imm of an atomic */
#define INSN_STORE_REL 0x110
#define INSN_SIGNED 1		/* offset of sdiv and smod */

#define INSN_PSEUDO_FUNC 4	/* src_reg of ldimm64: a subprogram's address */

#define INSN_REGS 11		/* r0..r10 */
#define INSN_FP 10
#define INSN_STACK_BYTES 512	/* of one frame */
#define INSN_FRAMES_MAX 8
#define INSN_TAIL_CALLS_MAX 33
#define INSN_MAY_GOTO_MAX (8u << 20)	/* iterations of all may_gotos of one frame */
#define INSN_CNT_MAX 1000000

static inline struct bpf_insn insn_make(u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	return (struct bpf_insn){ .code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm };
}

static inline bool insn_is_ldimm64(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

/* The 64 bits of a ldimm64, which is two slots. */
static inline u64 insn_imm64(const struct bpf_insn *insn)
{
	return (u32)insn[0].imm | (u64)(u32)insn[1].imm << 32;
}

static inline u8 insn_class(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code);
}

static inline bool insn_is_jmp_class(const struct bpf_insn *insn)
{
	return insn_class(insn) == BPF_JMP || insn_class(insn) == BPF_JMP32;
}

static inline bool insn_is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL);
}

/* A call of a function of the same program; imm is the distance from the next slot. */
static inline bool insn_is_subprog_call(const struct bpf_insn *insn)
{
	return insn_is_call(insn) && insn->src_reg == BPF_PSEUDO_CALL;
}

static inline bool insn_is_kfunc_call(const struct bpf_insn *insn)
{
	return insn_is_call(insn) && insn->src_reg == BPF_PSEUDO_KFUNC_CALL;
}

static inline bool insn_is_helper_call(const struct bpf_insn *insn)
{
	return insn_is_call(insn) && !insn->src_reg;
}

static inline bool insn_is_tail_call(const struct bpf_insn *insn)
{
	return insn_is_helper_call(insn) && insn->imm == BPF_FUNC_tail_call;
}

static inline bool insn_is_func_addr(const struct bpf_insn *insn)
{
	return insn_is_ldimm64(insn) && insn->src_reg == INSN_PSEUDO_FUNC;
}

static inline bool insn_is_exit(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_EXIT);
}

static inline bool insn_is_goto(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_JA) || insn->code == (BPF_JMP32 | BPF_JA);
}

static inline bool insn_is_may_goto(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | INSN_JCOND);
}

/* Goto, conditional jump or may_goto: an instruction with a jump target. */
static inline bool insn_is_jump(const struct bpf_insn *insn)
{
	return insn_is_jmp_class(insn) && !insn_is_call(insn) && !insn_is_exit(insn);
}

static inline bool insn_is_cond_jump(const struct bpf_insn *insn)
{
	return insn_is_jump(insn) && !insn_is_goto(insn) && !insn_is_may_goto(insn);
}

/* Where the jump @insn at @idx goes (gotol keeps its distance in imm). */
static inline s64 insn_jump_target(const struct bpf_insn *insn, u32 idx)
{
	s64 dist = insn->code == (BPF_JMP32 | BPF_JA) ? insn->imm : insn->off;

	return (s64)idx + 1 + dist;
}

/* Which function a subprogram call or a function address at @idx names. */
static inline s64 insn_func_target(const struct bpf_insn *insn, u32 idx)
{
	return (s64)idx + 1 + insn->imm;
}

static inline bool insn_is_atomic(const struct bpf_insn *insn)
{
	return insn_class(insn) == BPF_STX && BPF_MODE(insn->code) == BPF_ATOMIC;
}

static inline u32 insn_size_bytes(const struct bpf_insn *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

/* Bit per register. Calls are said to read r1..r5 and to write r0..r5. */
u16 insn_regs_read(const struct bpf_insn *insn);
u16 insn_regs_written(const struct bpf_insn *insn);

/* One instruction (the first slot of a ldimm64): opcode known, registers in range, unused fields 0. */
bool insn_is_valid(const struct bpf_insn *insn);

/*
 * Is this a program: every instruction valid, every jump and call inside it and to the start of an
 * instruction, no jump from one function into another, no function running off its end?
 * Return: 0, or -EINVAL with the offending index in @bad (may be NULL).
 */
int insn_check_prog(const struct bpf_insn *insns, u32 cnt, u32 *bad);

/* What an ALU instruction leaves in its destination, given both operands (@src: register or immediate
 * as encoded, see insn_operand()). */
u64 insn_eval_alu(const struct bpf_insn *insn, u64 dst, u64 src);
/* Is a conditional jump taken? */
bool insn_eval_jump(const struct bpf_insn *insn, u64 dst, u64 src);
/* The second operand of ALU and jump instructions: the register's value, or the immediate. */
static inline u64 insn_operand(const struct bpf_insn *insn, const u64 *regs)
{
	return BPF_SRC(insn->code) == BPF_X ? regs[insn->src_reg] : (u64)(s64)insn->imm;
}

#endif
