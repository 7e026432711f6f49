/* SPDX-License-Identifier: Dual BSD/GPL */
/* The least that a session can do: it counts entries and exits. With UPROBE_SESSION for the kernel's uprobe.session. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#ifdef UPROBE_SESSION
extern _Bool bpf_session_is_return(void *ctx) __ksym;
#define SECTION "kprobe"
#else
#include <fsession/bpf_fsession.h>
#define SECTION "fsession"
#endif

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u64 entries, exits;

SEC(SECTION)
int count(void *ctx)
{
	if (bpf_session_is_return(ctx))
		exits++;
	else
		entries++;
	return 0;
}
