// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Task storage and the current task; tasks.c prints what the programs said. */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "calls.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct calls_data d;

struct task_struct {
	char comm[16];		/* in another order than anybody has it: relocated */
	int tgid;
	int pid;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, char[64]);
} names SEC(".maps");

static __attribute__((noinline)) int say(__s64 v)
{
	if (d.nr < CALLS_MAX)
		d.got[d.nr++ & (CALLS_MAX - 1)] = v;
	return 0;
}

SEC("syscall")
int current_task(void *ctx)
{
	struct task_struct *t = bpf_get_current_task_btf(), *number = (void *)bpf_get_current_task();
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u64 comm[2], read[2];

	say(t->pid == (int)pid_tgid);
	say(t->tgid == (int)(pid_tgid >> 32));
	say(t == number);
	say(BPF_CORE_READ(number, tgid) == t->tgid);
	bpf_get_current_comm(comm, sizeof(comm));
	bpf_core_read(read, sizeof(read), &number->comm);
	say(comm[0] == read[0] && comm[1] == read[1]);
	say(t->comm[0] == (char)comm[0] && t->comm[4] == (char)(comm[0] >> 32));
	return 0;
}

SEC("syscall")
int storage(void *ctx)
{
	struct task_struct *t = bpf_get_current_task_btf();
	__u64 first = 40, *v;

	say(!!bpf_task_storage_get(&counts, t, NULL, 0));
	say(!!bpf_task_storage_get(&counts, t, &first, 0));
	say(!!bpf_task_storage_get(&counts, t, &first, BPF_NOEXIST | BPF_LOCAL_STORAGE_GET_F_CREATE << 1));
	say(bpf_task_storage_delete(&counts, t));
	v = bpf_task_storage_get(&counts, t, &first, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (v)
		say((*v)++);
	v = bpf_task_storage_get(&counts, t, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (v)
		say((*v)++);
	v = bpf_task_storage_get(&counts, t, NULL, 0);
	say(v ? *v : 0);
	say(bpf_task_storage_delete(&counts, t));
	say(bpf_task_storage_delete(&counts, t));
	v = bpf_task_storage_get(&counts, t, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (v)
		say((*v)++);
	return 0;
}

SEC("syscall")
int no_task(void *ctx)
{
	say(!!bpf_task_storage_get(&counts, NULL, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE));
	say(bpf_task_storage_delete(&counts, NULL));
	return 0;
}

SEC("syscall")
int values(void *ctx)
{
	char *v = bpf_task_storage_get(&names, bpf_get_current_task_btf(), NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!v)
		return 1;
	say(v[0] << 8 | v[63]);
	bpf_get_current_comm(v, 16);
	v[63] = 'z';
	return 0;
}

/* By each thread that has a value: what it counted. */
SEC("fentry/bpf_fentry_test1")
int BPF_PROG(count, int a)
{
	__u64 *v = bpf_task_storage_get(&counts, bpf_get_current_task_btf(), NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (v)
		(*v)++;
	return 0;
}
