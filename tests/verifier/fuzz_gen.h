/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random programs near the boundary, of several classes. Most of what a program does is right, some of it by a
 * byte or by a forgotten step not.
 */
#ifndef FS_TESTS_VERIFIER_FUZZ_GEN_H
#define FS_TESTS_VERIFIER_FUZZ_GEN_H

#include "bpf/build.h"

#define GEN_INSNS 512
#define GEN_CTX_BYTES 96
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

struct gen_base {		/* memory that a register points at */
	u8 reg;
	s16 min;		/* offset of its first byte */
	u16 bytes;
	bool read_only;
};

struct gen_skip {		/* a forward jump that wants a target */
	u32 at;
	u16 numbers;		/* as they were there */
};

enum gen_func_kind { GEN_FUNC_STATIC, GEN_FUNC_LOOP, GEN_FUNC_EACH };

struct gen_func {		/* a function that wants to be written */
	u32 at;			/* what names it */
	enum gen_func_kind kind;
	u16 bytes;		/* of the memory it is given */
	u16 key, value;		/* of the map it is called for */
};

struct gen {
	struct bpf_insn insns[GEN_INSNS];
	u32 cnt;
	u16 numbers;		/* registers that hold one */
	bool has_ctx;		/* in r9 */
	bool clear;		/* it writes all of its stack first */
	struct gen_skip skips[8];
	u32 nr_skips;
	struct gen_base bases[6];
	u32 nr_bases;
	struct gen_func funcs[4];
	u32 nr_funcs;
	u32 nr_iters;		/* around what is being written */
	void (*own)(struct gen *g); /* what its class does */
};

enum gen_class {
	GEN_PLAIN,		/* arithmetic, jumps, stack, one value */
	GEN_CALLS,		/* helpers that take memory and a size */
	GEN_VALUES,		/* values of maps, looked up and compared with NULL */
	GEN_FUNCS,		/* static functions that get a pointer, often to the stack of who calls */
	GEN_CALLBACKS,		/* bpf_loop, bpf_for_each_map_elem */
	GEN_MAY_GOTO,
	GEN_RECORDS,		/* ring buffer records: got, maybe, and given back */
	GEN_ITERS,		/* bpf_iter_num */
	GEN_TAILS,		/* tail calls */
	GEN_MIXED,
	GEN_CLASSES,
};

const char *gen_name(enum gen_class class);

/* The source of all that is random. */
void rnd_seed(u64 seed);
u64 rnd(void);
u32 below(u32 n);
/* A number near which things change. */
u64 edge(void);

void generate(struct gen *g, enum gen_class class);

#endif
