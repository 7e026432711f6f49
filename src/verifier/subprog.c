/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/subprog.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/backtrack.h"
#include "verifier/btfwalk.h"
#include "verifier/cfg.h"
#include "verifier/ctx.h"
#include "verifier/kernctx.h"
#include "verifier/mem.h"
#include "verifier/objects.h"
#include "verifier/packet.h"
#include "verifier/prune.h"

/* -- Global functions: by prototype --- */

enum global_kind { GLOBAL_NUMBER, GLOBAL_CTX, GLOBAL_MEM, GLOBAL_DYNPTR, GLOBAL_BTF, GLOBAL_BAD };

struct global_arg {
	enum global_kind kind;
	union {
		u32 bytes;	/* GLOBAL_MEM */
		u32 btf_id;	/* GLOBAL_BTF: of the kernel's (target's) types */
	};
	bool nonnull;
	bool trusted;		/* GLOBAL_BTF: else whatever the caller has */
};

/* What authors say of arguments beyond their type: declaration tags "arg:..." */
enum arg_tag {
	TAG_CTX = 1 << 0,
	TAG_NONNULL = 1 << 1,
	TAG_TRUSTED = 1 << 2,
	TAG_UNTRUSTED = 1 << 3,
	TAG_NULLABLE = 1 << 4,
	TAG_UNKNOWN = 1 << 5,
};

static u32 tag_of(const char *name)
{
	static const char *const names[] = { "ctx", "nonnull", "trusted", "untrusted", "nullable" };

	for (u32 i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], name))
			return 1 << i;
	return TAG_UNKNOWN;
}

static u32 arg_tags(const struct btf *btf, u32 func, s32 arg)
{
	u32 tags = 0;

	for (u32 i = 1; i < btf__type_cnt(btf); i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);
		const char *name;

		if (btf_kind(t) != BTF_KIND_DECL_TAG || t->type != func || btf_decl_tag(t)->component_idx != arg)
			continue;
		name = btf__name_by_offset(btf, t->name_off);
		if (!strncmp(name, "arg:", 4))
			tags |= tag_of(name + 4);
	}
	return tags;
}

static bool is_ctx_struct(const struct verify_opts *o, const char *name)
{
	switch (o->type) {
	case BPF_PROG_TYPE_XDP:
		return !strcmp(name, "xdp_md");
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
		return !strcmp(name, "__sk_buff");
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
		return !strcmp(name, "bpf_raw_tracepoint_args");
	default:
		return false;
	}
}

/* A typed pointer, by the name of the type and not what the program knows of it. */
static struct global_arg btf_arg(const struct env *env, const char *name, u32 tags)
{
	struct global_arg a = { .kind = GLOBAL_BTF, .nonnull = !(tags & TAG_NULLABLE), .trusted = tags & TAG_TRUSTED };
	u32 more = tags & (TAG_TRUSTED | (a.trusted ? TAG_NULLABLE : TAG_UNTRUSTED));
	const char *flavor = name ? strstr(name, "___") : NULL;
	const struct btf *btf = btfwalk_kernel(env);
	char essential[128];
	s32 id;

	snprintf(essential, sizeof(essential), "%.*s", flavor ? (int)(flavor - name) : 127, name ?: "");
	id = btf && *essential ? btf__find_by_name_kind(btf, essential, BTF_KIND_STRUCT) : -1;
	if (id < 0 || tags != more)
		a.kind = GLOBAL_BAD;
	else
		a.btf_id = id;
	return a;
}

static struct global_arg pointer_arg(const struct env *env, u32 func, u32 i, const struct btf_type *ptr)
{
	const struct btf *btf = env->o->btf;
	const struct btf_type *to = btfwalk_strip(btf, ptr->type, NULL);
	const char *name = to && btf_is_struct(to) ? btf__name_by_offset(btf, to->name_off) : NULL;
	struct global_arg a = { .kind = GLOBAL_MEM };
	u32 tags = arg_tags(btf, func, i), allowed = TAG_NONNULL;

