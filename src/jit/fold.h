/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Constants through a program: which conditional jumps always go one way, and what is therefore dead.
 * Made for programs that ask bpf_session_is_return() where the answer is known.
 */
#ifndef FS_JIT_FOLD_H
#define FS_JIT_FOLD_H

#include "arch/backend.h"

/* Sets JIT_INSN_DEAD, JIT_INSN_TAKEN and JIT_INSN_NOT_TAKEN in @flags. Every function start is live
 * that is reached by a live call or has its address taken. 0 or -ENOMEM. */
int fold_prog(const struct jit_state *st, u8 *flags);

#endif
