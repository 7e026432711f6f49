/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * r2 to r7 hold numbers, r8 points at a value, r9 is ctx; r0 and r1 are scratch. r7 is lent to pointers that live
 * longer than a few instructions.
 */
#include "fuzz_gen.h"

#include <string.h>

#include "maps.h"

#define MAIN_INSNS_MAX 200
#define STACK_BYTES 80		/* that programs use for numbers */
#define KEY_OFF (-128)		/* keys of lookups */
#define SPILL_OFF (-112)	/* pointers */
#define FORK_OFF (-136)		/* numbers */
#define ITER_OFF (-88)		/* iterators, and below */
#define FUNC_STACK_BYTES 32

static u64 seed;

void rnd_seed(u64 s)
{
	seed = s * 0x9e3779b97f4a7c15ULL + 1;
}

u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dULL;
}

u32 below(u32 n)
{
	return (rnd() >> 32) % n;
}

u64 edge(void)
{
	static const u64 v[] = { 0, 1, 7, 8, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000,
				 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, ~0ULL };

	return below(4) ? v[below(COUNT(v))] + below(3) - 1 : rnd() >> below(64);
}

/* -- Numbers and jumps --- */

static void add(struct gen *g, struct bpf_insn insn)
{
	g->insns[g->cnt++] = insn;
}

static u8 number(const struct gen *g)
{
	u8 r;

	do
		r = 2 + below(6);
	while (!(g->numbers >> r & 1));
	return r;
}

/* One to be written. */
static u8 number_out(struct gen *g)
{
	u8 r = below(3) ? number(g) : 2 + below(4);

	g->numbers |= 1 << r;
	return r;
}
static s32 small(void)
{
	static const s32 v[] = { 0, 1, 2, 3, 7, 8, 15, 31, 32, 55, 56, 57, 63, 64, 65, -1, -8, 0xff, INT32_MAX,
				 INT32_MIN };

	return below(5) ? v[below(COUNT(v))] : (s32)rnd();
}

static void gen_alu(struct gen *g)
{
	static const u8 ops[] = { BPF_ADD, BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_AND,
				  BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR, BPF_MOV, BPF_MOV, BPF_ARSH };
	u8 op = ops[below(COUNT(ops))], class = below(2) ? BPF_ALU : BPF_ALU64;
	struct bpf_insn insn = { .code = class | op, .dst_reg = number(g) };

	if (below(2)) {
		insn.code |= BPF_X;
		insn.src_reg = number(g);
		if (op == BPF_MOV && !below(3))
			insn.off = below(2) ? 8 : 16;
	} else {
		insn.imm = small();
		if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
			insn.imm = below(class == BPF_ALU ? 32 : 64);
		if ((op == BPF_DIV || op == BPF_MOD) && !insn.imm)
			insn.imm = 3;
	}
	if ((op == BPF_DIV || op == BPF_MOD) && !below(3))
		insn.off = INSN_SIGNED;
	if (!below(12))
		insn = (struct bpf_insn){ .code = class | BPF_NEG, .dst_reg = insn.dst_reg };
	add(g, insn);
}

static void gen_source(struct gen *g)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	u8 size = sizes[below(4)];

	if (g->has_ctx)
		add(g, INSN_LDX(size, number_out(g), 9, 8 * below(12)));
	else
		add(g, INSN_MOV_I(number_out(g), small()));
}

static bool can_skip(const struct gen *g, u32 n)
{
	return g->nr_skips + n <= COUNT(g->skips);
}

/* A jump to be landed later. */
static void skip(struct gen *g, struct bpf_insn jump)
{
	g->skips[g->nr_skips++] = (struct gen_skip){ g->cnt, g->numbers };
	add(g, jump);
}

static void land_one(struct gen *g, struct gen_skip s)
{
	g->insns[s.at].off = g->cnt - s.at - 1;
	g->numbers &= s.numbers;
}

static void land(struct gen *g)
{
	u32 i;

	if (!g->nr_skips)
		return;
	i = below(g->nr_skips);
	land_one(g, g->skips[i]);
	g->skips[i] = g->skips[--g->nr_skips];
}

