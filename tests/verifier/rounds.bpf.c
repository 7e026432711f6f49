// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* How often bpf_loop() calls back: what a callback counts is known by the number of its rounds. */
#include "rules.h"

#define PROG(name) int name(__u64 *ctx)

static int body_advances(__u32 i, __u64 *n)
{
	++*n;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(callback_advances_an_index)
{
	__u64 n = 0;

	bpf_loop(8, body_advances, &n, 0);
	return ((volatile char *)global)[n] & 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: access to map_value at 64 of 1 bytes is outside its 64 bytes")
PROG(callback_advances_an_index_too_often)
{
	__u64 n = 0;

	bpf_loop(64, body_advances, &n, 0);
	return ((volatile char *)global)[n] & 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(callback_advances_an_index_often)
{
	__u64 n = 0;

	bpf_loop(63, body_advances, &n, 0);
	return ((volatile char *)global)[n] & 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(callback_advances_an_index_by_a_range)
{
	__u64 n = 0;

	bpf_loop(bpf_get_prandom_u32() & 31, body_advances, &n, 0);
	return ((volatile char *)global)[n] & 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: access to map_value at 64 of 1 bytes is outside its 64 bytes")
PROG(callback_advances_an_index_without_bound)
{
	__u64 n = 0;

	bpf_loop(bpf_get_prandom_u32(), body_advances, &n, 0);
	return ((volatile char *)global)[n] & 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(callback_advances_an_index_in_two_loops)
{
	__u64 n = 0;

	bpf_loop(30, body_advances, &n, 0);
	bpf_loop(33, body_advances, &n, 0);
	return ((volatile char *)global)[n] & 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: access to map_value at 64 of 1 bytes is outside its 64 bytes")
PROG(callback_advances_an_index_in_two_loops_too_often)
{
	__u64 n = 0;

	bpf_loop(31, body_advances, &n, 0);
	bpf_loop(33, body_advances, &n, 0);
	return ((volatile char *)global)[n] & 0;
}

static int body_advances_by_loop(__u32 i, __u64 *n)
{
	bpf_loop(3, body_advances, n, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("without a lower bound") __linux_success
PROG(callback_advances_an_index_in_nested_loops)
{
	__u64 n = 0;

	bpf_loop(2, body_advances_by_loop, &n, 0);
	return ((volatile char *)global)[n] & 0;
}

static int body_is_wrong(__u32 i, __u64 *n)
{
	return ((volatile char *)global)[*n + 100];
}

SEC("fsession/bpf_fentry_test2") __success
PROG(callback_of_no_round_is_not_looked_at)
{
	__u64 n = 0;

	bpf_loop(0, body_is_wrong, &n, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
