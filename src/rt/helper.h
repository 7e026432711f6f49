/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers as programs call them: five words in, one out. They run inside a program, so the thread
 * owns a lane (rt_enter()) and rt_thread.run is a struct rt_run.
 */
#ifndef FS_RT_HELPER_H
#define FS_RT_HELPER_H

#include "rt/map.h"

/* One run of a program, on the runner's stack. */
struct rt_run {
	u64 attach_cookie;
	u64 func_ip;
	struct rt_run *outer;
};

/* What an XDP program's ctx points at. Packets lie below 4 GiB, since programs load 32-bit addresses. */
struct rt_xdp {
	struct xdp_md md;
	u32 hard_start, hard_end;	/* what data_meta and data_end may move to */
};

/* Where bpf_trace_printk() writes its lines in this process; -1: nowhere. */
extern int rt_trace_fd;

#define RT_UNUSED __attribute__((unused))
#define RT_HELPER(name)                                                                            \
	u64 rt_help_##name(u64 r1 RT_UNUSED, u64 r2 RT_UNUSED, u64 r3 RT_UNUSED, u64 r4 RT_UNUSED, \
			   u64 r5 RT_UNUSED)

RT_HELPER(map_lookup);
RT_HELPER(map_update);
RT_HELPER(map_delete);
RT_HELPER(map_push);
RT_HELPER(map_pop);
RT_HELPER(map_peek);
RT_HELPER(map_lookup_percpu);
RT_HELPER(for_each_map_elem);
RT_HELPER(loop);
RT_HELPER(ringbuf_output);
RT_HELPER(ringbuf_reserve);
RT_HELPER(ringbuf_submit);
RT_HELPER(ringbuf_discard);
RT_HELPER(ringbuf_query);
RT_HELPER(ktime_get_ns);
RT_HELPER(ktime_get_boot_ns);
RT_HELPER(ktime_get_coarse_ns);
RT_HELPER(ktime_get_tai_ns);
RT_HELPER(jiffies64);
RT_HELPER(get_prandom_u32);
RT_HELPER(get_smp_processor_id);
RT_HELPER(get_numa_node_id);
RT_HELPER(get_current_pid_tgid);
RT_HELPER(get_current_uid_gid);
RT_HELPER(get_current_comm);
RT_HELPER(strtol);
RT_HELPER(strtoul);
RT_HELPER(strncmp);
RT_HELPER(trace_printk);
RT_HELPER(trace_vprintk);
RT_HELPER(snprintf);
RT_HELPER(probe_read);
RT_HELPER(probe_read_str);
RT_HELPER(spin_lock);
RT_HELPER(spin_unlock);
RT_HELPER(get_func_arg);
RT_HELPER(get_func_ret);
RT_HELPER(get_func_ret_none);	/* where there is no result yet: fentry */
RT_HELPER(get_func_arg_cnt);
RT_HELPER(get_func_ip);
RT_HELPER(get_attach_cookie);
RT_HELPER(xdp_adjust_head);
RT_HELPER(xdp_adjust_tail);
RT_HELPER(xdp_adjust_meta);

#endif
