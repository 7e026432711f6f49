/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which bytes of a function a jump can replace, and how the instructions there work elsewhere.
 * Decoding is Zydis'. Whatever is not known to be safe is refused with its reason:
 *
 *  - a displaced instruction that some branch of the function targets (the first one included: a loop
 *    back to it would count as a call);
 *  - system calls, breakpoints and transactions among the displaced: threads wait inside, debuggers
 *    and kernels own them, or they name their own address;
 *  - a call among them that returns to what is replaced;
 *  - bytes behind the function's end that are not padding.
 *
 * A displaced call pushes the address it would have pushed and jumps, so that the callee's caller, for
 * unwinders too, is the function itself.
 */
#include <stdarg.h>
#include <stdio.h>

#include "arch/x86_64/decode.h"
#include "arch/x86_64/emit.h"
#include "arch/x86_64/reloc.h"

#define DWARF_RBX 3
#define DWARF_RBP 6
#define DWARF_RSP 7
#define JMP_BYTES 5
#define SHORT_JMP_BYTES 2

__attribute__((format(printf, 3, 4)))
static int refuse(struct arch_plan *plan, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(plan->why, sizeof(plan->why), fmt, ap);
	va_end(ap);
	return err;
}

/* -- What an instruction is --- */

static bool is_end(const struct insn *in)
{
	switch (in->i.meta.category) {
	case ZYDIS_CATEGORY_RET:
	case ZYDIS_CATEGORY_UNCOND_BR:
		return true;
	default:
		return in->i.mnemonic == ZYDIS_MNEMONIC_UD2 || in->i.mnemonic == ZYDIS_MNEMONIC_HLT;
	}
}

static bool is_padding(const struct insn *in)
{
	return in->i.mnemonic == ZYDIS_MNEMONIC_NOP || in->i.mnemonic == ZYDIS_MNEMONIC_INT3;
}

/* Bytes of the padding that ends at @end, the longest if there are several; 0: none in @room bytes. xchg ax, ax and
 * the like that compilers pad with are NOP to Zydis as well. */
static u32 padding_at(const u8 *end, u32 room)
{
	struct insn in;

	for (u32 len = room; len; len--)
		if (decode_insn(end - len, len, &in) && is_padding(&in) && in.i.length == len)
			return len;
	return 0;
}

static u32 padding_before(const struct arch_site *s)
{
	u32 n = 0, len;

	while (n < JMP_BYTES && (len = padding_at(s->text + s->before - n, s->before - n)))
		n += len;
	return n;
}

static bool is_call(const struct insn *in)
{
	return in->i.meta.category == ZYDIS_CATEGORY_CALL;
}

static const char *cannot_move(const struct insn *in, const struct arch_site *s)
{
	switch (in->i.mnemonic) {
	case ZYDIS_MNEMONIC_SYSCALL:
	case ZYDIS_MNEMONIC_SYSENTER:
	case ZYDIS_MNEMONIC_INT:
		return "a system call";
	case ZYDIS_MNEMONIC_INT3:
	case ZYDIS_MNEMONIC_INT1:
		return "a breakpoint";
	case ZYDIS_MNEMONIC_XBEGIN:
		return "a transaction";
	default:
		break;
	}
	if (is_call(in) && s->flags & ARCH_SITE_SHADOW_STACK)
		return "a call, and there is a shadow stack";
	if (is_call(in) && in->ops[0].type == ZYDIS_OPERAND_TYPE_MEMORY && in->ops[0].mem.base == ZYDIS_REGISTER_RSP)
		return "a call through the stack";
	if (is_call(in) && in->i.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
		return "a far call";
	return NULL;
}

/* -- The plan --- */

static bool site_has_landing_pad(const struct arch_site *s)
{
	static const u8 endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };

	return s->len >= 4 && s->size >= 4 && !memcmp(s->text + s->before, endbr64, 4);
}

