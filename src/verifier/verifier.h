/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Proves that a BPF program ends, stays inside the memory it may touch and gives back what it takes.
 * What is proved and how: docs/verifier.md. Knows programs, maps and prototypes by what its caller
 * says of them; runs nothing, keeps nothing from one call to the next. Any thread.
 */
#ifndef FS_VERIFIER_VERIFIER_H
#define FS_VERIFIER_VERIFIER_H

#include <stddef.h>

#include "bpf/insn.h"

struct btf;

struct verify_map {
	u32 type, key_size, value_size, max_entries, flags;
	const struct btf *btf;		/* of the value's type, or NULL */
	u32 value_type_id;
	const struct verify_map *inner;	/* of a map of maps */
	const void *frozen;		/* value of a read-only, frozen array of one; else NULL */
};

struct verify_ops {
	/* The map a ldimm64, one of verify_opts.insns, names by fd or index; NULL: none. The same object for the
	 * same map. */
	const struct verify_map *(*find_map)(void *arg, const struct bpf_insn *insn);
	/* Name of the kfunc a call means; NULL: none. */
	const char *(*kfunc_name)(void *arg, const struct bpf_insn *insn);
	/* Does the engine have the helper for this kind of program? NULL: all that the table knows. */
	bool (*has_helper)(void *arg, u32 nr);
	/* Log text as it comes. NULL: no log. */
	void (*log)(void *arg, const char *text, size_t bytes);
};

enum verify_log_level {
	VERIFY_LOG_STEPS = 1,	/* why it was refused: the path to there */
	VERIFY_LOG_ALL = 2,	/* every instruction as it is visited */
	VERIFY_LOG_STATS = 4,
};

enum verify_flags {
	VERIFY_SLEEPABLE = 1 << 0,
	VERIFY_GPL = 1 << 1,
	VERIFY_STRICT_ALIGN = 1 << 2,
	VERIFY_STATE_FREQ = 1 << 3,	/* remember as many states as possible (tests) */
	VERIFY_KEEP_STATES = 1 << 4,	/* verify_result.claims (tests) */
	VERIFY_EXTENSION = 1 << 7,	/* takes the place of a global function of a program of this type */
	VERIFY_KERNEL = 1 << 6,		/* the target is a function of the kernel: some must not be traced */
	VERIFY_KERNEL_KINDS = 1 << 8,	/* judge kinds of programs, too, that only kernels run */
	VERIFY_EXACT = 1 << 5,		/* every number counts, so that claims hold of every run (tests) */
};

/* Added to the number of a marker call of <fsession/bpf_fsession.h>: R1 need not be ctx, and may be nothing. */
#define VERIFY_MARKER_NO_CTX 0x10

struct verify_opts {
	const struct bpf_insn *insns;	/* as given to bpf(2): maps are fds */
	u32 cnt;
	u32 type, attach_type;		/* of program; FS_BPF_TRACE_* included */
	u32 flags;
	u32 log_level;
	const struct btf *btf;		/* of the program, or NULL */
	const void *func_info;
	u32 func_info_cnt, func_info_rec;
	const void *line_info;
	u32 line_info_cnt, line_info_rec;
	const struct btf *target_btf;	/* tracing: where target_id, a FUNC, is */
	const struct btf *kernel_btf;	/* vmlinux: types of helpers; NULL: in .target_btf */
	u32 target_id;			/* 0: a function of a BPF program without reliable prototype */
	u32 task_id;			/* struct task_struct among vmlinux's; 0: looked for when needed */
	const struct verify_ops *ops;
	void *arg;
	u32 insns_max;			/* visited; 0: INSN_CNT_MAX */
};

enum verify_insn_flags {
	VERIFY_INSN_SEEN = 1 << 0,	/* some path reaches it; what none reaches may be left out */
	VERIFY_INSN_PROBE = 1 << 1,	/* a load that may fault and then gives 0 */
	VERIFY_INSN_CTX = 1 << 2,	/* a load or store through ctx */
	VERIFY_INSN_ARRAY = 1 << 3,	/* bpf_map_lookup_elem() of an array ... */
	VERIFY_INSN_NO_ARRAY = 1 << 4,	/* ... of another map; a call may be both, on different paths */
};

#define VERIFY_FUNCS_MAX 256

struct verify_claims;

struct verify_result {
	u8 *insn_flags;			/* per instruction; verify_done() frees */
	u32 stack_bytes;		/* of the deepest chain of calls */
	bool calls_cookie, calls_func_ip;
	u8 packet_movers[VERIFY_FUNCS_MAX / 8];	/* functions, in order, that may move a packet's ends: a bit each */
	u64 visited;			/* instructions */
	u32 states, peak_states;	/* remembered in all, at once */
	u64 peak_bytes;			/* of states, these and those still to be followed */
	struct verify_claims *claims;
	/* Of a program that was refused: */
	u32 bad_insn;			/* where */
	char reason[256];		/* a line, without its end */
	char hint[256];			/* or "" */
	const char *source;		/* line of the C source, its file: from the program's BTF, or NULL */
	const char *file;
	u32 line;
};

/*
 * Return: 0, or as the kernel:
 *   -EINVAL     not a program; loops; wrong return value; misuse of a call
 *   -EACCES     access to memory it may not touch
 *   -EPERM      a pointer where a number must be
 *   -E2BIG      too complex: instructions, states, calls
 *   -EOPNOTSUPP what this engine does not have
 *   -ENOMEM
 * @ret is filled in either case.
 */
int verify(const struct verify_opts *opts, struct verify_result *ret);
void verify_done(struct verify_result *r);

/*
 * With VERIFY_KEEP_STATES and VERIFY_EXACT: is there a visited state at @insn of call depth @depth that allows these
 * registers? Numbers alone are compared. NULL or what no state allows, in words.
 */
const char *verify_claims_check(const struct verify_claims *c, u32 insn, const u64 *regs, u32 depth);

#endif
