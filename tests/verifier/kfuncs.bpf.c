// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Kfuncs that the running kernel need not have. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "../bpf_newer.h"

extern void bpf_kfunc_of_no_kernel(void) __ksym;

int sum;

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(known, int a)
{
	struct bpf_iter_num it;
	int *v;

	bpf_iter_num_new(&it, 0, 10);
	while ((v = bpf_iter_num_next(&it)))
		sum += *v;
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(unknown, int a)
{
	bpf_kfunc_of_no_kernel();
	return 0;
}

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(none, int a)
{
	return 0;
}

SEC("fentry.s/bpf_fentry_test1")
int BPF_PROG(sleeps, int a)
{
	return 0;
}

SEC("fmod_ret/bpf_fentry_test1")
int BPF_PROG(modifies, int a)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
