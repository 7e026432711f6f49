/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/call.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "bpf/helpers.h"
#include "rt/format.h"
#include "verifier/backtrack.h"
#include "verifier/btfwalk.h"
#include "verifier/ctx.h"
#include "verifier/fields.h"
#include "verifier/kernctx.h"
#include "verifier/mem.h"
#include "verifier/objects.h"
#include "verifier/packet.h"
#include "verifier/protos.h"
#include "verifier/stack.h"
#include "verifier/subprog.h"

#define CALL_BAD_RELOCATION 0xbad2310	/* what libbpf makes of instructions it cannot relocate */

struct call {
	const struct proto *p;
	const struct bpf_insn *insn;
	const struct reg *map;		/* the last map argument */
	u64 bytes;			/* the last constant size */
	u64 max_bytes;			/* the last size, at most */
	bool has_max;
	u32 ref;			/* given up */
	const char *text;		/* the constant string, with its end */
	bool has_key;
	u64 key;			/* of an array, if it is known */
	struct call_objects objects;
};

static struct reg *arg(struct env *env, u32 i)
{
	return &state_regs(env->cur)[1 + i];
}

/* -- Properties --- */

u16 call_regs_read(const struct env *env, const struct bpf_insn *insn)
{
	const struct proto *p = proto_of_call(env, insn);
	u16 regs = 0;

	if (!p)
		return 0x3e;
	for (u32 i = 0; i < 5 && p->args[i]; i++)
		regs |= 2u << i;
	return regs;
}

bool call_has_callback(const struct env *env, const struct bpf_insn *insn)
{
	const struct proto *p = insn_is_helper_call(insn) ? proto_of_call(env, insn) : NULL;

	return p && p->flags & PF_CALLBACK;
}

u32 call_effects(const struct env *env, const struct bpf_insn *insn)
{
	const struct proto *p = NULL;

	if (insn_is_helper_call(insn) || insn_is_kfunc_call(insn))
		p = proto_of_call(env, insn);
	return p ? p->flags & (PF_MOVES_PACKET | PF_SLEEPABLE) : 0;
}

bool call_is_iter_next(const struct env *env, const struct bpf_insn *insn)
{
	const struct proto *p = insn_is_kfunc_call(insn) ? proto_of_call(env, insn) : NULL;

	return p && p->ret == PR_ITER_NUM;
}

/* -- May it be called at all? --- */

static const char *call_name(const struct env *env, const struct bpf_insn *insn)
{
	const struct verify_ops *ops = env->o->ops;
	const char *name = NULL;

	if (insn_is_helper_call(insn))
		name = helper_name(insn->imm);
	else if (ops && ops->kfunc_name)
		name = ops->kfunc_name(env->o->arg, insn);
	return name ?: "of an unknown number";
}

/* Kfuncs that Linux has for all kinds of programs, and this engine for none: what to do instead. */
static const struct {
	const char *name, *instead;
} not_run[] = {
	{ "bpf_throw", "return an error from every function instead, and look at it where they are called" },
	{ "bpf_task_work_schedule_signal", "there is no task work here: hand a record to a ring buffer instead" },
	{ "bpf_task_work_schedule_signal_impl", "there is no task work here: hand a record to a ring buffer instead" },
	{ "bpf_task_work_schedule_resume", "there is no task work here: hand a record to a ring buffer instead" },
	{ "bpf_task_work_schedule_resume_impl", "there is no task work here: hand a record to a ring buffer instead" },
};

static int refuse_unknown(struct env *env, const struct bpf_insn *insn)
{
	bool kfunc = insn_is_kfunc_call(insn);
	const char *name = call_name(env, insn);

	for (u32 i = 0; kfunc && i < sizeof(not_run) / sizeof(*not_run); i++) {
		if (strcmp(name, not_run[i].name))
			continue;
		refuse(env, -EOPNOTSUPP, "call of kfunc %s, which this engine does not run", name);
		hint(env, "%s", not_run[i].instead);
		return -EOPNOTSUPP;
	}
	return refuse(env, -EINVAL, "call of %s %s (%d), which is not known here", kfunc ? "kfunc" : "helper", name,
		      insn->imm);
}

