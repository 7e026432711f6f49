/* SPDX-License-Identifier: BSD-2-Clause */
#include "trampoline/prog.h"

#include <stdlib.h>
#include <unistd.h>

#include "trampoline/unwind.h"

#define WAIT_TRIES 2000		/* of a millisecond */

/* Code for one phase and place of the cookie. Calls reach any address, so it serves every function. */
struct variant {
	enum jit_phase phase;
	s32 cookie_off;
	struct space_piece piece;
	u64 code;		/* address of its entry */
	u32 bytes;		/* of it, from .code on */
	u32 clobbers;
	struct variant *next;
};

struct tramp_prog {
	struct tramp_space *space;
	u32 refs;
	struct tramp_prog_opts opts;
	struct bpf_insn *insns;
	char name[32];
	bool uses_cookie;
	u64 guard_off;
	u64 counters;		/* struct guard_prog in the target; 0: never linked */
	struct variant *variants;
};

static int find_cookie_use(struct tramp_prog *p)
{
	for (u32 i = 0; i < p->opts.cnt; i++) {
		const struct bpf_insn *insn = &p->insns[i];
		struct bpf_call call;

		if (insn_is_ldimm64(insn))
			i++;
		if (!insn_is_call(insn) || insn_is_subprog_call(insn) || !p->opts.jit.resolve)
			continue;
		if (!p->opts.jit.resolve(p->opts.jit.arg, insn, &call))
			p->uses_cookie |= call.kind == BPF_CALL_SESSION_COOKIE;
	}
	return 0;
}

int tramp_prog_new(struct tramp_space *s, const struct tramp_prog_opts *opts, struct tramp_prog **ret)
{
	struct tramp_prog *p = calloc(1, sizeof(*p));
	struct jit_image *img = NULL;
	int err = -ENOMEM;

	if (!p)
		return err;
	p->space = s;
	p->refs = 1;
	p->opts = *opts;
	strncat(p->name, opts->name ?: "?", sizeof(p->name) - 1);
	p->insns = malloc(opts->cnt * sizeof(*p->insns));
	if (!p->insns)
		goto out;
	memcpy(p->insns, opts->insns, opts->cnt * sizeof(*p->insns));
	p->opts.insns = p->insns;
	err = jit_compile(p->insns, opts->cnt, &p->opts.jit, &img);	/* can it be? */
	if (err)
		goto out;
	jit_image_free(img);
	find_cookie_use(p);
	pthread_mutex_lock(&s->lock);
	err = space_take_guard(s, &p->guard_off);
	pthread_mutex_unlock(&s->lock);
	if (err)
		goto out;
	*ret = p;
	return 0;
out:
	tramp_prog_put(p);
	return err;
}

void tramp_prog_get(struct tramp_prog *p)
{
	__atomic_fetch_add(&p->refs, 1, __ATOMIC_RELAXED);
}

/* Images that a call may still be in have a reference: nobody is in the code. */
void prog_release(struct tramp_prog *p)
{
	struct tramp_space *s = p->space;
	struct variant *v;

	if (__atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL))
		return;
	while ((v = p->variants)) {
		p->variants = v->next;
		space_give_code(s, &v->piece);
		free(v);
	}
	if (p->counters)
		space_give_shared(s, p->counters, sizeof(struct guard_prog));
	if (p->guard_off)
		space_give_guard(s, p->guard_off);
	free(p->insns);
	free(p);
}

void tramp_prog_put(struct tramp_prog *p)
{
	struct tramp_space *s = p ? p->space : NULL;

	if (!p)
		return;
	pthread_mutex_lock(&s->lock);
	prog_release(p);
	pthread_mutex_unlock(&s->lock);
}

static struct guard_prog counters_of(const struct tramp_prog *p)
{
	struct tramp_space *s = p->space;
	struct guard_prog ret = {};

	if (p->counters)
		s->ops->read(s->arg, p->counters, &ret, sizeof(ret));
	return ret;
}

u64 tramp_prog_misses(const struct tramp_prog *p)
{
	return counters_of(p).misses;
}

void tramp_prog_stats(const struct tramp_prog *p, struct guard_prog *ret)
{
	*ret = counters_of(p);
}

int tramp_prog_wait(struct tramp_prog *p)
{
	int err = -EAGAIN;

	for (u32 i = 0; i < WAIT_TRIES && err == -EAGAIN; i++) {
		pthread_mutex_lock(&p->space->lock);
		err = p->space->ops->is_quiet(p->space->arg, p->guard_off);
		pthread_mutex_unlock(&p->space->lock);
		if (err == -EAGAIN)
			usleep(1000);
	}
	return err;
}

bool tramp_prog_uses_cookie(const struct tramp_prog *p)
{
	return p->uses_cookie;
}

u32 prog_flags(const struct tramp_prog *p)
{
	return p->opts.flags;
}

void prog_add_flags(struct tramp_prog *p, u32 flags)
{
	p->opts.flags |= flags;
}

int prog_fill_link(struct tramp_prog *p, u64 near, struct guard_link *link)
{
	struct space_area *a;
	int err;

	if (!p->counters) {
		err = space_find(p->space, near, 0, 0, sizeof(struct guard_prog), &a);
		if (err)
			return err;
		p->counters = space_take_shared(a, sizeof(struct guard_prog));
		for (u32 i = 0; i < sizeof(struct guard_prog); i += sizeof(u64))
			p->space->ops->store(p->space->arg, p->counters + i, 0);
	}
	link->off = p->guard_off;
	link->prog = p->counters;
	return 0;
}

