/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trampoline images for x86_64. The traced function starts with a jump to a stub, the stub jumps here:
 * nothing but the return address has been pushed.
 *
 *	rbp + 16 |  caller's stack arguments    |
 *	rbp + 8  |  return address              |
 *	rbp ->   |  caller's rbp                |
 *	rbp - 8  |  stamp of this image         |	tells a frame that is alive (guard.c); 0 at its end
 *	rbp - 16 |  the thread's block          |	BLOCK_OFF
 *	rbp - 24 |  guard of running program    |	CELL_OFF
 *	         |  saved registers             |	those programs may change; at exit the same again
 *	         |  [run record]                |	struct arch_tramp_run
 *	         |  return value                |	ctx + 8 * slots
 *	ctx ->   |  argument slots              |
 *	         |  metadata word               |	ctx - 8
 *	         |  [function's address]        |	ctx - 16
 *	         |  [session cookies]           |	first user's lowest
 *	         |  [vector state]              |	rounded up to 64 at run time
 *	         |  [padding]                   |
 *	rsp ->   |  [copied stack arguments]    |	their alignment up to 64 as in the caller
 *
 * Volatile registers that no program in the image may change are never touched but for rax and two
 * more; all others come back after the programs of either end, since the caller may know which ones
 * the function spares. Nothing is kept in registers across a call, so that one rule unwinds it all.
 */
#include <elf.h>

#include "arch/tramp.h"
#include "arch/x86_64/emit.h"
#include "arch/x86_64/reloc.h"
#include "bpf/call.h"

#define BLOCK_OFF (-16)		/* known to host/tramp.S */
#define CELL_OFF (-24)
#define VOLATILE (1 << RAX | 1 << RCX | 1 << RDX | 1 << RSI | 1 << RDI | 1 << R8 | 1 << R9 | 1 << R10 | \
		  1 << R11)
#define LITERALS_MAX 192
#define PAGE 4096
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

enum { DWARF_RBP = 6, DWARF_RSP = 7, DWARF_RA = 16 };

static const u8 arg_regs[] = { RDI, RSI, RDX, RCX, R8, R9 };

struct image {
	const struct arch_tramp *t;
	struct codebuf *b;
	struct arch_cfi *cfi;
	s32 save_off[16];	/* from rbp, by register; 0: none */
	s32 ctx_off, ret_off, run_off, xsave_off;
	u32 bytes;		/* below rbp */
	u32 entry_clobbers, exit_clobbers;
	const u8 *tmp;		/* scratch of the guard code in this phase, besides rax */
	u32 nr_cookies, next_cookie;
	struct { u32 at; u64 value; } literals[LITERALS_MAX];
	u32 nr_literals;
};

/* -- Pieces --- */

/* A jump whose target is not known yet, of the long form. */
static u32 jcc_far(struct codebuf *b, enum x86_cc cc)
{
	emit_jcc(b, cc, 0x1000);
	return b->len;
}

static u32 jmp_far(struct codebuf *b)
{
	emit_jmp(b, 0x1000);
	return b->len;
}

static void land_at(struct codebuf *b, u32 jump_end, u32 target)
{
	s32 disp = target - jump_end;

	codebuf_patch(b, jump_end - 4, &disp, 4);
}

static void land(struct codebuf *b, u32 jump_end)
{
	land_at(b, jump_end, b->len);
}

static bool in_reach(s64 dist)
{
	return dist == (s32)dist;
}

static void emit_near_jmp(struct codebuf *b, u64 at, u64 to)
{
	s64 dist = to - (at + 5);

	if (!in_reach(dist))
		codebuf_fail(b, -ERANGE);
	codebuf_u8(b, 0xe9);
	codebuf_u32(b, dist);
}

/* disp32 to @target for an instruction that ends with it */
static s32 rip_disp(struct image *im, u32 end, u64 target)
{
	s64 dist = target - (im->t->addr + end);

	if (!in_reach(dist))
		codebuf_fail(im->b, -ERANGE);
	return dist;
}

enum { CALL_MEM = 0x15, JMP_MEM = 0x25 };	/* with disp32(%rip) */

static void go_literal(struct image *im, u8 op, u64 value)
{
	codebuf_u8(im->b, 0xff);
	codebuf_u8(im->b, op);
	codebuf_u32(im->b, 0);
	if (im->nr_literals == LITERALS_MAX) {
		codebuf_fail(im->b, -E2BIG);
		return;
	}
	im->literals[im->nr_literals].at = im->b->len;
	im->literals[im->nr_literals++].value = value;
}