static bool fits_program(const struct verify_opts *o, u32 flags)
{
	bool tc = o->type == BPF_PROG_TYPE_SCHED_CLS || o->type == BPF_PROG_TYPE_SCHED_ACT;
	bool skb = tc || o->type == BPF_PROG_TYPE_SOCKET_FILTER, xdp = o->type == BPF_PROG_TYPE_XDP;
	u32 kinds = flags & (PF_TRACING | PF_SESSION | PF_XDP | PF_SKB | PF_TC);

	if (flags & PF_PACKET_WRITER)
		return packet_may_write(o);
	if (flags & PF_NO_PACKET)
		return !skb && !xdp;
	if (!kinds)
		return true;
	return flags & kernctx_helpers(o) || (kinds & PF_TRACING && ctx_is_trampoline(o)) ||
	       (kinds & PF_SESSION && ctx_is_session(o)) ||
	       (kinds & PF_XDP && xdp) || (kinds & PF_SKB && skb) || (kinds & PF_TC && tc);
}

static int check_callable(struct env *env, const struct bpf_insn *insn, const struct proto *p)
{
	const struct verify_ops *ops = env->o->ops;

	if (!p && insn_is_helper_call(insn) && insn->imm == CALL_BAD_RELOCATION) {
		refuse(env, -EINVAL, "a relocation failed here: what the source names is not in the target's types");
		hint(env, "ask with bpf_core_field_exists() or bpf_core_type_exists() first");
		return -EINVAL;
	}
	if (!p)
		return refuse_unknown(env, insn);
	if (insn_is_kfunc_call(insn) && !(env->o->flags & VERIFY_GPL))
		return refuse(env, -EINVAL, "%s is a kfunc, for programs with a GPL compatible license", p->name);
	if (!fits_program(env->o, p->flags))
		return refuse(env, p->flags & PF_SESSION ? -EACCES : -EINVAL,
			      "%s is not allowed in programs of this type", p->name);
	if (insn_is_helper_call(insn) && !(p->flags & PF_SESSION) && ops && ops->has_helper &&
	    !ops->has_helper(env->o->arg, insn->imm))
		return refuse(env, -EINVAL, "%s is not implemented by this engine", p->name);
	if (p->flags & PF_GPL && !(env->o->flags & VERIFY_GPL))
		return refuse(env, -EINVAL, "%s is for programs with a GPL compatible license", p->name);
	if (p->flags & PF_SLEEPABLE && !env->cur->sleepable)
		return refuse(env, -EINVAL, "%s may sleep, %s may not", p->name,
			      env->cur->entry ? "what a timer calls" : "this program");
	return objects_may_call(env, p);
}

/* -- Arguments --- */

static int expect(struct env *env, u32 i, enum reg_type type, const char *what)
{
	const struct reg *r = arg(env, i);

	if (r->type == type && !(r->flags & REG_MAYBE_NULL))
		return 0;
	refuse_reg(env, -EACCES, i + 1, " is %s, expected %s", reg_type_name(r), what);
	if (r->flags & REG_MAYBE_NULL)
		hint(env, "compare it with NULL first");
	return -EACCES;
}

static int arg_ctx(struct env *env, u32 i)
{
	const struct reg *r = arg(env, i);
	int err = expect(env, i, REG_CTX, "ctx");

	if (!err && (r->off || !reg_is_fixed(r) || r->v.t.value))
		err = refuse_reg(env, -EACCES, i + 1, ": ctx pointer was modified");
	return err;
}

static int arg_map(struct env *env, struct call *c, u32 i)
{
	int err = expect(env, i, REG_MAP, "a map");

	c->map = arg(env, i);
	return err;
}

