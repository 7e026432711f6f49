/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random programs near the boundary. Whatever is accepted runs in the interpreter, and each step is compared
 * with what the proof said: registers lie inside a visited state, accesses inside ctx, stack or map, the run
 * ends. Then the code generator's code runs on the same: its result and the value must be the interpreter's.
 * fuzz_verifier [-n PROGRAMS] [-t SECONDS] [-s SEED] [-1 SEED]: -1 shows one program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/build.h"
#include "bpf/disasm.h"
#include "bpf/interp.h"
#include "jit/jit.h"
#include "judge.h"
#include "maps.h"
#include "verifier/verifier.h"

#define INSNS_MAX 96
#define STACK_BYTES 80		/* that programs use at most */
#define RUNS 12
#define VALUE_BYTES 64
#define CTX_BYTES 96
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static u64 seed;
static u64 compared;	/* runs */

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dULL;
}

static u32 below(u32 n)
{
	return (rnd() >> 32) % n;
}

static u64 edge(void)
{
	static const u64 v[] = { 0, 1, 7, 8, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000,
				 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, ~0ULL };

	return below(4) ? v[below(COUNT(v))] + below(3) - 1 : rnd() >> below(64);
}

/* -- Programs --- */

struct gen {
	struct bpf_insn insns[INSNS_MAX + 16];
	u32 cnt;
	u8 map_fd;
	u32 skips[8];		/* forward jumps that want a target */
	u32 nr_skips;
	bool clear;		/* it writes all of its stack first */
};

static void add(struct gen *g, struct bpf_insn insn)
{
	g->insns[g->cnt++] = insn;
}

static u8 number(void)
{
	return 2 + below(6);	/* r2 to r7 hold numbers, r8 the map, r9 ctx */
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
	struct bpf_insn insn = { .code = class | op, .dst_reg = number() };

	if (below(2)) {
		insn.code |= BPF_X;
		insn.src_reg = number();
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

	add(g, INSN_LDX(size, number(), 9, 8 * below(12)));
}

static void gen_jump(struct gen *g)
{
	static const u8 ops[] = { BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT, BPF_JSGE,
				  BPF_JSLT, BPF_JSLE, BPF_JSET };
	struct bpf_insn insn = { .code = (below(3) ? BPF_JMP : BPF_JMP32) | ops[below(COUNT(ops))],
				 .dst_reg = number() };

	if (g->nr_skips == COUNT(g->skips))
		return;
	if (below(2)) {
		insn.code |= BPF_X;
		insn.src_reg = number();
	} else {
		insn.imm = small();
	}
	g->skips[g->nr_skips++] = g->cnt;
	add(g, insn);
}

static void land(struct gen *g)
{
	u32 i;

	if (!g->nr_skips)
		return;
	i = below(g->nr_skips);
	g->insns[g->skips[i]].off = g->cnt - g->skips[i] - 1;
	g->skips[i] = g->skips[--g->nr_skips];
}

/* Keeps a number near the size of the map, more or less. */
static void gen_bound(struct gen *g, u8 r)
{
	static const s32 masks[] = { 7, 15, 31, 48, 56, 63 };

	switch (below(4)) {
	case 0:
		add(g, INSN_ALU_I(BPF_AND, r, masks[below(COUNT(masks))]));
		break;
	case 1:
		g->skips[g->nr_skips++] = g->cnt;
		add(g, insn_make(BPF_JMP | (below(2) ? BPF_JGT : BPF_JGE) | BPF_K, r, 0, 0, 50 + below(16)));
		break;
	case 2:
		g->skips[g->nr_skips++] = g->cnt;
		add(g, insn_make(BPF_JMP | BPF_JSGT | BPF_K, r, 0, 0, 50 + below(16)));
		g->skips[g->nr_skips++] = g->cnt;
		add(g, insn_make(BPF_JMP | BPF_JSLT | BPF_K, r, 0, 0, below(3)));
		break;
	default:
		add(g, INSN_ALU_I(BPF_MOD, r, 1 + below(64)));
		break;
	}
}

static void gen_access(struct gen *g)
{
	static const u8 sizes[] = { BPF_B, BPF_B, BPF_H, BPF_W, BPF_DW };
	u8 r = number(), size = sizes[below(5)], base = below(3) ? 8 : 10;
	s16 off = base == 8 ? (s16)below(12) - 2 : -64 - (s16)below(8);

	if (g->nr_skips > COUNT(g->skips) - 3)
		return;
	gen_bound(g, r);
	if (!below(3))
		gen_alu(g);
	add(g, INSN_MOV_R(1, base));
	add(g, INSN_ALU_R(BPF_ADD, 1, r));
	if (below(2))
		add(g, INSN_LDX(size, number(), 1, off));
	else if (below(2))
		add(g, INSN_STX(size, 1, off, number()));
	else
		add(g, INSN_ST(size, 1, off, small()));
}

static void gen_spill(struct gen *g)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW, BPF_DW, BPF_DW };
	u8 size = sizes[below(6)];
	s16 off = -8 * (1 + (s16)below(8));

	if (size != BPF_DW && !below(2))
		off += size == BPF_W ? 4 : 2;
	if (below(2))
		add(g, INSN_STX(size, 10, off, number()));
	else if (below(4))
		add(g, INSN_LDX(size, number(), 10, off));
	else
		add(g, INSN_ATOMIC(BPF_ADD | BPF_FETCH, 10, -8 * (1 + (s16)below(8)), number()));
}

