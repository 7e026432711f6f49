/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Executed instructions that a session adds to a call of a kernel function. Meant for a guest under
 * -icount, where a nanosecond is an instruction; minimum of several rounds, untraced subtracted.
 */
#include "common.h"

#include <bpf/libbpf.h>
#include <stdio.h>

enum { CALLS = 2000, ROUNDS = 15 };

static double round_ns(void)
{
	double start = bench_now_ns();

	for (int i = 0; i < CALLS; i++)
		bench_call();
	return (bench_now_ns() - start) / CALLS;
}

static double best(void)
{
	double min = round_ns();

	for (int i = 1; i < ROUNDS; i++) {
		double t = round_ns();

		min = t < min ? t : min;
	}
	return min;
}

static int measure(const char *label, double untraced, const char *const names[])
{
	struct bpf_object *obj = bench_load(names, bench_target());
	struct bpf_link *links[2] = {};
	int err = obj ? 0 : -1, n = 0;

	for (; !err && names[n]; n++) {
		links[n] = bpf_program__attach(bpf_object__find_program_by_name(obj, names[n]));
		err = links[n] ? 0 : -1;
	}
	if (!err)
		printf("bench %s %.0f insns\n", label, best() - untraced);
	else
		printf("# %s: failed\n", label);
	for (int i = 0; i < 2; i++)
		bpf_link__destroy(links[i]);
	bpf_object__close(obj);
	return err;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *label;
		const char *const names[3];
	} rows[] = {
		{ "pair_bare", { "pair_bare_entry", "pair_bare_exit" } },
		{ "pair_hash", { "pair_hash_entry", "pair_hash_exit" } },
		{ "session_bare", { "session_bare" } },
		{ "session_cookie", { "session_cookie" } },
	};
	double untraced;
	int err = 0;

	bench_init(argc, argv);
	untraced = best();
	printf("bench untraced %.0f insns\n", untraced);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		err |= measure(rows[i].label, untraced, rows[i].names);
	return err ? 1 : 0;
}
