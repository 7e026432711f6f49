/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of a session program (store.h has the picture of the memory):
 *
 * entry half                              exit half
 *   line = lines[this CPU]                  line = lines[this CPU]
 *   if line->busy: missed++, free the       line->busy = 1
 *     slot of {ctx, id} if any, return 0    look {ctx, id} up
 *   in_entry = 1                            none: unmatched++, return 0
 *   claim a slot for {ctx, id}              if in_entry: missed++, free it, return 0
 *   none free: full++, return 0             the program, is_return = 1
 *   cookie = 0, entries++                   free the slot, busy = 0, exits++
 *   the program, is_return = 0, in_entry = 0
 *
 * A call made from inside the program is missed in both phases, as natively: from the entry half,
 * the kernel's own guard keeps the nested entry from running and the nested exit finds no record;
 * from the exit half, the nested entry sees busy and the kernel's guard stops the nested exit. Kernels
 * without that guard (before 5.12) let nothing but interrupts in between, so there both halves set
 * and test busy. Counters need no atomics: of one half, one run at a time is on a CPU.
 *
 * The record's address and the line's are spilled below main's own stack when that is known
 * and leaves room; else, and in subprograms, the record is found through the line's cell.
 */
#include "engine/split.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/build.h"
#include "bpf/ctxflow.h"
#include "bpf/rewrite.h"
#include "engine/hash.h"
#include "image/bpfobj.h"
#include "util/log.h"

enum {			/* helper numbers, include/uapi/linux/bpf.h */
	HELPER_SMP_PROCESSOR_ID = 8,
	HELPER_TAIL_CALL = 12,
	HELPER_PID_TGID = 14,
	HELPER_CURRENT_TASK = 35,	/* GPL only */
	HELPER_PROBE_READ_KERNEL = 113,
	HELPER_GET_FUNC_IP = 173,
	HELPER_GET_ATTACH_COOKIE = 174,
	HELPER_GET_FUNC_ARG = 183,
	HELPER_GET_FUNC_RET = 184,
	HELPER_GET_FUNC_ARG_CNT = 185,
};

#define LINE(f) offsetof(struct store_line, f)
/* Pointers to slots point at the cookie: what bpf_session_cookie() returns is then there already. */
#define SLOT_ORIGIN offsetof(struct store_slot, cookie)
#define SLOT(f) ((int)offsetof(struct store_slot, f) - (int)SLOT_ORIGIN)
#define HASH_OFF_SHIFT (HASH_SHIFT - 5)	/* of the product: then it is an offset, in slots of 32 bytes */
#define STACK_LIMIT 512
#define LIBBPF_MISSING_KFUNC 2002000000	/* POISON_CALL_KFUNC_BASE of libbpf's relo_core.h */
#define ANY_MARKER 0			/* instead of a session id: a record that announces a tail call */

/* Of a prologue. Those that calls leave alone cost the program a push and a pop each: two are enough. */
enum {
	REG_CTX = BPF_REG_6,
	REG_LINE = BPF_REG_7,
	REG_OFF = BPF_REG_2,		/* of the slot */
	REG_KEY = BPF_REG_3,
	REG_SLOT = BPF_REG_4,
	REG_TID = BPF_REG_5,
};

struct session_calls {		/* ids of the kfuncs, where the object's externs were resolved */
	uint32_t is_return_id;
	uint32_t cookie_id;
};

struct gen {
	const char *name;
	const struct bpf_insn *insns;
	size_t cnt;
	const struct split_params *p;
	struct session_calls calls;
	struct split_uses uses;
	struct ctxflow flow;
	struct rewrite rw;
	bool spill;		/* there is room on main's stack */
	int spill_slot;		/* offsets from r10 */
	int spill_line;
	int spill_marker;
	int spill_off;
	bool need_cell;		/* the record's offset is wanted in the line's cell */
};

static bool entry_half(const struct gen *g)
{
	return g->p->half == SPLIT_ENTRY;
}

static int cell_off(const struct gen *g)
{
	return entry_half(g) ? LINE(cell_entry) : LINE(cell_exit);
}

/* The flag that says this half runs on this CPU. Without the kernel's guard one flag stands for both. */
static int busy_off(const struct gen *g)
{
	return entry_half(g) && g->p->has_guard ? LINE(in_entry) : LINE(busy);
}

static uint32_t slots_mask(const struct gen *g)
{
	return ((1u << g->p->store.slots_bits) - 1) * STORE_SLOT_SIZE;
}

static uint32_t last_slot_off(const struct gen *g)
{
	return ((1u << g->p->store.slots_bits) + STORE_PROBES - 2) * STORE_SLOT_SIZE;
}

static int marker_of(const struct bpf_insn *insn, const struct session_calls *c)
{
	if (insn_is_helper_call(insn) &&
	    (insn->imm == FS_MARKER_IS_RETURN || insn->imm == FS_MARKER_COOKIE))
		return insn->imm;
	if (insn_is_kfunc_call(insn) && insn->off == 0 && insn->imm) {
		if ((uint32_t)insn->imm == c->is_return_id)
			return FS_MARKER_IS_RETURN;
		if ((uint32_t)insn->imm == c->cookie_id)
			return FS_MARKER_COOKIE;
	}
	return 0;
}

static int classify(const struct bpf_insn *insn, const void *calls)
{
	int marker = marker_of(insn, calls);

	if (!marker)
		return 0;
	return CTXFLOW_SESSION | (insn->off == FS_MARKER_OFF_NO_CTX ? 0 : CTXFLOW_TAKES_CTX) |
	       (marker == FS_MARKER_COOKIE ? CTXFLOW_COOKIE : 0);
}

/* -- Pieces ------------------------------------------------------------------------------ */