/* call *literal(%rip) */
static void call_literal(struct image *im, u64 value)
{
	go_literal(im, CALL_MEM, value);
}

static void emit_literals(struct image *im)
{
	while (im->b->len % 8)
		codebuf_u8(im->b, 0xcc);
	for (u32 i = 0; i < im->nr_literals; i++) {
		land(im->b, im->literals[i].at);
		codebuf_u64(im->b, im->literals[i].value);
	}
}

static void call_to(struct image *im, u64 target)
{
	s64 dist = target - (im->t->addr + im->b->len + 5);

	if (in_reach(dist))
		emit_call_rel(im->b, dist);
	else
		call_literal(im, target);
}

static void load_frame(struct image *im, int reg, s32 off)
{
	emit_load(im->b, 8, reg, RBP, off);
}

static void store_frame(struct image *im, s32 off, int reg)
{
	emit_store(im->b, 8, RBP, off, reg);
}

/* -- Layout --- */

static u32 list_clobbers(const struct arch_tramp_prog *progs, u32 cnt)
{
	u32 mask = 0;

	for (u32 i = 0; i < cnt; i++) {
		mask |= progs[i].clobbers;
		if (progs[i].flags & (ARCH_PROG_RUN | ARCH_PROG_VECTORS))
			mask |= VOLATILE;
	}
	return mask & VOLATILE;
}

static u32 list_flags(const struct arch_tramp_prog *progs, u32 cnt)
{
	u32 flags = 0;

	for (u32 i = 0; i < cnt; i++)
		flags |= progs[i].flags;
	return flags;
}

static u32 all_flags(const struct arch_tramp *t)
{
	return list_flags(t->entry, t->nr_entry) | list_flags(t->modify, t->nr_modify) |
	       list_flags(t->exit, t->nr_exit);
}

static bool calls_orig(const struct arch_tramp *t)
{
	return t->nr_modify || t->nr_exit;
}

/* Where argument register @reg is in ctx; -1: nowhere. */
static int slot_of(const struct arch_tramp *t, int reg)
{
	for (u32 i = 0; i < t->nr_slots; i++)
		if (t->slot_loc[i] < ARRAY_LEN(arg_regs) && arg_regs[t->slot_loc[i]] == reg)
			return i;
	return -1;
}

/* Two registers for the guard code: best those that are changed, and so saved, anyway. */
static void pick_tmp(u32 *clobbers, u8 tmp[2])
{
	static const u8 order[] = { R11, R10, RSI, RDX, RCX, R8, R9 };
	u32 nr = 0, changed = *clobbers;

	for (int pass = 0; pass < 2; pass++)
		for (u32 i = 0; i < ARRAY_LEN(order) && nr < 2; i++)
			if ((changed >> order[i] & 1) != pass)
				tmp[nr++] = order[i];
	*clobbers |= 1 << tmp[0] | 1 << tmp[1] | 1 << RAX | 1 << RDI;
}

static u32 count_cookies(const struct arch_tramp *t)
{
	u32 nr = 0;

	for (u32 i = 0; i < t->nr_entry; i++)
		nr += !!(t->entry[i].flags & ARCH_PROG_COOKIE);
	return nr;
}

static void lay_out(struct image *im)
{
	const struct arch_tramp *t = im->t;
	u32 flags = all_flags(t);
	s32 off = CELL_OFF;

	im->nr_cookies = count_cookies(t);
	for (int reg = 0; reg < 16; reg++) {
		bool at_entry = im->entry_clobbers >> reg & 1 && slot_of(t, reg) < 0;
		bool at_exit = im->exit_clobbers >> reg & 1 && reg != RAX;

		if (at_entry || at_exit)
			im->save_off[reg] = off -= 8;
	}
	if (flags & ARCH_PROG_RUN)
		im->run_off = off -= sizeof(struct arch_tramp_run);
	im->ret_off = off -= 8;
	im->ctx_off = off -= 8 * t->nr_slots;
	off -= 8 * (1 + !!(t->flags & ARCH_TRAMP_IP) + im->nr_cookies);
	if (flags & ARCH_PROG_VECTORS)
		im->xsave_off = off -= t->xsave_bytes + 64;
	off -= calls_orig(t) ? 8 * t->stack_words : 0;
	im->bytes = -off;
	if (calls_orig(t) && t->stack_words)
		im->bytes += (48 - im->bytes) & 63;	/* rsp as the caller's argument area, mod 64 */
	else
		im->bytes += -im->bytes & 15;
}

