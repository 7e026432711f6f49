// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* The externs are in the symbol table, nothing refers to them. */
#include "session.h"

asm(".globl bpf_session_cookie\n.globl bpf_session_is_return___old");

SEC("fsession/bpf_fentry_test1")
int session(__u64 *ctx)
{
	return 0;
}
