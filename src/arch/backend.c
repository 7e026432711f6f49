/* SPDX-License-Identifier: BSD-2-Clause */
/* What backends share, and which of them is the machine's own. */
#include "arch/backend.h"

void jit_note_probe(struct jit_state *st, u32 idx, u32 off, u8 reg)
{
	if (!st->probes || st->probe_cnt == st->probe_cap)
		return;
	st->probes[st->probe_cnt++] = (struct jit_probe){
		.insn = idx, .off = off, .next_off = st->code.len, .reg = reg,
	};
}

/* -- Patterns --- */

static bool is_plain_mov(const struct bpf_insn *insn, u8 class)
{
	return insn->code == (class | BPF_MOV | BPF_X) && !insn->off;
}

static bool is_shift_k(const struct bpf_insn *insn, u8 class)
{
	return insn->code == (class | BPF_LSH) || insn->code == (class | BPF_RSH);
}

u32 jit_match_rotate(const struct jit_state *st, u32 idx, struct jit_rotate *ret)
{
	const struct bpf_insn *mov = &st->insns[idx], *shift = mov + 1, *other = mov + 2, *or;
	u8 class = insn_class(mov), bits = class == BPF_ALU64 ? 64 : 32;
	u32 nr = 4;

	if (!is_plain_mov(mov, class) || !jit_can_merge_nr(st, idx, 3) || !is_shift_k(shift, class))
		return 0;
	if (is_plain_mov(other, class)) {
		if (other->src_reg != mov->src_reg || other->dst_reg == mov->src_reg ||
		    other[1].dst_reg != other->dst_reg || !jit_can_merge(st, idx + 4))
			return 0;
		nr = 5;
		other++;
	} else if (other->dst_reg != mov->src_reg) {
		return 0;
	}
	or = other + 1;
	*ret = (struct jit_rotate){
		.a = mov->dst_reg, .b = other->dst_reg, .x = mov->src_reg,
		.a_op = BPF_OP(shift->code), .a_by = shift->imm,
	};
	ret->left = ret->a_op == BPF_RSH ? other->imm : shift->imm;
	if (!is_shift_k(other, class) || other->code == shift->code || shift->dst_reg != ret->a ||
	    shift->imm <= 0 || other->imm <= 0 || shift->imm + other->imm != bits ||
	    or->code != (class | BPF_OR | BPF_X) || or->dst_reg != ret->b || or->src_reg != ret->a ||
	    ret->a == ret->b || ret->a == ret->x)
		return 0;
	return nr;
}

bool jit_is_select(const struct jit_state *st, u32 idx)
{
	const struct bpf_insn *mov = &st->insns[idx + 1];

	return jit_can_merge(st, idx + 1) && insn_jump_target(&st->insns[idx], idx) == idx + 2 &&
	       (insn_class(mov) == BPF_ALU || insn_class(mov) == BPF_ALU64) &&
	       BPF_OP(mov->code) == BPF_MOV && !mov->off;
}

bool jit_is_indexed_load(const struct jit_state *st, u32 idx)
{
	const struct bpf_insn *mov = &st->insns[idx], *add = mov + 1, *load = mov + 2;

	return is_plain_mov(mov, BPF_ALU64) && jit_can_merge_nr(st, idx, 2) &&
	       add->code == (BPF_ALU64 | BPF_ADD | BPF_X) && add->dst_reg == mov->dst_reg &&
	       add->src_reg != mov->dst_reg && insn_class(load) == BPF_LDX &&
	       BPF_MODE(load->code) == BPF_MEM && load->dst_reg == mov->dst_reg &&
	       load->src_reg == mov->dst_reg && !(st->flags[idx + 2] & JIT_INSN_PROBE);
}

/* -- The host --- */

#if defined(__x86_64__)

const struct jit_backend *arch_host_backend(void)
{
	return &x86_64_backend;
}

u32 arch_host_features(void)
{
	return __builtin_cpu_supports("bmi2") ? X86_FEATURE_BMI2 : 0;
}

#elif defined(__aarch64__)

#include <sys/auxv.h>

const struct jit_backend *arch_host_backend(void)
{
	return &arm64_backend;
}

u32 arch_host_features(void)
{
	return getauxval(AT_HWCAP) & (1 << 8) /* HWCAP_ATOMICS */ ? ARM64_FEATURE_LSE : 0;
}

#else

const struct jit_backend *arch_host_backend(void)
{
	return NULL;
}

u32 arch_host_features(void)
{
	return 0;
}

#endif