/* A loop of a few rounds around something. */
static void gen_loop(struct gen *g)
{
	u32 start, rounds = 2 + below(6);
	u8 r = number();

	add(g, INSN_MOV_I(r, 0));
	start = g->cnt;
	for (u32 n = below(3); n; n--)
		gen_alu(g);
	if (!below(2))
		gen_spill(g);
	add(g, INSN_ALU_I(BPF_ADD, r, 1));
	add(g, INSN_JMP_I(below(2) ? BPF_JLT : BPF_JNE, r, rounds, (s32)start - (s32)g->cnt - 1));
}

static void generate(struct gen *g)
{
	memset(g, 0, sizeof(*g));
	g->map_fd = test_map_find("global");
	add(g, INSN_MOV_R(9, 1));
	add(g, insn_make(BPF_LD | BPF_IMM | BPF_DW, 8, BPF_PSEUDO_MAP_VALUE, 0, g->map_fd));
	add(g, insn_make(0, 0, 0, 0, 0));
	for (u8 r = 2; r < 8; r++)
		add(g, INSN_LDX(BPF_DW, r, 9, 8 * (r - 2)));
	g->clear = below(2);
	for (s16 off = 8; g->clear && off <= STACK_BYTES; off += 8)
		add(g, INSN_ST(BPF_DW, 10, -off, 0));
	for (u32 n = 4 + below(24); n && g->cnt < INSNS_MAX - 12; n--) {
		switch (below(12)) {
		case 0 ... 3:
			gen_alu(g);
			break;
		case 4:
			gen_source(g);
			break;
		case 5:
			gen_jump(g);
			break;
		case 6:
		case 7:
			gen_access(g);
			break;
		case 8:
			land(g);
			break;
		case 9:
			gen_loop(g);
			break;
		default:
			gen_spill(g);
			break;
		}
	}
	while (g->nr_skips)
		land(g);
	add(g, INSN_MOV_R(0, number()));
	add(g, INSN_EXIT());
}

/* -- Running --- */

struct check {
	const struct gen *g;
	const struct verify_claims *claims;
	struct bpf_insn insns[INSNS_MAX + 16];	/* of .g, with addresses; what no path reaches ends the run */
	struct jit_code *code;
	u64 ctx[CTX_BYTES / 8];
	u8 value[VALUE_BYTES];
	const char *wrong;
	u32 at;
	u64 regs[INSN_REGS];
};

static bool inside(u64 at, u32 bytes, u64 from, u64 size)
{
	return at >= from && at + bytes <= from + size;
}