/* Size arguments follow their memory: looked at together. */
static int arg_sized(struct env *env, struct call *c, u32 i, bool write)
{
	const struct reg *size = arg(env, i + 1);
	bool zero_ok = c->p->args[i + 1] == P_SIZE_ZERO;
	int err = reg_check_read(env, i + 2);

	if (err)
		return err;
	if (size->type != REG_SCALAR)
		return refuse_reg(env, -EACCES, i + 2, " is %s, expected a size", reg_type_name(size));
	if (size->v.r.smin < 0) {
		refuse_reg(env, -EACCES, i + 2, ": the size may be negative (at least %lld)",
			   (long long)size->v.r.smin);
		hint(env, "make it unsigned, or compare it with 0");
		return -EACCES;
	}
	if (size->v.r.umax >= OFF_MAX) {
		refuse_reg(env, -EACCES, i + 2, ": the size is unbounded");
		hint(env, "compare it with a maximum, or mask it");
		return -EACCES;
	}
	if (!zero_ok && !size->v.r.umin)
		return refuse_reg(env, -EACCES, i + 2, ": the size may be 0 (it is %llu to %llu)",
				  (unsigned long long)size->v.r.umin, (unsigned long long)size->v.r.umax);
	c->max_bytes = size->v.r.umax;
	c->has_max = true;
	err = mark_precise(env, i + 2);
	return err ?: mem_range(env, i + 1, size->v.r.umax, write);
}

static int arg_mem_null(struct env *env, struct call *c, u32 i)
{
	const struct reg *p = arg(env, i), *size = arg(env, i + 1);
	int err = reg_check_read(env, i + 2);

	if (err)
		return err;
	if (reg_is_zero(p)) {
		err = mark_precise(env, i + 1);
		if (!err && !reg_is_zero(size))
			err = refuse_reg(env, -EACCES, i + 1, ": NULL with a size");
		return err ?: mark_precise(env, i + 2);
	}
	return arg_sized(env, c, i, false);
}

static int arg_buffer_null(struct env *env, u32 i)
{
	const struct reg *p = arg(env, i), *size = arg(env, i + 1);
	int err = reg_check_read(env, i + 2);

	if (err || reg_is_zero(p))
		return err ?: mark_precise(env, i + 1);
	if (!reg_is_const(size))
		return refuse_reg(env, -EACCES, i + 2, " must be a constant");
	err = mem_range(env, i + 1, size->v.t.value, false);
	return err ?: mem_range(env, i + 1, size->v.t.value, true);
}

static int arg_text(struct env *env, struct call *c, u32 i)
{
	const struct reg *r = arg(env, i);
	int err = expect(env, i, REG_MAP_VALUE, "a constant string");
	u64 left;

	if (err)
		return err;
	if (!r->map->frozen || !reg_is_fixed(r))
		return refuse_reg(env, -EACCES, i + 1, ": the string is not in a read-only, frozen map");
	err = mem_check_bounds(env, i + 1, r, 0, 1, r->map->value_size);
	if (err)
		return err;
	c->text = (const char *)r->map->frozen + r->off + r->v.t.value;
	left = r->map->value_size - r->off - r->v.t.value;
	return memchr(c->text, 0, left) ? 0 : refuse_reg(env, -EINVAL, i + 1, ": the string has no end");
}

static int arg_const_size(struct env *env, struct call *c, u32 i)
{
	const struct reg *r = arg(env, i);

	if (!reg_is_const(r))
		return refuse_reg(env, -EACCES, i + 1, " must be a constant");
	if (r->v.t.value > INT32_MAX)
		return refuse_reg(env, -EACCES, i + 1, ": %llu bytes are too many",
				  (unsigned long long)r->v.t.value);
	c->bytes = r->v.t.value;
	return mark_precise(env, i + 1);
}

static int arg_stack_null(struct env *env, u32 i)
{
	const struct reg *r = arg(env, i);

	if (reg_is_zero(r))
		return mark_precise(env, i + 1);
	return expect(env, i, REG_STACK, "a place on the stack, or NULL");
}

