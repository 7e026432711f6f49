/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/native.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/build.h"
#include "bpf/ctxflow.h"
#include "bpf/rewrite.h"
#include "image/bpfobj.h"
#include "util/log.h"

#define STACK_LIMIT 512

static bool is_marker(const struct bpf_insn *insn)
{
	return insn_is_helper_call(insn) &&
	       (insn->imm == FS_MARKER_IS_RETURN || insn->imm == FS_MARKER_COOKIE);
}

static bool lacks_ctx(const struct bpf_insn *insn)
{
	return is_marker(insn) && insn->off == FS_MARKER_OFF_NO_CTX;
}

static bool any_lacks_ctx(const struct bpf_insn *insns, size_t cnt)
{
	for (size_t i = 0; i < cnt; i += insn_slots(&insns[i]))
		if (lacks_ctx(&insns[i]))
			return true;
	return false;
}

/* Keeps ctx below main's stack and takes it up again before the calls that lack it. */
static int pass_ctx(const struct bpf_insn *insns, size_t cnt, struct rewrite *rw)
{
	struct ctxflow flow;
	int err = ctxflow_run(insns, cnt, NULL, NULL, &flow), slot;

	if (err)
		return err;
	slot = (flow.main_stack - 8) & -8;
	if (flow.main_stack > 0 || slot < -STACK_LIMIT)
		err = -EOPNOTSUPP;
	for (size_t i = 0; i < cnt && !err; i += insn_slots(&insns[i])) {
		struct insn_seq s = {};
		struct bpf_insn call = insns[i];

		if (!lacks_ctx(&insns[i]))
			continue;
		if (flow.subprog[i]) {
			err = -EOPNOTSUPP;
			break;
		}
		call.off = 0;
		seq_add(&s, INSN_LDX(BPF_DW, BPF_REG_1, BPF_REG_10, slot));
		seq_add(&s, call);
		rewrite_replace(rw, i, &s);
	}
	if (!err)
		seq_add(&rw->prologue, INSN_STX(BPF_DW, BPF_REG_10, slot, BPF_REG_1));
	ctxflow_done(&flow);
	return err;
}

static int rewrite(const struct bpf_insn *insns, size_t cnt, const struct split_info *info,
		   struct split_code *ret)
{
	bool edit = any_lacks_ctx(insns, cnt);
	struct rewrite rw;
	int err = rewrite_init(&rw, insns, cnt);

	if (!err && edit)
		err = pass_ctx(insns, cnt, &rw);
	if (!err)
		err = rewrite_apply(&rw, &ret->insns, &ret->cnt);
	if (!err) {
		ret->func_info = rewrite_map_info(&rw, info->func_info, info->func_cnt, info->func_rec);
		ret->line_info = rewrite_map_info(&rw, info->line_info, info->line_cnt, info->line_rec);
		if ((info->func_cnt && !ret->func_info) || (info->line_cnt && !ret->line_info))
			err = -ENOMEM;
	}
	rewrite_done(&rw);
	return err;
}

int native_build(const char *name, const struct bpf_insn *insns, size_t cnt,
		 const struct split_info *info, uint32_t is_return_id, uint32_t cookie_id,
		 struct split_code *ret)
{
	int err;

	memset(ret, 0, sizeof(*ret));
	err = rewrite(insns, cnt, info, ret);
	if (err) {
		split_code_done(ret);
		return fail_hint(err, err == -EOPNOTSUPP ? "compile it with a vmlinux.h of Linux 7.0 or "
				 "newer, or run it by the split engine" : NULL, "program '%s': its session "
				 "calls cannot be resolved: %s", name, err == -EOPNOTSUPP ?
				 "they pass no ctx, and stand in a subprogram or leave no stack" :
				 log_errstr(err));
	}
	for (size_t i = 0; i < ret->cnt; i += insn_slots(&ret->insns[i])) {
		struct bpf_insn *insn = &ret->insns[i];

		if (!is_marker(insn))
			continue;
		insn->imm = insn->imm == FS_MARKER_IS_RETURN ? is_return_id : cookie_id;
		insn->src_reg = BPF_PSEUDO_KFUNC_CALL;
	}
	return 0;
}
