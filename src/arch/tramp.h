/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the trampoline (src/trampoline) and an architecture: images, patch sites, relocated copies.
 * Bytes in, bytes out; every architecture is built on every host. What a call looks like and why is in
 * docs/trampoline.md.
 */
#ifndef FS_ARCH_TRAMP_H
#define FS_ARCH_TRAMP_H

#include <stdlib.h>

#include "arch/codebuf.h"
#include "arch/guard.h"

#define ARCH_TRAMP_SLOTS_MAX 12
#define ARCH_NODES_MAX 40	/* of any architecture's .nodes_max */

/* -- Unwind rows: what holds from .off on, in terms of DWARF --- */

enum arch_cfi_op { ARCH_CFI_DEF, ARCH_CFI_SAVED, ARCH_CFI_RESTORED };

struct arch_cfi_row {
	u32 off;
	u8 op;
	u8 reg;			/* DWARF number */
	s32 value;		/* DEF: CFA = reg + value; SAVED: at CFA + value */
};

struct arch_cfi {		/* zeroed at first; arch_cfi_done() frees the rows */
	struct arch_cfi_row *rows;
	u32 cnt, cap;
	bool full;		/* rows were lost: the code must not be used */
	u32 personality;	/* of its routine, which is part of the code; 0: none */
};

static inline void arch_cfi_add(struct arch_cfi *c, u32 off, enum arch_cfi_op op, u8 reg, s32 value)
{
	if (c->cnt == c->cap) {
		u32 cap = c->cap ? 2 * c->cap : 16;
		struct arch_cfi_row *rows = realloc(c->rows, cap * sizeof(*rows));

		if (!rows) {
			c->full = true;
			return;
		}
		c->rows = rows;
		c->cap = cap;
	}
	c->rows[c->cnt++] = (struct arch_cfi_row){ off, op, reg, value };
}

static inline void arch_cfi_done(struct arch_cfi *c)
{
	free(c->rows);
	*c = (struct arch_cfi){};
}

/* -- Images --- */

enum arch_tramp_prog_flags {
	ARCH_PROG_SESSION = 1 << 0,
	ARCH_PROG_COOKIE = 1 << 1,	/* session cookie: has an index */
	ARCH_PROG_RUN = 1 << 2,		/* wants a run record; .enter and .exit are called with it */
	ARCH_PROG_VECTORS = 1 << 3,	/* it or a helper may touch vector or x87 state */
};

struct arch_tramp_prog {
	u64 code;		/* u64 (*)(void *ctx) */
	u64 link;		/* struct guard_link, in reach of the image */
	u64 attach_cookie;
	u64 enter, exit;	/* bool (*)(struct arch_tramp_run *, u64 frame), void (*)(...) */
	u32 clobbers;		/* registers it may change, bit per machine register */
	u32 flags;		/* enum arch_tramp_prog_flags */
};

/* In the frame, for programs with ARCH_PROG_RUN. */
struct arch_tramp_run {
	u64 attach_cookie;
	u64 func_ip;
	u64 scope, start_ns;	/* of .enter and .exit */
	u64 link;		/* struct guard_link */
};

enum arch_tramp_flags {
	ARCH_TRAMP_IP = 1 << 0,			/* the slot below the metadata word */
	ARCH_TRAMP_LANDING_PAD = 1 << 1,	/* reached by an indirect jump under CET or BTI */
	ARCH_TRAMP_STACK_UNKNOWN = 1 << 2,	/* fewer than .stack_words may be there */
};

struct arch_tramp {
	u64 addr;		/* where the image will run; multiple of 16 */
	u64 orig;		/* the function as if it were not traced: its relocated copy */
	u64 ip;			/* its address */
	u8 nr_slots;		/* of ctx, without the return value's */
	u8 slot_loc[ARCH_TRAMP_SLOTS_MAX]; /* argument register, or their number + word on the stack */
	u16 stack_words;	/* stack arguments to be copied for the original */
	u32 flags;		/* enum arch_tramp_flags */
	u32 xsave_bytes;	/* of vector state, with ARCH_PROG_VECTORS */
	const struct guard_env *guard;
	const struct arch_tramp_prog *entry, *modify, *exit;
	u32 nr_entry, nr_modify, nr_exit;
};

/* -- Patch sites --- */

#define ARCH_SITE_TEXT_MAX (1 << 20)	/* bytes of a function that need to be looked at */
#define ARCH_SITE_BEFORE_MAX 16
#define ARCH_PATCH_MAX 24
#define ARCH_COPY_MAX 160

