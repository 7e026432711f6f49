/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of helpers and kfuncs: arguments by prototype, what comes back, what is taken and given up. */
#ifndef FS_VERIFIER_CALL_H
#define FS_VERIFIER_CALL_H

#include "verifier/env.h"

int call_insn(struct env *env);
/* Registers that a call of a helper or kfunc reads. */
u16 call_regs_read(const struct env *env, const struct bpf_insn *insn);
bool call_has_callback(const struct env *env, const struct bpf_insn *insn);
/* PF_MOVES_PACKET, PF_SLEEPABLE, if it is a call of a helper or kfunc */
u32 call_effects(const struct env *env, const struct bpf_insn *insn);
bool call_is_iter_next(const struct env *env, const struct bpf_insn *insn);

#endif
