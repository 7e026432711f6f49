/* SPDX-License-Identifier: BSD-2-Clause */
#include "bpf/rewrite.h"

#include <errno.h>
#include <stdlib.h>

#include "bpf/build.h"
#include "bpf/ctxflow.h"
#include "tap.h"

static struct insn_seq nops(int n)
{
	struct insn_seq s = {};

	for (int i = 0; i < n; i++)
		seq_add(&s, INSN_MOV_R(BPF_REG_0, BPF_REG_0));
	return s;
}

TEST(rewrite_nothing)
{
	struct bpf_insn in[] = { INSN_MOV_I(0, 1), INSN_JMP_I(BPF_JEQ, 0, 1, 1), INSN_JA(-2), INSN_EXIT() };
	struct bpf_insn *out = NULL;
	struct rewrite rw;
	size_t n = 0;

	CHECK_EQ(rewrite_init(&rw, in, 4), 0);
	CHECK_EQ(rewrite_apply(&rw, &out, &n), 0);
	CHECK_EQ(n, 4);
	CHECK(!memcmp(in, out, sizeof(in)));
	free(out);
	rewrite_done(&rw);
}

TEST(rewrite_jumps_follow)
{
	/* 0: if r0 == 0 goto 3; 1: call 5 (replaced by 4); 2: goto 0; 3: exit */
	struct bpf_insn in[] = { INSN_JMP_I(BPF_JEQ, 0, 0, 2), INSN_CALL(5), INSN_JA(-3), INSN_EXIT() };
	struct insn_seq four = nops(4);
	struct bpf_insn *out = NULL;
	struct rewrite rw;
	size_t n = 0;

	CHECK_EQ(rewrite_init(&rw, in, 4), 0);
	rewrite_replace(&rw, 1, &four);
	rw.prologue = nops(3);
	CHECK_EQ(rewrite_apply(&rw, &out, &n), 0);
	CHECK_EQ(n, 10);
	CHECK_EQ(out[3].off, 5);	/* to 9, the exit */
	CHECK_EQ(out[8].off, -6);	/* back behind the prologue */
	free(out);
	rewrite_done(&rw);
}

TEST(rewrite_calls_callbacks_gotol_info)
{
	struct bpf_insn in[] = {
		INSN(BPF_LD | BPF_IMM | BPF_DW, 2, BPF_PSEUDO_FUNC, 0, 5), INSN(0, 0, 0, 0, 0),
		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 3),
		INSN(BPF_JMP32 | BPF_JA, 0, 0, 0, 0),
		INSN_CALL(7),
		INSN_EXIT(),
		INSN_EXIT(),
	};
	uint32_t info[][2] = { { 0, 1 }, { 6, 2 } };
	struct insn_seq two = nops(2);
	struct bpf_insn *out = NULL;
	uint32_t (*mapped)[2];
	struct rewrite rw;
	size_t n = 0;

	CHECK_EQ(rewrite_init(&rw, in, 7), 0);
	rewrite_replace(&rw, 4, &two);
	rw.prologue = nops(1);
	CHECK_EQ(rewrite_apply(&rw, &out, &n), 0);
	CHECK_EQ(n, 9);
	CHECK_EQ(out[1].imm, 6);	/* 1 + 1 + 6 = 8: the last */
	CHECK_EQ(out[3].imm, 4);
	CHECK_EQ(out[4].imm, 0);
	mapped = rewrite_map_info(&rw, info, 2, 8);
	CHECK(mapped != NULL);
	if (mapped) {
		CHECK_EQ(mapped[0][0], 0);
		CHECK_EQ(mapped[1][0], 8);
		CHECK_EQ(mapped[1][1], 2);
	}
	free(mapped);
	free(out);
	rewrite_done(&rw);
}

TEST(rewrite_refuses)
{
	struct bpf_insn wild[] = { INSN_JA(100), INSN_EXIT() };
	struct bpf_insn cut[] = { INSN(BPF_LD | BPF_IMM | BPF_DW, 0, 0, 0, 0) };
	struct bpf_insn far[] = { INSN_JMP_I(BPF_JEQ, 0, 0, 1), INSN_CALL(1), INSN_EXIT() };
	struct insn_seq many = nops(40000);
	struct bpf_insn *out = NULL;
	struct rewrite rw;
	size_t n;

	CHECK_EQ(rewrite_init(&rw, wild, 2), 0);
	CHECK_EQ(rewrite_apply(&rw, &out, &n), -EINVAL);
	rewrite_done(&rw);
	CHECK_EQ(rewrite_init(&rw, cut, 1), 0);
	CHECK_EQ(rewrite_apply(&rw, &out, &n), -EINVAL);
	rewrite_done(&rw);
	CHECK_EQ(rewrite_init(&rw, far, 3), 0);
	rewrite_replace(&rw, 1, &many);
	CHECK_EQ(rewrite_apply(&rw, &out, &n), -E2BIG);
	rewrite_done(&rw);
}