static int arg_record(struct env *env, struct call *c, u32 i)
{
	const struct reg *r = arg(env, i);
	int err = expect(env, i, REG_MEM, "a ring buffer's record");

	if (err)
		return err;
	if (!(r->flags & REG_RECORD))
		return refuse_reg(env, -EINVAL, i + 1, " is %s, expected a ring buffer's record",
				  reg_type_name(r));
	if (r->off || !reg_is_fixed(r) || r->v.t.value)
		return refuse_reg(env, -EINVAL, i + 1,
				  ": the record must be given up by the pointer that was got");
	c->ref = r->ref;
	return 0;
}

static int arg_number(struct env *env, u32 i)
{
	const struct reg *r = arg(env, i);

	return r->type == REG_SCALAR ? 0 : refuse_reg(env, -EINVAL, i + 1, " is %s, expected a number",
						      reg_type_name(r));
}

static int arg_key(struct env *env, struct call *c, u32 i)
{
	u32 size = c->map->map->key_size;
	int err = mem_range(env, i + 1, size, false);

	if (!err && size == sizeof(u32))
		c->has_key = stack_is_const(env, arg(env, i), size, &c->key);
	return err;
}

static int arg_value_null(struct env *env, const struct call *c, u32 i)
{
	if (reg_is_zero(arg(env, i)))
		return mark_precise(env, i + 1);
	return mem_range(env, i + 1, c->map->map->value_size, false);
}

/* The first of vmlinux, whose types modules share. */
static s32 task_id(const struct env *env)
{
	const struct btf *btf = btfwalk_kernel(env);

	if (env->o->task_id)
		return env->o->task_id;
	return btf ? btf__find_by_name_kind(btf, "task_struct", BTF_KIND_STRUCT) : -1;
}

static int arg_task_null(struct env *env, u32 i)
{
	const struct reg *r = arg(env, i);
	int err;

	if (reg_is_zero(r))
		return mark_precise(env, i + 1);
	err = expect(env, i, REG_BTF, "a task");
	if (!err && ((s32)r->btf_id != task_id(env) || r->off || !reg_is_fixed(r) || r->v.t.value))
		err = refuse_reg(env, -EACCES, i + 1, " points to something else than a struct task_struct");
	return err;
}

static int check_arg(struct env *env, struct call *c, u32 i)
{
	int err = reg_check_read(env, i + 1);

	if (err)
		return err;
	switch (c->p->args[i]) {
	case P_CTX:
		return arg_ctx(env, i);
	case P_MAP:
		return arg_map(env, c, i);
	case P_KEY:
		return arg_key(env, c, i);
	case P_VALUE:
		return mem_range(env, i + 1, c->map->map->value_size, false);
	case P_VALUE_OUT:
		return mem_range(env, i + 1, c->map->map->value_size, true);
	case P_MEM:
		return arg_sized(env, c, i, false);
	case P_MEM_OUT:
		return arg_sized(env, c, i, true);
	case P_MEM_NULL:
		return arg_mem_null(env, c, i);
	case P_BUFFER_NULL:
		return arg_buffer_null(env, i);
	case P_WORD_OUT:
		return mem_range(env, i + 1, 8, true);
	case P_INT_OUT:
		return mem_range(env, i + 1, 4, true);
	case P_TEXT:
		return arg_text(env, c, i);
	case P_FUNC:
		return expect(env, i, REG_FUNC, "a function");
	case P_VALUE_NULL:
		return arg_value_null(env, c, i);
	case P_TASK_NULL:
		return arg_task_null(env, i);
	case P_STACK_NULL:
		return arg_stack_null(env, i);
	case P_RECORD:
		return arg_record(env, c, i);
	case P_CONST_SIZE:
		return arg_const_size(env, c, i);
	case P_NUMBER:
		return arg_number(env, i);
	case P_BTF:
		return expect(env, i, REG_BTF, "a typed pointer");
	case P_LOCK:
	case P_RES_LOCK:
	case P_IRQ_NEW:
	case P_IRQ_END:
	case P_TIMER:
	case P_WQ:
	case P_ITER_NEW:
	case P_ITER:
	case P_ITER_END:
	case P_DYNPTR_NEW:
	case P_DYNPTR:
	case P_DYNPTR_END:
		return objects_arg(env, c->p->args[i], i + 1, &c->objects);
	default:		/* sizes were seen with their memory */
		return 0;
	}
}