static void land_all(struct gen *g)
{
	while (g->nr_skips)
		land(g);
}

static void gen_jump(struct gen *g)
{
	static const u8 ops[] = { BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT, BPF_JSGE,
				  BPF_JSLT, BPF_JSLE, BPF_JSET };
	struct bpf_insn insn = { .code = (below(3) ? BPF_JMP : BPF_JMP32) | ops[below(COUNT(ops))],
				 .dst_reg = number(g) };

	if (!can_skip(g, 1))
		return;
	if (below(2)) {
		insn.code |= BPF_X;
		insn.src_reg = number(g);
	} else {
		insn.imm = small();
	}
	skip(g, insn);
}

/* One of two numbers, by where a path came from: at most @max, or else only where nobody looked twice. */
static void gen_fork(struct gen *g, u8 r, u32 max)
{
	u32 one = below(max + 1), other = max + (below(3) ? 0 : 1 + below(16));
	bool swap = below(2);

	add(g, INSN_MOV_I(r, swap ? one : other));
	add(g, INSN_JMP_I(below(2) ? BPF_JSGT : BPF_JSET, number(g), small(), 1));
	add(g, INSN_MOV_I(r, swap ? other : one));
	if (!below(3)) {
		add(g, INSN_STX(BPF_DW, 10, FORK_OFF, r));
		add(g, INSN_JMP_I(BPF_JEQ, number(g), small(), 0));
		add(g, INSN_LDX(BPF_DW, r, 10, FORK_OFF));
	}
}

/* Keeps a number near @max, more or less. */
static void gen_bound(struct gen *g, u8 r, u32 max)
{
	u32 mask = max ? (2u << (31 - __builtin_clz(max))) - 1 : 0;

	max += !below(10);
	if (!below(8)) {
		gen_fork(g, r, max);
		return;
	}
	switch (below(can_skip(g, 2) ? 5 : 2)) {
	case 0:
		add(g, INSN_ALU_I(BPF_AND, r, mask > max ? mask >> 1 : mask));
		break;
	case 1:
		add(g, INSN_ALU_I(BPF_MOD, r, max + 1));
		break;
	case 2:
		skip(g, INSN_JMP_I(BPF_JGT, r, max, 0));
		break;
	case 3:
		skip(g, INSN_JMP_I(BPF_JSGT, r, max, 0));
		skip(g, INSN_JMP_I(BPF_JSLT, r, below(12) ? 0 : -1, 0));
		break;
	default:
		add(g, INSN_JMP_I(BPF_JLE, r, max, 1));
		skip(g, INSN_JA(0));
		break;
	}
}

/* -- Memory --- */

static const struct gen_base *some_base(const struct gen *g, bool write)
{
	const struct gen_base *b = &g->bases[below(3) ? g->nr_bases - 1 : below(g->nr_bases)];

	return write && b->read_only && below(24) ? &g->bases[0] : b;
}

/*
 * r1: somewhere in @b where @need bytes are, at a multiple of @align if that is constant. Return: how many bytes are
 * there
 */
static u32 gen_pointer(struct gen *g, const struct gen_base *b, u32 need, u32 align)
{
	u32 room = b->bytes > need ? b->bytes - need : 0, at = below(room + 1) / align * align, spread = 0;

	if (below(2)) {
		spread = below(room - at + 1);
		add(g, INSN_MOV_R(0, number(g)));
		gen_bound(g, 0, spread);
	}
	add(g, INSN_MOV_R(1, b->reg));
	if (spread)
		add(g, INSN_ALU_R(BPF_ADD, 1, 0));
	add(g, INSN_ALU_I(BPF_ADD, 1, b->min + (s32)at + !below(18) - 8 * !below(30)));
	return need + room - at - spread;
}

/* r0: a size of at most @max bytes, and at least @min. */
static void gen_size(struct gen *g, u32 min, u32 max)
{
	max += !below(10);
	if (below(2) || max <= min) {
		add(g, INSN_MOV_I(0, below(2) ? max : min + below(max - min + 1)));
		return;
	}
	add(g, INSN_MOV_R(0, number(g)));
	gen_bound(g, 0, max - min);
	if (min && below(8))
		add(g, INSN_ALU_I(BPF_ADD, 0, min));
}

