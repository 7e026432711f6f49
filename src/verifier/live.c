/* SPDX-License-Identifier: BSD-2-Clause */
/* Liveness: a backward analysis over each function, without paths. */
#include <stdbool.h>

#include "verifier/call.h"
#include "verifier/cfg.h"

static u16 regs_read(const struct env *env, u32 i)
{
	const struct bpf_insn *insn = &env->insns[i];

	if (insn_is_call(insn) && !insn_is_subprog_call(insn))
		return call_regs_read(env, insn);
	return insn_regs_read(insn);
}

static u16 live_after(const struct env *env, u32 i)
{
	const struct bpf_insn *insn = &env->insns[i];
	u16 live = 0;

	if (insn_is_exit(insn))
		return 0;
	if (insn_is_jump(insn))
		live |= env->aux[insn_jump_target(insn, i)].live_regs;
	if (!insn_is_goto(insn))
		live |= env->aux[i + 1 + insn_is_ldimm64(insn)].live_regs;
	return live;
}

static bool update(struct env *env, u32 i)
{
	const struct bpf_insn *insn = &env->insns[i];
	u16 live = (live_after(env, i) & ~insn_regs_written(insn)) | regs_read(env, i);

	if (live == env->aux[i].live_regs)
		return false;
	env->aux[i].live_regs = live;
	return true;
}

int live_compute(struct env *env)
{
	bool changed;

	do {
		changed = false;
		for (u32 i = env->cnt; i--;)
			if (env->aux[i].flags & AUX_START)
				changed |= update(env, i);
	} while (changed);
	for (u32 i = 0; i < env->cnt; i++)
		env->aux[i].live_slots = ~0ULL;
	return 0;
}
