/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/prune.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/backtrack.h"
#include "verifier/objects.h"
#include "verifier/stack.h"

#define IDS_MAX 640		/* registers and slots of all frames */
#define MIN_INSNS 8		/* between remembered states */
#define MIN_JUMPS 2
#define PASSES 3		/* through a loop's instruction, and a state is remembered after all */
#define CROWD 16		/* of states there: no more of these */

enum exact { LOOSE, WITHIN, SAME };	/* imprecise numbers: any; in the range; equal */

struct idmap {
	u32 cnt;
	struct {
		u32 old, cur;
		s64 shift;
	} ids[IDS_MAX];
};

/* Do @old and @cur stand for one another, everywhere? @shift: of packet pointers, the constant part of their
 * offset in @cur less that in @old. */
static bool same_base(struct idmap *m, u32 old, u32 cur, s64 shift)
{
	if (!old != !cur)
		return false;
	if (!old)
		return true;
	for (u32 i = 0; i < m->cnt; i++) {
		if (m->ids[i].old == old)
			return m->ids[i].cur == cur && m->ids[i].shift == shift;
		if (m->ids[i].cur == cur)
			return false;
	}
	if (m->cnt == IDS_MAX)
		return false;
	m->ids[m->cnt].old = old;
	m->ids[m->cnt].shift = shift;
	m->ids[m->cnt++].cur = cur;
	return true;
}

static bool same_id(struct idmap *m, u32 old, u32 cur)
{
	return same_base(m, old, cur, 0);
}

static bool same_scalar(const struct reg *old, const struct reg *cur, struct idmap *m, enum exact exact)
{
	if (exact == LOOSE && !old->precise)
		return true;
	if (exact == SAME && !scalar_covers(&cur->v, &old->v))
		return false;
	if (!scalar_covers(&old->v, &cur->v))
		return false;
	if (!old->id)		/* what is not tied together needs not be */
		return true;
	return old->add == cur->add && same_id(m, old->id, cur->id);
}

static struct scalar shifted(const struct scalar *v, s64 by)
{
	const struct bpf_insn add = { .code = BPF_ALU64 | BPF_ADD | BPF_X };
	struct scalar k = scalar_const(by);

	return by ? scalar_alu(&add, v, &k) : *v;
}

/*
 * How an offset is split into a constant and a variable part does not matter: base + 8 + [0, 4] is one of
 * base + [0, 20]. Of packets, what has one id has one base: it is moved for all pointers alike.
 */
static bool same_pointer(const struct reg *old, const struct reg *cur, struct idmap *m, enum exact exact)
{
	s64 shift = (s64)cur->off - old->off;
	struct scalar v = shifted(&cur->v, shift);
	bool packet = reg_is_packet(old);

	if (old->flags != cur->flags || old->frame != cur->frame || old->map != cur->map ||
	    !same_id(m, old->map_uid, cur->map_uid))
		return false;
	if (packet ? old->range && old->range > cur->range - shift : old->mem_bytes != cur->mem_bytes)
		return false;
	if (exact == SAME && (shift || !scalar_covers(&cur->v, &old->v) || old->range != cur->range))
		return false;
	return scalar_covers(&old->v, &v) && same_base(m, old->id, cur->id, packet ? shift : 0) &&
	       same_id(m, old->ref, cur->ref);
}

static bool same_reg(const struct reg *old, const struct reg *cur, struct idmap *m, enum exact exact)
{
	if (old->type == REG_NONE)
		return exact != SAME || cur->type == REG_NONE;
	if (old->type != cur->type)
		return false;
	if (old->type == REG_SCALAR)
		return same_scalar(old, cur, m, exact);
	return same_pointer(old, cur, m, exact);
}

static bool is_pointer_slot(const struct slot *s)
{
	return s->kind[0] == SLOT_SPILL && s->reg.type != REG_SCALAR;
}

