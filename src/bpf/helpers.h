/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The helpers of the user engine, in one table: number, name, prototype, who may call it, whether it
 * touches vector registers, and what runs.
 */
#ifndef FS_BPF_HELPERS_H
#define FS_BPF_HELPERS_H

#include "bpf/call.h"

enum helper_arg {		/* for the verifier */
	ARG_NONE,
	ARG_ANY,		/* a scalar or whatever else is not checked */
	ARG_CTX,
	ARG_MAP,		/* constant map pointer */
	ARG_KEY,		/* key_size readable bytes */
	ARG_VALUE,		/* value_size readable bytes */
	ARG_VALUE_OUT,		/* value_size bytes to write */
	ARG_MEM,		/* readable bytes, as many as the next argument says */
	ARG_MEM_OUT,		/* bytes to write, as many as the next argument says */
	ARG_MEM_OR_NULL,
	ARG_SIZE,		/* > 0 */
	ARG_SIZE_OR_ZERO,
	ARG_LONG_OUT,		/* 8 bytes to write */
	ARG_CONST_STR,
	ARG_FUNC,		/* callback */
	ARG_STACK_OR_NULL,	/* what the callback gets */
	ARG_SPIN_LOCK,
	ARG_RINGBUF_MEM,	/* reserved, not yet submitted */
	ARG_CONST_SIZE,		/* known at load */
};

enum helper_ret { RET_INT, RET_VOID, RET_VALUE_OR_NULL, RET_MEM_OR_NULL };

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
	enum helper_ret ret;
	enum helper_arg args[5];
};

/* NULL: there is no such number here */
const struct helper *helper_find(u32 nr);
/* "bpf_name" of any helper libbpf knows a number for, even if it is not implemented; NULL: none */
const char *helper_name(u32 nr);
/* Can a program of that type call it? */
bool helper_is_allowed(const struct helper *h, u32 prog_type);

#endif
