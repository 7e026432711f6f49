/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/cfg.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>

#include "bpf/disasm.h"
#include "verifier/call.h"
#include "verifier/info.h"

#define STACK_ROUND 16
#define TAIL_CALL_STACK_MAX 256	/* below which a function may still tail call */

/* -- Functions --- */

static int compare_subprogs(const void *a, const void *b)
{
	const struct subprog *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int add_subprog(struct env *env, u32 start)
{
	for (u32 i = 0; i < env->nr_subprogs; i++)
		if (env->subprogs[i].start == start)
			return 0;
	if (env->nr_subprogs == SUBPROGS_MAX)
		return refuse(env, -E2BIG, "more than %u functions", SUBPROGS_MAX);
	env->subprogs[env->nr_subprogs++].start = start;
	return 0;
}

u32 cfg_subprog_at(const struct env *env, u32 insn)
{
	return env->aux[insn].subprog;
}

static void name_subprogs(struct env *env)
{
	const struct verify_opts *o = env->o;

	for (u32 i = 0; i < o->func_info_cnt; i++) {
		const struct bpf_func_info *f = info_func(o, i);
		const struct btf_type *t = btf__type_by_id(o->btf, f->type_id), *proto;

		if (!t || !btf_is_func(t))
			continue;
		proto = btf__type_by_id(o->btf, t->type);
		for (u32 k = 0; k < env->nr_subprogs; k++) {
			struct subprog *s = &env->subprogs[k];

			if (s->start != f->insn_off)
				continue;
			s->btf_id = f->type_id;
			s->name = btf__name_by_offset(o->btf, t->name_off);
			s->is_global = k && btf_vlen(t) == BTF_FUNC_GLOBAL;
			s->is_void = proto && !proto->type;
		}
	}
}

static int refuse_insn(struct env *env, u32 bad)
{
	char text[DISASM_LINE_BYTES] = "(00)";

	if (bad < env->cnt && (!insn_is_ldimm64(&env->insns[bad]) || bad + 1 < env->cnt))
		disasm_insn(&env->insns[bad], text);
	env->res->bad_insn = bad;
	if (bad < env->cnt && insn_is_jump(&env->insns[bad]))
		return refuse(env, -EINVAL, "insn %u: %s: jump out of range", bad, text);
	if (bad < env->cnt && insn_is_valid(&env->insns[bad]) && !insn_is_subprog_call(&env->insns[bad]))
		return refuse(env, -EINVAL, "insn %u: %s: the function goes on past its last instruction",
			      bad, text);
	return refuse(env, -EINVAL, "insn %u: %s: no such instruction, or a reserved field is used", bad,
		      text);
}

int cfg_find_subprogs(struct env *env)
{
	u32 bad = 0;
	int err = insn_check_prog(env->insns, env->cnt, &bad);

	if (err == -EINVAL)
		return refuse_insn(env, bad);
	if (!err)
		err = add_subprog(env, 0);
	for (u32 i = 0; i < env->cnt && !err; i++) {
		const struct bpf_insn *insn = &env->insns[i];

		env->aux[i].flags |= AUX_START;
		if (insn_is_subprog_call(insn) || insn_is_func_addr(insn))
			err = add_subprog(env, insn_func_target(insn, i));
		i += insn_is_ldimm64(insn);
	}
	if (err)
		return err;
	qsort(env->subprogs, env->nr_subprogs, sizeof(*env->subprogs), compare_subprogs);
	for (u32 k = 0; k < env->nr_subprogs; k++) {
		struct subprog *s = &env->subprogs[k];

		s->end = k + 1 < env->nr_subprogs ? s[1].start : env->cnt;
		for (u32 i = s->start; i < s->end; i++)
			env->aux[i].subprog = k;
	}
	err = info_check_subprogs(env);
	if (!err)
		name_subprogs(env);
	return err;
}

/* -- What is reached --- */

static void reach(struct env *env, u32 *work, u32 *nr, u32 to)
{
	if (env->aux[to].flags & AUX_REACHED)
		return;
	env->aux[to].flags |= AUX_REACHED;
	work[(*nr)++] = to;
}

static void reach_from(struct env *env, u32 *work, u32 *nr, u32 i)
{
	const struct bpf_insn *insn = &env->insns[i];

	if (insn_is_jump(insn)) {
		u32 to = insn_jump_target(insn, i);

		env->aux[to].flags |= AUX_CHECKPOINT;
		reach(env, work, nr, to);
		if (insn_is_may_goto(insn))
			env->aux[i].flags |= AUX_CHECKPOINT | AUX_FORCE | AUX_MAY_GOTO;
		else if (insn_is_cond_jump(insn))
			env->aux[i].flags |= AUX_CHECKPOINT;
	}
	if (insn_is_subprog_call(insn))
		env->aux[i + 1].flags |= AUX_CHECKPOINT;
	if (call_has_callback(env, insn))
		env->aux[i].flags |= AUX_CHECKPOINT | AUX_FORCE | AUX_CALLBACK;
	if (call_is_iter_next(env, insn))
		env->aux[i].flags |= AUX_CHECKPOINT | AUX_FORCE | AUX_ITER_NEXT;
	if (!insn_is_goto(insn) && !insn_is_exit(insn))
		reach(env, work, nr, i + 1 + insn_is_ldimm64(insn));
}

static u32 effects_of(const struct env *env, u32 i)
{
	const struct bpf_insn *insn = &env->insns[i];

	if (!(env->aux[i].flags & AUX_START))
		return 0;
	if (insn_is_subprog_call(insn) || insn_is_func_addr(insn))
		return env->subprogs[cfg_subprog_at(env, insn_func_target(insn, i))].effects;
	return call_effects(env, insn);
}

/* A global function is not followed at its calls, what it does must be known. */
static void spread_effects(struct env *env)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (u32 i = 0; i < env->cnt; i++) {
			u32 *all = &env->subprogs[env->aux[i].subprog].effects, more = effects_of(env, i) & ~*all;

			*all |= more;
			changed |= !!more;
		}
	}
}

