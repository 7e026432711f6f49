/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tramp.h"

#include <elf.h>

const struct arch_tramp_ops *arch_tramp_of(u16 machine)
{
	switch (machine) {
	case EM_X86_64:
		return &x86_64_tramp;
	case EM_AARCH64:
		return &arm64_tramp;
	default:
		return NULL;
	}
}