/* -- Registers --- */

/* Argument registers into ctx, and others that programs may change beside it. */
static void save_at_entry(struct image *im)
{
	const struct arch_tramp *t = im->t;

	for (u32 i = 0; i < t->nr_slots; i++)
		if (t->slot_loc[i] < ARRAY_LEN(arg_regs))
			store_frame(im, im->ctx_off + 8 * i, arg_regs[t->slot_loc[i]]);
	for (int reg = 0; reg < 16; reg++)
		if (im->entry_clobbers >> reg & 1 && slot_of(t, reg) < 0)
			store_frame(im, im->save_off[reg], reg);
	for (u32 i = 0; i < t->nr_slots; i++) {
		if (t->slot_loc[i] < ARRAY_LEN(arg_regs))
			continue;
		load_frame(im, RAX, 16 + 8 * (t->slot_loc[i] - ARRAY_LEN(arg_regs)));
		store_frame(im, im->ctx_off + 8 * i, RAX);
	}
}

static void restore_at_entry(struct image *im)
{
	for (int reg = 15; reg >= 0; reg--) {
		int slot = slot_of(im->t, reg);

		if (im->entry_clobbers >> reg & 1)
			load_frame(im, reg, slot < 0 ? im->save_off[reg] : im->ctx_off + 8 * slot);
	}
}

static void save_at_exit(struct image *im)
{
	for (int reg = 0; reg < 16; reg++)
		if (im->exit_clobbers >> reg & 1 && reg != RAX)
			store_frame(im, im->save_off[reg], reg);
}

static void restore_at_exit(struct image *im)
{
	for (int reg = 0; reg < 16; reg++)
		if (im->exit_clobbers >> reg & 1 && reg != RAX)
			load_frame(im, reg, im->save_off[reg]);
	load_frame(im, RAX, im->ret_off);
}

/* xsavec, xrstor [rdi] with rdi = the aligned area; all of x87, SSE, AVX and AVX-512 there is */
static void emit_xsave_op(struct image *im, int digit, bool save)
{
	struct codebuf *b = im->b;

	emit_lea(b, 1, RDI, RBP, im->xsave_off + 63);
	emit_alu_ri(b, 1, ALU_AND, RDI, -64);
	if (save)	/* what follows the two words that xsavec writes of the header must be zero */
		for (s32 off = 528; off < 576; off += 8)
			emit_store_i(b, 8, RDI, off, 0);
	emit_mov_ri(b, RAX, 0xe7);
	emit_mov_ri(b, RDX, 0);
	codebuf_u8(b, 0x48);
	codebuf_u8(b, 0x0f);
	codebuf_u8(b, save ? 0xc7 : 0xae);
	x86_modrm(b, 0, digit, RDI);
}

static void save_vectors(struct image *im, u32 flags)
{
	if (flags & ARCH_PROG_VECTORS)
		emit_xsave_op(im, 4, true);
}

static void restore_vectors(struct image *im, u32 flags)
{
	if (flags & ARCH_PROG_VECTORS)
		emit_xsave_op(im, 5, false);
}

/* -- Guards --- */

struct slow {			/* a way out of the straight line, emitted behind it */
	u32 from, too;		/* ends of the jumps there; .too: 0 if there is but one */
	u32 back, skip;		/* where it goes on; .skip is the end of a jump to be set */
	u64 link;
	u8 cell;
};

static void load_thread_pointer(struct codebuf *b, int reg)
{
	codebuf_u8(b, 0x64);
	x86_rex(b, 1, reg, 0, 0, false);
	codebuf_u8(b, 0x8b);
	x86_modrm(b, 0, reg, RSP);
	codebuf_u8(b, 0x25);
	codebuf_u32(b, 0);
}

/* if (who traces is gone) claim(), which finds a block whose guards are all held; @reg = blocks */
static u32 check_alive(struct image *im, int reg)
{
	const struct guard_env *g = im->t->guard;
	s64 disp = g->alive - g->blocks;

	if (!g->alive)
		return 0;
	if (!in_reach(disp))
		codebuf_fail(im->b, -ERANGE);
	emit_alu_mi(im->b, 0, ALU_CMP, reg, disp, GUARD_TRACER_GONE);
	return jcc_far(im->b, CC_AE);
}

