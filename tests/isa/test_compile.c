/* SPDX-License-Identifier: BSD-2-Clause */
/* What jit_compile() promises beside the code: both backends on every host, nothing is run. */
#include <errno.h>
#include <stdlib.h>

#include "asm.h"
#include "bpf/disasm.h"
#include "engines.h"
#include "jit/jit.h"
#include "tap.h"

static const struct jit_backend *const backends[] = { &x86_64_backend, &arm64_backend };

static u64 seed = 1;

static u32 rnd(u32 below)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (seed >> 33) % below;
}

static int compile(const char *text, struct jit_opts *opts, struct jit_image **ret)
{
	struct asm_prog *p = calloc(1, sizeof(*p));
	int err = asm_text(p, text);

	opts->resolve = engine_resolve;
	err = err ?: jit_compile(p->insns, p->cnt, opts, ret);
	free(p);
	return err;
}

/* Jumps of about the reach of the short form, both ways, must settle. */
TEST(compile_jumps_settle)
{
	static struct bpf_insn insns[400];

	for (int n = 0; n < 600; n++) {
		for (int i = 0; i < 399; i++) {
			int to = i + 1 + (int)rnd(80) - 40;

			to = to < 0 ? 0 : to > 399 ? 399 : to;
			insns[i] = rnd(3) ? insn_make(BPF_JMP | BPF_JEQ, 0, 0, to - i - 1, rnd(200)) :
				   rnd(3) ? insn_make(BPF_ALU64 | BPF_ADD, rnd(9), 0, 0, rnd(300)) :
					    insn_make(BPF_JMP | BPF_JA, 0, 0, to - i - 1, 0);
		}
		insns[399] = insn_make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		for (int b = 0; b < 2; b++) {
			struct jit_opts opts = { .backend = backends[b] };
			struct jit_image *img = NULL;

			CHECK_EQ(jit_compile(insns, 400, &opts, &img), 0);
			jit_image_free(img);
		}
	}
}

/* Further than a conditional branch of arm64 reaches (1 MB). */
TEST(compile_far_jumps)
{
	u32 cnt = 400000;
	struct bpf_insn *insns = calloc(cnt, sizeof(*insns));

	for (u32 i = 0; i < cnt; i++)
		insns[i] = insn_make(BPF_ALU64 | BPF_XOR, i % 9, 0, 0, 0x12345);
	insns[0] = insn_make(BPF_JMP32 | BPF_JA, 0, 0, 0, cnt - 3);
	insns[1] = insn_make(BPF_JMP | BPF_JEQ, 1, 0, 32767, 1);
	insns[cnt - 2] = insn_make(BPF_JMP32 | BPF_JA, 0, 0, 0, -(s32)cnt + 2);
	insns[cnt - 1] = insn_make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for (int b = 0; b < 2; b++) {
		struct jit_opts opts = { .backend = backends[b] };
		struct jit_image *img = NULL;

		CHECK_EQ(jit_compile(insns, cnt, &opts, &img), 0);
		CHECK(img && img->len > 1 << 20);
		jit_image_free(img);
	}
	free(insns);
}

TEST(compile_offsets_of_instructions)
{
	struct jit_opts opts = { .backend = &x86_64_backend };
	struct jit_image *img;

	CHECK_EQ(compile("r0 = 1\n r0 <<= 32\n r0 >>= 32\n r2 = 5 ll\n exit\n", &opts, &img), 0);
	CHECK_EQ(img->insn_cnt, 6);
	CHECK_EQ(img->insn_offs[0], 4);		/* push rbp; mov rbp, rsp */
	CHECK_EQ(img->insn_offs[1], 9);		/* mov eax, 1 */
	CHECK_EQ(img->insn_offs[2], 11);	/* mov eax, eax does both */
	CHECK_EQ(img->insn_offs[3], 11);
	CHECK_EQ(img->insn_offs[5], 16);	/* mov esi, 5 */
	CHECK_EQ(img->insn_offs[6], img->len);
	jit_image_free(img);
}

TEST(compile_known_phase_leaves_out_the_other)
{
	static const char text[] = "call kfunc#1\n if r0 == 0 goto entry\n r0 = 0x7777\n exit\n"
				   "entry:\n r0 = 0x5555\n exit\n";

	for (int b = 0; b < 2; b++) {
		struct jit_opts opts = { .backend = backends[b] };
		struct jit_image *any, *entry, *ret;

		CHECK_EQ(compile(text, &opts, &any), 0);
		opts.phase = JIT_PHASE_ENTRY;
		CHECK_EQ(compile(text, &opts, &entry), 0);
		opts.phase = JIT_PHASE_RETURN;
		CHECK_EQ(compile(text, &opts, &ret), 0);
		CHECK(entry->len < any->len && ret->len < any->len);
		CHECK_EQ(entry->insn_offs[2], entry->insn_offs[4]);	/* nothing there */
		CHECK_EQ(ret->insn_offs[4], ret->len);
		jit_image_free(any);
		jit_image_free(entry);
		jit_image_free(ret);
	}
}

/* A call within reach of the given address is a direct one. */
TEST(compile_near_calls)
{
	for (int b = 0; b < 2; b++) {
		struct jit_opts opts = { .backend = backends[b] };
		struct jit_image *far, *near;

		CHECK_EQ(compile("call 3\n exit\n", &opts, &far), 0);
		opts.addr = (u64)engine_resolve & ~0xfffULL;
		CHECK_EQ(compile("call 3\n exit\n", &opts, &near), 0);
		CHECK(near->len < far->len);
		jit_image_free(far);
		jit_image_free(near);
	}
}

