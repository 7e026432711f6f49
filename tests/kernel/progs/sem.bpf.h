/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the session tests' BPF programs begin with. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <fsession/bpf_fsession.h>

#include "sem.h"

#define EINVAL 22

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct sem_data d;

/* A new line of the log. Its order is that of one CPU: tests which log run on one. */
static __always_inline struct sem_event *sem_event(__u32 id, _Bool is_return)
{
	__u32 i = d.nr_events;
	struct sem_event *e = &d.log[i & (SEM_EVENTS - 1)];

	d.nr_events = i + 1;
	e->id = id;
	e->is_return = is_return;
	return e;
}

static __always_inline void sem_count(__u32 nr)
{
	__sync_fetch_and_add(&d.n[nr & (SEM_COUNTERS - 1)], 1);
}

static __always_inline _Bool sem_ours(void)
{
	return bpf_get_current_pid_tgid() >> 32 == d.tgid;
}

/* An event with the cookie; at entry the cookie becomes VALUE. */
static __always_inline struct sem_event *sem_session(void *ctx, __u32 id, __u64 value)
{
	__u64 *cookie = bpf_session_cookie(ctx);
	_Bool is_return = bpf_session_is_return(ctx);
	struct sem_event *e = sem_event(id, is_return);

	e->cookie = *cookie;
	if (!is_return)
		*cookie = value;
	return e;
}