TEST(ctxflow_follows_copies)
{
	struct bpf_insn in[] = {
		INSN_MOV_R(6, 1),
		INSN_STX(BPF_DW, 10, -16, 6),
		INSN_CALL(8),			/* r1 is gone */
		INSN_LDX(BPF_DW, 2, 6, 0),	/* 3: ctx */
		INSN_LDX(BPF_DW, 3, 10, -16),
		INSN_LDX(BPF_DW, 4, 3, 8),	/* 5: ctx */
		INSN_LDX(BPF_DW, 5, 4, 8),	/* 6: an argument's memory, not ctx */
		INSN_MOV_R(1, 3),
		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 2),
		INSN_MOV_I(0, 0),
		INSN_EXIT(),
		INSN_LDX(BPF_DW, 0, 1, 16),	/* 11: ctx in a subprogram */
		INSN_MOV_R(1, 0),
		INSN_LDX(BPF_DW, 0, 1, 16),	/* 13: not */
		INSN_EXIT(),
	};
	size_t cnt = sizeof(in) / sizeof(in[0]);
	struct ctxflow f;

	CHECK_EQ(ctxflow_run(in, cnt, NULL, NULL, &f), 0);
	for (size_t i = 0; i < cnt; i++)
		CHECK_EQ(f.ctx_load[i], i == 3 || i == 5 || i == 11);
	CHECK_EQ(f.subprog[10], 0);
	CHECK_EQ(f.subprog[12], 11);
	CHECK_EQ(f.main_stack, -16);
	ctxflow_done(&f);
}

TEST(ctxflow_joins_paths)
{
	/* ctx on one path only: may be, hence counted */
	struct bpf_insn in[] = {
		INSN_MOV_R(2, 1),
		INSN_JMP_I(BPF_JEQ, 0, 0, 1),
		INSN_MOV_I(2, 0),
		INSN_LDX(BPF_W, 0, 2, 4),
		INSN_JMP_I(BPF_JNE, 0, 0, -3),	/* a loop ends */
		INSN_EXIT(),
	};
	struct ctxflow f;

	CHECK_EQ(ctxflow_run(in, 6, NULL, NULL, &f), 0);
	CHECK_EQ(f.ctx_load[3], 1);
	ctxflow_done(&f);
}

TEST(ctxflow_stack_depth)
{
	struct bpf_insn computed[] = {
		INSN_MOV_R(2, 10), INSN_ALU_I(BPF_ADD, 2, -40), INSN_ST(BPF_DW, 2, -8, 0), INSN_EXIT(),
	};
	struct bpf_insn variable[] = {
		INSN_MOV_R(2, 10), INSN_ALU_R(BPF_ADD, 2, 3), INSN_ST(BPF_B, 2, -100, 0), INSN_EXIT(),
	};
	struct bpf_insn callee[] = {
		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1), INSN_EXIT(),
		INSN_ST(BPF_DW, 10, -400, 0), INSN_EXIT(),
	};
	struct bpf_insn to_helper[] = {		/* what is written is nowhere in the instructions */
		INSN_MOV_R(1, 10), INSN_ALU_R(BPF_ADD, 1, 6), INSN_ALU_I(BPF_ADD, 1, -100),
		INSN_CALL(BPF_FUNC_get_current_comm), INSN_EXIT(),
	};
	struct ctxflow f;

	CHECK_EQ(ctxflow_run(to_helper, 5, NULL, NULL, &f), 0);
	CHECK_EQ(f.main_stack, 1);
	ctxflow_done(&f);
	CHECK_EQ(ctxflow_run(computed, 4, NULL, NULL, &f), 0);
	CHECK_EQ(f.main_stack, -48);
	ctxflow_done(&f);
	CHECK_EQ(ctxflow_run(variable, 4, NULL, NULL, &f), 0);
	CHECK_EQ(f.main_stack, 1);
	ctxflow_done(&f);
	CHECK_EQ(ctxflow_run(callee, 4, NULL, NULL, &f), 0);
	CHECK_EQ(f.main_stack, 0);
	ctxflow_done(&f);
}

TEST(ctxflow_refuses)
{
	struct bpf_insn out_of[] = { INSN_JA(5), INSN_EXIT() };
	struct bpf_insn off_end[] = { INSN_MOV_I(0, 0) };
	struct bpf_insn call_out[] = { INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 77), INSN_EXIT() };
	struct ctxflow f;

	CHECK_EQ(ctxflow_run(out_of, 2, NULL, NULL, &f), -EINVAL);
	CHECK_EQ(ctxflow_run(off_end, 1, NULL, NULL, &f), -EINVAL);
	CHECK_EQ(ctxflow_run(call_out, 2, NULL, NULL, &f), -EINVAL);
}

/* -- Faults: calls 1001 (takes ctx) and 1002 (returns the cookie) ------------------------------------ */

static int classify(const struct bpf_insn *insn, const void *arg)
{
	(void)arg;
	return insn->imm == 1001 ? CTXFLOW_SESSION | CTXFLOW_TAKES_CTX :
	       insn->imm == 1002 ? CTXFLOW_SESSION | CTXFLOW_TAKES_CTX | CTXFLOW_COOKIE : 0;
}

