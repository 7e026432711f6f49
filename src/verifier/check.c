/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver: prepares the program, follows its paths one after the other. */
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/alu.h"
#include "verifier/backtrack.h"
#include "verifier/branch.h"
#include "verifier/call.h"
#include "verifier/cfg.h"
#include "verifier/claims.h"
#include "verifier/ctx.h"
#include "verifier/fields.h"
#include "verifier/info.h"
#include "verifier/log.h"
#include "verifier/mem.h"
#include "verifier/prune.h"
#include "verifier/subprog.h"
#include "verifier/target.h"

/* -- Shared by the analyses --- */

int reg_check_read(struct env *env, u32 nr)
{
	if (state_regs(env->cur)[nr].type != REG_NONE)
		return 0;
	return refuse_reg(env, -EACCES, nr, " is read before it is written");
}

int env_copy(struct env *env, struct state **ret)
{
	int err;

	if (state_bytes() > STATE_BYTES_MAX)
		return refuse(env, -E2BIG, "too complex: what is known of its paths takes more than %llu MiB",
			      STATE_BYTES_MAX >> 20);
	err = state_copy(env->cur, ret);
	if (state_bytes() > env->res->peak_bytes)
		env->res->peak_bytes = state_bytes();
	return err;
}

struct state *env_push(struct env *env, u32 pc)
{
	struct state *s;

	if (env->nr_pending >= PENDING_MAX) {
		env->err = refuse(env, -E2BIG, "more than %u branches are waiting to be followed",
				  PENDING_MAX);
		return NULL;
	}
	env->err = env_copy(env, &s);
	if (env->err)
		return NULL;
	s->prev_pc = s->pc;
	s->pc = pc;
	if (s->parent)
		s->parent->branches++;
	s->next = env->pending;
	env->pending = s;
	env->nr_pending++;
	return s;
}

/* -- One instruction --- */

static int step_ldimm64(struct env *env)
{
	const struct bpf_insn *insn = env_insn(env);
	const struct aux *aux = &env->aux[env->cur->pc];
	struct reg *dst = &state_regs(env->cur)[insn->dst_reg];

	if (insn_is_func_addr(insn)) {
		reg_set_pointer(dst, REG_FUNC, 0);
		dst->subprog = cfg_subprog_at(env, insn_func_target(insn, env->cur->pc));
	} else if (aux->map) {
		reg_set_pointer(dst, aux->map_off == UINT32_MAX ? REG_MAP : REG_MAP_VALUE, 0);
		dst->map = aux->map;
		dst->off = aux->map_off == UINT32_MAX ? 0 : aux->map_off;
	} else {
		reg_set_const(dst, insn_imm64(insn));
	}
	env->cur->pc += 2;
	return 0;
}

static int step_jmp(struct env *env)
{
	const struct bpf_insn *insn = env_insn(env);

	env->jumps++;
	if (insn_is_call(insn))
		return call_insn(env);
	if (insn_is_exit(insn))
		return subprog_exit(env);
	if (insn_is_goto(insn)) {
		env->cur->pc = insn_jump_target(insn, env->cur->pc);
		return 0;
	}
	if (insn_is_may_goto(insn)) {
		if (!env_push(env, insn_jump_target(insn, env->cur->pc)))
			return env->err;
		env->cur->may_goto_depth++;
		env->cur->pc++;
		return 0;
	}
	return branch_insn(env);
}

static int next(struct env *env, int err)
{
	env->cur->pc++;
	return err;
}

static int step_op(struct env *env)
{
	switch (insn_class(env_insn(env))) {
	case BPF_ALU:
	case BPF_ALU64:
		return next(env, alu_insn(env));
	case BPF_LDX:
		return next(env, mem_ldx(env));
	case BPF_ST:
		return next(env, mem_store(env));
	case BPF_STX:
		return next(env, insn_is_atomic(env_insn(env)) ? mem_atomic(env) : mem_store(env));
	case BPF_LD:
		return step_ldimm64(env);
	default:
		return step_jmp(env);
	}
}

static int step_logged(struct env *env)
{
	struct frame before = *state_frame(env->cur);
	int err;

	log_insn(env);
	err = step_op(env);
	if (!err)
		log_changes(env, &before);
	else if (env->mid_line)
		vlog(env, "\n");
	env->mid_line = false;
	return err;
}

