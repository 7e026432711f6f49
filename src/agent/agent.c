/* SPDX-License-Identifier: BSD-2-Clause */
/* What src/inject asks the agent for by name, besides the functions of src/rt and of the guards. */
#include "trampoline/guard.h"

const struct guard_range agent_guard_text = { (u64)__start_fs_guard_text, (u64)__stop_fs_guard_text };

/* For a thread that has none yet: the first word is its address. */
u64 agent_thread_block[16];

/* Arguments of system calls that the tracer makes here. */
u64 agent_scratch[64];
