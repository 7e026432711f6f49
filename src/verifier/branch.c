/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/branch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/backtrack.h"
#include "verifier/fields.h"
#include "verifier/kernctx.h"
#include "verifier/packet.h"

/* -- NULL or not --- */

struct null_mark {
	u32 id;
	bool is_null;
	struct env *env;
};

static void null_one(struct reg *r, void *arg)
{
	const struct null_mark *m = arg;

	if (!(r->flags & REG_MAYBE_NULL) || r->id != m->id || !reg_is_pointer(r))
		return;
	if (m->is_null) {
		reg_set_const(r, 0);
		return;
	}
	r->flags &= ~REG_MAYBE_NULL;
	if (r->type != REG_MAP_VALUE || !fields_have_lock(m->env, r->map))
		r->id = 0;	/* which value it is matters to locks */
}

void branch_mark_null(struct env *env, struct state *s, u32 id, bool is_null)
{
	struct null_mark m = { id, is_null, env };

	if (is_null)
		state_drop_ref(s, id);	/* nothing was acquired */
	state_each_reg(s, null_one, &m);
}

/* -- Numbers with one id --- */

struct sync {
	const struct reg *known;
	bool empty;
};

static void sync_one(struct reg *r, void *arg)
{
	static const struct bpf_insn add = { .code = BPF_ALU64 | BPF_ADD | BPF_K };
	struct sync *s = arg;
	struct scalar by = scalar_const((s64)r->add - s->known->add), v;

	if (r == s->known || r->type != REG_SCALAR || r->id != s->known->id)
		return;
	v = scalar_alu(&add, &s->known->v, &by);
	if (!scalar_intersect(&r->v, &v))
		s->empty = true;
}

/* What was learnt of @known holds for its relatives; false: the path cannot be. */
static bool sync_linked(struct state *st, const struct reg *known)
{
	struct reg of = *known;
	struct sync s = { &of, false };

	if (known->type == REG_SCALAR && known->id)
		state_each_reg(st, sync_one, &s);
	return !s.empty;
}

static void add_link(struct links *l, u8 frame, s8 reg, u8 slot)
{
	if (l->cnt < LINKS_MAX) {
		l->at[l->cnt].frame = frame;
		l->at[l->cnt].reg = reg;
		l->at[l->cnt].slot = slot;
	}
	l->cnt++;
}

static void collect_frame(struct links *l, const struct frame *f, u8 nr, u32 id1, u32 id2)
{
	for (u32 i = 0; i < INSN_FP; i++) {
		const struct reg *r = &f->regs[i];

		if (r->type == REG_SCALAR && r->id && (r->id == id1 || r->id == id2))
			add_link(l, nr, i, 0);
	}
	for (u32 i = 0; i < f->slots; i++) {
		const struct reg *r = &f->stack[i].reg;

		if (f->stack[i].kind[0] == SLOT_SPILL && r->type == REG_SCALAR && r->id &&
		    (r->id == id1 || r->id == id2))
			add_link(l, nr, -1, i);
	}
}

/*
 * Too many to be written down: relatives beyond the first few are cut off, so that nothing is learnt
 * of what backtracking does not know about.
 */
static void unlink_rest(struct state *s, struct links *l, u32 id1, u32 id2)
{
	u32 seen = 0;

	for (u32 n = 0; n <= s->depth; n++) {
		struct frame *f = s->frames[n];

		for (u32 i = 0; i < INSN_FP + f->slots; i++) {
			struct reg *r = i < INSN_FP ? &f->regs[i] : &f->stack[i - INSN_FP].reg;
			bool spilled = i < INSN_FP || f->stack[i - INSN_FP].kind[0] == SLOT_SPILL;

			if (!spilled || r->type != REG_SCALAR || !r->id || (r->id != id1 && r->id != id2))
				continue;
			if (seen++ >= LINKS_MAX)
				r->id = 0, r->add = 0;
		}
	}
	l->cnt = LINKS_MAX;
}

