/* SPDX-License-Identifier: BSD-2-Clause */
#include "bpf/helpers.h"

#include "rt/helper.h"

#define H(nr, nm, fl, rt, ...) [BPF_FUNC_##nr] = { #nr, rt_help_##nm, fl, rt, { __VA_ARGS__ } }

static const struct helper helpers[] = {
	H(map_lookup_elem, map_lookup, 0, RET_VALUE_OR_NULL, ARG_MAP, ARG_KEY),
	H(map_update_elem, map_update, 0, RET_INT, ARG_MAP, ARG_KEY, ARG_VALUE, ARG_ANY),
	H(map_delete_elem, map_delete, 0, RET_INT, ARG_MAP, ARG_KEY),
	H(map_push_elem, map_push, 0, RET_INT, ARG_MAP, ARG_VALUE, ARG_ANY),
	H(map_pop_elem, map_pop, 0, RET_INT, ARG_MAP, ARG_VALUE_OUT),
	H(map_peek_elem, map_peek, 0, RET_INT, ARG_MAP, ARG_VALUE_OUT),
	H(map_lookup_percpu_elem, map_lookup_percpu, 0, RET_VALUE_OR_NULL, ARG_MAP, ARG_KEY, ARG_ANY),
	H(for_each_map_elem, for_each_map_elem, 0, RET_INT, ARG_MAP, ARG_FUNC, ARG_STACK_OR_NULL,
	  ARG_ANY),
	H(ringbuf_output, ringbuf_output, 0, RET_INT, ARG_MAP, ARG_MEM, ARG_SIZE_OR_ZERO, ARG_ANY),
	H(ringbuf_reserve, ringbuf_reserve, 0, RET_MEM_OR_NULL, ARG_MAP, ARG_CONST_SIZE, ARG_ANY),
	H(ringbuf_submit, ringbuf_submit, 0, RET_VOID, ARG_RINGBUF_MEM, ARG_ANY),
	H(ringbuf_discard, ringbuf_discard, 0, RET_VOID, ARG_RINGBUF_MEM, ARG_ANY),
	H(ringbuf_query, ringbuf_query, 0, RET_INT, ARG_MAP, ARG_ANY),
	H(loop, loop, 0, RET_INT, ARG_ANY, ARG_FUNC, ARG_STACK_OR_NULL, ARG_ANY),
	H(ktime_get_ns, ktime_get_ns, 0, RET_INT),
	H(ktime_get_boot_ns, ktime_get_boot_ns, 0, RET_INT),
	H(ktime_get_coarse_ns, ktime_get_coarse_ns, 0, RET_INT),
	H(ktime_get_tai_ns, ktime_get_tai_ns, 0, RET_INT),
	H(jiffies64, jiffies64, 0, RET_INT),
	H(get_prandom_u32, get_prandom_u32, 0, RET_INT),
	H(get_smp_processor_id, get_smp_processor_id, 0, RET_INT),
	H(get_numa_node_id, get_numa_node_id, 0, RET_INT),
	H(get_current_pid_tgid, get_current_pid_tgid, 0, RET_INT),
	H(get_current_uid_gid, get_current_uid_gid, 0, RET_INT),
	H(get_current_comm, get_current_comm, 0, RET_INT, ARG_MEM_OUT, ARG_SIZE),
	H(strtol, strtol, 0, RET_INT, ARG_MEM, ARG_SIZE, ARG_ANY, ARG_LONG_OUT),
	H(strtoul, strtoul, 0, RET_INT, ARG_MEM, ARG_SIZE, ARG_ANY, ARG_LONG_OUT),
	H(strncmp, strncmp, 0, RET_INT, ARG_MEM, ARG_SIZE, ARG_CONST_STR),
	H(trace_printk, trace_printk, HELPER_GPL, RET_INT, ARG_MEM, ARG_SIZE),
	H(trace_vprintk, trace_vprintk, HELPER_GPL, RET_INT, ARG_MEM, ARG_SIZE, ARG_MEM_OR_NULL,
	  ARG_SIZE_OR_ZERO),
	H(snprintf, snprintf, 0, RET_INT, ARG_MEM_OUT, ARG_SIZE_OR_ZERO, ARG_CONST_STR, ARG_MEM_OR_NULL,
	  ARG_SIZE_OR_ZERO),
	H(probe_read, probe_read, HELPER_GPL, RET_INT, ARG_MEM_OUT, ARG_SIZE_OR_ZERO, ARG_ANY),
	H(probe_read_user, probe_read, 0, RET_INT, ARG_MEM_OUT, ARG_SIZE_OR_ZERO, ARG_ANY),
	H(probe_read_kernel, probe_read, HELPER_GPL, RET_INT, ARG_MEM_OUT, ARG_SIZE_OR_ZERO, ARG_ANY),
	H(copy_from_user, probe_read, 0, RET_INT, ARG_MEM_OUT, ARG_SIZE_OR_ZERO, ARG_ANY),
	H(probe_read_str, probe_read_str, HELPER_GPL, RET_INT, ARG_MEM_OUT, ARG_SIZE_OR_ZERO, ARG_ANY),
	H(probe_read_user_str, probe_read_str, 0, RET_INT, ARG_MEM_OUT, ARG_SIZE_OR_ZERO, ARG_ANY),
	H(probe_read_kernel_str, probe_read_str, HELPER_GPL, RET_INT, ARG_MEM_OUT, ARG_SIZE_OR_ZERO,
	  ARG_ANY),
	H(spin_lock, spin_lock, 0, RET_VOID, ARG_SPIN_LOCK),
	H(spin_unlock, spin_unlock, 0, RET_VOID, ARG_SPIN_LOCK),
	H(get_func_arg, get_func_arg, HELPER_TRACING, RET_INT, ARG_CTX, ARG_ANY, ARG_LONG_OUT),
	H(get_func_ret, get_func_ret, HELPER_TRACING, RET_INT, ARG_CTX, ARG_LONG_OUT),
	H(get_func_arg_cnt, get_func_arg_cnt, HELPER_TRACING, RET_INT, ARG_CTX),
	H(get_func_ip, get_func_ip, HELPER_TRACING, RET_INT, ARG_CTX),
	H(get_attach_cookie, get_attach_cookie, HELPER_TRACING, RET_INT, ARG_CTX),
	H(xdp_adjust_head, xdp_adjust_head, HELPER_XDP, RET_INT, ARG_CTX, ARG_ANY),
	H(xdp_adjust_tail, xdp_adjust_tail, HELPER_XDP, RET_INT, ARG_CTX, ARG_ANY),
	H(xdp_adjust_meta, xdp_adjust_meta, HELPER_XDP, RET_INT, ARG_CTX, ARG_ANY),
	[BPF_FUNC_tail_call] = { "tail_call", NULL, 0, RET_VOID, { ARG_CTX, ARG_MAP, ARG_ANY } },
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
