// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Many sessions and plain programs on bpf_fentry_test1(1), which returns 2. */
#include "sem.bpf.h"

/* Sessions with a cookie of their own: 0x100 * (1 + id) + a. */
#define SESSION(id)                                                                                \
	SEC("fsession/bpf_fentry_test1")                                                           \
	int BPF_PROG(s##id, int a)                                                                 \
	{                                                                                          \
		struct sem_event *e = sem_session(ctx, id, 0x100 * (1 + id) + a);                  \
                                                                                                   \
		e->args[0] = a;                                                                    \
		return 0;                                                                          \
	}

SESSION(0) SESSION(1) SESSION(2) SESSION(3) SESSION(4) SESSION(5) SESSION(6) SESSION(7)
SESSION(8) SESSION(9) SESSION(10) SESSION(11) SESSION(12) SESSION(13) SESSION(14) SESSION(15)
SESSION(16) SESSION(17) SESSION(18) SESSION(19) SESSION(20) SESSION(21) SESSION(22) SESSION(23)

/* Without a cookie. */
SEC("fsession/bpf_fentry_test1")
int BPF_PROG(plain, int a)
{
	sem_event(30, bpf_session_is_return(ctx));
	return 0;
}

/* Asks nothing of the session at all. */
SEC("fsession/bpf_fentry_test1")
int BPF_PROG(blind, int a)
{
	sem_count(a);
	return 0;
}

/* Only at exit, and only if the argument says so. */
SEC("fsession/bpf_fentry_test1")
int BPF_PROG(lazy, int a)
{
	if (bpf_session_is_return(ctx) && d.arg == 7)
		sem_event(31, 1)->cookie = *bpf_session_cookie(ctx);
	return 0;
}

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(fe, int a)
{
	sem_event(40, 0)->args[0] = a;
	return 0;
}

SEC("fexit/bpf_fentry_test1")
int BPF_PROG(fx, int a, int ret)
{
	sem_event(41, 1)->ret = ret;
	return 0;
}
