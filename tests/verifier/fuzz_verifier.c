/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random programs near the boundary. Whatever is accepted runs in the interpreter, and each step is compared
 * with what the proof said: registers lie inside a visited state, accesses inside memory that is there, the run
 * ends and holds nothing then. Then the code generator's code runs on the same: its result, what it wrote and what it
 * told helpers must be the interpreter's.
 * fuzz_verifier [-c CLASS] [-n PROGRAMS] [-t SECONDS] [-s SEED] [-1 SEED]: -n and -t for each class; -1 shows one
 * program.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz_gen.h"
#include "fuzz_world.h"
#include "jit/jit.h"
#include "judge.h"
#include "maps.h"
#include "verifier/verifier.h"

#define RUNS 12
#define MAY_GOTO_MAX 10

static struct {
	u64 made, accepted, runs, compared;
} stats[GEN_CLASSES];

/* -- Running --- */

struct check {
	const struct gen *g;
	const struct verify_claims *claims;
	struct bpf_insn insns[GEN_INSNS];	/* of .g, with addresses; what no path reaches ends the run */
	struct jit_code *code;
	u64 seed;			/* of the run */
	const char *wrong;
	u32 at;
	u64 regs[INSN_REGS];
	jmp_buf stop;
};

static const char *check_access(const struct bpf_insn *insn, const u64 *regs)
{
	u8 class = insn_class(insn);
	bool load = class == BPF_LDX;

	if (!load && class != BPF_ST && class != BPF_STX)
		return NULL;
	return world_access(regs[load ? insn->src_reg : insn->dst_reg] + insn->off, insn_size_bytes(insn), !load);
}

