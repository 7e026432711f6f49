/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The split engine's code without a kernel: both halves are built, their maps replaced by memory
 * of the test's, and interpreted. What a kernel does around them (its recursion guard, nesting) is played
 * by the test: docs/split.md's tables, row by row, with compare-and-exchange and without.
 */
#include "engine/split.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "bpf/build.h"
#include "bpf/interp.h"
#include "bpf/rewrite.h"
#include "image/bpfobj.h"
#include "tap.h"

enum {
	SLOTS_FD = 101,
	LINES_FD = 102,
	BITS = 10,
	NR_SLOTS = (1 << BITS) + STORE_PROBES - 1,
	NR_CPUS = 2,
	NR_SESSIONS = 24,
	HELPER_TAIL_CALL = 12,
	HELPER_SEEN = 999,		/* (phase, cookie): what the program saw */
	HELPER_NEST = 998,		/* a helper that runs into the traced function */
	SEEN_MAX = 64,
};

static struct store_slot slots[NR_SLOTS] __attribute__((aligned(64)));
static struct store_line lines[NR_SESSIONS][NR_CPUS] __attribute__((aligned(64)));
static __thread unsigned cpu;
static __thread struct {
	int n;
	uint64_t phase[SEEN_MAX], cookie[SEEN_MAX];
} seen;
static __thread void (*nest)(uint64_t phase);

/* -- A session program: entry: *cookie = ctx[0]; both: seen(is_return, *cookie before) ------------ */

static void session_program(struct insn_seq *s, bool in_subprog, bool deep_stack)
{
	seq_add(s, INSN_MOV_R(BPF_REG_6, BPF_REG_1));
	if (deep_stack)
		seq_add(s, INSN_ST(BPF_DW, BPF_REG_10, -512, 1));
	seq_add(s, INSN_CALL(FS_MARKER_IS_RETURN));
	seq_add(s, INSN_MOV_R(BPF_REG_7, BPF_REG_0));
	seq_add(s, INSN_MOV_R(BPF_REG_1, BPF_REG_6));
	if (in_subprog)
		seq_add(s, INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 11));
	else
		seq_add(s, INSN_CALL(FS_MARKER_COOKIE));
	seq_add(s, INSN_MOV_R(BPF_REG_8, BPF_REG_0));
	seq_add(s, INSN_MOV_R(BPF_REG_1, BPF_REG_7));
	seq_add(s, INSN_LDX(BPF_DW, BPF_REG_2, BPF_REG_8, 0));
	seq_add(s, INSN_CALL(HELPER_SEEN));
	seq_add(s, INSN_MOV_R(BPF_REG_1, BPF_REG_7));
	seq_add(s, INSN_CALL(HELPER_NEST));
	seq_add(s, INSN_JMP_I(BPF_JNE, BPF_REG_7, 0, 2));
	seq_add(s, INSN_LDX(BPF_DW, BPF_REG_1, BPF_REG_6, 0));
	seq_add(s, INSN_STX(BPF_DW, BPF_REG_8, 0, BPF_REG_1));
	seq_add(s, INSN_MOV_I(BPF_REG_0, 0));
	seq_add(s, INSN_EXIT());
	if (in_subprog) {
		seq_add(s, INSN_CALL(FS_MARKER_COOKIE));
		seq_add(s, INSN_EXIT());
	}
}

struct half {
	struct split_code code;
};

struct session_code {
	struct half half[2];
};

static void aim_maps(struct split_code *c)
{
	for (size_t i = 0; i < c->cnt; i += insn_slots(&c->insns[i])) {
		struct bpf_insn *in = &c->insns[i];
		uint64_t addr;

		if (!insn_is_ldimm64(in) || in->src_reg != BPF_PSEUDO_MAP_VALUE)
			continue;
		addr = in->imm == SLOTS_FD ? (uintptr_t)slots : (uintptr_t)lines;
		addr += (uint32_t)in[1].imm;
		in->src_reg = 0;
		in->imm = (int32_t)addr;
		in[1].imm = (int32_t)(addr >> 32);
	}
}