static int step(struct env *env)
{
	u32 pc = env->cur->pc;
	int err;

	if (env->res->visited++ >= (env->o->insns_max ?: INSN_CNT_MAX))
		return refuse(env, -E2BIG, "too complex: %u instructions were visited",
			      env->o->insns_max ?: INSN_CNT_MAX);
	if (env->aux[pc].flags & AUX_CHECKPOINT) {
		err = prune_visit(env);
		if (err)
			return err;
	}
	env->res->insn_flags[pc] |= VERIFY_INSN_SEEN;
	err = claims_add(env);
	if (!err)
		err = trace_add(env);
	if (err)
		return err;
	err = env_logs(env, VERIFY_LOG_ALL) ? step_logged(env) : step_op(env);
	env->cur->prev_pc = pc;
	return err;
}

/* -- Paths --- */

static bool pop(struct env *env)
{
	struct state *s = env->pending;

	if (!s)
		return false;
	env->pending = s->next;
	s->next = NULL;
	env->nr_pending--;
	env->cur = s;
	return true;
}

static int follow(struct env *env)
{
	int err = env->cur->speculative_end ? PATH_DONE : 0;

	while (!err)
		err = step(env);
	return err == PATH_DONE ? 0 : err;
}

static int follow_all(struct env *env)
{
	int err = 0;

	while (!err && pop(env)) {
		if (env_logs(env, VERIFY_LOG_ALL))
			log_state(env);
		err = follow(env);
		if (!err)
			prune_path_done(env, env->cur);
		state_free(env->cur);
		env->cur = NULL;
	}
	return err;
}

static int follow_subprog(struct env *env, u32 nr)
{
	int err = subprog_start(env, nr, &env->pending);

	env->nr_pending = !err;
	return err ?: follow_all(env);
}

/* -- The program --- */

/* Programs that may run anywhere could interrupt one that holds the lock. */
static bool may_lock(u32 type)
{
	return type != BPF_PROG_TYPE_SOCKET_FILTER && type != BPF_PROG_TYPE_KPROBE &&
	       type != BPF_PROG_TYPE_TRACEPOINT && type != BPF_PROG_TYPE_PERF_EVENT &&
	       type != BPF_PROG_TYPE_RAW_TRACEPOINT;
}

/* As in Linux 7.2; by number: local storage of control groups, arenas, jump tables and hashes that grow. */
static bool may_sleep_with(u32 map_type)
{
#define TYPE(t) (1ULL << BPF_MAP_TYPE_##t)
	static const u64 types =
		TYPE(ARRAY) | TYPE(PERCPU_ARRAY) | TYPE(HASH) | TYPE(PERCPU_HASH) | TYPE(LRU_HASH) |
		TYPE(LRU_PERCPU_HASH) | TYPE(LPM_TRIE) | TYPE(ARRAY_OF_MAPS) | TYPE(HASH_OF_MAPS) | TYPE(PROG_ARRAY) |
		TYPE(QUEUE) | TYPE(STACK) | TYPE(RINGBUF) | TYPE(USER_RINGBUF) | TYPE(SK_STORAGE) |
		TYPE(INODE_STORAGE) | TYPE(TASK_STORAGE) | 1ULL << 32 | 1ULL << 33 | 1ULL << 34 | 1ULL << 35;
#undef TYPE

	return map_type < 64 && types >> map_type & 1;
}