/* What a load of the bytes that @old has spilled would give. */
static void as_number(const struct slot *old, const struct slot *cur, struct reg *ret)
{
	u32 spilled = 0, zero = 0, want = 0;

	for (u32 i = 0; i < 8; i++) {
		bool here = old->kind[i] == SLOT_SPILL;

		want += here;
		spilled += here && cur->kind[i] == SLOT_SPILL;
		zero += here && cur->kind[i] == SLOT_ZERO;
	}
	if (spilled == want && (want == 8 || cur->kind[want] != SLOT_SPILL))
		*ret = cur->reg;
	else if (zero == want)
		reg_set_const(ret, 0);
	else if (want < 8)
		reg_set_scalar(ret, scalar_bits(want * 8));
	else
		reg_set_unknown(ret);
}

static bool same_bytes(const struct slot *old, const struct slot *cur)
{
	bool cur_zero = cur->kind[0] == SLOT_SPILL && reg_is_zero(&cur->reg);

	for (u32 i = 0; i < 8; i++) {
		if (old->kind[i] == SLOT_ZERO && cur->kind[i] != SLOT_ZERO &&
		    !(cur_zero && cur->kind[i] == SLOT_SPILL))
			return false;
	}
	return true;
}

/* What objects.c keeps of them; the rounds of an iterator only tell an endless loop from others. */
static bool same_object(const struct slot *old, const struct slot *cur, struct idmap *m, enum exact exact)
{
	return old->kind[0] == cur->kind[0] && old->reg.off == cur->reg.off &&
	       old->reg.frame == cur->reg.frame && old->reg.flags == cur->reg.flags &&
	       same_id(m, old->reg.id, cur->reg.id) && same_id(m, old->reg.ref, cur->reg.ref) &&
	       (exact != SAME || old->reg.mem_bytes == cur->reg.mem_bytes);
}

static bool same_slot(const struct slot *old, const struct slot *cur, struct idmap *m, enum exact exact)
{
	static const u8 nothing[8] = { 0 };
	struct reg number;

	if (!memcmp(old->kind, nothing, 8))
		return exact != SAME || !memcmp(cur->kind, nothing, 8);
	if (exact == SAME && memcmp(old->kind, cur->kind, 8))
		return false;
	if (slot_is_object(old) || slot_is_object(cur))
		return same_object(old, cur, m, exact);
	if (is_pointer_slot(old))
		return is_pointer_slot(cur) && same_reg(&old->reg, &cur->reg, m, exact);
	if (is_pointer_slot(cur))
		return false;
	if (old->kind[0] == SLOT_SPILL) {
		as_number(old, cur, &number);
		if (!same_scalar(&old->reg, &number, m, exact))
			return false;
	}
	return same_bytes(old, cur);
}

static u16 live_regs(const struct env *env, const struct state *s, u32 n)
{
	const struct frame *callee;

	if (n == s->depth)
		return env->aux[s->pc].live_regs;
	callee = s->frames[n + 1];
	if (callee->is_callback)
		return env->aux[callee->callsite].live_regs | env->aux[callee->callsite + 1].live_regs;
	return env->aux[callee->callsite + 1].live_regs & ~1u;
}

static u64 live_slots(const struct env *env, const struct state *s, u32 n)
{
	u32 at = n == s->depth ? s->pc : s->frames[n + 1]->callsite;

	return env->aux[at].live_slots;
}

/* -- Ids that tie nothing together --- */

#define ID_SLOTS 1024	/* ids that fall into one are taken for the same: then they stay */

static void each_live_number(struct env *env, void (*fn)(struct reg *r, u8 *uses), u8 *uses)
{
	struct state *s = env->cur;

	for (u32 n = 0; n <= s->depth; n++) {
		struct frame *f = s->frames[n];
		u16 regs = live_regs(env, s, n);
		u64 slots = live_slots(env, s, n);

		for (u64 left = regs & ALL_REGS; left; left &= left - 1) {
			struct reg *r = &f->regs[lowest_bit(left)];

			if (r->type == REG_SCALAR && r->id)
				fn(r, uses);
		}
		for (u64 left = slots & slots_below(f->slots); left; left &= left - 1) {
			struct slot *slot = &f->stack[lowest_bit(left)];

			if (slot->kind[0] == SLOT_SPILL && slot->reg.type == REG_SCALAR && slot->reg.id)
				fn(&slot->reg, uses);
		}
	}
}

