/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers as programs call them: five words in, one out. They run inside a program, so the thread
 * owns a lane (rt_enter_at()) and rt_run() is a struct rt_run.
 */
#ifndef FS_RT_HELPER_H
#define FS_RT_HELPER_H

#include "rt/map.h"
#include "rt/trace.h"

/* One run of a program, on the runner's stack. */
struct rt_run {
	u64 attach_cookie;
	u64 func_ip;
	struct rt_scope scope;	/* the program's level */
};

struct rt_dynptr {
	u64 data;	/* as made; 0: points nowhere */
	u32 bytes;
	u32 off;	/* of its first byte from data */
};

/* What an XDP program's ctx points at. Packets lie below 4 GiB, since programs load 32-bit addresses. */
struct rt_xdp {
	struct xdp_md md;
	u32 hard_start, hard_end;	/* what data_meta and data_end may move to */
};

/* Where bpf_trace_printk() writes its lines in this process, each with a head, by one write(); -1: nowhere. */
extern int rt_trace_fd;
extern struct rt_map *rt_trace_ring;	/* instead, where another process reads them; NULL: no */
extern u64 rt_trace_lost;	/* lines for which there was no room */

#define RT_UNUSED __attribute__((unused))
#define RT_HELPER(name)                                                                            \
	u64 rt_help_##name(u64 r1 RT_UNUSED, u64 r2 RT_UNUSED, u64 r3 RT_UNUSED, u64 r4 RT_UNUSED, \
			   u64 r5 RT_UNUSED)

/* All there are, helpers and kfuncs, for tables of them. (probe_load: what JIT code calls for marked
 * loads, no C function. get_func_ret_none: where there is no result yet, fentry.) */
#define RT_HELPERS(X) \
	X(map_lookup) X(map_update) X(map_delete) X(map_push) X(map_pop) X(map_peek) \
	X(map_lookup_percpu) X(for_each_map_elem) X(loop) X(ringbuf_output) \
	X(ringbuf_reserve) X(ringbuf_submit) X(ringbuf_discard) X(ringbuf_query) \
	X(ktime_get_ns) X(ktime_get_boot_ns) X(ktime_get_coarse_ns) X(ktime_get_tai_ns) \
	X(jiffies64) X(get_prandom_u32) X(get_smp_processor_id) X(get_numa_node_id) \
	X(get_current_pid_tgid) X(get_current_uid_gid) X(get_current_comm) X(strtol) \
	X(strtoul) X(strncmp) X(trace_printk) X(trace_vprintk) X(snprintf) X(probe_read) \
	X(probe_read_str) X(spin_lock) X(spin_unlock) X(res_spin_lock) X(get_current_task) X(task_storage_get) X(task_storage_delete) X(get_func_arg) X(get_func_ret) \
	X(get_func_ret_none) X(get_func_arg_cnt) \
	X(get_func_ip) X(get_attach_cookie) X(xdp_adjust_head) \
	X(xdp_adjust_tail) X(xdp_adjust_meta) X(get_stack) X(get_stackid) X(perf_event_output) \
	X(user_ringbuf_drain) \
	X(ringbuf_reserve_dynptr) X(ringbuf_submit_dynptr) X(ringbuf_discard_dynptr) \
	X(dynptr_from_mem) X(dynptr_read) X(dynptr_write) X(dynptr_data) \
	X(nothing) X(iter_num_new) X(iter_num_next) X(copy_from_user_str) \
	X(dynptr_clone) X(dynptr_slice) X(dynptr_adjust) X(dynptr_is_null) X(dynptr_is_rdonly) X(dynptr_size) X(dynptr_copy) \
	X(dynptr_memset) X(dynptr_probe_read) X(dynptr_probe_read_str) \
	X(text_compare) X(text_casecompare) X(text_ncasecompare) X(text_chr) X(text_chrnul) \
	X(text_nchr) X(text_rchr) X(text_len) X(text_nlen) X(text_span) X(text_cspan) X(text_str) \
	X(text_casestr) X(text_nstr) X(text_ncasestr) X(probe_load)

#define RT_DECLARE_HELPER(name) RT_HELPER(name);
RT_HELPERS(RT_DECLARE_HELPER)

#endif
