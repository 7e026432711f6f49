/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls torture_target() with every register random and checks that it gets them, and that its caller gets
 * what it returns with: general, x87, SSE, AVX and AVX-512 with masks, as far as the machine has them.
 */
#ifndef FS_TESTS_TRAMP_TORTURE_H
#define FS_TESTS_TRAMP_TORTURE_H

#include "util/types.h"

extern u64 tt_in_gpr[16], tt_ret_gpr[16];	/* by number in machine code */

void torture_target(void);
/* With @nr_stack words of arguments on the stack, up to 32. */
void torture_call(u32 nr_stack);
extern bool torture_failed;	/* by a register, once */

#endif