static void step(void *arg, u32 pc, u32 depth, const u64 *regs)
{
	struct check *c = arg;
	const struct bpf_insn *insn = &c->g->insns[pc];
	u8 class = insn_class(insn), base = class == BPF_LDX ? insn->src_reg : insn->dst_reg;
	u64 at = regs[base] + insn->off;
	u32 bytes;

	if (c->wrong)
		return;
	c->wrong = c->claims ? verify_claims_check(c->claims, pc, regs, depth) : NULL;
	c->at = pc;
	memcpy(c->regs, regs, sizeof(c->regs));
	if (c->wrong || (class != BPF_LDX && class != BPF_ST && class != BPF_STX))
		return;
	bytes = insn_size_bytes(insn);
	if (!inside(at, bytes, regs[10] - INSN_STACK_BYTES, INSN_STACK_BYTES) &&
	    !inside(at, bytes, (u64)c->ctx, CTX_BYTES) && !inside(at, bytes, (u64)c->value, VALUE_BYTES))
		c->wrong = "access outside";
}

static void load(struct check *c, const struct gen *g, const u8 *insn_flags)
{
	struct bpf_insn *insns = c->insns;

	c->g = g;
	memcpy(insns, g->insns, sizeof(c->insns));
	for (u32 i = 0; i < g->cnt; i++) {
		bool wide = insn_is_ldimm64(&insns[i]);

		for (u32 k = i; k <= i + wide && !(insn_flags[i] & VERIFY_INSN_SEEN); k++)
			insns[k] = INSN_EXIT();
		if (insn_is_ldimm64(&insns[i])) {
			insns[i].src_reg = 0;
			insns[i].imm = (u64)c->value;
			insns[i + 1].imm = (u64)c->value >> 32;
		}
		i += wide;
	}
}

/* Leaves bytes on the stack, where the next run has its own. */
static __attribute__((noinline)) void litter(int byte)
{
	u8 bytes[256 << 10];

	memset(bytes, byte, sizeof(bytes));
	__asm__ volatile("" : : "r"(bytes) : "memory");	/* wanted */
}

struct outcome {
	u64 r0;
	u8 value[VALUE_BYTES];
};

static const char *run_interpreter(struct check *c, struct outcome *ret)
{
	struct interp_prog prog = { c->insns, c->g->cnt };
	struct interp_opts opts = { .arg = c, .budget_insns = 3000000, .step = step };
	int err;

	memset(c->value, 0, sizeof(c->value));
	err = interp_run(&prog, &opts, (u64)c->ctx, &ret->r0);
	memcpy(ret->value, c->value, sizeof(ret->value));
	return c->wrong ?: err ? "the run does not end" : NULL;
}

/* Elsewhere on the stack */
static __attribute__((noinline)) const char *run_below(struct check *c, struct outcome *ret)
{
	volatile u8 room[4096 + 64];
	const char *wrong;

	room[0] = 0;
	wrong = run_interpreter(c, ret);
	room[1] = room[0];
	return wrong;
}

static const char *run_code(struct check *c, const struct outcome *want)
{
	u64 r0;

	memset(c->value, 0, sizeof(c->value));
	r0 = c->code->entry(c->ctx);
	if (r0 != want->r0)
		return "another result of the code generator's code";
	return memcmp(c->value, want->value, sizeof(want->value)) ?
		"another value of the code generator's code" : NULL;
}

static const char *run_one(struct check *c, const struct verify_claims *claims)
{
	struct outcome a, b;
	const char *wrong;

	c->claims = claims;
	c->wrong = NULL;
	for (u32 i = 0; i < COUNT(c->ctx); i++)
		c->ctx[i] = edge();
	litter(0x11);
	wrong = run_interpreter(c, &a);
	litter(0xee);
	if (!wrong)
		wrong = run_below(c, &b);
	/* What lay on the stack, and where that is, may be seen; then nothing is to be compared. Code finds
	 * other things there than the interpreter. */
	if (wrong || !c->g->clear || a.r0 != b.r0 || memcmp(a.value, b.value, sizeof(a.value)))
		return wrong;
	compared++;
	return run_code(c, &a);
}

