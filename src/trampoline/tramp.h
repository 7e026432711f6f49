/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs on functions: attach and detach. One struct tramp per traced function, made at its first
 * attach and kept for good. docs/trampoline.md says what a call does and in which order.
 *
 * Everything here may be called from any thread, but not from signal handlers and not by programs.
 */
#ifndef FS_TRAMPOLINE_TRAMP_H
#define FS_TRAMPOLINE_TRAMP_H

#include "trampoline/prog.h"

enum tramp_kind { TRAMP_FENTRY, TRAMP_FEXIT, TRAMP_FMOD_RET, TRAMP_FSESSION };

/* How a function is called. */
struct tramp_proto {
	bool untyped;		/* ctx holds the integer argument registers, whatever they mean */
	u8 nr_args;
	u8 arg_words[ARCH_TRAMP_SLOTS_MAX];	/* 1 or 2 (struct, in two slots) */
	/* Untyped: words of stack arguments that the function may have. More than there are is
	 * harmless, fewer break it. 0: TRAMP_STACK_WORDS */
	u16 stack_words;
	/* Bit n: code elsewhere branches to n bytes behind the function's start; bit 0: the code before it goes on
	 * into it. */
	u64 entered;
};

#define TRAMP_STACK_WORDS 32

struct tramp;
struct tramp_link;

int tramp_space_new(const struct tramp_target_ops *ops, void *arg, const struct arch_tramp_ops *arch,
		    const struct guard_env *guard, struct tramp_space **ret);

/*
 * The trampoline of the function at @addr, @size bytes long by its symbol.
 * Return: 0, or
 *   -EOPNOTSUPP	it cannot be patched; logged with the reason
 *   -EBUSY		its text is not what its file says: a breakpoint, somebody else's patch
 *   -EOPNOTSUPP (524 in the kernel) more argument slots than the architecture takes
 *   -ENOMEM
 */
int tramp_get(struct tramp_space *s, u64 addr, u32 size, const struct tramp_proto *proto, const char *name,
	      struct tramp **ret);

/*
 * Return: 0, or
 *   -EBUSY		@p is attached there already; the function is replaced, or its text is not ours
 *   -E2BIG		too many programs; the image is too large
 *   -EPERM		threads cannot be stopped; logged with a hint
 *   -EOPNOTSUPP	@p may touch vector state and that cannot be saved
 *   -ENOMEM
 */
int tramp_attach(struct tramp *t, struct tramp_prog *p, enum tramp_kind kind, u64 attach_cookie,
		 struct tramp_link **ret);

struct tramp_req {
	struct tramp *tramp;
	struct tramp_prog *prog;
	enum tramp_kind kind;
	u64 attach_cookie;
};

/* All or none, threads stopped once. */
int tramp_attach_many(const struct tramp_req *reqs, u32 nr, struct tramp_link **links);

/* Never fails. From its return on the program starts no more runs on this function. */
void tramp_detach(struct tramp_link *link);
void tramp_detach_many(struct tramp_link **links, u32 nr);

/* freplace: calls go to @code instead; 0 undoes it. -EBUSY: programs are attached */
int tramp_replace(struct tramp *t, u64 code);

/*
 * Lets @p itself be traced: from now on one copy of its code, whose main function is at *@code, runs at both
 * ends of every function; images that have others are built anew. @near: where the copy should be, if there is
 * none yet. 0, or -ENOMEM and errors of compiling
 */
int tramp_prog_single_copy(struct tramp_prog *p, u64 near, u64 *code, u32 *bytes);

/* Has the runs of @p counted that begin from now on (TRAMP_PROG_RUN). 0, or -ENOMEM and errors of compiling */
int tramp_prog_count_runs(struct tramp_prog *p);

/* Code at [@addr, @addr + @bytes) is about to go: nothing is attached there, no thread inside. */
void tramp_forget(struct tramp_space *s, u64 addr, u64 bytes);

/* Puts back the text of functions without programs: that of a detach may have failed. 0, or as tramp_attach() */
int tramp_restore(struct tramp_space *s);

/*
 * How all functions that have ever been patched would get their own bytes back; what is patched now or not. free() it.
 * Their number, or -ENOMEM
 */
int tramp_restorations(struct tramp_space *s, struct tramp_patch **ret);

/* The function as if it were untraced. */
u64 tramp_original(const struct tramp *t);
/* Is its text patched now? */
bool tramp_is_patched(const struct tramp *t);

#endif
