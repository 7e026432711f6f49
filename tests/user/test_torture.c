/* SPDX-License-Identifier: BSD-2-Clause */
/* Every register of a traced function and its caller, with each helper called at entry and exit. */
#include <stdlib.h>
#include <string.h>

#include "bpf/helpers.h"
#include "inject/self.h"
#include "mapmem.h"
#include "rt/helper.h"
#include "tap.h"
#include "torture.h"
#include "trampoline/run.h"

#define CALLS 3
#define CTX 1			/* in the place of an argument: ctx, what the first call returned */
#define RESULT 2
#define AT(x) ((u64)&(x))

static u8 buf[256];
static u64 word, key, lock;
static char text[] = "12x", number[] = "%d";
static struct rt_dynptr dyn, slice;
static int task;

static u64 each(void)
{
	return 0;
}

/* Helper @nr, and one to be called with what it made. */
struct row {
	u32 nr;
	u64 args[5];
	u32 then;
	u64 then_arg;
};

static u64 at(struct rt_map *m)
{
	return (u64)m;
}

#define MAP(type, key, value, max) at(mapmem_new(BPF_MAP_TYPE_##type, key, value, max, 0))
#define H(name, ...) { BPF_FUNC_##name, { __VA_ARGS__ }, 0, 0 }
#define PAIR(name, second, arg, ...) { BPF_FUNC_##name, { __VA_ARGS__ }, BPF_FUNC_##second, arg }

static const struct row *rows(u32 *nr)
{
	u64 array = MAP(ARRAY, 4, 8, 4), hash = MAP(HASH, 4, 8, 4), percpu = MAP(PERCPU_ARRAY, 4, 8, 4);
	u64 queue = MAP(QUEUE, 0, 8, 4), ring = MAP(RINGBUF, 0, 0, 4096), stacks = MAP(STACK_TRACE, 4, 80, 16);
	u64 perf = MAP(PERF_EVENT_ARRAY, 4, 4, 4), tasks = MAP(TASK_STORAGE, 4, 8, 4), uring = MAP(USER_RINGBUF, 0, 0, 4096);
	struct row list[] = {
		H(map_lookup_elem, array, AT(key)), H(map_lookup_elem, hash, AT(key)), H(map_lookup_elem, percpu, AT(key)),
		H(map_update_elem, hash, AT(key), AT(word)), H(map_delete_elem, hash, AT(key)),
		H(map_push_elem, queue, AT(word)), H(map_peek_elem, queue, AT(word)), H(map_pop_elem, queue, AT(word)),
		H(map_lookup_percpu_elem, percpu, AT(key)), H(for_each_map_elem, array, (u64)each),
		H(loop, 5, (u64)each), H(ringbuf_output, ring, AT(buf), 16), H(ringbuf_query, ring),
		PAIR(ringbuf_reserve, ringbuf_submit, RESULT, ring, 16),
		PAIR(ringbuf_reserve, ringbuf_discard, RESULT, ring, 16),
		PAIR(ringbuf_reserve_dynptr, ringbuf_submit_dynptr, AT(dyn), ring, 16, 0, AT(dyn)),
		PAIR(ringbuf_reserve_dynptr, ringbuf_discard_dynptr, AT(dyn), ring, 16, 0, AT(dyn)),
		H(dynptr_from_mem, AT(buf), 64, 0, AT(slice)), H(dynptr_read, AT(word), 8, AT(slice)),
		H(dynptr_write, AT(slice), 0, AT(word), 8), H(dynptr_data, AT(slice), 0, 8),
		H(ktime_get_ns), H(ktime_get_boot_ns), H(ktime_get_coarse_ns), H(ktime_get_tai_ns), H(jiffies64),
		H(get_prandom_u32), H(get_smp_processor_id), H(get_numa_node_id), H(get_current_pid_tgid),
		H(get_current_uid_gid), H(get_current_comm, AT(buf), 16), H(get_current_task), H(get_current_task_btf),
		H(task_storage_get, tasks, AT(task), 0, 1), H(task_storage_delete, tasks, AT(task)),
		H(strtol, AT(text), 2, 0, AT(word)), H(strtoul, AT(text), 2, 0, AT(word)), H(strncmp, AT(text), 2, AT(number)),
		H(trace_printk, AT(number), 3, 7), H(trace_vprintk, AT(number), 3, AT(key), 8),
		H(snprintf, AT(buf), 64, AT(number), AT(key), 8),
		H(probe_read, AT(word), 8, AT(key)), H(probe_read_user, AT(word), 8, 8), H(probe_read_kernel, AT(word), 8, ~0ULL),
		H(probe_read_str, AT(buf), 8, AT(text)), H(probe_read_user_str, AT(buf), 8, 8),
		H(probe_read_kernel_str, AT(buf), 8, AT(text)), H(copy_from_user, AT(buf), 8, AT(key)),
		PAIR(spin_lock, spin_unlock, AT(lock), AT(lock)),
		H(get_func_arg, CTX, 0, AT(word)), H(get_func_ret, CTX, AT(word)), H(get_func_arg_cnt, CTX),
		H(get_func_ip, CTX), H(get_attach_cookie, CTX),
		H(get_stack, CTX, AT(buf), 64, 1 << 8), H(get_stackid, CTX, stacks, 1 << 8),
		H(user_ringbuf_drain, uring, (u64)each), H(perf_event_output, CTX, perf, 0xffffffff, AT(buf), 8),
	};
	static struct row ret[sizeof(list) / sizeof(list[0])];

	memcpy(ret, list, sizeof(list));
	*nr = sizeof(list) / sizeof(list[0]);
	return ret;
}

