// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
__attribute__((section("fentry/bpf_fentry_test1"), used))
int nolicense(void *ctx)
{
	return 0;
}
