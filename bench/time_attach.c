/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Seconds to attach a session to 1, 100 and 1,000 functions and to detach it, and how many programs
 * and links the kernel then holds for each function.
 */
#include "common.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fsession/fsession.h>
#include <stdio.h>

static unsigned count(int (*next)(__u32, __u32 *))
{
	unsigned n = 0;
	__u32 id = 0;

	while (!next(id, &id))
		n++;
	return n;
}

static void attach_glob(const char *label, const char *glob)
{
	static const char *const names[] = { "session_bare", NULL };
	struct bpf_object *obj = bench_load(names, glob);
	struct bpf_link *link = NULL;
	unsigned progs, links;
	double t0, t1, t2;
	int n;

	if (!obj) {
		printf("# %s: failed\n", label);
		return;
	}
	progs = count(bpf_prog_get_next_id);
	links = count(bpf_link_get_next_id);
	t0 = bench_now_ns();
	n = fsession_attach_multi(bpf_object__find_program_by_name(obj, names[0]), NULL, NULL, &link);
	t1 = bench_now_ns();
	if (n > 0) {
		progs = count(bpf_prog_get_next_id) - progs;
		links = count(bpf_link_get_next_id) - links;
		t2 = bench_now_ns();
		bpf_link__destroy(link);
		printf("bench attach_%s %.3f s\n", label, (t1 - t0) / 1e9);
		printf("bench detach_%s %.3f s\n", label, (bench_now_ns() - t2) / 1e9);
		printf("bench functions_%s %d functions\n", label, n);
		printf("bench programs_per_function_%s %.2f programs\n", label, (double)progs / n);
		printf("bench links_per_function_%s %.2f links\n", label, (double)links / n);
	} else {
		printf("# %s: failed\n", label);
	}
	bpf_object__close(obj);
}

int main(int argc, char **argv)
{
	bench_init(argc, argv);
	attach_glob("1", bench_target());
	attach_glob("100", "inet_*");
	attach_glob("1000", "x*");
	return 0;
}
