/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects compiled by clang, judged as `fsession verify` does, beside what their authors expect (verdict.h).
 * `test_objects [-v] [-p PROGRAM] FILE.bpf.o...`
 */
#include <bpf/btf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/judge.h"
#include "cli/report.h"

static struct {
	const char *path;
	struct btf *btf;	/* of the object */
	bool verbose;
	u32 rows, failed;
} run;

/* The tag on the program's function that begins with @prefix; what follows it. */
static const char *find_tag(const char *func, const char *prefix)
{
	s32 id = btf__find_by_name_kind(run.btf, func, BTF_KIND_FUNC);

	for (u32 i = 1; id > 0 && i < btf__type_cnt(run.btf); i++) {
		const struct btf_type *t = btf__type_by_id(run.btf, i);
		const char *tag = btf__name_by_offset(run.btf, t->name_off);

		if (btf_kind(t) == BTF_KIND_DECL_TAG && (s32)t->type == id &&
		    !strncmp(tag, prefix, strlen(prefix)))
			return tag + strlen(prefix);
	}
	return NULL;
}

static void print_log(const char *log, u32 lines)
{
	const char *at = log + strlen(log);

	while (at > log && lines)
		lines -= *--at == '\n';
	while (*at) {
		size_t n = strcspn(at, "\n");

		printf("# %.*s\n", (int)n, at);
		at += n + !!at[n];
	}
}

static void compare(const struct judgement *j, void *arg)
{
	const char *refuse = find_tag(j->name, "verdict:refuse:"), *slash = strrchr(run.path, '/');
	bool ok = refuse ? j->err && strstr(j->res->reason, refuse) : !j->err;

	(void)arg;
	run.rows++;
	run.failed += !ok;
	if (!ok)
		printf("# expected %s%s, got %d: %s\n", refuse ? "refuse: " : "accept", refuse ?: "", j->err,
		       j->res->reason);
	if (!ok || run.verbose)
		print_log(j->log, ok ? 4 : 40);
	printf("%sok %u - %s %s\n", ok ? "" : "not ", run.rows, slash ? slash + 1 : run.path, j->name);
}

static void judge_file(const char *path, const struct judge_opts *o)
{
	run.path = path;
	run.btf = btf__parse(path, NULL);
	if (!run.btf || judge_object(path, o, compare, NULL) < 0) {
		run.failed++;
		printf("not ok %u - %s\n", ++run.rows, path);
	}
	btf__free(run.btf);
}

int main(int argc, char **argv)
{
	struct judge_opts o = { .btf = VERIFIER_BUILD "/target.bpf.o", .attach = "target_void",
				.log_level = VERIFY_LOG_ALL };
	int opt;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((opt = getopt(argc, argv, "vp:")) != -1) {
		if (opt == 'v')
			run.verbose = true;
		else if (opt == 'p')
			o.program = optarg;
	}
	report_init(0);
	for (int i = optind; i < argc; i++)
		judge_file(argv[i], &o);
	printf("1..%u\n", run.rows);
	return !!run.failed;
}