/* tmp[0] = the thread's block, in the frame as well; the slow way is taken where the hash collides */
static void find_block(struct image *im, struct slow *ret)
{
	struct codebuf *b = im->b;
	int block = im->tmp[0], base = im->tmp[1];

	load_thread_pointer(b, RAX);
	emit_imul_rri(b, 1, block, RAX, GUARD_HASH_MULT);
	emit_mov_ri(b, base, im->t->guard->blocks);
	emit_shift_i(b, 1, SHIFT_SHR, block, GUARD_HASH_SHIFT);
	emit_alu_ri(b, 0, ALU_AND, block, GUARD_HASH_MASK);
	emit_alu_rr(b, 1, ALU_ADD, block, base);
	*ret = (struct slow){ .too = check_alive(im, base) };
	emit_alu_rm(b, 1, ALU_CMP, RAX, block, GUARD_TP_OFF);
	ret->from = jcc_far(b, CC_NE);				/* if (block->tp != tp) claim() */
	store_frame(im, BLOCK_OFF, block);
	ret->back = b->len;
}

/* After the function: the same thread most times, another one under a coroutine */
static void find_block_again(struct image *im, struct slow *ret)
{
	struct codebuf *b = im->b;
	int block = im->tmp[0], base = im->tmp[1];

	load_thread_pointer(b, RAX);
	load_frame(im, block, BLOCK_OFF);
	if (im->t->guard->alive)
		emit_mov_ri(b, base, im->t->guard->blocks);
	*ret = (struct slow){ .too = check_alive(im, base) };
	emit_alu_rm(b, 1, ALU_CMP, RAX, block, GUARD_TP_OFF);
	ret->from = jcc_far(b, CC_NE);
	ret->back = b->len;
}

static void emit_claim(struct image *im, struct slow *s)
{
	land(im->b, s->from);
	if (s->too)
		land(im->b, s->too);
	call_literal(im, im->t->guard->claim);		/* frame's block = claim() */
	load_frame(im, im->tmp[0], BLOCK_OFF);
	land_at(im->b, jmp_far(im->b), s->back);
}

/* busy(cell, link) says in ZF whether to leave the program out */
static void emit_busy(struct image *im, struct slow *s)
{
	struct codebuf *b = im->b;

	land(b, s->from);
	emit_push(b, s->cell);
	emit_lea_rip(b, s->cell, 0);
	land_at(b, b->len, b->len + rip_disp(im, b->len, s->link));
	emit_push(b, s->cell);
	call_literal(im, im->t->guard->busy);
	emit_pop(b, RAX);
	emit_pop(b, s->cell);
	land_at(b, jcc_far(b, CC_NE), s->back);
	land_at(b, jmp_far(b), s->skip);
}

/* -- Programs --- */

static void store_meta(struct image *im, const struct arch_tramp_prog *p, bool is_return)
{
	u64 meta = im->t->nr_slots | (u64)is_return << BPF_META_IS_RETURN_SHIFT;

	if (p)
		meta |= im->next_cookie-- << BPF_META_COOKIE_SHIFT;
	if (!is_return) {
		emit_store_i(im->b, 8, RBP, im->ctx_off + BPF_META_OFF, meta);
		return;
	}
	emit_mov_ri(im->b, RAX, meta);
	store_frame(im, im->ctx_off + BPF_META_OFF, RAX);
}

/* Fills the run record and calls enter(run, frame); returns the end of the jump taken when that says no */
static u32 enter_run(struct image *im, const struct arch_tramp_prog *p)
{
	struct codebuf *b = im->b;

	emit_mov_ri(b, RAX, p->attach_cookie);
	store_frame(im, im->run_off + offsetof(struct arch_tramp_run, attach_cookie), RAX);
	emit_mov_ri(b, RAX, im->t->ip);
	store_frame(im, im->run_off + offsetof(struct arch_tramp_run, func_ip), RAX);
	emit_mov_ri(b, RAX, p->link);
	store_frame(im, im->run_off + offsetof(struct arch_tramp_run, link), RAX);
	if (!p->enter)
		return 0;
	emit_lea(b, 1, RDI, RBP, im->run_off);
	emit_mov_rr(b, 1, RSI, RBP);
	call_to(im, p->enter);
	emit_alu_ri(b, 0, ALU_AND, RAX, 0xff);
	return jcc_far(b, CC_E);
}