/* @dst = this CPU's line. Clobbers r0-r5. */
static void gen_line(const struct gen *g, struct insn_seq *s, int dst)
{
	seq_add(s, INSN_CALL(HELPER_SMP_PROCESSOR_ID));
	seq_add(s, INSN_ALU_I(BPF_AND, BPF_REG_0, g->p->store.cpu_mask));
	seq_add(s, INSN_ALU_I(BPF_LSH, BPF_REG_0, STORE_LINE_SHIFT));
	seq_ld_map_value(s, dst, g->p->store.lines_fd, g->p->store.line_off);
	seq_add(s, INSN_ALU_R(BPF_ADD, dst, BPF_REG_0));
}

static void gen_count(struct insn_seq *s, int line, int off, int tmp)
{
	seq_add(s, INSN_LDX(BPF_DW, tmp, line, off));
	seq_add(s, INSN_ALU_I(BPF_ADD, tmp, 1));
	seq_add(s, INSN_STX(BPF_DW, line, off, tmp));
}

static void gen_count_atomic(struct insn_seq *s, int line, int off, int tmp)
{
	seq_add(s, INSN_MOV_I(tmp, 1));
	seq_add(s, INSN_ATOMIC(BPF_ADD, line, off, tmp));
}

/* @off = offset of the first slot to try for the scalar ctx in @ctx and session @id. */
static void gen_hash(const struct gen *g, struct insn_seq *s, int off, int ctx, uint32_t id)
{
	seq_add(s, INSN_MOV_R(off, ctx));
	seq_add(s, INSN_ALU_I(BPF_MUL, off, hash_multiplier(id, g->p->store.slots_bits)));
	seq_add(s, INSN_ALU_I(BPF_RSH, off, HASH_OFF_SHIFT));
	seq_add(s, INSN_ALU_I(BPF_AND, off, slots_mask(g)));
}

/* @dst (a pointer to a slot) from the scalar offset in @off, whatever it holds. */
static void gen_slot_at(const struct gen *g, struct insn_seq *s, int dst, int off)
{
	size_t ok;

	seq_add(s, INSN_ALU_I(BPF_AND, off, 0x7fffffe0));
	ok = seq_jmp_fwd(s, INSN_JMP_I(BPF_JLE, off, last_slot_off(g), 0));
	seq_add(s, INSN_MOV_I(off, 0));
	seq_land(s, ok);
	seq_ld_map_value(s, dst, g->p->store.slots_fd, SLOT_ORIGIN);
	seq_add(s, INSN_ALU_R(BPF_ADD, dst, off));
}

/* Adds @n to a claim count. Clobbers @tmp. */
static void gen_add_claims(struct insn_seq *s, int slot, int off, int n, int tmp)
{
	seq_add(s, INSN_MOV_I(tmp, n));
	seq_add(s, INSN_ATOMIC_W(BPF_ADD, slot, off, tmp));
}

/* Makes the slot at @slot free for others; the payload's stores come before. Clobbers @tmp. It goes
 * without an id: whom a slot belongs to that was claimed a moment ago nobody must read from its past.
 * @claims: how many of them are ours, where they are counted. */
static void gen_release(const struct gen *g, struct insn_seq *s, int slot, int claims, int tmp)
{
	seq_add(s, INSN_ST(BPF_DW, slot, SLOT(id), 0));
	if (!g->p->has_cmpxchg) {
		seq_add(s, INSN_ST(BPF_DW, slot, SLOT(key), 0));
		gen_add_claims(s, slot, SLOT(claims), -claims, tmp);
	} else if (g->p->strong_release) {
		seq_add(s, INSN_MOV_I(tmp, 0));
		seq_add(s, INSN_ATOMIC(BPF_XCHG, slot, SLOT(key), tmp));
	} else {
		seq_add(s, INSN_ST(BPF_DW, slot, SLOT(key), 0));
	}
}

/*
 * Makes the record at REG_SLOT, of a call that is over, ours alone; returns the jump of failure: a
 * sweep is at it. With compare-and-exchange a tag keeps it from others, else a second claim.
 */
static size_t gen_seize(const struct gen *g, struct insn_seq *s)
{
	size_t alone, failed;

	if (g->p->has_cmpxchg) {
		seq_add(s, INSN_MOV_R(BPF_REG_1, REG_KEY));
		seq_add(s, INSN_ALU_I(BPF_OR, BPF_REG_1, STORE_TAG));
		seq_add(s, INSN_MOV_R(BPF_REG_0, REG_KEY));
		seq_add(s, INSN_ATOMIC(BPF_CMPXCHG, REG_SLOT, SLOT(key), BPF_REG_1));
		return seq_jmp_fwd(s, INSN_JMP_R(BPF_JNE, BPF_REG_0, REG_KEY, 0));
	}
	gen_add_claims(s, REG_SLOT, SLOT(claims), 1, BPF_REG_1);
	seq_add(s, INSN_LDX(BPF_W, BPF_REG_1, REG_SLOT, SLOT(claims)));
	alone = seq_jmp_fwd(s, INSN_JMP_I(BPF_JEQ, BPF_REG_1, 2, 0));
	gen_add_claims(s, REG_SLOT, SLOT(claims), -1, BPF_REG_1);
	failed = seq_jmp_fwd(s, INSN_JA(0));
	seq_land(s, alone);
	return failed;
}

struct fixups {
	size_t at[3 * STORE_PROBES];
	int probe[3 * STORE_PROBES];
	int cnt;
};

static void hit(struct insn_seq *s, struct fixups *fx, int probe, struct bpf_insn jmp)
{
	fx->at[fx->cnt] = seq_jmp_fwd(s, jmp);
	fx->probe[fx->cnt++] = probe;
}

/* Jumps out to @fx when slot @i holds {REG_KEY, @id}, of which the key was compared. */
static void gen_same_id(struct insn_seq *s, struct fixups *fx, int i, uint32_t id)
{
	seq_add(s, INSN_LDX(BPF_W, BPF_REG_1, REG_SLOT, i * STORE_SLOT_SIZE + SLOT(id)));
	if (id == ANY_MARKER)
		seq_add(s, INSN_ALU_I(BPF_RSH, BPF_REG_1, STORE_MARKER_SHIFT));
	hit(s, fx, i, INSN_JMP_I(BPF_JEQ, BPF_REG_1, id == ANY_MARKER ? 1 : id, 0));
}

