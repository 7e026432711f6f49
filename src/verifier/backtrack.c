/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/backtrack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/cfg.h"
#include "verifier/stack.h"

int trace_add(struct env *env)
{
	struct state *s = env->cur;

	if (env->nr_trace == env->cap_trace) {
		u32 cap = env->cap_trace ? env->cap_trace * 2 : 4096;
		struct trace *t = realloc(env->trace, cap * sizeof(*t));

		if (!t)
			return -ENOMEM;
		env->trace = t;
		env->cap_trace = cap;
	}
	env->trace[env->nr_trace] = (struct trace){ s->trace, s->pc, s->depth, 0, -1, 0, 0 };
	s->trace = env->nr_trace++;
	return 0;
}

void trace_mem(struct env *env, u8 frame, u32 slot)
{
	struct trace *t = &env->trace[env->cur->trace];

	t->mem_frame = frame;
	t->mem_slot = slot;
	t->flags |= TRACE_MEM;
}

/* -- Walking back --- */

struct want {			/* what is to be precise before some instruction */
	u16 regs[INSN_FRAMES_MAX];
	u64 slots[INSN_FRAMES_MAX];
};

static bool want_any(const struct want *w)
{
	for (int i = 0; i < INSN_FRAMES_MAX; i++)
		if (w->regs[i] || w->slots[i])
			return true;
	return false;
}

static bool takes(u16 *mask, u8 reg)
{
	bool had = *mask >> reg & 1;

	*mask &= ~(1u << reg);
	return had;
}

static void back_alu(const struct bpf_insn *insn, u16 *regs)
{
	u8 op = BPF_OP(insn->code);

	if (!(*regs >> insn->dst_reg & 1))
		return;
	if (op == BPF_MOV)
		takes(regs, insn->dst_reg);
	if (op != BPF_END && op != BPF_NEG && BPF_SRC(insn->code) == BPF_X)
		*regs |= 1u << insn->src_reg;
}

static void back_load(const struct trace *t, u8 dst, struct want *w)
{
	if (takes(&w->regs[t->depth], dst) && t->flags & TRACE_MEM)
		w->slots[t->mem_frame] |= 1ULL << t->mem_slot;
}

static void back_store(const struct trace *t, const struct bpf_insn *insn, struct want *w)
{
	u64 bit = t->flags & TRACE_MEM ? 1ULL << t->mem_slot : 0;

	if (!(w->slots[t->mem_frame] & bit))
		return;
	/* A store of part of a slot leaves nothing of what was there that could be known. */
	w->slots[t->mem_frame] &= ~bit;
	if (insn_class(insn) == BPF_STX)
		w->regs[t->depth] |= 1u << insn->src_reg;
}

static void back_atomic(const struct trace *t, const struct bpf_insn *insn, struct want *w)
{
	if (insn->imm == INSN_LOAD_ACQ) {
		back_load(t, insn->dst_reg, w);
		return;
	}
	if (insn->imm == INSN_STORE_REL) {
		back_store(t, insn, w);
		return;
	}
	if (t->flags & TRACE_MEM)
		w->slots[t->mem_frame] &= ~(1ULL << t->mem_slot);	/* unknown afterwards */
	if (insn->imm == BPF_CMPXCHG)
		back_load(t, 0, w);
	else if (insn->imm & BPF_FETCH)
		back_load(t, insn->src_reg, w);
}

/* @next: depth of the instruction that came after. */
static void back_call(const struct trace *t, const struct bpf_insn *insn, u8 next, struct want *w)
{
	const u16 args = 0x3e;

	if (next > t->depth) {	/* into a subprogram, or a callback */
		if (insn_is_subprog_call(insn))
			w->regs[t->depth] |= w->regs[next] & args;
		w->regs[next] = 0;
		w->slots[next] = 0;
		return;
	}
	w->regs[t->depth] &= ~0x3f;
}

static void back_exit(const struct trace *t, u8 next, struct want *w)
{
	if (next < t->depth && takes(&w->regs[next], 0))
		w->regs[t->depth] |= 1;
}

/* A jump that refined several numbers: one of them matters, so all do. */
static void back_links(const struct env *env, const struct trace *t, struct want *w)
{
	const struct links *l = t->links ? &env->links[t->links - 1] : NULL;
	bool any = false;

	for (u32 i = 0; l && i < l->cnt; i++)
		any |= l->at[i].reg >= 0 ? w->regs[l->at[i].frame] >> l->at[i].reg & 1 :
					   w->slots[l->at[i].frame] >> l->at[i].slot & 1;
	for (u32 i = 0; any && i < l->cnt; i++) {
		if (l->at[i].reg >= 0)
			w->regs[l->at[i].frame] |= 1u << l->at[i].reg;
		else
			w->slots[l->at[i].frame] |= 1ULL << l->at[i].slot;
	}
}

