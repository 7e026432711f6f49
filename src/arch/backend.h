/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the JIT's driver (src/jit) and the emitters: one struct jit_backend per architecture, all of
 * them built on every host. The driver walks the program and repeats until offsets settle; a backend
 * turns one instruction into bytes and keeps nothing from one to the next.
 */
#ifndef FS_ARCH_BACKEND_H
#define FS_ARCH_BACKEND_H

#include "arch/codebuf.h"
#include "bpf/call.h"
#include "bpf/insn.h"

enum jit_insn_flags {			/* of one instruction */
	JIT_INSN_PROBE = 1 << 0,	/* a load which may fault; given by the caller */
	JIT_INSN_TARGET = 1 << 1,	/* jumps lead here, so nothing before may swallow it */
	JIT_INSN_DEAD = 1 << 2,		/* never reached: not emitted */
	JIT_INSN_TAKEN = 1 << 3,	/* a conditional jump known to be taken ... */
	JIT_INSN_NOT_TAKEN = 1 << 4,	/* ... or not to be */
	JIT_INSN_ARRAY = 1 << 5,	/* a lookup whose map is an array, r2 points at its index; given by the caller */
};

/* x86_64 features (struct jit_opts.features) */
enum x86_feature { X86_FEATURE_BMI2 = 1 << 0 };

/* arm64 features */
enum arm64_feature { ARM64_FEATURE_LSE = 1 << 0 };

struct jit_func {
	u32 start, end;		/* instructions */
	u32 off, len;		/* native code, in bytes */
	u32 end_off;		/* where it ended in the last pass; padding and the next one's prologue follow */
	u32 stack_bytes;	/* below the frame pointer, a multiple of 8 */
	u16 regs_written;	/* which of r0..r9 it changes itself, bit per register */
	u16 regs_used;		/* which it mentions */
	bool has_calls;
	bool has_tail_call;	/* itself */
	bool tail_reachable;	/* itself or by a subprogram it calls */
	bool has_may_goto;
	bool is_callback;	/* its address is taken */
};

/* Between the entries of what marked loads call: for 1 << n bytes the n-th. */
#define JIT_PROBE_ENTRY_BYTES 16

/* A load that may fault, where nothing is called for it: on a fault at .off go on at .next_off with the register zero. */
struct jit_probe {
	u32 insn;
	u32 off, next_off;
	u8 reg;			/* of the machine */
};

struct jit_state {
	const struct bpf_insn *insns;
	u32 cnt;
	const u8 *flags;		/* enum jit_insn_flags per instruction */
	const struct bpf_call *calls;	/* per instruction; meaningful for helper and kfunc calls */
	struct jit_func *funcs;
	u32 func_cnt;
	const u32 *func_of;		/* per instruction: index of the function starting there */
	u32 *offs;			/* native offset per instruction (cnt + 1), of the last pass */
	const struct jit_func *func;	/* being emitted */
	struct codebuf code;
	u64 addr;			/* where the code will run; 0: anywhere */
	u32 features;
	u32 may_goto_max;
	struct bpf_prog_array_layout prog_array;
	struct bpf_array_layout array;
	int is_return;			/* -1 unknown, else what bpf_session_is_return() gives */
	s32 cookie_off;			/* of the session cookie from ctx; 0: as the metadata says */
	u64 probe_fn;			/* what marked loads call, see arch/<a>/host/probe.S; 0: nothing */
	bool landing_pads;		/* endbr64, bti: entries are reached by indirect calls */
	struct jit_probe *probes;	/* NULL while offsets are not final */
	u32 probe_cnt, probe_cap;
};

struct jit_backend {
	const char *name;
	/* What is called from outside; only programs with tail calls need it. Ends with a call of
	 * the first function's body. */
	void (*emit_entry)(struct jit_state *st);
	void (*emit_prologue)(struct jit_state *st);
	/* Emits instruction @idx and perhaps some after it (none of them a jump target); returns how
	 * many slots it took. */
	u32 (*emit_insn)(struct jit_state *st, u32 idx);
	u8 pad_byte;			/* between functions */
	u32 func_align;
	u32 insn_bytes_max;		/* of the longest sequence for one instruction */
};

extern const struct jit_backend x86_64_backend, arm64_backend;

/* The backend of the machine this runs on; NULL if there is none. */
const struct jit_backend *arch_host_backend(void);
/* The features of the machine this runs on. */
u32 arch_host_features(void);

/* -- For backends --- */

/* Distance in bytes from the end of instruction @idx to @target, by the last known offsets. */
static inline s32 jit_distance(const struct jit_state *st, u32 idx, u32 target)
{
	u32 from = idx + 1 == st->func->end ? st->func->end_off : st->offs[idx + 1];

	return (s32)(st->offs[target] - from);
}

/* May the backend merge the instruction at @idx into the one before? */
static inline bool jit_can_merge(const struct jit_state *st, u32 idx)
{
	return idx < st->func->end && !(st->flags[idx] & (JIT_INSN_TARGET | JIT_INSN_DEAD));
}

/* May the @nr instructions after @idx all be? */
static inline bool jit_can_merge_nr(const struct jit_state *st, u32 idx, u32 nr)
{
	while (nr && jit_can_merge(st, idx + nr))
		nr--;
	return !nr;
}

/*
 * A rotation, which BPF has no instruction for: "a = x; a >>= n; b = x; b <<= m; b |= a" where n + m is
 * the width, or the same with both shifts turned round; where b is x the second move is missing.
 * Returns how many instructions that is, 0 if it is something else.
 */
struct jit_rotate {
	u8 a, b, x;	/* of BPF; a still gets its shifted value */
	u8 a_op;	/* BPF_RSH or BPF_LSH */
	u8 a_by, left;	/* b is x rotated left by .left */
};

u32 jit_match_rotate(const struct jit_state *st, u32 idx, struct jit_rotate *ret);

/*
 * A selection, which BPF has none for either: a conditional jump at @idx over one move. (Where the
 * compiler placed the move out of line it is left a jump: that is slower when it cannot be predicted,
 * but a selection in a chain of dependent loads, as in a heap, is slower when it can.)
 */
bool jit_is_select(const struct jit_state *st, u32 idx);

/* "p = base; p += t; p = *(p + off)" at @idx: a load with two registers; the load is at @idx + 2. */
bool jit_is_indexed_load(const struct jit_state *st, u32 idx);

/* The entry for a marked load. */
static inline u64 jit_probe_entry(const struct jit_state *st, u32 bytes)
{
	return st->probe_fn + (u64)__builtin_ctz(bytes) * JIT_PROBE_ENTRY_BYTES;
}

void jit_note_probe(struct jit_state *st, u32 idx, u32 off, u8 reg);

#endif
