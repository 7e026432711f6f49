/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reference interpreter, for tests: slow, plain, and bounded in steps, frames and tail calls. Memory
 * is accessed as the program says; a bad pointer faults. One run belongs to one thread.
 */
#ifndef FS_BPF_INTERP_H
#define FS_BPF_INTERP_H

#include "bpf/call.h"

struct interp_prog {
	const struct bpf_insn *insns;	/* passed insn_check_prog() */
	u32 cnt;
};

struct interp_opts {
	bpf_resolve_fn resolve;		/* NULL: every helper is unknown */
	void *arg;
	struct bpf_prog_array_layout prog_array; /* entries are struct interp_prog pointers */
	u64 budget_insns;		/* 0: 100 million */
	u32 may_goto_max;		/* 0: INSN_MAY_GOTO_MAX */
	/* Before each instruction: its index in the program that runs, and depth of the frame. */
	void (*step)(void *arg, u32 pc, u32 depth, const u64 *regs);
};

/*
 * Runs @prog with r1 = @ctx. Return: 0 and r0 in @ret, or
 *   -ETIMEDOUT  the budget is used up
 *   -ELOOP      calls nest too deep: INSN_FRAMES_MAX frames, and as many again per tail call
 *   -EINVAL     no such instruction
 *   or what @resolve returned
 */
int interp_run(const struct interp_prog *prog, const struct interp_opts *opts, u64 ctx, u64 *ret);

/*
 * For helpers that call back (bpf_loop): @cb is what the program's ldimm64 of a function loaded.
 * Only during a run of this thread. Errors end the run; the callback then seems to return 0.
 */
u64 interp_callback(u64 cb, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);

#endif
