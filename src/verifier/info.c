/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/info.h"

#include <bpf/btf.h>
#include <errno.h>

#define RECORD_MAX 252		/* as Linux has it */

static int check_size(struct env *env, const char *what, u32 rec, size_t min)
{
	if (rec < min || rec > RECORD_MAX || rec % sizeof(u32))
		return refuse(env, -EINVAL, "%s records of %u bytes", what, rec);
	return env->o->btf ? 0 : refuse(env, -EINVAL, "%s records without types", what);
}

static int check_func(struct env *env, u32 nr)
{
	const struct bpf_func_info *f = info_func(env->o, nr);
	const struct btf_type *t = btf__type_by_id(env->o->btf, f->type_id);

	if (nr ? f->insn_off <= info_func(env->o, nr - 1)->insn_off : f->insn_off)
		return refuse(env, -EINVAL, "function record %u is for insn %u, out of order", nr, f->insn_off);
	if (!t || !btf_is_func(t))
		return refuse(env, -EINVAL, "function record %u: type %u is no function", nr, f->type_id);
	return 0;
}

static int check_line(struct env *env, u32 nr)
{
	const struct verify_opts *o = env->o;
	const struct bpf_line_info *l = info_line(o, nr);

	if (l->insn_off >= o->cnt || (nr && l->insn_off <= info_line(o, nr - 1)->insn_off))
		return refuse(env, -EINVAL, "line record %u is for insn %u, out of order", nr, l->insn_off);
	if (!o->insns[l->insn_off].code)
		return refuse(env, -EINVAL, "line record %u is for insn %u, which is none", nr, l->insn_off);
	if (!btf__name_by_offset(o->btf, l->line_off) || !btf__name_by_offset(o->btf, l->file_name_off))
		return refuse(env, -EINVAL, "line record %u has no text", nr);
	return 0;
}

int info_check(struct env *env)
{
	const struct verify_opts *o = env->o;
	int err = 0;

	if (o->func_info_cnt)
		err = check_size(env, "function", o->func_info_rec, sizeof(struct bpf_func_info));
	for (u32 i = 0; i < o->func_info_cnt && !err; i++)
		err = check_func(env, i);
	if (o->line_info_cnt && !err)
		err = check_size(env, "line", o->line_info_rec, sizeof(struct bpf_line_info));
	for (u32 i = 0; i < o->line_info_cnt && !err; i++)
		err = check_line(env, i);
	return err;
}

static bool has_line(const struct verify_opts *o, u32 insn)
{
	for (u32 i = 0; i < o->line_info_cnt; i++)
		if (info_line(o, i)->insn_off == insn)
			return true;
	return false;
}

int info_check_subprogs(struct env *env)
{
	const struct verify_opts *o = env->o;

	if (o->func_info_cnt && o->func_info_cnt != env->nr_subprogs)
		return refuse(env, -EINVAL, "%u function records for %u functions", o->func_info_cnt,
			      env->nr_subprogs);
	for (u32 k = 0; k < env->nr_subprogs; k++) {
		u32 start = env->subprogs[k].start;

		if (o->func_info_cnt && info_func(o, k)->insn_off != start)
			return refuse(env, -EINVAL, "function record %u is for insn %u, function %u is at %u", k,
				      info_func(o, k)->insn_off, k, start);
		if (o->line_info_cnt && !has_line(o, start))
			return refuse(env, -EINVAL, "no line record for the function at insn %u", start);
	}
	return 0;
}