/* One try at slot @i. A record of the same key is of a call that is over: its exit was lost. */
static void gen_claim(const struct gen *g, struct insn_seq *s, struct fixups *fx,
		      struct fixups *stale, int i, uint32_t id)
{
	int key = i * STORE_SLOT_SIZE + SLOT(key), claims = i * STORE_SLOT_SIZE + SLOT(claims);
	size_t next, own;

	if (g->p->has_cmpxchg) {
		seq_add(s, INSN_MOV_I(BPF_REG_0, 0));
		seq_add(s, INSN_ATOMIC(BPF_CMPXCHG, REG_SLOT, key, REG_KEY));
		hit(s, fx, i, INSN_JMP_I(BPF_JEQ, BPF_REG_0, 0, 0));
		next = seq_jmp_fwd(s, INSN_JMP_R(BPF_JNE, BPF_REG_0, REG_KEY, 0));
		gen_same_id(s, stale, i, id);
		seq_land(s, next);
		return;
	}
	gen_add_claims(s, REG_SLOT, claims, 1, BPF_REG_1);
	seq_add(s, INSN_LDX(BPF_W, BPF_REG_1, REG_SLOT, claims));
	own = seq_jmp_fwd(s, INSN_JMP_I(BPF_JNE, BPF_REG_1, 1, 0));
	seq_add(s, INSN_STX(BPF_DW, REG_SLOT, key, REG_KEY));
	hit(s, fx, i, INSN_JA(0));
	seq_land(s, own);
	gen_add_claims(s, REG_SLOT, claims, -1, BPF_REG_1);
	seq_add(s, INSN_LDX(BPF_DW, BPF_REG_0, REG_SLOT, key));
	next = seq_jmp_fwd(s, INSN_JMP_R(BPF_JNE, BPF_REG_0, REG_KEY, 0));
	gen_same_id(s, stale, i, id);
	seq_land(s, next);
}

static void gen_find(struct insn_seq *s, struct fixups *fx, int i, uint32_t id)
{
	size_t next;

	seq_add(s, INSN_LDX(BPF_DW, BPF_REG_1, REG_SLOT, i * STORE_SLOT_SIZE + SLOT(key)));
	next = seq_jmp_fwd(s, INSN_JMP_R(BPF_JNE, BPF_REG_1, REG_KEY, 0));
	gen_same_id(s, fx, i, id);
	seq_land(s, next);
}

/* All jumps of @fx land here, with REG_SLOT and REG_OFF moved to the slot that was hit. */
static void gen_land_hits(struct insn_seq *s, const struct fixups *fx)
{
	size_t done[STORE_PROBES];
	int nr_done = 0;

	for (int i = STORE_PROBES - 1; i >= 0; i--) {
		for (int k = 0; k < fx->cnt; k++)
			if (fx->probe[k] == i)
				seq_land(s, fx->at[k]);
		if (i) {
			seq_add(s, INSN_ALU_I(BPF_ADD, REG_SLOT, i * STORE_SLOT_SIZE));
			seq_add(s, INSN_ALU_I(BPF_ADD, REG_OFF, i * STORE_SLOT_SIZE));
			done[nr_done++] = seq_jmp_fwd(s, INSN_JA(0));
		}
	}
	for (int k = 0; k < nr_done; k++)
		seq_land(s, done[k]);
}

/* The key for the ctx in @ctx, and the first slot to try: a difference of pointers is a number. */
static void gen_first_slot(const struct gen *g, struct insn_seq *s, int ctx, uint32_t id)
{
	seq_ld_map_value(s, REG_SLOT, g->p->store.slots_fd, SLOT_ORIGIN);
	seq_add(s, INSN_MOV_R(REG_KEY, ctx));
	seq_add(s, INSN_ALU_R(BPF_SUB, REG_KEY, REG_SLOT));
	gen_hash(g, s, REG_OFF, REG_KEY, id);
	seq_add(s, INSN_ALU_R(BPF_ADD, REG_SLOT, REG_OFF));
}

/* Looks for the record {ctx, @id}. */
static void gen_look_up(const struct gen *g, struct insn_seq *s, struct fixups *fx, uint32_t id)
{
	gen_first_slot(g, s, REG_CTX, id);
	for (int i = 0; i < STORE_PROBES; i++)
		gen_find(s, fx, i, id);
}

static void gen_return0(const struct gen *g, struct insn_seq *s)
{
	/* A session program needs a GPL-compatible licence, since it calls kfuncs. The kernel refuses
	 * this helper to others, so a licence that would fail natively fails here too. */
	if (g->uses.markers)
		seq_add(s, INSN_CALL(HELPER_CURRENT_TASK));
	seq_add(s, INSN_MOV_I(BPF_REG_0, 0));
	seq_add(s, INSN_EXIT());
}

/* -- Tail calls ---------------------------------------------------------------------------- */
/*
 * A program that is entered by a tail call goes on in the frame and the session of its caller.
 * The caller announces it by a second record of the same ctx, whose cookie is the offset of its own and
 * which has a bit in its id; the callee takes that away, and its exit half ends the session. (From a
 * subprogram the caller's main would go on afterwards: refused.) A marker whose callee did not run says
 * of what call it was, so nobody follows it later.
 */

/* Takes the marker, if there is one: then jumps away (to be landed by the caller) with REG_SLOT = the
 * caller's record and REG_OFF = its offset. */
