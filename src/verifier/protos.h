/* SPDX-License-Identifier: BSD-2-Clause */
/* What helpers and kfuncs take and give, as far as a proof needs it. */
#ifndef FS_VERIFIER_PROTOS_H
#define FS_VERIFIER_PROTOS_H

#include "verifier/env.h"

#define ERRNO_MAX 4095

enum proto_arg {
	P_NONE,
	P_ANY,			/* whatever can be read */
	P_NUMBER,
	P_CTX,
	P_MAP,
	P_KEY,			/* of the map before */
	P_VALUE,
	P_VALUE_OUT,
	P_MEM,			/* as many bytes as the next argument says */
	P_MEM_OUT,
	P_MEM_NULL,
	P_BUFFER_NULL,		/* to be written, too */
	P_SIZE,			/* more than 0 */
	P_SIZE_ZERO,
	P_WORD_OUT,		/* 8 bytes */
	P_INT_OUT,		/* 4 bytes */
	P_TEXT,			/* a constant string */
	P_FUNC,
	P_VALUE_NULL,
	P_TASK_NULL,
	P_STACK_NULL,		/* handed to a callback */
	P_LOCK,
	P_RECORD,		/* reserved in a ring buffer; given up */
	P_CONST_SIZE,		/* known; bytes of what is returned */
	P_BTF,			/* a typed pointer */
	P_ITER_NEW,
	P_ITER,
	P_ITER_END,
	P_DYNPTR_NEW,
	P_DYNPTR,
	P_DYNPTR_END,		/* a ring buffer's record, given up */
	P_TIMER,
	P_WQ,
	P_RES_LOCK,
	P_IRQ_NEW,		/* flags of interrupts, on the stack */
	P_IRQ_END,
};

enum proto_ret {
	PR_NUMBER,
	PR_VOID,
	PR_VALUE_NULL,		/* value of the map */
	PR_RECORD_NULL,		/* ring buffer memory, acquired */
	PR_MEM_NULL,		/* of P_CONST_SIZE bytes */
	PR_MEM_CONST_NULL,
	PR_COOKIE,		/* 8 bytes, writable */
	PR_BOOL,
	PR_ITER_NUM,		/* an int, or NULL */
	PR_TASK,
	PR_LOCKED,		/* 0; or, along another path, an errno */
};

enum proto_flags {
	PF_TRACING = 1 << 0,	/* trampolines' programs only */
	PF_SESSION = 1 << 1,
	PF_XDP = 1 << 2,
	PF_SKB = 1 << 3,
	PF_GPL = 1 << 4,
	PF_MOVES_PACKET = 1 << 5,
	PF_SLEEPABLE = 1 << 6,	/* only there */
	PF_SOME_ERRNO = 1 << 7,	/* negative, or at most the size that was given */
	PF_LOOP = 1 << 8,	/* calls back with (index, ctx) */
	PF_EACH = 1 << 9,	/* with (map, key, value, ctx) */
	PF_COOKIE = 1 << 10,
	PF_RCU_LOCK = 1 << 11,
	PF_RCU_UNLOCK = 1 << 12,
	PF_PREEMPT_OFF = 1 << 13,
	PF_PREEMPT_ON = 1 << 14,
	PF_UNLOCK = 1 << 15,
	PF_DRAIN = 1 << 16,	/* calls back with (dynptr, ctx) */
	PF_PROBE = 1 << 17,	/* kprobes, besides */
	PF_EVENT = 1 << 23,	/* tracepoints of all kinds, performance events, besides */
	PF_LSM = 1 << 24,	/* hooks of security modules, besides */
	PF_TP_BTF = 1 << 25,	/* tracepoints by their types, besides */
	PF_TC = 1 << 21,	/* not socket filters, as PF_SKB */
	PF_NO_PACKET = 1 << 22,	/* all but those that see packets */
	PF_ASYNC = 1 << 19,	/* what it is given is called back later, with (map, key, value) */
	PF_ASYNC_SLEEPS = 1 << 20,	/* and may sleep */
	PF_PACKET_WRITER = 1 << 18,	/* for types that may write to packets */
	PF_CALLBACK = PF_LOOP | PF_EACH | PF_DRAIN,
};

struct proto {
	const char *name;
	u32 flags;
	u8 ret;
	u8 args[5];
};

/* NULL: unknown */
const struct proto *proto_of_helper(u32 nr);
const struct proto *proto_of_kfunc(const char *name);
/* The two session calls, as markers of <fsession/bpf_fsession.h> too. */
const struct proto *proto_of_call(const struct env *env, const struct bpf_insn *insn);

#endif