/* Notes in the trace which registers this jump refines together. */
static int note_links(struct env *env, const struct reg *a, const struct reg *b)
{
	struct state *s = env->cur;
	u32 id1 = a->type == REG_SCALAR ? a->id : 0, id2 = b->type == REG_SCALAR ? b->id : 0;
	struct links l = { 0 }, *all;

	if (!id1 && !id2)
		return 0;
	for (u32 n = 0; n <= s->depth; n++)
		collect_frame(&l, s->frames[n], n, id1, id2);
	if (l.cnt < 2)
		return 0;
	if (l.cnt > LINKS_MAX)
		unlink_rest(s, &l, id1, id2);
	if (!(env->nr_links & (env->nr_links + 1)) || !env->links) {
		all = realloc(env->links, (env->nr_links + 1) * 2 * sizeof(*all));
		if (!all)
			return -ENOMEM;
		env->links = all;
	}
	env->links[env->nr_links++] = l;
	env->trace[s->trace].links = env->nr_links;
	return 0;
}

/* -- One conditional jump --- */

struct jump {
	const struct bpf_insn *insn;
	u8 op;
	bool is32;
	bool by_reg;
	u32 target;
};

static bool assume(struct state *s, const struct jump *j, bool taken)
{
	struct reg *regs = state_regs(s), *dst = &regs[j->insn->dst_reg];
	struct scalar imm = scalar_const((s64)j->insn->imm);
	struct reg *src = j->by_reg ? &regs[j->insn->src_reg] : NULL;

	if (dst == src) {
		struct scalar copy = dst->v;

		return scalar_assume(&copy, &dst->v, j->op, j->is32, taken);
	}
	if (!scalar_assume(&dst->v, src ? &src->v : &imm, j->op, j->is32, taken))
		return false;
	return sync_linked(s, dst) && (!src || sync_linked(s, src));
}

/* May the jump go that way? By the numbers alone. */
static bool may_go(const struct state *s, const struct jump *j, bool taken)
{
	const struct reg *regs = s->frames[s->depth]->regs;
	struct scalar a = regs[j->insn->dst_reg].v, b = scalar_const((s64)j->insn->imm);

	if (j->by_reg)
		b = regs[j->insn->src_reg].v;
	if (j->by_reg && j->insn->dst_reg == j->insn->src_reg && j->op != BPF_JSET) {
		bool holds = j->op == BPF_JEQ || j->op == BPF_JGE || j->op == BPF_JLE ||
			     j->op == BPF_JSGE || j->op == BPF_JSLE;

		return taken == holds;
	}
	return scalar_assume(&a, &b, j->op, j->is32, taken);
}

static int mark_operands(struct env *env, const struct jump *j)
{
	int err = 0;

	if (state_regs(env->cur)[j->insn->dst_reg].type == REG_SCALAR)
		err = mark_precise(env, j->insn->dst_reg);
	if (!err && j->by_reg && state_regs(env->cur)[j->insn->src_reg].type == REG_SCALAR)
		err = mark_precise(env, j->insn->src_reg);
	return err;
}

static void go(struct env *env, const struct jump *j, bool taken)
{
	env->cur->pc = taken ? j->target : env->cur->pc + 1;
}

static int jump_numbers(struct env *env, const struct jump *j)
{
	struct reg *regs = state_regs(env->cur);
	bool yes = may_go(env->cur, j, true), no = may_go(env->cur, j, false);
	struct state *other;
	int err;

	if (!yes && !no)	/* neither: no run comes here */
		return PATH_DONE;
	if (yes != no) {
		err = mark_operands(env, j);
		if (!err && !assume(env->cur, j, yes))
			return PATH_DONE;
		go(env, j, yes);
		return err;
	}
	err = note_links(env, &regs[j->insn->dst_reg],
			 j->by_reg ? &regs[j->insn->src_reg] : &regs[j->insn->dst_reg]);
	if (err)
		return err;
	other = env_push(env, j->target);
	if (!other)
		return env->err;
	if (!assume(other, j, true))
		other->speculative_end = true;
	if (!assume(env->cur, j, false))
		return PATH_DONE;
	go(env, j, false);
	return 0;
}

/* ptr == 0, where it may be */
static int jump_null(struct env *env, const struct jump *j, u32 id)
{
	bool null_if_taken = j->op == BPF_JEQ;
	struct state *other = env_push(env, j->target);

	if (!other)
		return env->err;
	branch_mark_null(env, other, id, null_if_taken);
	branch_mark_null(env, env->cur, id, !null_if_taken);
	go(env, j, false);
	return 0;
}

