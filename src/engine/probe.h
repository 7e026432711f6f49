/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this kernel can do, found by doing it: load, attach, make it fire. Never by version.
 * Each part is probed once per process, when it is first asked for, under a mutex; any thread.
 */
#ifndef FS_ENGINE_PROBE_H
#define FS_ENGINE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

struct rung_result {
	bool works;
	char how[256];		/* what was tried and what happened */
	char remedy[256];	/* "" = none needed, or none known */
};

enum probe_part {
	PROBE_NATIVE = 1 << 0,
	PROBE_MULTI = 1 << 1,
	PROBE_SPLIT = 1 << 2,
	PROBE_ALL = (1 << 3) - 1,
};

struct kernel_features {
	struct rung_result native;	/* PROBE_NATIVE: BPF_TRACE_FSESSION */
	struct rung_result multi;	/* PROBE_MULTI: BPF_TRACE_FSESSION_MULTI links */

	/* known without a part */
	bool ordered_stores;		/* no store of this machine passes an earlier one */
	uint32_t is_return_id;		/* vmlinux BTF ids of the kfuncs; 0 = absent */
	uint32_t cookie_id;
	uint32_t throw_id;		/* bpf_throw() (6.7) */

	/* PROBE_SPLIT: fentry + fexit */
	struct rung_result split;
	bool cmpxchg;			/* atomic compare-and-exchange (5.12) */
	bool recursion_guard;		/* the kernel counts recursion per program (5.12) */
	bool get_func_arg;		/* bpf_get_func_arg, _cnt, _ret (5.17) */
	bool get_func_ip;		/* in fentry/fexit (5.15) */
	bool attach_cookie;		/* in fentry/fexit (5.19) */
};

/* What is known of @parts and of those asked for before. Never NULL; owned by this file. */
const struct kernel_features *probe_kernel(unsigned parts);

#endif