	if (tags & TAG_CTX || (name && is_ctx_struct(env->o, name))) {
		a.kind = GLOBAL_CTX;
		allowed = TAG_CTX;
	} else if (name && !strcmp(name, "bpf_dynptr")) {
		a.kind = GLOBAL_DYNPTR;
		allowed = 0;
	} else if (tags & (TAG_TRUSTED | TAG_UNTRUSTED)) {
		return btf_arg(env, name, tags);
	} else {
		a.bytes = btfwalk_bytes(btf, ptr->type);
	}
	if (tags & ~allowed || (a.kind == GLOBAL_MEM && !a.bytes))
		a.kind = GLOBAL_BAD;
	a.nonnull = tags & TAG_NONNULL;
	return a;
}

/* Number of arguments, or -EINVAL. */
static int global_args(const struct env *env, u32 nr, struct global_arg args[5])
{
	const struct btf *btf = env->o->btf;
	u32 func = env->subprogs[nr].btf_id;
	const struct btf_type *t = btf__type_by_id(btf, func), *proto = btf__type_by_id(btf, t->type);
	u32 n = proto && btf_is_func_proto(proto) ? btf_vlen(proto) : 6;

	if (n > 5)
		return -EINVAL;
	for (u32 i = 0; i < n; i++) {
		const struct btf_type *p = btfwalk_strip(btf, btf_params(proto)[i].type, NULL);

		args[i] = (struct global_arg){ .kind = GLOBAL_BAD };
		if (p && btf_is_ptr(p))
			args[i] = pointer_arg(env, func, i, p);
		else if (p && (btf_is_int(p) || btf_is_any_enum(p)) && !arg_tags(btf, func, i))
			args[i].kind = GLOBAL_NUMBER;
		if (args[i].kind == GLOBAL_BAD)
			return -EINVAL;
	}
	return n;
}

/* The function asks for itself whether there is any memory. */
static int check_global_mem(struct env *env, u32 nr, const struct global_arg *a)
{
	struct reg *r = &state_regs(env->cur)[nr];
	u8 flags = r->flags;
	int err;

	if (!a->nonnull && reg_is_zero(r))
		return mark_precise(env, nr);
	if (!a->nonnull)
		r->flags &= ~REG_MAYBE_NULL;
	err = mem_range(env, nr, a->bytes, false);
	if (!err)
		err = mem_range(env, nr, a->bytes, true);
	r->flags = flags;
	return err;
}

static int check_global_btf(struct env *env, u32 nr, const struct global_arg *a)
{
	const struct reg *r = &state_regs(env->cur)[nr];

	if (!a->trusted)
		return 0;
	if (!a->nonnull && reg_is_zero(r))
		return mark_precise(env, nr);
	if (r->type != REG_BTF || r->btf_id != a->btf_id || r->off || !reg_is_fixed(r) || r->v.t.value)
		return refuse_reg(env, -EINVAL, nr, " is %s, expected a pointer to struct %s",
				  reg_type_name(r), btfwalk_name(btfwalk_kernel(env), a->btf_id));
	if (!(r->flags & (REG_TRUSTED | REG_GIVEN)))
		return refuse_reg(env, -EINVAL, nr, ": nobody says that this struct %s is there still",
				  btfwalk_name(r->btf, r->btf_id));
	if (a->nonnull && r->flags & REG_MAYBE_NULL) {
		refuse_reg(env, -EINVAL, nr, " is %s: it may be NULL", reg_type_name(r));
		hint(env, "compare it with NULL first");
		return -EINVAL;
	}
	return 0;
}

static int check_global_arg(struct env *env, u32 nr, const struct global_arg *a)
{
	const struct reg *r = &state_regs(env->cur)[nr];
	struct call_objects dynptr = { 0 };
	int err = reg_check_read(env, nr);

	if (err)
		return err;
	switch (a->kind) {
	case GLOBAL_NUMBER:
		if (r->type != REG_SCALAR)
			return refuse_reg(env, -EINVAL, nr, " is %s, expected a number", reg_type_name(r));
		return 0;
	case GLOBAL_CTX:
		if (r->type != REG_CTX || r->off || !reg_is_fixed(r) || r->v.t.value)
			return refuse_reg(env, -EINVAL, nr, " is %s, expected unmodified ctx",
					  reg_type_name(r));
		return 0;
	case GLOBAL_DYNPTR:
		return objects_arg(env, P_DYNPTR, nr, &dynptr);
	case GLOBAL_BTF:
		return check_global_btf(env, nr, a);
	default:
		return check_global_mem(env, nr, a);
	}
}