/* What "pkt OP end" says of pkt, if the jump is (not) taken: -1 nothing, 0 pkt < end, 1 pkt <= end. */
static int packet_fact(u8 op, bool swapped, bool taken)
{
	static const u8 mirror[] = { [BPF_JGT >> 4] = BPF_JLT, [BPF_JGE >> 4] = BPF_JLE,
				     [BPF_JLT >> 4] = BPF_JGT, [BPF_JLE >> 4] = BPF_JGE };

	if (op != BPF_JGT && op != BPF_JGE && op != BPF_JLT && op != BPF_JLE)
		return -1;
	if (swapped)
		op = mirror[op >> 4];
	switch (op) {
	case BPF_JGT:
		return taken ? -1 : 1;
	case BPF_JGE:
		return taken ? -1 : 0;
	case BPF_JLT:
		return taken ? 0 : -1;
	default:
		return taken ? 1 : -1;
	}
}

static bool is_packet_bound(const struct reg *pkt, const struct reg *end)
{
	return (reg_is_packet(pkt) && end->type == REG_PACKET_END) ||
	       (pkt->type == REG_PACKET_META && end->type == REG_PACKET && !end->off && reg_is_fixed(end) &&
		!end->v.t.value && !end->id);
}

static void learn(struct state *s, const struct jump *j, bool swapped, bool taken)
{
	const struct reg *regs = state_regs(s);
	int fact = packet_fact(j->op, swapped, taken);

	if (fact >= 0)
		packet_learn(s, &regs[swapped ? j->insn->src_reg : j->insn->dst_reg], fact);
}

static int jump_either(struct env *env, const struct jump *j)
{
	const struct reg *regs = state_regs(env->cur), *dst = &regs[j->insn->dst_reg];
	const struct reg *src = j->by_reg ? &regs[j->insn->src_reg] : NULL;
	bool straight = src && !j->is32 && is_packet_bound(dst, src);
	bool swapped = src && !j->is32 && is_packet_bound(src, dst);
	struct state *other = env_push(env, j->target);

	if (!other)
		return env->err;
	if (straight || swapped) {
		learn(other, j, swapped, true);
		learn(env->cur, j, swapped, false);
	}
	go(env, j, false);
	return 0;
}

static bool is_equality(u8 op)
{
	return op == BPF_JEQ || op == BPF_JNE;
}

static int jump_pointers(struct env *env, const struct jump *j)
{
	const struct reg *regs = state_regs(env->cur), *dst = &regs[j->insn->dst_reg];
	const struct reg *src = j->by_reg ? &regs[j->insn->src_reg] : NULL;
	bool with_zero = src ? reg_is_zero(src) : !j->insn->imm;

	if (src && !with_zero && reg_is_zero(dst)) {	/* 0 == ptr */
		dst = src;
		with_zero = true;
	}
	if (!is_equality(j->op) || !with_zero || j->is32 || !reg_is_pointer(dst))
		return jump_either(env, j);
	if (dst->flags & REG_MAYBE_NULL) {
		int err = src ? mark_operands(env, j) : 0;

		return err ?: jump_null(env, j, dst->id);
	}
	if (dst->type == REG_BTF && (!(dst->flags & REG_TRUSTED) || kernctx_has_slots(env->o)))
		return jump_either(env, j);	/* typed pointers may be anything, arguments NULL */
	if (src) {
		int err = mark_operands(env, j);

		if (err)
			return err;
	}
	go(env, j, j->op == BPF_JNE);
	return 0;
}

int branch_insn(struct env *env)
{
	const struct bpf_insn *insn = env_insn(env);
	struct reg *regs = state_regs(env->cur);
	struct jump j = { insn, BPF_OP(insn->code), insn_class(insn) == BPF_JMP32,
			  BPF_SRC(insn->code) == BPF_X, insn_jump_target(insn, env->cur->pc) };
	int err = reg_check_read(env, insn->dst_reg);

	if (!err && j.by_reg)
		err = reg_check_read(env, insn->src_reg);
	if (err)
		return err;
	if (reg_is_pointer(&regs[insn->dst_reg]) || (j.by_reg && reg_is_pointer(&regs[insn->src_reg])))
		return jump_pointers(env, &j);
	return jump_numbers(env, &j);
}
