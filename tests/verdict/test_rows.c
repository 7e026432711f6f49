/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of tests/verifier, judged by the running kernel: verdicts must agree but where a row says
 * "linux-differs". `test_rows [-v] [FILE.data...]`, as root, in a guest:
 *
 *	tools/vm -k 7.2 -- build/tests/verdict/test_rows
 *
 * Maps are made as maps.c says; a function that only target.bpf.c has is replaced by one of the kernel's that
 * suits, or the test is left out. Comments tell what each visits, and errno values that differ.
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
#include "linux72.h"
#include "maps.h"
#include "syscall/attr.h"

#define FDS 16
#define LOG_BYTES (1 << 20)

static const char all_rows[] =
#include "rows.h"
	;

static struct btf *vmlinux;
static int fds[FDS];
static char log_buf[LOG_BYTES];
static bool verbose;
static u32 rows, failed, left_out;

/* Task storage must say what its keys and values are. */
static void add_types(const struct verify_map *m, struct bpf_map_create_opts *opts)
{
	struct btf *btf = btf__new_empty();
	const void *raw;
	u32 bytes;

	opts->btf_key_type_id = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	opts->btf_value_type_id = btf__add_struct(btf, "value", m->value_size);
	raw = btf__raw_data(btf, &bytes);
	opts->btf_fd = bpf_btf_load(raw, bytes, NULL);
	btf__free(btf);
}

static int make_map(const struct verify_map *m, int inner)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = m->flags);
	u32 zero = 0;
	int fd;

	if (inner >= 0)
		opts.inner_map_fd = inner;
	if (m->type == BPF_MAP_TYPE_TASK_STORAGE)
		add_types(m, &opts);
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

/* -- Functions: the kernel takes callbacks only if it knows their types --- */

#define FUNCS 16

static u32 func_types[FUNCS];

static int make_func_btf(void)
{
	struct btf *btf = btf__new_empty();
	int number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED), proto, fd;
	const void *raw;
	char name[8];
	u32 bytes;

	for (u32 i = 0; i < FUNCS; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		proto = btf__add_func_proto(btf, number);
		func_types[i] = btf__add_func(btf, name, BTF_FUNC_STATIC, proto);
	}
	raw = btf__raw_data(btf, &bytes);
	fd = bpf_btf_load(raw, bytes, NULL);
	btf__free(btf);
	return fd;
}

static void add_start(u32 *starts, u32 *cnt, u32 at)
{
	u32 i = 0;

	while (i < *cnt && starts[i] < at)
		i++;
	if ((i < *cnt && starts[i] == at) || *cnt == FUNCS)
		return;
	memmove(&starts[i + 1], &starts[i], (*cnt - i) * sizeof(*starts));
	starts[i] = at;
	++*cnt;
}

static u32 find_functions(const struct asm_prog *p, struct bpf_func_info *info)
{
	u32 starts[FUNCS + 1] = { 0 }, cnt = 1;

	for (u32 i = 0; i < p->cnt; i++) {
		const struct bpf_insn *insn = &p->insns[i];

		if (insn_is_func_addr(insn))
			add_start(starts, &cnt, insn_func_target(insn, i));
		else if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL)
			add_start(starts, &cnt, i + 1 + insn->imm);
		i += insn_is_ldimm64(insn);
	}
	for (u32 i = 0; i < cnt; i++)
		info[i] = (struct bpf_func_info){ starts[i], func_types[i] };
	return cnt;
}

static int load(const struct asmtest *t, s32 target, u32 level)
{
	static int btf_fd = -1;
	struct bpf_func_info info[FUNCS];
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
	if (btf_fd < 0)
		btf_fd = make_func_btf();
	a.func_info_cnt = find_functions(&t->prog, info);
	if (a.func_info_cnt > 1) {
		a.prog_btf_fd = btf_fd;
		a.func_info = (u64)info;
		a.func_info_rec_size = sizeof(*info);
	} else {
		a.func_info_cnt = 0;
	}
	log_buf[0] = 0;
	fd = syscall(__NR_bpf, BPF_PROG_LOAD, &a, sizeof(a));
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* -- The same by ours, with the kernel's types --- */

static const struct verify_map *find_map(void *arg, const struct bpf_insn *insn)
{
	(void)arg;
	for (int i = 0; i < FDS; i++)
		if (fds[i] == insn->imm)
			return test_map(i);
	return NULL;
}

static const char *kfunc_name(void *arg, const struct bpf_insn *insn)
{
	const struct btf_type *t = btf__type_by_id(vmlinux, insn->imm);

	(void)arg;
	return t ? btf__name_by_offset(vmlinux, t->name_off) : NULL;
}

static int ours(const struct asmtest *t, s32 target, u64 *visited)
{
	static const struct verify_ops ops = { .find_map = find_map, .kfunc_name = kfunc_name };
	struct verify_opts o = { .insns = t->prog.insns, .cnt = t->prog.cnt, .type = t->type,
				 .attach_type = t->attach_type, .flags = t->flags | VERIFY_KERNEL,
				 .target_btf = vmlinux, .target_id = target, .ops = &ops };
	struct verify_result r;
	int err = verify(&o, &r);

	*visited = r.visited;
	verify_done(&r);
	return err;
}

static u64 theirs_visited(void)
{
	const char *at = strstr(log_buf, "\nprocessed ");

	return at ? strtoull(at + 11, NULL, 10) : 0;
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
	u64 visited = 0;
	int err, mine;

	(void)arg;
	if (target < 0 || t->slow || !translate(t)) {
		left_out++;
		printf("ok %u - %s # SKIP not for this kernel\n", ++rows, t->name);
		return;
	}
	err = load(t, target, 4);
	mine = ours(t, target, &visited);
	printf("# visited %llu, Linux %llu\n", (unsigned long long)visited, (unsigned long long)theirs_visited());
	if (err != mine && err && mine)
		printf("# errno %d, Linux %d\n", mine, err);
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
	bool any = false;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!is_linux72())
		return 0;
	vmlinux = btf__load_vmlinux_btf();
	if (!vmlinux) {
		printf("Bail out! no types of the kernel\n");
		return 1;
	}
	for (int i = 1; i < argc; i++) {
		verbose |= !strcmp(argv[i], "-v");
		if (*argv[i] == '-')
			continue;
		any = true;
		failed += !!asmtest_read(argv[i], run_one, NULL);
	}
	if (!any)
		failed += !!asmtest_parse(all_rows, run_one, NULL);
	printf("# %u agree, %u differ, %u left out\n1..%u\n", rows - failed - left_out, failed, left_out, rows);
	btf__free(vmlinux);
	return !!failed;
}
