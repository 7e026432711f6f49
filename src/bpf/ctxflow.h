/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where may a program's registers and stack slots hold its ctx, and how deep does its main
 * function reach into its stack? A forward may-analysis over the finished instructions, across
 * calls of subprograms. "May" is enough: the verifier refuses a dereference of what is ctx on one
 * path and something else on another, or of modified ctx.
 */
#ifndef FS_BPF_CTXFLOW_H
#define FS_BPF_CTXFLOW_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ctxflow {
	size_t cnt;
	uint8_t *ctx_load;	/* per instruction: a load whose base may be ctx */
	uint32_t *subprog;	/* per instruction: first instruction of the function it is in */
	int main_stack;		/* lowest stack offset main touches (0 to -512), 1 = unknown */
};

/* Return: 0, -ENOMEM, or -EINVAL (a jump or call out of the program). */
int ctxflow_run(const struct bpf_insn *insns, size_t cnt, struct ctxflow *ret);
void ctxflow_done(struct ctxflow *f);

#endif
