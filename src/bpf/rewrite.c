/* SPDX-License-Identifier: BSD-2-Clause */
#include "bpf/rewrite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/build.h"

void seq_done(struct insn_seq *s)
{
	free(s->v);
	memset(s, 0, sizeof(*s));
}

void seq_add(struct insn_seq *s, struct bpf_insn insn)
{
	if (s->cnt == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 16;
		struct bpf_insn *v = realloc(s->v, cap * sizeof(*v));

		if (!v) {
			s->err = -ENOMEM;
			return;
		}
		s->v = v;
		s->cap = cap;
	}
	s->v[s->cnt++] = insn;
}

void seq_ld_imm64(struct insn_seq *s, int dst, uint64_t imm)
{
	seq_add(s, INSN(BPF_LD | BPF_IMM | BPF_DW, dst, 0, 0, (int32_t)imm));
	seq_add(s, INSN(0, 0, 0, 0, (int32_t)(imm >> 32)));
}

void seq_ld_map_value(struct insn_seq *s, int dst, int map_fd, uint32_t off)
{
	seq_add(s, INSN(BPF_LD | BPF_IMM | BPF_DW, dst, BPF_PSEUDO_MAP_VALUE, 0, map_fd));
	seq_add(s, INSN(0, 0, 0, 0, (int32_t)off));
}

size_t seq_jmp_fwd(struct insn_seq *s, struct bpf_insn jmp)
{
	seq_add(s, jmp);
	return s->cnt - 1;
}

void seq_land(struct insn_seq *s, size_t jmp)
{
	size_t disp = s->cnt - jmp - 1;

	if (s->err)
		return;
	if (disp > INT16_MAX)
		s->err = -E2BIG;
	else
		s->v[jmp].off = disp;
}

int rewrite_init(struct rewrite *rw, const struct bpf_insn *insns, size_t cnt)
{
	memset(rw, 0, sizeof(*rw));
	rw->insns = insns;
	rw->cnt = cnt;
	rw->edits = calloc(cnt, sizeof(*rw->edits));
	rw->new_off = calloc(cnt + 1, sizeof(*rw->new_off));
	if (rw->edits && rw->new_off)
		return 0;
	rewrite_done(rw);
	return -ENOMEM;
}

void rewrite_done(struct rewrite *rw)
{
	for (size_t i = 0; rw->edits && i < rw->cnt; i++)
		seq_done(&rw->edits[i]);
	free(rw->edits);
	free(rw->new_off);
	seq_done(&rw->prologue);
	memset(rw, 0, sizeof(*rw));
}

void rewrite_replace(struct rewrite *rw, size_t i, struct insn_seq *seq)
{
	if (seq->err)
		rw->err = seq->err;
	seq_done(&rw->edits[i]);
	rw->edits[i] = *seq;
	memset(seq, 0, sizeof(*seq));
}

static size_t layout(struct rewrite *rw)
{
	size_t pos = rw->prologue.cnt, slots;

	for (size_t i = 0; i < rw->cnt; i += slots) {
		slots = insn_slots(&rw->insns[i]);
		rw->new_off[i] = pos;
		if (slots == 2 && i + 1 < rw->cnt)
			rw->new_off[i + 1] = pos + 1;
		pos += rw->edits[i].v ? rw->edits[i].cnt : slots;
	}
	rw->new_off[rw->cnt] = pos;
	return pos;
}

/* How far from the end of an instruction copied to @at is what was at @target. */
static int moved_disp(const struct rewrite *rw, int64_t target, size_t at, int64_t *ret)
{
	if (target < 0 || target >= (int64_t)rw->cnt)
		return -EINVAL;
	*ret = (int64_t)rw->new_off[target] - (int64_t)at - 1;
	return 0;
}

static int relocate(const struct rewrite *rw, size_t i, size_t at, struct bpf_insn *insn)
{
	int64_t disp;
	int err;

	if (insn_is_jump(insn)) {
		err = moved_disp(rw, insn_jump_target(insn, i), at, &disp);
		if (err)
			return err;
		if (insn_is_gotol(insn)) {
			insn->imm = disp;
		} else {
			if (disp < INT16_MIN || disp > INT16_MAX)
				return -E2BIG;
			insn->off = disp;
		}
	} else if (insn_is_subprog_call(insn) || insn_is_func_addr(insn)) {
		err = moved_disp(rw, insn_func_target(insn, i), at, &disp);
		if (err)
			return err;
		insn->imm = disp;
	}
	return 0;
}

int rewrite_apply(struct rewrite *rw, struct bpf_insn **ret, size_t *ret_cnt)
{
	size_t total = layout(rw), slots;
	struct bpf_insn *out;
	int err;

	if (rw->err || rw->prologue.err)
		return rw->err ? rw->err : rw->prologue.err;
	out = calloc(total, sizeof(*out));
	if (!out)
		return -ENOMEM;
	if (rw->prologue.cnt)
		memcpy(out, rw->prologue.v, rw->prologue.cnt * sizeof(*out));
	for (size_t i = 0; i < rw->cnt; i += slots) {
		size_t at = rw->new_off[i];

		slots = insn_slots(&rw->insns[i]);
		if (i + slots > rw->cnt) {
			free(out);
			return -EINVAL;
		}
		if (rw->edits[i].v) {
			memcpy(&out[at], rw->edits[i].v, rw->edits[i].cnt * sizeof(*out));
			continue;
		}
		memcpy(&out[at], &rw->insns[i], slots * sizeof(*out));
		err = relocate(rw, i, at, &out[at]);
		if (err) {
			free(out);
			return err;
		}
	}
	*ret = out;
	*ret_cnt = total;
	return 0;
}

void *rewrite_map_info(const struct rewrite *rw, const void *info, size_t cnt, size_t rec_size)
{
	char *out;

	if (!cnt || !info)
		return NULL;
	out = malloc(cnt * rec_size);
	if (!out)
		return NULL;
	memcpy(out, info, cnt * rec_size);
	for (size_t i = 0; i < cnt; i++) {
		uint32_t off;

		memcpy(&off, out + i * rec_size, sizeof(off));
		if (off && off <= rw->cnt) {
			off = rw->new_off[off];
			memcpy(out + i * rec_size, &off, sizeof(off));
		}
	}
	return out;
}