static size_t gen_take_marker(const struct gen *g, struct insn_seq *s)
{
	struct fixups fx = {};
	size_t none, old[3], found;

	gen_look_up(g, s, &fx, ANY_MARKER);
	none = seq_jmp_fwd(s, INSN_JA(0));
	gen_land_hits(s, &fx);
	seq_add(s, INSN_LDX(BPF_DW, REG_OFF, REG_SLOT, SLOT(cookie)));
	seq_add(s, INSN_LDX(BPF_W, BPF_REG_1, REG_SLOT, SLOT(stamp)));
	seq_add(s, INSN_LDX(BPF_W, BPF_REG_5, REG_SLOT, SLOT(id)));
	seq_add(s, INSN_ALU_I(BPF_AND, BPF_REG_5, STORE_MARKER - 1));
	gen_release(g, s, REG_SLOT, 1, BPF_REG_0);
	gen_slot_at(g, s, REG_SLOT, REG_OFF);
	seq_add(s, INSN_LDX(BPF_DW, BPF_REG_0, REG_SLOT, SLOT(key)));
	old[0] = seq_jmp_fwd(s, INSN_JMP_R(BPF_JNE, BPF_REG_0, REG_KEY, 0));
	seq_add(s, INSN_LDX(BPF_W, BPF_REG_0, REG_SLOT, SLOT(id)));
	old[1] = seq_jmp_fwd(s, INSN_JMP_R(BPF_JNE, BPF_REG_0, BPF_REG_5, 0));
	seq_add(s, INSN_LDX(BPF_W, BPF_REG_0, REG_SLOT, SLOT(stamp)));
	old[2] = seq_jmp_fwd(s, INSN_JMP_R(BPF_JNE, BPF_REG_0, BPF_REG_1, 0));
	found = seq_jmp_fwd(s, INSN_JA(0));
	for (int i = 0; i < 3; i++)
		seq_land(s, old[i]);
	seq_land(s, none);
	return found;
}

/* One try at the slot in r4 for the key in r5, with r0; returns the jump of success. */
static size_t gen_claim_marker(const struct gen *g, struct insn_seq *s)
{
	size_t own, taken;

	if (g->p->has_cmpxchg) {
		seq_add(s, INSN_MOV_I(BPF_REG_0, 0));
		seq_add(s, INSN_ATOMIC(BPF_CMPXCHG, BPF_REG_4, SLOT(key), BPF_REG_5));
		return seq_jmp_fwd(s, INSN_JMP_I(BPF_JEQ, BPF_REG_0, 0, 0));
	}
	gen_add_claims(s, BPF_REG_4, SLOT(claims), 1, BPF_REG_0);
	seq_add(s, INSN_LDX(BPF_W, BPF_REG_0, BPF_REG_4, SLOT(claims)));
	taken = seq_jmp_fwd(s, INSN_JMP_I(BPF_JNE, BPF_REG_0, 1, 0));
	seq_add(s, INSN_STX(BPF_DW, BPF_REG_4, SLOT(key), BPF_REG_5));
	own = seq_jmp_fwd(s, INSN_JA(0));
	seq_land(s, taken);
	gen_add_claims(s, BPF_REG_4, SLOT(claims), -1, BPF_REG_0);
	return own;
}

/* Makes the slot in r4 the marker of the record at hand: of its session, its task and its call. */
static void gen_fill_marker(const struct gen *g, struct insn_seq *s)
{
	static const int same[] = { SLOT(tid), SLOT(stamp) };

	seq_add(s, INSN_LDX(BPF_DW, BPF_REG_0, BPF_REG_10, g->spill_off));
	seq_add(s, INSN_STX(BPF_DW, BPF_REG_4, SLOT(cookie), BPF_REG_0));
	seq_add(s, INSN_LDX(BPF_DW, BPF_REG_5, BPF_REG_10, g->spill_slot));
	for (int i = 0; i < 2; i++) {
		seq_add(s, INSN_LDX(BPF_W, BPF_REG_0, BPF_REG_5, same[i]));
		seq_add(s, INSN_STX(BPF_W, BPF_REG_4, same[i], BPF_REG_0));
	}
	seq_add(s, INSN_LDX(BPF_W, BPF_REG_0, BPF_REG_5, SLOT(id)));
	seq_add(s, INSN_ALU_I(BPF_OR, BPF_REG_0, STORE_MARKER));
	seq_add(s, INSN_STX(BPF_W, BPF_REG_4, SLOT(id), BPF_REG_0));
	seq_add(s, INSN_STX(BPF_DW, BPF_REG_10, g->spill_marker, BPF_REG_4));
}

/* r1 = ctx, r2 = array and r3 = index must survive; of the others r0, r4 and r5 are free. */
static int gen_tail_call(struct gen *g, size_t i, struct insn_seq *s)
{
	size_t claimed[STORE_PROBES], full, none;

	if (!g->spill || g->flow.subprog[i])
		return -EOPNOTSUPP;
	seq_add(s, INSN_LDX(BPF_DW, BPF_REG_4, BPF_REG_10, g->spill_line));
	seq_add(s, INSN_LDX(BPF_DW, BPF_REG_0, BPF_REG_4, cell_off(g)));
	seq_add(s, INSN_STX(BPF_DW, BPF_REG_10, g->spill_off, BPF_REG_0));	/* record's offset */
	seq_add(s, INSN_ST(BPF_W, BPF_REG_4, busy_off(g), 0));
	seq_ld_map_value(s, BPF_REG_4, g->p->store.slots_fd, SLOT_ORIGIN);
	seq_add(s, INSN_MOV_R(BPF_REG_5, BPF_REG_1));
	seq_add(s, INSN_ALU_R(BPF_SUB, BPF_REG_5, BPF_REG_4));		/* the key */
	gen_hash(g, s, BPF_REG_0, BPF_REG_5, ANY_MARKER);
	seq_add(s, INSN_ALU_R(BPF_ADD, BPF_REG_4, BPF_REG_0));
	for (int k = 0; k < STORE_PROBES; k++) {
		if (k)
			seq_add(s, INSN_ALU_I(BPF_ADD, BPF_REG_4, STORE_SLOT_SIZE));
		claimed[k] = gen_claim_marker(g, s);
	}
	/* no room for a marker: the callee drops what it cannot pair, as when the store is full */
	seq_add(s, INSN_ST(BPF_DW, BPF_REG_10, g->spill_marker, 0));
	full = seq_jmp_fwd(s, INSN_JA(0));
	for (int k = 0; k < STORE_PROBES; k++)
		seq_land(s, claimed[k]);
	gen_fill_marker(g, s);
	seq_land(s, full);
	seq_add(s, INSN_CALL(HELPER_TAIL_CALL));
	/* still here: it failed */
	seq_add(s, INSN_LDX(BPF_DW, BPF_REG_4, BPF_REG_10, g->spill_marker));
	none = seq_jmp_fwd(s, INSN_JMP_I(BPF_JEQ, BPF_REG_4, 0, 0));
	gen_release(g, s, BPF_REG_4, 1, BPF_REG_1);
	seq_land(s, none);
	seq_add(s, INSN_LDX(BPF_DW, BPF_REG_4, BPF_REG_10, g->spill_line));
	seq_add(s, INSN_ST(BPF_W, BPF_REG_4, busy_off(g), 1));
	return 0;
}

