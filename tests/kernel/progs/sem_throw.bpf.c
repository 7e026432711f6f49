// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Programs that end by an exception. */
#include "sem.bpf.h"

extern void bpf_throw(__u64 cookie) __ksym;

enum { THROW_ENTRY = 1, THROW_EXIT = 2 };

static __noinline int throw_below(__u64 *ctx)
{
	if (bpf_session_is_return(ctx) && d.arg & THROW_EXIT)
		bpf_throw(0);
	return 0;
}

/* d.arg says in which phases: at entry from main, at exit from a subprogram. */
SEC("fsession/bpf_fentry_test1")
int throws(__u64 *ctx)
{
	sem_session(ctx, 1, 0x111);
	if (!bpf_session_is_return(ctx) && d.arg & THROW_ENTRY)
		bpf_throw(0);
	throw_below(ctx);
	sem_count(0);
	return 0;
}