static int call_global(struct env *env, u32 nr)
{
	struct global_arg args[5];
	int n = global_args(env, nr, args), err = 0;

	env->subprogs[nr].is_called = true;
	if (n < 0)
		return refuse(env, -EINVAL, "the prototype of '%s' cannot be checked",
			      env->subprogs[nr].name);
	if (objects_held_lock(env->cur))
		return refuse(env, -EINVAL, "'%s' is called while a lock is held", env->subprogs[nr].name);
	if (env->subprogs[nr].effects & PF_SLEEPABLE && objects_no_sleep(env->cur))
		return refuse(env, -EINVAL, "'%s' is called where it may not sleep", env->subprogs[nr].name);
	for (int i = 0; i < n && !err; i++)
		err = check_global_arg(env, i + 1, &args[i]);
	if (err)
		return err;
	if (env->subprogs[nr].effects & PF_MOVES_PACKET)
		packet_forget(env);
	for (u32 i = 0; i <= 5; i++)
		reg_set_none(&state_regs(env->cur)[i]);
	if (!env->subprogs[nr].is_void)
		reg_set_unknown(&state_regs(env->cur)[0]);
	env->cur->pc++;
	return 0;
}

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

	if (env->subprogs[nr].is_global)
		return call_global(env, nr);
	return call_static(env, nr);
}

/* -- Callbacks --- */

static void loop_args(const struct frame *caller, struct reg *regs)
{
	reg_set_scalar(&regs[1], scalar_bits(32));
	regs[2] = caller->regs[3];
}

/* The key and value of an element of the map in R1 */
static void element_args(struct env *env, struct reg *regs)
{
	reg_set_pointer(&regs[2], REG_MAP_KEY, 0);
	regs[2].map = regs[1].map;
	reg_set_pointer(&regs[3], REG_MAP_VALUE, 0);
	regs[3].map = regs[1].map;
	regs[3].map_uid = regs[1].map_uid;
	regs[3].id = env_id(env);
}

static int check_callback(struct env *env, u32 nr)
{
	if (env->subprogs[nr].is_global)
		return refuse(env, -EINVAL, "the callback '%s' is a global function", env->subprogs[nr].name);
	return 0;
}

static int push_callback(struct env *env, const struct proto *p)
{
	u32 nr = state_regs(env->cur)[2].subprog, pc = env->cur->pc;
	struct state *s = env_push(env, env->subprogs[nr].start);
	struct frame *f;
	int err;

	if (!s)
		return env->err;
	err = check_callback(env, nr) ?: push_frame(env, s, nr, pc);
	if (err)
		return err;
	env->subprogs[nr].is_callback = true;
	f = state_frame(s);
	f->is_callback = true;
	f->refs_at = s->nr_refs;
	f->id_at = env->next_id;
	if (p->flags & PF_EACH) {
		f->regs[1] = s->frames[s->depth - 1]->regs[1];
		element_args(env, f->regs);
		f->regs[4] = s->frames[s->depth - 1]->regs[3];
	} else {
		loop_args(s->frames[s->depth - 1], f->regs);
		if (p->flags & PF_DRAIN)
			reg_set_pointer(&f->regs[1], REG_DYNPTR, 0);
	}
	return 0;
}

/* bpf_loop() calls back as often as R1 says at most. */
static int check_rounds(struct env *env, const struct proto *p, bool *ret)
{
	const struct reg *n = &state_regs(env->cur)[1];

	*ret = true;
	if (!(p->flags & PF_LOOP))
		return 0;
	if (n->type != REG_SCALAR)
		return refuse_reg(env, -EINVAL, 1, " is %s, expected a number", reg_type_name(n));
	*ret = state_frame(env->cur)->rounds < n->v.r.umax;
	return mark_precise(env, 1);
}

