/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known at one point of one path: registers and stack of each frame, references held. A path
 * owns its state; remembered ones (prune.h) change no more, but for precision marks.
 */
#ifndef FS_VERIFIER_STATE_H
#define FS_VERIFIER_STATE_H

#include "verifier/scalar.h"
#include "verifier/verifier.h"

#define STACK_SLOTS (INSN_STACK_BYTES / 8)
#define NO_TRACE 0xffffffffu

enum reg_type {
	REG_NONE,		/* not written, or not readable any more */
	REG_SCALAR,
	REG_CTX,
	REG_STACK,
	REG_MAP,		/* a map itself */
	REG_MAP_VALUE,
	REG_MAP_KEY,		/* as callbacks get it */
	REG_MEM,		/* .mem_bytes */
	REG_BTF,		/* a kernel (target) object by type: loads may fault */
	REG_PACKET,
	REG_PACKET_META,
	REG_PACKET_END,
	REG_FUNC,		/* callback */
	REG_DYNPTR,		/* argument of a global function or callback */
	REG_TYPES,
};

enum reg_flags {
	REG_MAYBE_NULL = 1 << 0,
	REG_READ_ONLY = 1 << 1,
	REG_RECORD = 1 << 2,	/* memory that was reserved in a ring buffer */
	REG_TRUSTED = 1 << 3,	/* BTF: alive for as long as the program runs */
	REG_GIVEN = 1 << 4,	/* BTF: an argument of what is traced, or reached from one: taken for alive; may be NULL */
};

struct reg {
	u8 type;
	u8 flags;
	u8 frame;		/* REG_STACK */
	bool precise;		/* scalar: pruning may not take others for it */
	s32 off;		/* pointer: constant part of its offset */
	u32 id;			/* scalars: equal up to .add; pointers: one null check, one packet range */
	u32 ref;		/* reference it stands for, or 0 */
	s32 add;		/* scalar: distance to what else has .id */
	union {
		u32 mem_bytes;	/* REG_MEM */
		u32 range;	/* REG_PACKET*: bytes known to be there, from offset 0 */
		u32 subprog;	/* REG_FUNC */
		u32 btf_id;	/* REG_BTF */
	};
	union {
		const struct verify_map *map;
		const struct btf *btf;
	};
	u32 map_uid;		/* which lookup of an inner map */
	struct scalar v;	/* the number; pointer: variable part of its offset */
};

enum slot_kind {
	SLOT_INVALID,		/* never written */
	SLOT_MISC,		/* some number */
	SLOT_ZERO,
	SLOT_SPILL,		/* part of .reg */
	SLOT_DYNPTR,		/* this and those behind it: objects, of whole slots */
	SLOT_ITER,
	SLOT_IRQ,		/* whether interrupts were on */
};

struct slot {
	struct reg reg;		/* spilled; iterators and dynptrs keep what they are here */
	u8 kind[8];		/* per byte, ascending addresses */
};

struct frame {
	struct reg regs[INSN_REGS];
	u32 subprog;
	u32 callsite;		/* where in the caller */
	bool is_callback;
	u32 rounds;		/* of callbacks that the call at hand has called */
	u32 refs_at, id_at;	/* callback: references held, and last id given, when it began */
	u32 slots;		/* of stack[], from the top down; what lies below was never written */
	struct slot *stack;
};

struct ref {
	u32 id;
	u32 insn;		/* where it was taken */
	u8 kind;
	u32 of;			/* locks: id of the value it is in */
	const struct verify_map *map;
};

enum ref_kind { REF_RECORD, REF_OBJECT, REF_ITER, REF_LOCK, REF_RES_LOCK, REF_RES_LOCK_IRQ, REF_PREEMPT, REF_RCU,
		REF_IRQ, REF_IRQ_LOCK };

struct state {
	struct frame *frames[INSN_FRAMES_MAX];
	u32 depth;		/* of the running frame */
	u32 pc, prev_pc;
	u32 nr_refs;
	struct ref *refs;
	u32 may_goto_depth;
	u32 entry;		/* 0: of a function; else the number of what is called back later */
	bool sleepable;
	u32 trace;		/* last instruction of the path */
	struct state *parent;	/* remembered state the path came through last */
	struct state *next;	/* pending, or remembered at the same instruction */
	u32 branches;		/* remembered: paths from here that are not done */
	u32 hits, misses;
	u32 in_loop;		/* epoch in which a path from here was closed at a state that was not done */
	bool is_head;		/* such a state */
	bool by_rounds;		/* the proof from here rests on the number of rounds of callbacks */
	bool listed;
	bool from_callback;	/* a callback has just returned to this call */
	bool speculative_end;
};

static inline struct frame *state_frame(struct state *s)
{
	return s->frames[s->depth];
}

/* A part of what lives on the stack as a whole */
static inline bool slot_is_object(const struct slot *s)
{
	return s->kind[0] >= SLOT_DYNPTR;
}

#define ALL_REGS 0x3ffu		/* without the frame pointer */

static inline u32 lowest_bit(u64 mask)
{
	return __builtin_ctzll(mask);
}

static inline u64 slots_below(u32 nr)
{
	return nr < 64 ? (1ULL << nr) - 1 : ~0ULL;
}

static inline struct reg *state_regs(struct state *s)
{
	return s->frames[s->depth]->regs;
}

/* That frames, stacks and references of all states of this thread take. */
u64 state_bytes(void);
struct state *state_new(void);
void state_free(struct state *s);
/* -ENOMEM. Links (parent, next, counters) are the copy's own. */
int state_copy(const struct state *from, struct state **ret);
struct frame *frame_new(u32 subprog, u32 callsite);
void frame_free(struct frame *f);
/* Makes the stack at least @slots deep; -ENOMEM. */
int frame_grow(struct frame *f, u32 slots);

int state_add_ref(struct state *s, u8 kind, u32 id, u32 insn);
/* -EINVAL: it is not held. */
int state_drop_ref(struct state *s, u32 id);
const struct ref *state_find_ref(const struct state *s, u8 kind);

static inline bool reg_is_pointer(const struct reg *r)
{
	return r->type != REG_NONE && r->type != REG_SCALAR;
}

static inline bool reg_is_const(const struct reg *r)
{
	return r->type == REG_SCALAR && scalar_is_const(&r->v);
}

static inline bool reg_is_zero(const struct reg *r)
{
	return reg_is_const(r) && !r->v.t.value;
}

/* Pointers without a variable part. */
static inline bool reg_is_fixed(const struct reg *r)
{
	return scalar_is_const(&r->v);
}

static inline bool reg_is_packet(const struct reg *r)
{
	return r->type == REG_PACKET || r->type == REG_PACKET_META;
}

void reg_set_unknown(struct reg *r);
void reg_set_const(struct reg *r, u64 v);
void reg_set_scalar(struct reg *r, struct scalar v);
void reg_set_none(struct reg *r);
/* A pointer of that type at offset 0. */
void reg_set_pointer(struct reg *r, enum reg_type type, u32 flags);

/* Calls @fn for every register of the state, spilled ones included. */
typedef void (*reg_fn)(struct reg *r, void *arg);
void state_each_reg(struct state *s, reg_fn fn, void *arg);

/* Names of reg_type for messages. */
const char *reg_type_name(const struct reg *r);

#endif