/* Collects whole instructions from plan->addr on until @want bytes are covered. */
static int collect(const struct arch_site *s, struct arch_plan *plan, u32 want)
{
	u32 start = plan->addr - s->addr, off = start;
	const u8 *text = s->text + s->before;
	bool ended = false;
	struct insn in;

	plan->nr_bounds = 0;
	while (off - start < want) {
		const char *why;

		if (off >= s->len || !decode_insn(text + off, s->len - off, &in))
			return refuse(plan, -EOPNOTSUPP, "cannot decode the instruction at +%u", off);
		if (off >= s->size && !(ended && is_padding(&in)))
			return refuse(plan, -EOPNOTSUPP, "too short: %u bytes, a jump takes %u",
				      s->size - start, want);
		why = off >= s->size ? NULL : cannot_move(&in, s);
		if (why)
			return refuse(plan, -EOPNOTSUPP, "%s at +%u", why, off);
		if (is_call(&in) && off + in.i.length - start < want && off < s->size)
			return refuse(plan, -EOPNOTSUPP, "a call at +%u returns to +%u", off, off + in.i.length);
		ended = ended || is_end(&in);
		plan->from[plan->nr_bounds++] = off - start;
		off += in.i.length;
	}
	if (off - start > ARCH_PATCH_MAX)
		return refuse(plan, -EOPNOTSUPP, "instructions of %u bytes", off - start);
	plan->displaced = off - start;
	plan->patch_len = want;
	memcpy(plan->old, text + start, plan->displaced);
	return 0;
}

static bool is_direct_call(const ZydisDecodedInstruction *in)
{
	return in->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && in->opcode == 0xe8;
}

/* No branch may lead into what is displaced: calls and jumps to the function's start are calls of it. */
static int check_outside(const struct arch_site *s, struct arch_plan *plan)
{
	for (u32 i = 0; i < s->nr_targets; i++) {
		u64 t = s->targets[i];

		if (t != s->addr && t >= plan->addr && t < plan->addr + plan->displaced)
			return refuse(plan, -EOPNOTSUPP, "a branch from elsewhere leads to +%u",
				      (u32)(t - s->addr));
	}
	return 0;
}

static int check_branches(const struct arch_site *s, struct arch_plan *plan)
{
	u32 len = s->size < s->len ? s->size : s->len;
	const u8 *text = s->text + s->before;
	ZydisDecodedInstruction in;
	ZydisDecoder d;
	u64 target;

	decode_quick_init(&d);
	for (u32 off = 0; off < len; off += in.length) {
		if (len < s->size && len - off < ZYDIS_MAX_INSTRUCTION_LENGTH)
			break;		/* the rest is not here */
		if (!decode_quick(&d, text + off, len - off, &in))
			return refuse(plan, -EOPNOTSUPP, "cannot decode the instruction at +%u", off);
		if (!in.raw.imm[0].is_relative)
			continue;
		target = s->addr + off + in.length + in.raw.imm[0].value.s;
		if (is_direct_call(&in) && (target == s->addr || target == plan->addr))
			continue;	/* calls itself */
		if (target >= plan->addr && target < plan->addr + plan->displaced)
			return refuse(plan, -EOPNOTSUPP, "a branch at +%u leads to +%u", off,
				      (u32)(target - s->addr));
	}
	return check_outside(s, plan);
}

/* What an instruction names. */
static void find_ref(const ZydisDecodedInstruction *in, u64 addr, arch_ref_fn found, void *arg)
{
	bool plain = in->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT;
	u8 op = in->opcode;

	if (in->raw.imm[0].is_relative)
		found(addr + in->length + in->raw.imm[0].value.s,
		      is_direct_call(in) ? ARCH_REF_CALL : ARCH_REF_JUMP, arg);
	else if (plain && op == 0x8d && !in->raw.modrm.mod && in->raw.modrm.rm == 5)	/* lea x(%rip) */
		found(addr + in->length + in->raw.disp.value, ARCH_REF_TAKEN, arg);
	else if (plain && in->raw.imm[0].size == 32 && ((op & 0xf8) == 0xb8 || op == 0xc7 || op == 0x68))
		found((u32)in->raw.imm[0].value.u, ARCH_REF_NUMBER, arg);	/* mov, push */
}

enum flow { FLOW_ON, FLOW_ENDS, FLOW_PADDING };

/* A call is taken for one of those that do not return, where padding follows. */
static enum flow flow_of(const ZydisDecodedInstruction *in)
{
	u8 op = in->opcode, reg = in->raw.modrm.reg;

