/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/protos.h"

#include <string.h>

#define MARKER_IS_RETURN 0x46530001	/* <fsession/bpf_fsession.h> */
#define MARKER_COOKIE 0x46530002

#define H(nr, flags, ret, ...) [BPF_FUNC_##nr] = { "bpf_" #nr, flags, ret, { __VA_ARGS__ } }

static const struct proto helpers[] = {
	H(map_lookup_elem, 0, PR_VALUE_NULL, P_MAP, P_KEY),
	H(map_update_elem, 0, PR_NUMBER, P_MAP, P_KEY, P_VALUE, P_ANY),
	H(map_delete_elem, 0, PR_NUMBER, P_MAP, P_KEY),
	H(map_push_elem, 0, PR_NUMBER, P_MAP, P_VALUE, P_ANY),
	H(map_pop_elem, 0, PR_NUMBER, P_MAP, P_VALUE_OUT),
	H(map_peek_elem, 0, PR_NUMBER, P_MAP, P_VALUE_OUT),
	H(map_lookup_percpu_elem, 0, PR_VALUE_NULL, P_MAP, P_KEY, P_ANY),
	H(for_each_map_elem, PF_EACH, PR_NUMBER, P_MAP, P_FUNC, P_STACK_NULL, P_ANY),
	H(loop, PF_LOOP, PR_NUMBER, P_ANY, P_FUNC, P_STACK_NULL, P_ANY),
	H(tail_call, 0, PR_NUMBER, P_CTX, P_MAP, P_ANY),
	H(ktime_get_ns, 0, PR_NUMBER),
	H(ktime_get_boot_ns, 0, PR_NUMBER),
	H(ktime_get_coarse_ns, PF_XDP | PF_SKB, PR_NUMBER),
	H(ktime_get_tai_ns, 0, PR_NUMBER),
	H(jiffies64, 0, PR_NUMBER),
	H(get_prandom_u32, 0, PR_NUMBER),
	H(get_smp_processor_id, 0, PR_NUMBER),
	H(get_numa_node_id, 0, PR_NUMBER),
	H(get_current_pid_tgid, 0, PR_NUMBER),
	H(get_current_uid_gid, 0, PR_NUMBER),
	H(get_current_cgroup_id, 0, PR_NUMBER),
	H(get_current_task, PF_GPL, PR_NUMBER),
	H(get_current_task_btf, PF_GPL, PR_TASK),
	H(get_current_comm, 0, PR_NUMBER, P_MEM_OUT, P_SIZE),
	H(probe_read_kernel, PF_GPL, PR_NUMBER, P_MEM_OUT, P_SIZE_ZERO, P_ANY),
	H(probe_read_user, PF_GPL, PR_NUMBER, P_MEM_OUT, P_SIZE_ZERO, P_ANY),
	H(probe_read, PF_GPL | PF_NO_PACKET, PR_NUMBER, P_MEM_OUT, P_SIZE_ZERO, P_ANY),
	H(probe_read_kernel_str, PF_GPL | PF_SOME_ERRNO, PR_NUMBER, P_MEM_OUT, P_SIZE_ZERO, P_ANY),
	H(probe_read_user_str, PF_GPL | PF_SOME_ERRNO, PR_NUMBER, P_MEM_OUT, P_SIZE_ZERO, P_ANY),
	H(probe_read_str, PF_GPL | PF_NO_PACKET | PF_SOME_ERRNO, PR_NUMBER, P_MEM_OUT, P_SIZE_ZERO, P_ANY),
	H(copy_from_user, PF_SLEEPABLE, PR_NUMBER, P_MEM_OUT, P_SIZE_ZERO, P_ANY),
	H(trace_printk, PF_GPL, PR_NUMBER, P_MEM, P_SIZE),
	H(trace_vprintk, PF_GPL, PR_NUMBER, P_MEM, P_SIZE, P_MEM_NULL, P_SIZE_ZERO),
	H(snprintf, 0, PR_NUMBER, P_MEM_OUT, P_SIZE_ZERO, P_TEXT, P_MEM_NULL, P_SIZE_ZERO),
	H(strtol, 0, PR_NUMBER, P_MEM, P_SIZE, P_ANY, P_WORD_OUT),
	H(strtoul, 0, PR_NUMBER, P_MEM, P_SIZE, P_ANY, P_WORD_OUT),
	H(strncmp, 0, PR_NUMBER, P_MEM, P_SIZE, P_TEXT),
	H(get_stackid, PF_GPL | PF_NO_PACKET, PR_NUMBER, P_CTX, P_MAP, P_ANY),
	H(get_stack, PF_GPL | PF_NO_PACKET | PF_SOME_ERRNO, PR_NUMBER, P_CTX, P_MEM_OUT, P_SIZE_ZERO, P_ANY),
	H(perf_event_output, PF_GPL, PR_NUMBER, P_CTX, P_MAP, P_ANY, P_MEM, P_SIZE_ZERO),
	H(send_signal, 0, PR_NUMBER, P_ANY),
	H(get_func_arg, PF_TRACING | PF_LSM | PF_TP_BTF, PR_NUMBER, P_CTX, P_ANY, P_WORD_OUT),
	H(get_func_ret, PF_TRACING | PF_LSM, PR_NUMBER, P_CTX, P_WORD_OUT),
	H(get_func_arg_cnt, PF_TRACING | PF_LSM | PF_TP_BTF, PR_NUMBER, P_CTX),
	H(get_func_ip, PF_TRACING | PF_PROBE, PR_NUMBER, P_CTX),
	H(get_attach_cookie, PF_TRACING | PF_LSM | PF_TP_BTF | PF_PROBE | PF_EVENT, PR_NUMBER, P_CTX),
	H(ringbuf_output, 0, PR_NUMBER, P_MAP, P_MEM, P_SIZE_ZERO, P_ANY),
	H(ringbuf_reserve, 0, PR_RECORD_NULL, P_MAP, P_CONST_SIZE, P_ANY),
	H(ringbuf_submit, 0, PR_VOID, P_RECORD, P_ANY),
	H(ringbuf_discard, 0, PR_VOID, P_RECORD, P_ANY),
	H(ringbuf_query, 0, PR_NUMBER, P_MAP, P_ANY),
	H(ringbuf_reserve_dynptr, 0, PR_NUMBER, P_MAP, P_ANY, P_ANY, P_DYNPTR_NEW),
	H(ringbuf_submit_dynptr, 0, PR_VOID, P_DYNPTR_END, P_ANY),
	H(ringbuf_discard_dynptr, 0, PR_VOID, P_DYNPTR_END, P_ANY),
	H(user_ringbuf_drain, PF_DRAIN, PR_NUMBER, P_MAP, P_FUNC, P_STACK_NULL, P_ANY),
	H(dynptr_from_mem, 0, PR_NUMBER, P_MEM_OUT, P_SIZE_ZERO, P_ANY, P_DYNPTR_NEW),
	H(dynptr_read, 0, PR_NUMBER, P_MEM_OUT, P_SIZE_ZERO, P_DYNPTR, P_ANY, P_ANY),
	H(dynptr_write, 0, PR_NUMBER, P_DYNPTR, P_ANY, P_MEM, P_SIZE_ZERO, P_ANY),
	H(dynptr_data, 0, PR_MEM_NULL, P_DYNPTR, P_ANY, P_CONST_SIZE),
	H(task_storage_get, 0, PR_VALUE_NULL, P_MAP, P_TASK_NULL, P_VALUE_NULL, P_ANY),
	H(task_storage_delete, 0, PR_NUMBER, P_MAP, P_TASK_NULL),
	H(spin_lock, 0, PR_VOID, P_LOCK),
	H(spin_unlock, PF_UNLOCK, PR_VOID, P_LOCK),
	H(timer_init, PF_GPL, PR_NUMBER, P_TIMER, P_MAP, P_ANY),
	H(timer_set_callback, PF_GPL | PF_ASYNC, PR_NUMBER, P_TIMER, P_FUNC),
	H(timer_start, PF_GPL, PR_NUMBER, P_TIMER, P_ANY, P_ANY),
	H(timer_cancel, PF_GPL, PR_NUMBER, P_TIMER),
	H(per_cpu_ptr, 0, PR_NUMBER, P_ANY, P_ANY),
	H(xdp_adjust_head, PF_XDP | PF_MOVES_PACKET, PR_NUMBER, P_CTX, P_ANY),
	H(xdp_adjust_tail, PF_XDP | PF_MOVES_PACKET, PR_NUMBER, P_CTX, P_ANY),
	H(xdp_adjust_meta, PF_XDP | PF_MOVES_PACKET, PR_NUMBER, P_CTX, P_ANY),
	H(skb_load_bytes, PF_SKB, PR_NUMBER, P_CTX, P_ANY, P_MEM_OUT, P_SIZE),
	H(skb_store_bytes, PF_TC | PF_MOVES_PACKET, PR_NUMBER, P_CTX, P_ANY, P_MEM, P_SIZE, P_ANY),
	H(skb_pull_data, PF_TC | PF_MOVES_PACKET, PR_NUMBER, P_CTX, P_ANY),
	H(csum_diff, PF_XDP | PF_TC, PR_NUMBER, P_MEM_NULL, P_SIZE_ZERO, P_MEM_NULL, P_SIZE_ZERO, P_ANY),
};