static void exit_run(struct image *im, const struct arch_tramp_prog *p)
{
	if (!p->exit)
		return;
	emit_lea(im->b, 1, RDI, RBP, im->run_off);
	emit_mov_rr(im->b, 1, RSI, RBP);
	call_to(im, p->exit);
}

/*
 * One program: cell = its guard; if free (or its holder is dead) take it, run, let go. tmp[0] is the
 * block, except that it must be loaded again after the first program (@first).
 */
static void emit_prog(struct image *im, const struct arch_tramp_prog *p, bool first, bool modify,
		      struct slow *ret)
{
	struct codebuf *b = im->b;
	int cell = im->tmp[1];
	u32 left_out = 0;

	x86_rex(b, 1, cell, 0, 0, false);			/* cell = link->off	*/
	codebuf_u8(b, 0x8b);
	x86_modrm(b, 0, cell, RBP);
	codebuf_u32(b, 0);
	land_at(b, b->len, b->len + rip_disp(im, b->len, p->link));
	if (first)
		emit_alu_rr(b, 1, ALU_ADD, cell, im->tmp[0]);	/*	+ block		*/
	else
		emit_alu_rm(b, 1, ALU_ADD, cell, RBP, BLOCK_OFF);
	emit_alu_mi(b, 1, ALU_CMP, cell, 0, 0);
	*ret = (struct slow){ .from = jcc_far(b, CC_NE), .cell = cell, .link = p->link };
	ret->back = b->len;
	store_frame(im, CELL_OFF, cell);			/* proof of being alive	*/
	emit_store(b, 8, cell, 0, RBP);				/* *cell = frame	*/
	if (p->flags & ARCH_PROG_RUN)
		left_out = enter_run(im, p);
	emit_lea(b, 1, RDI, RBP, im->ctx_off);
	call_to(im, p->code);					/* program(ctx)		*/
	if (modify)
		store_frame(im, im->ret_off, RAX);
	if (p->flags & ARCH_PROG_RUN)
		exit_run(im, p);
	if (left_out)
		land(b, left_out);
	load_frame(im, cell, CELL_OFF);
	emit_store_i(b, 8, cell, 0, 0);				/* *cell = 0		*/
	ret->skip = b->len;
}

struct phase {
	struct slow claim, busy[ARCH_NODES_MAX];
	u32 cnt;
	u8 tmp[2];
	u32 to_return[ARCH_NODES_MAX], nr_to_return;	/* jumps of fmod_ret programs past the original */
};

static void emit_list(struct image *im, struct phase *ph, const struct arch_tramp_prog *progs, u32 cnt,
		      bool is_return)
{
	im->next_cookie = im->nr_cookies + !!(im->t->flags & ARCH_TRAMP_IP) + 1;
	for (u32 i = 0; i < cnt; i++) {
		if (progs[i].flags & ARCH_PROG_COOKIE)
			store_meta(im, &progs[i], is_return);
		emit_prog(im, &progs[i], !ph->cnt && !is_return, false, &ph->busy[ph->cnt]);
		ph->cnt++;
	}
}

static void emit_modify_list(struct image *im, struct phase *ph)
{
	const struct arch_tramp *t = im->t;

	if (t->nr_modify)
		emit_store_i(im->b, 8, RBP, im->ret_off, 0);
	for (u32 i = 0; i < t->nr_modify; i++) {
		emit_prog(im, &t->modify[i], !ph->cnt, true, &ph->busy[ph->cnt]);
		ph->cnt++;
		emit_alu_mi(im->b, 1, ALU_CMP, RBP, im->ret_off, 0);
		ph->to_return[ph->nr_to_return++] = jcc_far(im->b, CC_NE);
	}
}

/* What a phase left for later, behind the straight line. */
static void emit_slow_ways(struct image *im, struct phase *ph)
{
	if (!ph->cnt)
		return;
	im->tmp = ph->tmp;
	emit_claim(im, &ph->claim);
	for (u32 i = 0; i < ph->cnt; i++)
		emit_busy(im, &ph->busy[i]);
}

/* -- The original --- */

