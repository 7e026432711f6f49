/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/subprog.h"

#include <bpf/btf.h>
#include <errno.h>

#include "verifier/backtrack.h"
#include "verifier/btfwalk.h"
#include "verifier/cfg.h"
#include "verifier/ctx.h"

/* -- Calls --- */

static int push_frame(struct env *env, struct state *s, u32 nr, u32 callsite)
{
	struct frame *f;

	if (s->depth + 1 >= INSN_FRAMES_MAX)
		return refuse(env, -E2BIG, "more than %u calls deep", INSN_FRAMES_MAX);
	f = frame_new(nr, callsite);
	if (!f)
		return -ENOMEM;
	s->frames[++s->depth] = f;
	f->regs[INSN_FP].frame = s->depth;
	return 0;
}

static int call_static(struct env *env, u32 nr)
{
	struct state *s = env->cur;
	struct reg *caller = state_regs(s);
	int err = push_frame(env, s, nr, s->pc);

	if (err)
		return err;
	for (u32 i = 1; i <= 5; i++) {
		state_regs(s)[i] = caller[i];
		reg_set_none(&caller[i]);
	}
	reg_set_none(&caller[0]);
	s->pc = env->subprogs[nr].start;
	return 0;
}

int subprog_call(struct env *env)
{
	u32 nr = cfg_subprog_at(env, insn_func_target(env_insn(env), env->cur->pc));

	env->subprogs[nr].is_reached = true;
	return call_static(env, nr);
}

int subprog_push_callback(struct env *env, const struct proto *p)
{
	(void)p;
	return refuse(env, -EOPNOTSUPP, "callbacks are not supported yet");
}

/* -- Exits --- */

struct ret_rule {
	bool any;
	s64 min, max;
};

static struct ret_rule ret_rule(const struct verify_opts *o)
{
	if (o->type == BPF_PROG_TYPE_TRACING && o->attach_type == BPF_MODIFY_RETURN)
		return (struct ret_rule){ .any = true };
	if (ctx_is_trampoline(o))
		return (struct ret_rule){ .min = 0, .max = 0 };
	return (struct ret_rule){ .any = true };
}

static int check_ret(struct env *env, s64 min, s64 max)
{
	const struct reg *r0 = &state_regs(env->cur)[0];
	int err;

	if (r0->type != REG_SCALAR)
		return refuse(env, -EINVAL, "R0 is %s at the end, expected a number", reg_type_name(r0));
	err = mark_precise(env, 0);
	if (err)
		return err;
	if (r0->v.r.smin >= min && r0->v.r.smax <= max)
		return 0;
	if (scalar_is_const(&r0->v))
		refuse(env, -EINVAL, "R0 is %lld at the end, should have been in [%lld, %lld]",
		       (long long)r0->v.t.value, (long long)min, (long long)max);
	else
		refuse(env, -EINVAL, "R0 is %lld to %lld at the end, should have been in [%lld, %lld]",
		       (long long)r0->v.r.smin, (long long)r0->v.r.smax, (long long)min, (long long)max);
	hint(env, "return %lld", (long long)min);
	return -EINVAL;
}

static int check_held(struct env *env)
{
	static const char *const kinds[] = { [REF_RECORD] = "the ring buffer record",
					     [REF_OBJECT] = "the object",
					     [REF_ITER] = "the iterator",
					     [REF_LOCK] = "the lock",
					     [REF_PREEMPT] = "preemption, off",
					     [REF_RCU] = "the RCU read lock" };
	const struct state *s = env->cur;

	if (!s->nr_refs)
		return 0;
	refuse(env, -EINVAL, "%s taken at insn %u is not given back at the end", kinds[s->refs[0].kind],
	       s->refs[0].insn);
	hint(env, "give it back on every path that leads here");
	return -EINVAL;
}

static int exit_program(struct env *env)
{
	struct ret_rule rule = ret_rule(env->o);
	int err = check_held(env);

	if (!err)
		err = reg_check_read(env, 0);
	if (!err && !rule.any)
		err = check_ret(env, rule.min, rule.max);
	return err ?: PATH_DONE;
}

static bool points_to(const struct reg *r, u8 frame)
{
	return r->type == REG_STACK && r->frame == frame;
}

/* Nothing that outlives a function may point to its stack. */
static int check_dangling(struct env *env, u8 depth)
{
	for (u8 n = 0; n < depth; n++) {
		struct frame *f = env->cur->frames[n];

		for (u32 i = 0; i < f->slots; i++)
			if (f->stack[i].kind[0] == SLOT_SPILL && points_to(&f->stack[i].reg, depth))
				reg_set_unknown(&f->stack[i].reg);
	}
	return 0;
}

static int exit_frame(struct env *env)
{
	struct state *s = env->cur;
	struct frame *f = state_frame(s);
	const struct reg *r0 = &f->regs[0];

	if (points_to(r0, s->depth))
		return refuse(env, -EINVAL, "R0 points to the stack of the function that ends");
	check_dangling(env, s->depth);
	s->frames[s->depth--] = NULL;
	state_regs(s)[0] = *r0;
	s->pc = f->callsite + 1;
	frame_free(f);
	return 0;
}

int subprog_exit(struct env *env)
{
	struct state *s = env->cur;

	if (s->depth)
		return exit_frame(env);
	return exit_program(env);
}

/* -- Starts --- */

int subprog_start(struct env *env, u32 nr, struct state **ret)
{
	struct state *s = state_new();

	(void)env;
	if (!s)
		return -ENOMEM;
	s->frames[0] = frame_new(nr, 0);
	if (!s->frames[0]) {
		state_free(s);
		return -ENOMEM;
	}
	s->pc = env->subprogs[nr].start;
	reg_set_pointer(&s->frames[0]->regs[1], REG_CTX, 0);
	*ret = s;
	return 0;
}
