/* SPDX-License-Identifier: BSD-2-Clause */
/* Arithmetic on registers: numbers, and pointers as far as that goes. */
#ifndef FS_VERIFIER_ALU_H
#define FS_VERIFIER_ALU_H

#include "verifier/env.h"

int alu_insn(struct env *env);

#endif