static void back_jump(const struct env *env, const struct trace *t, const struct bpf_insn *insn,
		      struct want *w)
{
	u16 *regs = &w->regs[t->depth], used = 1u << insn->dst_reg;

	back_links(env, t, w);
	if (!insn_is_cond_jump(insn) || BPF_SRC(insn->code) != BPF_X)
		return;
	used |= 1u << insn->src_reg;
	if (*regs & used)	/* each was refined by the other */
		*regs |= used;
	back_links(env, t, w);
}

static void back_insn(const struct env *env, const struct trace *t, u8 next, struct want *w)
{
	const struct bpf_insn *insn = &env->insns[t->insn];

	switch (insn_class(insn)) {
	case BPF_ALU:
	case BPF_ALU64:
		back_alu(insn, &w->regs[t->depth]);
		break;
	case BPF_LDX:
		back_load(t, insn->dst_reg, w);
		break;
	case BPF_ST:
		back_store(t, insn, w);
		break;
	case BPF_STX:
		if (insn_is_atomic(insn))
			back_atomic(t, insn, w);
		else
			back_store(t, insn, w);
		break;
	case BPF_LD:
		if (insn_is_ldimm64(insn))
			takes(&w->regs[t->depth], insn->dst_reg);
		else
			w->regs[t->depth] &= ~0x3f;
		break;
	default:
		if (insn_is_call(insn))
			back_call(t, insn, next, w);
		else if (insn_is_exit(insn))
			back_exit(t, next, w);
		else
			back_jump(env, t, insn, w);
		break;
	}
}

/* Marks in @s what is wanted; what is marked already needs no more walking. */
static u32 mark_state(struct state *s, struct want *w)
{
	u32 marks = 0;

	for (u32 n = 0; n <= s->depth; n++) {
		struct frame *f = s->frames[n];

		for (u64 left = w->regs[n] & ALL_REGS; left; left &= left - 1) {
			u32 i = lowest_bit(left);
			struct reg *r = &f->regs[i];

			if (r->type != REG_SCALAR || r->precise) {
				w->regs[n] &= ~(1u << i);
				continue;
			}
			r->precise = true;
			marks++;
		}
		for (u64 left = w->slots[n]; left; left &= left - 1) {
			u32 i = lowest_bit(left);
			struct slot *slot = i < f->slots ? &f->stack[i] : NULL;

			if (!slot || slot->kind[0] != SLOT_SPILL || slot->reg.type != REG_SCALAR ||
			    slot->reg.precise) {
				w->slots[n] &= ~(1ULL << i);
				continue;
			}
			slot->reg.precise = true;
			marks++;
		}
	}
	for (u32 n = s->depth + 1; n < INSN_FRAMES_MAX; n++)
		w->regs[n] = w->slots[n] = 0;
	return marks;
}

/* Walks from behind instruction @t of the trace to where nothing is wanted any more. */
static void walk_back(struct env *env, struct state *at, u32 t, u8 next, struct want *w)
{
	while (want_any(w)) {
		u32 stop = at ? at->trace : NO_TRACE;

		for (; t != stop; t = env->trace[t].parent) {
			back_insn(env, &env->trace[t], next, w);
			next = env->trace[t].depth;
		}
		if (!at)
			return;
		env->marks += mark_state(at, w);
		at = at->parent;
	}
}

int mark_precise(struct env *env, u32 nr)
{
	struct state *s = env->cur;
	struct want w = { 0 };

	if (state_regs(s)[nr].type != REG_SCALAR)
		return 0;
	w.regs[s->depth] = 1u << nr;
	/* the running instruction has not changed anything yet */
	walk_back(env, s->parent, env->trace[s->trace].parent, s->depth, &w);
	return 0;
}

int mark_precise_slot(struct env *env, u8 frame, u32 slot)
{
	struct state *s = env->cur;
	struct want w = { 0 };

	w.slots[frame] = 1ULL << slot;
	walk_back(env, s->parent, env->trace[s->trace].parent, s->depth, &w);
	return 0;
}

int mark_precise_as(struct env *env, const struct edge *e)
{
	struct want w = { 0 };

	for (u32 n = 0; n <= e->to->depth; n++) {
		const struct frame *f = e->to->frames[n];

		for (u32 i = 0; i < INSN_FP; i++)
			if (f->regs[i].type == REG_SCALAR && f->regs[i].precise)
				w.regs[n] |= 1u << i;
		for (u32 i = 0; i < f->slots; i++)
			if (f->stack[i].kind[0] == SLOT_SPILL && f->stack[i].reg.type == REG_SCALAR &&
			    f->stack[i].reg.precise)
				w.slots[n] |= 1ULL << i;
	}
	walk_back(env, e->parent, e->trace, e->depth, &w);
	return 0;
}
