/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory order of the split engine, without weakly ordered hardware: two CPUs run both halves, as they
 * are generated, each for a call of its own whose record goes to the same slot first. Tried are all
 * interleavings of their accesses to the table and all times at which stores become visible: in program order
 * (x86), or in any order that keeps stores to one place (weak; atomics that fetch wait for all before).
 * Not modelled: loads that overtake others (a CPU loads what only it has stored, or decides by an atomic's
 * result), and the library's sweep, whose accesses are sequentially consistent.
 */
#include <stdlib.h>
#include <string.h>

#include "bpf/build.h"
#include "bpf/rewrite.h"
#include "engine/hash.h"
#include "engine/split.h"
#include "image/bpfobj.h"
#include "tap.h"

enum {
	BITS = 3,
	SLOTS_FD = 101,
	LINES_FD = 102,
	HELPER_WRONG = 999,
	CPUS = 2,
	TABLE_BYTES = ((1 << BITS) + STORE_PROBES - 1) * STORE_SLOT_SIZE,
	STACK_BYTES = 64,
	PENDING_MAX = 16,
	SEEN_BITS = 22,
	/* addresses */
	SLOTS = 0x10000000,
	LINES = 0x20000000,
	STACK = 0x30000000,
	CTX = 0x40000000,
};

struct store {
	u64 value;
	u32 off, size;
};

struct cpu {
	u64 r[INSN_REGS];
	u64 ctx;
	u8 stack[STACK_BYTES];
	struct store_line line;
	struct store pending[PENDING_MAX];	/* the oldest first */
	u32 pending_cnt, pc;
	u32 half;				/* 2: done */
	u32 wrong;				/* exits that saw another cookie */
};

struct state {
	u8 table[TABLE_BYTES];
	struct cpu cpu[CPUS];
};

static struct split_code code[2];
static bool weak;
static u64 *seen;
static u64 states, failures, dropped;

/* -- The program: entry: *cookie = ctx[0]; exit: *cookie != ctx[0] is wrong ------------------------ */

static void build(bool cmpxchg, bool strong_release)
{
	struct split_params p = {
		.store = { .slots_fd = SLOTS_FD, .slots_bits = BITS, .lines_fd = LINES_FD,
			   .cpu_mask = CPUS - 1, .id = 1 },
		.nr_slots = 1, .has_get_func_arg = true, .has_get_func_ip = true,
		.has_attach_cookie = true, .has_cmpxchg = cmpxchg, .has_guard = cmpxchg,
		.strong_release = strong_release,
	};
	struct split_info none = {};
	struct insn_seq s = {};

	seq_add(&s, INSN_MOV_R(BPF_REG_6, BPF_REG_1));
	seq_add(&s, INSN_CALL(FS_MARKER_IS_RETURN));
	seq_add(&s, INSN_MOV_R(BPF_REG_7, BPF_REG_0));
	seq_add(&s, INSN_MOV_R(BPF_REG_1, BPF_REG_6));
	seq_add(&s, INSN_CALL(FS_MARKER_COOKIE));
	seq_add(&s, INSN_LDX(BPF_DW, BPF_REG_2, BPF_REG_6, 0));
	seq_add(&s, INSN_JMP_I(BPF_JEQ, BPF_REG_7, 0, 3));
	seq_add(&s, INSN_LDX(BPF_DW, BPF_REG_1, BPF_REG_0, 0));
	seq_add(&s, INSN_JMP_R(BPF_JEQ, BPF_REG_1, BPF_REG_2, 2));
	seq_add(&s, INSN_CALL(HELPER_WRONG));
	seq_add(&s, INSN_STX(BPF_DW, BPF_REG_0, 0, BPF_REG_2));
	seq_add(&s, INSN_MOV_I(BPF_REG_0, 0));
	seq_add(&s, INSN_EXIT());
	for (int h = 0; h < 2; h++) {
		p.half = h;
		CHECK_EQ(split_build("order", s.v, s.cnt, &none, &p, &code[h]), 0);
	}
	seq_done(&s);
}

/* -- Memory --------------------------------------------------------------------------------------- */

static bool in_table(u64 addr)
{
	return addr >= SLOTS && addr < SLOTS + TABLE_BYTES;
}

static void commit(struct state *s, struct cpu *c, u32 i)
{
	memcpy(s->table + c->pending[i].off, &c->pending[i].value, c->pending[i].size);
	c->pending_cnt--;
	memmove(&c->pending[i], &c->pending[i + 1], (c->pending_cnt - i) * sizeof(c->pending[0]));
	memset(&c->pending[c->pending_cnt], 0, sizeof(c->pending[0]));
}

/* Whether the store may become visible before the older ones. */
static bool may_commit(const struct cpu *c, u32 i)
{
	for (u32 k = 0; k < i; k++)
		if (!weak || (c->pending[k].off < c->pending[i].off + c->pending[i].size &&
			      c->pending[i].off < c->pending[k].off + c->pending[k].size))
			return false;
	return true;
}