static struct split_params params(uint32_t id, bool cmpxchg)
{
	return (struct split_params){
		.store = {
			.slots_fd = SLOTS_FD,
			.slots_bits = BITS,
			.lines_fd = LINES_FD,
			.line_off = id * sizeof(lines[0]),
			.cpu_mask = NR_CPUS - 1,
			.id = id,
		},
		.nr_slots = 1,
		.has_get_func_arg = true,
		.has_get_func_ip = true,
		.has_attach_cookie = true,
		.has_cmpxchg = cmpxchg,
		.has_guard = cmpxchg,
	};
}

static void build_both(struct session_code *ret, const struct insn_seq *prog, struct split_params p)
{
	struct split_info none = {};

	for (int h = 0; h < 2; h++) {
		p.half = h;
		CHECK_EQ(split_build("test", prog->v, prog->cnt, &none, &p, &ret->half[h].code), 0);
		aim_maps(&ret->half[h].code);
	}
}

static struct session_code session(uint32_t id, bool cmpxchg)
{
	struct session_code c;
	struct insn_seq s = {};

	session_program(&s, false, false);
	build_both(&c, &s, params(id, cmpxchg));
	seq_done(&s);
	return c;
}

/* -- Running ----------------------------------------------------------------------------------------- */

static u64 helper_tail_call(u64 a, u64 b, u64 c, u64 d, u64 e);

static u64 helper_cpu(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	(void)a, (void)b, (void)c, (void)d, (void)e;
	return cpu;
}

static u64 helper_tid(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	(void)a, (void)b, (void)c, (void)d, (void)e;
	return 0x7700000042;
}

static u64 helper_seen(u64 phase, u64 cookie, u64 c, u64 d, u64 e)
{
	(void)c, (void)d, (void)e;
	if (seen.n < SEEN_MAX) {
		seen.phase[seen.n] = phase;
		seen.cookie[seen.n] = cookie;
	}
	seen.n++;
	return 0;
}

static u64 helper_nest(u64 phase, u64 b, u64 c, u64 d, u64 e)
{
	void (*fn)(uint64_t) = nest;

	(void)b, (void)c, (void)d, (void)e;
	if (fn) {
		nest = NULL;
		fn(phase);
		nest = fn;
	}
	return 0;
}

static int resolve(void *arg, const struct bpf_insn *insn, struct bpf_call *ret)
{
	bpf_helper_fn fn = insn->imm == 8 ? helper_cpu : insn->imm == 14 || insn->imm == 35 ? helper_tid :
			   insn->imm == HELPER_SEEN ? helper_seen :
			   insn->imm == HELPER_TAIL_CALL ? helper_tail_call :
			   insn->imm == HELPER_NEST ? helper_nest : NULL;

	(void)arg;
	if (!fn)
		return -ENOENT;
	*ret = (struct bpf_call){ BPF_CALL_ADDR, (uintptr_t)fn };
	return 0;
}

static void run(const struct session_code *c, enum split_half half, uint64_t *ctx)
{
	const struct split_code *code = &c->half[half].code;
	struct interp_prog p = { code->insns, code->cnt };
	struct interp_opts o = { .resolve = resolve };
	u64 r0 = 1;

	CHECK_EQ(interp_run(&p, &o, (uintptr_t)ctx, &r0), 0);
	CHECK_EQ(r0, 0);
}

/* split.c: a key is the distance of ctx to what pointers to slots point at */
static uint64_t key_of(const uint64_t *ctx)
{
	return (uintptr_t)ctx - (uintptr_t)&slots[0].cookie;
}

static struct store_slot *only_slot(void)
{
	struct store_slot *found = NULL;

	for (int i = 0; i < NR_SLOTS; i++)
		if (slots[i].key) {
			CHECK(!found);
			found = &slots[i];
		}
	CHECK(found);
	return found;
}

static int used_slots(void)
{
	int n = 0;

	for (int i = 0; i < NR_SLOTS; i++)
		n += slots[i].key != 0;
	return n;
}

