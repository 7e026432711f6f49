// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Programs that only kernels run: what is in their ctx, what they may return. */
#include "rules.h"

#include "corpus/types.h"

#define LOAD(type, at) (*(volatile type *)((char *)ctx + (at)))
#define PROG(name) int name(void *ctx)

SEC("kprobe/vfs_read") __success
PROG(kprobe_registers)
{
	return LOAD(__u64, 0) + LOAD(__u64, 160) + LOAD(__u32, 4) + LOAD(__u8, 3);
}

SEC("kprobe/vfs_read") __failure __msg("invalid ctx access")
PROG(kprobe_beyond_registers)
{
	return LOAD(__u64, 4096);
}

SEC("kprobe/vfs_read") __failure __msg("invalid ctx access")
PROG(kprobe_between_registers)
{
	return LOAD(__u64, 4);
}

SEC("kprobe/vfs_read") __failure __msg("invalid ctx access at offset -8")
PROG(kprobe_before_registers)
{
	return LOAD(__u64, -8);
}

SEC("kprobe/vfs_read") __success
PROG(kprobe_returns_anything)
{
	return 17;
}

SEC("kprobe/vfs_read") __success
PROG(kprobe_asks_where_it_is)
{
	return bpf_get_func_ip(ctx) + bpf_get_attach_cookie(ctx);
}

SEC("kprobe/vfs_read") __failure __msg("bpf_get_func_arg is not allowed")
PROG(kprobe_asks_for_an_argument)
{
	__u64 v = 0;

	return bpf_get_func_arg(ctx, 0, &v);
}

SEC("kprobe/vfs_read") __failure __msg("bpf_session_cookie is not allowed")
PROG(kprobe_asks_for_the_cookie)
{
	return !bpf_session_cookie(ctx);
}

SEC("kprobe/vfs_read") __failure __msg("memory cannot be accessed through it")
PROG(kprobe_register_is_no_pointer)
{
	return **(volatile int **)((char *)ctx + 112);
}

SEC("tracepoint/sched/sched_switch") __success
PROG(tracepoint_fields)
{
	return LOAD(__u64, 8) + LOAD(__u32, 20) + LOAD(__u8, 41);
}

SEC("tracepoint/sched/sched_switch") __failure __msg("invalid ctx access at offset 0 of 8 bytes")
PROG(tracepoint_first_word)
{
	return LOAD(__u64, 0);
}

SEC("tracepoint/sched/sched_switch") __failure __msg("invalid ctx access at offset 8192")
PROG(tracepoint_beyond)
{
	return LOAD(__u8, 8192);
}

SEC("tracepoint/sched/sched_switch") __failure __msg("invalid ctx access")
PROG(tracepoint_is_written)
{
	LOAD(__u64, 8) = 1;
	return 0;
}

SEC("tracepoint/sched/sched_switch") __failure __msg("bpf_get_func_ip is not allowed")
PROG(tracepoint_asks_where_it_is)
{
	return bpf_get_func_ip(ctx);
}

SEC("perf_event") __success
PROG(perf_event_fields)
{
	return LOAD(__u64, 0) + LOAD(__u64, 168) + LOAD(__u32, 176);
}

SEC("perf_event") __failure __msg("invalid ctx access at offset 0 of 4 bytes")
PROG(perf_event_part_of_a_register)
{
	return LOAD(__u32, 0);
}

SEC("perf_event") __failure __msg("invalid ctx access")
PROG(perf_event_beyond)
{
	return LOAD(__u64, 1024);
}

SEC("perf_event") __failure __msg("invalid ctx access")
PROG(perf_event_is_written)
{
	LOAD(__u64, 168) = 1;
	return 0;
}

SEC("tp_btf/sched_switch") __success
PROG(tp_btf_arguments)
{
	struct task_struct *next = ((void **)ctx)[2];

	return LOAD(__u8, 0) + next->pid;
}

SEC("tp_btf/sched_switch") __failure __msg("has no argument in slot 4")
PROG(tp_btf_has_no_result)
{
	return LOAD(__u64, 32);
}

SEC("tp_btf/sched_switch") __failure __msg("ctx is read-only")
PROG(tp_btf_is_written)
{
	LOAD(__u64, 0) = 1;
	return 0;
}

SEC("tp_btf/sched_switch") __failure __msg("may only be read")
PROG(tp_btf_writes_a_task)
{
	struct task_struct *next = ((void **)ctx)[2];

	*(volatile int *)&next->pid = 1;
	return 0;
}

SEC("tp_btf/sched_switch") __success
PROG(tp_btf_returns_anything)
{
	return 5;
}

SEC("tp_btf/sched_switch") __failure __msg("bpf_session_is_return is not allowed")
PROG(tp_btf_is_no_session)
{
	return bpf_session_is_return(ctx);
}

SEC("iter/task") __success
PROG(iter_with_null_check)
{
	struct task_struct *task = ((void **)ctx)[1];

	return task && task->pid == 1;
}