static u8 some_size(u32 max)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

	return sizes[below(max >= 8 ? 4 : max >= 4 ? 3 : max >= 2 ? 2 : 1)];
}

static void gen_access(struct gen *g)
{
	bool write = below(2);
	const struct gen_base *b = some_base(g, write);
	u8 size = some_size(b->bytes);
	u32 bytes = size == BPF_B ? 1 : size == BPF_H ? 2 : size == BPF_W ? 4 : 8;

	gen_pointer(g, b, bytes, bytes);
	if (!below(4))
		gen_alu(g);
	if (!write)
		add(g, INSN_LDX(size, number_out(g), 1, 0));
	else if (below(2))
		add(g, INSN_STX(size, 1, 0, number(g)));
	else
		add(g, INSN_ST(size, 1, 0, small()));
}

/* Without a thought for what is where. */
static void gen_wild_access(struct gen *g)
{
	static const u8 sizes[] = { BPF_B, BPF_B, BPF_H, BPF_W, BPF_DW };
	u8 r = number(g), size = sizes[below(5)], base = below(3) ? 8 : 10;
	s16 off = base == 8 ? (s16)below(12) - 2 : -64 - (s16)below(8);

	if (!can_skip(g, 2))
		return;
	gen_bound(g, r, 44 + below(14));
	if (!below(3))
		gen_alu(g);
	add(g, INSN_MOV_R(1, base));
	add(g, INSN_ALU_R(BPF_ADD, 1, r));
	if (below(2))
		add(g, INSN_LDX(size, number_out(g), 1, off));
	else if (below(2))
		add(g, INSN_STX(size, 1, off, number(g)));
	else
		add(g, INSN_ST(size, 1, off, small()));
}

static void gen_spill(struct gen *g)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW, BPF_DW, BPF_DW };
	u32 slots = g->bases[0].bytes / 8;
	u8 size = sizes[below(6)];
	s16 off = -8 * (1 + (s16)below(slots));

	if (size != BPF_DW && !below(2))
		off += size == BPF_W ? 4 : 2;
	if (below(2))
		add(g, INSN_STX(size, 10, off, number(g)));
	else if (below(4))
		add(g, INSN_LDX(size, number_out(g), 10, off));
	else
		add(g, INSN_ATOMIC(BPF_ADD | BPF_FETCH, 10, -8 * (1 + (s16)below(slots)), number(g)));
}

/* A loop of a few rounds around something. */
static void gen_loop(struct gen *g)
{
	u32 start, rounds = 2 + below(6);
	u16 numbers = g->numbers;
	u8 r = number(g);

	add(g, INSN_MOV_I(r, 0));
	start = g->cnt;
	if (numbers != 1 << r && below(12))	/* nobody else counts */
		g->numbers &= ~(1 << r);
	for (u32 n = below(3); n; n--)
		gen_alu(g);
	if (!below(2))
		gen_spill(g);
	g->numbers = numbers;
	add(g, INSN_ALU_I(BPF_ADD, r, 1));
	add(g, INSN_JMP_I(below(2) ? BPF_JLT : BPF_JNE, r, rounds, (s32)start - (s32)g->cnt - 1));
}

/* -- Calls --- */

static void gen_map(struct gen *g, u8 r, const char *name)
{
	add(g, insn_make(BPF_LD | BPF_IMM | BPF_DW, r, BPF_PSEUDO_MAP_FD, 0, test_map_find(name)));
	add(g, insn_make(0, 0, 0, 0, 0));
}

/* A call, and numbers where it leaves none. r0 stays. */
static void gen_call(struct gen *g, struct bpf_insn call, bool returns_number)
{
	add(g, call);
	g->numbers &= ~0x3e;
	for (u8 r = 2; r <= 5; r++) {
		if (!below(5))
			continue;
		if (returns_number && !below(3))
			add(g, INSN_MOV_R(r, 0));
		else if (g->has_ctx && below(3))
			add(g, INSN_LDX(BPF_DW, r, 9, 8 * below(12)));
		else if (below(2))
			add(g, INSN_LDX(BPF_DW, r, 10, -8 * (1 + (s16)below(g->bases[0].bytes / 8))));
		else
			add(g, INSN_MOV_I(r, small()));
		g->numbers |= 1 << r;
	}
}