static const bool with_cmpxchg[] = { true, false };
#define EACH_STORE(v)                                                                              \
	for (size_t v##_i = 0, v = with_cmpxchg[0]; v##_i < 2; v##_i++, v = with_cmpxchg[v##_i & 1])

static void reset(void)
{
	memset(slots, 0, sizeof(slots));
	memset(lines, 0, sizeof(lines));
	memset(&seen, 0, sizeof(seen));
	nest = NULL;
	cpu = 0;
}

/* -- Rows ----------------------------------------------------------------------------------------------- */

TEST(split_pair)
{
	EACH_STORE(store) {
		struct session_code c = session(1, store);
		uint64_t frame[2] = { 41, 0 };

		reset();
		for (int call = 0; call < 3; call++) {
			memset(&seen, 0, sizeof(seen));
			frame[0] = 41 + call;
			run(&c, SPLIT_ENTRY, frame);
			CHECK_EQ(used_slots(), 1);
			run(&c, SPLIT_EXIT, frame);
			CHECK_EQ(seen.n, 2);
			CHECK_EQ(seen.phase[0], 0);
			CHECK_EQ(seen.cookie[0], 0);	/* zero at every entry */
			CHECK_EQ(seen.phase[1], 1);
			CHECK_EQ(seen.cookie[1], 41 + call);
			CHECK_EQ(used_slots(), 0);
		}
		CHECK_EQ(lines[1][0].entries, 3);
		CHECK_EQ(lines[1][0].exits, 3);
		CHECK_EQ(lines[1][0].busy, 0);
	}
}

TEST(split_record_names_the_task)
{
	struct session_code c = session(3, true);
	uint64_t frame[2] = { 1, 0 };

	reset();
	run(&c, SPLIT_ENTRY, frame);
	CHECK_EQ(only_slot()->key, key_of(frame));
	CHECK_EQ(only_slot()->id, 3);
	CHECK_EQ(only_slot()->tid, 0x42);
}

TEST(split_exit_without_entry)
{
	EACH_STORE(store) {
		struct session_code c = session(1, store);
		uint64_t frame[2] = { 1, 0 };

		reset();
		run(&c, SPLIT_EXIT, frame);
		CHECK_EQ(seen.n, 0);
		CHECK_EQ(lines[1][0].unmatched, 1);
		CHECK_EQ(lines[1][0].exits, 0);
		CHECK_EQ(lines[1][0].busy, 0);
	}
}

TEST(split_migration)
{
	struct session_code c = session(1, true);
	uint64_t frame[2] = { 5, 0 };

	reset();
	cpu = 0;
	run(&c, SPLIT_ENTRY, frame);
	cpu = 1;
	run(&c, SPLIT_EXIT, frame);
	CHECK_EQ(seen.cookie[1], 5);
	CHECK_EQ(lines[1][0].entries, 1);
	CHECK_EQ(lines[1][1].exits, 1);
}

/* Where they find room depends on how far the frame is from the table: always the same here. */
TEST(split_sessions_of_one_frame)
{
	struct session_code c[NR_SESSIONS];
	static uint64_t frame[2];

	reset();
	for (int i = 1; i < 19; i++)
		c[i] = session(i, true);
	for (int i = 1; i < 19; i++) {
		frame[0] = 100 + i;
		run(&c[i], SPLIT_ENTRY, frame);
	}
	CHECK_EQ(used_slots(), 18);
	memset(&seen, 0, sizeof(seen));
	for (int i = 1; i < 19; i++)
		run(&c[i], SPLIT_EXIT, frame);
	CHECK_EQ(seen.n, 18);
	for (int i = 1; i < 19; i++)
		CHECK_EQ(seen.cookie[i - 1], 100 + i);
	CHECK_EQ(used_slots(), 0);
}

/* Many frames of one stack: recursion of the traced function. */
TEST(split_recursion_of_the_function)
{
	EACH_STORE(store) {
		struct session_code c = session(1, store);
		uint64_t stack[32][8];
		int lost;

		reset();
		for (int d = 0; d < 32; d++) {
			stack[d][0] = d;
			run(&c, SPLIT_ENTRY, stack[d]);
		}
		lost = lines[1][0].full;	/* half full: a run of eight may be taken */
		CHECK(lost <= 2);
		memset(&seen, 0, sizeof(seen));
		for (int d = 31; d >= 0; d--) {
			int n = seen.n;

			run(&c, SPLIT_EXIT, stack[d]);
			if (seen.n > n)
				CHECK_EQ(seen.cookie[n], d);
		}
		CHECK_EQ(seen.n + lost, 32);
		CHECK_EQ(lines[1][0].unmatched, lost);
		CHECK_EQ(used_slots(), 0);
	}
}

TEST(split_full)
{
	EACH_STORE(store) {
		struct session_code c = session(1, store);
		static uint64_t frames[16 * NR_SLOTS][4];
		int entered;

		reset();
		for (int i = 0; i < 16 * NR_SLOTS; i++)
			run(&c, SPLIT_ENTRY, frames[i]);
		entered = lines[1][0].entries;
		CHECK_EQ(entered, used_slots());
		CHECK_EQ(entered + lines[1][0].full, 16 * NR_SLOTS);
		CHECK(entered >= NR_SLOTS - STORE_PROBES);
		for (int i = 0; i < 16 * NR_SLOTS; i++)
			run(&c, SPLIT_EXIT, frames[i]);
		CHECK_EQ(lines[1][0].exits, entered);
		CHECK_EQ(lines[1][0].unmatched, lines[1][0].full);
		CHECK_EQ(used_slots(), 0);
		for (int i = 0; i < NR_SLOTS; i++)
			CHECK_EQ(slots[i].claims, 0);
		CHECK_EQ(lines[1][0].busy, 0);
	}
}

/* A record whose exit was lost is taken over by the next entry of the same frame. */
TEST(split_stale_record)
{
	EACH_STORE(store) {
		struct session_code c = session(1, store);
		uint64_t frame[2] = { 7, 0 };

		reset();
		run(&c, SPLIT_ENTRY, frame);
		frame[0] = 8;
		run(&c, SPLIT_ENTRY, frame);
		CHECK_EQ(seen.cookie[1], 0);
		CHECK_EQ(used_slots(), 1);
		run(&c, SPLIT_EXIT, frame);
		CHECK_EQ(seen.cookie[2], 8);
		CHECK_EQ(used_slots(), 0);
		run(&c, SPLIT_EXIT, frame);
		CHECK_EQ(lines[1][0].unmatched, 1);
		CHECK_EQ(lines[1][0].stale, 1);
		CHECK_EQ(lines[1][0].entries, lines[1][0].exits + lines[1][0].stale);
	}
}

static struct session_code nested;
static bool kernel_guards;
static uint64_t inner[2];

/* The function is called from inside the program: of a half that is active the kernel runs nothing. */
static void nested_call(uint64_t phase)
{
	inner[0] = 1000;
	if (!kernel_guards || phase == 1)
		run(&nested, SPLIT_ENTRY, inner);
	if (!kernel_guards || phase == 0)
		run(&nested, SPLIT_EXIT, inner);
}

TEST(split_nested_calls_missed_in_both_phases)
{
	EACH_STORE(store) {
		uint64_t frame[2] = { 3, 0 };

		reset();
		nested = session(1, store);
		kernel_guards = store;
		nest = nested_call;
		run(&nested, SPLIT_ENTRY, frame);
		run(&nested, SPLIT_EXIT, frame);
		CHECK_EQ(seen.n, 2);
		CHECK_EQ(seen.phase[0], 0);
		CHECK_EQ(seen.phase[1], 1);
		CHECK_EQ(seen.cookie[1], 3);
		CHECK_EQ(lines[1][0].entries, 1);
		CHECK_EQ(lines[1][0].exits, 1);
		CHECK_EQ(lines[1][0].missed, store ? 2 : 4);	/* the kernel counts its own two */
		CHECK_EQ(lines[1][0].unmatched, 0);
		CHECK_EQ(lines[1][0].in_entry, 0);
		CHECK_EQ(lines[1][0].busy, 0);
		CHECK_EQ(used_slots(), 0);
	}
}

/*
 * Copies of a program for many functions share the lines, and a kernel's guard is for each copy by
 * itself: what runs into another traced function from a program is missed in both phases all the same.
 */
TEST(split_copies_guard_each_other)
{
	EACH_STORE(store) {
		struct split_params p = params(1, store);
		uint64_t frame[2] = { 3, 0 };
		struct insn_seq s = {};

		reset();
		session_program(&s, true, false);	/* the cookie is found through the line */
		p.has_guard = false;
		build_both(&nested, &s, p);
		seq_done(&s);
		kernel_guards = false;
		nest = nested_call;
		run(&nested, SPLIT_ENTRY, frame);
		run(&nested, SPLIT_EXIT, frame);
		CHECK_EQ(seen.n, 2);
		CHECK_EQ(seen.cookie[1], 3);
		CHECK_EQ(lines[1][0].entries, 1);
		CHECK_EQ(lines[1][0].exits, 1);
		CHECK_EQ(lines[1][0].missed, 4);
		CHECK_EQ(lines[1][0].unmatched, 0);
		CHECK_EQ(lines[1][0].busy, 0);
		CHECK_EQ(used_slots(), 0);
	}
}

/* A slot that is claimed but not yet filled in must not look like its last owner's. */
TEST(split_free_slots_have_no_owner)
{
	EACH_STORE(store) {
		struct session_code c = session(1, store);
		uint64_t frame[2] = { 1, 0 };

		reset();
		for (int i = 0; i < 2; i++) {
			run(&c, SPLIT_ENTRY, frame);
			run(&c, SPLIT_EXIT, frame);
		}
		for (int i = 0; i < NR_SLOTS; i++) {
			CHECK_EQ(slots[i].key, 0);
			CHECK_EQ(slots[i].id, 0);
			CHECK_EQ(slots[i].tid, 0);
		}
	}
}

/* Calls of one frame and task are told apart, or a sweep might take the new one for the old. */
TEST(split_calls_are_numbered)
{
	EACH_STORE(store) {
		struct session_code c = session(1, store);
		uint64_t frame[2] = { 1, 0 }, first;

		reset();
		run(&c, SPLIT_ENTRY, frame);
		first = only_slot()->stamp;
		run(&c, SPLIT_ENTRY, frame);		/* takes the record over */
		CHECK(first && only_slot()->stamp && only_slot()->stamp != first);
	}
}

/* A record that a sweep is about to free is not taken over: the entry goes elsewhere. */
TEST(split_tagged_record_is_left_alone)
{
	struct session_code c = session(1, true);
	uint64_t frame[2] = { 1, 0 };
	struct store_slot *at;

	reset();
	run(&c, SPLIT_ENTRY, frame);
	at = only_slot();
	at->key |= STORE_TAG;
	run(&c, SPLIT_ENTRY, frame);
	CHECK_EQ(used_slots(), 2);
	CHECK_EQ(at->key, key_of(frame) | STORE_TAG);
	run(&c, SPLIT_EXIT, frame);
	CHECK_EQ(used_slots(), 1);
	CHECK_EQ(lines[1][0].exits, 1);
}

/* Without compare-and-exchange a sweep holds a claim meanwhile: neither take-over nor clearing. */
TEST(split_claimed_record_is_left_alone)
{
	struct session_code c = session(1, false);
	uint64_t frame[2] = { 1, 0 };
	struct store_slot before;

	reset();
	run(&c, SPLIT_ENTRY, frame);
	CHECK_EQ(only_slot()->claims, 1);
	only_slot()->claims++;
	before = *only_slot();
	run(&c, SPLIT_ENTRY, frame);
	CHECK_EQ(lines[1][0].full, 1);
	CHECK_EQ(lines[1][0].busy, 0);
	lines[1][0].busy = 1;
	run(&c, SPLIT_ENTRY, frame);
	CHECK_EQ(lines[1][0].missed, 1);
	CHECK(!memcmp(only_slot(), &before, sizeof(before)));
}

/* Kernel's guard over the session, without one, and the same where claims are counted. */
static struct split_params miss_params(int variant)
{
	struct split_params p = params(1, variant < 2);

	p.has_guard = variant == 0;
	return p;
}

static struct session_code miss_session(int variant)
{
	struct session_code c;
	struct insn_seq s = {};

	session_program(&s, false, false);
	build_both(&c, &s, miss_params(variant));
	seq_done(&s);
	return c;
}

/*
 * An exit is lost, and the next entry of the frame missed because another task is preempted inside: the
 * exit after that must not find the lost call's record.
 */
TEST(split_missed_entry_clears_its_frame)
{
	for (int variant = 0; variant < 3; variant++) {
		struct session_code c = miss_session(variant);
		uint64_t frame[2] = { 7, 0 };

		reset();
		run(&c, SPLIT_ENTRY, frame);
		lines[1][0].busy = 1;
		run(&c, SPLIT_ENTRY, frame);
		CHECK_EQ(lines[1][0].missed, 1);
		CHECK_EQ(lines[1][0].stale, 1);
		CHECK_EQ(lines[1][0].busy, 1);
		CHECK_EQ(used_slots(), 0);
		lines[1][0].busy = 0;
		run(&c, SPLIT_EXIT, frame);
		CHECK_EQ(lines[1][0].unmatched, 1);
		CHECK_EQ(seen.n, 1);
		for (int i = 0; i < NR_SLOTS; i++)
			CHECK_EQ(slots[i].claims, 0);
	}
}

/* An exit while the entry half is inside on its CPU is missed, as natively, and its record goes. */
TEST(split_exit_while_entry_is_inside)
{
	for (int variant = 0; variant < 3; variant++) {
		struct session_code c = miss_session(variant);
		uint64_t frame[2] = { 7, 0 };

		reset();
		run(&c, SPLIT_ENTRY, frame);
		if (variant == 0)
			lines[1][0].in_entry = 1;
		else
			lines[1][0].busy = 1;
		run(&c, SPLIT_EXIT, frame);
		CHECK_EQ(seen.n, 1);
		CHECK_EQ(lines[1][0].exits, 0);
		CHECK_EQ(lines[1][0].missed, 1);
		CHECK_EQ(lines[1][0].stale, 1);
		CHECK_EQ(lines[1][0].busy, variant != 0);
		CHECK_EQ(used_slots(), 0);
	}
}

/* -- Tail calls ------------------------------------------------------------------------------------------ */

static struct store_slot at_tail_call[NR_SLOTS];

static u64 helper_tail_call(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	(void)a, (void)b, (void)c, (void)d, (void)e;
	memcpy(at_tail_call, slots, sizeof(slots));
	return 0;
}

static struct session_code tail_session(uint32_t id, bool store, bool caller)
{
	struct split_params p = params(id, store);
	struct insn_seq s = {};
	struct session_code c;

	p.has_guard = false;
	p.tail_target = true;
	if (caller) {
		seq_add(&s, INSN_MOV_I(BPF_REG_2, 0));
		seq_add(&s, INSN_MOV_I(BPF_REG_3, 0));
		seq_add(&s, INSN_CALL(HELPER_TAIL_CALL));
		seq_add(&s, INSN_MOV_I(BPF_REG_0, 0));
		seq_add(&s, INSN_EXIT());
	} else {
		session_program(&s, false, false);
	}
	build_both(&c, &s, p);
	seq_done(&s);
	return c;
}

/* Runs @caller's entry half up to the tail call, and leaves memory as the callee finds it. */
static void enter_and_leave(const struct session_code *caller, uint64_t *frame)
{
	run(caller, SPLIT_ENTRY, frame);
	memcpy(slots, at_tail_call, sizeof(slots));
	lines[1][0].busy = 0;
}

TEST(split_callee_goes_on_in_its_callers_session)
{
	EACH_STORE(store) {
		struct session_code caller = tail_session(1, store, true);
		struct session_code callee = tail_session(2, store, false);
		uint64_t frame[2] = { 7, 0 };

		reset();
		enter_and_leave(&caller, frame);
		CHECK_EQ(used_slots(), 2);
		run(&callee, SPLIT_ENTRY, frame);
		CHECK_EQ(seen.n, 1);
		CHECK_EQ(used_slots(), 1);
		CHECK_EQ(only_slot()->id, 1);
		CHECK_EQ(only_slot()->cookie, 7);
		CHECK_EQ(lines[2][0].entries, 0);
	}
}

/* A callee that is missed leaves its caller's session alone, but not the marker. */
TEST(split_missed_callee)
{
	EACH_STORE(store) {
		struct session_code caller = tail_session(1, store, true);
		struct session_code callee = tail_session(2, store, false);
		uint64_t frame[2] = { 7, 0 };

		reset();
		enter_and_leave(&caller, frame);
		lines[2][0].busy = 1;
		run(&callee, SPLIT_ENTRY, frame);
		CHECK_EQ(seen.n, 0);
		CHECK_EQ(only_slot()->id, 1);
	}
}

/* What was tail-called knew of no sessions: the marker stays. Nobody follows it into another call. */
TEST(split_marker_of_an_earlier_call)
{
	EACH_STORE(store) {
		struct session_code caller = tail_session(1, store, true);
		struct session_code other = tail_session(2, store, false);
		uint64_t frame[2] = { 7, 0 };
		struct store_slot *marker = NULL;

		reset();
		enter_and_leave(&caller, frame);
		for (int i = 0; i < NR_SLOTS; i++)
			if (slots[i].key && slots[i].id & STORE_MARKER)
				marker = &slots[i];
		CHECK(marker);
		CHECK_EQ(marker->id, 1 | STORE_MARKER);	/* so that a sweep knows whose it is */
		CHECK_EQ(marker->tid, 0x42);
		for (int i = 0; i < NR_SLOTS; i++)	/* a call later: another number */
			if (slots[i].key && slots[i].id == 1)
				slots[i].stamp++;
		run(&other, SPLIT_ENTRY, frame);
		CHECK_EQ(seen.cookie[0], 0);
		CHECK_EQ(lines[2][0].entries, 1);	/* a session of its own */
	}
}

/* An interrupt at any point of a half that enters and leaves the function itself, on another frame. */
TEST(split_other_session_in_between)
{
	struct session_code a = session(1, true), b = session(2, true);
	uint64_t fa[2] = { 1, 0 }, fb[2] = { 2, 0 };

	reset();
	run(&a, SPLIT_ENTRY, fa);
	run(&b, SPLIT_ENTRY, fa);
	run(&a, SPLIT_ENTRY, fb);
	run(&a, SPLIT_EXIT, fb);
	run(&a, SPLIT_EXIT, fa);
	run(&b, SPLIT_EXIT, fa);
	CHECK_EQ(seen.cookie[3], 2);
	CHECK_EQ(seen.cookie[4], 1);
	CHECK_EQ(seen.cookie[5], 1);
	CHECK_EQ(used_slots(), 0);
}

TEST(split_cookie_in_subprogram_and_without_stack)
{
	for (int variant = 0; variant < 4; variant++) {
		struct insn_seq s = {};
		struct session_code c;
		uint64_t frame[2] = { 77, 0 };

		reset();
		session_program(&s, variant & 1, variant & 2);
		build_both(&c, &s, params(1, true));
		seq_done(&s);
		run(&c, SPLIT_ENTRY, frame);
		run(&c, SPLIT_EXIT, frame);
		CHECK_EQ(seen.n, 2);
		CHECK_EQ(seen.cookie[0], 0);
		CHECK_EQ(seen.cookie[1], 77);
		CHECK_EQ(used_slots(), 0);
		CHECK_EQ(lines[1][0].busy, 0);
	}
}

TEST(split_return_slot_reads_zero_at_entry)
{
	struct insn_seq s = {};
	struct session_code c;
	uint64_t frame[2] = { 1, 0x1234 };

	reset();
	/* hoisted: r7 = ctx[1] before the phase is known, through a copy of ctx on the stack */
	seq_add(&s, INSN_STX(BPF_DW, BPF_REG_10, -8, BPF_REG_1));
	seq_add(&s, INSN_LDX(BPF_DW, BPF_REG_3, BPF_REG_10, -8));
	seq_add(&s, INSN_LDX(BPF_DW, BPF_REG_7, BPF_REG_3, 8));
	seq_add(&s, INSN_CALL(FS_MARKER_IS_RETURN));
	seq_add(&s, INSN_MOV_R(BPF_REG_1, BPF_REG_0));
	seq_add(&s, INSN_MOV_R(BPF_REG_2, BPF_REG_7));
	seq_add(&s, INSN_CALL(HELPER_SEEN));
	seq_add(&s, INSN_MOV_I(BPF_REG_0, 0));
	seq_add(&s, INSN_EXIT());
	build_both(&c, &s, params(1, true));
	seq_done(&s);
	run(&c, SPLIT_ENTRY, frame);
	run(&c, SPLIT_EXIT, frame);
	CHECK_EQ(seen.cookie[0], 0);
	CHECK_EQ(seen.cookie[1], 0x1234);
}

TEST(split_result_survives)
{
	struct insn_seq s = {};
	struct split_params p = params(1, true);
	struct split_info none = {};
	uint64_t frame[2] = { 1, 0 };

	/* a program that returns 5 still returns 5, so that the verifier refuses it in both halves */
	for (int deep = 0; deep < 2; deep++) {
		seq_done(&s);
		if (deep)
			seq_add(&s, INSN_ST(BPF_DW, BPF_REG_10, -512, 0));
		seq_add(&s, INSN_MOV_I(BPF_REG_0, 5));
		seq_add(&s, INSN_EXIT());
		reset();
		for (int h = 0; h < 2; h++) {
			struct interp_opts o = { .resolve = resolve };
			struct split_code code;
			struct interp_prog prog;
			u64 r0 = 0;

			p.half = h;
			CHECK_EQ(split_build("test", s.v, s.cnt, &none, &p, &code), 0);
			aim_maps(&code);
			prog = (struct interp_prog){ code.insns, code.cnt };
			CHECK_EQ(interp_run(&prog, &o, (uintptr_t)frame, &r0), 0);
			CHECK_EQ(r0, 5);
			split_code_done(&code);
		}
	}
	seq_done(&s);
}

/* A function that no instruction leads to, which func_info alone tells of: what is thrown ends there. */
TEST(split_exception_callback)
{
	struct bpf_func_info funcs[] = { { .insn_off = 0 }, { .insn_off = 2 } };
	struct split_info info = { .func_info = funcs, .func_cnt = 1, .func_rec = sizeof(funcs[0]) };
	struct split_params p = params(1, true);
	struct insn_seq s = {};
	struct split_code code;

	for (int i = 0; i < 2; i++) {
		seq_add(&s, INSN_MOV_I(BPF_REG_0, 0));
		seq_add(&s, INSN_EXIT());
	}
	CHECK_EQ(split_build("test", s.v, 2, &info, &p, &code), 0);
	split_code_done(&code);
	info.func_cnt = 2;
	CHECK_EQ(split_build("test", s.v, 4, &info, &p, &code), -EOPNOTSUPP);
	seq_done(&s);
}

/* -- Real concurrency on the store: threads on CPUs of their own, frames of their own ------------------- */

enum { STRESS_CALLS = 20000 };
static struct session_code stress;
static bool stress_go;

static void *stress_thread(void *arg)
{
	uint64_t frames[4][4], wrong = 0;

	cpu = (uintptr_t)arg;
	while (!__atomic_load_n(&stress_go, __ATOMIC_ACQUIRE))
		;
	for (int i = 0; i < STRESS_CALLS / 4; i++) {
		for (int d = 0; d < 4; d++) {
			frames[d][0] = ((uint64_t)cpu << 32) + 4 * i + d;
			run(&stress, SPLIT_ENTRY, frames[d]);
		}
		for (int d = 3; d >= 0; d--) {
			seen.n = 0;
			run(&stress, SPLIT_EXIT, frames[d]);
			wrong += seen.n == 1 && seen.cookie[0] != frames[d][0];
		}
	}
	return (void *)wrong;
}

TEST(split_threads)
{
	EACH_STORE(store) {
		pthread_t t[NR_CPUS];
		uint64_t sum[3] = {};
		void *wrong;

		reset();
		stress = session(1, store);
		stress_go = false;
		for (uintptr_t i = 0; i < NR_CPUS; i++)
			CHECK_EQ(pthread_create(&t[i], NULL, stress_thread, (void *)i), 0);
		__atomic_store_n(&stress_go, true, __ATOMIC_RELEASE);
		for (int i = 0; i < NR_CPUS; i++) {
			pthread_join(t[i], &wrong);
			CHECK_EQ((uintptr_t)wrong, 0);
			sum[0] += lines[1][i].entries;
			sum[1] += lines[1][i].exits;
			sum[2] += lines[1][i].full;
		}
		CHECK_EQ(sum[0] + sum[2], (uint64_t)NR_CPUS * STRESS_CALLS);
		CHECK_EQ(sum[0], sum[1]);
		CHECK_EQ(used_slots(), 0);
		for (int i = 0; i < NR_SLOTS; i++)
			CHECK_EQ(slots[i].claims, 0);
	}
}
