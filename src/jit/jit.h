/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF to machine code, for any architecture on any host: bytes in, bytes out. What is guaranteed about
 * the code is in docs/jit.md. jit_load() also makes the result callable in this process.
 */
#ifndef FS_JIT_JIT_H
#define FS_JIT_JIT_H

#include "arch/backend.h"
#include "bpf/call.h"
#include "bpf/insn.h"

enum jit_phase {		/* what bpf_session_is_return() says in this copy of the program */
	JIT_PHASE_ANY,		/* asks the metadata word */
	JIT_PHASE_ENTRY,	/* constant false; code behind the other answer is left out */
	JIT_PHASE_RETURN,	/* constant true */
};

enum jit_opts_flags {
	JIT_LANDING_PADS = 1 << 0,	/* entries may be reached by an indirect call under CET or BTI */
};

struct jit_opts {
	const struct jit_backend *backend;	/* NULL: the host's */
	u32 features;				/* of the target CPU, enum x86_feature, arm64_feature */
	u64 addr;				/* where the code will run; 0: anywhere */
	u32 flags;				/* enum jit_opts_flags */
	enum jit_phase phase;
	s32 cookie_off;				/* session cookie's distance from ctx; 0: in the metadata */
	bpf_resolve_fn resolve;			/* NULL: no helpers */
	void *arg;				/* of resolve */
	const u8 *insn_flags;			/* JIT_INSN_PROBE, JIT_INSN_ARRAY per instruction, or NULL */
	u64 probe_fn;				/* rt_help_probe_load where the code runs; 0: the loads are plain,
						 * and who runs the code catches their faults */
	struct bpf_prog_array_layout prog_array; /* entries are tail entries */
	struct bpf_array_layout array;		/* for JIT_INSN_ARRAY */
	u32 stack_bytes;			/* of every frame, multiple of 8; 0: INSN_STACK_BYTES */
	u32 may_goto_max;			/* 0: INSN_MAY_GOTO_MAX */
};

struct jit_image {
	u8 *code;
	u32 len;
	u32 entry_off;		/* to call: u64 (*)(void *ctx) */
	u32 tail_off;		/* what a prog array's entry points at */
	u32 insn_cnt;
	u32 *insn_offs;		/* insn_cnt + 1 native offsets; equal ones: no code of its own */
	u32 func_cnt;
	struct jit_func *funcs;	/* in program order */
	u32 probe_cnt;
	struct jit_probe *probes; /* ascending .off */
};

/*
 * Return: 0, or
 *   -EINVAL      not a program (insn_check_prog()); the index is logged
 *   -ENOENT      or what @resolve returned: an unknown call
 *   -EOPNOTSUPP  no backend for this machine; a tail call below a callback
 *   -E2BIG       the code outgrows the reach of a call
 *   -ENOMEM
 */
int jit_compile(const struct bpf_insn *insns, u32 cnt, const struct jit_opts *opts,
		struct jit_image **ret);
void jit_image_free(struct jit_image *img);

/* Code in this process: never writable and executable at once. */
struct jit_code {
	struct jit_image *img;		/* img->code keeps the bytes as emitted */
	void *mem;			/* readable, executable */
	size_t mem_bytes;
	u64 (*entry)(const void *ctx);
	u64 tail_entry;
};

/* As jit_compile() for the host; .addr and .backend of @opts are ignored. */
int jit_load(const struct bpf_insn *insns, u32 cnt, const struct jit_opts *opts, struct jit_code **ret);
/* No thread may be inside. */
void jit_code_free(struct jit_code *code);

#endif