/* -- Which maps for which helpers --- */

#define TYPE(t) (1ULL << BPF_MAP_TYPE_##t)
#define KEYED (~(TYPE(RINGBUF) | TYPE(QUEUE) | TYPE(STACK) | TYPE(BLOOM_FILTER) | TYPE(PROG_ARRAY) | \
		 TYPE(PERF_EVENT_ARRAY) | TYPE(STACK_TRACE) | TYPE(USER_RINGBUF) | TYPE(TASK_STORAGE)))

static u64 maps_for(u32 helper)
{
	switch (helper) {
	case BPF_FUNC_map_lookup_elem:
	case BPF_FUNC_map_update_elem:
	case BPF_FUNC_map_delete_elem:
		return KEYED;
	case BPF_FUNC_map_push_elem:
	case BPF_FUNC_map_peek_elem:
		return TYPE(QUEUE) | TYPE(STACK) | TYPE(BLOOM_FILTER);
	case BPF_FUNC_map_pop_elem:
		return TYPE(QUEUE) | TYPE(STACK);
	case BPF_FUNC_map_lookup_percpu_elem:
		return TYPE(PERCPU_ARRAY) | TYPE(PERCPU_HASH) | TYPE(LRU_PERCPU_HASH);
	case BPF_FUNC_for_each_map_elem:
		return TYPE(ARRAY) | TYPE(PERCPU_ARRAY) | TYPE(HASH) | TYPE(PERCPU_HASH) | TYPE(LRU_HASH) |
		       TYPE(LRU_PERCPU_HASH);
	case BPF_FUNC_tail_call:
		return TYPE(PROG_ARRAY);
	case BPF_FUNC_ringbuf_output:
	case BPF_FUNC_ringbuf_reserve:
	case BPF_FUNC_ringbuf_query:
	case BPF_FUNC_ringbuf_reserve_dynptr:
		return TYPE(RINGBUF);
	case BPF_FUNC_user_ringbuf_drain:
		return TYPE(USER_RINGBUF);
	case BPF_FUNC_get_stackid:
		return TYPE(STACK_TRACE);
	case BPF_FUNC_task_storage_get:
	case BPF_FUNC_task_storage_delete:
		return TYPE(TASK_STORAGE);
	case BPF_FUNC_perf_event_output:
		return TYPE(PERF_EVENT_ARRAY);
	default:
		return ~0ULL;
	}
}

static int check_map(struct env *env, const struct call *c)
{
	const struct verify_map *m = c->map ? c->map->map : NULL;
	u32 nr = c->insn->imm;

	if (!m || !insn_is_helper_call(c->insn))
		return 0;
	if (m->type < 64 && !(maps_for(nr) >> m->type & 1))
		return refuse(env, -EINVAL, "%s does not take maps of type %u", c->p->name, m->type);
	if (nr == BPF_FUNC_map_lookup_elem)
		env->res->insn_flags[env->cur->pc] |= m->type == BPF_MAP_TYPE_ARRAY ? VERIFY_INSN_ARRAY :
										      VERIFY_INSN_NO_ARRAY;
	if (m->flags & (1U << 7) && (nr == BPF_FUNC_map_update_elem || nr == BPF_FUNC_map_delete_elem ||
				     nr == BPF_FUNC_map_push_elem || nr == BPF_FUNC_map_pop_elem))
		return refuse(env, -EACCES, "programs may not write to this map");
	if (m->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || m->type == BPF_MAP_TYPE_HASH_OF_MAPS)
		return nr == BPF_FUNC_map_lookup_elem ? 0 :
			refuse(env, -EINVAL, "%s does not take maps of type %u", c->p->name, m->type);
	return 0;
}

/* -- What comes back --- */

