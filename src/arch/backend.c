/* SPDX-License-Identifier: BSD-2-Clause */
/* What backends share, and which of them is the machine's own. */
#include "arch/backend.h"

void jit_note_probe(struct jit_state *st, u32 idx, u32 off, u8 reg)
{
	if (!st->probes || st->probe_cnt == st->probe_cap)
		return;
	st->probes[st->probe_cnt++] = (struct jit_probe){
		.insn = idx, .off = off, .next_off = st->code.len, .reg = reg,
	};
}

#if defined(__x86_64__)

const struct jit_backend *arch_host_backend(void)
{
	return &x86_64_backend;
}

u32 arch_host_features(void)
{
	return __builtin_cpu_supports("bmi2") ? X86_FEATURE_BMI2 : 0;
}

#elif defined(__aarch64__)

#include <sys/auxv.h>

const struct jit_backend *arch_host_backend(void)
{
	return &arm64_backend;
}

u32 arch_host_features(void)
{
	return getauxval(AT_HWCAP) & (1 << 8) /* HWCAP_ATOMICS */ ? ARM64_FEATURE_LSE : 0;
}

#else

const struct jit_backend *arch_host_backend(void)
{
	return NULL;
}

u32 arch_host_features(void)
{
	return 0;
}

#endif
