/* SPDX-License-Identifier: BSD-2-Clause */
#include "engines.h"

#include <errno.h>
#include <stdlib.h>

#include "bpf/interp.h"

struct prog_array {
	u32 max_entries;
	u32 pad;
	u64 entries[ENGINE_PROGS_MAX];
};

/* What a lookup reads of a map, whether it is a call or part of the code. */
struct array {
	u32 max_entries, elem_bytes;
	u64 values;
};

static struct prog_array prog_array;
u64 engine_values[ENGINE_VALUES];
static struct array array = { ENGINE_VALUES, sizeof(engine_values[0]), (u64)engine_values };
static bool interpreting;

static u64 helper_sum(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	return a + 2 * b + 3 * c + 4 * d + 5 * e;
}

static u64 helper_loop(u64 nr, u64 cb, u64 arg, u64 d, u64 e)
{
	u64 sum = 0;

	(void)d;
	(void)e;
	for (u64 i = 0; i < nr; i++) {
		if (interpreting)
			sum += interp_callback(cb, i, arg, 0, 0, 0);
		else
			sum += ((bpf_helper_fn)cb)(i, arg, 0, 0, 0);
	}
	return sum;
}

static u64 helper_spoil(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	volatile u64 keep[5] = { ~a, ~b, ~c, ~d, ~e };

	(void)keep;
	return 0x1337;
}

static u64 helper_prog_array(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	(void)e;
	return (u64)&prog_array;
}

static u64 helper_lookup(u64 map, u64 key, u64 c, u64 d, u64 e)
{
	const struct array *a = (const struct array *)map;
	u32 index = *(const u32 *)key;

	(void)c;
	(void)d;
	(void)e;
	return index < a->max_entries ? a->values + (u64)index * a->elem_bytes : 0;
}

static u64 helper_array(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	(void)e;
	return (u64)&array;
}

static u64 helper_xor(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	(void)c;
	(void)d;
	(void)e;
	return a ^ b;
}

int engine_resolve(void *arg, const struct bpf_insn *insn, struct bpf_call *ret)
{
	static const bpf_helper_fn helpers[] = {
		NULL, helper_sum, helper_loop, helper_spoil, helper_prog_array, helper_array, helper_lookup,
	};

	(void)arg;
	*ret = (struct bpf_call){ BPF_CALL_ADDR, 0 };
	if (insn_is_tail_call(insn))
		ret->kind = BPF_CALL_TAIL;
	else if (insn_is_helper_call(insn) && insn->imm >= 1 && insn->imm <= 6)
		ret->addr = (u64)helpers[insn->imm];
	else if (insn_is_kfunc_call(insn) && insn->imm == 1)
		ret->kind = BPF_CALL_SESSION_IS_RETURN;
	else if (insn_is_kfunc_call(insn) && insn->imm == 2)
		ret->kind = BPF_CALL_SESSION_COOKIE;
	else if (insn_is_kfunc_call(insn) && insn->imm == 3)
		ret->addr = (u64)helper_xor;
	else
		return -ENOENT;
	return 0;
}

const char *engine_name(enum engine e)
{
	static const char *const names[] = { "interpreter", "jit", "jit without features" };

	return names[e];
}

static const struct bpf_prog_array_layout layout = {
	.max_entries_off = offsetof(struct prog_array, max_entries),
	.entries_off = offsetof(struct prog_array, entries),
};

static const struct bpf_array_layout array_layout = {
	.max_entries_off = offsetof(struct array, max_entries),
	.elem_bytes_off = offsetof(struct array, elem_bytes),
	.values_off = offsetof(struct array, values),
};

static int run_interp(const struct engine_progs *p, void *ctx, u64 *ret)
{
	struct interp_opts opts = { .resolve = engine_resolve, .prog_array = layout,
				    .budget_insns = p->budget_insns, .may_goto_max = p->may_goto_max };
	struct interp_prog progs[ENGINE_PROGS_MAX];
	int err;

	for (int i = 0; i < ENGINE_PROGS_MAX; i++) {
		progs[i] = (struct interp_prog){ p->insns[i], p->cnt[i] };
		prog_array.entries[i] = p->cnt[i] ? (u64)&progs[i] : 0;
		err = p->cnt[i] ? insn_check_prog(p->insns[i], p->cnt[i], NULL) : 0;
		if (err)
			return err;
	}
	interpreting = true;
	return interp_run(&progs[0], &opts, (u64)ctx, ret);
}

static int load(const struct bpf_insn *insns, u32 cnt, struct jit_opts *opts, struct jit_code **ret)
{
	u8 *flags = calloc(cnt, 1);
	int err = flags ? 0 : -ENOMEM;

	for (u32 i = 0; i < cnt && !err; i++)
		if (insn_is_helper_call(&insns[i]) && insns[i].imm == ENGINE_LOOKUP)
			flags[i] = JIT_INSN_ARRAY;
	opts->insn_flags = flags;
	err = err ?: jit_load(insns, cnt, opts, ret);
	free(flags);
	return err;
}

static int run_jit(const struct engine_progs *p, u32 features, void *ctx, u64 *ret)
{
	struct jit_opts opts = { .resolve = engine_resolve, .prog_array = layout, .array = array_layout,
				 .features = features, .phase = p->phase, .cookie_off = p->cookie_off,
				 .may_goto_max = p->may_goto_max };
	struct jit_code *code[ENGINE_PROGS_MAX] = { NULL };
	int err = 0;

	for (int i = 0; i < ENGINE_PROGS_MAX && !err; i++) {
		if (p->cnt[i])
			err = load(p->insns[i], p->cnt[i], &opts, &code[i]);
		prog_array.entries[i] = code[i] ? code[i]->tail_entry : 0;
	}
	interpreting = false;
	if (!err)
		*ret = code[0]->entry(ctx);
	for (int i = 0; i < ENGINE_PROGS_MAX; i++)
		jit_code_free(code[i]);
	return err;
}

int engine_run(enum engine e, const struct engine_progs *p, void *ctx, u64 *ret)
{
	prog_array.max_entries = ENGINE_PROGS_MAX;
	if (e == ENGINE_INTERP)
		return run_interp(p, ctx, ret);
	return run_jit(p, e == ENGINE_JIT ? arch_host_features() : 0, ctx, ret);
}
