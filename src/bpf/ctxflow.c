/* SPDX-License-Identifier: BSD-2-Clause */
#include "bpf/ctxflow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/build.h"
#include "bpf/rewrite.h"

#define STACK_BYTES 512
#define FP_UNKNOWN INT16_MAX

/* What is known in front of an instruction. Joins only add bits. */
struct flow_state {
	uint16_t ctx;		/* registers that may hold ctx */
	uint16_t fp;		/* registers that may point into this frame */
	int16_t fp_off[10];	/* offset from r10 of those, or FP_UNKNOWN */
	uint64_t stack_ctx;	/* 8-byte stack slots that may hold ctx; bit 0 = fp-8 */
	bool seen;
};

struct flow {
	const struct bpf_insn *insns;
	size_t cnt;
	struct flow_state *states;
	size_t *work;		/* stack of instructions to look at (again) */
	size_t nr_work;
	uint8_t *queued;
	struct ctxflow *out;
	int err;
};

static void push(struct flow *f, size_t i)
{
	if (f->queued[i])
		return;
	f->queued[i] = 1;
	f->work[f->nr_work++] = i;
}

/* Joins @s into the state in front of instruction @i. */
static void flow_to(struct flow *f, int64_t i, const struct flow_state *s)
{
	struct flow_state *d, old;

	if (i < 0 || i >= (int64_t)f->cnt) {
		f->err = -EINVAL;
		return;
	}
	d = &f->states[i];
	if (!d->seen) {
		*d = *s;
		d->seen = true;
		push(f, i);
		return;
	}
	old = *d;
	for (int r = 0; r < 10; r++) {
		if (!(s->fp & 1 << r))
			continue;
		if (!(d->fp & 1 << r))
			d->fp_off[r] = s->fp_off[r];
		else if (d->fp_off[r] != s->fp_off[r])
			d->fp_off[r] = FP_UNKNOWN;
	}
	d->ctx |= s->ctx;
	d->fp |= s->fp;
	d->stack_ctx |= s->stack_ctx;
	if (memcmp(&old, d, sizeof(old)))
		push(f, i);
}

static bool is_main(const struct flow *f, size_t i)
{
	return f->out->subprog[i] == 0;
}

static void touch_stack(struct flow *f, size_t i, int off)
{
	if (!is_main(f, i) || f->out->main_stack > 0)
		return;
	if (off < -STACK_BYTES)
		f->out->main_stack = 1;
	else if (off < f->out->main_stack)
		f->out->main_stack = off;
}

/* Offset from r10 of the memory operand [@reg + @off]; false if it is not (known to be) stack. */
static bool stack_operand(struct flow *f, size_t i, const struct flow_state *s, int reg, int off,
			  int *ret)
{
	if (reg == BPF_REG_10) {
		*ret = off;
	} else if (s->fp & 1 << reg) {
		if (s->fp_off[reg] == FP_UNKNOWN) {
			if (is_main(f, i))
				f->out->main_stack = 1;
			return false;
		}
		*ret = s->fp_off[reg] + off;
	} else {
		return false;
	}
	touch_stack(f, i, *ret);
	return true;
}

static uint64_t slot_bit(int off)
{
	if (off >= 0 || off < -STACK_BYTES)
		return 0;
	return 1ULL << ((-off - 1) / 8);
}

static void clobber(struct flow_state *s, int reg)
{
	s->ctx &= ~(1 << reg);
	s->fp &= ~(1 << reg);
}

static void step_mov(struct flow_state *s, const struct bpf_insn *insn)
{
	int d = insn->dst_reg, r = insn->src_reg;
	bool ctx = s->ctx & 1 << r, fp = r == BPF_REG_10 || s->fp & 1 << r;
	int16_t off = r == BPF_REG_10 ? 0 : s->fp_off[r];

	clobber(s, d);
	s->ctx |= ctx << d;
	if (fp) {
		s->fp |= 1 << d;
		s->fp_off[d] = off;
	}
}

static void step_alu(struct flow *f, size_t i, struct flow_state *s, const struct bpf_insn *insn)
{
	int d = insn->dst_reg, op = BPF_OP(insn->code);
	bool wide = insn_class(insn) == BPF_ALU64, imm = BPF_SRC(insn->code) == BPF_K;

	if (d == BPF_REG_10)
		return;
	if (wide && op == BPF_MOV && !imm && !insn->off) {
		step_mov(s, insn);
	} else if (op == BPF_MOV || !wide) {
		clobber(s, d);
	} else if (s->fp & 1 << d) {
		if (imm && (op == BPF_ADD || op == BPF_SUB) && s->fp_off[d] != FP_UNKNOWN) {
			int64_t off = s->fp_off[d] + (op == BPF_ADD ? 1LL : -1LL) * insn->imm;

			s->fp_off[d] = off < -STACK_BYTES || off > STACK_BYTES ? FP_UNKNOWN : off;
			if (off < 0 && off >= -STACK_BYTES)
				touch_stack(f, i, off);
		} else {
			s->fp_off[d] = FP_UNKNOWN;
		}
	}
	/* scalar += pointer */
	if (wide && op == BPF_ADD && !imm && insn->src_reg != BPF_REG_10 &&
	    s->fp & 1 << insn->src_reg && !(s->fp & 1 << d)) {
		s->fp |= 1 << d;
		s->fp_off[d] = FP_UNKNOWN;
	}
}