/* [rdi] = so many words of [rsi]. For 32 of them rep movsq takes more than twice as long. */
static void copy_words(struct image *im, u32 words)
{
	struct codebuf *b = im->b;
	s32 step = words % 4 ? 1 : 4;
	u32 again;

	emit_mov_ri(b, RCX, words / step);
	again = b->len;
	for (s32 i = 0; i < step; i++) {
		emit_load(b, 8, RAX, RSI, 8 * i);
		emit_store(b, 8, RDI, 8 * i, RAX);
	}
	emit_alu_ri(b, 1, ALU_ADD, RSI, 8 * step);
	emit_alu_ri(b, 1, ALU_ADD, RDI, 8 * step);
	emit_alu_ri(b, 0, ALU_SUB, RCX, 1);
	emit_jcc(b, CC_NE, (s32)(again - (b->len + 2)));
}

/* Copies the window; if it may reach beyond the stack's mapping, only what is on this page. */
static void copy_window(struct image *im, u32 words)
{
	struct codebuf *b = im->b;
	u32 whole, all, done;

	emit_lea(b, 1, RSI, RBP, 16);
	emit_mov_rr(b, 1, RDI, RSP);
	emit_lea(b, 1, RAX, RBP, 16 + 8 * words - 1);		/* last byte	*/
	emit_lea(b, 1, RDX, RBP, 8);				/* readable	*/
	emit_alu_rr(b, 1, ALU_XOR, RDX, RAX);
	emit_alu_ri(b, 1, ALU_CMP, RDX, PAGE);
	whole = jcc_far(b, CC_B);				/* same page	*/
	emit_mov_ri(b, RCX, words);
	call_literal(im, im->t->guard->probe_words);		/* ZF: rax unreadable */
	all = jcc_far(b, CC_NE);
	emit_alu_ri(b, 1, ALU_AND, RAX, -PAGE);
	emit_alu_rr(b, 1, ALU_SUB, RAX, RSI);
	emit_shift_i(b, 1, SHIFT_SAR, RAX, 3);
	emit_mov_rr(b, 1, RCX, RAX);				/* words this side */
	land(b, all);
	codebuf_u8(b, 0xf3);					/* rep movsq	*/
	codebuf_u8(b, 0x48);
	codebuf_u8(b, 0xa5);
	done = jmp_far(b);
	land(b, whole);
	copy_words(im, words);
	land(b, done);
}

static void copy_stack_args(struct image *im)
{
	u32 words = im->t->stack_words;

	if (im->t->flags & ARCH_TRAMP_STACK_UNKNOWN && words) {
		copy_window(im, words);
		return;
	}
	for (u32 i = 0; i < words; i++) {
		load_frame(im, RAX, 16 + 8 * i);
		emit_store(im->b, 8, RSP, 8 * i, RAX);
	}
}

static void tear_down(struct image *im)
{
	emit_leave(im->b);
	arch_cfi_add(im->cfi, im->b->len, ARCH_CFI_DEF, DWARF_RSP, 8);
	arch_cfi_add(im->cfi, im->b->len, ARCH_CFI_RESTORED, DWARF_RBP, 0);
}

/* Returns where a call goes on whose original was left out. */
static u32 emit_body(struct image *im, struct phase *in, struct phase *out)
{
	const struct arch_tramp *t = im->t;
	struct codebuf *b = im->b;
	u32 returned;

	copy_stack_args(im);
	restore_at_entry(im);
	emit_call_rel(b, rip_disp(im, b->len + 5, t->orig));	/* original(...)	*/
	store_frame(im, im->ret_off, RAX);
	returned = b->len;
	if (t->nr_exit) {
		u32 flags = list_flags(t->exit, t->nr_exit);

		save_at_exit(im);
		save_vectors(im, flags);
		if (list_flags(t->entry, t->nr_entry) & ARCH_PROG_SESSION)
			store_meta(im, NULL, true);
		im->tmp = out->tmp;
		if (in->cnt)
			find_block_again(im, &out->claim);
		else
			find_block(im, &out->claim);
		emit_list(im, out, t->exit, t->nr_exit, true);
		restore_vectors(im, flags);
		restore_at_exit(im);
	} else {
		load_frame(im, RAX, im->ret_off);
	}
	emit_store_i(b, 8, RBP, GUARD_FRAME_STAMP, 0);
	tear_down(im);
	emit_ret(b);
	return returned;
}

/* -- Images --- */

static void emit_header(struct image *im)
{
	codebuf_u64(im->b, GUARD_IMAGE_MAGIC);
	codebuf_u64(im->b, 0);
}

