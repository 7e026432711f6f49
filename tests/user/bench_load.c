/* SPDX-License-Identifier: BSD-2-Clause */
/* How long BPF_PROG_LOAD takes, verifying and compiling, per 1,000 instructions: median of loads, with the spread. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "bpf/insn.h"

#define CNT_MAX 20000
#define LOADS 31

static struct bpf_insn insns[CNT_MAX];
static u32 cnt;
static int map;

static void add(struct bpf_insn insn)
{
	insns[cnt++] = insn;
}

static void start(void)
{
	cnt = 0;
	add(insn_make(BPF_ALU64 | BPF_MOV | BPF_X, 9, 1, 0, 0));
	add(insn_make(BPF_LDX | BPF_MEM | BPF_DW, 6, 1, 0, 0));
	add(insn_make(BPF_ALU64 | BPF_MOV, 7, 0, 0, 1));
	add(insn_make(BPF_ALU64 | BPF_MOV, 0, 0, 0, 0));
}

static void arithmetic(u32 i)
{
	static const u8 ops[] = { BPF_ADD, BPF_XOR, BPF_MUL, BPF_LSH };

	add(insn_make(BPF_ALU64 | ops[i % 4], 6 + i % 2, 0, 0, 1 + i % 30));
}

static void stack(u32 i)
{
	add(insn_make(BPF_STX | BPF_MEM | BPF_DW, 10, 6, -8 * (s32)(1 + i % 60), 0));
	add(insn_make(BPF_LDX | BPF_MEM | BPF_DW, 8, 10, -8 * (s32)(1 + i % 60), 0));
}

static void branch(u32 i)
{
	add(insn_make(BPF_LDX | BPF_MEM | BPF_DW, 8, 9, 0, 0));
	add(insn_make(BPF_JMP | BPF_JGT, 8, 0, 1, i));
	add(insn_make(BPF_ALU64 | BPF_ADD, 0, 0, 0, 1));
}

static void lookup(u32 i)
{
	add(insn_make(BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, i % 8));
	add(insn_make(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0));
	add(insn_make(BPF_ALU64 | BPF_ADD, 2, 0, 0, -4));
	add(insn_make(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, map));
	add((struct bpf_insn){ 0 });
	add(insn_make(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem));
	add(insn_make(BPF_JMP | BPF_JEQ, 0, 0, 2, 0));
	add(insn_make(BPF_ALU64 | BPF_MOV, 1, 0, 0, 1));
	add(insn_make(BPF_STX | BPF_ATOMIC | BPF_DW, 0, 1, 0, BPF_ADD));
	add(insn_make(BPF_ALU64 | BPF_MOV, 0, 0, 0, 0));
}

static double load_us(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_SLEEPABLE);
	struct timespec a, b;
	int fd;

	clock_gettime(CLOCK_MONOTONIC, &a);
	fd = bpf_prog_load(BPF_PROG_TYPE_SYSCALL, "load", "GPL", insns, cnt, &opts);
	clock_gettime(CLOCK_MONOTONIC, &b);
	if (fd < 0) {
		fprintf(stderr, "bench_load: it does not load: %d\n", fd);
		exit(1);
	}
	close(fd);
	return (b.tv_sec - a.tv_sec) * 1e6 + (b.tv_nsec - a.tv_nsec) / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const char *name, void (*emit)(u32 i), u32 at_least)
{
	double us[LOADS];

	start();
	for (u32 i = 0; cnt < at_least; i++)
		emit(i);
	add(insn_make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
	for (u32 i = 0; i < LOADS; i++)
		us[i] = load_us() * 1000 / cnt;
	qsort(us, LOADS, sizeof(*us), compare);
	printf("%-12s %6u instructions %8.1f us per 1,000   (%.1f .. %.1f)\n", name, cnt, us[LOADS / 2], us[LOADS / 4],
	       us[LOADS * 3 / 4]);
}

int main(void)
{
	map = bpf_map_create(BPF_MAP_TYPE_HASH, "m", 4, 8, 8, NULL);
	for (u32 size = 1000; size <= 10000; size *= 10) {
		measure("arithmetic", arithmetic, size);
		measure("stack", stack, size);
		measure("branches", branch, size);
		measure("map lookups", lookup, size);
	}
	return 0;
}
