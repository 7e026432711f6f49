// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Sessions that tail-call. */
#include "sem.bpf.h"

int callee(__u64 *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__array(values, int (void *));
} initial SEC(".maps") = {
	.values = { [1] = (void *)&callee },
};

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__uint(value_size, 4);
} filled SEC(".maps");

/* Runs instead of the rest of who calls it. */
SEC("fsession/bpf_fentry_test1")
int callee(__u64 *ctx)
{
	__u64 *cookie = bpf_session_cookie(ctx);
	struct sem_event *e = sem_event(10, bpf_session_is_return(ctx));

	e->cookie = *cookie;
	e->args[0] = (int)ctx[0];
	e->ret = (int)ctx[1];
	*cookie += 0x100;
	return 0;
}

#define ROOT(name, id, map)									\
	SEC("fsession/bpf_fentry_test1")							\
	int name(__u64 *ctx)									\
	{											\
		__u64 *cookie = bpf_session_cookie(ctx);					\
		struct sem_event *e = sem_event(id, bpf_session_is_return(ctx));		\
												\
		e->cookie = *cookie;								\
		*cookie += 1;									\
		bpf_tail_call(ctx, &map, 1);							\
		sem_count(1);									\
		return 0;									\
	}

ROOT(root_initial, 11, initial)
ROOT(root_filled, 12, filled)
