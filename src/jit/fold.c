/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A worklist over instructions with known values per register, joined where paths meet. A register is
 * known only if it holds the same constant on every path; values only get lost while iterating, so it
 * ends. Memory is not followed: a constant that went through the stack is unknown afterwards.
 */
#include "jit/fold.h"

#include <stdlib.h>

struct facts {
	u16 known;		/* bit per register */
	bool seen;
	u64 value[INSN_FP];
};

struct fold {
	const struct jit_state *st;
	struct facts *at;	/* before each instruction */
	u32 *work;		/* stack of instructions to look at; each at most once */
	bool *queued;
	u32 work_cnt;
};

static void push(struct fold *fd, u32 idx)
{
	if (fd->queued[idx])
		return;
	fd->queued[idx] = true;
	fd->work[fd->work_cnt++] = idx;
}

/* What is known after @from now also flows to @idx. */
static void flow(struct fold *fd, u32 idx, const struct facts *from)
{
	struct facts *to = &fd->at[idx];
	u16 known = to->known & from->known;

	if (!to->seen) {
		*to = *from;
		to->seen = true;
		push(fd, idx);
		return;
	}
	for (int r = 0; r < INSN_FP; r++)
		if (known & 1 << r && to->value[r] != from->value[r])
			known &= ~(1 << r);
	if (known == to->known)
		return;
	to->known = known;
	push(fd, idx);
}

static void learn(struct facts *f, int reg, u64 value)
{
	f->known |= 1 << reg;
	f->value[reg] = value;
}

/* Are all register operands known? */
static bool operands_known(const struct facts *f, const struct bpf_insn *insn)
{
	u16 need = insn_regs_read(insn);

	return (f->known & need) == need;
}

static u64 operand(const struct facts *f, const struct bpf_insn *insn)
{
	return BPF_SRC(insn->code) == BPF_X ? f->value[insn->src_reg] : (u64)(s64)insn->imm;
}

static void step_alu(struct facts *f, const struct bpf_insn *insn)
{
	u64 src;

	if (!operands_known(f, insn)) {
		f->known &= ~(1 << insn->dst_reg);
		return;
	}
	src = BPF_OP(insn->code) == BPF_END ? 0 : operand(f, insn);
	learn(f, insn->dst_reg, insn_eval_alu(insn, f->value[insn->dst_reg], src));
}

static void step_call(struct fold *fd, struct facts *f, u32 idx)
{
	const struct bpf_insn *insn = &fd->st->insns[idx];
	struct facts nothing = { 0 };

	f->known &= ~insn_regs_written(insn);
	if (insn_is_subprog_call(insn))
		flow(fd, insn_func_target(insn, idx), &nothing);
	else if (fd->st->calls[idx].kind == BPF_CALL_SESSION_IS_RETURN && fd->st->is_return >= 0)
		learn(f, 0, fd->st->is_return);
}

static void step_ld(struct fold *fd, struct facts *f, u32 idx)
{
	const struct bpf_insn *insn = &fd->st->insns[idx];
	struct facts nothing = { 0 };

	f->known &= ~(1 << insn->dst_reg);
	if (insn_is_func_addr(insn))
		flow(fd, insn_func_target(insn, idx), &nothing);
	else
		learn(f, insn->dst_reg, insn_imm64(insn));
}

/* Returns flags of the jump: TAKEN, NOT_TAKEN or neither. */
static u8 jump_outcome(const struct facts *f, const struct bpf_insn *insn)
{
	if (!insn_is_cond_jump(insn) || !operands_known(f, insn))
		return 0;
	return insn_eval_jump(insn, f->value[insn->dst_reg], operand(f, insn)) ? JIT_INSN_TAKEN :
										 JIT_INSN_NOT_TAKEN;
}

static void step_jump(struct fold *fd, const struct facts *f, u32 idx)
{
	const struct bpf_insn *insn = &fd->st->insns[idx];
	u8 outcome = jump_outcome(f, insn);

	if (!(outcome & JIT_INSN_NOT_TAKEN))
		flow(fd, insn_jump_target(insn, idx), f);
	if (!insn_is_goto(insn) && !(outcome & JIT_INSN_TAKEN))
		flow(fd, idx + 1, f);
}

static void step(struct fold *fd, u32 idx)
{
	const struct bpf_insn *insn = &fd->st->insns[idx];
	struct facts f = fd->at[idx];

	if (insn_is_exit(insn))
		return;
	if (insn_is_jump(insn)) {
		step_jump(fd, &f, idx);
		return;
	}
	if (insn_is_call(insn))
		step_call(fd, &f, idx);
	else if (insn_is_ldimm64(insn))
		step_ld(fd, &f, idx);
	else if (insn_class(insn) == BPF_ALU || insn_class(insn) == BPF_ALU64)
		step_alu(&f, insn);
	else
		f.known &= ~insn_regs_written(insn);
	flow(fd, idx + 1 + insn_is_ldimm64(insn), &f);
}

static void mark(const struct fold *fd, u8 *flags)
{
	const struct jit_state *st = fd->st;

	for (u32 i = 0; i < st->cnt; i++) {
		if (!fd->at[i].seen)
			flags[i] |= JIT_INSN_DEAD;
		else
			flags[i] |= jump_outcome(&fd->at[i], &st->insns[i]);
		if (insn_is_ldimm64(&st->insns[i])) {
			flags[i + 1] |= flags[i] & JIT_INSN_DEAD;
			i++;
		}
	}
}

int fold_prog(const struct jit_state *st, u8 *flags)
{
	struct fold fd = { .st = st };
	struct facts nothing = { 0 };
	int err = -ENOMEM;

	fd.at = calloc(st->cnt, sizeof(*fd.at));
	fd.work = calloc(st->cnt, sizeof(*fd.work));
	fd.queued = calloc(st->cnt, sizeof(*fd.queued));
	if (!fd.at || !fd.work || !fd.queued)
		goto out;
	flow(&fd, 0, &nothing);
	while (fd.work_cnt) {
		u32 idx = fd.work[--fd.work_cnt];

		fd.queued[idx] = false;
		step(&fd, idx);
	}
	mark(&fd, flags);
	err = 0;
out:
	free(fd.at);
	free(fd.work);
	free(fd.queued);
	return err;
}