	if (in->opcode_map == ZYDIS_OPCODE_MAP_0F)
		return op == 0x1f ? FLOW_PADDING : op == 0x0b ? FLOW_ENDS : FLOW_ON;
	if (in->opcode_map != ZYDIS_OPCODE_MAP_DEFAULT)
		return FLOW_ON;
	switch (op) {
	case 0x90: case 0xcc:
		return FLOW_PADDING;
	case 0xc2: case 0xc3: case 0xe8: case 0xe9: case 0xeb: case 0xf4:
		return FLOW_ENDS;
	case 0xff:
		return reg == 2 || reg == 4 ? FLOW_ENDS : FLOW_ON;
	default:
		return FLOW_ON;
	}
}

void x86_64_refs(const u8 *text, u32 len, u64 addr, arch_ref_fn found, void *arg)
{
	enum flow flow = FLOW_ENDS, now;
	ZydisDecodedInstruction in;
	ZydisDecoder d;

	decode_quick_init(&d);
	for (u32 off = 0; off < len; off += in.length) {
		if (decode_quick(&d, text + off, len - off, &in)) {
			find_ref(&in, addr + off, found, arg);
			now = flow_of(&in);
			flow = now == FLOW_PADDING ? flow : now;
		} else {
			in.length = 1;	/* data, perhaps */
		}
	}
	if (flow == FLOW_ON)
		found(addr + len, ARCH_REF_FALL, arg);
}

/*
 * Functions that return more than once begin by taking their return address off the stack, or by keeping
 * registers, rbx among them, which nobody else has a use for, where an argument says. By then the frame of a
 * trampoline is gone; and they are also in programs without symbols.
 */
static const char *returns_twice(const struct arch_site *s)
{
	u32 off = 0, len = s->size < s->len ? s->size : s->len, kept = 0;
	bool kept_rbx = false;
	struct insn in;

	for (int i = 0; i < 16 && off < len && decode_insn(s->text + s->before + off, len - off, &in); i++) {
		const ZydisDecodedOperand *to = &in.ops[0];
		int reg = decode_dwarf_operand(&in.ops[1]);

		if (in.i.mnemonic == ZYDIS_MNEMONIC_POP)
			return "it takes its return address off the stack";
		if (is_end(&in) || in.i.mnemonic == ZYDIS_MNEMONIC_PUSH ||
		    in.i.meta.category == ZYDIS_CATEGORY_CALL || decode_is_callee_saved(decode_dwarf_operand(to)))
			return NULL;
		if (in.i.mnemonic == ZYDIS_MNEMONIC_MOV && to->type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    to->mem.base == ZYDIS_REGISTER_RDI && decode_is_callee_saved(reg)) {
			kept_rbx |= reg == DWARF_RBX;
			if (++kept >= 3 && kept_rbx)
				return "it returns more than once";
		}
		off += in.i.length;
	}
	return NULL;
}

static int plan_near(const struct arch_site *s, struct arch_plan *plan)
{
	int err;

	plan->pad_addr = 0;
	err = collect(s, plan, JMP_BYTES);
	return err ?: check_branches(s, plan);
}

/* Does the code before the function go on into it, and so through what looks like padding? */
static bool is_fallen_into(const struct arch_site *s)
{
	for (u32 i = 0; i < s->nr_targets; i++)
		if (s->targets[i] == s->addr)
			return true;
	return false;
}

/* A short jump back to a long one in the padding before the function. */
static int plan_pad(const struct arch_site *s, struct arch_plan *plan)
{
	int err;

	if (padding_before(s) < JMP_BYTES || is_fallen_into(s))
		return -EOPNOTSUPP;
	plan->pad_addr = s->addr - JMP_BYTES;
	memcpy(plan->old_pad, s->text + s->before - JMP_BYTES, JMP_BYTES);
	err = collect(s, plan, SHORT_JMP_BYTES);
	return err ?: check_branches(s, plan);
}

int x86_64_plan(const struct arch_site *s, struct arch_plan *plan)
{
	struct arch_plan by_pad;
	const char *why;
	int err;

	memset(plan, 0, sizeof(*plan));
	plan->addr = s->addr + (site_has_landing_pad(s) ? 4 : 0);
	by_pad = *plan;
	if (!s->size)
		return refuse(plan, -EOPNOTSUPP, "its size is not known");
	why = returns_twice(s);
	if (why) {
		plan->returns_twice = true;
		return refuse(plan, -EOPNOTSUPP, "%s", why);
	}
	err = plan_near(s, plan);
	if (err && !plan_pad(s, &by_pad)) {
		*plan = by_pad;
		err = 0;
	}
	why = err ? NULL : x86_64_foreign(s->text + s->before, s->size < s->len ? s->size : s->len);
	return why ? refuse(plan, -EOPNOTSUPP, "%s", why) : err;
}

