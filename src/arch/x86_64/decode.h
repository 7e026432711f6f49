/* SPDX-License-Identifier: BSD-2-Clause */
/* Decoded x86_64 instructions: Zydis, and what the users here ask of one. */
#ifndef FS_ARCH_X86_64_DECODE_H
#define FS_ARCH_X86_64_DECODE_H

#include <Zydis/Zydis.h>

#include "util/types.h"

struct insn {
	ZydisDecodedInstruction i;
	ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];
};

static inline bool decode_insn(const u8 *p, u32 len, struct insn *ret)
{
	ZydisDecoder d;

	ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&d, p, len, &ret->i, ret->ops));
}

/* Of all of a function, or a file, only lengths and branches matter: decoding operands would take most of the
 * time. */
static inline void decode_quick_init(ZydisDecoder *d)
{
	ZydisDecoderInit(d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	ZydisDecoderEnableMode(d, ZYDIS_DECODER_MODE_MINIMAL, ZYAN_TRUE);
}

static inline bool decode_quick(const ZydisDecoder *d, const u8 *p, u32 len, ZydisDecodedInstruction *ret)
{
	return ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(d, NULL, p, len, ret));
}

/* The target of a direct branch at @addr; false: it is none. */
static inline bool decode_branch(const struct insn *in, u64 addr, u64 *ret)
{
	const ZydisDecodedOperand *op = &in->ops[0];

	if (!in->i.operand_count_visible || op->type != ZYDIS_OPERAND_TYPE_IMMEDIATE ||
	    !op->imm.is_relative)
		return false;
	*ret = addr + in->i.length + op->imm.value.s;
	return true;
}

/* DWARF number of a general register operand; -1: it is none. */
static inline int decode_dwarf_operand(const ZydisDecodedOperand *op)
{
	static const u8 map[16] = { 0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15 };

	if (op->type != ZYDIS_OPERAND_TYPE_REGISTER || op->reg.value < ZYDIS_REGISTER_RAX ||
	    op->reg.value > ZYDIS_REGISTER_R15)
		return -1;
	return map[op->reg.value - ZYDIS_REGISTER_RAX];
}

static inline bool decode_is_callee_saved(int dwarf)
{
	return dwarf == 3 || dwarf == 6 || dwarf >= 12;
}

#endif