static void step(void *arg, u32 pc, u32 depth, const u64 *regs)
{
	struct check *c = arg;

	world_frame(depth, regs[INSN_FP]);
	c->wrong = world_wrong();
	if (!c->wrong && c->claims)
		c->wrong = verify_claims_check(c->claims, pc, regs, depth);
	if (!c->wrong)
		c->wrong = check_access(&c->insns[pc], regs);
	c->at = pc;
	memcpy(c->regs, regs, sizeof(c->regs));
	if (c->wrong)
		longjmp(c->stop, 1);
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
		if (insn_is_ldimm64(&insns[i]) && !insn_is_func_addr(&insns[i])) {
			u64 address = world_address(&insns[i]);

			insns[i].src_reg = 0;
			insns[i].imm = address;
			insns[i + 1].imm = address >> 32;
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
	u64 r0, hash;
};

static const char *run_interpreter(struct check *c, struct outcome *ret)
{
	struct interp_prog prog = { c->insns, c->g->cnt };
	struct interp_opts opts = { .resolve = world_resolve, .arg = c, .prog_array = world_prog_array,
				    .budget_insns = 3000000, .may_goto_max = MAY_GOTO_MAX, .step = step };
	struct world_opts world = { .seed = c->seed, .interpreted = true, .tail_entry = (u64)&prog };

	world_begin(&world);
	if (setjmp(c->stop))
		return c->wrong;
	if (interp_run(&prog, &opts, (u64)world_ctx(), &ret->r0))
		return "the run does not end";
	ret->hash = world_hash();
	return world_end();
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
	struct world_opts world = { .seed = c->seed, .tail_entry = c->code->tail_entry };

	world_begin(&world);
	if (c->code->entry(world_ctx()) != want->r0)
		return "another result of the code generator's code";
	return world_hash() != want->hash ? "other effects of the code generator's code" : world_end();
}

static const char *run_one(struct check *c, bool *compared)
{
	struct outcome a, b;
	const char *wrong;

	c->seed = rnd();
	litter(0x11);
	wrong = run_interpreter(c, &a);
	litter(0xee);
	if (!wrong)
		wrong = run_below(c, &b);
	/* What lay on the stack, and where that is, may be seen; then nothing is to be compared. Code finds
	 * other things there than the interpreter. */
	if (wrong || !c->g->clear || a.r0 != b.r0 || a.hash != b.hash)
		return wrong;
	*compared = true;
	return run_code(c, &a);
}

/* @claims: NULL: unknown */
static const char *run_accepted(const struct gen *g, const u8 *insn_flags, const struct verify_claims *claims,
				enum gen_class class, struct check *c)
{
	struct jit_opts opts = { .features = arch_host_features(), .resolve = world_resolve,
				 .prog_array = world_prog_array, .may_goto_max = MAY_GOTO_MAX };
	const char *wrong = NULL;
	bool compared;

	c->claims = claims;
	world_new();
	load(c, g, insn_flags);
	if (jit_load(c->insns, g->cnt, &opts, &c->code))
		wrong = "the code generator refuses it";
	for (int i = 0; !wrong && i < RUNS; i++) {
		compared = false;
		wrong = run_one(c, &compared);
		stats[class].runs++;
		stats[class].compared += compared;
	}
	world_free();
	jit_code_free(c->code);
	c->code = NULL;
	return wrong;
}

/* -- Judging --- */

static const struct verify_map *find_map(void *arg, const struct bpf_insn *insn)
{
	(void)arg;
	return test_map(insn->imm);
}

static const char *kfunc_name(void *arg, const struct bpf_insn *insn)
{
	(void)arg;
	return test_kfunc_name(insn->imm);
}

static int judge(const struct gen *g, u32 flags, struct verify_result *r, struct judge_log *log)
{
	static const struct verify_ops quiet = { .find_map = find_map, .kfunc_name = kfunc_name };
	static const struct verify_ops loud = { .find_map = find_map, .kfunc_name = kfunc_name, .log = judge_log };
	struct verify_opts o = { .insns = g->insns, .cnt = g->cnt, .type = BPF_PROG_TYPE_RAW_TRACEPOINT,
				 .flags = flags | VERIFY_GPL, .log_level = log ? VERIFY_LOG_ALL : 0,
				 .ops = log ? &loud : &quiet, .arg = log, .insns_max = 20000 };

	return verify(&o, r);
}

static void show(const struct gen *g, enum gen_class class, u64 from, const struct check *c)
{
	struct judge_log log = { 0 };
	struct verify_result r;
	char *line, *save;

	printf("# -c %s -1 %llu\n", gen_name(class), (unsigned long long)from);
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

static struct {
	enum gen_class class;
	u64 seed;
} at;

/* A program that got past the proof and the interpreter. */
static void say_where(int sig)
{
	printf("# -c %s -1 %llu\n# signal %d\n", gen_name(at.class), (unsigned long long)at.seed, sig);
	fflush(stdout);
	_exit(1);
}

static bool try_one(enum gen_class class, u64 from, bool verbose)
{
	struct verify_result exact = { 0 }, loose = { 0 };
	const char *wrong = NULL;
	struct check c = { 0 };
	struct gen g;
	int err_exact, err_loose;

	at.class = class;
	at.seed = from;
	rnd_seed(from);
	generate(&g, class);
	err_loose = judge(&g, below(2) ? VERIFY_STATE_FREQ : 0, &loose, NULL);
	err_exact = judge(&g, VERIFY_EXACT | VERIFY_KEEP_STATES, &exact, NULL);
	stats[class].made++;
	stats[class].accepted += !err_loose;
	/* What the exact proof has no time for may still be run, without claims. */
	if (!err_loose)
		wrong = run_accepted(&g, loose.insn_flags, err_exact ? NULL : exact.claims, class, &c);
	if (!wrong && !err_exact && err_loose && err_loose != -7)
		wrong = "refused only when numbers may be ignored";
	if (wrong || verbose)
		show(&g, class, from, &c);
	if (wrong)
		printf("# %s\n", wrong);
	if (verbose && err_loose)
		printf("# refused: %s\n", loose.reason);
	verify_done(&exact);
	verify_done(&loose);
	return !wrong;
}

/* -- Classes --- */

struct plan {
	u64 first, n;
	u32 seconds;
};

static bool try_class(enum gen_class class, const struct plan *p)
{
	time_t end = time(NULL) + p->seconds;
	u64 i, failed = 0;
	bool ok;

	for (i = 0; (p->seconds ? time(NULL) < end : i < p->n) && failed < 3; i++)
		failed += !try_one(class, p->first + i, false);
	printf("# %llu programs, %llu accepted, %llu runs, %llu compared\n", (unsigned long long)stats[class].made,
	       (unsigned long long)stats[class].accepted, (unsigned long long)stats[class].runs,
	       (unsigned long long)stats[class].compared);
	ok = !failed && stats[class].accepted && stats[class].compared;
	printf("%sok %u - random programs: %s\n", ok ? "" : "not ", class + 1, gen_name(class));
	return ok;
}

static int find_class(const char *name)
{
	for (int i = 0; i < GEN_CLASSES; i++)
		if (!strcmp(gen_name(i), name))
			return i;
	fprintf(stderr, "no class '%s'\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	struct plan p = { 1, 1000, 0 };
	int opt, only = -1;
	bool ok = true;

	signal(SIGSEGV, say_where);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((opt = getopt(argc, argv, "c:n:t:s:1:")) != -1) {
		if (opt == 'c')
			only = find_class(optarg);
		else if (opt == 'n')
			p.n = strtoull(optarg, NULL, 0);
		else if (opt == 's')
			p.first = strtoull(optarg, NULL, 0);
		else if (opt == 't')
			p.seconds = atoi(optarg);
		else
			return !try_one(only < 0 ? GEN_PLAIN : only, strtoull(optarg, NULL, 0), true);
	}
	for (int i = 0; i < GEN_CLASSES; i++)
		if (only < 0 || i == only)
			ok &= try_class(i, &p);
	printf("1..%d\n", GEN_CLASSES);
	return !ok;
}
