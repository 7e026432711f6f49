/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a helper or kfunc call turns into. The loader resolves calls by number or BTF id; the
 * interpreter and the JIT only ask here.
 */
#ifndef FS_BPF_CALL_H
#define FS_BPF_CALL_H

#include "bpf/insn.h"

enum bpf_call_kind {
	BPF_CALL_ADDR,			/* a C function at .addr, five u64 in, one out */
	BPF_CALL_TAIL,			/* bpf_tail_call(ctx, prog array, index) */
	BPF_CALL_SESSION_IS_RETURN,	/* bpf_session_is_return(ctx) */
	BPF_CALL_SESSION_COOKIE,	/* bpf_session_cookie(ctx) */
};

struct bpf_call {
	enum bpf_call_kind kind;
	u64 addr;
};

typedef u64 (*bpf_helper_fn)(u64, u64, u64, u64, u64);

/* Resolves a call that is no subprogram call; 0 or -errno (-ENOENT: unknown). */
typedef int (*bpf_resolve_fn)(void *arg, const struct bpf_insn *insn, struct bpf_call *ret);

/* A prog array as programs see it: r2 of a tail call points at it. Empty entries are 0. */
struct bpf_prog_array_layout {
	u16 max_entries_off;	/* u32: number of entries */
	u16 entries_off;	/* u64 each: what to jump to */
};

/* An array as programs see it, which r1 of a lookup points at. */
struct bpf_array_layout {
	u16 max_entries_off;	/* u32: number of values */
	u16 elem_bytes_off;	/* u32: from one to the next */
	u16 values_off;		/* u64: address of the first */
};

/* The word below ctx, and how both session kfuncs read it. */
#define BPF_META_OFF (-8)
#define BPF_META_IS_RETURN_SHIFT 63
#define BPF_META_COOKIE_SHIFT 8	/* bits 15:8: distance of the cookie below ctx, in words */

#endif
