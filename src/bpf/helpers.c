/* SPDX-License-Identifier: BSD-2-Clause */
#include "bpf/helpers.h"

#include "rt/helper.h"

#define H(nr, nm, fl) [BPF_FUNC_##nr] = { #nr, rt_help_##nm, fl }

static const struct helper helpers[] = {
	H(map_lookup_elem, map_lookup, 0),
	H(map_update_elem, map_update, 0),
	H(map_delete_elem, map_delete, 0),
	H(map_push_elem, map_push, 0),
	H(map_pop_elem, map_pop, 0),
	H(map_peek_elem, map_peek, 0),
	H(map_lookup_percpu_elem, map_lookup_percpu, 0),
	H(for_each_map_elem, for_each_map_elem, 0),
	H(ringbuf_output, ringbuf_output, 0),
	H(ringbuf_reserve, ringbuf_reserve, 0),
	H(ringbuf_submit, ringbuf_submit, 0),
	H(ringbuf_discard, ringbuf_discard, 0),
	H(ringbuf_query, ringbuf_query, 0),
	H(loop, loop, 0),
	H(ktime_get_ns, ktime_get_ns, 0),
	H(ktime_get_boot_ns, ktime_get_boot_ns, 0),
	H(ktime_get_coarse_ns, ktime_get_coarse_ns, 0),
	H(ktime_get_tai_ns, ktime_get_tai_ns, 0),
	H(jiffies64, jiffies64, 0),
	H(get_prandom_u32, get_prandom_u32, 0),
	H(get_smp_processor_id, get_smp_processor_id, 0),
	H(get_numa_node_id, get_numa_node_id, 0),
	H(get_current_pid_tgid, get_current_pid_tgid, 0),
	H(get_current_uid_gid, get_current_uid_gid, 0),
	H(get_current_comm, get_current_comm, 0),
	H(get_current_task, get_current_task, HELPER_GPL),
	H(get_current_task_btf, get_current_task, HELPER_GPL),
	H(task_storage_get, task_storage_get, 0),
	H(task_storage_delete, task_storage_delete, 0),
	H(strtol, strtol, 0),
	H(strtoul, strtoul, 0),
	H(strncmp, strncmp, 0),
	H(trace_printk, trace_printk, HELPER_GPL),
	H(trace_vprintk, trace_vprintk, HELPER_GPL),
	H(snprintf, snprintf, 0),
	H(probe_read, probe_read, HELPER_GPL),
	H(probe_read_user, probe_read, 0),
	H(probe_read_kernel, probe_read, HELPER_GPL),
	H(probe_read_str, probe_read_str, HELPER_GPL),
	H(probe_read_user_str, probe_read_str, 0),
	H(probe_read_kernel_str, probe_read_str, HELPER_GPL),
	H(spin_lock, spin_lock, 0),
	H(spin_unlock, spin_unlock, 0),
	H(get_func_arg, get_func_arg, HELPER_TRACING),
	H(get_func_ret, get_func_ret, HELPER_TRACING),
	H(get_func_arg_cnt, get_func_arg_cnt, HELPER_TRACING),
	H(get_func_ip, get_func_ip, HELPER_TRACING),
	H(get_attach_cookie, get_attach_cookie, 0),
	H(xdp_adjust_head, xdp_adjust_head, HELPER_XDP),
	H(xdp_adjust_tail, xdp_adjust_tail, HELPER_XDP),
	H(xdp_adjust_meta, xdp_adjust_meta, HELPER_XDP),
	H(copy_from_user, probe_read, 0),
	H(get_stack, get_stack, HELPER_GPL),
	H(get_stackid, get_stackid, HELPER_GPL),
	H(user_ringbuf_drain, user_ringbuf_drain, 0),
	H(perf_event_output, perf_event_output, HELPER_GPL),
	H(ringbuf_reserve_dynptr, ringbuf_reserve_dynptr, 0),
	H(ringbuf_submit_dynptr, ringbuf_submit_dynptr, 0),
	H(ringbuf_discard_dynptr, ringbuf_discard_dynptr, 0),
	H(dynptr_from_mem, dynptr_from_mem, 0),
	H(dynptr_read, dynptr_read, 0),
	H(dynptr_write, dynptr_write, 0),
	H(dynptr_data, dynptr_data, 0),
	[BPF_FUNC_tail_call] = { "tail_call", NULL, 0 },
};

const struct helper *helper_find(u32 nr)
{
	return nr < sizeof(helpers) / sizeof(*helpers) && helpers[nr].name ? &helpers[nr] : NULL;
}

bool helper_is_allowed(const struct helper *h, u32 prog_type)
{
	u32 kind = 0;

	if (prog_type == BPF_PROG_TYPE_TRACING)
		kind = HELPER_TRACING;
	else if (prog_type == BPF_PROG_TYPE_XDP)
		kind = HELPER_XDP;
	else if (prog_type == BPF_PROG_TYPE_SOCKET_FILTER || prog_type == BPF_PROG_TYPE_SCHED_CLS)
		kind = HELPER_SKB;
	return !(h->flags & HELPER_KERNEL) || (h->flags & kind);
}
