/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rewriting a finished BPF program: instructions are replaced by sequences, a prologue is put in
 * front; jumps, calls of subprograms, callback references, func_info and line_info follow.
 *
 * Sequences are position independent: jumps inside one count within it, a jump to its end falls
 * through to what stood behind the replaced instruction. Jumps of the program that led to a
 * replaced instruction lead to the start of its sequence; jumps to instruction 0 land behind the
 * prologue.
 */
#ifndef FS_BPF_REWRITE_H
#define FS_BPF_REWRITE_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/* A growing list of instructions. Errors latch in err and are looked at once, at the end. */
struct insn_seq {
	struct bpf_insn *v;
	size_t cnt;
	size_t cap;
	int err;		/* 0, -ENOMEM or -E2BIG (a jump too far) */
};

void seq_done(struct insn_seq *s);
void seq_add(struct insn_seq *s, struct bpf_insn insn);
/* ldimm64 (2 slots): a constant, or with @src BPF_PSEUDO_MAP_VALUE fd and offset */
void seq_ld_imm64(struct insn_seq *s, int dst, uint64_t imm);
void seq_ld_map_value(struct insn_seq *s, int dst, int map_fd, uint32_t off);
/* Index of a jump whose target is set by seq_land() to the instruction added next. */
size_t seq_jmp_fwd(struct insn_seq *s, struct bpf_insn jmp);
void seq_land(struct insn_seq *s, size_t jmp);

struct rewrite {
	const struct bpf_insn *insns;	/* borrowed */
	size_t cnt;
	struct insn_seq *edits;		/* per instruction: its replacement; v NULL = none */
	struct insn_seq prologue;
	size_t *new_off;		/* after rewrite_apply(): where each instruction begins, [cnt] = end */
	int err;
};

int rewrite_init(struct rewrite *rw, const struct bpf_insn *insns, size_t cnt);
void rewrite_done(struct rewrite *rw);

/* Replaces instruction @i (all its slots); takes over @seq's memory and empties it. */
void rewrite_replace(struct rewrite *rw, size_t i, struct insn_seq *seq);

/* Return: 0 and the new program (free()), or -ENOMEM, -E2BIG, -EINVAL (jump out of the program). */
int rewrite_apply(struct rewrite *rw, struct bpf_insn **ret, size_t *ret_cnt);

/* A copy (free()) of func_info or line_info records with offsets mapped; the first u32 of each is
 * the instruction offset. Offset 0 stays 0. NULL on -ENOMEM or when cnt is 0. */
void *rewrite_map_info(const struct rewrite *rw, const void *info, size_t cnt, size_t rec_size);

/* Slots of an instruction: 2 for ldimm64, else 1. */
static inline size_t insn_slots(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) ? 2 : 1;
}

#endif
