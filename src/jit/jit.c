/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver: finds functions, resolves calls, folds, and emits until nothing moves any more. */
#include "jit/jit.h"

#include <errno.h>
#include <stdlib.h>

#include "jit/fold.h"
#include "util/log.h"

#define PASSES_MAX 1000	/* offsets only shrink; a handful of passes in practice */

struct jit {
	struct jit_state st;
	const struct jit_opts *opts;
	const struct jit_backend *backend;
	u8 *flags;
	struct bpf_call *calls;
	u32 *func_of;		/* index + 1 while looking for functions */
	u32 *next_offs;		/* of the pass being made, while st.offs keeps the last one's */
	u32 entry_off;
};

/* -- Analysis --- */

static int resolve_calls(struct jit *j)
{
	const struct bpf_insn *insns = j->st.insns;

	for (u32 i = 0; i < j->st.cnt; i++) {
		int err = -ENOENT;

		if (!insn_is_call(&insns[i]) || insn_is_subprog_call(&insns[i]))
			continue;
		if (j->opts->resolve)
			err = j->opts->resolve(j->opts->arg, &insns[i], &j->calls[i]);
		if (err)
			return fail(err, "jit: instruction %u: unknown %s %d", i,
				    insn_is_kfunc_call(&insns[i]) ? "kfunc" : "helper", insns[i].imm);
	}
	return 0;
}

static void mark_targets(struct jit *j)
{
	const struct bpf_insn *insns = j->st.insns;

	for (u32 i = 0; i < j->st.cnt; i++) {
		if (insn_is_jump(&insns[i]))
			j->flags[insn_jump_target(&insns[i], i)] |= JIT_INSN_TARGET;
		i += insn_is_ldimm64(&insns[i]);
	}
}

static void mark_func_starts(struct jit *j)
{
	const struct bpf_insn *insns = j->st.insns;

	j->func_of[0] = 1;
	for (u32 i = 0; i < j->st.cnt; i++) {
		if (insn_is_subprog_call(&insns[i]) || insn_is_func_addr(&insns[i]))
			j->func_of[insn_func_target(&insns[i], i)] = 1;
		i += insn_is_ldimm64(&insns[i]);
	}
}

static int find_funcs(struct jit *j)
{
	struct jit_state *st = &j->st;
	u32 nr = 0;

	mark_func_starts(j);
	for (u32 i = 0; i < st->cnt; i++)
		nr += j->func_of[i];
	st->funcs = calloc(nr, sizeof(*st->funcs));
	if (!st->funcs)
		return -ENOMEM;
	for (u32 i = 0; i < st->cnt; i++) {
		if (!j->func_of[i])
			continue;
		if (st->func_cnt)
			st->funcs[st->func_cnt - 1].end = i;
		st->funcs[st->func_cnt].start = i;
		j->func_of[i] = st->func_cnt++;
	}
	st->funcs[st->func_cnt - 1].end = st->cnt;
	return 0;
}

static struct jit_func *func_at(struct jit *j, s64 start)
{
	return &j->st.funcs[j->func_of[start]];
}

static void scan_insn(struct jit *j, struct jit_func *f, u32 i)
{
	const struct bpf_insn *insn = &j->st.insns[i];
	bool resolved = insn_is_call(insn) && !insn_is_subprog_call(insn);

	f->regs_written |= insn_regs_written(insn) & ~(1 << INSN_FP);
	f->regs_used |= insn_regs_written(insn) | insn_regs_read(insn);
	f->has_may_goto |= insn_is_may_goto(insn);
	f->has_tail_call |= resolved && j->calls[i].kind == BPF_CALL_TAIL;
	f->has_calls |= insn_is_subprog_call(insn) ||
			(resolved && j->calls[i].kind == BPF_CALL_ADDR && !(j->flags[i] & JIT_INSN_ARRAY));
	if (insn_is_func_addr(insn))
		func_at(j, insn_func_target(insn, i))->is_callback = true;
}

/* Everything but is_callback is about the function's live instructions. */
static void scan_func(struct jit *j, struct jit_func *f)
{
	for (u32 i = f->start; i < f->end; i++) {
		if (!(j->flags[i] & JIT_INSN_DEAD))
			scan_insn(j, f, i);
		i += insn_is_ldimm64(&j->st.insns[i]);
	}
	f->tail_reachable = f->has_tail_call;
	if (f->regs_used & 1 << INSN_FP)
		f->stack_bytes = j->opts->stack_bytes ?: INSN_STACK_BYTES;
}