/* Unwinders call it for frames that they leave. */
static void emit_personality(struct image *im)
{
	struct codebuf *b = im->b;

	im->cfi->personality = b->len;
	arch_cfi_add(im->cfi, b->len, ARCH_CFI_DEF, DWARF_RSP, 8);
	arch_cfi_add(im->cfi, b->len, ARCH_CFI_RESTORED, DWARF_RBP, 0);
	if (im->t->flags & ARCH_TRAMP_LANDING_PAD)
		emit_endbr64(b);
	emit_lea_rip(b, RDI, 0);
	land_at(b, b->len, 0);
	go_literal(im, JMP_MEM, im->t->guard->left);
}

static void emit_exits(struct image *im)
{
	const struct arch_tramp *t = im->t;
	u64 at = t->addr + im->b->len;

	codebuf_patch(im->b, offsetof(struct guard_image, exits), &at, sizeof(at));
	codebuf_u64(im->b, t->nr_exit);
	for (u32 i = 0; i < t->nr_exit; i++)
		codebuf_u64(im->b, t->exit[i].link);
}

static void emit_frame(struct image *im)
{
	struct codebuf *b = im->b;

	if (im->t->flags & ARCH_TRAMP_LANDING_PAD)
		emit_endbr64(b);
	emit_push(b, RBP);
	arch_cfi_add(im->cfi, b->len, ARCH_CFI_DEF, DWARF_RSP, 16);
	arch_cfi_add(im->cfi, b->len, ARCH_CFI_SAVED, DWARF_RBP, -16);
	emit_mov_rr(b, 1, RBP, RSP);
	arch_cfi_add(im->cfi, b->len, ARCH_CFI_DEF, DWARF_RBP, 16);
	emit_alu_ri(b, 1, ALU_SUB, RSP, im->bytes);
}

static void init_words(struct image *im)
{
	const struct arch_tramp *t = im->t;
	struct codebuf *b = im->b;
	s32 off = im->ctx_off + BPF_META_OFF;

	emit_lea_rip(b, RAX, 0);
	land_at(b, b->len, 0);
	emit_alu_rr(b, 1, ALU_XOR, RAX, RBP);		/* guard_stamp() */
	store_frame(im, GUARD_FRAME_STAMP, RAX);
	emit_store_i(b, 8, RBP, off, t->nr_slots);
	if (t->flags & ARCH_TRAMP_IP) {
		emit_mov_ri(b, RAX, t->ip);
		store_frame(im, off -= 8, RAX);
	}
	for (u32 i = 0; i < im->nr_cookies; i++)
		emit_store_i(b, 8, RBP, off -= 8, 0);
	if (list_flags(t->entry, t->nr_entry) & ARCH_PROG_SESSION)
		emit_store_i(b, 8, RBP, im->ret_off, 0);
}

static void emit_entry_phase(struct image *im, struct phase *in)
{
	const struct arch_tramp *t = im->t;
	u32 flags = list_flags(t->entry, t->nr_entry) | list_flags(t->modify, t->nr_modify);

	save_at_entry(im);
	init_words(im);
	if (!t->nr_entry && !t->nr_modify)
		return;
	save_vectors(im, flags);
	im->tmp = in->tmp;
	find_block(im, &in->claim);
	emit_list(im, in, t->entry, t->nr_entry, false);
	emit_modify_list(im, in);
	restore_vectors(im, flags);
}

/* fmod_ret said no: everything as the original would find it, then on to the exit half */
static void emit_skip_original(struct image *im, struct phase *in, u32 returned)
{
	const struct arch_tramp *t = im->t;

	if (!in->nr_to_return)
		return;
	for (u32 i = 0; i < in->nr_to_return; i++)
		land(im->b, in->to_return[i]);
	restore_vectors(im, list_flags(t->entry, t->nr_entry) | list_flags(t->modify, t->nr_modify));
	restore_at_entry(im);
	land_at(im->b, jmp_far(im->b), returned);
}

static void pick_registers(struct image *im, struct phase *in, struct phase *out)
{
	const struct arch_tramp *t = im->t;

	im->exit_clobbers = list_clobbers(t->exit, t->nr_exit);
	if (t->nr_exit)
		pick_tmp(&im->exit_clobbers, out->tmp);
	im->entry_clobbers = list_clobbers(t->entry, t->nr_entry) | list_clobbers(t->modify, t->nr_modify) |
			     1 << RAX;
	if (calls_orig(t) && t->stack_words && t->flags & ARCH_TRAMP_STACK_UNKNOWN)
		im->entry_clobbers |= 1 << RSI | 1 << RDI | 1 << RCX | 1 << RDX;
	if (t->nr_entry || t->nr_modify)
		pick_tmp(&im->entry_clobbers, in->tmp);
}