static void count_id(struct reg *r, u8 *uses)
{
	u8 *n = &uses[r->id % ID_SLOTS];

	*n += *n < 2;
}

static void drop_id(struct reg *r, u8 *uses)
{
	if (uses[r->id % ID_SLOTS] == 1)
		r->id = r->add = 0;
}

/* Numbers whose fellows are dead: two states that differ in them alone are the same. */
static void drop_lonely_ids(struct env *env)
{
	u8 uses[ID_SLOTS] = { 0 };

	each_live_number(env, count_id, uses);
	each_live_number(env, drop_id, uses);
}

/* May fewer rounds be left to callbacks than from @cur? Not if the proof from @old needed none to be its last. */
static bool rounds_count(const struct env *env, const struct state *old)
{
	return old->branches || old->in_loop == env->epoch || old->by_rounds;
}

static bool same_frame(const struct env *env, const struct state *os, const struct state *cs, u32 n,
		       struct idmap *m, enum exact exact)
{
	static const struct slot empty;
	const struct frame *old = os->frames[n], *cur = cs->frames[n];
	bool all = exact == SAME || env->o->flags & VERIFY_EXACT;
	u64 live = all ? ALL_REGS : live_regs(env, os, n) & ALL_REGS;
	u64 slots = all ? ~0ULL : live_slots(env, os, n);
	u32 nr = exact == SAME && cur->slots > old->slots ? cur->slots : old->slots;

	if (old->subprog != cur->subprog || old->callsite != cur->callsite ||
	    old->is_callback != cur->is_callback || (old->rounds > cur->rounds && rounds_count(env, os)) ||
	    (exact == SAME && old->rounds != cur->rounds))
		return false;
	for (; live; live &= live - 1) {
		u32 i = lowest_bit(live);

		if (!same_reg(&old->regs[i], &cur->regs[i], m, exact))
			return false;
	}
	for (slots &= slots_below(nr); slots; slots &= slots - 1) {
		u32 i = lowest_bit(slots);

		if (!same_slot(i < old->slots ? &old->stack[i] : &empty,
			       i < cur->slots ? &cur->stack[i] : &empty, m, exact))
			return false;
	}
	return true;
}

static bool same_refs(const struct state *old, const struct state *cur, struct idmap *m)
{
	if (old->nr_refs != cur->nr_refs)
		return false;
	for (u32 i = 0; i < old->nr_refs; i++)
		if (old->refs[i].kind != cur->refs[i].kind || old->refs[i].map != cur->refs[i].map ||
		    !same_id(m, old->refs[i].id, cur->refs[i].id) ||
		    !same_id(m, old->refs[i].of, cur->refs[i].of))
			return false;
	return true;
}

static bool same_state(const struct env *env, const struct state *old, const struct state *cur,
		       enum exact exact)
{
	struct idmap m;

	m.cnt = 0;
	if (old->depth != cur->depth || old->sleepable != cur->sleepable || !old->entry != !cur->entry ||
	    !same_refs(old, cur, &m))
		return false;
	for (u32 n = 0; n <= old->depth; n++)
		if (!same_frame(env, old, cur, n, &m, exact))
			return false;
	return true;
}

/* -- Remembering --- */

static void detach(struct env *env, struct state *s)
{
	s->next = env->detached;
	env->detached = s;
}

static void unlist(struct env *env, u32 insn, struct state *s)
{
	struct state **p = &env->aux[insn].states;

	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
	s->listed = false;
	env->live_states--;
	if (!s->branches && !env->nr_edges)
		state_free(s);
	else
		detach(env, s);
}

/* Frees what is neither listed nor on a path that goes on. */
static void sweep(struct env *env)
{
	struct state **p = &env->detached;

	while (*p) {
		struct state *s = *p;

		if (s->branches) {
			p = &s->next;
			continue;
		}
		*p = s->next;
		state_free(s);
	}
}

/* What is marked has marked parents. */
void prune_mark_rounds(struct env *env, struct state *s)
{
	for (; s && !s->by_rounds; s = s->parent) {
		s->by_rounds = true;
		env->marks++;
	}
}