/* One round of "who calls a function that reaches a tail call reaches one". */
static bool spread_tail_calls(struct jit *j, struct jit_func *f)
{
	for (u32 i = f->start; i < f->end && !f->tail_reachable; i++) {
		const struct bpf_insn *insn = &j->st.insns[i];

		if (insn_is_subprog_call(insn) && !(j->flags[i] & JIT_INSN_DEAD) &&
		    func_at(j, insn_func_target(insn, i))->tail_reachable)
			return f->tail_reachable = true;
		i += insn_is_ldimm64(insn);
	}
	return false;
}

/* A helper calls a callback with registers of its own, the count of tail calls among them. */
static int check_tail_calls(struct jit *j)
{
	bool more = true;

	while (more) {
		more = false;
		for (u32 i = 0; i < j->st.func_cnt; i++)
			if (!j->st.funcs[i].tail_reachable)
				more |= spread_tail_calls(j, &j->st.funcs[i]);
	}
	for (u32 i = 0; i < j->st.func_cnt; i++)
		if (j->st.funcs[i].is_callback && j->st.funcs[i].tail_reachable)
			return fail(-EOPNOTSUPP, "jit: instruction %u: callback reaches a tail call",
				    j->st.funcs[i].start);
	return 0;
}

static int analyse(struct jit *j)
{
	struct jit_state *st = &j->st;
	int err;

	mark_targets(j);
	err = resolve_calls(j);
	if (!err)
		err = find_funcs(j);
	if (!err && st->is_return >= 0)
		err = fold_prog(st, j->flags);
	if (err)
		return err;
	for (u32 i = 0; i < st->func_cnt; i++)
		scan_func(j, &st->funcs[i]);
	return check_tail_calls(j);
}

/* -- Emission --- */

/* To start from: so far apart that every jump is long. */
static int guess_offs(struct jit *j)
{
	u64 step = j->backend->insn_bytes_max;

	if ((j->st.cnt + 2 * (u64)j->st.func_cnt) * step > INT32_MAX)
		return -E2BIG;
	for (u32 i = 0; i <= j->st.cnt; i++)
		j->st.offs[i] = i * step;
	for (u32 i = 0; i < j->st.func_cnt; i++)
		j->st.funcs[i].end_off = j->st.funcs[i].end * step;
	return 0;
}

static bool func_is_dead(const struct jit *j, const struct jit_func *f)
{
	return j->flags[f->start] & JIT_INSN_DEAD;
}

static void emit_padding(struct jit *j)
{
	while (j->st.code.len % j->backend->func_align)
		codebuf_u8(&j->st.code, j->backend->pad_byte);
}

/* Notes where instruction @idx starts; did it move? */
static bool set_off(struct jit *j, u32 idx, u32 off)
{
	j->next_offs[idx] = off;
	return j->st.offs[idx] != off;
}

static bool emit_func(struct jit *j, struct jit_func *f)
{
	struct jit_state *st = &j->st;
	bool moved = f->off != st->code.len;
	u32 i = f->start;

	st->func = f;
	f->off = st->code.len;
	if (!func_is_dead(j, f))
		j->backend->emit_prologue(st);
	while (i < f->end) {
		u32 next = i + 1;

		moved |= set_off(j, i, st->code.len);
		if (!(st->flags[i] & JIT_INSN_DEAD))
			next = i + j->backend->emit_insn(st, i);
		while (++i < next)
			moved |= set_off(j, i, st->code.len);
	}
	f->len = st->code.len - f->off;
	return moved;
}

/*
 * One walk over everything; has anything moved since the last one? Distances are those of the last walk
 * throughout: as every instruction only ever gets shorter, so do they, and it ends. (Mixing in offsets
 * of this walk would make backward jumps look longer than before.)
 */
static bool emit_all(struct jit *j)
{
	struct jit_state *st = &j->st;
	u32 *offs = st->offs;
	bool moved = false;

	st->code.len = 0;
	st->code.err = 0;	/* what was too far before need not be now */
	st->probe_cnt = 0;
	for (u32 i = 0; i < st->func_cnt; i++) {
		emit_padding(j);
		moved |= emit_func(j, &st->funcs[i]);
	}
	moved |= set_off(j, st->cnt, st->code.len);
	for (u32 i = 0; i < st->func_cnt; i++) {
		struct jit_func *f = &st->funcs[i];

		moved |= f->end_off != f->off + f->len;
		f->end_off = f->off + f->len;
	}
	if (st->funcs[0].tail_reachable) {
		emit_padding(j);
		j->entry_off = st->code.len;
		j->backend->emit_entry(st);
	}
	st->offs = j->next_offs;
	j->next_offs = offs;
	return moved;
}