/* @ptr and @size: memory of @least bytes and more. */
static void gen_memory(struct gen *g, u8 ptr, u8 size, u32 least, bool write)
{
	u32 bytes = gen_pointer(g, some_base(g, write), least, 1);

	gen_size(g, least, bytes);
	if (ptr != 1)
		add(g, INSN_MOV_R(ptr, 1));
	add(g, INSN_MOV_R(size, 0));
}

/* @ptr: memory of @bytes. */
static void gen_fixed(struct gen *g, u8 ptr, u32 bytes, bool write)
{
	const struct gen_base *b = some_base(g, write);

	gen_pointer(g, b->bytes < bytes ? &g->bases[0] : b, bytes, 1);
	if (ptr != 1)
		add(g, INSN_MOV_R(ptr, 1));
}

static void gen_reader(struct gen *g)
{
	static const u32 nrs[] = { BPF_FUNC_probe_read_kernel, BPF_FUNC_probe_read_kernel_str,
				   BPF_FUNC_probe_read_user, BPF_FUNC_probe_read_user_str };

	if (!below(4)) {
		gen_memory(g, 1, 2, 1, true);
		gen_call(g, INSN_CALL(BPF_FUNC_get_current_comm), true);
		return;
	}
	gen_memory(g, 1, 2, 0, true);
	add(g, INSN_MOV_I(3, 0));
	gen_call(g, INSN_CALL(nrs[below(4)]), true);
}

static void gen_text(struct gen *g)
{
	if (below(2)) {
		gen_fixed(g, 4, 8, true);
		gen_memory(g, 1, 2, 1, false);
		add(g, INSN_MOV_I(3, 0));
		gen_call(g, INSN_CALL(below(2) ? BPF_FUNC_strtol : BPF_FUNC_strtoul), true);
		return;
	}
	gen_memory(g, 1, 2, 0, true);
	add(g, insn_make(BPF_LD | BPF_IMM | BPF_DW, 3, BPF_PSEUDO_MAP_VALUE, 0, test_map_find("const")));
	add(g, insn_make(0, 0, 0, 0, 0));
	add(g, INSN_MOV_I(4, 0));
	add(g, INSN_MOV_I(5, 0));
	gen_call(g, INSN_CALL(BPF_FUNC_snprintf), true);
}

static void gen_output(struct gen *g)
{
	if (!below(3)) {
		gen_memory(g, 1, 2, 1, false);
		gen_call(g, INSN_CALL(BPF_FUNC_trace_printk), true);
		return;
	}
	gen_memory(g, 2, 3, 0, false);
	gen_map(g, 1, "ring");
	add(g, INSN_MOV_I(4, 0));
	gen_call(g, INSN_CALL(BPF_FUNC_ringbuf_output), true);
}

static void gen_update(struct gen *g)
{
	bool hash = below(2);

	gen_fixed(g, 3, hash ? 16 : 48, false);
	gen_fixed(g, 2, hash ? 8 : 4, false);
	gen_map(g, 1, hash ? "hash" : "array");
	add(g, INSN_MOV_I(4, 0));
	gen_call(g, INSN_CALL(hash && !below(3) ? BPF_FUNC_map_delete_elem : BPF_FUNC_map_update_elem), true);
}

static void gen_queue(struct gen *g)
{
	static const u32 nrs[] = { BPF_FUNC_map_push_elem, BPF_FUNC_map_pop_elem, BPF_FUNC_map_peek_elem };
	u32 nr = nrs[below(3)];

	gen_fixed(g, 2, 8, nr != BPF_FUNC_map_push_elem);
	gen_map(g, 1, "queue");
	add(g, INSN_MOV_I(3, 0));
	gen_call(g, INSN_CALL(nr), true);
}

static void gen_helper(struct gen *g)
{
	static void (*const ways[])(struct gen *) = { gen_reader, gen_reader, gen_text, gen_output, gen_update,
						      gen_queue };

	ways[below(COUNT(ways))](g);
}

/* -- Pointers that are lent r7 --- */

