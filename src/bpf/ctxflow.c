/* SPDX-License-Identifier: BSD-2-Clause */
#include "bpf/ctxflow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/build.h"
#include "bpf/rewrite.h"

#define STACK_BYTES 512
#define OFF_UNKNOWN INT16_MAX

/* What is known in front of an instruction. Joins only add bits (konst: take away). */
struct flow_state {
	uint16_t ctx;		/* registers that may hold ctx */
	uint16_t any;		/* ... that may hold anything: came from memory */
	uint16_t fp;		/* ... that may point into this frame */
	uint16_t cookie;	/* ... that may point into the cookie */
	uint16_t konst;		/* ... that hold value[] */
	int16_t off[10];	/* of fp and cookie pointers, or OFF_UNKNOWN */
	int32_t value[10];
	uint64_t stack_ctx;	/* 8-byte stack slots that may hold ctx; bit 0 = fp-8 */
	uint64_t stack_cookie;	/* ... or the cookie's address */
	uint64_t seen;		/* not a bool: states are compared as memory */
};

struct flow {
	const struct bpf_insn *insns;
	size_t cnt;
	ctxflow_classify_fn classify;
	const void *arg;
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
		d->seen = 1;
		push(f, i);
		return;
	}
	old = *d;
	for (int r = 0; r < 10; r++) {
		uint16_t bit = 1 << r, ptr = s->fp | s->cookie;

		if (ptr & bit && !((d->fp | d->cookie) & bit))
			d->off[r] = s->off[r];
		else if (ptr & bit && d->off[r] != s->off[r])
			d->off[r] = OFF_UNKNOWN;
		if (d->value[r] != s->value[r])
			d->konst &= ~bit;
	}
	d->ctx |= s->ctx;
	d->any |= s->any;
	d->fp |= s->fp;
	d->cookie |= s->cookie;
	d->konst &= s->konst;
	d->stack_ctx |= s->stack_ctx;
	d->stack_cookie |= s->stack_cookie;
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
		if (s->off[reg] == OFF_UNKNOWN) {
			if (is_main(f, i))
				f->out->main_stack = 1;
			return false;
		}
		*ret = s->off[reg] + off;
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
	uint16_t keep = ~(1 << reg);

	s->ctx &= keep;
	s->any &= keep;
	s->fp &= keep;
	s->cookie &= keep;
	s->konst &= keep;
	s->off[reg] = 0;
	s->value[reg] = 0;
}

static void fault(struct flow *f, size_t i, enum ctxflow_fault what)
{
	if (f->out->fault)
		return;
	f->out->fault = what;
	f->out->fault_insn = i;
}

/* [@reg + @off], @size bytes: inside the cookie, if that is where it points? */
static void check_cookie(struct flow *f, size_t i, const struct flow_state *s, int reg, int64_t off,
			 int64_t size)
{
	if (reg == BPF_REG_10 || !(s->cookie & 1 << reg) || s->off[reg] == OFF_UNKNOWN)
		return;
	off += s->off[reg];
	if (off < 0 || off + size > CTXFLOW_COOKIE_BYTES)
		fault(f, i, CTXFLOW_OUTSIDE_COOKIE);
}

static void step_mov(struct flow_state *s, const struct bpf_insn *insn)
{
	int d = insn->dst_reg, r = insn->src_reg;
	struct flow_state old = *s;

	if (d == r)
		return;
	clobber(s, d);
	if (r == BPF_REG_10) {
		s->fp |= 1 << d;
		return;
	}
	s->ctx |= (old.ctx >> r & 1) << d;
	s->any |= (old.any >> r & 1) << d;
	s->fp |= (old.fp >> r & 1) << d;
	s->cookie |= (old.cookie >> r & 1) << d;
	s->konst |= (old.konst >> r & 1) << d;
	s->off[d] = old.off[r];
	s->value[d] = old.value[r];
}

static void move_pointer(struct flow *f, size_t i, struct flow_state *s, const struct bpf_insn *insn)
{
	int d = insn->dst_reg, op = BPF_OP(insn->code);
	int64_t off;

	if (BPF_SRC(insn->code) != BPF_K || (op != BPF_ADD && op != BPF_SUB) ||
	    s->off[d] == OFF_UNKNOWN) {
		s->off[d] = OFF_UNKNOWN;
		return;
	}
	off = s->off[d] + (op == BPF_ADD ? 1LL : -1LL) * insn->imm;
	s->off[d] = off < -STACK_BYTES || off > STACK_BYTES ? OFF_UNKNOWN : off;
	if (s->fp & 1 << d && off < 0 && off >= -STACK_BYTES)
		touch_stack(f, i, off);
}

static void step_alu(struct flow *f, size_t i, struct flow_state *s, const struct bpf_insn *insn)
{
	int d = insn->dst_reg, op = BPF_OP(insn->code);
	bool wide = insn_class(insn) == BPF_ALU64, imm = BPF_SRC(insn->code) == BPF_K;
	uint16_t bit = 1 << d;

	if (d == BPF_REG_10)
		return;
	if (wide && op == BPF_MOV && !imm && !insn->off) {
		step_mov(s, insn);
		return;
	}
	if (op == BPF_MOV || !wide) {
		clobber(s, d);
		if (op == BPF_MOV && imm) {
			s->konst |= bit;
			s->value[d] = insn->imm;
		}
		return;
	}
	s->konst &= ~bit;
	s->value[d] = 0;
	s->ctx &= ~bit;			/* modified: no load from it is accepted, nor is it an argument */
	if ((s->fp | s->cookie) & bit) {
		move_pointer(f, i, s, insn);
	} else if (op == BPF_ADD && !imm && insn->src_reg != BPF_REG_10 &&
		   (s->fp | s->cookie) & 1 << insn->src_reg) {	/* scalar += pointer */
		s->fp |= (s->fp >> insn->src_reg & 1) << d;
		s->cookie |= (s->cookie >> insn->src_reg & 1) << d;
		s->off[d] = OFF_UNKNOWN;
	}
}

