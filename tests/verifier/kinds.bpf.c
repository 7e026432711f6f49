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

char _license[] SEC("license") = "GPL";
