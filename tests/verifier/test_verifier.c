/* SPDX-License-Identifier: BSD-2-Clause */
/* Every test of *.data: one row of TAP each. `test_verifier PATTERN`; -v shows logs. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asmtest.h"
#include "bpf/interp.h"
#include "judge.h"
#include "maps.h"

struct run {
	const char *pattern;
	bool verbose;
	u32 rows, failed;
};

static const struct verify_map *find_map(void *arg, const struct bpf_insn *insn)
{
	(void)arg;
	return test_map(insn->imm);
}

static const char *kfunc_name(void *arg, const struct bpf_insn *insn)
{
	(void)arg;
	return test_kfunc_name(insn->imm);
}

static const struct verify_ops ops = { .find_map = find_map, .kfunc_name = kfunc_name, .log = judge_log };

static bool right_result(const struct asmtest *t)
{
	struct interp_prog prog = { t->prog.insns, t->prog.cnt };
	struct interp_opts opts = { .budget_insns = 1000000 };
	u64 ctx[16], r0;

	for (u32 i = 0; i < sizeof(ctx); i++)
		((u8 *)ctx)[i] = i;
	if (interp_run(&prog, &opts, (u64)ctx, &r0))
		return false;
	if (r0 != t->result)
		printf("# result 0x%llx, expected 0x%llx\n", (unsigned long long)r0,
		       (unsigned long long)t->result);
	return r0 == t->result;
}

static void run_one(struct asmtest *t, void *arg)
{
	struct run *run = arg;
	struct judge_log log = { 0 };
	struct verify_opts o = { .insns = t->prog.insns, .cnt = t->prog.cnt, .type = t->type,
				 .attach_type = t->attach_type, .flags = t->flags | VERIFY_KERNEL,
				 .log_level = VERIFY_LOG_ALL, .target_btf = judge_target_btf(),
				 .target_id = judge_target(t->target), .ops = &ops, .arg = &log };
	struct verify_result r;
	bool ok;
	int err;

	if (run->pattern && fnmatch(run->pattern, t->name, 0))
		return;
	err = verify(&o, &r);
	ok = t->accept ? !err : err && log.text && strstr(log.text, t->refuse);
	if (ok && t->has_result)
		ok = right_result(t);
	run->rows++;
	run->failed += !ok;
	if (!ok || run->verbose) {
		char *save, *line = log.text ? strtok_r(log.text, "\n", &save) : NULL;

		printf("# expected %s%s, got %d\n", t->accept ? "accept" : "refuse: ", t->refuse, err);
		for (; line; line = strtok_r(NULL, "\n", &save))
			printf("# %s\n", line);
	}
	printf("%sok %u - %s\n", ok ? "" : "not ", run->rows, t->name);
	verify_done(&r);
	free(log.text);
}

int main(int argc, char **argv)
{
	struct run run = { 0 };
	glob_t files;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-v"))
			run.verbose = true;
		else
			run.pattern = argv[i];
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!judge_target_btf() || glob(VERIFIER_DIR "/*.data", 0, NULL, &files)) {
		printf("Bail out! no tests\n");
		return 1;
	}
	for (size_t i = 0; i < files.gl_pathc; i++) {
		if (asmtest_read(files.gl_pathv[i], run_one, &run)) {
			printf("not ok %u - %s\n", ++run.rows, files.gl_pathv[i]);
			run.failed++;
		}
	}
	printf("1..%u\n", run.rows);
	globfree(&files);
	btf__free((struct btf *)judge_target_btf());
	return !!run.failed;
}
