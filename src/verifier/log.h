/* SPDX-License-Identifier: BSD-2-Clause */
/* What the verifier says: each instruction with what it changed, the C source, and the reason. */
#ifndef FS_VERIFIER_LOG_H
#define FS_VERIFIER_LOG_H

#include "verifier/env.h"

#define REG_TEXT_BYTES 200

/* "scalar(umin=1,umax=9)", "map_value(off=8,ks=4,vs=8)" */
void log_reg_text(const struct env *env, const struct reg *r, char buf[REG_TEXT_BYTES]);
/* Before an instruction is followed. */
void log_insn(struct env *env);
void log_source(struct env *env, u32 insn);
/* After it: registers it changed. */
void log_changes(struct env *env, const struct frame *before);
void log_state(struct env *env);
void log_stats(struct env *env);

#endif
