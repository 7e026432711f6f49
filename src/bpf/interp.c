/* SPDX-License-Identifier: BSD-2-Clause */
/* Reference interpreter. Frame 0 is the program's, each call takes the next one. */
#include "bpf/interp.h"

#include <errno.h>
#include <string.h>

#define BUDGET_INSNS_DEFAULT 100000000ULL
/* A tail call in a subprogram keeps the frames above it, so every one may add a full set. */
#define FRAMES_MAX (INSN_FRAMES_MAX * (INSN_TAIL_CALLS_MAX + 1))

struct frame {
	const struct bpf_insn *insns;	/* of the program this frame runs */
	u32 pc;				/* next instruction; while a callee runs, where to go on */
	u64 saved[4];			/* the caller's r6..r9 */
	u64 may_goto_left;
	_Alignas(16) u8 stack[INSN_STACK_BYTES];
};

struct vm {
	const struct interp_opts *opts;
	u64 regs[INSN_REGS];
	struct frame frames[FRAMES_MAX];
	int depth;			/* index of the running frame */
	u32 tail_calls;
	u64 budget_insns;
	int err;			/* latched by callbacks */
};

static _Thread_local struct vm *running;

/* -- Frames --- */

static int frame_push(struct vm *vm, const struct bpf_insn *insns, u32 pc)
{
	struct frame *f;

	if (vm->depth + 1 >= FRAMES_MAX)
		return -ELOOP;
	f = &vm->frames[++vm->depth];
	memcpy(f->saved, &vm->regs[6], sizeof(f->saved));
	f->insns = insns;
	f->pc = pc;
	f->may_goto_left = vm->opts->may_goto_max ?: INSN_MAY_GOTO_MAX;
	vm->regs[INSN_FP] = (u64)(f->stack + INSN_STACK_BYTES);
	return 0;
}

static void frame_pop(struct vm *vm)
{
	memcpy(&vm->regs[6], vm->frames[vm->depth].saved, sizeof(vm->frames[0].saved));
	if (--vm->depth >= 0)
		vm->regs[INSN_FP] = (u64)(vm->frames[vm->depth].stack + INSN_STACK_BYTES);
}

/* -- Memory --- */

static u64 load(u64 addr, u32 size)
{
	u64 v = 0;

	memcpy(&v, (void *)addr, size);	/* little endian; alignment is the program's affair */
	return v;
}

static void do_ldx(struct vm *vm, const struct bpf_insn *insn)
{
	u32 bits = insn_size_bytes(insn) * 8;
	u64 v = load(vm->regs[insn->src_reg] + insn->off, bits / 8);

	if (BPF_MODE(insn->code) == INSN_MEMSX)
		v = (u64)((s64)(v << (64 - bits)) >> (64 - bits));
	vm->regs[insn->dst_reg] = v;
}

static void do_store(struct vm *vm, const struct bpf_insn *insn)
{
	u64 v = insn_class(insn) == BPF_ST ? (u64)(s64)insn->imm : vm->regs[insn->src_reg];

	memcpy((void *)(vm->regs[insn->dst_reg] + insn->off), &v, insn_size_bytes(insn));
}

static u64 rmw32(u32 *p, s32 op, u32 v, u32 expect)
{
	switch (op & ~BPF_FETCH) {
	case BPF_ADD:
		return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);
	case BPF_AND:
		return __atomic_fetch_and(p, v, __ATOMIC_SEQ_CST);
	case BPF_OR:
		return __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST);
	case BPF_XOR:
		return __atomic_fetch_xor(p, v, __ATOMIC_SEQ_CST);
	case BPF_XCHG & ~BPF_FETCH:
		return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
	default:	/* cmpxchg: old value either way */
		__atomic_compare_exchange_n(p, &expect, v, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		return expect;
	}
}

