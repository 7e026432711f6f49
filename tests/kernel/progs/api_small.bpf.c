// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* One session that also keeps its attach cookie; the target can be chosen anew. */
#include "api.bpf.h"

struct seen seen;
__u64 attach_cookie[2];

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(small)
{
	note(ctx, &seen);
	if (bpf_session_is_return(ctx))
		attach_cookie[1] = bpf_get_attach_cookie(ctx);
	else
		attach_cookie[0] = bpf_get_attach_cookie(ctx);
	return 0;
}
