/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Executed instructions that counting entries and exits adds to a call of a function of another process: a session of
 * the user engine, and the kernel's uprobe.session. Meant for a guest under -icount, as insns_overhead.c.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/uapi.h"
#include "spin.h"

#define LIB "build/bench/libspin.so"
/* so often that a tick, in which the guest counts CPU time, is nothing */
#define SPINNER "build/bench/spinner 1000000"
#define SESSION "build/src/cli/fsession run --engine user --attach libspin.so:work build/bench/count.bpf.o -- " SPINNER

enum { ROUNDS = 3 };

/* union bpf_attr, link_create, with the uprobe_multi member: the kernel's since 6.6. */
struct uprobe_multi_attr {
	uint32_t prog_fd, target_fd, attach_type, attr_flags;
	uint64_t path, offsets, ref_ctr_offsets, cookies;
	uint32_t cnt, flags, pid, pad;
};

static double run(const char *command)
{
	FILE *f = popen(command, "re");
	double ns = -1;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "spin %lf", &ns);
	return f && !pclose(f) ? ns : -1;
}

static double best(const char *command)
{
	double min = run(command);

	for (int i = 1; i < ROUNDS; i++) {
		double t = run(command);

		min = t < min ? t : min;
	}
	return min;
}

static int attach(int prog_fd)
{
	uint64_t offset = spin_offset();
	struct uprobe_multi_attr attr = {
		.prog_fd = prog_fd,
		.attach_type = FS_BPF_TRACE_UPROBE_SESSION,
		.path = (uintptr_t)LIB,
		.offsets = (uintptr_t)&offset,
		.cnt = 1,
	};

	return syscall(__NR_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
}

/* {entries, exits} */
static int read_counts(struct bpf_object *obj, uint64_t counts[2])
{
	uint32_t key = 0;

	return bpf_map__lookup_elem(bpf_object__find_map_by_name(obj, ".bss"), &key, sizeof(key), counts,
				    2 * sizeof(*counts), 0);
}

static double with_uprobe_session(void)
{
	struct bpf_object *obj = bpf_object__open_file("build/bench/uprobe.bpf.o", NULL);
	struct bpf_program *p = obj ? bpf_object__next_program(obj, NULL) : NULL;
	uint64_t counts[2] = {};
	double ns = -1;
	int link;

	if (!p || bpf_program__set_expected_attach_type(p, (enum bpf_attach_type)FS_BPF_TRACE_UPROBE_SESSION) ||
	    bpf_object__load(obj))
		return -1;
	link = attach(bpf_program__fd(p));
	if (link >= 0)
		ns = run(SPINNER);
	else
		printf("# uprobe.session: %s\n", strerror(errno));
	if (link >= 0 && (read_counts(obj, counts) || !counts[0] || counts[0] != counts[1]))
		ns = -1;
	close(link);
	bpf_object__close(obj);
	return ns;
}

static int report(const char *name, double insns, double untraced)
{
	if (insns < 0)
		printf("# %s: failed\n", name);
	else
		printf("bench %s %.0f insns\n", name, insns - untraced);
	return insns < 0;
}

int main(int argc, char **argv)
{
	double untraced;
	int err;

	if (argc > 1 && strcmp(argv[1], "--engine=kernel"))
		return 0;	/* a matter of neither */
	untraced = best(SPINNER);
	err = report("other_process", best(SESSION), untraced);
	return err | report("uprobe_session", with_uprobe_session(), untraced);
}