static u64 rmw64(u64 *p, s32 op, u64 v, u64 expect)
{
	switch (op & ~BPF_FETCH) {
	case BPF_ADD:
		return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);
	case BPF_AND:
		return __atomic_fetch_and(p, v, __ATOMIC_SEQ_CST);
	case BPF_OR:
		return __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST);
	case BPF_XOR:
		return __atomic_fetch_xor(p, v, __ATOMIC_SEQ_CST);
	case BPF_XCHG & ~BPF_FETCH:
		return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
	default:
		__atomic_compare_exchange_n(p, &expect, v, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		return expect;
	}
}

static void do_load_acquire(struct vm *vm, const struct bpf_insn *insn)
{
	vm->regs[insn->dst_reg] = load(vm->regs[insn->src_reg] + insn->off, insn_size_bytes(insn));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

static void do_store_release(struct vm *vm, const struct bpf_insn *insn)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
	do_store(vm, insn);
}

static void do_rmw(struct vm *vm, const struct bpf_insn *insn)
{
	u64 addr = vm->regs[insn->dst_reg] + insn->off;
	u64 v = vm->regs[insn->src_reg], old;

	if (BPF_SIZE(insn->code) == BPF_W)
		old = rmw32((u32 *)addr, insn->imm, v, vm->regs[0]);
	else
		old = rmw64((u64 *)addr, insn->imm, v, vm->regs[0]);
	if (insn->imm == BPF_CMPXCHG)
		vm->regs[0] = old;
	else if (insn->imm & BPF_FETCH)
		vm->regs[insn->src_reg] = old;
}

static void do_stx(struct vm *vm, const struct bpf_insn *insn)
{
	if (!insn_is_atomic(insn))
		do_store(vm, insn);
	else if (insn->imm == INSN_LOAD_ACQ)
		do_load_acquire(vm, insn);
	else if (insn->imm == INSN_STORE_REL)
		do_store_release(vm, insn);
	else
		do_rmw(vm, insn);
}

static void do_ld(struct vm *vm, const struct bpf_insn *insn)
{
	struct frame *f = &vm->frames[vm->depth];

	if (insn_is_func_addr(insn))	/* a callback is its first instruction's address */
		vm->regs[insn->dst_reg] = (u64)&f->insns[insn_func_target(insn, f->pc - 1)];
	else
		vm->regs[insn->dst_reg] = insn_imm64(insn);
	f->pc++;
}

/* -- Calls and jumps --- */

static void do_tail_call(struct vm *vm)
{
	const u8 *array = (const u8 *)vm->regs[2];
	struct frame *f = &vm->frames[vm->depth];
	const struct interp_prog *prog;
	u32 index = vm->regs[3];

	if (index >= *(const u32 *)(array + vm->opts->prog_array.max_entries_off) ||
	    vm->tail_calls >= INSN_TAIL_CALLS_MAX)
		return;
	prog = *(struct interp_prog *const *)(array + vm->opts->prog_array.entries_off + index * 8ULL);
	if (!prog)
		return;
	vm->tail_calls++;
	f->insns = prog->insns;	/* same frame: its caller's registers stay saved */
	f->pc = 0;
	f->may_goto_left = vm->opts->may_goto_max ?: INSN_MAY_GOTO_MAX;
}

static int do_helper(struct vm *vm, const struct bpf_insn *insn)
{
	struct bpf_call call = { BPF_CALL_ADDR, 0 };
	u64 *r = vm->regs, meta;
	int err;

	err = vm->opts->resolve ? vm->opts->resolve(vm->opts->arg, insn, &call) : -ENOENT;
	if (err)
		return err;
	meta = call.kind >= BPF_CALL_SESSION_IS_RETURN ? load(r[1] + BPF_META_OFF, 8) : 0;
	switch (call.kind) {
	case BPF_CALL_TAIL:
		do_tail_call(vm);
		return 0;
	case BPF_CALL_SESSION_IS_RETURN:
		r[0] = meta >> BPF_META_IS_RETURN_SHIFT & 1;
		return 0;
	case BPF_CALL_SESSION_COOKIE:
		r[0] = r[1] - 8 * (meta >> BPF_META_COOKIE_SHIFT & 0xff);
		return 0;
	default:
		r[0] = ((bpf_helper_fn)call.addr)(r[1], r[2], r[3], r[4], r[5]);
		return vm->err;
	}
}

