/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/objects.h"

#include <errno.h>

#include "verifier/fields.h"
#include "verifier/stack.h"

#define DYNPTR_SLOTS 2

/* -- On the stack --- */

static enum slot_kind object_kind(u8 arg)
{
	switch (arg) {
	case P_ITER_NEW:
	case P_ITER:
	case P_ITER_END:
		return SLOT_ITER;
	case P_IRQ_NEW:
	case P_IRQ_END:
		return SLOT_IRQ;
	default:
		return SLOT_DYNPTR;
	}
}

static struct slot *first_slot(struct env *env, const struct call_objects *o)
{
	return &env->cur->frames[o->frame]->stack[o->top + o->slots - 1];
}

static int check_free(struct env *env, u32 nr, const struct call_objects *o)
{
	struct frame *f = env->cur->frames[o->frame];

	for (u32 i = 0; i < o->slots; i++) {
		stack_drop_dynptr(f, o->top + i);
		if (slot_is_object(&f->stack[o->top + i]))
			return refuse_reg(env, -EINVAL, nr, ": there is an object already");
	}
	return 0;
}

static int check_there(struct env *env, u32 nr, const struct call_objects *o)
{
	static const char *const missing[] = { [SLOT_DYNPTR] = "initialized dynptr",
					       [SLOT_ITER] = "initialized iterator",
					       [SLOT_IRQ] = "flags of interrupts" };
	enum slot_kind kind = object_kind(o->arg);
	const struct slot *first = first_slot(env, o);

	for (u32 i = 0; i < o->slots; i++)
		if (env->cur->frames[o->frame]->stack[o->top + i].kind[0] != kind)
			return refuse_reg(env, -EINVAL, nr, ": no %s there", missing[kind]);
	if (!first->reg.frame)
		return refuse_reg(env, -EINVAL, nr, ": the object does not begin there");
	return 0;
}

/* Interrupts are restored in turn, and by the kind of call that saved them. */
static int check_turn(struct env *env, u32 nr, const struct call_objects *o)
{
	enum ref_kind kind = o->lock ? REF_IRQ_LOCK : REF_IRQ;
	const struct ref *last = NULL;

	for (u32 i = 0; i < env->cur->nr_refs; i++)
		if (env->cur->refs[i].kind == REF_IRQ || env->cur->refs[i].kind == REF_IRQ_LOCK)
			last = &env->cur->refs[i];
	if (!last || last->id != o->ref)
		return refuse_reg(env, -EINVAL, nr, ": interrupts are restored out of turn");
	if (last->kind != kind)
		return refuse_reg(env, -EINVAL, nr, ": interrupts were turned off %s a lock",
				  o->lock ? "without" : "with");
	return 0;
}

static int arg_on_stack(struct env *env, u8 kind, u32 nr, struct call_objects *o)
{
	const struct reg *r = &state_regs(env->cur)[nr];
	int err;

	if (kind == P_DYNPTR && r->type == REG_DYNPTR)	/* a callback's own */
		return 0;
	o->slots = object_kind(kind) == SLOT_DYNPTR ? DYNPTR_SLOTS : 1;
	err = stack_fixed_slot(env, r, nr, o->slots, &o->top);
	if (err)
		return err;
	o->frame = r->frame;
	if (kind == P_ITER_NEW || kind == P_DYNPTR_NEW || kind == P_IRQ_NEW)
		return check_free(env, nr, o);
	err = check_there(env, nr, o);
	if (err)
		return err;
	o->ref = first_slot(env, o)->reg.id;
	o->is_held = first_slot(env, o)->reg.ref;
	if (kind == P_DYNPTR_END && !first_slot(env, o)->reg.ref)
		return refuse_reg(env, -EINVAL, nr, ": this dynptr is no reserved record");
	return kind == P_IRQ_END ? check_turn(env, nr, o) : 0;
}

static int object_new(struct env *env, const struct call_objects *o, bool acquires)
{
	static const u8 refs[] = { [SLOT_DYNPTR] = REF_RECORD, [SLOT_ITER] = REF_ITER, [SLOT_IRQ] = REF_IRQ };
	enum slot_kind kind = object_kind(o->arg);
	struct frame *f = env->cur->frames[o->frame];
	u32 id = env_id(env);

	stack_set_kind(f, o->top, o->slots, kind);
	for (u32 i = 0; i < o->slots; i++) {
		f->stack[o->top + i].reg.id = id;
		f->stack[o->top + i].reg.ref = acquires ? id : 0;
	}
	first_slot(env, o)->reg.frame = 1;
	if (!acquires)
		return 0;
	return state_add_ref(env->cur, kind == SLOT_IRQ && o->lock ? REF_IRQ_LOCK : refs[kind], id, env->cur->pc);
}

