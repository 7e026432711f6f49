/* SPDX-License-Identifier: BSD-2-Clause */
/* The kfuncs of the user engine, in one table: name, prototype, what runs. */
#ifndef FS_BPF_KFUNCS_H
#define FS_BPF_KFUNCS_H

#include "bpf/call.h"

struct kfunc {
	const char *name;
	/* The result's type, then the arguments': i int, c char, B u8, l u64, w u32, z size_t, b bool,
	 * v void, p void *, k const void *, t const char *, I int *, L u64 *, d struct bpf_dynptr *,
	 * D the same, const, n struct bpf_iter_num *, S struct bpf_res_spin_lock * */
	const char *types;
	bpf_helper_fn fn;
	enum bpf_call_kind kind;	/* other than BPF_CALL_ADDR: for session programs alone */
};

/* NULL: not here */
const struct kfunc *kfunc_find(const char *name);
/* By number from 0; NULL behind the last. */
const struct kfunc *kfunc_at(u32 nr);

#endif
