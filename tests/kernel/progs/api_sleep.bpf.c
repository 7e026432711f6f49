// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A function in which tasks sleep. */
#include "api.bpf.h"

__u64 entries, exits, bad;
__u32 only_tgid;

SEC("fsession/hrtimer_nanosleep")
int BPF_PROG(asleep)
{
	__u64 *cookie = bpf_session_cookie(ctx), id = bpf_get_current_pid_tgid();

	if (id >> 32 != only_tgid)
		return 0;
	if (bpf_session_is_return(ctx)) {
		__sync_fetch_and_add(&exits, 1);
		if (*cookie != id)
			__sync_fetch_and_add(&bad, 1);
	} else {
		__sync_fetch_and_add(&entries, 1);
		*cookie = id;
	}
	return 0;
}