static void gen_step(struct gen *g);

/* A few steps; they end where they end. */
static void gen_body(struct gen *g)
{
	for (u32 n = 1 + below(4); n; n--) {
		if (below(8) || g->cnt > MAIN_INSNS_MAX)
			gen_step(g);
		else
			g->own(g);
	}
	land_all(g);
}

/* r7: the pointer in r0, or a jump, to be landed, where that is NULL. */
static struct gen_skip gen_not_null(struct gen *g)
{
	struct gen_skip null = { 0, g->numbers & ~(1 << 7) };
	u32 way = below(18), r = way % 2 ? 0 : 7;

	if (way % 3 == 0) {
		add(g, INSN_STX(BPF_DW, 10, SPILL_OFF, 0));
		r = 0;
	} else {
		add(g, INSN_MOV_R(7, 0));
	}
	if (way == 1) {		/* of no use */
		null.at = g->cnt;
		add(g, INSN_JMP_I(BPF_JEQ, number(g), 0, 0));
	} else if (way % 4 < 2) {
		null.at = g->cnt;
		add(g, INSN_JMP_I(BPF_JEQ, r, 0, 0));
	} else {
		add(g, INSN_JMP_I(BPF_JNE, r, 0, 1));
		null.at = g->cnt;
		add(g, INSN_JA(0));
	}
	if (way % 3 == 0)
		add(g, INSN_LDX(BPF_DW, 7, 10, SPILL_OFF));
	g->numbers &= ~(1 << 7);
	return null;
}

static bool lend(struct gen *g)
{
	if (!(g->numbers >> 7 & 1) || g->nr_bases == COUNT(g->bases))
		return false;
	land_all(g);
	return g->numbers >> 7 & 1;
}

static void give_back(struct gen *g)
{
	add(g, INSN_MOV_R(7, number(g)));
	g->numbers |= 1 << 7;
}

static void gen_key(struct gen *g, u32 bytes, u32 entries)
{
	u32 way = below(6);

	if (way == 0) {		/* anything */
		gen_fixed(g, 2, bytes, false);
		return;
	}
	if (way == 1 || bytes > 4)
		add(g, INSN_STX(bytes > 4 && below(2) ? BPF_DW : BPF_W, 10, KEY_OFF, number(g)));
	else if (way != 2)
		add(g, INSN_ST(BPF_W, 10, KEY_OFF, below(entries + 1)));
	add(g, INSN_MOV_R(2, 10));
	add(g, INSN_ALU_I(BPF_ADD, 2, KEY_OFF));
}

static void gen_value(struct gen *g)
{
	static const struct {
		const char *map;
		u16 key, value, entries;
	} maps[] = { { "array", 4, 48, 4 }, { "hash", 8, 16, 4 }, { "percpu", 4, 8, 4 } };
	u32 i = below(COUNT(maps));
	struct gen_skip null;

	if (!lend(g))
		return;
	gen_key(g, maps[i].key, maps[i].entries);
	gen_map(g, 1, maps[i].map);
	gen_call(g, INSN_CALL(BPF_FUNC_map_lookup_elem), false);
	null = gen_not_null(g);
	g->bases[g->nr_bases++] = (struct gen_base){ 7, 0, maps[i].value + (below(3) ? 0 : 1 + below(8)), false };
	gen_body(g);
	g->nr_bases--;
	if (!below(32))
		add(g, INSN_LDX(BPF_B, 0, 7, 0));
	land_one(g, null);
	if (!below(16))
		add(g, INSN_LDX(BPF_B, 0, 7, 0));
	give_back(g);
}

/* On some paths, or on all, the record is given back. */
static void gen_record_end(struct gen *g)
{
	bool both = below(2);

	if (!below(40))
		return;
	if (both)
		add(g, INSN_JMP_I(BPF_JSGT, number(g), small(), below(40) ? 4 : 3));
	for (u32 n = both || below(40) ? 1 : 2; n; n--) {
		add(g, INSN_MOV_R(1, 7));
		add(g, INSN_MOV_I(2, 0));
		add(g, INSN_CALL(BPF_FUNC_ringbuf_submit));
	}
	if (both) {
		add(g, INSN_JA(3));
		add(g, INSN_MOV_R(1, 7));
		add(g, INSN_MOV_I(2, 0));
		add(g, INSN_CALL(BPF_FUNC_ringbuf_discard));
	}
	if (!below(40))
		add(g, INSN_LDX(BPF_B, 0, 7, 0));
	g->numbers &= ~0x3e;
}