/* -- Loops that are closed at a state which is not done --- */

/*
 * Marks travel from the state a loop was closed at to the path that was closed, and from there back to
 * that state, until none is new. Only then are the states of the loop complete.
 */
static void close_loops(struct env *env)
{
	u64 before;

	do {
		before = env->marks;
		for (u32 i = 0; i < env->nr_edges; i++) {
			mark_precise_as(env, &env->edges[i]);
			if (env->edges[i].to->by_rounds)
				prune_mark_rounds(env, env->edges[i].parent);
		}
	} while (env->marks != before);
	env->nr_edges = 0;
	env->epoch++;
	sweep(env);
}

static int add_edge(struct env *env, struct state *to)
{
	struct edge *edges = env->edges;

	if (!(env->nr_edges & (env->nr_edges + 1)) || !edges) {
		edges = realloc(edges, (env->nr_edges + 1) * 2 * sizeof(*edges));
		if (!edges)
			return -ENOMEM;
		env->edges = edges;
	}
	edges[env->nr_edges++] = (struct edge){ to, env->cur->parent, env->cur->trace, env->cur->depth };
	for (struct state *at = env->cur->parent; at; at = at->parent)
		at->in_loop = env->epoch;
	if (to->branches && !to->is_head) {
		to->is_head = true;
		env->open_heads++;
	}
	return 0;
}

void prune_path_done(struct env *env, struct state *s)
{
	struct state *at = s->parent;

	while (at && !--at->branches) {
		struct state *up = at->parent;

		if (at->is_head && !--env->open_heads)
			close_loops(env);
		at = up;
	}
	if (!env->nr_edges)
		sweep(env);
}

/* -- Comparing --- */

static int remember(struct env *env)
{
	struct state *s;
	int err = env_copy(env, &s);

	if (err)
		return err;
	s->branches = 1;
	s->listed = true;
	s->next = env->aux[s->pc].states;
	env->aux[s->pc].states = s;
	env->cur->parent = s;
	env->insns_at_state = env->res->visited;
	env->jumps_at_state = env->jumps;
	env->res->states++;
	if (++env->live_states > env->res->peak_states)
		env->res->peak_states = env->live_states;
	return 0;
}

static bool worth_it(const struct env *env)
{
	if (env->aux[env->cur->pc].flags & AUX_FORCE || env->o->flags & VERIFY_STATE_FREQ)
		return true;
	return env->res->visited - env->insns_at_state >= MIN_INSNS &&
	       env->jumps - env->jumps_at_state >= MIN_JUMPS;
}

static int endless(struct env *env)
{
	refuse(env, -EINVAL, "endless loop: nothing has changed since insn %u was reached before",
	       env->cur->pc);
	hint(env, "let a variable that the condition tests change in every round");
	return -EINVAL;
}

/* Has the path gone once round a loop that ends by itself, since it was at @s? */
static bool is_next_round(const struct env *env, const struct state *s, const struct state *cur)
{
	u8 flags = env->aux[cur->pc].flags;

	if (s->depth != cur->depth)
		return false;
	if (flags & AUX_CALLBACK && cur->from_callback)
		return true;
	if (flags & AUX_MAY_GOTO && cur->may_goto_depth != s->may_goto_depth)
		return true;
	return flags & AUX_ITER_NEXT && objects_iter_rounds(s) != objects_iter_rounds(cur);
}

/* @bytes: of the number; more are zero */
static void widen_reg(const struct reg *old, struct reg *cur, u32 bytes)
{
	if (old->type != REG_SCALAR || cur->type != REG_SCALAR || old->precise)
		return;
	if (scalar_covers(&old->v, &cur->v) && scalar_covers(&cur->v, &old->v))
		return;
	if (bytes == 8)
		reg_set_unknown(cur);
	else
		reg_set_scalar(cur, scalar_bits(bytes * 8));
}

static void widen_slot(const struct slot *old, struct slot *cur)
{
	u32 bytes = 0;

	if (old->kind[0] != SLOT_SPILL || memcmp(old->kind, cur->kind, sizeof(old->kind)))
		return;
	while (bytes < 8 && old->kind[bytes] == SLOT_SPILL)
		bytes++;
	widen_reg(&old->reg, &cur->reg, bytes);
}

