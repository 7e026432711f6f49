/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/helpers.h"
#include "syscall/prog.h"
#include "verifier/verifier.h"

struct question {
	struct prog *p;
	struct blog *log;
	u32 type, attach_type;
	struct verify_map *maps;	/* p->maps, as the verifier sees them */
	struct verify_map *inner;
};

/* -- What the verifier asks --- */

static void describe_map(const struct map *map, struct verify_map *ret)
{
	const struct rt_map *rt = map->rt;

	*ret = (struct verify_map){
		.type = rt->type,
		.key_size = rt->key_size,
		.value_size = rt->value_size,
		.max_entries = rt->max_entries,
		.flags = map->flags,
		.btf = map->btf ? map->btf->btf : NULL,
		.value_type_id = map->btf_value_id,
		.frozen = map->constants,
	};
}

static int describe_maps(struct question *q)
{
	struct prog *p = q->p;

	q->maps = calloc(2 * p->nr_maps + 1, sizeof(*q->maps));
	if (!q->maps)
		return -ENOMEM;
	q->inner = q->maps + p->nr_maps;
	for (u32 i = 0; i < p->nr_maps; i++) {
		describe_map(p->maps[i], &q->maps[i]);
		if (!p->maps[i]->inner)
			continue;
		describe_map(p->maps[i]->inner, &q->inner[i]);
		q->maps[i].inner = &q->inner[i];
	}
	return 0;
}

/* @insn is one of p->insns; what its fd was resolved to stands in p->xlated. */
static const struct verify_map *find_map(void *arg, const struct bpf_insn *insn)
{
	const struct question *q = arg;
	u64 addr = insn_imm64(&q->p->xlated[insn - q->p->insns]);

	for (u32 i = 0; i < q->p->nr_maps; i++) {
		const struct rt_map *rt = q->p->maps[i]->rt;

		if (addr == (u64)rt || addr - (u64)rt->values < rt->value_size)
			return &q->maps[i];
	}
	return NULL;
}

static const char *kfunc_name(void *arg, const struct bpf_insn *insn)
{
	(void)arg;
	return target_kfunc_name(insn->imm);
}

static bool has_helper(void *arg, u32 nr)
{
	const struct question *q = arg;
	const struct helper *h = helper_find(nr);

	return h && helper_is_allowed(h, q->type);
}

static void keep_log(void *arg, const char *text, size_t bytes)
{
	const struct question *q = arg;

	blog_add(q->log, text, bytes);
}

static const struct verify_ops ops = {
	.find_map = find_map, .kfunc_name = kfunc_name, .has_helper = has_helper, .log = keep_log,
};

/* -- What it says --- */

static u8 jit_flags_of(u8 flags)
{
	u8 kinds = flags & (VERIFY_INSN_ARRAY | VERIFY_INSN_NO_ARRAY);

	return (flags & VERIFY_INSN_PROBE ? JIT_INSN_PROBE : 0) | (kinds == VERIFY_INSN_ARRAY ? JIT_INSN_ARRAY : 0);
}

static int take_flags(struct prog *p, const struct verify_result *res)
{
	p->verified = res->visited;
	memcpy(p->packet_movers, res->packet_movers, sizeof(p->packet_movers));
	p->insn_flags = calloc(p->cnt, 1);
	if (!p->insn_flags)
		return -ENOMEM;
	for (u32 i = 0; i < p->cnt; i++) {
		bool wide = insn_is_ldimm64(&p->insns[i]);

		p->insn_flags[i] = jit_flags_of(res->insn_flags[i]);
		for (u32 k = i; k <= i + wide && !(res->insn_flags[i] & VERIFY_INSN_SEEN); k++)
			p->xlated[k] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
		i += wide;
	}
	return 0;
}

static u32 flags_of(const struct prog *p)
{
	u32 flags = 0;

	if (p->flags & BPF_F_SLEEPABLE)
		flags |= VERIFY_SLEEPABLE;
	if (p->flags & BPF_F_STRICT_ALIGNMENT)
		flags |= VERIFY_STRICT_ALIGN;
	if (p->flags & BPF_F_TEST_STATE_FREQ)
		flags |= VERIFY_STATE_FREQ;
	if (p->extend)
		flags |= VERIFY_EXTENSION;
	return flags | (p->gpl ? VERIFY_GPL : 0);
}

static int run(struct question *q)
{
	struct prog *p = q->p;
	struct verify_opts o = {
		.insns = p->insns,
		.cnt = p->cnt,
		.type = q->type,
		.attach_type = q->attach_type,
		.flags = flags_of(p),
		.log_level = q->log->level & BPF_LOG_LEVELS,
		.btf = p->btf ? p->btf->btf : NULL,
		.func_info = p->func_info,
		.func_info_cnt = p->func_info_cnt,
		.func_info_rec = p->func_info_rec,
		.line_info = p->line_info,
		.line_info_cnt = p->line_info_cnt,
		.line_info_rec = p->line_info_rec,
		.target_btf = p->trace ? p->trace->btf->btf : NULL,
		.target_id = p->trace ? p->trace->func.btf_id : 0,
		.ops = &ops,
		.arg = q,
	};
	struct btf_obj *vmlinux = NULL;
	struct verify_result res;
	int err;

	if (!target_vmlinux(&vmlinux))
		o.kernel_btf = vmlinux->btf;
	err = verify(&o, &res);
	btf_put(vmlinux);
	if (!err)
		err = take_flags(p, &res);
	verify_done(&res);
	return err;
}

int prog_verify(struct prog *p, struct blog *log)
{
	struct question q = { .p = p, .log = log };
	int err;

	q.type = prog_kind(p, &q.attach_type);
	err = describe_maps(&q) ?: run(&q);

	free(q.maps);
	return err;
}