static void return_value(struct env *env, const struct call *c, struct reg *r0)
{
	const struct verify_map *m = c->map->map;
	bool inner = m->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || m->type == BPF_MAP_TYPE_HASH_OF_MAPS;

	reg_set_pointer(r0, inner ? REG_MAP : REG_MAP_VALUE, REG_MAYBE_NULL);
	r0->id = env_id(env);
	r0->map = inner ? m->inner : m;
	r0->map_uid = inner ? r0->id : c->map->map_uid;
	if (c->insn->imm == BPF_FUNC_map_lookup_elem && c->has_key && c->key < m->max_entries &&
	    (m->type == BPF_MAP_TYPE_ARRAY || m->type == BPF_MAP_TYPE_PERCPU_ARRAY)) {
		r0->flags = 0;	/* such an element is always there */
		r0->id = fields_have_lock(env, r0->map) ? r0->id : 0;
	}
}

static int return_record(struct env *env, const struct call *c, struct reg *r0)
{
	reg_set_pointer(r0, REG_MEM, REG_MAYBE_NULL | REG_RECORD);
	r0->id = r0->ref = env_id(env);
	r0->mem_bytes = c->bytes;
	return state_add_ref(env->cur, REF_RECORD, r0->ref, env->cur->pc);
}

static void return_number(const struct call *c, struct reg *r0)
{
	reg_set_unknown(r0);
	if (insn_is_helper_call(c->insn) && c->insn->imm == BPF_FUNC_get_smp_processor_id)
		reg_set_scalar(r0, scalar_bits(32));
	if (c->p->flags & PF_SOME_ERRNO && c->has_max)
		reg_set_scalar(r0, scalar_srange(-ERRNO_MAX, c->max_bytes));
}

static int return_task(struct env *env, struct reg *r0)
{
	s32 id = task_id(env);

	if (id < 0)
		return refuse(env, -EINVAL, "the target has no struct task_struct");
	reg_set_pointer(r0, REG_BTF, REG_TRUSTED);
	r0->btf = btfwalk_kernel(env);
	r0->btf_id = id;
	return 0;
}

static int set_return(struct env *env, const struct call *c, struct reg *r0)
{
	switch (c->p->ret) {
	case PR_VOID:
		reg_set_none(r0);
		return 0;
	case PR_VALUE_NULL:
		return_value(env, c, r0);
		return 0;
	case PR_RECORD_NULL:
		return return_record(env, c, r0);
	case PR_MEM_NULL:
	case PR_MEM_CONST_NULL:
		reg_set_pointer(r0, REG_MEM, REG_MAYBE_NULL | (c->p->ret == PR_MEM_NULL ? 0 : REG_READ_ONLY));
		r0->id = env_id(env);
		r0->mem_bytes = c->bytes;
		r0->ref = c->objects.ref;
		return 0;
	case PR_COOKIE:
		env->res->calls_cookie = true;
		reg_set_pointer(r0, REG_MEM, 0);
		r0->mem_bytes = 8;
		return 0;
	case PR_BOOL:
		reg_set_scalar(r0, scalar_bits(1));
		return 0;
	case PR_LOCKED:
		reg_set_const(r0, 0);
		return 0;
	case PR_ITER_NUM:
		return objects_iter_next(env, &c->objects, r0);
	case PR_TASK:
		return return_task(env, r0);
	default:
		return_number(c, r0);
		return 0;
	}
}

/* -- The call --- */

struct release {
	u32 ref;
};

static void release_one(struct reg *r, void *p)
{
	const struct release *rel = p;

	if (reg_is_pointer(r) && r->ref == rel->ref)
		reg_set_none(r);
}

static int release(struct env *env, u32 ref)
{
	struct release r = { ref };

	if (state_drop_ref(env->cur, ref))
		return refuse(env, -EINVAL, "reference %u is not held", ref);
	state_each_reg(env->cur, release_one, &r);
	return 0;
}

static void clobber(struct env *env)
{
	for (u32 i = 0; i <= 5; i++)
		reg_set_none(&state_regs(env->cur)[i]);
}