static void *private(struct cpu *c, u64 addr)
{
	if (addr >= CTX)
		return &c->ctx;
	if (addr >= STACK)
		return c->stack + (addr - STACK);
	return (u8 *)&c->line + (addr - LINES) % STORE_LINE_SIZE;
}

static u64 load(const struct state *s, struct cpu *c, u64 addr, u32 size)
{
	u8 own[TABLE_BYTES];
	u64 v = 0;

	if (!in_table(addr)) {
		memcpy(&v, private(c, addr), size);
		return v;
	}
	memcpy(own, s->table, sizeof(own));
	for (u32 i = 0; i < c->pending_cnt; i++)
		memcpy(own + c->pending[i].off, &c->pending[i].value, c->pending[i].size);
	memcpy(&v, own + (addr - SLOTS), size);
	return v;
}

static void store(struct cpu *c, u64 addr, u32 size, u64 v)
{
	if (!in_table(addr)) {
		memcpy(private(c, addr), &v, size);
		return;
	}
	if (c->pending_cnt == PENDING_MAX)
		abort();
	c->pending[c->pending_cnt++] = (struct store){ v, addr - SLOTS, size };
}

static void atomic(struct state *s, struct cpu *c, const struct bpf_insn *in, u64 addr, u32 size)
{
	u64 old, arg = c->r[in->src_reg];

	while (c->pending_cnt)
		commit(s, c, 0);
	old = load(s, c, addr, size);
	if (in->imm == BPF_CMPXCHG) {
		arg = old == c->r[0] ? arg : old;
		c->r[0] = old;
	} else if (in->imm == BPF_XCHG) {
		c->r[in->src_reg] = old;
	} else {
		arg += old;		/* BPF_ADD: of what is generated, the only other one */
	}
	store(c, addr, size, arg);
	while (c->pending_cnt)
		commit(s, c, 0);
}

/* -- Instructions ------------------------------------------------------------------------------------ */

static void start_half(struct cpu *c)
{
	memset(c->r, 0, sizeof(c->r));
	memset(c->stack, 0, sizeof(c->stack));
	c->r[1] = c->ctx;
	c->r[INSN_FP] = STACK + STACK_BYTES;
	c->pc = 0;
}

static u64 alu(u8 op, u64 a, u64 b)
{
	switch (op) {
	case BPF_MOV: return b;
	case BPF_ADD: return a + b;
	case BPF_SUB: return a - b;
	case BPF_MUL: return a * b;
	case BPF_AND: return a & b;
	case BPF_OR:  return a | b;
	case BPF_LSH: return a << b;
	case BPF_RSH: return a >> b;
	}
	abort();
}

static bool jumps(u8 op, u64 a, u64 b)
{
	switch (op) {
	case BPF_JA:  return true;
	case BPF_JEQ: return a == b;
	case BPF_JNE: return a != b;
	case BPF_JLE: return a <= b;
	}
	abort();
}

static void call(struct cpu *c, int nr, int cpu)
{
	c->wrong += nr == HELPER_WRONG;
	c->r[0] = nr == 8 ? (u64)cpu : 0x77;
}

static void access_memory(struct state *s, struct cpu *c, const struct bpf_insn *in)
{
	u64 addr = c->r[insn_class(in) == BPF_LDX ? in->src_reg : in->dst_reg] + in->off;
	u32 size = insn_size_bytes(in);

	if (insn_class(in) == BPF_LDX)
		c->r[in->dst_reg] = load(s, c, addr, size);
	else if (insn_class(in) == BPF_ST)
		store(c, addr, size, (u64)(s64)in->imm);
	else if (BPF_MODE(in->code) == BPF_ATOMIC)
		atomic(s, c, in, addr, size);
	else
		store(c, addr, size, c->r[in->src_reg]);
}

static void execute(struct state *s, int cpu)
{
	struct cpu *c = &s->cpu[cpu];
	const struct bpf_insn *in = &code[c->half].insns[c->pc++];
	u64 b = BPF_SRC(in->code) == BPF_X ? c->r[in->src_reg] : (u64)(s64)in->imm;

	if (insn_is_ldimm64(in)) {
		c->r[in->dst_reg] = (in->imm == SLOTS_FD ? SLOTS : LINES) + (u32)in[1].imm;
		c->pc++;
	} else if (insn_class(in) == BPF_ALU64) {
		c->r[in->dst_reg] = alu(BPF_OP(in->code), c->r[in->dst_reg], b);
	} else if (insn_class(in) != BPF_JMP) {
		access_memory(s, c, in);
	} else if (insn_is_helper_call(in)) {
		call(c, in->imm, cpu);
	} else if (!insn_is_exit(in)) {
		c->pc += jumps(BPF_OP(in->code), c->r[in->dst_reg], b) ? in->off : 0;
	} else if (++c->half < 2) {
		start_half(c);
	}
}

