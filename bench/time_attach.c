/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Seconds to attach a session to 1, 100 and 1,000 functions and to detach it, and how many programs
 * and links the kernel then holds for each function; the same of a pair of fentry and fexit.
 */
#include "common.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fsession/fsession.h>
#include <stdbool.h>
#include <stdio.h>

static unsigned count(int (*next)(__u32, __u32 *))
{
	unsigned n = 0;
	__u32 id = 0;

	while (!next(id, &id))
		n++;
	return n;
}

static unsigned programs(void)
{
	return count(bpf_prog_get_next_id);
}

static unsigned links(void)
{
	return count(bpf_link_get_next_id);
}

/* What there is more than before, for each of @n functions. */
static void print_objects(const char *label, int n, unsigned progs_before, unsigned links_before)
{
	printf("bench programs_%s %.2f per_function\n", label, (double)((int)programs() - (int)progs_before) / n);
	printf("bench links_%s %.2f per_function\n", label, (double)((int)links() - (int)links_before) / n);
}

/* Programs with a link each, on one function: a session, or what did without. */
static void attach_one(const char *label, const char *const names[])
{
	unsigned progs_before = programs(), links_before = links();
	struct bpf_object *obj = bench_load(names, bench_target());
	struct bpf_link *link[2] = {};
	double t0 = bench_now_ns(), t1, t2;
	bool ok = obj;

	for (int i = 0; ok && names[i]; i++)
		ok = (link[i] = bpf_program__attach(bpf_object__find_program_by_name(obj, names[i])));
	t1 = bench_now_ns();
	if (ok)
		print_objects(label, 1, progs_before, links_before);
	t2 = bench_now_ns();
	bpf_link__destroy(link[0]);
	bpf_link__destroy(link[1]);
	if (ok) {
		printf("bench attach_%s %.3f s\n", label, (t1 - t0) / 1e9);
		printf("bench detach_%s %.3f s\n", label, (bench_now_ns() - t2) / 1e9);
	} else {
		printf("# %s: failed\n", label);
	}
	bpf_object__close(obj);
}

static void attach_glob(const char *label, const char *glob)
{
	static const char *const names[] = { "session_bare", NULL };
	struct bpf_object *obj = bench_load(names, glob);
	unsigned progs_before = programs(), links_before = links();
	struct bpf_link *link = NULL;
	double t0, t1, t2;
	int n = -1;

	t0 = bench_now_ns();
	if (obj)
		n = fsession_attach_multi(bpf_object__find_program_by_name(obj, names[0]), NULL, NULL,
					  &link);
	t1 = bench_now_ns();
	if (n > 0) {
		print_objects(label, n, progs_before, links_before);
		t2 = bench_now_ns();
		bpf_link__destroy(link);
		printf("bench attach_%s %.3f s\n", label, (t1 - t0) / 1e9);
		printf("bench detach_%s %.3f s\n", label, (bench_now_ns() - t2) / 1e9);
		printf("bench functions_%s %d functions\n", label, n);
	} else {
		printf("# %s: failed\n", label);
	}
	bpf_object__close(obj);
}

int main(int argc, char **argv)
{
	static const char *const pair[] = { "pair_bare_entry", "pair_bare_exit", NULL };
	static const char *const session[] = { "session_bare", NULL };

	bench_init(argc, argv);
	attach_one("pair", pair);
	attach_one("1", session);
	attach_glob("100", "inet_*");
	attach_glob("1000", "x*,y*,z*,wa*");
	return 0;
}