static const char *run_accepted(const struct gen *g, const u8 *insn_flags, const struct verify_claims *claims,
				struct check *c)
{
	struct jit_opts opts = { .features = arch_host_features() };
	const char *wrong = NULL;

	load(c, g, insn_flags);
	if (jit_load(c->insns, g->cnt, &opts, &c->code))
		return "the code generator refuses it";
	for (int i = 0; !wrong && i < RUNS; i++)
		wrong = run_one(c, claims);
	jit_code_free(c->code);
	c->code = NULL;
	return wrong;
}

static const struct verify_map *find_map(void *arg, const struct bpf_insn *insn)
{
	(void)arg;
	return test_map(insn->imm);
}

static int judge(const struct gen *g, u32 flags, struct verify_result *r, struct judge_log *log)
{
	static const struct verify_ops quiet = { .find_map = find_map };
	static const struct verify_ops loud = { .find_map = find_map, .log = judge_log };
	struct verify_opts o = { .insns = g->insns, .cnt = g->cnt, .type = BPF_PROG_TYPE_RAW_TRACEPOINT,
				 .flags = flags, .log_level = log ? VERIFY_LOG_ALL : 0,
				 .ops = log ? &loud : &quiet, .arg = log, .insns_max = 20000 };

	return verify(&o, r);
}

static void show(const struct gen *g, u64 from, const struct check *c)
{
	struct judge_log log = { 0 };
	struct verify_result r;
	char *line, *save;

	printf("# seed %llu\n", (unsigned long long)from);
	judge(g, VERIFY_EXACT, &r, &log);
	verify_done(&r);
	for (line = strtok_r(log.text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		printf("# %s\n", line);
	free(log.text);
	if (!c->wrong)
		return;
	printf("# %s at %u:", c->wrong, c->at);
	for (u32 i = 0; i < INSN_REGS; i++)
		printf(" r%u=%llx", i, (unsigned long long)c->regs[i]);
	printf("\n");
}

static bool try_one(u64 from, bool verbose, u32 *accepted)
{
	struct verify_result exact = { 0 }, loose = { 0 };
	const char *wrong = NULL;
	struct check c = { 0 };
	struct gen g;
	int err_exact, err_loose;

	seed = from * 0x9e3779b97f4a7c15ULL + 1;
	generate(&g);
	err_loose = judge(&g, below(2) ? VERIFY_STATE_FREQ : 0, &loose, NULL);
	err_exact = judge(&g, VERIFY_EXACT | VERIFY_KEEP_STATES, &exact, NULL);
	*accepted += !err_loose;
	/* What the exact proof has no time for may still be run, without claims. */
	if (!err_loose)
		wrong = run_accepted(&g, loose.insn_flags, err_exact ? NULL : exact.claims, &c);
	if (!wrong && !err_exact && err_loose && err_loose != -7)
		wrong = "refused only when numbers may be ignored";
	if (wrong || verbose)
		show(&g, from, &c);
	if (wrong)
		printf("# %s\n", wrong);
	verify_done(&exact);
	verify_done(&loose);
	return !wrong;
}

int main(int argc, char **argv)
{
	u64 first = 1, n = 3000, i, failed = 0;
	time_t end = 0;
	u32 accepted = 0;
	int opt;

	while ((opt = getopt(argc, argv, "n:t:s:1:")) != -1) {
		if (opt == 'n')
			n = strtoull(optarg, NULL, 0);
		else if (opt == 's')
			first = strtoull(optarg, NULL, 0);
		else if (opt == 't')
			end = time(NULL) + atoi(optarg);
		else
			return !try_one(strtoull(optarg, NULL, 0), true, &accepted);
	}
	for (i = 0; (end ? time(NULL) < end : i < n) && failed < 3; i++)
		failed += !try_one(first + i, false, &accepted);
	printf("# %llu programs, %u accepted, %llu runs compared\n", (unsigned long long)i, accepted,
	       (unsigned long long)compared);
	failed |= !accepted || !compared;
	printf("%sok 1 - random programs\n1..1\n", failed ? "not " : "");
	return failed;
}