static bool at_table(const struct cpu *c)
{
	const struct bpf_insn *in = &code[c->half].insns[c->pc];
	u8 class = insn_class(in);

	return (class == BPF_LDX && in_table(c->r[in->src_reg] + in->off)) ||
	       ((class == BPF_ST || class == BPF_STX) && in_table(c->r[in->dst_reg] + in->off));
}

/* What others cannot tell from doing nothing. */
static void run_private(struct state *s, int cpu)
{
	while (s->cpu[cpu].half < 2 && !at_table(&s->cpu[cpu]))
		execute(s, cpu);
}

/* -- All ways ---------------------------------------------------------------------------------------- */

static bool new_state(const struct state *s)
{
	u64 h = 0xcbf29ce484222325, w, at;

	for (size_t i = 0; i < sizeof(*s); i += sizeof(w)) {
		memcpy(&w, (const u8 *)s + i, sizeof(w));
		h = (h ^ w) * 0x9e3779b97f4a7c15;
		h ^= h >> 29;
	}
	h |= 1;
	for (at = h >> (64 - SEEN_BITS); seen[at]; at = (at + 1) & ((1 << SEEN_BITS) - 1))
		if (seen[at] == h)
			return false;
	seen[at] = h;
	if (++states > 3 << (SEEN_BITS - 2))
		abort();
	return true;
}

/* Both halves ran, with one cookie; or the store seemed full, and neither did. */
static bool is_good(const struct store_line *l)
{
	if (l->full)
		return dropped++, l->full == 1 && !l->entries && !l->exits && l->unmatched == 1;
	return l->entries == 1 && l->exits == 1 && !l->unmatched;
}

static void judge(const struct state *s)
{
	struct store_slot slot;
	bool good = true;

	for (int i = 0; i < CPUS; i++)
		good &= !s->cpu[i].wrong && is_good(&s->cpu[i].line);
	for (u32 off = 0; off < TABLE_BYTES; off += STORE_SLOT_SIZE) {
		memcpy(&slot, s->table + off, sizeof(slot));
		good &= !slot.key && !slot.claims;
	}
	failures += !good;
}

static void explore(const struct state *s)
{
	struct state next;
	bool end = true;

	if (!new_state(s))
		return;
	for (int i = 0; i < CPUS; i++) {
		if (s->cpu[i].half < 2) {
			end = false;
			memcpy(&next, s, sizeof(next));
			execute(&next, i);
			run_private(&next, i);
			explore(&next);
		}
		for (u32 k = 0; k < s->cpu[i].pending_cnt; k++) {
			end = false;
			if (!may_commit(&s->cpu[i], k))
				continue;
			memcpy(&next, s, sizeof(next));
			commit(&next, &next.cpu[i], k);
			explore(&next);
		}
	}
	if (end)
		judge(s);
}

static u64 first_slot(u64 ctx)
{
	u64 key = ctx - SLOTS - offsetof(struct store_slot, cookie);

	return key * (u64)hash_multiplier(1, BITS) >> HASH_SHIFT & ((1 << BITS) - 1);
}

/* The number of ways that end wrong. */
static u64 try_all(bool weak_stores, bool cmpxchg, bool strong_release)
{
	struct state s = {};

	weak = weak_stores;
	states = failures = dropped = 0;
	seen = calloc(1 << SEEN_BITS, sizeof(*seen));
	CHECK(seen);
	build(cmpxchg, strong_release);
	for (int i = 0; i < CPUS; i++) {
		s.cpu[i].ctx = i ? s.cpu[0].ctx + 8 : CTX;
		while (i && first_slot(s.cpu[i].ctx) != first_slot(CTX))
			s.cpu[i].ctx += 8;
		start_half(&s.cpu[i]);
		run_private(&s, i);
	}
	explore(&s);
	printf("# %llu states, %llu ends are wrong, %llu calls dropped\n", (unsigned long long)states,
	       (unsigned long long)failures, (unsigned long long)dropped);
	CHECK(states > 1000);
	CHECK(!cmpxchg || !dropped);
	free(seen);
	for (int h = 0; h < 2; h++)
		split_code_done(&code[h]);
	return failures;
}

TEST(order_of_x86)
{
	CHECK_EQ(try_all(false, true, false), 0);
}

/* Two that count their claims at the same time both give the slot up; in all places: both are dropped. */
TEST(order_of_x86_without_cmpxchg)
{
	CHECK_EQ(try_all(false, false, false), 0);
}

TEST(order_weak)
{
	CHECK_EQ(try_all(true, true, true), 0);
}

/* That the model shows what it is for: a plain store does not release where order is weak. */
TEST(order_weak_needs_the_exchange)
{
	CHECK(try_all(true, true, false) > 0);
}