SEC("iter/task") __failure __msg("it may be NULL")
PROG(iter_without_null_check)
{
	struct task_struct *task = ((void **)ctx)[1];

	return task->pid == 1;
}

SEC("iter/task") __failure __msg("R0 is 2 at the end, should have been in [0, 1]")
PROG(iter_returns_two)
{
	return 2;
}

SEC("iter/task") __failure __msg("has no argument in slot 2")
PROG(iter_beyond)
{
	return !LOAD(__u64, 16);
}

SEC("lsm/file_open") __success
PROG(lsm_refuses)
{
	struct file *file = ((void **)ctx)[0];

	return file->f_flags & 1 ? -1 : 0;
}

SEC("lsm/file_open") __success
PROG(lsm_result_before)
{
	int ret = LOAD(__u32, 8);

	return ret >= -4095 && ret < 0 ? ret : 0;
}

SEC("lsm/file_open") __failure __msg("R0 is 1 at the end, should have been in [-4095, 0]")
PROG(lsm_returns_one)
{
	return 1;
}

SEC("lsm/file_open") __failure __msg("should have been in [-4095, 0]")
PROG(lsm_returns_no_errno)
{
	return -4096;
}

SEC("lsm/file_open") __failure __msg("should have been in [-4095, 0]")
PROG(lsm_returns_what_it_finds)
{
	struct file *file = ((void **)ctx)[0];

	return file->f_flags;
}

SEC("lsm/bprm_committed_creds") __success
PROG(lsm_of_a_hook_without_result)
{
	return 7;
}

SEC("lsm/bprm_committed_creds") __failure __msg("returns nothing")
PROG(lsm_result_of_a_hook_without_one)
{
	return !LOAD(__u64, 8);
}

/* -- Helpers of some kinds alone --- */

#define CALLS(name, call)                                                                                              \
	PROG(name)                                                                                                     \
	{                                                                                                              \
		__u64 word[8] = {};                                                                                    \
                                                                                                                       \
		(void)word;                                                                                            \
		call;                                                                                                  \
		return 0;                                                                                              \
	}
#define MAY(section, name, call) SEC(section) __success CALLS(name, call)
#define MAY_NOT(section, name, call) SEC(section) __failure __msg("is not allowed in programs of this type") CALLS(name, call)

#define COARSE bpf_ktime_get_coarse_ns()
MAY("xdp", coarse_clock_in_xdp, COARSE)
MAY("tc", coarse_clock_in_tc, COARSE)
MAY("socket", coarse_clock_in_a_socket_filter, COARSE)
MAY_NOT("syscall", coarse_clock_in_syscall, COARSE)
MAY_NOT("raw_tp", coarse_clock_in_a_raw_tracepoint, COARSE)
MAY_NOT("kprobe", coarse_clock_in_a_kprobe, COARSE)
MAY_NOT("fentry/bpf_fentry_test1", coarse_clock_in_fentry, COARSE)
MAY_NOT("fsession/bpf_fentry_test1", coarse_clock_in_a_session, COARSE)

#define READ bpf_probe_read(word, 8, ctx)
MAY("syscall", any_read_in_syscall, READ)
MAY("kprobe", any_read_in_a_kprobe, READ)
MAY("fsession/bpf_fentry_test1", any_read_in_a_session, READ)
MAY_NOT("xdp", any_read_in_xdp, READ)
MAY_NOT("tc", any_read_in_tc, READ)
MAY_NOT("socket", any_read_in_a_socket_filter, READ)
MAY_NOT("tc", any_text_read_in_tc, bpf_probe_read_str(word, 8, ctx))
MAY("tc", kernel_read_in_tc, bpf_probe_read_kernel(word, 8, ctx))
MAY("tc", user_text_read_in_tc, bpf_probe_read_user_str(word, 8, ctx))

#define STACK bpf_get_stack(ctx, word, sizeof(word), 0)
MAY("syscall", stack_in_syscall, STACK)
MAY("raw_tp", stack_in_a_raw_tracepoint, STACK)
MAY("fsession/bpf_fentry_test1", stack_in_a_session, STACK)
MAY_NOT("xdp", stack_in_xdp, STACK)
MAY_NOT("socket", stack_in_a_socket_filter, STACK)

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 80);
} stacks SEC(".maps");

MAY("raw_tp", stack_number_in_a_raw_tracepoint, bpf_get_stackid(ctx, &stacks, 0))
MAY_NOT("tc", stack_number_in_tc, bpf_get_stackid(ctx, &stacks, 0))

#define SUM bpf_csum_diff(NULL, 0, (void *)word, 8, 0)
MAY("xdp", sum_in_xdp, SUM)
MAY("tc", sum_in_tc, SUM)
MAY_NOT("socket", sum_in_a_socket_filter, SUM)
MAY_NOT("syscall", sum_in_syscall, SUM)