static enum ctxflow_fault fault_of(const struct bpf_insn *insns, size_t cnt)
{
	struct ctxflow f;
	enum ctxflow_fault fault;

	CHECK_EQ(ctxflow_run(insns, cnt, classify, NULL, &f), 0);
	fault = f.fault;
	ctxflow_done(&f);
	return fault;
}

#define FAULT_OF(...)                                                                              \
	fault_of((struct bpf_insn[]){ __VA_ARGS__, INSN_EXIT() },                                  \
		 sizeof((struct bpf_insn[]){ __VA_ARGS__, INSN_EXIT() }) / sizeof(struct bpf_insn))

TEST(ctxflow_session_argument)
{
	CHECK_EQ(FAULT_OF(INSN_CALL(1001)), CTXFLOW_FINE);
	CHECK_EQ(FAULT_OF(INSN_STX(BPF_DW, 10, -8, 1), INSN_CALL(8), INSN_LDX(BPF_DW, 1, 10, -8),
			  INSN_CALL(1001)), CTXFLOW_FINE);
	CHECK_EQ(FAULT_OF(INSN_ALU_I(BPF_ADD, 1, 8), INSN_CALL(1001)), CTXFLOW_NOT_CTX);
	CHECK_EQ(FAULT_OF(INSN_MOV_R(1, 10), INSN_CALL(1001)), CTXFLOW_NOT_CTX);
	CHECK_EQ(FAULT_OF(INSN_MOV_I(1, 0), INSN_CALL(1002)), CTXFLOW_NOT_CTX);
	CHECK_EQ(FAULT_OF(INSN_CALL(8), INSN_CALL(1001)), CTXFLOW_NOT_CTX);
	/* from memory: cannot be told */
	CHECK_EQ(FAULT_OF(INSN_MOV_R(2, 1), INSN_CALL(8), INSN_LDX(BPF_DW, 1, 0, 0), INSN_CALL(1001)),
		 CTXFLOW_FINE);
}

TEST(ctxflow_cookie_bounds)
{
	CHECK_EQ(FAULT_OF(INSN_CALL(1002), INSN_ST(BPF_DW, 0, 0, 1)), CTXFLOW_FINE);
	CHECK_EQ(FAULT_OF(INSN_CALL(1002), INSN_ST(BPF_W, 0, 4, 1)), CTXFLOW_FINE);
	CHECK_EQ(FAULT_OF(INSN_CALL(1002), INSN_ST(BPF_DW, 0, 8, 1)), CTXFLOW_OUTSIDE_COOKIE);
	CHECK_EQ(FAULT_OF(INSN_CALL(1002), INSN_ST(BPF_W, 0, 6, 1)), CTXFLOW_OUTSIDE_COOKIE);
	CHECK_EQ(FAULT_OF(INSN_CALL(1002), INSN_LDX(BPF_B, 1, 0, -1)), CTXFLOW_OUTSIDE_COOKIE);
	CHECK_EQ(FAULT_OF(INSN_CALL(1002), INSN_MOV_R(6, 0), INSN_ALU_I(BPF_ADD, 6, 4),
			  INSN_STX(BPF_W, 6, 0, 0)), CTXFLOW_FINE);
	CHECK_EQ(FAULT_OF(INSN_CALL(1002), INSN_MOV_R(6, 0), INSN_ALU_I(BPF_ADD, 6, 4),
			  INSN_STX(BPF_DW, 6, 0, 0)), CTXFLOW_OUTSIDE_COOKIE);
	CHECK_EQ(FAULT_OF(INSN_CALL(1002), INSN_STX(BPF_DW, 10, -8, 0), INSN_LDX(BPF_DW, 7, 10, -8),
			  INSN_ATOMIC(BPF_ADD, 7, 8, 1)), CTXFLOW_OUTSIDE_COOKIE);
	/* to a helper, with its size behind */
	CHECK_EQ(FAULT_OF(INSN_CALL(1002), INSN_MOV_R(1, 0), INSN_MOV_I(2, 8), INSN_CALL(113)),
		 CTXFLOW_FINE);
	/* r3 is no argument of map_lookup_elem() and holds what somebody left there */
	CHECK_EQ(FAULT_OF(INSN_CALL(1002), INSN_MOV_R(2, 0), INSN_MOV_I(3, 64), INSN_CALL(1)),
		 CTXFLOW_FINE);
	CHECK_EQ(FAULT_OF(INSN_CALL(1002), INSN_MOV_R(1, 0), INSN_MOV_I(2, 16), INSN_CALL(113)),
		 CTXFLOW_OUTSIDE_COOKIE);
	/* a scalar of any value moves it, a pointer of unknown place is the verifier's */
	CHECK_EQ(FAULT_OF(INSN_MOV_R(6, 1), INSN_CALL(1002), INSN_LDX(BPF_DW, 2, 6, 0),
			  INSN_ALU_R(BPF_ADD, 0, 2), INSN_LDX(BPF_B, 1, 0, 100)), CTXFLOW_FINE);
}