int subprog_push_callback(struct env *env, const struct proto *p)
{
	bool again;
	int err = check_rounds(env, p, &again);

	if (!err && again)
		err = push_callback(env, p);
	else if (!err)
		prune_mark_rounds(env, env->cur->parent);
	state_frame(env->cur)->rounds = 0;	/* behind the call */
	return err;
}

/* -- Exits --- */

struct ret_rule {
	bool any;
	s64 min, max;		/* less than .min: nothing is returned */
	bool word;		/* 32 bits of it are looked at */
};

static struct ret_rule ret_rule(const struct verify_opts *o)
{
	struct ret_rule rule = { .any = true };

	if (o->type == BPF_PROG_TYPE_TRACING && o->attach_type == BPF_MODIFY_RETURN)
		return rule;
	if (ctx_is_trampoline(o))
		return (struct ret_rule){ .min = 0, .max = 0 };
	if (kernctx_is_kind(o))
		rule.any = !kernctx_ret(o, &rule.min, &rule.max);
	rule.word = o->type == BPF_PROG_TYPE_LSM;
	return rule;
}

static int check_ret(struct env *env, s64 min, s64 max, bool word)
{
	const struct reg *r0 = &state_regs(env->cur)[0];
	const struct range *r = word ? &r0->v.w : &r0->v.r;
	int err;

	if (r0->type != REG_SCALAR)
		return refuse_reg(env, -EINVAL, 0, " is %s at the end, expected a number", reg_type_name(r0));
	err = mark_precise(env, 0);
	if (err)
		return err;
	if (r->smin >= min && r->smax <= max)
		return 0;
	if (r->smin == r->smax)
		refuse_reg(env, -EINVAL, 0, " is %lld at the end, should have been in [%lld, %lld]",
			   (long long)r->smin, (long long)min, (long long)max);
	else
		refuse_reg(env, -EINVAL, 0, " is %lld to %lld at the end, should have been in [%lld, %lld]",
			   (long long)r->smin, (long long)r->smax, (long long)min, (long long)max);
	hint(env, "return %lld", (long long)min);
	return -EINVAL;
}