/* -- Prologue and epilogue --------------------------------------------------------------------- */

static void gen_enter_body(const struct gen *g, struct insn_seq *s)
{
	if (g->need_cell)
		seq_add(s, INSN_STX(BPF_DW, REG_LINE, cell_off(g), REG_OFF));
	if (g->spill) {
		seq_add(s, INSN_STX(BPF_DW, BPF_REG_10, g->spill_slot, REG_SLOT));
		seq_add(s, INSN_STX(BPF_DW, BPF_REG_10, g->spill_line, REG_LINE));
	}
	seq_add(s, INSN_MOV_R(BPF_REG_1, REG_CTX));
}

/* Sets this half's flag, unless busy is set: then jumps away. Of programs that share a line without a
 * guard over them all, one may be preempted by another in between: there it is one step. */
static size_t gen_begin(const struct gen *g, struct insn_seq *s)
{
	bool one_step = !g->p->has_guard && g->p->has_cmpxchg;
	size_t missed;

	if (one_step) {
		seq_add(s, INSN_MOV_I(BPF_REG_1, 1));
		seq_add(s, INSN_ATOMIC_W(BPF_XCHG, REG_LINE, LINE(busy), BPF_REG_1));
	} else {
		seq_add(s, INSN_LDX(BPF_W, BPF_REG_1, REG_LINE, LINE(busy)));
	}
	missed = seq_jmp_fwd(s, INSN_JMP_I(BPF_JNE, BPF_REG_1, 0, 0));
	if (!one_step)
		seq_add(s, INSN_ST(BPF_W, REG_LINE, busy_off(g), 1));
	return missed;
}

static void gen_drop(const struct gen *g, struct insn_seq *s)
{
	gen_count(s, REG_LINE, LINE(full), BPF_REG_1);
	seq_add(s, INSN_ST(BPF_W, REG_LINE, busy_off(g), 0));
	seq_add(s, INSN_MOV_I(BPF_REG_0, 0));
	seq_add(s, INSN_EXIT());
}

/* Takes over the record at REG_SLOT, of a call whose exit was lost; drops this call if a sweep is at it.
 * A sweep that saw the record before finds it changed: no id. */
static void gen_take_over(const struct gen *g, struct insn_seq *s)
{
	size_t failed = gen_seize(g, s), ok;

	seq_add(s, INSN_ST(BPF_DW, REG_SLOT, SLOT(id), 0));
	if (g->p->has_cmpxchg) {
		seq_add(s, INSN_MOV_R(BPF_REG_1, REG_KEY));
		seq_add(s, INSN_ATOMIC(BPF_XCHG, REG_SLOT, SLOT(key), BPF_REG_1));
	} else {
		gen_add_claims(s, REG_SLOT, SLOT(claims), -1, BPF_REG_1);
	}
	gen_count_atomic(s, REG_LINE, LINE(stale), BPF_REG_1);
	ok = seq_jmp_fwd(s, INSN_JA(0));
	seq_land(s, failed);
	gen_drop(g, s);
	seq_land(s, ok);
}

/* Frees the record at REG_SLOT, of a call that is over, unless a sweep does. */
static void gen_forget_slot(const struct gen *g, struct insn_seq *s)
{
	size_t failed = gen_seize(g, s);

	gen_release(g, s, REG_SLOT, 2, BPF_REG_1);
	gen_count_atomic(s, REG_LINE, LINE(stale), BPF_REG_1);
	seq_land(s, failed);
}

/*
 * This run is missed: it must not leave a record behind that a later call in the same place would take
 * for its own. At an entry any record of this ctx is of an earlier call, at an exit this call ends.
 */
static void gen_miss(const struct gen *g, struct insn_seq *s)
{
	struct fixups fx = {};
	size_t none, taken = 0;

	gen_count_atomic(s, REG_LINE, LINE(missed), BPF_REG_1);
	if (g->p->tail_target)
		taken = gen_take_marker(g, s);
	gen_look_up(g, s, &fx, g->p->store.id);
	none = seq_jmp_fwd(s, INSN_JA(0));
	gen_land_hits(s, &fx);
	if (taken && !entry_half(g))
		seq_land(s, taken);
	gen_forget_slot(g, s);
	if (taken && entry_half(g))	/* the session is its caller's, and goes on */
		seq_land(s, taken);
	seq_land(s, none);
	gen_return0(g, s);
}

static void gen_entry_prologue(const struct gen *g, struct insn_seq *s)
{
	uint32_t id = g->p->store.id;
	struct fixups fx = {}, stale = {};
	size_t missed, taken = 0, counted;

	seq_add(s, INSN_MOV_R(REG_CTX, BPF_REG_1));
	gen_line(g, s, REG_LINE);
	missed = gen_begin(g, s);
	if (g->p->tail_target)
		taken = gen_take_marker(g, s);
	seq_add(s, INSN_CALL(HELPER_PID_TGID));
	seq_add(s, INSN_MOV_R(REG_TID, BPF_REG_0));
	gen_first_slot(g, s, REG_CTX, id);
	for (int i = 0; i < STORE_PROBES; i++)
		gen_claim(g, s, &fx, &stale, i, id);
	gen_drop(g, s);
	seq_land(s, missed);
	gen_miss(g, s);

	gen_land_hits(s, &stale);
	gen_take_over(g, s);
	counted = seq_jmp_fwd(s, INSN_JA(0));
	gen_land_hits(s, &fx);
	seq_land(s, counted);
	seq_add(s, INSN_ST(BPF_DW, REG_SLOT, SLOT(cookie), 0));
	seq_add(s, INSN_ST(BPF_W, REG_SLOT, SLOT(id), id));
	seq_add(s, INSN_STX(BPF_W, REG_SLOT, SLOT(tid), REG_TID));
	gen_count(s, REG_LINE, LINE(entries), BPF_REG_1);
	seq_add(s, INSN_STX(BPF_W, REG_SLOT, SLOT(stamp), BPF_REG_1));
	if (g->p->tail_target)
		seq_land(s, taken);
	gen_enter_body(g, s);
}

