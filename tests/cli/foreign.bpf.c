// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Uses a session where there is none. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <fsession/bpf_fsession.h>

SEC("kprobe/vfs_read")
int p(void *ctx)
{
#ifdef COOKIE
	return *bpf_session_cookie(ctx);
#else
	return bpf_session_is_return(ctx);
#endif
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