int cfg_check(struct env *env)
{
	u32 *work = calloc(env->cnt, sizeof(*work)), nr = 0;

	if (!work)
		return -ENOMEM;
	for (u32 k = 0; k < env->nr_subprogs; k++) {
		reach(env, work, &nr, env->subprogs[k].start);
		while (nr) {
			u32 i = work[--nr];

			reach_from(env, work, &nr, i);
			if (insn_is_tail_call(&env->insns[i]))
				env->subprogs[k].has_tail_call = true;
		}
	}
	free(work);
	spread_effects(env);
	for (u32 i = 0; i < env->cnt; i++) {
		if (env->aux[i].flags & AUX_START && !(env->aux[i].flags & AUX_REACHED)) {
			env->res->bad_insn = i;
			return refuse(env, -EINVAL, "insn %u cannot be reached", i);
		}
	}
	return 0;
}

/* -- Stack of chains of calls --- */

/* What is called back later has a stack of its own. */
static bool calls_now(const struct env *env, u32 i)
{
	const struct bpf_insn *insn = &env->insns[i];
	const struct subprog *to;

	if (!insn_is_func_addr(insn))
		return insn_is_subprog_call(insn);
	to = &env->subprogs[cfg_subprog_at(env, insn_func_target(insn, i))];
	return to->is_callback || !to->is_async;
}

static int check_chain(struct env *env, u32 nr, u32 depth, u32 above)
{
	const struct subprog *s = &env->subprogs[nr];
	u32 bytes = above + (s->stack_bytes + STACK_ROUND - 1) / STACK_ROUND * STACK_ROUND;
	int err = 0;

	if (depth >= INSN_FRAMES_MAX)
		return refuse(env, -EINVAL, "more than %u calls deep, or recursive", INSN_FRAMES_MAX);
	if (bytes > INSN_STACK_BYTES)
		return refuse(env, -EACCES, "the stack of %u calls is %u bytes, more than %u", depth + 1,
			      bytes, INSN_STACK_BYTES);
	if (s->has_tail_call && above > TAIL_CALL_STACK_MAX)
		return refuse(env, -EACCES, "tail call below %u bytes of stack, more than %u", above,
			      TAIL_CALL_STACK_MAX);
	if (bytes > env->res->stack_bytes)
		env->res->stack_bytes = bytes;
	for (u32 i = s->start; i < s->end && !err; i++) {
		if (calls_now(env, i))
			err = check_chain(env, cfg_subprog_at(env, insn_func_target(&env->insns[i], i)), depth + 1,
					  bytes);
	}
	return err;
}

int cfg_check_stack(struct env *env)
{
	int err = 0;

	env->cur = NULL;
	for (u32 k = 0; k < env->nr_subprogs && !err; k++)
		if (!k || env->subprogs[k].is_global || env->subprogs[k].is_async)
			err = check_chain(env, k, 0, 0);
	return err;
}