static u32 count_probes(const struct jit *j)
{
	u32 nr = 0;

	for (u32 i = 0; i < j->st.cnt; i++)
		nr += !!(j->flags[i] & JIT_INSN_PROBE);
	return nr;
}

static int emit_settled(struct jit *j)
{
	struct jit_state *st = &j->st;
	int passes = 0;

	while (emit_all(j))
		if (++passes == PASSES_MAX)
			return -E2BIG;
	if (st->code.err)
		return st->code.err;
	st->probe_cap = count_probes(j);
	st->probes = calloc(st->probe_cap ?: 1, sizeof(*st->probes));
	st->code.cap = st->code.len;
	st->code.buf = malloc(st->code.cap);
	if (!st->code.buf || !st->probes)
		return -ENOMEM;
	if (emit_all(j))
		return fail(-EINVAL, "jit: %s code moves when written", j->backend->name);
	return st->code.err;
}

/* -- Around it --- */

static int jit_init(struct jit *j, const struct bpf_insn *insns, u32 cnt, const struct jit_opts *opts)
{
	struct jit_state *st = &j->st;

	*j = (struct jit){ .opts = opts, .backend = opts->backend ?: arch_host_backend() };
	if (!j->backend)
		return fail(-EOPNOTSUPP, "jit: no code generator for this machine");
	st->insns = insns;
	st->cnt = cnt;
	st->addr = opts->addr;
	st->features = opts->features;
	st->may_goto_max = opts->may_goto_max ?: INSN_MAY_GOTO_MAX;
	st->prog_array = opts->prog_array;
	st->array = opts->array;
	st->is_return = opts->phase == JIT_PHASE_ANY ? -1 : opts->phase == JIT_PHASE_RETURN;
	st->cookie_off = opts->cookie_off;
	st->probe_fn = opts->probe_fn;
	st->landing_pads = opts->flags & JIT_LANDING_PADS;
	st->flags = j->flags = calloc(cnt, sizeof(*j->flags));
	st->calls = j->calls = calloc(cnt, sizeof(*j->calls));
	st->func_of = j->func_of = calloc(cnt, sizeof(*j->func_of));
	st->offs = calloc(cnt + 1, sizeof(*st->offs));
	j->next_offs = calloc(cnt + 1, sizeof(*j->next_offs));
	if (!j->flags || !j->calls || !j->func_of || !st->offs || !j->next_offs)
		return -ENOMEM;
	for (u32 i = 0; opts->insn_flags && i < cnt; i++)
		j->flags[i] = opts->insn_flags[i] & (JIT_INSN_PROBE | JIT_INSN_ARRAY);
	return 0;
}

static void jit_done(struct jit *j)
{
	free(j->flags);
	free(j->calls);
	free(j->func_of);
	free(j->st.offs);
	free(j->next_offs);
	free(j->st.funcs);
	free(j->st.probes);
	free(j->st.code.buf);
}

/* The image takes what it needs out of @j. */
static int take_image(struct jit *j, struct jit_image **ret)
{
	struct jit_state *st = &j->st;
	struct jit_image *img = calloc(1, sizeof(*img));

	if (!img)
		return -ENOMEM;
	*img = (struct jit_image){
		.code = st->code.buf,
		.len = st->code.len,
		.entry_off = j->entry_off,
		.tail_off = 0,	/* the first function */
		.insn_cnt = st->cnt,
		.insn_offs = st->offs,
		.func_cnt = st->func_cnt,
		.funcs = st->funcs,
		.probe_cnt = st->probe_cnt,
		.probes = st->probes,
	};
	st->code.buf = NULL;
	st->offs = NULL;
	st->funcs = NULL;
	st->probes = NULL;
	*ret = img;
	return 0;
}

int jit_compile(const struct bpf_insn *insns, u32 cnt, const struct jit_opts *opts,
		struct jit_image **ret)
{
	struct jit j;
	u32 bad;
	int err;

	err = insn_check_prog(insns, cnt, &bad);
	if (err)
		return fail(err, "jit: instruction %u of %u is not valid", bad, cnt);
	err = jit_init(&j, insns, cnt, opts);
	if (!err)
		err = analyse(&j);
	if (!err)
		err = guess_offs(&j);
	if (!err)
		err = emit_settled(&j);
	if (!err)
		err = take_image(&j, ret);
	jit_done(&j);
	return err;
}

void jit_image_free(struct jit_image *img)
{
	if (!img)
		return;
	free(img->code);
	free(img->insn_offs);
	free(img->funcs);
	free(img->probes);
	free(img);
}