static int resolve_ldimm64(struct env *env, u32 i)
{
	struct bpf_insn *insn = &env->insns[i];
	const struct verify_ops *ops = env->o->ops;
	bool value = insn->src_reg == BPF_PSEUDO_MAP_VALUE || insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
	const struct verify_map *m;
	int err;

	if (!insn->src_reg || insn->src_reg == BPF_PSEUDO_FUNC || i + 1 == env->cnt)
		return 0;
	if (!value && insn->src_reg != BPF_PSEUDO_MAP_FD && insn->src_reg != BPF_PSEUDO_MAP_IDX)
		return refuse(env, -EINVAL, "insn %u: ldimm64 of kind %u", i, insn->src_reg);
	m = ops && ops->find_map ? ops->find_map(env->o->arg, &env->o->insns[i]) : NULL;
	if (!m)
		return refuse(env, -EBADF, "insn %u: fd %d is no map", i, insn->imm);
	err = fields_check_map(env, m, i);
	if (!err && m->inner)
		err = fields_check_map(env, m->inner, i);
	if (err)
		return err;
	if (!may_lock(env->o->type) && fields_have_lock(env, m))
		return refuse(env, -EINVAL, "insn %u: programs of this type may not use maps with a lock", i);
	if (env->o->flags & VERIFY_SLEEPABLE && !may_sleep_with(m->type))
		return refuse(env, -EINVAL, "insn %u: sleepable programs may not use maps of type %u", i, m->type);
	if (!value && insn[1].imm)
		return refuse(env, -EINVAL, "insn %u: reserved field of a map's ldimm64 is used", i);
	if (value && (m->type != BPF_MAP_TYPE_ARRAY || m->max_entries != 1))
		return refuse(env, -EINVAL, "insn %u: a direct value of a map that is no array of one", i);
	if (value && (u32)insn[1].imm >= m->value_size)
		return refuse(env, -EINVAL, "insn %u: offset %u is outside the map's value of %u bytes", i,
			      (u32)insn[1].imm, m->value_size);
	env->aux[i].map = m;
	env->aux[i].map_off = value ? (u32)insn[1].imm : UINT32_MAX;
	insn[0].src_reg = 0;
	return 0;
}

static int prepare(struct env *env)
{
	int err = info_check(env);

	for (u32 i = 0; i < env->cnt && !err; i++)
		if (insn_is_ldimm64(&env->insns[i]))
			err = resolve_ldimm64(env, i++);
	if (!err)
		err = cfg_find_subprogs(env);
	if (!err)
		err = cfg_check(env);
	return err ?: live_compute(env);
}

/* Those that some path calls, for any arguments of their types. */
static int verify_globals(struct env *env)
{
	int err = 0;

	env->in_global = true;
	for (u32 k = 1; k < env->nr_subprogs && !err; k++) {
		struct subprog *s = &env->subprogs[k];

		if (!s->is_global || !s->is_called || s->is_verified)
			continue;
		s->is_verified = true;
		err = follow_subprog(env, k);
		k = 0;		/* it may call others */
	}
	return err;
}

static int run(struct env *env)
{
	int err = target_check(env);

	if (!err)
		err = prepare(env);
	env->in_global = env->o->flags & VERIFY_EXTENSION;
	if (!err)
		err = follow_subprog(env, 0);
	if (!err)
		err = verify_globals(env);
	for (u32 k = 0; k < env->nr_subprogs; k++)
		env->res->packet_movers[k / 8] |= !!(env->subprogs[k].effects & PF_MOVES_PACKET) << k % 8;
	return err ?: cfg_check_stack(env);
}

static void env_done(struct env *env)
{
	state_free(env->cur);
	while (env->pending) {
		struct state *s = env->pending;

		env->pending = s->next;
		state_free(s);
	}
	if (env->aux)
		prune_free(env);
	free(env->aux);
	free(env->insns);
	free(env->trace);
	free(env->links);
	free(env->async);
	free(env);
}

int verify(const struct verify_opts *opts, struct verify_result *ret)
{
	struct env *env;
	int err = -ENOMEM;

	memset(ret, 0, sizeof(*ret));
	if (!opts->cnt || opts->cnt > INSN_CNT_MAX)
		return -E2BIG;
	env = calloc(1, sizeof(*env));
	if (!env)
		return -ENOMEM;
	env->o = opts;
	env->epoch = 1;
	env->res = ret;
	env->cnt = opts->cnt;
	env->insns = malloc(opts->cnt * sizeof(*env->insns));
	env->aux = calloc(opts->cnt + 1, sizeof(*env->aux));
	ret->insn_flags = calloc(opts->cnt, 1);
	if (!env->insns || !env->aux || !ret->insn_flags)
		goto out;
	memcpy(env->insns, opts->insns, opts->cnt * sizeof(*env->insns));
	err = run(env);
	log_stats(env);
out:
	env_done(env);
	return err;
}

void verify_done(struct verify_result *r)
{
	free(r->insn_flags);
	claims_free(r->claims);
	memset(r, 0, sizeof(*r));
}
