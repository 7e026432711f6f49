/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The helpers of the user engine, in one table: number, name, who may call it, whether it touches vector
 * registers, and what runs. What they take and give: verifier/protos.c.
 */
#ifndef FS_BPF_HELPERS_H
#define FS_BPF_HELPERS_H

#include "bpf/call.h"

enum helper_flags {
	HELPER_VECTOR = 1 << 0,	/* may touch vector registers */
	HELPER_GPL = 1 << 1,
	HELPER_TRACING = 1 << 2,	/* wants a trampoline's ctx */
	HELPER_XDP = 1 << 3,
	HELPER_SKB = 1 << 4,
	HELPER_KERNEL = HELPER_TRACING | HELPER_XDP | HELPER_SKB,	/* those kinds alone */
};

struct helper {
	const char *name;	/* without "bpf_" */
	bpf_helper_fn fn;	/* NULL: inlined by the JIT (tail_call) */
	u32 flags;
};

/* NULL: there is no such number here */
const struct helper *helper_find(u32 nr);
/* "bpf_name" of any helper libbpf knows a number for, even if it is not implemented; NULL: none */
const char *helper_name(u32 nr);
/* Can a program of that type call it? */
bool helper_is_allowed(const struct helper *h, u32 prog_type);

#endif
