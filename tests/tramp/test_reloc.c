/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random functions, run as they are, from the copy of their first instructions, and patched so that calls go there: all
 * registers, flags and memory must come out the same.
 */
#include <string.h>
#include <sys/mman.h>

#include "arch/tramp.h"
#include "tap.h"

#define ROUNDS 20000
#define INSNS 12
#define BEFORE 16
#define AREA 0x10000
#define DATA 0x4000		/* from the function on: what it works on */
#define DATA_BYTES 256
#define POINTER 0x5000		/* address of the helper, not to be written */
#define HELPER 0x6000
#define FLAGS 0x8d5ul		/* those of arithmetic */

struct state {
	u64 regs[16];		/* but rsp, rbp */
	u64 flags;		/* +128 */
	const void *fn;		/* +136 */
};

void reloc_run(struct state *s);

__asm__(".text\n"
	".globl reloc_run\n"
	".type reloc_run, @function\n"
	"reloc_run:\n"
	"	push %rbp\n	push %rbx\n	push %r12\n	push %r13\n	push %r14\n	push %r15\n"
	"	sub $8, %rsp\n	mov %rdi, %rbp\n	push 128(%rbp)\n	popfq\n"
	"	mov (%rbp), %rax\n	mov 8(%rbp), %rcx\n	mov 16(%rbp), %rdx\n	mov 24(%rbp), %rbx\n"
	"	mov 48(%rbp), %rsi\n	mov 56(%rbp), %rdi\n	mov 64(%rbp), %r8\n	mov 72(%rbp), %r9\n"
	"	mov 80(%rbp), %r10\n	mov 88(%rbp), %r11\n	mov 96(%rbp), %r12\n	mov 104(%rbp), %r13\n"
	"	mov 112(%rbp), %r14\n	mov 120(%rbp), %r15\n"
	"	call *136(%rbp)\n"
	"	mov %rax, (%rbp)\n	mov %rcx, 8(%rbp)\n	mov %rdx, 16(%rbp)\n	mov %rbx, 24(%rbp)\n"
	"	mov %rsi, 48(%rbp)\n	mov %rdi, 56(%rbp)\n	mov %r8, 64(%rbp)\n	mov %r9, 72(%rbp)\n"
	"	mov %r10, 80(%rbp)\n	mov %r11, 88(%rbp)\n	mov %r12, 96(%rbp)\n	mov %r13, 104(%rbp)\n"
	"	mov %r14, 112(%rbp)\n	mov %r15, 120(%rbp)\n	pushfq\n	pop 128(%rbp)\n	cld\n"
	"	add $8, %rsp\n	pop %r15\n	pop %r14\n	pop %r13\n	pop %r12\n	pop %rbx\n	pop %rbp\n	ret\n"
	".size reloc_run, . - reloc_run\n");

static u64 seed = 0x9e3779b97f4a7c15;

static u64 rnd(u64 below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % below;
}

/* -- A function --- */

struct gen {
	u8 *fn, *at;
	u8 *start[INSNS + 8];	/* of instructions; NULL: not to be branched to */
	u32 nr;
	struct { u8 *at; u32 bytes, to; } branches[INSNS];
	u32 nr_branches;
};

static void byte(struct gen *g, u8 b)
{
	*g->at++ = b;
}

static void word(struct gen *g, u32 w)
{
	memcpy(g->at, &w, 4);
	g->at += 4;
}

static u8 reg(void)
{
	u8 r = rnd(14);

	return r < 4 ? r : r + 2;
}

static void rex_op(struct gen *g, u8 op, u8 r, u8 rm, u8 mod)
{
	byte(g, 0x48 | (r & 8) >> 1 | (rm & 8) >> 3);
	byte(g, op);
	byte(g, mod | (r & 7) << 3 | (rm & 7));
}

/* op r, x(%rip), or op /r; @imm: bytes behind it */
static void rip_op(struct gen *g, const char *op, u32 len, u8 r, u64 target_off, u32 imm)
{
	byte(g, 0x48 | (r & 8) >> 1);
	for (u32 i = 0; i < len; i++)
		byte(g, op[i]);
	byte(g, 5 | (r & 7) << 3);
	word(g, g->fn + target_off - (g->at + 4 + imm));
}