static void gen_record(struct gen *g)
{
	u32 bytes = 1 + below(40);
	struct gen_skip null;

	if (!lend(g))
		return;
	add(g, INSN_MOV_I(2, bytes));
	add(g, INSN_MOV_I(3, 0));
	gen_map(g, 1, "ring");
	gen_call(g, INSN_CALL(BPF_FUNC_ringbuf_reserve), false);
	null = gen_not_null(g);
	g->bases[g->nr_bases++] = (struct gen_base){ 7, 0, bytes + !below(4), false };
	gen_body(g);
	g->nr_bases--;
	gen_record_end(g);
	land_one(g, null);
	if (!below(16))
		add(g, INSN_LDX(BPF_B, 0, 7, 0));
	give_back(g);
}

/* -- Loops --- */

/* Numbers that were there when the loop began are there again. */
static void gen_again(struct gen *g, u16 numbers, u32 start)
{
	for (u8 r = 2; r < 8; r++)
		if ((numbers & ~g->numbers) >> r & 1)
			add(g, INSN_MOV_I(r, small()));
	g->numbers = numbers;
	add(g, INSN_JA((s32)start - (s32)g->cnt - 1));
}

static void gen_may_goto(struct gen *g)
{
	u16 numbers;
	u32 start;

	land_all(g);
	numbers = g->numbers;
	start = g->cnt;
	add(g, insn_make(BPF_JMP | INSN_JCOND, 0, INSN_MAY_GOTO, 0, 0));
	gen_body(g);
	gen_again(g, numbers, start);
	g->insns[start].off = g->cnt - start - 1;
}

static void gen_iter_call(struct gen *g, const char *name, s16 off)
{
	add(g, INSN_MOV_R(1, 10));
	add(g, INSN_ALU_I(BPF_ADD, 1, off));
	add(g, insn_make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, test_kfunc_find(name)));
}

static void gen_iter(struct gen *g)
{
	s16 off = ITER_OFF - 8 * (s16)g->nr_iters;
	u32 start, end;
	u16 numbers;

	land_all(g);
	if (g->nr_iters == 2)
		return;
	g->nr_iters++;
	add(g, INSN_MOV_I(2, below(3)));
	add(g, below(2) ? INSN_MOV_I(3, below(8)) : INSN_MOV_R(3, number(g)));
	gen_iter_call(g, "bpf_iter_num_new", off);
	g->numbers &= ~0x3e;
	numbers = g->numbers;
	start = g->cnt;
	gen_iter_call(g, "bpf_iter_num_next", off);
	end = g->cnt;
	add(g, INSN_JMP_I(BPF_JEQ, 0, 0, 0));
	add(g, INSN_LDX(some_size(below(32) ? 4 : 8), number_out(g), 0, 0));
	gen_body(g);
	if (!below(40))
		gen_iter_call(g, "bpf_iter_num_destroy", off);
	gen_again(g, numbers, start);
	g->insns[end].off = g->cnt - end - 1;
	if (below(60))
		gen_iter_call(g, "bpf_iter_num_destroy", off);
	if (!below(60))
		gen_iter_call(g, "bpf_iter_num_next", off);
	g->nr_iters--;
}

/* -- Functions --- */

static bool can_call(const struct gen *g)
{
	return g->nr_funcs < COUNT(g->funcs);
}

static void want_func(struct gen *g, struct gen_func f)
{
	f.at = g->cnt;
	g->funcs[g->nr_funcs++] = f;
}

