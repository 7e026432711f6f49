/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* For the programs of the api tests. */
#ifndef FS_TESTS_API_BPF_H
#define FS_TESTS_API_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <fsession/bpf_fsession.h>

#include "seen.h"

#define MAGIC 0xfeedbeefULL

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline void note(void *ctx, volatile struct seen *s)
{
	__u64 *cookie = bpf_session_cookie(ctx);

	if (bpf_session_is_return(ctx)) {
		s->exits++;
		s->bad += *cookie != MAGIC;
	} else {
		s->entries++;
		s->bad += *cookie != 0;
		*cookie = MAGIC;
	}
}

#endif