struct arch_site {
	u64 addr;		/* of the function */
	u32 size;		/* of its symbol */
	u32 before;		/* bytes of .text that lie before it */
	u32 len;		/* bytes of .text from .addr on; beyond .size is what follows */
	const u8 *text;		/* original bytes from addr - before on */
	u32 flags;		/* enum arch_site_flags */
	const u64 *targets;	/* addresses in and around it that code outside it branches to (its own: the code
				 * before it goes on into it), ... */
	u32 nr_targets;		/* ... as far as they are known */
};

enum arch_site_flags {
	ARCH_SITE_SHADOW_STACK = 1 << 0,	/* no return address without a call */
};

struct arch_plan {
	u64 addr;		/* of what is replaced: displaced whole instructions */
	u32 displaced;		/* their bytes */
	u32 patch_len;		/* of them, bytes overwritten */
	u64 pad_addr;		/* 0, or five bytes before the function which are used as well */
	u8 old[ARCH_PATCH_MAX];	/* displaced bytes as they are */
	u8 old_pad[8];
	u8 nr_bounds;		/* instruction boundaries: offset in .old, offset in the copy */
	u8 from[ARCH_PATCH_MAX], to[ARCH_PATCH_MAX];
	u32 copy_len;		/* set by emit_copy() */
	bool returns_twice;	/* there is none because it does, as setjmp() and vfork() */
	char why[96];		/* why there is no plan */
};

enum arch_ref {
	ARCH_REF_JUMP,		/* or another branch that is no call */
	ARCH_REF_CALL,
	ARCH_REF_TAKEN,		/* the address is computed */
	ARCH_REF_NUMBER,	/* a constant that is an address if code has a fixed one */
	ARCH_REF_FALL,		/* the end of the text, which its last instructions go on beyond */
};

typedef void (*arch_ref_fn)(u64 target, enum arch_ref kind, void *arg);
typedef void (*arch_refs_fn)(const u8 *text, u32 len, u64 addr, arch_ref_fn found, void *arg);

struct arch_tramp_ops {
	const char *name;
	bool sessions;		/* a program may run at entry and exit with a cookie: false by default */
	u32 nodes_max;		/* programs per function, S: 36 on x86_64, 37 on arm64 */
	u32 stub_bytes;		/* of one stub */
	u32 arg_regs;		/* integer argument registers */
	u8 trap_byte;		/* an instruction that stops, of as many as it takes */
	u32 elf_irelative;	/* relocation: the word is what the function at .r_addend returned */
	u32 elf_jump_slot, elf_glob_dat;	/* the word is a symbol's address, the first one's once it was called */
	u8 cfi_ra;		/* DWARF number of the return address's column */
	u8 cfi_code_align;
	u8 cfi_sp;		/* CFA at the first instruction is this register ... */
	u8 cfi_sp_off;		/* ... plus this, */
	s8 cfi_ra_at;		/* and the return address is at CFA + this; 0: in the register */
	/* Where the arguments are: fills .nr_slots, .slot_loc and .stack_words; -EOPNOTSUPP: too many */
	int (*place_args)(const u8 *arg_words, u32 nr, struct arch_tramp *ret);
	/* Emits the image for @t: a struct guard_image, then code. -E2BIG, -ERANGE (out of reach), -EOPNOTSUPP through @b->err. */
	void (*emit_image)(const struct arch_tramp *t, struct codebuf *b, struct arch_cfi *cfi);
	/* jump to where the word at @slot says */
	void (*emit_stub)(u64 addr, u64 slot, bool landing_pad, struct codebuf *b);
	/* How to patch a function; -EOPNOTSUPP with .why: it cannot be done. */
	int (*plan)(const struct arch_site *site, struct arch_plan *ret);
	/* Calls @found with each address that the instructions from @addr on name. NULL: not implemented. */
	arch_refs_fn refs;
	/* The displaced instructions as they work at @copy, ending in a jump to what follows them. */
	void (*emit_copy)(struct arch_plan *plan, u64 copy, struct codebuf *b, struct arch_cfi *cfi);
	/* What replaces plan->old[0..patch_len) (and the pad) so that calls go to @to. */
	void (*emit_patch)(const struct arch_plan *plan, u64 to, struct codebuf *b, struct codebuf *pad);
	/* Rows for JIT code whose functions start at @starts, ascending. */
	void (*follow)(const u8 *code, u32 len, const u32 *starts, u32 nr_starts, struct arch_cfi *cfi);
	/* Registers that JIT code may change, bit per machine register; all volatile ones in doubt. */
	u32 (*clobbers)(const u8 *code, u32 len);
};

extern const struct arch_tramp_ops x86_64_tramp, arm64_tramp;

/* Those of a machine by its ELF number, e_machine; NULL: none. */
const struct arch_tramp_ops *arch_tramp_of(u16 machine);
/* Those of the machine this runs on; NULL: none. */
const struct arch_tramp_ops *arch_host_tramp(void);

#endif