/* A pointer to the value lies among what the function may write, or is told to be a number. */
static void gen_static_over(struct gen *g)
{
	bool pointer = below(2);

	add(g, pointer ? INSN_STX(BPF_DW, 10, SPILL_OFF, 8) : INSN_ST(BPF_DW, 10, SPILL_OFF, below(64)));
	add(g, INSN_MOV_R(1, 10));
	add(g, INSN_ALU_I(BPF_ADD, 1, SPILL_OFF - 8 * (s32)below(2)));
	add(g, INSN_MOV_R(2, number(g)));
	want_func(g, (struct gen_func){ .kind = GEN_FUNC_STATIC, .bytes = 8 });
	gen_call(g, insn_make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0), true);
	if (pointer) {
		add(g, INSN_LDX(BPF_DW, 1, 10, SPILL_OFF));
		add(g, INSN_LDX(BPF_DW, number_out(g), 1, 8));
	} else {
		add(g, INSN_LDX(BPF_DW, number_out(g), 10, SPILL_OFF));
	}
}

static void gen_static(struct gen *g)
{
	static const u8 sizes[] = { 1, 4, 8, 8, 16, 32 };
	u8 bytes = sizes[below(COUNT(sizes))];

	if (!can_call(g))
		return;
	if (!below(3)) {
		gen_static_over(g);
		return;
	}
	gen_fixed(g, 1, bytes, true);
	add(g, INSN_MOV_R(2, number(g)));
	want_func(g, (struct gen_func){ .kind = GEN_FUNC_STATIC, .bytes = bytes + !below(16) });
	gen_call(g, insn_make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0), true);
}

static void gen_func_address(struct gen *g, struct gen_func f)
{
	want_func(g, f);
	add(g, insn_make(BPF_LD | BPF_IMM | BPF_DW, 2, INSN_PSEUDO_FUNC, 0, 0));
	add(g, insn_make(0, 0, 0, 0, 0));
}

static void gen_callback(struct gen *g)
{
	struct gen_func f = { .kind = below(3) ? GEN_FUNC_LOOP : GEN_FUNC_EACH };
	bool hash = below(2);

	if (!can_call(g))
		return;
	f.bytes = 8 * (1 + below(g->bases[0].bytes / 8));
	f.key = hash ? 8 : 4;
	f.value = hash ? 16 : 48;
	if (f.kind == GEN_FUNC_EACH)
		gen_map(g, 1, hash ? "hash" : "array");
	else
		add(g, below(2) ? INSN_MOV_I(1, below(8)) : INSN_MOV_R(1, number(g)));
	add(g, INSN_MOV_R(3, 10));
	add(g, INSN_ALU_I(BPF_ADD, 3, -(s32)f.bytes));
	f.bytes += !below(16);
	add(g, INSN_MOV_I(4, 0));
	gen_func_address(g, f);
	gen_call(g, INSN_CALL(f.kind == GEN_FUNC_LOOP ? BPF_FUNC_loop : BPF_FUNC_for_each_map_elem), true);
}

/* What the function is called with goes where its steps look for it. */
static void gen_args(struct gen *g, const struct gen_func *f)
{
	g->bases[g->nr_bases++] = (struct gen_base){ 10, -FUNC_STACK_BYTES, FUNC_STACK_BYTES, false };
	if (f->kind == GEN_FUNC_EACH) {
		add(g, INSN_LDX(BPF_W, 6, 2, 0));
		add(g, INSN_MOV_R(7, 4));
		add(g, INSN_MOV_R(9, 2));
		add(g, INSN_MOV_R(8, 3));
		g->bases[g->nr_bases++] = (struct gen_base){ 9, 0, f->key, true };
		g->bases[g->nr_bases++] = (struct gen_base){ 8, 0, f->value, false };
		g->bases[g->nr_bases++] = (struct gen_base){ 7, 0, f->bytes, false };
		g->numbers = 1 << 6;
		return;
	}
	add(g, INSN_MOV_R(8, f->kind == GEN_FUNC_LOOP ? 2 : 1));
	add(g, INSN_MOV_R(6, f->kind == GEN_FUNC_LOOP ? 1 : 2));
	add(g, INSN_MOV_R(7, 6));
	g->bases[g->nr_bases++] = (struct gen_base){ 8, 0, f->bytes, false };
	g->numbers = 3 << 6;
}

static void gen_clear(struct gen *g, s16 bytes)
{
	for (s16 off = 8; g->clear && off <= bytes; off += 8)
		add(g, INSN_ST(BPF_DW, 10, -off, 0));
}

