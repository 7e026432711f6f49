/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a function get more from its caller than a function of C? Assembly calls pieces of itself with arguments in
 * registers of their own choice. An image passes all registers on but rbp, which is its frame, wants that back, and the
 * stack that the function finds above its return address is a copy, of which only arguments may be expected.
 */
#include "arch/x86_64/decode.h"
#include "arch/x86_64/reloc.h"

#define FIRST_INSNS 64		/* an argument is used early */
#define RED 8			/* the return address */
#define VECTOR 16		/* bit of xmm0 */
#define BIT(reg) (1ull << (reg))
#define R(name) BIT(ZYDIS_REGISTER_##name - ZYDIS_REGISTER_RAX)

/* Nothing that C passes. r10 is that of nested functions, rax the number of vector arguments. */
#define FOREIGN (R(RBX) | R(RBP) | R(R10) | R(R11) | R(R12) | R(R13) | R(R14) | R(R15) | ~0ull << (VECTOR + 8))

static u64 bit_of(ZydisRegister reg)
{
	ZydisRegisterClass class = ZydisRegisterGetClass(reg);

	if (class == ZYDIS_REGCLASS_XMM || class == ZYDIS_REGCLASS_YMM || class == ZYDIS_REGCLASS_ZMM)
		return BIT(VECTOR + ZydisRegisterGetId(reg));
	reg = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
	return reg >= ZYDIS_REGISTER_RAX && reg <= ZYDIS_REGISTER_R15 ? BIT(reg - ZYDIS_REGISTER_RAX) : 0;
}

/* Kept for its caller, in memory or in a vector register. */
static bool is_save(const struct insn *in)
{
	const ZydisDecodedOperand *to = &in->ops[0];

	if (in->i.mnemonic == ZYDIS_MNEMONIC_PUSH)
		return true;
	return in->i.meta.category == ZYDIS_CATEGORY_DATAXFER &&
	       (to->type == ZYDIS_OPERAND_TYPE_MEMORY ||
		(to->type == ZYDIS_OPERAND_TYPE_REGISTER && bit_of(to->reg.value) >= BIT(VECTOR)));
}

/* xor reg, reg and the like: its result is the same whatever was there. */
static bool is_constant(const struct insn *in)
{
	u32 nr = in->i.operand_count_visible;

	for (u32 i = 0; i < nr; i++)
		if (in->ops[i].type != ZYDIS_OPERAND_TYPE_REGISTER || in->ops[i].reg.value != in->ops[0].reg.value)
			return false;
	return nr >= 2;
}

static u64 reads(const struct insn *in)
{
	bool none = is_save(in) || is_constant(in);
	u64 ret = 0;

	for (u32 i = 0; i < in->i.operand_count && in->i.mnemonic != ZYDIS_MNEMONIC_NOP; i++) {
		const ZydisDecodedOperand *op = &in->ops[i];

		if (op->type == ZYDIS_OPERAND_TYPE_MEMORY)
			ret |= bit_of(op->mem.base) | bit_of(op->mem.index);
		else if (op->type == ZYDIS_OPERAND_TYPE_REGISTER && op->actions & ZYDIS_OPERAND_ACTION_MASK_READ && !none)
			ret |= bit_of(op->reg.value) & ~R(RAX);
	}
	return ret;
}