MAY("tc", store_in_tc, bpf_skb_store_bytes(ctx, 0, word, 8, 0))
MAY_NOT("socket", store_in_a_socket_filter, bpf_skb_store_bytes(ctx, 0, word, 8, 0))
MAY_NOT("socket", pull_in_a_socket_filter, bpf_skb_pull_data(ctx, 8))
MAY("socket", load_in_a_socket_filter, bpf_skb_load_bytes(ctx, 0, word, 8))

/* What all have */
#define BASE                                                                                                           \
	({                                                                                                             \
		bpf_get_current_comm(word, 16);                                                                        \
		bpf_get_current_uid_gid();                                                                             \
		bpf_get_current_task();                                                                                \
		bpf_jiffies64();                                                                                       \
		bpf_ktime_get_tai_ns();                                                                                \
		bpf_get_numa_node_id();                                                                                \
		bpf_get_current_cgroup_id();                                                                           \
		bpf_send_signal(0);                                                                                    \
	})
MAY("xdp", base_in_xdp, BASE)
MAY("tc", base_in_tc, BASE)
MAY("socket", base_in_a_socket_filter, BASE)
MAY("syscall", base_in_syscall, BASE)
MAY("raw_tp", base_in_a_raw_tracepoint, BASE)
MAY("kprobe", base_in_a_kprobe, BASE)
MAY("fsession/bpf_fentry_test1", base_in_a_session, BASE)

/* -- Where it is, what it was attached with, arguments --- */

#define COOKIE bpf_get_attach_cookie(ctx)
MAY("kprobe/vfs_read", cookie_in_a_kprobe, COOKIE)
MAY("tracepoint/sched/sched_switch", cookie_in_a_tracepoint, COOKIE)
MAY("perf_event", cookie_in_a_perf_event, COOKIE)
MAY("raw_tp", cookie_in_a_raw_tracepoint, COOKIE)
MAY("tp_btf/sched_switch", cookie_in_tp_btf, COOKIE)
MAY("lsm/file_open", cookie_in_lsm, COOKIE)
MAY("fentry/bpf_fentry_test1", cookie_in_fentry, COOKIE)
MAY("fmod_ret/bpf_fentry_test1", cookie_in_fmod_ret, COOKIE)
MAY("fsession/bpf_fentry_test1", cookie_in_a_session, COOKIE)
MAY_NOT("iter/task", cookie_in_an_iterator, COOKIE)
MAY_NOT("syscall", cookie_in_syscall, COOKIE)
MAY_NOT("xdp", cookie_in_xdp, COOKIE)
MAY_NOT("tc", cookie_in_tc, COOKIE)

#define ARG bpf_get_func_arg(ctx, 0, word)
MAY("tp_btf/sched_switch", argument_in_tp_btf, ARG)
MAY("lsm/file_open", argument_in_lsm, ARG)
MAY("lsm/bprm_committed_creds", argument_in_lsm_without_result, ARG)
MAY("fexit/bpf_fentry_test1", argument_in_fexit, ARG)
MAY_NOT("raw_tp", argument_in_a_raw_tracepoint, ARG)
MAY_NOT("tracepoint/sched/sched_switch", argument_in_a_tracepoint, ARG)
MAY_NOT("iter/task", argument_in_an_iterator, ARG)
MAY_NOT("perf_event", argument_in_a_perf_event, ARG)

#define ARGS bpf_get_func_arg_cnt(ctx)
MAY("tp_btf/sched_switch", arguments_in_tp_btf, ARGS)
MAY("lsm/file_open", arguments_in_lsm, ARGS)
MAY("fentry/bpf_fentry_test1", arguments_in_fentry, ARGS)
MAY_NOT("raw_tp", arguments_in_a_raw_tracepoint, ARGS)
MAY_NOT("kprobe/vfs_read", arguments_in_a_kprobe, ARGS)

#define RESULT bpf_get_func_ret(ctx, word)
MAY("lsm/file_open", result_in_lsm, RESULT)
MAY("lsm/bprm_committed_creds", result_in_lsm_without_result, RESULT)
MAY("fentry/bpf_fentry_test1", result_in_fentry, RESULT)
MAY_NOT("tp_btf/sched_switch", result_in_tp_btf, RESULT)
MAY_NOT("kprobe/vfs_read", result_in_a_kprobe, RESULT)
MAY_NOT("raw_tp", result_in_a_raw_tracepoint, RESULT)

#define WHERE bpf_get_func_ip(ctx)
MAY_NOT("lsm/file_open", place_in_lsm, WHERE)
MAY_NOT("tp_btf/sched_switch", place_in_tp_btf, WHERE)
MAY_NOT("raw_tp", place_in_a_raw_tracepoint, WHERE)
MAY_NOT("perf_event", place_in_a_perf_event, WHERE)
MAY_NOT("iter/task", place_in_an_iterator, WHERE)

char _license[] SEC("license") = "GPL";
