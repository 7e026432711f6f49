/* SPDX-License-Identifier: BSD-2-Clause */
#include "bpf/kfuncs.h"

#include <string.h>

#include "rt/helper.h"

#define K(name, types, fn) { "bpf_" #name, types, rt_help_##fn, BPF_CALL_ADDR }

static const struct kfunc kfuncs[] = {
	{ "bpf_session_is_return", "bp", NULL, BPF_CALL_SESSION_IS_RETURN },
	{ "bpf_session_cookie", "Lp", NULL, BPF_CALL_SESSION_COOKIE },
	K(iter_num_new, "inii", iter_num_new),
	K(iter_num_next, "In", iter_num_next),
	K(iter_num_destroy, "vn", nothing),
	K(rcu_read_lock, "v", nothing),
	K(rcu_read_unlock, "v", nothing),
	K(preempt_disable, "v", nothing),
	K(preempt_enable, "v", nothing),
	K(local_irq_save, "vL", nothing),
	K(local_irq_restore, "vL", nothing),
	K(res_spin_lock, "iS", res_spin_lock),
	K(res_spin_unlock, "vS", spin_unlock),
	K(res_spin_lock_irqsave, "iSL", res_spin_lock),
	K(res_spin_unlock_irqrestore, "vSL", spin_unlock),
	K(strcmp, "itt", text_compare),
	K(strcasecmp, "itt", text_casecompare),
	K(strncasecmp, "ittz", text_ncasecompare),
	K(strchr, "itc", text_chr),
	K(strchrnul, "itc", text_chrnul),
	K(strnchr, "itzc", text_nchr),
	K(strrchr, "iti", text_rchr),
	K(strlen, "it", text_len),
	K(strnlen, "itz", text_nlen),
	K(strspn, "itt", text_span),
	K(strcspn, "itt", text_cspan),
	K(strstr, "itt", text_str),
	K(strcasestr, "itt", text_casestr),
	K(strnstr, "ittz", text_nstr),
	K(strncasestr, "ittz", text_ncasestr),
	K(dynptr_clone, "iDd", dynptr_clone),
	K(dynptr_slice, "pDlpl", dynptr_slice),
	K(dynptr_slice_rdwr, "pDlpl", dynptr_slice),
	K(dynptr_adjust, "idll", dynptr_adjust),
	K(dynptr_is_null, "bD", dynptr_is_null),
	K(dynptr_is_rdonly, "bD", dynptr_is_rdonly),
	K(dynptr_size, "lD", dynptr_size),
	K(dynptr_copy, "iDlDll", dynptr_copy),
	K(dynptr_memset, "iDllB", dynptr_memset),
	K(probe_read_user_dynptr, "iDllk", dynptr_probe_read),
	K(probe_read_kernel_dynptr, "iDllk", dynptr_probe_read),
	K(probe_read_user_str_dynptr, "iDllk", dynptr_probe_read_str),
	K(probe_read_kernel_str_dynptr, "iDllk", dynptr_probe_read_str),
	K(copy_from_user_dynptr, "iDllk", dynptr_probe_read),
	K(copy_from_user_str_dynptr, "iDllk", dynptr_probe_read_str),
	K(copy_from_user_str, "ipwkl", copy_from_user_str),
};

#define NR_KFUNCS (sizeof(kfuncs) / sizeof(*kfuncs))

const struct kfunc *kfunc_find(const char *name)
{
	for (u32 i = 0; name && i < NR_KFUNCS; i++)
		if (!strcmp(kfuncs[i].name, name))
			return &kfuncs[i];
	return NULL;
}

const struct kfunc *kfunc_at(u32 nr)
{
	return nr < NR_KFUNCS ? &kfuncs[nr] : NULL;
}