/*
 * No record: the exit half goes without. Nor does it take one while the entry half is inside on this CPU:
 * natively that is one program, and this exit missed; here the kernel may have kept this call's entry
 * from running, and the record be of an earlier call.
 */
static void gen_unpaired(const struct gen *g, struct insn_seq *s, const struct fixups *found)
{
	size_t none = seq_jmp_fwd(s, INSN_JA(0)), fine = 0, missed = 0;

	gen_land_hits(s, found);
	if (g->p->has_guard) {
		seq_add(s, INSN_LDX(BPF_W, BPF_REG_1, REG_LINE, LINE(in_entry)));
		fine = seq_jmp_fwd(s, INSN_JMP_I(BPF_JEQ, BPF_REG_1, 0, 0));
		gen_forget_slot(g, s);
	} else {
		fine = seq_jmp_fwd(s, INSN_JA(0));
	}
	seq_land(s, none);
	seq_add(s, INSN_ST(BPF_W, REG_LINE, LINE(busy), 0));
	if (g->p->has_guard) {
		seq_add(s, INSN_LDX(BPF_W, BPF_REG_1, REG_LINE, LINE(in_entry)));
		missed = seq_jmp_fwd(s, INSN_JMP_I(BPF_JNE, BPF_REG_1, 0, 0));
	}
	gen_count(s, REG_LINE, LINE(unmatched), BPF_REG_1);
	gen_return0(g, s);
	if (g->p->has_guard) {
		seq_land(s, missed);
		gen_count_atomic(s, REG_LINE, LINE(missed), BPF_REG_1);
		gen_return0(g, s);
	}
	seq_land(s, fine);
}

static void gen_exit_prologue(const struct gen *g, struct insn_seq *s)
{
	struct fixups found = {};
	size_t missed = 0, begun, taken = 0;

	seq_add(s, INSN_MOV_R(REG_CTX, BPF_REG_1));
	gen_line(g, s, REG_LINE);
	/* as early as can be: what interrupts us before this may run an entry half whose exit half the
	 * kernel then suppresses */
	if (g->p->has_guard) {
		seq_add(s, INSN_ST(BPF_W, REG_LINE, LINE(busy), 1));
	} else {
		missed = gen_begin(g, s);
		begun = seq_jmp_fwd(s, INSN_JA(0));
		seq_land(s, missed);
		gen_miss(g, s);
		seq_land(s, begun);
	}
	if (g->p->tail_target)
		taken = gen_take_marker(g, s);
	gen_look_up(g, s, &found, g->p->store.id);
	gen_unpaired(g, s, &found);
	if (g->p->tail_target)
		seq_land(s, taken);
	gen_enter_body(g, s);
}

/* @slot = this run's record. Clobbers r2. */
static void gen_own_slot(const struct gen *g, struct insn_seq *s, int line, int slot)
{
	if (g->spill) {
		seq_add(s, INSN_LDX(BPF_DW, slot, BPF_REG_10, g->spill_slot));
		return;
	}
	seq_add(s, INSN_LDX(BPF_DW, BPF_REG_2, line, cell_off(g)));
	gen_slot_at(g, s, slot, BPF_REG_2);
}

/* The run is over, here with this CPU's line and the record at hand. Clobbers r1. */
static void gen_end(const struct gen *g, struct insn_seq *s, int line, int slot)
{
	if (!entry_half(g)) {
		gen_release(g, s, slot, 1, BPF_REG_1);
		gen_count(s, line, LINE(exits), BPF_REG_1);
	}
	seq_add(s, INSN_ST(BPF_W, line, busy_off(g), 0));
}

/* Before an exit of main; r0 is the program's result and stays what it is. r6-r9 are free. */
static void gen_epilogue(const struct gen *g, struct insn_seq *s)
{
	int line = BPF_REG_3, slot = BPF_REG_4;

	if (g->spill) {
		seq_add(s, INSN_LDX(BPF_DW, line, BPF_REG_10, g->spill_line));
	} else {
		seq_add(s, INSN_MOV_R(BPF_REG_6, BPF_REG_0));
		gen_line(g, s, line);
		seq_add(s, INSN_MOV_R(BPF_REG_0, BPF_REG_6));
	}
	if (!entry_half(g))
		gen_own_slot(g, s, line, slot);
	gen_end(g, s, line, slot);
	seq_add(s, INSN_EXIT());
}

/* Before bpf_throw(r1), which ends the program from any function and does not come back: all other
 * registers are free. */
static void gen_throw(const struct gen *g, const struct bpf_insn *call, struct insn_seq *s)
{
	int line = BPF_REG_3, slot = BPF_REG_4;

	seq_add(s, INSN_MOV_R(BPF_REG_6, BPF_REG_1));
	gen_line(g, s, line);
	if (!entry_half(g)) {
		seq_add(s, INSN_LDX(BPF_DW, BPF_REG_2, line, cell_off(g)));
		gen_slot_at(g, s, slot, BPF_REG_2);
	}
	gen_end(g, s, line, slot);
	seq_add(s, INSN_MOV_R(BPF_REG_1, BPF_REG_6));
	seq_add(s, *call);
}

/* -- Calls ------------------------------------------------------------------------------ */

