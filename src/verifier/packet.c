/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/packet.h"

#include <errno.h>

#define PACKET_MAX 0xffff

bool packet_may_write(const struct verify_opts *o)
{
	return o->type == BPF_PROG_TYPE_XDP || o->type == BPF_PROG_TYPE_SCHED_CLS ||
	       o->type == BPF_PROG_TYPE_SCHED_ACT;
}

static int check(struct env *env, u32 nr, s32 off, u32 size, bool write)
{
	const struct reg *p = &state_regs(env->cur)[nr];
	s64 from = (s64)p->off + off;

	if (write && !packet_may_write(env->o))
		return refuse_reg(env, -EACCES, nr, ": packets are read-only here");
	if (p->v.r.smin < 0 || from < 0)
		return refuse_reg(env, -EACCES, nr, ": packet access may begin before the packet (at %lld)",
				  (long long)(from + p->v.r.smin));
	if (from + size > p->range || p->v.r.umax > PACKET_MAX) {
		refuse_reg(env, -EACCES, nr, ": packet access at %lld of %u bytes, %u are known to be there",
			   (long long)from, size, p->range);
		hint(env, "compare the pointer past the access with data_end first");
		return -EACCES;
	}
	return 0;
}

int packet_access(struct env *env, struct access *a)
{
	mem_set_loaded(a);
	return check(env, a->nr, a->off, a->size, a->write);
}

int packet_range(struct env *env, u32 nr, u32 size, bool write)
{
	return check(env, nr, 0, size, write);
}

struct learn {
	const struct reg *pkt;
	u32 range;
};

static void learn_one(struct reg *r, void *arg)
{
	const struct learn *l = arg;

	if (r->type == l->pkt->type && r->id == l->pkt->id && r->range < l->range)
		r->range = l->range;
}

void packet_learn(struct state *s, const struct reg *pkt, bool or_equal)
{
	struct reg of = *pkt;
	struct learn l = { &of, pkt->off + !or_equal };

	if (pkt->off < 0 || pkt->v.r.smin < 0 || pkt->v.r.umax + pkt->off > PACKET_MAX)
		return;
	state_each_reg(s, learn_one, &l);
}

static void forget_one(struct reg *r, void *arg)
{
	(void)arg;
	if (reg_is_packet(r) || r->type == REG_PACKET_END)
		reg_set_unknown(r);
}

void packet_forget(struct env *env)
{
	state_each_reg(env->cur, forget_one, NULL);
}
