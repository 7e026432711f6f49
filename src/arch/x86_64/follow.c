/* SPDX-License-Identifier: BSD-2-Clause */
/* What code of the JIT does, told from its bytes: registers it changes, how to unwind through it. */
#include "arch/x86_64/decode.h"
#include "arch/x86_64/emit.h"
#include "arch/x86_64/reloc.h"

/* -- Clobbers --- */

static u32 insn_clobbers(const struct insn *in)
{
	u32 mask = 0;

	for (int i = 0; i < in->i.operand_count; i++) {
		const ZydisDecodedOperand *op = &in->ops[i];
		ZydisRegister reg;

		if (op->type != ZYDIS_OPERAND_TYPE_REGISTER ||
		    !(op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
			continue;
		reg = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, op->reg.value);
		if (reg >= ZYDIS_REGISTER_RAX && reg <= ZYDIS_REGISTER_R15)
			mask |= 1 << (reg - ZYDIS_REGISTER_RAX);
	}
	return mask;
}

u32 x86_64_clobbers(const u8 *code, u32 len)
{
	struct insn in;
	u32 mask = 0;
	u64 target;

	for (u32 off = 0; off < len; off += in.i.length) {
		if (!decode_insn(code + off, len - off, &in))
			return 0xffff;
		if (in.i.meta.category == ZYDIS_CATEGORY_CALL &&
		    (!decode_branch(&in, off, &target) || target >= len))
			return 0xffff;
		if (in.i.mnemonic == ZYDIS_MNEMONIC_JMP && !decode_branch(&in, off, &target))
			return 0xffff;	/* a tail call */
		mask |= insn_clobbers(&in);
	}
	return mask;
}

/* -- Frames --- */

enum { DWARF_RBP = 6, DWARF_RSP = 7 };

struct frame {
	u8 cfa_reg;
	s32 cfa_off;
	s32 depth;		/* CFA - rsp */
	s32 saved[16];		/* by DWARF number: from the CFA; 0: in the register */
};

struct follow {
	struct frame now, body;	/* body: before the epilogue that we are in */
	bool leaving;
	struct arch_cfi *cfi;
};

static void note_changes(struct follow *f, const struct frame *was, u32 off)
{
	const struct frame *now = &f->now;

	if (was->cfa_reg != now->cfa_reg || was->cfa_off != now->cfa_off)
		arch_cfi_add(f->cfi, off, ARCH_CFI_DEF, now->cfa_reg, now->cfa_off);
	for (int reg = 0; reg < 16; reg++) {
		if (was->saved[reg] == now->saved[reg])
			continue;
		arch_cfi_add(f->cfi, off, now->saved[reg] ? ARCH_CFI_SAVED : ARCH_CFI_RESTORED, reg,
			     now->saved[reg]);
	}
}

static void start_leaving(struct follow *f)
{
	if (!f->leaving)
		f->body = f->now;
	f->leaving = true;
}

static void follow_push(struct frame *now, const struct insn *in)
{
	int reg = decode_dwarf_operand(&in->ops[0]);

	now->depth += 8;
	if (decode_is_callee_saved(reg) && !now->saved[reg])
		now->saved[reg] = -now->depth;
}

static void follow_pop(struct follow *f, const struct insn *in)
{
	int reg = decode_dwarf_operand(&in->ops[0]);

	start_leaving(f);
	f->now.depth -= 8;
	if (decode_is_callee_saved(reg))
		f->now.saved[reg] = 0;
	if (reg == DWARF_RBP)
		f->now.cfa_reg = DWARF_RSP;
}

static void follow_leave(struct follow *f)
{
	start_leaving(f);
	f->now.depth = f->now.cfa_off - 8;
	f->now.cfa_reg = DWARF_RSP;
	f->now.saved[DWARF_RBP] = 0;
}

static void follow_insn(struct follow *f, const struct insn *in)
{
	const ZydisDecodedOperand *op = in->ops;
	struct frame *now = &f->now;
	bool on_rsp = decode_dwarf_operand(&op[0]) == DWARF_RSP &&
		      op[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;

	switch (in->i.mnemonic) {
	case ZYDIS_MNEMONIC_PUSH:
		follow_push(now, in);
		break;
	case ZYDIS_MNEMONIC_POP:
		follow_pop(f, in);
		break;
	case ZYDIS_MNEMONIC_LEAVE:
		follow_leave(f);
		break;
	case ZYDIS_MNEMONIC_SUB:
		now->depth += on_rsp ? op[1].imm.value.s : 0;
		break;
	case ZYDIS_MNEMONIC_ADD:
		now->depth -= on_rsp ? op[1].imm.value.s : 0;
		break;
	case ZYDIS_MNEMONIC_MOV:
		if (decode_dwarf_operand(&op[0]) == DWARF_RBP &&
		    decode_dwarf_operand(&op[1]) == DWARF_RSP) {
			now->cfa_reg = DWARF_RBP;
			now->cfa_off = now->depth;
		}
		break;
	default:
		break;
	}
	if (now->cfa_reg == DWARF_RSP)
		now->cfa_off = now->depth;
}

/* Where nothing goes on behind an instruction: what follows is the body again. */
static bool is_exit(const struct insn *in)
{
	return in->i.mnemonic == ZYDIS_MNEMONIC_RET ||
	       (in->i.mnemonic == ZYDIS_MNEMONIC_JMP && in->ops[0].type == ZYDIS_OPERAND_TYPE_REGISTER);
}

void x86_64_follow(const u8 *code, u32 len, const u32 *starts, u32 nr_starts, struct arch_cfi *cfi)
{
	static const struct frame at_start = { .cfa_reg = DWARF_RSP, .cfa_off = 8, .depth = 8 };
	struct follow f = { .now = at_start, .cfi = cfi };
	struct insn in;

	for (u32 off = 0; off < len; off += in.i.length) {
		struct frame was = f.now;

		if (!decode_insn(code + off, len - off, &in)) {
			cfi->full = true;	/* no code of ours */
			return;
		}
		for (u32 i = 0; i < nr_starts; i++) {
			if (starts[i] != off)
				continue;
			f.now = at_start;
			f.leaving = false;
			note_changes(&f, &was, off);
			was = f.now;
		}
		follow_insn(&f, &in);
		if (is_exit(&in) && f.leaving) {
			f.now = f.body;
			f.leaving = false;
		}
		note_changes(&f, &was, off + in.i.length);
	}
}