static void emit_image(const struct arch_tramp *t, struct codebuf *b, struct arch_cfi *cfi)
{
	struct image im = { .t = t, .b = b, .cfi = cfi };
	struct phase in = {}, out = {};
	u32 returned = 0;

	if (t->nr_entry + t->nr_modify > ARCH_NODES_MAX || t->nr_exit > ARCH_NODES_MAX) {
		codebuf_fail(b, -E2BIG);
		return;
	}
	pick_registers(&im, &in, &out);
	lay_out(&im);
	emit_header(&im);
	emit_frame(&im);
	emit_entry_phase(&im, &in);
	if (calls_orig(t)) {
		returned = emit_body(&im, &in, &out);
	} else {
		restore_at_entry(&im);
		tear_down(&im);
		emit_near_jmp(b, t->addr + b->len, t->orig);
	}
	arch_cfi_add(cfi, b->len, ARCH_CFI_DEF, DWARF_RBP, 16);
	arch_cfi_add(cfi, b->len, ARCH_CFI_SAVED, DWARF_RBP, -16);
	emit_slow_ways(&im, &in);
	emit_skip_original(&im, &in, returned);
	emit_slow_ways(&im, &out);
	if (calls_orig(t))
		emit_personality(&im);
	emit_literals(&im);
	if (calls_orig(t))
		emit_exits(&im);
}

/* -- Arguments --- */

/* What does not fit into the registers left goes to the stack as a whole; later ones may still fit. */
static int place_args(const u8 *arg_words, u32 nr, struct arch_tramp *ret)
{
	u32 reg = 0, word = 0;

	ret->nr_slots = 0;
	for (u32 i = 0; i < nr; i++) {
		bool in_regs = reg + arg_words[i] <= ARRAY_LEN(arg_regs);

		for (u32 w = 0; w < arg_words[i]; w++) {
			if (ret->nr_slots == ARCH_TRAMP_SLOTS_MAX)
				return -ENOTSUP;
			ret->slot_loc[ret->nr_slots++] = in_regs ? reg++ : ARRAY_LEN(arg_regs) + word++;
		}
	}
	ret->stack_words = word;
	return 0;
}

/* -- Stubs and patches --- */

#define STUB_BYTES 16

static void emit_stub(u64 addr, u64 slot, bool landing_pad, struct codebuf *b)
{
	u32 start = b->len;
	s64 dist;

	if (landing_pad)
		emit_endbr64(b);
	codebuf_u8(b, 0xff);			/* jmp *slot(%rip) */
	codebuf_u8(b, 0x25);
	dist = slot - (addr + b->len - start + 4);
	if (!in_reach(dist))
		codebuf_fail(b, -ERANGE);
	codebuf_u32(b, dist);
	while (b->len - start < STUB_BYTES)
		codebuf_u8(b, 0xcc);
}

static void emit_patch(const struct arch_plan *plan, u64 to, struct codebuf *b, struct codebuf *pad)
{
	if (!plan->pad_addr) {
		emit_near_jmp(b, plan->addr, to);
		return;
	}
	emit_near_jmp(pad, plan->pad_addr, to);
	emit_jmp(b, (s32)(plan->pad_addr - (plan->addr + 2)));
}

const struct arch_tramp_ops x86_64_tramp = {
	.name = "x86_64",
	.sessions = true,
	.nodes_max = 36,
	.stub_bytes = STUB_BYTES,
	.elf_irelative = R_X86_64_IRELATIVE,
	.elf_jump_slot = R_X86_64_JUMP_SLOT,
	.elf_glob_dat = R_X86_64_GLOB_DAT,
	.arg_regs = ARRAY_LEN(arg_regs),
	.trap_byte = 0xcc,
	.cfi_ra = DWARF_RA,
	.cfi_code_align = 1,
	.cfi_sp = DWARF_RSP,
	.cfi_sp_off = 8,
	.cfi_ra_at = -8,
	.place_args = place_args,
	.emit_image = emit_image,
	.emit_stub = emit_stub,
	.plan = x86_64_plan,
	.refs = x86_64_refs,
	.emit_copy = x86_64_emit_copy,
	.emit_patch = emit_patch,
	.follow = x86_64_follow,
	.clobbers = x86_64_clobbers,
};
