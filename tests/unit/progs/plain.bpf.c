// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* Declared, not used: the compiler leaves no trace of them. */
#include "session.h"

int plain_seen;

SEC("fentry/bpf_fentry_test1")
int plain(__u64 *ctx)
{
	plain_seen++;
	return 0;
}