static void gen_cookie(const struct gen *g, size_t i, struct insn_seq *s)
{
	if (g->spill && g->flow.subprog[i] == 0) {
		seq_add(s, INSN_LDX(BPF_DW, BPF_REG_0, BPF_REG_10, g->spill_slot));
	} else {
		gen_line(g, s, BPF_REG_1);
		seq_add(s, INSN_LDX(BPF_DW, BPF_REG_2, BPF_REG_1, cell_off(g)));
		gen_slot_at(g, s, BPF_REG_0, BPF_REG_2);
	}
}

/* bpf_get_func_arg(r1 = ctx, w2 = n, r3 = u64 *) as a read of the frame */
static void gen_func_arg(const struct gen *g, struct insn_seq *s)
{
	size_t bad;

	seq_add(s, INSN(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_2, 0, 0));
	seq_add(s, INSN_MOV_I(BPF_REG_0, -EINVAL));
	bad = seq_jmp_fwd(s, INSN_JMP_I(BPF_JGE, BPF_REG_2, g->p->nr_slots, 0));
	seq_add(s, INSN_ALU_I(BPF_LSH, BPF_REG_2, 3));
	seq_add(s, INSN_ALU_R(BPF_ADD, BPF_REG_1, BPF_REG_2));
	seq_add(s, INSN_MOV_R(BPF_REG_4, BPF_REG_1));
	seq_add(s, INSN_MOV_R(BPF_REG_1, BPF_REG_3));
	seq_add(s, INSN_MOV_I(BPF_REG_2, 8));
	seq_add(s, INSN_MOV_R(BPF_REG_3, BPF_REG_4));
	seq_add(s, INSN_CALL(HELPER_PROBE_READ_KERNEL));
	seq_land(s, bad);
}

/* bpf_get_func_ret(r1 = ctx, r2 = u64 *): at entry the return slot reads 0, natively too */
static void gen_func_ret(const struct gen *g, struct insn_seq *s)
{
	if (entry_half(g)) {
		seq_add(s, INSN_MOV_I(BPF_REG_0, 0));
		seq_add(s, INSN_STX(BPF_DW, BPF_REG_2, 0, BPF_REG_0));
		return;
	}
	seq_add(s, INSN_MOV_R(BPF_REG_3, BPF_REG_1));
	seq_add(s, INSN_ALU_I(BPF_ADD, BPF_REG_3, 8 * g->p->nr_slots));
	seq_add(s, INSN_MOV_R(BPF_REG_1, BPF_REG_2));
	seq_add(s, INSN_MOV_I(BPF_REG_2, 8));
	seq_add(s, INSN_CALL(HELPER_PROBE_READ_KERNEL));
}

/* What libbpf makes of a weak extern that the kernel lacks: 1.1 leaves no id, newer ones say which. */
static bool is_missing_kfunc(const struct bpf_insn *insn)
{
	return (insn_is_kfunc_call(insn) && !insn->imm) ||
	       (insn_is_helper_call(insn) && insn->imm >= LIBBPF_MISSING_KFUNC);
}

static bool is_throw(const struct gen *g, const struct bpf_insn *insn)
{
	return g->p->throw_id && insn_is_kfunc_call(insn) && insn->off == 0 &&
	       (uint32_t)insn->imm == g->p->throw_id;
}

static int rewrite_helper(struct gen *g, size_t i, struct insn_seq *s)
{
	switch (g->insns[i].imm) {
	case HELPER_GET_FUNC_RET:
		if (entry_half(g) || !g->p->has_get_func_arg)
			gen_func_ret(g, s);
		break;
	case HELPER_GET_FUNC_ARG:
		if (!g->p->has_get_func_arg)
			gen_func_arg(g, s);
		break;
	case HELPER_GET_FUNC_ARG_CNT:
		if (!g->p->has_get_func_arg)
			seq_add(s, INSN_MOV_I(BPF_REG_0, g->p->nr_slots));
		break;
	case HELPER_GET_FUNC_IP:
		if (!g->p->has_get_func_ip)
			seq_ld_imm64(s, BPF_REG_0, g->p->func_ip);
		break;
	case HELPER_GET_ATTACH_COOKIE:
		if (!g->p->has_attach_cookie)
			seq_ld_imm64(s, BPF_REG_0, g->p->attach_cookie);
		break;
	case HELPER_TAIL_CALL:
		return gen_tail_call(g, i, s);
	}
	return 0;
}

static bool is_ret_slot_load(const struct gen *g, size_t i)
{
	int lo = 8 * g->p->nr_slots;

	return g->flow.ctx_load[i] && entry_half(g) && !g->p->ret_void &&
	       g->insns[i].off >= lo && g->insns[i].off < lo + 8;
}

static int rewrite_insn(struct gen *g, size_t i)
{
	const struct bpf_insn *insn = &g->insns[i];
	struct insn_seq s = {};
	int err = 0, fd;

	switch (marker_of(insn, &g->calls)) {
	case FS_MARKER_IS_RETURN:
		seq_add(&s, INSN_MOV_I(BPF_REG_0, !entry_half(g)));
		break;
	case FS_MARKER_COOKIE:
		gen_cookie(g, i, &s);
		break;
	default:
		if (insn_is_helper_call(insn)) {
			err = rewrite_helper(g, i, &s);
		} else if (is_throw(g, insn)) {
			gen_throw(g, insn, &s);
		} else if (insn_is_exit(insn) && g->flow.subprog[i] == 0) {
			gen_epilogue(g, &s);
		} else if (is_ret_slot_load(g, i)) {
			seq_add(&s, INSN_MOV_I(insn->dst_reg, 0));
		} else if (insn_is_ldimm64(insn) && insn->src_reg == BPF_PSEUDO_MAP_FD &&
			   g->uses.tail_calls && !entry_half(g) && g->p->twin_array) {
			fd = g->p->twin_array(insn->imm, g->p->arg);
			if (fd < 0)
				return fd;
			seq_add(&s, *insn);
			seq_add(&s, insn[1]);
			if (!s.err && fd)
				s.v[0].imm = fd;
		}
	}
	if (s.cnt || s.err)
		rewrite_replace(&g->rw, i, &s);
	return err;
}