/* What becomes of one becomes of all that were copied from it: they share its id. */
static int object_copy(struct env *env, const struct call_objects *o)
{
	int err = object_new(env, o, false);

	for (u32 i = 0; i < o->slots && o->ref; i++) {
		struct reg *r = &env->cur->frames[o->frame]->stack[o->top + i].reg;

		r->id = o->ref;
		r->ref = o->is_held ? o->ref : 0;
	}
	return err;
}

static void drop_copies(struct frame *f, u32 id)
{
	for (u32 i = 0; i < f->slots; i++)
		if (f->stack[i].kind[0] == SLOT_DYNPTR && f->stack[i].reg.id == id)
			stack_set_kind(f, i, 1, SLOT_INVALID);
}

static void drop_one(struct reg *r, void *arg)
{
	if (reg_is_pointer(r) && r->ref == *(const u32 *)arg)
		reg_set_none(r);
}

static int object_end(struct env *env, const struct call_objects *o)
{
	u32 id = o->ref;

	if (state_drop_ref(env->cur, id))
		return refuse(env, -EINVAL, "the object is not held");
	stack_set_kind(env->cur->frames[o->frame], o->top, o->slots, SLOT_INVALID);
	for (u32 i = 0; i <= env->cur->depth; i++)
		drop_copies(env->cur->frames[i], id);
	state_each_reg(env->cur, drop_one, &id);
	return 0;
}

u32 objects_iter_rounds(const struct state *s)
{
	const struct reg *r = &s->frames[s->depth]->regs[1];
	const struct frame *f;
	u32 slot;

	if (r->type != REG_STACK || !reg_is_fixed(r))
		return 0;
	f = s->frames[r->frame];
	slot = (u32)(-(r->off + (s64)r->v.t.value) - 1) / 8;
	return slot < f->slots && f->stack[slot].kind[0] == SLOT_ITER ? f->stack[slot].reg.mem_bytes : 0;
}

int objects_iter_next(struct env *env, const struct call_objects *o, struct reg *r0)
{
	struct reg *it = &first_slot(env, o)->reg, *regs;
	struct state *round;

	reg_set_const(r0, 0);
	if (it->off)		/* at its end for ever */
		return 0;
	round = env_push(env, env->cur->pc + 1);
	if (!round)
		return env->err;
	regs = state_regs(round);
	for (u32 i = 1; i <= 5; i++)
		reg_set_none(&regs[i]);
	reg_set_pointer(&regs[0], REG_MEM, REG_READ_ONLY);
	regs[0].mem_bytes = 4;
	regs[0].ref = it->id;
	round->frames[o->frame]->stack[o->top].reg.mem_bytes++;
	it->off = 1;		/* the end first: what is behind the loop counts in its rounds */
	return 0;
}

/* -- In values of maps --- */

static int arg_field(struct env *env, enum map_field f, u32 nr, struct call_objects *o)
{
	const struct reg *r = &state_regs(env->cur)[nr];
	s32 off;

	if (r->type != REG_MAP_VALUE || r->flags & REG_MAYBE_NULL || !reg_is_fixed(r)) {
		refuse_reg(env, -EINVAL, nr, " is %s, expected a %s in a map's value", reg_type_name(r),
			   fields_noun(f));
		if (r->flags & REG_MAYBE_NULL)
			hint(env, "compare it with NULL first");
		return -EINVAL;
	}
	off = fields_off(env, r->map, f);
	if (off < 0)
		return refuse_reg(env, -EINVAL, nr, ": the map's value has no struct %s", fields_name(f));
	if (r->off + (s64)r->v.t.value != off)
		return refuse_reg(env, -EINVAL, nr, ": the %s is at %d of the value, not at %lld",
				  fields_noun(f), off, (long long)(r->off + (s64)r->v.t.value));
	o->value_id = r->id;
	o->map_uid = r->map_uid;
	o->map = r->map;
	return 0;
}

const struct ref *objects_held_lock(const struct state *s)
{
	for (u32 i = s->nr_refs; i; i--)
		if (s->refs[i - 1].kind >= REF_LOCK && s->refs[i - 1].kind <= REF_RES_LOCK_IRQ)
			return &s->refs[i - 1];
	return NULL;
}

static bool is_lock(const struct ref *r, const struct call_objects *o)
{
	return r->kind >= REF_LOCK && r->kind <= REF_RES_LOCK_IRQ && r->of == o->value_id && r->map == o->map;
}

static bool is_held(const struct state *s, const struct call_objects *o)
{
	for (u32 i = 0; i < s->nr_refs; i++)
		if (is_lock(&s->refs[i], o))
			return true;
	return false;
}

/* The lock was not to be had: a path of its own. */
static int push_refused(struct env *env)
{
	struct state *s = env_push(env, env->cur->pc + 1);

	if (!s)
		return env->err;
	for (u32 i = 1; i <= 5; i++)
		reg_set_none(&state_regs(s)[i]);
	reg_set_scalar(&state_regs(s)[0], scalar_srange(-ERRNO_MAX, -1));
	return 0;
}