static void step_load(struct flow *f, size_t i, struct flow_state *s, const struct bpf_insn *insn)
{
	int d = insn->dst_reg, off;
	bool wide = BPF_SIZE(insn->code) == BPF_DW, ctx = false, cookie = false, any = wide;

	if (s->ctx & 1 << insn->src_reg)
		f->out->ctx_load[i] = 1;
	check_cookie(f, i, s, insn->src_reg, insn->off, insn_size_bytes(insn));
	if (stack_operand(f, i, s, insn->src_reg, insn->off, &off) && wide) {
		ctx = s->stack_ctx & slot_bit(off);
		cookie = s->stack_cookie & slot_bit(off);
	}
	clobber(s, d);
	s->ctx |= ctx << d;
	s->cookie |= cookie << d;
	s->any |= any << d;
}

static void step_store(struct flow *f, size_t i, struct flow_state *s, const struct bpf_insn *insn)
{
	bool reg = insn_class(insn) == BPF_STX && BPF_MODE(insn->code) == BPF_MEM;
	bool wide = reg && BPF_SIZE(insn->code) == BPF_DW;
	uint16_t src = reg ? 1 << insn->src_reg : 0;
	int off;

	check_cookie(f, i, s, insn->dst_reg, insn->off, insn_size_bytes(insn));
	if (stack_operand(f, i, s, insn->dst_reg, insn->off, &off) &&
	    (reg || insn_class(insn) == BPF_ST)) {
		s->stack_ctx &= ~slot_bit(off);
		s->stack_cookie &= ~slot_bit(off);
		if (wide && s->ctx & src)
			s->stack_ctx |= slot_bit(off);
		if (wide && s->cookie & src && s->off[insn->src_reg] == 0)
			s->stack_cookie |= slot_bit(off);
	}
	if (insn_is_atomic(insn) && insn->imm & BPF_FETCH)
		clobber(s, insn->imm == BPF_CMPXCHG ? BPF_REG_0 : insn->src_reg);
}

/* Registers in which a helper takes a pointer to memory whose size is in the next one. */
static uint16_t sized_memory(int helper)
{
	switch (helper) {
	case BPF_FUNC_probe_read:
	case BPF_FUNC_probe_read_str:
	case BPF_FUNC_probe_read_user:
	case BPF_FUNC_probe_read_kernel:
	case BPF_FUNC_probe_read_user_str:
	case BPF_FUNC_probe_read_kernel_str:
	case BPF_FUNC_copy_from_user:
	case BPF_FUNC_get_current_comm:
	case BPF_FUNC_trace_printk:
		return 1 << BPF_REG_1;
	case BPF_FUNC_ringbuf_output:
	case BPF_FUNC_get_stack:
	case BPF_FUNC_d_path:
		return 1 << BPF_REG_2;
	case BPF_FUNC_perf_event_output:
		return 1 << BPF_REG_4;
	case BPF_FUNC_snprintf:
		return 1 << BPF_REG_1 | 1 << BPF_REG_4;
	}
	return 0;
}

/* Registers that are no argument may hold anything, a pointer without a size and an old constant. */
static void check_helper_memory(struct flow *f, size_t i, const struct flow_state *s)
{
	uint16_t sized = sized_memory(f->insns[i].imm);

	for (int r = BPF_REG_1; r < BPF_REG_5; r++)
		if (sized & 1 << r && s->konst & 1 << (r + 1))
			check_cookie(f, i, s, r, 0, s->value[r + 1]);
}

/* What a callee does with a pointer into main's stack stays above the pointer; where that is must be
 * known. (A register that is no argument and holds an old one only costs the spill.) */
static void check_stack_args(struct flow *f, size_t i, const struct flow_state *s)
{
	for (int r = BPF_REG_1; r <= BPF_REG_5; r++)
		if (s->fp & 1 << r && s->off[r] == OFF_UNKNOWN && is_main(f, i))
			f->out->main_stack = 1;
}

static void step_call(struct flow *f, size_t i, struct flow_state *s, const struct bpf_insn *insn)
{
	int what = f->classify ? f->classify(insn, f->arg) : 0;
	bool helper = insn_is_helper_call(insn) && !what;

	if (insn_is_subprog_call(insn)) {
		struct flow_state callee = { .ctx = s->ctx & 0x3e, .any = s->any & 0x3e };

		flow_to(f, insn_func_target(insn, i), &callee);
	}
	if (what & CTXFLOW_TAKES_CTX && !((s->ctx | s->any) & 1 << BPF_REG_1))
		fault(f, i, CTXFLOW_NOT_CTX);
	if (helper)
		check_helper_memory(f, i, s);
	check_stack_args(f, i, s);
	for (int r = 0; r <= 5; r++)
		clobber(s, r);
	s->cookie |= (what & CTXFLOW_COOKIE) != 0;	/* r0 */
	s->any |= !helper && !what;			/* a subprogram may return ctx, a helper not */
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
			struct flow_state callee = { .any = 0x3e };	/* a callback */

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

int ctxflow_run(const struct bpf_insn *insns, size_t cnt, ctxflow_classify_fn classify,
		const void *arg, struct ctxflow *ret)
{
	struct flow_state entry = { .ctx = 1 << BPF_REG_1 };
	struct flow f = { .insns = insns, .cnt = cnt, .classify = classify, .arg = arg, .out = ret };
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