/* Numbers that nothing rests on, and that change from round to round, may be any. */
static void widen(const struct state *s, struct state *cur)
{
	for (u32 n = 0; n <= cur->depth; n++) {
		const struct frame *old = s->frames[n];
		struct frame *f = cur->frames[n];

		for (u32 i = 0; i < INSN_FP; i++)
			widen_reg(&old->regs[i], &f->regs[i], 8);
		for (u32 i = 0; i < f->slots && i < old->slots; i++)
			widen_slot(&old->stack[i], &f->stack[i]);
	}
}

/* Is the proof from @s, which is done, one for the current state, too? */
static bool covers(const struct env *env, const struct state *s)
{
	bool complete = s->in_loop != env->epoch && !(env->o->flags & VERIFY_EXACT);

	return same_state(env, s, env->cur, complete ? LOOSE : WITHIN);
}

/* @s has paths that are not done: the current one among them. Sets @skip if it had better not be
 * remembered. */
static int visit_open(struct env *env, struct state *s, bool *skip)
{
	struct state *cur = env->cur;

	if (s->entry != cur->entry)	/* no path leads from there to here */
		return 0;
	if (is_next_round(env, s, cur)) {
		widen(s, cur);
		if (!same_state(env, s, cur, WITHIN))
			return 0;
		return add_edge(env, s) ?: PATH_DONE;
	}
	if (s->may_goto_depth == cur->may_goto_depth && same_state(env, s, cur, SAME))
		return endless(env);
	if (!(env->aux[cur->pc].flags & AUX_FORCE) && env->res->visited - env->insns_at_state < 100 &&
	    env->jumps - env->jumps_at_state < 20)
		*skip = true;
	return 0;
}

static int visit_done(struct env *env, struct state *s)
{
	struct edge e = { s, env->cur->parent, env->cur->trace, env->cur->depth };

	if (!covers(env, s))
		return 0;
	s->hits++;
	if (s->by_rounds)
		prune_mark_rounds(env, env->cur->parent);
	if (s->in_loop == env->epoch)
		return add_edge(env, s) ?: PATH_DONE;
	return mark_precise_as(env, &e) ?: PATH_DONE;
}

/*
 * Inside of loops states are remembered rarely: most never come back. But where paths pass again and again, as they
 * join below branches, one in three is worth it, unless there are many already or they take much.
 */
static bool is_due(struct env *env, u32 nr)
{
	return ++env->aux[env->cur->pc].passes >= PASSES && nr < CROWD && state_bytes() < STATE_BYTES_MAX / 4;
}

int prune_visit(struct env *env)
{
	bool freq = env->o->flags & VERIFY_STATE_FREQ, add = worth_it(env), skip = false;
	struct state *s, *next, *cur = env->cur;
	u32 pc = cur->pc, nr = 0;
	int err = 0;

	drop_lonely_ids(env);
	for (s = env->aux[pc].states; s && !err; s = next) {
		next = s->next;
		nr++;
		err = s->branches ? visit_open(env, s, &skip) : visit_done(env, s);
		add &= !skip || freq;
		if (err || !add)	/* misses count against a state when one more would be kept */
			continue;
		if (++s->misses > s->hits * 3 + (s->branches && env->aux[pc].flags & AUX_FORCE ? 64 : 3))
			unlist(env, pc, s);
	}
	cur->from_callback = false;
	if (!err && skip && !add)
		add = is_due(env, nr);
	if (add)
		env->aux[pc].passes = 0;
	return err || !add ? err : remember(env);
}

void prune_free(struct env *env)
{
	for (u32 i = 0; i < env->cnt; i++) {
		while (env->aux[i].states) {
			struct state *s = env->aux[i].states;

			env->aux[i].states = s->next;
			state_free(s);
		}
	}
	while (env->detached) {
		struct state *s = env->detached;

		env->detached = s->next;
		state_free(s);
	}
	free(env->edges);
	env->edges = NULL;
	env->nr_edges = 0;
}