/* A timer is given the very map that it lies in, even if there are several like it. */
static int check_own_map(struct env *env, const struct call *c)
{
	if (!c->objects.map || !c->map || (c->map->map == c->objects.map && c->map->map_uid == c->objects.map_uid))
		return 0;
	return refuse_reg(env, -EINVAL, 2, " is not the map whose value R1 points into");
}

/* Text and data come to bpf_snprintf() in R3, R4 and R5: what no run of it would take is refused. */
static int check_format(struct env *env, const struct call *c)
{
	u64 bytes = arg(env, 4)->v.t.value;

	if (!insn_is_helper_call(c->insn) || c->insn->imm != BPF_FUNC_snprintf)
		return 0;
	if (bytes % 8)
		return refuse_reg(env, -EINVAL, 5, ": %llu bytes are no array of 8 byte words",
				  (unsigned long long)bytes);
	if (rt_format(NULL, 0, c->text, strlen(c->text) + 1, NULL, bytes / 8) >= 0)
		return 0;
	refuse_reg(env, -EINVAL, 3, ": not a format for %llu words of data", (unsigned long long)bytes / 8);
	hint(env, "%%d %%i %%u %%x %%X %%c %%s %%p, with l, ll, a width, 0, - or +; each takes one of the words");
	return -EINVAL;
}

static int check_args(struct env *env, struct call *c)
{
	int err = 0;

	for (u32 i = 0; i < 5 && c->p->args[i] && !err; i++) {
		err = check_arg(env, c, i);
		if (!err && c->p->args[i] == P_MAP)
			err = check_map(env, c);
	}
	err = err ?: check_own_map(env, c);
	return err ?: check_format(env, c);
}

/* Calls with rules of their own. */
static int check_special(struct env *env, const struct bpf_insn *insn)
{
	const struct state *s = env->cur;

	if (insn_is_tail_call(insn)) {
		if (s->nr_refs)
			return refuse(env, -EINVAL, "tail call while something taken at insn %u is held",
				      s->refs[0].insn);
		for (u32 i = 0; i <= s->depth; i++)
			if (s->frames[i]->is_callback)
				return refuse(env, -EINVAL, "tail call in a callback");
	}
	if (insn_is_helper_call(insn) && insn->imm == BPF_FUNC_dynptr_from_mem &&
	    state_regs(env->cur)[1].type != REG_MAP_VALUE)	/* what may go before the dynptr does */
		return refuse_reg(env, -EINVAL, 1, " is %s, expected a map's value",
				  reg_type_name(&state_regs(env->cur)[1]));
	return 0;
}

static int helper_or_kfunc(struct env *env)
{
	const struct bpf_insn *insn = env_insn(env);
	struct call c = { .p = proto_of_call(env, insn), .insn = insn };
	struct reg r0, map;
	int err = check_callable(env, insn, c.p);

	if (!err)
		err = check_special(env, insn);
	if (!err)
		err = check_args(env, &c);
	if (err)
		return err;
	if (c.map) {		/* the registers go */
		map = *c.map;
		c.map = &map;
	}
	if (c.p->flags & PF_ASYNC) {
		err = subprog_push_async(env, c.objects.map, c.p->flags & PF_ASYNC_SLEEPS);
		if (err)
			return err;
	}
	if (c.p->flags & PF_CALLBACK) {
		err = subprog_push_callback(env, c.p);
		if (err)
			return err;
	}
	if (c.ref)
		err = release(env, c.ref);
	if (!err)
		err = objects_call(env, c.p, &c.objects);
	if (!err)
		err = set_return(env, &c, &r0);
	if (err)
		return err;
	if (c.p->flags & PF_MOVES_PACKET)
		packet_forget(env);
	if (insn_is_helper_call(insn) && insn->imm == BPF_FUNC_get_func_ip)
		env->res->calls_func_ip = true;
	clobber(env);
	state_regs(env->cur)[0] = r0;
	env->cur->pc++;
	return 0;
}

int call_insn(struct env *env)
{
	if (insn_is_subprog_call(env_insn(env)))
		return subprog_call(env);
	return helper_or_kfunc(env);
}