/* -- The copy --- */

struct copy {
	const struct arch_plan *plan;
	struct codebuf *b;
	struct arch_cfi *cfi;
	u64 at;			/* address of the copy */
	s32 cfa_off;		/* CFA = rsp + this, ... */
	bool framed;		/* ... or it is told from rbp, and rsp may be anything: */
	bool rsp_lost;
	bool cfa_lost;		/* it changed in a way not followed */
};

static u64 copy_pc(const struct copy *c)
{
	return c->at + c->b->len;
}

static void put_rel32(struct copy *c, u64 target)
{
	s64 dist = target - (copy_pc(c) + 4);

	if (dist != (s32)dist)
		codebuf_fail(c->b, -ERANGE);
	codebuf_u32(c->b, dist);
}

static void put_jmp(struct copy *c, u64 target)
{
	codebuf_u8(c->b, 0xe9);
	put_rel32(c, target);
}

/* The instruction as it is, a displacement from rip adjusted. */
static void put_verbatim(struct copy *c, const struct insn *in, const u8 *p, u64 addr)
{
	u8 bytes[ZYDIS_MAX_INSTRUCTION_LENGTH];
	bool rip = in->i.attributes & ZYDIS_ATTRIB_IS_RELATIVE;
	s64 disp;

	memcpy(bytes, p, in->i.length);
	if (rip && in->i.raw.disp.size == 32) {
		disp = in->i.raw.disp.value + (s64)(addr - copy_pc(c));
		if (disp != (s32)disp)
			codebuf_fail(c->b, -ERANGE);
		memcpy(bytes + in->i.raw.disp.offset, &(s32){ disp }, 4);
	}
	codebuf_put(c->b, bytes, in->i.length);
}

/* The stack pointer has moved by what .cfa_off was changed by. */
static void tell_cfa(struct copy *c)
{
	if (!c->framed)
		arch_cfi_add(c->cfi, c->b->len, ARCH_CFI_DEF, DWARF_RSP, c->cfa_off);
}

static void push_address(struct copy *c, u64 addr)
{
	codebuf_u8(c->b, 0x68);				/* push low, sign-extended	*/
	codebuf_u32(c->b, addr);
	c->cfa_off += 8;
	tell_cfa(c);
	emit_store_i(c->b, 4, RSP, 4, addr >> 32);	/* and the upper half		*/
}

/* call X: push the address behind the call as it was, jmp X */
static void put_call(struct copy *c, const struct insn *in, const u8 *p, u64 addr)
{
	u8 bytes[ZYDIS_MAX_INSTRUCTION_LENGTH];
	u64 target;

	push_address(c, addr + in->i.length);
	if (decode_branch(in, addr, &target)) {
		put_jmp(c, target);
		return;
	}
	memcpy(bytes, p, in->i.length);		/* ff /2 becomes ff /4 */
	bytes[in->i.raw.modrm.offset] = (bytes[in->i.raw.modrm.offset] & ~0x38) | 4 << 3;
	put_verbatim(c, in, bytes, addr);
}

/* Conditional branches; those with a short form only jump over a jump. */
static void put_cond(struct copy *c, const struct insn *in, const u8 *p, u64 target)
{
	u8 opcode = in->i.opcode;
	u32 prefix = in->i.raw.imm[0].offset - 1;	/* bytes before the opcode */

	if (opcode >= 0xe0 && opcode <= 0xe3) {		/* loopne, loope, loop, jrcxz */
		codebuf_put(c->b, p, prefix);
		codebuf_u8(c->b, opcode);
		codebuf_u8(c->b, 2);
		codebuf_u8(c->b, 0xeb);
		codebuf_u8(c->b, 5);
		put_jmp(c, target);
		return;
	}
	codebuf_u8(c->b, 0x0f);
	codebuf_u8(c->b, 0x80 | (opcode & 15));
	put_rel32(c, target);
}