static int check_held(struct env *env)
{
	static const char *const kinds[] = { [REF_RECORD] = "the ring buffer record",
					     [REF_OBJECT] = "the object",
					     [REF_ITER] = "the iterator",
					     [REF_LOCK] = "the lock",
					     [REF_RES_LOCK] = "the lock",
					     [REF_RES_LOCK_IRQ] = "the lock",
					     [REF_IRQ] = "interrupts, off",
					     [REF_IRQ_LOCK] = "interrupts, off",
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

	if (env->cur->entry)
		return err ?: reg_check_read(env, 0) ?: check_ret(env, 0, 0, false) ?: PATH_DONE;
	if (env->in_global ? env->subprogs[env->cur->frames[0]->subprog].is_void : rule.max < rule.min)
		return err ?: PATH_DONE;
	if (!err)
		err = reg_check_read(env, 0);
	if (env->in_global) {
		if (!err && state_regs(env->cur)[0].type != REG_SCALAR)
			err = refuse_reg(env, -EINVAL, 0,
					 " is %s at the end of a global function, expected a number",
					 reg_type_name(&state_regs(env->cur)[0]));
		return err ?: PATH_DONE;
	}
	if (!err && !rule.any)
		err = check_ret(env, rule.min, rule.max, rule.word);
	return err ?: PATH_DONE;
}

static bool points_to(const struct reg *r, u8 frame)
{
	return r->type == REG_STACK && r->frame == frame;
}

/* The call is followed once more, as if nothing had been called yet. */
static int exit_callback(struct env *env)
{
	struct state *s = env->cur;
	struct frame *f = state_frame(s);
	int err = reg_check_read(env, 0);

	if (!err)
		err = check_ret(env, 0, 1, false);
	if (err)
		return err;
	if (s->nr_refs != f->refs_at || (s->nr_refs && s->refs[s->nr_refs - 1].id > f->id_at)) {
		refuse(env, -EINVAL, "a callback must give back what it takes, and nothing else");
		return -EINVAL;
	}
	s->frames[s->depth--] = NULL;
	s->pc = f->callsite;
	s->from_callback = true;
	state_frame(s)->rounds++;
	frame_free(f);
	return 0;
}

static int exit_frame(struct env *env)
{
	struct state *s = env->cur;
	struct frame *f = state_frame(s);
	const struct reg *r0 = &f->regs[0];

	if (f->is_callback)
		return exit_callback(env);
	if (points_to(r0, s->depth))
		return refuse_reg(env, -EINVAL, 0, " points to the stack of the function that ends");
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

static void start_arg(struct env *env, const struct global_arg *a, struct reg *r)
{
	u32 null = a->nonnull ? 0 : REG_MAYBE_NULL;

	switch (a->kind) {
	case GLOBAL_NUMBER:
		reg_set_unknown(r);
		break;
	case GLOBAL_CTX:
		reg_set_pointer(r, REG_CTX, 0);
		break;
	case GLOBAL_DYNPTR:
		reg_set_pointer(r, REG_DYNPTR, 0);
		break;
	case GLOBAL_BTF:
		reg_set_pointer(r, REG_BTF, a->trusted ? REG_TRUSTED | null : 0);
		r->btf = btfwalk_kernel(env);
		r->btf_id = a->btf_id;
		r->id = null ? env_id(env) : 0;
		break;
	default:
		reg_set_pointer(r, REG_MEM, null);
		r->id = env_id(env);
		r->mem_bytes = a->bytes;
	}
}

static int start_global(struct env *env, u32 nr, struct reg *regs)
{
	struct global_arg args[5];
	int n = global_args(env, nr, args);

	if (n < 0)
		return refuse(env, -EINVAL, "the prototype of '%s' cannot be checked",
			      env->subprogs[nr].name);
	for (int i = 0; i < n; i++)
		start_arg(env, &args[i], &regs[i + 1]);
	return 0;
}

static struct state *new_state(struct env *env, u32 nr)
{
	struct state *s = state_new();

	if (!s)
		return NULL;
	s->frames[0] = frame_new(nr, 0);
	if (!s->frames[0]) {
		state_free(s);
		return NULL;
	}
	s->pc = env->subprogs[nr].start;
	s->sleepable = env->o->flags & VERIFY_SLEEPABLE;
	return s;
}

int subprog_start(struct env *env, u32 nr, struct state **ret)
{
	struct state *s = new_state(env, nr);
	int err = 0;

	if (!s)
		return -ENOMEM;
	if (env->in_global)
		err = start_global(env, nr, s->frames[0]->regs);
	else
		reg_set_pointer(&s->frames[0]->regs[1], REG_CTX, 0);
	if (err) {
		state_free(s);
		return err;
	}
	*ret = s;
	return 0;
}

/* Number of the callback, which goes into .async if it is new; 0: no memory. */
static u32 async_number(struct env *env, const struct async *a)
{
	struct async *list;

	for (u32 i = 0; i < env->nr_async; i++)
		if (env->async[i].subprog == a->subprog && env->async[i].map == a->map &&
		    env->async[i].sleepable == a->sleepable)
			return i + 1;
	list = realloc(env->async, (env->nr_async + 1) * sizeof(*list));
	if (!list)
		return 0;
	env->async = list;
	list[env->nr_async++] = *a;
	return env->nr_async;
}

int subprog_push_async(struct env *env, const struct verify_map *map, bool sleepable)
{
	const struct async a = { state_regs(env->cur)[2].subprog, sleepable, map };
	u32 known = env->nr_async, number = async_number(env, &a);
	int err = check_callback(env, a.subprog);
	struct state *s;

	if (err || (number && number <= known))
		return err;
	s = number ? new_state(env, a.subprog) : NULL;
	if (!s)
		return -ENOMEM;
	env->subprogs[a.subprog].is_async = true;
	s->entry = number;
	s->sleepable = sleepable;
	reg_set_pointer(&s->frames[0]->regs[1], REG_MAP, 0);
	s->frames[0]->regs[1].map = map;
	element_args(env, s->frames[0]->regs);
	s->next = env->pending;
	env->pending = s;
	env->nr_pending++;
	return 0;
}