static void gen_steps(struct gen *g, u32 n)
{
	for (; n && g->cnt < MAIN_INSNS_MAX; n--) {
		if (below(5) > 1)
			gen_step(g);
		else
			g->own(g);
	}
	land_all(g);
}

static void gen_func(struct gen *g, struct gen_func f)
{
	g->insns[f.at].imm = g->cnt - f.at - 1;
	g->has_ctx = false;
	g->nr_bases = 0;
	gen_args(g, &f);
	gen_clear(g, FUNC_STACK_BYTES);
	gen_steps(g, 2 + below(5));
	for (u32 n = below(3); n; n--)
		gen_access(g);
	land_all(g);
	add(g, INSN_MOV_R(0, number(g)));
	if (f.kind != GEN_FUNC_STATIC)
		add(g, INSN_ALU_I(BPF_AND, 0, below(24) ? below(2) : 2));
	add(g, INSN_EXIT());
}

/* The program once more, from its begin. */
static void gen_tail(struct gen *g)
{
	if (!g->has_ctx)
		return;
	add(g, below(2) ? INSN_MOV_I(3, below(6)) : INSN_MOV_R(3, number(g)));
	add(g, INSN_MOV_R(1, 9));
	if (!below(16))
		gen_memory(g, 1, 2, 1, true);
	gen_map(g, 2, below(16) ? "progs" : "array");
	gen_call(g, INSN_CALL(BPF_FUNC_tail_call), false);
}

/* -- Programs --- */

typedef void (*gen_fn)(struct gen *g);

static void gen_mixed(struct gen *g);

static const struct {
	const char *name;
	gen_fn own;
} classes[GEN_CLASSES] = {
	[GEN_PLAIN] = { "plain", gen_wild_access },
	[GEN_CALLS] = { "calls", gen_helper },
	[GEN_VALUES] = { "values", gen_value },
	[GEN_FUNCS] = { "functions", gen_static },
	[GEN_CALLBACKS] = { "callbacks", gen_callback },
	[GEN_MAY_GOTO] = { "may_goto", gen_may_goto },
	[GEN_RECORDS] = { "records", gen_record },
	[GEN_ITERS] = { "iterators", gen_iter },
	[GEN_TAILS] = { "tail calls", gen_tail },
	[GEN_MIXED] = { "mixed", gen_mixed },
};

static void gen_mixed(struct gen *g)
{
	classes[1 + below(GEN_MIXED - 1)].own(g);
}

const char *gen_name(enum gen_class class)
{
	return classes[class].name;
}

static void gen_step(struct gen *g)
{
	static const gen_fn steps[] = { gen_alu, gen_alu, gen_alu, gen_source, gen_jump, gen_access, gen_access, land,
					gen_loop, gen_spill, gen_spill };

	steps[below(COUNT(steps))](g);
}

static void gen_main(struct gen *g)
{
	g->has_ctx = true;
	g->bases[g->nr_bases++] = (struct gen_base){ 10, -STACK_BYTES, STACK_BYTES, false };
	g->bases[g->nr_bases++] = (struct gen_base){ 8, 0, 64, false };
	add(g, INSN_MOV_R(9, 1));
	add(g, insn_make(BPF_LD | BPF_IMM | BPF_DW, 8, BPF_PSEUDO_MAP_VALUE, 0, test_map_find("global")));
	add(g, insn_make(0, 0, 0, 0, 0));
	for (u8 r = 2; r < 8; r++) {
		add(g, INSN_LDX(BPF_DW, r, 9, 8 * (r - 2)));
		g->numbers |= 1 << r;
	}
	gen_clear(g, -FORK_OFF);
	gen_steps(g, 6 + below(20));
	add(g, INSN_MOV_R(0, number(g)));
	add(g, INSN_EXIT());
}

void generate(struct gen *g, enum gen_class class)
{
	memset(g, 0, sizeof(*g));
	g->clear = below(2);
	g->own = classes[class].own;
	gen_main(g);
	for (u32 i = 0; i < g->nr_funcs; i++)
		gen_func(g, g->funcs[i]);
}