static void step_load(struct flow *f, size_t i, struct flow_state *s, const struct bpf_insn *insn)
{
	int d = insn->dst_reg, off;
	bool ctx = false;

	if (s->ctx & 1 << insn->src_reg)
		f->out->ctx_load[i] = 1;
	if (stack_operand(f, i, s, insn->src_reg, insn->off, &off))
		ctx = BPF_SIZE(insn->code) == BPF_DW && s->stack_ctx & slot_bit(off);
	clobber(s, d);
	s->ctx |= ctx << d;
}

static void step_store(struct flow *f, size_t i, struct flow_state *s, const struct bpf_insn *insn)
{
	bool reg = insn_class(insn) == BPF_STX && BPF_MODE(insn->code) == BPF_MEM;
	int off;

	if (stack_operand(f, i, s, insn->dst_reg, insn->off, &off)) {
		if (reg && BPF_SIZE(insn->code) == BPF_DW && s->ctx & 1 << insn->src_reg)
			s->stack_ctx |= slot_bit(off);
		else if (reg || insn_class(insn) == BPF_ST)
			s->stack_ctx &= ~slot_bit(off);
	}
	if (insn_is_atomic(insn) && insn->imm & BPF_FETCH)
		clobber(s, insn->imm == BPF_CMPXCHG ? BPF_REG_0 : insn->src_reg);
}

static void step_call(struct flow *f, size_t i, struct flow_state *s, const struct bpf_insn *insn)
{
	/* a pointer with unknown offset may reach anywhere below it only through variable
	 * arithmetic, which step_alu() has seen; what a callee does stays above the pointer */
	if (insn_is_subprog_call(insn)) {
		struct flow_state callee = { .ctx = s->ctx & 0x3e };

		flow_to(f, insn_func_target(insn, i), &callee);
	}
	for (int r = 0; r <= 5; r++)
		clobber(s, r);
}

static void step(struct flow *f, size_t i)
{
	const struct bpf_insn *insn = &f->insns[i];
	struct flow_state s = f->states[i];
	size_t next = i + insn_slots(insn);

	switch (insn_class(insn)) {
	case BPF_ALU:
	case BPF_ALU64:
		step_alu(f, i, &s, insn);
		break;
	case BPF_LDX:
		step_load(f, i, &s, insn);
		break;
	case BPF_ST:
	case BPF_STX:
		step_store(f, i, &s, insn);
		break;
	case BPF_LD:
		clobber(&s, insn->dst_reg);
		if (insn_is_func_addr(insn)) {
			struct flow_state callee = {};

			flow_to(f, insn_func_target(insn, i), &callee);
		}
		break;
	default:
		if (insn_is_exit(insn))
			return;
		if (insn_is_call(insn)) {
			step_call(f, i, &s, insn);
			break;
		}
		flow_to(f, insn_jump_target(insn, i), &s);
		if (BPF_OP(insn->code) == BPF_JA)
			return;
	}
	flow_to(f, next, &s);
}

/* Functions begin at 0 and wherever a pseudo call or a callback reference leads. */
static int find_subprogs(struct flow *f)
{
	uint32_t start = 0;
	size_t slots;

	memset(f->queued, 0, f->cnt);
	for (size_t i = 0; i < f->cnt; i += slots) {
		const struct bpf_insn *insn = &f->insns[i];
		int64_t t = insn_func_target(insn, i);

		slots = insn_slots(insn);
		if (!insn_is_subprog_call(insn) && !insn_is_func_addr(insn))
			continue;
		if (t < 0 || t >= (int64_t)f->cnt)
			return -EINVAL;
		f->queued[t] = 1;
	}
	for (size_t i = 0; i < f->cnt; i++) {
		if (f->queued[i])
			start = i;
		f->out->subprog[i] = start;
	}
	memset(f->queued, 0, f->cnt);
	return 0;
}

int ctxflow_run(const struct bpf_insn *insns, size_t cnt, struct ctxflow *ret)
{
	struct flow_state entry = { .ctx = 1 << BPF_REG_1 };
	struct flow f = { .insns = insns, .cnt = cnt, .out = ret };
	int err = -ENOMEM;

	memset(ret, 0, sizeof(*ret));
	ret->cnt = cnt;
	ret->ctx_load = calloc(cnt, 1);
	ret->subprog = calloc(cnt, sizeof(*ret->subprog));
	f.states = calloc(cnt, sizeof(*f.states));
	f.work = calloc(cnt, sizeof(*f.work));
	f.queued = calloc(cnt, 1);
	if (!cnt || !ret->ctx_load || !ret->subprog || !f.states || !f.work || !f.queued)
		goto out;
	err = find_subprogs(&f);
	if (err)
		goto out;
	flow_to(&f, 0, &entry);
	while (f.nr_work && !f.err) {
		size_t i = f.work[--f.nr_work];

		f.queued[i] = 0;
		step(&f, i);
	}
	err = f.err;
out:
	free(f.states);
	free(f.work);
	free(f.queued);
	if (err)
		ctxflow_done(ret);
	return err;
}

void ctxflow_done(struct ctxflow *f)
{
	free(f->ctx_load);
	free(f->subprog);
	memset(f, 0, sizeof(*f));
}