static const struct proto kfuncs[] = {
	{ "bpf_session_is_return", PF_SESSION, PR_BOOL, { P_CTX } },
	{ "bpf_session_cookie", PF_SESSION | PF_COOKIE, PR_COOKIE, { P_CTX } },
	{ "bpf_iter_num_new", 0, PR_NUMBER, { P_ITER_NEW, P_NUMBER, P_NUMBER } },
	{ "bpf_iter_num_next", 0, PR_ITER_NUM, { P_ITER } },
	{ "bpf_iter_num_destroy", 0, PR_VOID, { P_ITER_END } },
	{ "bpf_rcu_read_lock", PF_RCU_LOCK, PR_VOID, { P_NONE } },
	{ "bpf_rcu_read_unlock", PF_RCU_UNLOCK, PR_VOID, { P_NONE } },
	{ "bpf_preempt_disable", PF_PREEMPT_OFF, PR_VOID, { P_NONE } },
	{ "bpf_preempt_enable", PF_PREEMPT_ON, PR_VOID, { P_NONE } },
	{ "bpf_local_irq_save", 0, PR_VOID, { P_IRQ_NEW } },
	{ "bpf_local_irq_restore", 0, PR_VOID, { P_IRQ_END } },
	{ "bpf_res_spin_lock", 0, PR_LOCKED, { P_RES_LOCK } },
	{ "bpf_res_spin_unlock", PF_UNLOCK, PR_VOID, { P_RES_LOCK } },
	{ "bpf_res_spin_lock_irqsave", 0, PR_LOCKED, { P_RES_LOCK, P_IRQ_NEW } },
	{ "bpf_res_spin_unlock_irqrestore", PF_UNLOCK, PR_VOID, { P_RES_LOCK, P_IRQ_END } },
	{ "bpf_strcmp", 0, PR_NUMBER, { P_ANY, P_ANY } },
	{ "bpf_strcasecmp", 0, PR_NUMBER, { P_ANY, P_ANY } },
	{ "bpf_strspn", 0, PR_NUMBER, { P_ANY, P_ANY } },
	{ "bpf_strcspn", 0, PR_NUMBER, { P_ANY, P_ANY } },
	{ "bpf_strstr", 0, PR_NUMBER, { P_ANY, P_ANY } },
	{ "bpf_strcasestr", 0, PR_NUMBER, { P_ANY, P_ANY } },
	{ "bpf_strncasecmp", 0, PR_NUMBER, { P_ANY, P_ANY, P_NUMBER } },
	{ "bpf_strnstr", 0, PR_NUMBER, { P_ANY, P_ANY, P_NUMBER } },
	{ "bpf_strncasestr", 0, PR_NUMBER, { P_ANY, P_ANY, P_NUMBER } },
	{ "bpf_strchr", 0, PR_NUMBER, { P_ANY, P_NUMBER } },
	{ "bpf_strchrnul", 0, PR_NUMBER, { P_ANY, P_NUMBER } },
	{ "bpf_strrchr", 0, PR_NUMBER, { P_ANY, P_NUMBER } },
	{ "bpf_strnlen", 0, PR_NUMBER, { P_ANY, P_NUMBER } },
	{ "bpf_strnchr", 0, PR_NUMBER, { P_ANY, P_NUMBER, P_NUMBER } },
	{ "bpf_strlen", 0, PR_NUMBER, { P_ANY } },
	{ "bpf_dynptr_clone", 0, PR_NUMBER, { P_DYNPTR, P_DYNPTR_NEW } },
	{ "bpf_dynptr_slice", 0, PR_MEM_CONST_NULL, { P_DYNPTR, P_NUMBER, P_BUFFER_NULL, P_CONST_SIZE } },
	{ "bpf_dynptr_slice_rdwr", PF_PACKET_WRITER, PR_MEM_NULL, { P_DYNPTR, P_NUMBER, P_BUFFER_NULL, P_CONST_SIZE } },
	{ "bpf_dynptr_adjust", 0, PR_NUMBER, { P_DYNPTR, P_NUMBER, P_NUMBER } },
	{ "bpf_dynptr_is_null", 0, PR_BOOL, { P_DYNPTR } },
	{ "bpf_dynptr_is_rdonly", 0, PR_BOOL, { P_DYNPTR } },
	{ "bpf_dynptr_size", 0, PR_NUMBER, { P_DYNPTR } },
	{ "bpf_dynptr_copy", 0, PR_NUMBER, { P_DYNPTR, P_NUMBER, P_DYNPTR, P_NUMBER, P_NUMBER } },
	{ "bpf_dynptr_memset", 0, PR_NUMBER, { P_DYNPTR, P_NUMBER, P_NUMBER, P_NUMBER } },
	{ "bpf_probe_read_user_dynptr", 0, PR_NUMBER, { P_DYNPTR, P_NUMBER, P_NUMBER, P_ANY } },
	{ "bpf_probe_read_kernel_dynptr", 0, PR_NUMBER, { P_DYNPTR, P_NUMBER, P_NUMBER, P_ANY } },
	{ "bpf_probe_read_user_str_dynptr", 0, PR_NUMBER, { P_DYNPTR, P_NUMBER, P_NUMBER, P_ANY } },
	{ "bpf_probe_read_kernel_str_dynptr", 0, PR_NUMBER, { P_DYNPTR, P_NUMBER, P_NUMBER, P_ANY } },
	{ "bpf_copy_from_user_dynptr", PF_SLEEPABLE, PR_NUMBER, { P_DYNPTR, P_NUMBER, P_NUMBER, P_ANY } },
	{ "bpf_copy_from_user_str_dynptr", PF_SLEEPABLE, PR_NUMBER, { P_DYNPTR, P_NUMBER, P_NUMBER, P_ANY } },
	{ "bpf_copy_from_user_str", PF_SLEEPABLE, PR_NUMBER, { P_MEM_OUT, P_SIZE_ZERO, P_ANY, P_NUMBER } },
	{ "bpf_timer_cancel_async", 0, PR_NUMBER, { P_TIMER } },
	{ "bpf_wq_init", 0, PR_NUMBER, { P_WQ, P_MAP, P_NUMBER } },
	{ "bpf_wq_set_callback", PF_ASYNC | PF_ASYNC_SLEEPS, PR_NUMBER, { P_WQ, P_FUNC, P_NUMBER } },
	{ "bpf_wq_set_callback_impl", PF_ASYNC | PF_ASYNC_SLEEPS, PR_NUMBER, { P_WQ, P_FUNC, P_NUMBER } },
	{ "bpf_wq_start", 0, PR_NUMBER, { P_WQ, P_NUMBER } },
};

