/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_jit WORK.bpf.o [ROUNDS]: the JIT's code beside the native compiler's, from the same C. Each
 * round times both, in turns; the table shows medians, and the quartiles of the rounds' ratios.
 */
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "jit/jit.h"
#include "jit_work.h"

#define ROUNDS_MAX 1001
#define ROUND_NS 200000	/* each timing lasts about this long: short beside a time slice */
/* more than a branch predictor learns by heart, no more than the second level cache holds */
#define BYTES (1024 * WORK_PACKET_BYTES)
#define WORDS 29997
#define TEXT_BYTES (128 << 10)

typedef u64 (*work_fn)(const struct work *w);

static const struct bench {
	const char *name, *section;
	work_fn native;
} benches[] = {
	{ "hash, bytes", "work/hash_bytes", work_hash_bytes },
	{ "hash, words", "work/hash_words", work_hash_words },
	{ "packet parse", "work/parse", work_parse },
	{ "string scan", "work/scan", work_scan },
	{ "sort", "work/sort", work_sort },
};

static u8 bytes[BYTES];
static char text[TEXT_BYTES];
static u32 in[WORDS], out[WORDS];
static const struct work work = { bytes, BYTES, BYTES / WORK_PACKET_BYTES, text, in, out, WORDS };

static u32 rnd(void)
{
	static u64 s = 0x9e3779b97f4a7c15;

	s = s * 6364136223846793005 + 1442695040888963407;
	return s >> 33;
}

static void make_packet(u8 *p)
{
	u32 at = 14;

	for (int i = 0; i < WORK_PACKET_BYTES; i++)
		p[i] = rnd();
	if (rnd() % 4 == 0) {
		p[12] = 0x81;
		p[13] = 0;
		at += 4;
	}
	if (rnd() % 4) {
		p[at - 2] = 0x08;
		p[at - 1] = 0x00;
		p[at] = 0x45;
		p[at + 6] = p[at + 7] = 0;
		p[at + 9] = rnd() % 8 ? 6 : 17;
	} else {
		p[at - 2] = 0x86;
		p[at - 1] = 0xdd;
		p[at + 6] = rnd() % 8 ? 6 : 17;
	}
}

static void make_input(void)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789,,,,\n\\";

	for (int i = 0; i < BYTES; i += WORK_PACKET_BYTES)
		make_packet(bytes + i);
	for (int i = 0; i < TEXT_BYTES - 1; i++)
		text[i] = letters[rnd() % (sizeof(letters) - 1)];
	for (int i = 0; i < WORDS; i++)
		in[i] = rnd();
}

/* -- The BPF side --- */

static Elf_Data *find_section(Elf *elf, const char *name)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	size_t names;

	elf_getshdrstrndx(elf, &names);
	while ((scn = elf_nextscn(elf, scn))) {
		const char *is = gelf_getshdr(scn, &shdr) ? elf_strptr(elf, names, shdr.sh_name) : NULL;

		if (is && !strcmp(is, name))
			return elf_getdata(scn, NULL);
	}
	return NULL;
}

static int load(Elf *elf, const char *section, struct jit_code **ret)
{
	struct jit_opts opts = { .features = arch_host_features() };
	Elf_Data *data = find_section(elf, section);

	if (!data) {
		fprintf(stderr, "no section '%s'\n", section);
		return -1;
	}
	return jit_load(data->d_buf, data->d_size / sizeof(struct bpf_insn), &opts, ret);
}

/* -- Time --- */

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static double time_ns(work_fn fn, int calls)
{
	double start = now_ns();

	for (int i = 0; i < calls; i++)
		fn(&work);
	return (now_ns() - start) / calls;
}

static int cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const struct bench *bench, const struct jit_code *code, int rounds)
{
	static double native[ROUNDS_MAX], jit[ROUNDS_MAX], ratio[ROUNDS_MAX];
	work_fn fn = (work_fn)(void *)code->entry;
	int calls;

	calls = (int)(ROUND_NS / time_ns(bench->native, 3)) + 1;
	for (int i = 0; i < rounds; i++) {
		native[i] = time_ns(bench->native, calls);
		jit[i] = time_ns(fn, calls);
		ratio[i] = jit[i] / native[i];
	}
	qsort(native, rounds, sizeof(double), cmp);
	qsort(jit, rounds, sizeof(double), cmp);
	qsort(ratio, rounds, sizeof(double), cmp);
	printf("%-14s %10.0f %10.0f %8.2f   %.2f..%.2f %6u %6u\n", bench->name, native[rounds / 2],
	       jit[rounds / 2], ratio[rounds / 2], ratio[rounds / 4], ratio[rounds * 3 / 4],
	       code->img->insn_cnt, code->img->len);
}

static int run(Elf *elf, const struct bench *bench, int rounds)
{
	struct jit_code *code;
	u64 want, got;

	if (load(elf, bench->section, &code))
		return 1;
	want = bench->native(&work);
	got = code->entry(&work);
	if (want != got)
		fprintf(stderr, "%s: 0x%llx, native 0x%llx\n", bench->name, got, want);
	else
		measure(bench, code, rounds);
	jit_code_free(code);
	return want != got;
}

/* A mixture of loads, arithmetic and short jumps. */
static void measure_compile(int rounds)
{
	static struct bpf_insn insns[1000];
	static double us[ROUNDS_MAX];
	struct jit_opts opts = { .features = arch_host_features() };

	for (int i = 0; i < 999; i++)
		insns[i] = i % 5 == 0 ? insn_make(BPF_LDX | BPF_MEM | BPF_DW, i % 9, 10, -8 * (i % 32) - 8, 0) :
			   i % 7 == 0 && i < 980 ? insn_make(BPF_JMP | BPF_JGT, i % 9, 0, i % 17, i) :
				       insn_make(BPF_ALU64 | BPF_ADD | BPF_X, i % 9, (i + 1) % 9, 0, 0);
	insns[999] = insn_make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for (int i = 0; i < rounds; i++) {
		struct jit_image *img;
		double start = now_ns();

		if (jit_compile(insns, 1000, &opts, &img))
			return;
		us[i] = (now_ns() - start) / 1000;
		jit_image_free(img);
	}
	qsort(us, rounds, sizeof(double), cmp);
	printf("\ncompiling 1,000 instructions: %.0f us (%.0f..%.0f)\n", us[rounds / 2], us[rounds / 4],
	       us[rounds * 3 / 4]);
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 101, fd, err = 0;
	Elf *elf;

	if (argc < 2 || rounds < 1 || rounds > ROUNDS_MAX)
		return 2;
	elf_version(EV_CURRENT);
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf) {
		fprintf(stderr, "cannot read '%s'\n", argv[1]);
		return 1;
	}
	make_input();
	printf("%-14s %10s %10s %8s   %-10s %6s %6s\n", "", "native ns", "jit ns", "ratio", "quartiles",
	       "insns", "bytes");
	for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++)
		err |= run(elf, &benches[i], rounds);
	measure_compile(rounds);
	elf_end(elf);
	close(fd);
	return err;
}