/* -- Variants --- */

/* Unwind rows. The entry starts a function, too, where it is none of the program's. */
static void follow_code(struct tramp_prog *p, const struct jit_image *img, struct arch_cfi *cfi)
{
	u32 *starts = calloc(img->func_cnt + 1, sizeof(*starts));

	if (!starts) {
		cfi->full = true;
		return;
	}
	starts[0] = img->entry_off;
	for (u32 i = 0; i < img->func_cnt; i++)
		starts[i + 1] = img->funcs[i].off;
	p->space->arch->follow(img->code, img->len, starts, img->func_cnt + 1, cfi);
	free(starts);
}

/* Where the piece of code that starts at the entry ends. */
static u32 first_end(const struct jit_image *img)
{
	u32 end = img->len;

	for (u32 i = 0; i < img->func_cnt; i++)
		if (img->funcs[i].off > img->entry_off && img->funcs[i].off < end)
			end = img->funcs[i].off;
	return end;
}

static int write_code(struct tramp_prog *p, struct space_area *a, const struct jit_image *img,
		      struct variant *v)
{
	struct codebuf code = { .buf = img->code, .cap = img->len, .len = img->len };
	struct arch_cfi cfi = {};
	u64 at;
	int err;

	follow_code(p, img, &cfi);
	err = space_place_code(p->space, a, &(struct space_code){ &code, &cfi, "program", p->name }, &v->piece);
	arch_cfi_done(&cfi);
	if (err)
		return err;
	at = space_piece_addr(&v->piece);
	v->code = at + img->entry_off;
	v->bytes = first_end(img) - img->entry_off;
	v->clobbers = p->space->arch->clobbers(img->code, img->len);
	if (p->opts.placed)
		err = p->opts.placed(p->opts.arg, img, at);
	return err;
}

/* Room for the longest form of the code, and for its unwind information. */
static int find_room(struct tramp_prog *p, u64 near, struct jit_opts *jit, struct space_area **ret)
{
	struct jit_image *img = NULL;
	struct arch_cfi cfi = {};
	int err;

	jit->addr = 0;
	err = jit_compile(p->insns, p->opts.cnt, jit, &img);
	if (err)
		return err;
	follow_code(p, img, &cfi);
	err = space_find(p->space, near, img->len + UNWIND_BYTES(cfi.cnt) + 16, 0, 0, ret);
	arch_cfi_done(&cfi);
	jit_image_free(img);
	return err;
}

static int compile(struct tramp_prog *p, u64 near, struct variant *v)
{
	struct jit_opts jit = p->opts.jit;
	struct jit_image *img = NULL;
	struct space_area *a;
	int err;

	jit.phase = v->phase;
	jit.cookie_off = v->cookie_off;
	err = find_room(p, near, &jit, &a);
	if (err)
		return err;
	jit.addr = space_code_at(a);
	err = jit_compile(p->insns, p->opts.cnt, &jit, &img);
	if (err)
		return err;
	err = write_code(p, a, img, v);
	jit_image_free(img);
	return err;
}

static int find_variant(struct tramp_prog *p, u64 near, enum jit_phase phase, s32 cookie_off,
			struct variant **ret)
{
	struct variant *v;
	int err;

	if (p->opts.flags & TRAMP_PROG_GENERIC) {
		phase = JIT_PHASE_ANY;
		cookie_off = 0;
	}
	for (v = p->variants; v; v = v->next) {
		if (v->phase == phase && v->cookie_off == cookie_off) {
			*ret = v;
			return 0;
		}
	}
	v = calloc(1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	v->phase = phase;
	v->cookie_off = cookie_off;
	err = compile(p, near, v);
	if (err) {
		if (v->piece.area)
			space_give_code(p->space, &v->piece);
		free(v);
		return err;
	}
	v->next = p->variants;
	p->variants = v;
	*ret = v;
	return 0;
}

int prog_place(struct tramp_prog *p, u64 near, enum jit_phase phase, s32 cookie_off,
	       struct arch_tramp_prog *ret)
{
	struct variant *v;
	int err;

	err = find_variant(p, near, phase, cookie_off, &v);
	if (err)
		return err;
	ret->code = v->code;
	ret->clobbers = v->clobbers;
	ret->enter = p->opts.enter ?: p->space->run_enter;
	ret->exit = p->opts.exit ?: p->space->run_exit;
	ret->flags = p->uses_cookie ? ARCH_PROG_COOKIE : 0;
	if (p->opts.flags & TRAMP_PROG_RUN)
		ret->flags |= ARCH_PROG_RUN;
	if (p->opts.flags & TRAMP_PROG_VECTORS)
		ret->flags |= ARCH_PROG_VECTORS;
	return 0;
}

int prog_single_copy(struct tramp_prog *p, u64 near, u64 *code, u32 *bytes)
{
	struct variant *v;
	int err;

	p->opts.flags |= TRAMP_PROG_GENERIC;
	err = find_variant(p, near, JIT_PHASE_ANY, 0, &v);
	if (err)
		return err;
	*code = v->code;
	*bytes = v->bytes;
	return 0;
}

struct tramp_space *prog_space(const struct tramp_prog *p)
{
	return p->space;
}
