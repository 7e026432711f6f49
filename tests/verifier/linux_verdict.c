/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same programs, judged by the running kernel: `linux_verdict [-v] FILE.data...`, as root, made for
 *
 *	tools/vm -k 7.2 --file DIR/maps.data:/maps.data ... -- build/tests/verifier/linux_verdict /maps.data ...
 *
 * Maps are made as maps.c says; a function that only target.bpf.c has is replaced by one of the kernel's that
 * suits, or the test is left out. One row of TAP each.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "asmtest.h"
#include "maps.h"
#include "syscall/attr.h"

#define FDS 16
#define LOG_BYTES (1 << 20)

static struct btf *vmlinux;
static int fds[FDS];
static char log_buf[LOG_BYTES];
static bool verbose;
static u32 rows, failed, left_out;

static int make_map(const struct verify_map *m, int inner)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = m->flags);
	u32 zero = 0;
	int fd;

	if (inner >= 0)
		opts.inner_map_fd = inner;
	fd = bpf_map_create(m->type, "test", m->key_size, m->value_size, m->max_entries, &opts);
	if (fd >= 0 && m->frozen && (bpf_map_update_elem(fd, &zero, m->frozen, 0) || bpf_map_freeze(fd)))
		return -1;
	return fd;
}

static int map_fd(int nr)
{
	const struct verify_map *m = test_map(nr);

	if (nr >= FDS || !m)
		return -1;
	if (!fds[nr])
		fds[nr] = make_map(m, m->inner ? make_map(m->inner, -1) : -1);
	return fds[nr];
}

static s32 kernel_func(const char *name)
{
	return btf__find_by_name_kind(vmlinux, name, BTF_KIND_FUNC);
}

/* false: it has what the kernel has not */
static bool translate(struct asmtest *t)
{
	for (u32 i = 0; i < t->prog.cnt; i++) {
		struct bpf_insn *insn = &t->prog.insns[i];

		if (insn_is_kfunc_call(insn)) {
			insn->imm = kernel_func(test_kfunc_name(insn->imm) ?: "");
			if (insn->imm < 0)
				return false;
		}
		if (insn_is_ldimm64(insn) &&
		    (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE))
			insn->imm = map_fd(insn->imm);
		i += insn_is_ldimm64(insn);
	}
	return true;
}

static s32 target_id(const struct asmtest *t)
{
	static const char *const instead[][2] = {
		{ "target_void", "bpf_fentry_test2" },
		{ "target_none", NULL },
	};

	for (u32 i = 0; i < sizeof(instead) / sizeof(*instead); i++)
		if (!strcmp(t->target, instead[i][0]) && !t->has_target)
			return instead[i][1] ? kernel_func(instead[i][1]) : -1;
	return kernel_func(t->target);
}

static int load(const struct asmtest *t, s32 target, u32 level)
{
	struct prog_load_attr a = { .prog_type = t->type, .insn_cnt = t->prog.cnt, .insns = (u64)t->prog.insns,
				    .license = (u64)(t->flags & VERIFY_GPL ? "GPL" : "none"), .log_level = level,
				    .log_buf = level ? (u64)log_buf : 0,
				    .log_size = level ? sizeof(log_buf) : 0,
				    .expected_attach_type = t->attach_type, .attach_btf_id = target };
	int fd;

	if (t->flags & VERIFY_SLEEPABLE)
		a.prog_flags |= BPF_F_SLEEPABLE;
	if (t->flags & VERIFY_STATE_FREQ)
		a.prog_flags |= BPF_F_TEST_STATE_FREQ;
	log_buf[0] = 0;
	fd = syscall(__NR_bpf, BPF_PROG_LOAD, &a, sizeof(a));
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void print_log(u32 lines)
{
	char *at = log_buf + strlen(log_buf), *save, *line;

	while (at > log_buf && lines)
		lines -= *--at == '\n';
	for (line = strtok_r(at, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		printf("# %s\n", line);
}

static void run_one(struct asmtest *t, void *arg)
{
	bool wants_target = t->type == BPF_PROG_TYPE_TRACING && strcmp(t->word, "multi");
	s32 target = wants_target ? target_id(t) : 0;
	bool accepts = t->accept != t->linux_differs;
	int err;

	(void)arg;
	if (target < 0 || t->slow || !translate(t)) {
		left_out++;
		printf("ok %u - %s # SKIP not for this kernel\n", ++rows, t->name);
		return;
	}
	err = load(t, target, 0);
	failed += accepts != !err;
	if (accepts != !err || verbose) {
		load(t, target, 1);
		printf("# Linux says %d\n", err);
		print_log(6);
	}
	printf("%sok %u - %s\n", accepts == !err ? "" : "not ", ++rows, t->name);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	vmlinux = btf__load_vmlinux_btf();
	if (!vmlinux) {
		printf("Bail out! no types of the kernel\n");
		return 1;
	}
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-v"))
			verbose = true;
		else if (asmtest_read(argv[i], run_one, NULL))
			printf("not ok %u - %s\n", ++rows, argv[i]);
	}
	printf("# %u agree, %u differ, %u left out\n1..%u\n", rows - failed - left_out, failed, left_out, rows);
	btf__free(vmlinux);
	return !!failed;
}
