/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One program through every way there is to run it here: the interpreter, and the host's JIT with and
 * without optional CPU features. Helpers for test programs are in engines.c.
 */
#ifndef FS_TESTS_ISA_ENGINES_H
#define FS_TESTS_ISA_ENGINES_H

#include "bpf/insn.h"
#include "jit/jit.h"

enum engine { ENGINE_INTERP, ENGINE_JIT, ENGINE_JIT_PLAIN, ENGINE_CNT };

#define ENGINE_PROGS_MAX 4

struct engine_progs {
	const struct bpf_insn *insns[ENGINE_PROGS_MAX];
	u32 cnt[ENGINE_PROGS_MAX];	/* program 0 runs; the others are tail call targets */
	enum jit_phase phase;		/* for the JIT */
	s32 cookie_off;
	u32 may_goto_max;
	u64 budget_insns;
};

/* Of the array; the caller's to set before a run. */
#define ENGINE_VALUES 16
#define ENGINE_LOOKUP 6
extern u64 engine_values[ENGINE_VALUES];

const char *engine_name(enum engine e);
/* Runs program 0 with r1 = @ctx; 0 and r0 in @ret, or -errno. */
int engine_run(enum engine e, const struct engine_progs *p, void *ctx, u64 *ret);

/* Helpers of test programs:
 *	call 1	r1 + 2 r2 + 3 r3 + 4 r4 + 5 r5
 *	call 2	r1 times r2(i, r3); sum of what it returned
 *	call 3	spoils every register a call may spoil; returns 0x1337
 *	call 4	the prog array for call 12
 *	call 5	the array for call 6
 *	call 6	address of the value in array r1 whose index is at r2, or 0; the JIT makes it part of the code
 *	call kfunc#1	bpf_session_is_return	call kfunc#2	bpf_session_cookie
 *	call kfunc#3	r1 ^ r2
 */
int engine_resolve(void *arg, const struct bpf_insn *insn, struct bpf_call *ret);

#endif
