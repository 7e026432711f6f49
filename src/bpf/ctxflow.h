/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where may a program's registers and stack slots hold its ctx, and how deep does its main
 * function reach into its stack? A forward may-analysis over the finished instructions, across
 * calls of subprograms. "May" is enough: the verifier refuses a dereference of what is ctx on one
 * path and something else on another, or of modified ctx. And since the verifier cannot know
 * what the session calls will be replaced by, their rules are checked here: an unmodified ctx in, a
 * pointer to eight bytes out. Only what is certainly wrong is a fault.
 */
#ifndef FS_BPF_CTXFLOW_H
#define FS_BPF_CTXFLOW_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ctxflow_call {		/* flags; 0: a call like any other */
	CTXFLOW_SESSION = 1 << 0,	/* is replaced */
	CTXFLOW_TAKES_CTX = 1 << 1,	/* its argument must be ctx */
	CTXFLOW_COOKIE = 1 << 2,	/* returns a pointer to CTXFLOW_COOKIE_BYTES */
};

#define CTXFLOW_COOKIE_BYTES 8

/* What a call instruction is; NULL: none is special. */
typedef int (*ctxflow_classify_fn)(const struct bpf_insn *insn, const void *arg);

enum ctxflow_fault {
	CTXFLOW_FINE,
	CTXFLOW_NOT_CTX,	/* a call that takes ctx gets what is certainly something else */
	CTXFLOW_OUTSIDE_COOKIE,	/* an access that starts in the cookie and ends outside, or starts there */
};

struct ctxflow {
	size_t cnt;
	uint8_t *ctx_load;	/* per instruction: a load whose base may be ctx */
	uint32_t *subprog;	/* per instruction: first instruction of the function it is in */
	int main_stack;		/* lowest stack offset main touches (0 to -512), 1 = unknown */
	enum ctxflow_fault fault;	/* the first one found, and where */
	size_t fault_insn;
};

/* Return: 0, -ENOMEM, or -EINVAL (a jump or call out of the program). A fault is no error. */
int ctxflow_run(const struct bpf_insn *insns, size_t cnt, ctxflow_classify_fn classify,
		const void *arg, struct ctxflow *ret);
void ctxflow_done(struct ctxflow *f);

#endif
