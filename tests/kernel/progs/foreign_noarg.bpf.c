// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The prototypes of Linux 6.10 to 6.19. */
#define EXTERN __weak __ksym
#define PARAMETER void
#include "foreign.bpf.h"

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(session, int a, int ret)
{
	__u64 *cookie = bpf_session_cookie();

	if (bpf_session_is_return()) {
		seen.exits++;
		seen.bad += *cookie != MAGIC || ret != 2;
	} else {
		seen.entries++;
		seen.bad += *cookie != 0 || a != 1;
		*cookie = MAGIC;
	}
	return 0;
}
