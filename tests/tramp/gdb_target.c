/* SPDX-License-Identifier: BSD-2-Clause */
/* Stops twice by SIGTRAP for test_gdb.sh: in a program at the entry of traced(), and in traced() itself. */
#include <signal.h>
#include <stdio.h>

#include "harness.h"
#include "tap.h"

__attribute__((visibility("default"))) HN_NOINLINE u64 traced(u64 a);
HN_NOINLINE u64 traced(u64 a)
{
	raise(SIGTRAP);
	return a + 1;
}

HN_NOINLINE u64 caller(u64 a);
HN_NOINLINE u64 caller(u64 a)
{
	u64 ret = traced(a);

	__asm__ volatile("" : "+r"(ret));
	return ret;
}

static void stop_in_program(u64 a, u64 b)
{
	(void)a;
	(void)b;
	raise(SIGTRAP);
}

/* Of the harness: there is no test here, and gdb follows one process. */
void tap_fail(const char *file, int line, const char *fmt, ...)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, fmt);
}

int main(void)
{
	struct tramp_prog *p = hn_prog(TRAMP_PROG_VECTORS, "r6 = r1\ncall kfunc#1\nif r0 != 0 goto out\n"
							   "call 2\nout:\nr0 = 0\nexit\n");

	hn_callback = stop_in_program;
	hn_attach(hn_tramp(traced, 1), p, TRAMP_FSESSION, 0);
	return caller(1) != 2;
}