/* As Linux 6.10 to 6.19 declares them */
static const struct proto without_ctx[] = {
	{ "bpf_session_is_return", PF_SESSION, PR_BOOL, { P_NONE } },
	{ "bpf_session_cookie", PF_SESSION | PF_COOKIE, PR_COOKIE, { P_NONE } },
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

const struct proto *proto_of_helper(u32 nr)
{
	return nr < COUNT(helpers) && helpers[nr].name ? &helpers[nr] : NULL;
}

const struct proto *proto_of_kfunc(const char *name)
{
	for (u32 i = 0; name && i < COUNT(kfuncs); i++)
		if (!strcmp(kfuncs[i].name, name))
			return &kfuncs[i];
	return NULL;
}

const struct proto *proto_of_call(const struct env *env, const struct bpf_insn *insn)
{
	const struct verify_ops *ops = env->o->ops;

	if (insn_is_helper_call(insn) && insn->imm == MARKER_IS_RETURN + VERIFY_MARKER_NO_CTX)
		return &without_ctx[0];
	if (insn_is_helper_call(insn) && insn->imm == MARKER_COOKIE + VERIFY_MARKER_NO_CTX)
		return &without_ctx[1];
	if (insn_is_helper_call(insn) && insn->imm == MARKER_IS_RETURN)
		return &kfuncs[0];
	if (insn_is_helper_call(insn) && insn->imm == MARKER_COOKIE)
		return &kfuncs[1];
	if (insn_is_helper_call(insn))
		return proto_of_helper(insn->imm);
	if (insn_is_kfunc_call(insn) && ops && ops->kfunc_name)
		return proto_of_kfunc(ops->kfunc_name(env->o->arg, insn));
	return NULL;
}