/* Marked loads are listed with where to go on, and are never merged with others. */
TEST(compile_probes)
{
	static const u8 flags[] = { 0, 0, JIT_INSN_PROBE, JIT_INSN_PROBE, 0 };

	for (int b = 0; b < 2; b++) {
		struct jit_opts opts = { .backend = backends[b], .insn_flags = flags };
		struct jit_image *img;

		CHECK_EQ(compile("r2 = r1\n r2 += r3\n r2 = *(u64 *)(r2 + 0)\n r0 = *(u8 *)(r2 + 30000)\n"
				 " exit\n", &opts, &img), 0);
		CHECK_EQ(img->probe_cnt, 2);
		CHECK_EQ(img->probes[0].insn, 2);
		CHECK_EQ(img->probes[0].off, img->insn_offs[2]);
		CHECK_EQ(img->probes[0].next_off, img->insn_offs[3]);
		CHECK_EQ(img->probes[1].next_off, img->insn_offs[4]);
		CHECK(img->probes[1].off >= img->insn_offs[3]);
		jit_image_free(img);
	}
}

TEST(compile_refuses)
{
	for (int b = 0; b < 2; b++) {
		struct jit_opts opts = { .backend = backends[b] };
		struct jit_image *img = NULL;

		CHECK_EQ(compile("call 99\n exit\n", &opts, &img), -ENOENT);
		CHECK_EQ(compile("call kfunc#99\n exit\n", &opts, &img), -ENOENT);
		CHECK_EQ(compile("r2 = func cb\n call 2\n exit\ncb:\n call 12\n exit\n", &opts, &img),
			 -EOPNOTSUPP);
		CHECK_EQ(compile("r2 = func cb\n call 2\n exit\ncb:\n call sub\n exit\nsub:\n call 12\n"
				 " exit\n", &opts, &img), -EOPNOTSUPP);
		CHECK(!img);
	}
}

/* A marked lookup computes the address itself; its helper would return something else. */
TEST(load_array_lookup)
{
	struct array {
		u32 max, elem_bytes;
		u64 values;
	} map;
	const u8 flags[] = { 0, 0, JIT_INSN_ARRAY, 0 };
	struct jit_opts opts = { .insn_flags = flags, .resolve = engine_resolve,
				 .array = { offsetof(struct array, max), offsetof(struct array, elem_bytes),
					    offsetof(struct array, values) } };
	static struct asm_prog p;
	struct jit_code *code;
	u32 key;
	u64 ctx[] = { (u64)&map, (u64)&key };

	CHECK_EQ(asm_text(&p, "r2 = *(u64 *)(r1 + 8)\n r1 = *(u64 *)(r1 + 0)\n call 1\n exit\n"), 0);
	CHECK_EQ(jit_load(p.insns, p.cnt, &opts, &code), 0);
	for (int i = 0; i < 10000; i++) {
		map = (struct array){ rnd(3) ? rnd(40) : ~rnd(5), rnd(3) ? 8 * rnd(40) : ~rnd(50), 0x7000000000 + rnd(1 << 30) };
		key = rnd(4) ? rnd(40) : ~rnd(8);
		CHECK_EQ(code->entry(ctx), key < map.max ? map.values + (u64)key * map.elem_bytes : 0);
	}
	jit_code_free(code);
}

TEST(load_never_writable_and_executable)
{
	struct bpf_insn insns[] = {
		insn_make(BPF_ALU64 | BPF_MOV, 0, 0, 0, 7),
		insn_make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	struct jit_opts opts = { 0 };
	unsigned long from, to;
	struct jit_code *code;
	char line[512], perm[8];
	bool found = false;
	FILE *f;

	CHECK_EQ(jit_load(insns, 2, &opts, &code), 0);
	CHECK_EQ(code->entry(NULL), 7);
	f = fopen("/proc/self/maps", "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, perm) != 3 ||
		    (u64)code->mem < from || (u64)code->mem >= to)
			continue;
		found = true;
		CHECK_STR(perm, "r-xp");
	}
	CHECK(found);
	fclose(f);
	jit_code_free(code);
}

/* -- The disassembler --- */

static struct bpf_insn random_insn(void)
{
	static const s16 offs[] = { 0, 0, 0, 1, 8, 16, 32, -8, 127, -32768 };
	static const s32 imms[] = { 0, 0, 0, 1, 16, 32, 64, 5, -1, 0x7fffffff, 0x41, 0xe1, 0xf1, 0x100, 0x110 };

	return insn_make(rnd(256), rnd(11), rnd(4) ? rnd(11) : 0, offs[rnd(10)], imms[rnd(15)]);
}

/* What the disassembler writes the assembler reads as the same instruction. */
TEST(disasm_round_trip)
{
	static struct asm_prog p;
	char text[DISASM_LINE_BYTES];
	u32 seen[256] = { 0 }, kinds = 0;

	for (int i = 0; i < 3000000; i++) {
		struct bpf_insn insn[2] = { random_insn() };

		if (!insn_is_valid(insn) || seen[insn->code] > 300)
			continue;
		kinds += !seen[insn->code]++;
		disasm_insn(insn, text);
		if (asm_text(&p, text) || memcmp(&p.insns[0], insn, sizeof(*insn)))
			tap_fail(__FILE__, __LINE__, "%02x: %s", insn->code, text);
	}
	/* opcodes: arithmetic and moves, byte order, negation, jumps, memory, ldimm64 */
	CHECK_EQ(kinds, 12 * 4 + 3 + 2 + 11 * 4 + 5 + 7 + 4 + 8 + 1);
}

TEST(disasm_says_what_it_does_not_know)
{
	struct bpf_insn bad = insn_make(0xff, 1, 2, 3, 4);
	char text[DISASM_LINE_BYTES];

	disasm_insn(&bad, text);
	CHECK_STR(text, "(ff)");
}
