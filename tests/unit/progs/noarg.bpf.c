// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* The prototypes of Linux 6.10 to 6.19. */
#define NO_PARAMETER
#include "session.h"

int seen;

SEC("fsession/bpf_fentry_test1")
int noarg_session(__u64 *ctx)
{
	if (bpf_session_is_return())
		seen += *bpf_session_cookie();
	else
		*bpf_session_cookie() = 5;
	return 0;
}
