/* SPDX-License-Identifier: BSD-2-Clause */
/* One instruction each, for sequences that are written by hand. Names follow RFC 9669's mnemonics. */
#ifndef FS_BPF_BUILD_H
#define FS_BPF_BUILD_H

#include "bpf/insn.h"

#define INSN(c, d, s, o, i)                                                                        \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })

#define INSN_MOV_R(d, s)	INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define INSN_MOV_I(d, i)	INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define INSN_ALU_R(op, d, s)	INSN(BPF_ALU64 | (op) | BPF_X, d, s, 0, 0)
#define INSN_ALU_I(op, d, i)	INSN(BPF_ALU64 | (op) | BPF_K, d, 0, 0, i)
#define INSN_LDX(sz, d, s, o)	INSN(BPF_LDX | BPF_MEM | (sz), d, s, o, 0)
#define INSN_STX(sz, d, o, s)	INSN(BPF_STX | BPF_MEM | (sz), d, s, o, 0)
#define INSN_ST(sz, d, o, i)	INSN(BPF_ST | BPF_MEM | (sz), d, 0, o, i)
#define INSN_ATOMIC(op, d, o, s) INSN(BPF_STX | BPF_ATOMIC | BPF_DW, d, s, o, op)
#define INSN_ATOMIC_W(op, d, o, s) INSN(BPF_STX | BPF_ATOMIC | BPF_W, d, s, o, op)
#define INSN_JMP_I(op, d, i, o)	INSN(BPF_JMP | (op) | BPF_K, d, 0, o, i)
#define INSN_JMP_R(op, d, s, o)	INSN(BPF_JMP | (op) | BPF_X, d, s, o, 0)
#define INSN_JA(o)		INSN(BPF_JMP | BPF_JA, 0, 0, o, 0)
#define INSN_CALL(f)		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define INSN_EXIT()		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* JMP32|JA keeps its displacement in imm. */
static inline bool insn_is_gotol(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP32 | BPF_JA);
}

#endif
