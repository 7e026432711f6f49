/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What random programs run in: maps, memory, and helpers that do no more than they may, as adversaries would. Knows
 * all memory there is, byte by byte, and in a run of the interpreter says what was none of the program's.
 */
#ifndef FS_TESTS_VERIFIER_FUZZ_WORLD_H
#define FS_TESTS_VERIFIER_FUZZ_WORLD_H

#include "bpf/call.h"
#include "bpf/interp.h"

struct world_opts {
	u64 seed;		/* of all that helpers choose; the same again: the same again */
	bool interpreted;	/* callbacks are the interpreter's; accesses are checked */
	u64 tail_entry;		/* what the array of programs has */
};

/* Maps and ctx: they stay where they are in all runs of a program. One world, one thread. */
void world_new(void);
void world_free(void);
/* A run: maps and ctx hold something, nothing else is there. */
void world_begin(const struct world_opts *o);
/* NULL, or what is not as it must be after a run, in words. */
const char *world_end(void);
/* What a run has written and told helpers. */
u64 world_hash(void);

/* The frame of a call, before it runs; ends those above it. */
void world_frame(u32 depth, u64 fp);
/* NULL, or what is wrong with an access. */
const char *world_access(u64 at, u32 bytes, bool write);
/* In words: what was wrong in a helper; the first. */
const char *world_wrong(void);

void *world_ctx(void);
/* What a ldimm64 loads. */
u64 world_address(const struct bpf_insn *ldimm64);
int world_resolve(void *arg, const struct bpf_insn *insn, struct bpf_call *ret);
extern const struct bpf_prog_array_layout world_prog_array;

#endif
