// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* A section name of the application's own: what its program is, nobody here can know. */
#include "session.h"

SEC("my_session")
int custom(__u64 *ctx)
{
	return bpf_session_is_return(ctx) && *bpf_session_cookie(ctx);
}
