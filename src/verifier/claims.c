/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/claims.h"

#include <errno.h>
#include <stdlib.h>

struct claim {
	u32 next;		/* index + 1 of another at the same instruction */
	u32 depth;
	u8 types[INSN_FP];
	struct scalar v[INSN_FP];
};

struct verify_claims {
	u32 cnt, cap;
	struct claim *list;
	u32 insns;
	u32 *first;		/* per instruction: index + 1 */
};

static int claims_new(struct env *env)
{
	struct verify_claims *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->first = calloc(env->cnt, sizeof(*c->first));
	c->insns = env->cnt;
	env->res->claims = c;
	return c->first ? 0 : -ENOMEM;
}

int claims_add(struct env *env)
{
	const struct state *s = env->cur;
	struct verify_claims *c = env->res->claims;
	struct claim *list;
	int err;

	if (!(env->o->flags & VERIFY_KEEP_STATES))
		return 0;
	if (!c) {
		err = claims_new(env);
		if (err)
			return err;
		c = env->res->claims;
	}
	if (c->cnt == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 256;
		list = realloc(c->list, c->cap * sizeof(*list));
		if (!list)
			return -ENOMEM;
		c->list = list;
	}
	list = &c->list[c->cnt++];
	list->next = c->first[s->pc];
	list->depth = s->depth;
	c->first[s->pc] = c->cnt;
	for (u32 i = 0; i < INSN_FP; i++) {
		list->types[i] = s->frames[s->depth]->regs[i].type;
		list->v[i] = s->frames[s->depth]->regs[i].v;
	}
	return 0;
}

static bool holds(const struct claim *c, const u64 *regs)
{
	for (u32 i = 0; i < INSN_FP; i++)
		if (c->types[i] == REG_SCALAR && !scalar_has(&c->v[i], regs[i]))
			return false;
	return true;
}

const char *verify_claims_check(const struct verify_claims *c, u32 insn, const u64 *regs, u32 depth)
{
	bool any = false;

	if (!c || insn >= c->insns)
		return "no claims";
	for (u32 i = c->first[insn]; i; i = c->list[i - 1].next) {
		if (c->list[i - 1].depth != depth)
			continue;
		any = true;
		if (holds(&c->list[i - 1], regs))
			return NULL;
	}
	return any ? "no state allows these registers" : "the instruction was not reached";
}

void claims_free(struct verify_claims *c)
{
	if (!c)
		return;
	free(c->list);
	free(c->first);
	free(c);
}