static u64 datum(void)
{
	return DATA + rnd(DATA_BYTES - 16);
}

static void branch(struct gen *g, u32 bytes)
{
	g->branches[g->nr_branches].at = g->at;
	g->branches[g->nr_branches].bytes = bytes;
	g->branches[g->nr_branches++].to = g->nr + 1 + rnd(3);
	g->at += bytes;
}

static void insn(struct gen *g)
{
	static const u8 alu[] = { 0x01, 0x29, 0x31, 0x21, 0x09, 0x39, 0x11, 0x19, 0x89, 0x87, 0x85 };
	static const u8 nops[][6] = { { 1, 0x90 }, { 2, 0x66, 0x90 }, { 3, 0x0f, 0x1f, 0x00 }, { 4, 0x0f, 0x1f, 0x40, 0 } };
	u8 r = reg(), s = reg(), n;

	switch (rnd(20)) {
	case 0: case 1: rex_op(g, alu[rnd(sizeof(alu))], r, s, 0xc0); break;
	case 2: rip_op(g, "\x8d", 1, r, rnd(AREA), 0); break;			/* lea */
	case 3: rip_op(g, "\x8b", 1, r, datum(), 0); break;			/* mov from */
	case 4: rip_op(g, "\x89", 1, r, datum(), 0); break;			/* mov to */
	case 5: rip_op(g, "\x83", 1, rnd(8), datum(), 1); byte(g, rnd(256)); break;	/* arithmetic, 8 bits */
	case 6: rip_op(g, "\x81", 1, rnd(8), datum(), 4); word(g, rnd(1ull << 32)); break;
	case 7: rip_op(g, "\xf7", 1, 0, datum(), 4); word(g, rnd(1ull << 32)); break;	/* test */
	case 8: rip_op(g, "\x0f\xb6", 2, r, datum(), 0); break;			/* movzx */
	case 9: rip_op(g, "\x0f\xaf", 2, r, datum(), 0); break;			/* imul */
	case 10:								/* push, pop */
		byte(g, 0x40 | r >> 3);
		byte(g, 0x50 | (r & 7));
		g->start[++g->nr] = NULL;
		byte(g, 0x40 | s >> 3);
		byte(g, 0x58 | (s & 7));
		break;
	case 11: byte(g, 0x70 | rnd(16)); branch(g, 1); break;
	case 12: byte(g, 0x0f); byte(g, 0x80 | rnd(16)); branch(g, 4); break;
	case 13: n = rnd(2); byte(g, n ? 0xeb : 0xe9); branch(g, n ? 1 : 4); break;
	case 14: byte(g, 0xe0 | rnd(4)); branch(g, 1); break;			/* loopne, loope, loop, jrcxz */
	case 15: byte(g, 0xe8); word(g, g->fn + HELPER - (g->at + 4)); break;	/* call */
	case 16: byte(g, 0xff); byte(g, 0x15); word(g, g->fn + POINTER - (g->at + 4)); break;
	case 17: n = rnd(4); memcpy(g->at, nops[n] + 1, nops[n][0]); g->at += nops[n][0]; break;
	case 18: byte(g, 0x48 | (r & 8) >> 3); byte(g, 0xb8 | (r & 7)); word(g, rnd(1ull << 32)); word(g, seed); break;
	case 19: rex_op(g, 0xc1, 4 + rnd(2), s, 0xc0); byte(g, 1); break;	/* shl, shr by 1 */
	}
}

static u32 generate(u8 *fn)
{
	struct gen g = { .fn = fn, .at = fn };
	u32 want = 3 + rnd(INSNS - 3);

	memset(fn - BEFORE, rnd(2) ? 0x90 : 0xc3, BEFORE);
	if (!rnd(4)) {
		memcpy(fn, "\xf3\x0f\x1e\xfa", 4);	/* endbr64 */
		g.at += 4;
	}
	for (u32 i = 0; i < want; i++, g.nr++) {
		g.start[g.nr] = g.at;
		insn(&g);
	}
	for (u32 i = 0; i < g.nr_branches; i++) {
		u32 to = g.branches[i].to;
		s32 rel;

		while (to < g.nr && !g.start[to])
			to++;
		rel = (to < g.nr ? g.start[to] : g.at) - (g.branches[i].at + g.branches[i].bytes);
		memcpy(g.branches[i].at, &rel, g.branches[i].bytes);
	}
	byte(&g, 0xc3);
	return g.at - fn;
}