static int do_call(struct vm *vm, const struct bpf_insn *insn)
{
	struct frame *f = &vm->frames[vm->depth];

	if (!insn_is_subprog_call(insn))
		return do_helper(vm, insn);
	return frame_push(vm, f->insns, insn_func_target(insn, f->pc - 1));
}

static void do_jump(struct vm *vm, const struct bpf_insn *insn)
{
	struct frame *f = &vm->frames[vm->depth];
	bool taken;

	if (insn_is_goto(insn))
		taken = true;
	else if (!insn_is_may_goto(insn))
		taken = insn_eval_jump(insn, vm->regs[insn->dst_reg], insn_operand(insn, vm->regs));
	else
		taken = !f->may_goto_left || !f->may_goto_left--;
	if (taken)
		f->pc = insn_jump_target(insn, f->pc - 1);
}

static int do_jmp(struct vm *vm, const struct bpf_insn *insn)
{
	if (insn_is_call(insn))
		return do_call(vm, insn);
	if (insn_is_exit(insn))
		frame_pop(vm);
	else
		do_jump(vm, insn);
	return 0;
}

static void do_alu(struct vm *vm, const struct bpf_insn *insn)
{
	u64 *dst = &vm->regs[insn->dst_reg];

	*dst = insn_eval_alu(insn, *dst, insn_operand(insn, vm->regs));
}

static int step(struct vm *vm)
{
	struct frame *f = &vm->frames[vm->depth];
	const struct bpf_insn *insn = &f->insns[f->pc++];

	switch (insn_class(insn)) {
	case BPF_ALU:
	case BPF_ALU64:
		do_alu(vm, insn);
		return 0;
	case BPF_JMP:
	case BPF_JMP32:
		return do_jmp(vm, insn);
	case BPF_LDX:
		do_ldx(vm, insn);
		return 0;
	case BPF_ST:
		do_store(vm, insn);
		return 0;
	case BPF_STX:
		do_stx(vm, insn);
		return 0;
	default:
		do_ld(vm, insn);
		return 0;
	}
}

/* Runs until the frame at depth @floor has returned. */
static int run(struct vm *vm, int floor)
{
	int err = 0;

	while (!err && vm->depth >= floor) {
		if (!vm->budget_insns--)
			return -ETIMEDOUT;
		if (vm->opts->step)
			vm->opts->step(vm->opts->arg, vm->frames[vm->depth].pc, vm->depth, vm->regs);
		err = step(vm);
	}
	return err;
}

u64 interp_callback(u64 cb, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct vm *vm = running;
	const struct bpf_insn *insns = vm->frames[vm->depth].insns;	/* the caller's own function */
	int floor = vm->depth + 1;
	int err = vm->err ?: frame_push(vm, insns, (const struct bpf_insn *)cb - insns);

	if (!err) {
		vm->regs[1] = r1;
		vm->regs[2] = r2;
		vm->regs[3] = r3;
		vm->regs[4] = r4;
		vm->regs[5] = r5;
		err = run(vm, floor);
	}
	if (err)
		vm->err = err;
	return err ? 0 : vm->regs[0];
}

int interp_run(const struct interp_prog *prog, const struct interp_opts *opts, u64 ctx, u64 *ret)
{
	struct vm vm, *outer = running;	/* frames are not worth clearing */
	int err;

	memset(vm.regs, 0, sizeof(vm.regs));
	vm.opts = opts;
	vm.depth = -1;
	vm.tail_calls = 0;
	vm.err = 0;
	vm.budget_insns = opts->budget_insns ?: BUDGET_INSNS_DEFAULT;
	vm.regs[1] = ctx;
	running = &vm;
	err = frame_push(&vm, prog->insns, 0);
	if (!err)
		err = run(&vm, 0);
	running = outer;
	if (!err)
		*ret = vm.regs[0];
	return err;
}