static bool writes(const struct insn *in, ZydisRegister reg)
{
	for (int i = 0; i < in->i.operand_count; i++)
		if (in->ops[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    in->ops[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE &&
		    ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, in->ops[i].reg.value) == reg)
			return true;
	return false;
}

/* mov rbp, rsp */
static bool sets_frame(const struct insn *in)
{
	return in->i.mnemonic == ZYDIS_MNEMONIC_MOV && in->ops[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       in->ops[0].reg.value == ZYDIS_REGISTER_RBP && in->ops[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       in->ops[1].reg.value == ZYDIS_REGISTER_RSP;
}

/* By an amount that is not known, as where the stack is aligned. */
static void lose_rsp(struct copy *c)
{
	c->rsp_lost = true;
	c->cfa_lost |= !c->framed;
}

/* What the instruction just copied did to the frame. */
static void follow_frame(struct copy *c, const struct insn *in)
{
	const ZydisDecodedOperand *op = in->ops;
	u32 off = c->b->len;
	int reg;

	if (sets_frame(in) && !c->rsp_lost) {
		arch_cfi_add(c->cfi, off, ARCH_CFI_DEF, DWARF_RBP, c->cfa_off);
		c->framed = true;
		return;
	}
	if (c->framed && writes(in, ZYDIS_REGISTER_RBP)) {	/* the frame is over, as at the end of a short function */
		c->framed = false;
		c->cfa_lost |= c->rsp_lost;
		tell_cfa(c);
	}
	if (!writes(in, ZYDIS_REGISTER_RSP))
		return;
	switch (in->i.mnemonic) {
	case ZYDIS_MNEMONIC_PUSH:
		c->cfa_off += 8;
		tell_cfa(c);
		reg = decode_dwarf_operand(op);
		c->cfa_lost |= c->rsp_lost;
		if (decode_is_callee_saved(reg))
			arch_cfi_add(c->cfi, off, ARCH_CFI_SAVED, reg, -c->cfa_off);
		break;
	case ZYDIS_MNEMONIC_POP:
		reg = decode_dwarf_operand(op);
		c->cfa_off -= 8;
		tell_cfa(c);
		if (decode_is_callee_saved(reg))
			arch_cfi_add(c->cfi, off, ARCH_CFI_RESTORED, reg, 0);
		break;
	case ZYDIS_MNEMONIC_SUB:
	case ZYDIS_MNEMONIC_ADD:
		if (op[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE) {
			lose_rsp(c);
			break;
		}
		c->cfa_off += in->i.mnemonic == ZYDIS_MNEMONIC_SUB ? op[1].imm.value.s : -op[1].imm.value.s;
		if (c->cfa_off < 0)
			c->cfa_lost = true;
		else
			tell_cfa(c);
		break;
	case ZYDIS_MNEMONIC_RET:
		break;
	default:
		lose_rsp(c);
	}
}

static void put_insn(struct copy *c, const struct insn *in, const u8 *p, u64 addr)
{
	u64 target;

	if (is_call(in)) {
		put_call(c, in, p, addr);
		return;
	}
	if (!decode_branch(in, addr, &target)) {
		put_verbatim(c, in, p, addr);
		follow_frame(c, in);
	} else if (in->i.meta.category == ZYDIS_CATEGORY_UNCOND_BR) {
		put_jmp(c, target);
	} else {
		put_cond(c, in, p, target);
	}
}

void x86_64_emit_copy(struct arch_plan *plan, u64 copy, struct codebuf *b, struct arch_cfi *cfi)
{
	struct copy c = { .plan = plan, .b = b, .cfi = cfi, .at = copy, .cfa_off = 8 };
	bool open = true;
	struct insn in;

	for (u32 i = 0; i < plan->nr_bounds && open; i++) {
		u32 off = plan->from[i];

		plan->to[i] = b->len;
		if (!decode_insn(plan->old + off, plan->displaced - off, &in)) {
			codebuf_fail(b, -EINVAL);
			return;
		}
		put_insn(&c, &in, plan->old + off, plan->addr + off);
		open = !is_end(&in) && !is_call(&in);
		if (!open)
			plan->nr_bounds = i + 1;	/* padding behind it */
	}
	if (open)
		put_jmp(&c, plan->addr + plan->displaced);
	if (c.cfa_lost)
		codebuf_fail(b, -EOPNOTSUPP);
	plan->copy_len = b->len;
}