/* Of locks that may refuse more than one may be held. */
static int lock(struct env *env, const struct call_objects *o)
{
	int err = 0;

	if (o->lock == REF_LOCK ? !!objects_held_lock(env->cur) : is_held(env->cur, o))
		return refuse(env, -EINVAL, "a lock is held already");
	if (o->lock != REF_LOCK)
		err = push_refused(env);
	if (!err)
		err = state_add_ref(env->cur, o->lock, env_id(env), env->cur->pc);
	if (err)
		return err;
	env->cur->refs[env->cur->nr_refs - 1].of = o->value_id;
	env->cur->refs[env->cur->nr_refs - 1].map = o->map;
	return 0;
}

static int unlock(struct env *env, const struct call_objects *o)
{
	const struct ref *held = objects_held_lock(env->cur);

	if (!held)
		return refuse(env, -EINVAL, "no lock is held");
	if (!is_lock(held, o))
		return refuse(env, -EINVAL, is_held(env->cur, o) ? "locks are given back out of turn" : "another lock is held");
	if (held->kind != o->lock)
		return refuse(env, -EINVAL, "the lock was taken with interrupts %s", o->lock == REF_RES_LOCK ? "off" : "on");
	return state_drop_ref(env->cur, held->id);
}

/* -- Counted states: RCU, preemption --- */

static int enter(struct env *env, u8 kind)
{
	return state_add_ref(env->cur, kind, env_id(env), env->cur->pc);
}

static int leave(struct env *env, u8 kind, const char *what)
{
	const struct ref *held = state_find_ref(env->cur, kind);

	if (!held)
		return refuse(env, -EINVAL, "%s is not held", what);
	return state_drop_ref(env->cur, held->id);
}

/* -- Calls --- */

int objects_arg(struct env *env, u8 kind, u32 nr, struct call_objects *o)
{
	o->arg = kind;
	switch (kind) {
	case P_LOCK:
		o->lock = REF_LOCK;
		return arg_field(env, FIELD_LOCK, nr, o);
	case P_RES_LOCK:
		o->lock = REF_RES_LOCK;
		return arg_field(env, FIELD_RES_LOCK, nr, o);
	case P_IRQ_NEW:
	case P_IRQ_END:
		o->lock = o->lock ? REF_RES_LOCK_IRQ : 0;
		return arg_on_stack(env, kind, nr, o);
	case P_TIMER:
		return arg_field(env, FIELD_TIMER, nr, o);
	case P_WQ:
		return arg_field(env, FIELD_WQ, nr, o);
	default:
		return arg_on_stack(env, kind, nr, o);
	}
}

bool objects_no_sleep(const struct state *s)
{
	return state_find_ref(s, REF_RCU) || state_find_ref(s, REF_PREEMPT) || state_find_ref(s, REF_IRQ) ||
	       state_find_ref(s, REF_IRQ_LOCK);
}

static bool may_call_locked(const struct proto *p)
{
	switch (p->args[0]) {
	case P_LOCK:
	case P_RES_LOCK:
	case P_ITER_NEW:
	case P_ITER:
	case P_ITER_END:
		return true;
	default:
		return false;
	}
}

int objects_may_call(struct env *env, const struct proto *p)
{
	if (objects_held_lock(env->cur) && !may_call_locked(p))
		return refuse(env, -EINVAL, "%s is called while a lock is held", p->name);
	if (p->flags & PF_SLEEPABLE && objects_no_sleep(env->cur))
		return refuse(env, -EINVAL, "%s may sleep", p->name);
	return 0;
}

int objects_call(struct env *env, const struct proto *p, struct call_objects *o)
{
	int err = 0;

	if (o->lock)
		err = p->flags & PF_UNLOCK ? unlock(env, o) : lock(env, o);
	if (err)
		return err;
	if (p->flags & PF_RCU_LOCK)
		return enter(env, REF_RCU);
	if (p->flags & PF_RCU_UNLOCK)
		return leave(env, REF_RCU, "the RCU read lock");
	if (p->flags & PF_PREEMPT_OFF)
		return enter(env, REF_PREEMPT);
	if (p->flags & PF_PREEMPT_ON)
		return leave(env, REF_PREEMPT, "preemption");
	switch (o->arg) {
	case P_ITER_NEW:
	case P_IRQ_NEW:
		return object_new(env, o, true);
	case P_DYNPTR_NEW:
		return p->args[0] == P_DYNPTR ? object_copy(env, o) : object_new(env, o, p->args[0] == P_MAP);
	case P_ITER_END:
	case P_IRQ_END:
	case P_DYNPTR_END:
		return object_end(env, o);
	default:
		return 0;
	}
}
