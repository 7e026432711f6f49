/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs made to be hard to judge: all end within the limits of instructions and memory, and, of a CPU's time of
 * its own, in seconds at most (a comment tells how long each took).
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bpf/build.h"
#include "judge.h"
#include "maps.h"

#define INSNS 1000000
#define CPU_SECONDS 10		/* sanitizers take five times as long, a second without */
#define PEAK_BYTES (300ULL << 20)

struct worst {
	const char *name;
	void (*fill)(void);
	int err;
};

static struct {
	struct bpf_insn insns[INSNS];
	u32 cnt;
} p;

static void add(struct bpf_insn insn)
{
	p.insns[p.cnt++] = insn;
}

static void alu(u8 op, u8 dst, s32 imm)
{
	add(insn_make(BPF_ALU64 | op | BPF_K, dst, 0, 0, imm));
}

static void jump(u8 op, u8 dst, s32 imm, s16 off)
{
	add(insn_make(BPF_JMP | op | BPF_K, dst, 0, off, imm));
}

static void call(s32 helper)
{
	add(insn_make(BPF_JMP | BPF_CALL, 0, 0, 0, helper));
}

static void finish(void)
{
	alu(BPF_MOV, 0, 0);
	add(insn_make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
}

/* A byte of the value of 64: R6 counts. */
static void index_with_r6(void)
{
	alu(BPF_AND, 6, 63);
	add(insn_make(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_VALUE, 0, test_map_find("global")));
	add(insn_make(0, 0, 0, 0, 0));
	add(insn_make(BPF_ALU64 | BPF_ADD | BPF_X, 1, 6, 0, 0));
	add(insn_make(BPF_LDX | BPF_MEM | BPF_B, 0, 1, 0, 0));
}

static void straight(void)
{
	while (p.cnt < INSNS - 2)
		alu(BPF_ADD, 6, 1);
	p.insns[0] = insn_make(BPF_ALU64 | BPF_MOV | BPF_K, 6, 0, 0, 0);
	finish();
}

static void counting(void)
{
	alu(BPF_MOV, 6, 0);
	alu(BPF_ADD, 6, 1);
	jump(BPF_JNE, 6, -1, -2);
	finish();
}

/* Every path has another number, and all of them count. */
static void diamonds(void)
{
	alu(BPF_MOV, 6, 0);
	for (u32 i = 0; i < 30; i++) {
		call(BPF_FUNC_get_prandom_u32);
		jump(BPF_JGT, 0, 7, 1);
		alu(BPF_ADD, 6, 1 << i);
	}
	index_with_r6();
	finish();
}

/* The same with numbers on the stack. */
static void diamonds_on_the_stack(void)
{
	for (u32 i = 0; i < 60; i++) {
		call(BPF_FUNC_get_prandom_u32);
		alu(BPF_MOV, 6, 0);
		jump(BPF_JGT, 0, 7, 1);
		alu(BPF_ADD, 6, i + 1);
		add(insn_make(BPF_STX | BPF_MEM | BPF_DW, 10, 6, -8 * (s32)(i + 1), 0));
	}
	alu(BPF_MOV, 6, 0);
	for (u32 i = 0; i < 60; i++) {
		add(insn_make(BPF_LDX | BPF_MEM | BPF_DW, 7, 10, -8 * (s32)(i + 1), 0));
		add(insn_make(BPF_ALU64 | BPF_ADD | BPF_X, 6, 7, 0, 0));
	}
	index_with_r6();
	finish();
}

/* As many branches as there are instructions, all to the end. */
static void branches(void)
{
	call(BPF_FUNC_get_prandom_u32);
	while (p.cnt < 32000)
		jump(BPF_JEQ, 0, p.cnt, 32000 - p.cnt - 1);
	finish();
}

/* Each round of an endless loop leaves a branch, with everything on the stack. */
static void branching_loop(void)
{
	for (u32 i = 0; i < 64; i++)
		add(insn_make(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8 * (s32)(i + 1), i));
	alu(BPF_MOV, 6, 0);
	alu(BPF_ADD, 6, 1);
	call(BPF_FUNC_get_prandom_u32);
	jump(BPF_JEQ, 0, 5, 1);
	jump(BPF_JNE, 6, -1, -4);
	finish();
}

static const struct worst all[] = {
	{ "straight", straight, 0 },
	{ "counting", counting, -E2BIG },
	{ "diamonds", diamonds, -E2BIG },
	{ "diamonds_on_the_stack", diamonds_on_the_stack, -E2BIG },
	{ "branches", branches, -E2BIG },
	{ "branching_loop", branching_loop, -E2BIG },
};

static const struct verify_map *find_map(void *arg, const struct bpf_insn *insn)
{
	(void)arg;
	return test_map(insn->imm);
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static bool judge(const struct worst *w)
{
	static const struct verify_ops ops = { .find_map = find_map };
	struct verify_opts o = { .insns = p.insns, .type = BPF_PROG_TYPE_SOCKET_FILTER, .flags = VERIFY_GPL,
				 .ops = &ops };
	struct verify_result r;
	double took = cpu_seconds();
	int err;

	p.cnt = 0;
	w->fill();
	o.cnt = p.cnt;
	err = verify(&o, &r);
	took = cpu_seconds() - took;
	printf("# %s: %llu visited, %u states at once, %llu KiB, %.2f s; %d %s\n", w->name,
	       (unsigned long long)r.visited, r.peak_states, (unsigned long long)r.peak_bytes >> 10, took, err,
	       r.reason);
	verify_done(&r);
	return err == w->err && r.visited <= INSNS + 1 && r.peak_bytes <= PEAK_BYTES && took < CPU_SECONDS;
}

int main(void)
{
	u32 failed = 0, nr = sizeof(all) / sizeof(*all);

	for (u32 i = 0; i < nr; i++) {
		bool ok = judge(&all[i]);

		failed += !ok;
		printf("%sok %u - %s\n", ok ? "" : "not ", i + 1, all[i].name);
	}
	printf("1..%u\n", nr);
	return !!failed;
}