/* -- Programs --- */

static int resolve(void *arg, const struct bpf_insn *insn, struct bpf_call *ret)
{
	const struct helper *h = helper_find(insn->imm);

	(void)arg;
	*ret = (struct bpf_call){ BPF_CALL_ADDR, h ? (u64)h->fn : 0 };
	return h ? 0 : -ENOENT;
}

static u32 load_arg(struct bpf_insn *insns, u8 reg, u64 v)
{
	if (v == CTX || v == RESULT) {
		insns[0] = insn_make(BPF_ALU64 | BPF_MOV | BPF_X, reg, v == CTX ? 6 : 0, 0, 0);
		return 1;
	}
	insns[0] = insn_make(BPF_LD | BPF_IMM | BPF_DW, reg, 0, 0, (u32)v);
	insns[1] = insn_make(0, 0, 0, 0, v >> 32);
	return 2;
}

static u32 make(const struct row *r, struct bpf_insn *insns)
{
	u32 n = 0;

	insns[n++] = insn_make(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	for (u32 i = 0; i < 5; i++)
		n += load_arg(&insns[n], 1 + i, r->args[i]);
	insns[n++] = insn_make(BPF_JMP | BPF_CALL, 0, 0, 0, r->nr);
	if (r->then) {
		n += load_arg(&insns[n], 1, r->then_arg);
		n += load_arg(&insns[n], 2, 0);
		insns[n++] = insn_make(BPF_JMP | BPF_CALL, 0, 0, 0, r->then);
	}
	insns[n++] = insn_make(BPF_ALU64 | BPF_MOV, 0, 0, 0, 0);
	insns[n++] = insn_make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return n;
}

static u32 flags_of(const struct row *r)
{
	u32 flags = TRAMP_PROG_RUN | (r->nr == BPF_FUNC_get_func_ip ? TRAMP_PROG_FUNC_IP : 0);

	return flags | (helper_find(r->nr)->flags & HELPER_VECTOR ? TRAMP_PROG_VECTORS : 0);
}

static void torture(struct tramp *t, const struct row *r)
{
	struct bpf_insn insns[32];
	struct tramp_prog_opts opts = { .insns = insns, .cnt = make(r, insns), .flags = flags_of(r),
					.jit = { .resolve = resolve } };
	struct tramp_space *space;
	struct tramp_prog *p;
	struct tramp_link *link;
	struct guard_prog stats;

	CHECK_EQ(self_space(&space), 0);
	CHECK_EQ(tramp_prog_new(space, &opts, &p), 0);
	CHECK_EQ(tramp_attach(t, p, TRAMP_FSESSION, 0, &link), 0);
	for (int i = 0; i < CALLS && !torture_failed; i++)
		torture_call(0);
	if (torture_failed)
		tap_fail(__FILE__, __LINE__, "that was with %s", helper_name(r->nr));
	tramp_prog_stats(p, &stats);
	CHECK_EQ(stats.runs, 2 * CALLS);
	tramp_detach(link);
	tramp_prog_put(p);
}

TEST(torture_with_each_helper)
{
	const struct tramp_proto proto = { .nr_args = 2, .arg_words = { 1, 1 } };
	bool done[256] = { [BPF_FUNC_tail_call] = true };	/* no call */
	const struct row *list;
	struct tramp *t;
	u32 nr;

	list = rows(&nr);
	tramp_count_runs(true);
	CHECK_EQ(self_get(torture_target, 0, &proto, "torture_target", &t), 0);
	for (u32 i = 0; i < nr && !torture_failed; i++) {
		torture(t, &list[i]);
		done[list[i].nr] = done[list[i].then] = true;
	}
	for (u32 i = 0; i < 256 && !torture_failed; i++)	/* there is none that was forgotten */
		if (helper_find(i) && helper_is_allowed(helper_find(i), BPF_PROG_TYPE_TRACING) && !done[i])
			tap_fail(__FILE__, __LINE__, "%s is not here", helper_name(i));
}