/* Room below main's stack, in units of 8 bytes; verifier and JITs round frames up anyway. */
static void place_spills(struct gen *g)
{
	int low = g->flow.main_stack, want = g->uses.tail_calls ? 4 : 2;

	if (low > 0 || g->p->no_spill)
		return;
	low = low / 8 * 8 - (low % 8 ? 8 : 0);
	if (low - 8 * want < -STACK_LIMIT)
		return;
	g->spill = true;
	g->spill_slot = low - 8;
	g->spill_line = low - 16;
	g->spill_marker = low - 24;
	g->spill_off = low - 32;
}

static bool cell_is_read(const struct gen *g)
{
	for (size_t i = 0; i < g->cnt; i += insn_slots(&g->insns[i]))
		if (is_throw(g, &g->insns[i]) ||
		    (g->flow.subprog[i] && marker_of(&g->insns[i], &g->calls) == FS_MARKER_COOKIE))
			return true;
	return false;
}

/* A function that no instruction leads to runs when an exception was thrown, in main's place: what is in it
 * we would take for part of the function before. */
static bool has_exception_callback(const struct gen *g, const struct split_info *info)
{
	for (uint32_t i = 0; i < info->func_cnt; i++) {
		uint32_t off;

		memcpy(&off, (const char *)info->func_info + (size_t)i * info->func_rec, sizeof(off));
		if (off < g->cnt && g->flow.subprog[off] != off)
			return true;
	}
	return false;
}

static int build(struct gen *g, const struct split_info *info, struct split_code *ret)
{
	int err;

	place_spills(g);
	g->need_cell = !g->spill || g->uses.tail_calls || g->p->tail_target || cell_is_read(g);
	if (has_exception_callback(g, info))
		return fail(-EOPNOTSUPP, "split: program '%s': a function that nothing calls, such as an exception "
			    "callback, cannot be split", g->name);
	for (size_t i = 0; i < g->cnt; i += insn_slots(&g->insns[i])) {
		err = rewrite_insn(g, i);
		if (err == -EOPNOTSUPP)
			return fail(err, "split: program '%s': tail call from a subprogram, or without "
				    "32 bytes of free stack, cannot be split", g->name);
		if (err)
			return err;
	}
	if (entry_half(g))
		gen_entry_prologue(g, &g->rw.prologue);
	else
		gen_exit_prologue(g, &g->rw.prologue);
	err = rewrite_apply(&g->rw, &ret->insns, &ret->cnt);
	if (err)
		return fail(err, "split: program '%s': cannot rewrite it: %s", g->name, log_errstr(err));
	ret->func_info = rewrite_map_info(&g->rw, info->func_info, info->func_cnt, info->func_rec);
	ret->line_info = rewrite_map_info(&g->rw, info->line_info, info->line_cnt, info->line_rec);
	if ((info->func_cnt && !ret->func_info) || (info->line_cnt && !ret->line_info))
		return -ENOMEM;
	return 0;
}

/* What the kernel's verifier would refuse of the calls that it does not get to see. */
static int refuse_faults(struct gen *g)
{
	size_t at = g->flow.fault_insn;
	enum ctxflow_fault fault = g->flow.fault;

	if (fault == CTXFLOW_FINE)
		return 0;
	ctxflow_done(&g->flow);
	if (fault == CTXFLOW_NOT_CTX)
		return fail_hint(-EINVAL, "hand it the program's own ctx, unmodified", "program '%s': "
				 "instruction %zu: a session call gets something else than ctx", g->name, at);
	return fail(-EACCES, "program '%s': instruction %zu: access outside the 8 bytes of the session "
		    "cookie", g->name, at);
}

int split_build(const char *name, const struct bpf_insn *insns, size_t cnt,
		const struct split_info *info, const struct split_params *p, struct split_code *ret)
{
	struct gen g = {
		.name = name,
		.insns = insns,
		.cnt = cnt,
		.p = p,
		.calls = { p->is_return_id, p->cookie_id },
	};
	int err;

	memset(ret, 0, sizeof(*ret));
	err = split_scan(insns, cnt, p->is_return_id, p->cookie_id, &g.uses);
	if (!err)
		err = ctxflow_run(insns, cnt, classify, &g.calls, &g.flow);
	if (err)
		return fail(err, "split: program '%s': malformed instructions", name);
	err = refuse_faults(&g);
	if (err)
		return err;
	err = rewrite_init(&g.rw, insns, cnt);
	if (!err)
		err = build(&g, info, ret);
	rewrite_done(&g.rw);
	ctxflow_done(&g.flow);
	if (err)
		split_code_done(ret);
	return err;
}

void split_code_done(struct split_code *c)
{
	free(c->insns);
	free(c->func_info);
	free(c->line_info);
	memset(c, 0, sizeof(*c));
}

int split_scan(const struct bpf_insn *insns, size_t cnt, uint32_t is_return_id, uint32_t cookie_id,
	       struct split_uses *ret)
{
	struct session_calls calls = { is_return_id, cookie_id };
	struct ctxflow flow;
	int err;

	memset(ret, 0, sizeof(*ret));
	err = ctxflow_run(insns, cnt, classify, &calls, &flow);
	if (err)
		return err;
	for (size_t i = 0; i < cnt; i += insn_slots(&insns[i])) {
		const struct bpf_insn *insn = &insns[i];

		ret->ctx_loads |= flow.ctx_load[i];
		ret->subprogs |= flow.subprog[i] != 0;
		ret->markers |= marker_of(insn, &calls) != 0;
		ret->missing_kfunc |= is_missing_kfunc(insn);
		if (!insn_is_helper_call(insn))
			continue;
		ret->func_ip |= insn->imm == HELPER_GET_FUNC_IP;
		ret->attach_cookie |= insn->imm == HELPER_GET_ATTACH_COOKIE;
		ret->tail_calls |= insn->imm == HELPER_TAIL_CALL;
	}
	ctxflow_done(&flow);
	return 0;
}
