/* SPDX-License-Identifier: BSD-2-Clause */
/* One run of the verifier: what its analyses share. */
#ifndef FS_VERIFIER_ENV_H
#define FS_VERIFIER_ENV_H

#include "verifier/state.h"

#define SUBPROGS_MAX VERIFY_FUNCS_MAX
#define PENDING_MAX 8192	/* branches waiting to be followed */
#define STATE_BYTES_MAX (256ULL << 20)
#define OFF_MAX (1 << 29)	/* of any pointer from its object */

/* A reason to stop following a path that is no error. */
#define PATH_DONE 1

enum aux_flags {
	AUX_START = 1 << 0,	/* an instruction begins here */
	AUX_CHECKPOINT = 1 << 1,	/* states are compared here */
	AUX_FORCE = 1 << 2,	/* and always remembered */
	AUX_CALLBACK = 1 << 3,	/* a call whose callback returns to it */
	AUX_REACHED = 1 << 4,	/* by the control flow graph */
	AUX_ITER_NEXT = 1 << 5,
	AUX_MAY_GOTO = 1 << 6,
};

struct aux {			/* per instruction */
	u8 flags;
	u8 mem;			/* reg_type it went through; 0: none yet */
	u16 live_regs;		/* before it */
	u32 subprog;
	u64 live_slots;		/* of its own frame, before it */
	const struct verify_map *map;	/* ldimm64 */
	u32 map_off;
	u32 passes;		/* since a state was remembered here */
	struct state *states;	/* remembered */
};

enum map_field { FIELD_LOCK, FIELD_RES_LOCK, FIELD_TIMER, FIELD_WQ, FIELDS };	/* fields.h */
#define FIELDS_KNOWN 16

struct map_fields {
	const struct verify_map *map;
	s32 off[FIELDS];
};

/* A function that a timer or a work queue calls back later, by itself. */
struct async {
	u32 subprog;
	bool sleepable;
	const struct verify_map *map;
};

struct subprog {
	u32 start, end;
	u32 stack_bytes;
	bool is_global;
	bool is_void;
	bool is_called, is_verified;	/* global: by what was followed; by itself */
	bool is_callback, is_async;	/* called back by helpers; later */
	u32 effects;		/* PF_MOVES_PACKET, PF_SLEEPABLE: its own, and of what it calls */
	bool has_tail_call;
	u32 btf_id;		/* FUNC, or 0 */
	const char *name;
};

/* One instruction of a path; its predecessor is .parent. */
struct trace {
	u32 parent;
	u32 insn;
	u8 depth;
	u8 mem_frame;		/* frame of the stack slot it reads or writes */
	s8 mem_slot;		/* -1: none it knows */
	u8 flags;
	u32 links;		/* index + 1 of the registers that were refined together */
};

enum trace_flags { TRACE_MEM = 1 << 0, TRACE_ALL_SLOTS = 1 << 1 };

#define LINKS_MAX 8
struct links {			/* registers with one id that a jump refined */
	u8 cnt;
	struct {
		u8 frame;
		s8 reg;		/* -1: .slot */
		u8 slot;
	} at[LINKS_MAX];
};

/* A path that was taken for one from @to, whose marks were not complete then. */
struct edge {
	struct state *to, *parent;
	u32 trace;
	u8 depth;
};

struct env {
	const struct verify_opts *o;
	struct verify_result *res;
	struct bpf_insn *insns;
	u32 cnt;
	struct aux *aux;
	struct subprog subprogs[SUBPROGS_MAX];
	u32 nr_subprogs;
	struct state *cur;
	struct state *pending;	/* a stack */
	u32 nr_pending;
	struct trace *trace;
	u32 nr_trace, cap_trace;
	struct links *links;
	u32 nr_links;
	struct state *detached;	/* not listed any more, but paths from there go on */
	struct edge *edges;
	u32 nr_edges, open_heads;
	u32 epoch;		/* of loops: all states marked with an older one are complete */
	u64 marks;		/* made so far */
	u32 next_id;
	struct map_fields fields[FIELDS_KNOWN];
	struct async *async;	/* followed, or put aside to be */
	u32 nr_async;
	u64 jumps;
	u64 insns_at_state, jumps_at_state;	/* when one was remembered last */
	u32 live_states;
	const struct bpf_line_info *last_line;	/* printed */
	bool mid_line;		/* an instruction was printed, what it did was not */
	int err;		/* latched */
	bool refused;		/* the reason has been told */
	bool in_global;		/* a global function is being verified by itself */
	bool changed_data;	/* packet pointers were dropped */
};

/* Says why and returns @err. One line; a second, "hint: ...", may follow by hint(). */
int refuse(struct env *env, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same of register @nr: "R1" stands before what @fmt says, and what is known of it behind. */
int refuse_reg(struct env *env, int err, u32 nr, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void hint(struct env *env, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void vlog(struct env *env, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* An inconsistency of the verifier itself. */
int verify_bug(struct env *env, const char *what);

static inline bool env_logs(const struct env *env, u32 level)
{
	return env->o->ops && env->o->ops->log && (env->o->log_level & 3) >= level;
}

static inline u32 env_id(struct env *env)
{
	return ++env->next_id;
}

static inline const struct bpf_func_info *info_func(const struct verify_opts *o, u32 nr)
{
	return (const void *)((const char *)o->func_info + (size_t)nr * o->func_info_rec);
}

static inline const struct bpf_line_info *info_line(const struct verify_opts *o, u32 nr)
{
	return (const void *)((const char *)o->line_info + (size_t)nr * o->line_info_rec);
}

static inline const struct bpf_insn *env_insn(const struct env *env)
{
	return &env->insns[env->cur->pc];
}

/* Puts aside a copy of the current state that goes on at @pc; NULL with env->err set. */
struct state *env_push(struct env *env, u32 pc);
/* A copy of the current state; -ENOMEM, or -E2BIG: all of them take too much. */
int env_copy(struct env *env, struct state **ret);

/* Register that must be readable. */
int reg_check_read(struct env *env, u32 nr);

#endif
