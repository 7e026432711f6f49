/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that trampolines can run: its instructions, compiled anew for every phase and place of the
 * cookie it is needed at, and kept; its guard and counters.
 */
#ifndef FS_TRAMPOLINE_PROG_H
#define FS_TRAMPOLINE_PROG_H

#include "jit/jit.h"
#include "trampoline/space.h"

enum tramp_prog_flags {
	TRAMP_PROG_RUN = 1 << 0,	/* .enter and .exit surround every run */
	TRAMP_PROG_VECTORS = 1 << 1,	/* a helper may touch vector or x87 registers */
	TRAMP_PROG_FUNC_IP = 1 << 2,	/* wants the function's address below the metadata */
	TRAMP_PROG_GENERIC = 1 << 3,	/* asks the metadata word instead of being specialised */
};

struct tramp_prog_opts {
	const struct bpf_insn *insns;	/* copied */
	u32 cnt;
	const char *name;		/* copied; NULL: none */
	u32 flags;			/* enum tramp_prog_flags */
	struct jit_opts jit;		/* .addr, .phase and .cookie_off are set here; pointers are kept */
	/* With TRAMP_PROG_RUN, 0: those of run.h. Addresses in the target of bool (*)(struct arch_tramp_run *, u64 frame) and void (*)(...), which
	 * are called in the thread, signal-safe, general registers only. @enter says whether to run at all. */
	u64 enter, exit;
	/* Code has been placed at @addr (fault tables, symbols); may be NULL */
	int (*placed)(void *arg, const struct jit_image *img, u64 addr);
	void *arg;			/* of @placed */
};

struct tramp_prog;

/* -EINVAL, -ENOENT, -E2BIG of jit_compile(), -ENOMEM. The caller owns one reference of @ret. */
int tramp_prog_new(struct tramp_space *s, const struct tramp_prog_opts *opts, struct tramp_prog **ret);
void tramp_prog_get(struct tramp_prog *p);
void tramp_prog_put(struct tramp_prog *p);

/*
 * Waits for runs of a program that is attached nowhere any more; then what it uses can be freed.
 * Return: 0, or
 *   -EAGAIN	one does not end: a signal handler that interrupted it waits, or its scheduler put it away
 *   -EPERM	threads cannot be stopped; logged with a hint
 */
int tramp_prog_wait(struct tramp_prog *p);

/* Runs left out because the program was running in the thread. */
u64 tramp_prog_misses(const struct tramp_prog *p);

/*
 * All counters. .runs and .run_ns: while tramp_count_runs() was on, with TRAMP_PROG_RUN alone. .unwound: calls that
 * longjmp() ended are among them where it was replaced, self_count_jumps() and the like.
 */
void tramp_prog_stats(const struct tramp_prog *p, struct guard_prog *ret);

/* Does it call bpf_session_cookie()? */
bool tramp_prog_uses_cookie(const struct tramp_prog *p);

/* -- For tramp.c, with the lock of the space held --- */

void prog_release(struct tramp_prog *p);
u32 prog_flags(const struct tramp_prog *p);
/* Of images made from now on. */
void prog_add_flags(struct tramp_prog *p, u32 flags);
struct tramp_space *prog_space(const struct tramp_prog *p);
/* TRAMP_PROG_GENERIC from now on: the code that it then has everywhere. */
int prog_single_copy(struct tramp_prog *p, u64 near, u64 *code, u32 *bytes);
/* A link's words; the program's counters lie where its first link is, near @near. -ENOMEM */
int prog_fill_link(struct tramp_prog *p, u64 near, struct guard_link *link);
/* Fills code, enter, exit, clobbers and flags for @phase and @cookie_off (0: none). */
int prog_place(struct tramp_prog *p, u64 near, enum jit_phase phase, s32 cookie_off,
	       struct arch_tramp_prog *ret);

#endif
