/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * .enter and .exit for programs that call helpers of src/rt: between them the thread owns a lane and
 * rt_run() is the image's run record. Signal-safe, general registers only.
 */
#ifndef FS_TRAMPOLINE_RUN_H
#define FS_TRAMPOLINE_RUN_H

#include "arch/guard.h"
#include "arch/tramp.h"

bool tramp_run_enter(struct arch_tramp_run *run, u64 frame);
void tramp_run_exit(struct arch_tramp_run *run, u64 frame);

/* Whether these count runs and measure them; another process' are told by this word of theirs. */
extern u64 tramp_runs_counted;

void tramp_count_runs(bool on);

#endif