/* Or keeps: from then on the function may put into it what it wants. */
static u64 writes(const struct insn *in)
{
	bool save = is_save(in);
	u64 ret = 0;

	for (u32 i = 0; i < in->i.operand_count; i++)
		if (in->ops[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    (save || in->ops[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
			ret |= bit_of(in->ops[i].reg.value);
	return ret;
}

static bool ends_block(const struct insn *in)
{
	ZydisInstructionCategory c = in->i.meta.category;

	return c == ZYDIS_CATEGORY_RET || c == ZYDIS_CATEGORY_UNCOND_BR || c == ZYDIS_CATEGORY_CALL;
}

/* Registers that the function reads before it has written them, in its first instructions. */
static u64 arguments(const u8 *text, u32 len)
{
	u64 known = 0, ret = 0;
	struct insn in;
	u32 off = 0;

	for (int i = 0; i < FIRST_INSNS && off < len && decode_insn(text + off, len - off, &in); i++) {
		ret |= reads(&in) & ~known;
		known |= writes(&in);
		if (ends_block(&in))
			break;
		off += in.i.length;
	}
	return ret & (FOREIGN | R(RAX));
}

/* Bytes that it has put on the stack afterwards. false: not known any more */
static bool follow_stack(const struct insn *in, s64 *depth)
{
	const ZydisDecodedOperand *op = in->ops;
	s64 by = in->i.operand_count_visible > 1 && op[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? op[1].imm.value.s : 0;

	if (in->i.mnemonic == ZYDIS_MNEMONIC_PUSH)
		*depth += 8;
	else if (in->i.mnemonic == ZYDIS_MNEMONIC_POP)
		*depth -= 8;
	else if (op->type != ZYDIS_OPERAND_TYPE_REGISTER || op->reg.value != ZYDIS_REGISTER_RSP ||
		 !(op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
		return true;
	else if (in->i.mnemonic == ZYDIS_MNEMONIC_SUB && by)
		*depth += by;
	else if (in->i.mnemonic == ZYDIS_MNEMONIC_ADD && by)
		*depth -= by;
	else if (in->i.mnemonic == ZYDIS_MNEMONIC_LEA && op[1].mem.base == ZYDIS_REGISTER_RSP && !op[1].mem.index)
		*depth -= op[1].mem.disp.value;
	else
		return false;
	return true;
}

static bool uses_callers_stack(const u8 *text, u32 len)
{
	struct insn in;
	s64 depth = 0;

	for (u32 off = 0; off < len && decode_insn(text + off, len - off, &in); off += in.i.length) {
		for (u32 i = 0; i < in.i.operand_count_visible; i++) {
			const ZydisDecodedOperand *op = &in.ops[i];

			if (op->type == ZYDIS_OPERAND_TYPE_MEMORY && op->mem.base == ZYDIS_REGISTER_RSP &&
			    op->mem.disp.value - depth >= RED && in.i.mnemonic != ZYDIS_MNEMONIC_NOP &&
			    !(in.i.mnemonic == ZYDIS_MNEMONIC_LEA && in.ops[0].reg.value == ZYDIS_REGISTER_RSP))
				return true;
		}
		if (!follow_stack(&in, &depth))
			return false;
	}
	return false;
}

/* Most instructions, which need not be decoded in full, cannot write or store it. */
static bool may_name_rbp(const ZydisDecodedInstruction *in)
{
	u8 op = in->opcode;

	if ((op & 7) == 5 || op == 0xc8 || op == 0xc9)		/* push, pop, mov; enter, leave */
		return true;
	return in->attributes & ZYDIS_ATTRIB_HAS_MODRM &&
	       (in->raw.modrm.reg == 5 || (in->raw.modrm.mod == 3 && in->raw.modrm.rm == 5));
}

/* What it does first with rbp, if anything, is to put it away. */
static bool keeps_rbp(const u8 *text, u32 len)
{
	ZydisDecodedInstruction quick;
	struct insn in;
	ZydisDecoder d;

	decode_quick_init(&d);
	for (u32 off = 0; off < len && decode_quick(&d, text + off, len - off, &quick); off += quick.length) {
		if (!may_name_rbp(&quick) || !decode_insn(text + off, len - off, &in) || !(writes(&in) & R(RBP)))
			continue;
		return is_save(&in);
	}
	return true;
}

const char *x86_64_foreign(const u8 *text, u32 len)
{
	u64 args = arguments(text, len);

	if (args & R(RBP))
		return "it takes an argument in rbp";
	if (!keeps_rbp(text, len))
		return "it does not keep rbp";
	if (args && uses_callers_stack(text, len))
		return "it takes arguments as C does not, and works on its caller's stack";
	return NULL;
}