/* -- Three ways to run it --- */

static u8 *fn, *copy;

static void run(const void *code, const struct state *from, const u8 *data, struct state *ret, u8 *left)
{
	*ret = *from;
	ret->fn = code;
	memcpy(fn + DATA, data, DATA_BYTES);
	reloc_run(ret);
	ret->fn = NULL;
	ret->flags &= FLAGS;
	memcpy(left, fn + DATA, DATA_BYTES);
}

static bool make_copy(u32 len, struct arch_plan *plan)
{
	const struct arch_site site = {
		.addr = (u64)fn, .size = len, .before = BEFORE, .len = len, .text = fn - BEFORE,
	};
	struct arch_cfi cfi = {};
	struct codebuf b = { .buf = copy, .cap = AREA };

	if (arch_host_tramp()->plan(&site, plan))
		return false;
	arch_host_tramp()->emit_copy(plan, (u64)copy, &b, &cfi);
	arch_cfi_done(&cfi);
	return !b.err;
}

static void patch(const struct arch_plan *plan)
{
	u8 text[ARCH_PATCH_MAX], pad[8];
	struct codebuf b = { .buf = text, .cap = sizeof(text) }, p = { .buf = pad, .cap = sizeof(pad) };

	arch_host_tramp()->emit_patch(plan, (u64)copy, &b, &p);
	CHECK(!b.err && !p.err);
	memcpy((u8 *)plan->addr, text, b.len);
	if (plan->pad_addr)
		memcpy((u8 *)plan->pad_addr, pad, p.len);
}

static bool check_one(int round)
{
	u8 data[DATA_BYTES], left[3][DATA_BYTES];
	struct state from = {}, got[3];
	struct arch_plan plan;
	u32 len = generate(fn);

	if (!make_copy(len, &plan))
		return false;
	for (int i = 0; i < 16; i++)
		from.regs[i] = i == 1 ? rnd(3) : rnd(4) ? seed : rnd(4);
	from.flags = (seed & FLAGS) | 2;
	for (int i = 0; i < DATA_BYTES; i++)
		data[i] = rnd(256);
	run(fn, &from, data, &got[0], left[0]);
	run(copy, &from, data, &got[1], left[1]);
	patch(&plan);
	run(fn, &from, data, &got[2], left[2]);
	for (int i = 1; i < 3; i++)
		if (memcmp(&got[0], &got[i], sizeof(got[0])) || memcmp(left[0], left[i], DATA_BYTES))
			tap_fail(__FILE__, __LINE__, "function %d: %s differs", round, i == 1 ? "the copy" : "patched it");
	return true;
}

TEST(reloc_random_functions)
{
	static const u8 helper[] = { 0x48, 0x8d, 0x40, 0x01, 0xc3 };	/* lea 1(%rax), %rax; ret */
	const int rwx = PROT_READ | PROT_WRITE | PROT_EXEC, how = MAP_PRIVATE | MAP_ANONYMOUS;
	u8 *area = mmap(NULL, AREA, rwx, how, -1, 0), *at;
	u32 nr = 0;

	if (area == MAP_FAILED)
		tap_skip("no memory may be written and executed here");
	fn = area + 64;
	memcpy(fn + HELPER, helper, sizeof(helper));
	at = fn + HELPER;
	memcpy(fn + POINTER, &at, sizeof(at));
	copy = mmap(area - (1ull << 30), AREA, rwx, how, -1, 0);
	CHECK(copy != MAP_FAILED);
	for (int i = 0; i < ROUNDS; i++)
		nr += check_one(i);
	printf("# %u of %u functions could be moved\n", nr, ROUNDS);
	CHECK(nr > ROUNDS / 2);
}
