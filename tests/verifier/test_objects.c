/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects compiled by clang, judged as `fsession verify` does, beside what their authors expect (verdict.h).
 * `test_objects [-v] [-p PROGRAM] FILE.bpf.o...`
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/interp.h"
#include "cli/judge.h"
#include "cli/report.h"
#include "jit/jit.h"
#include "judge.h"
#include "tags.h"

static struct {
	const char *path;
	struct btf *btf;	/* of the object */
	bool verbose;
	u32 rows, failed;
} run;

static void set_flags(struct bpf_program *p)
{
	struct tags t;

	if (!tags_read(run.btf, bpf_program__name(p), &t))
		bpf_program__set_flags(p, bpf_program__flags(p) | t.flags);
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

/* In the interpreter and as machine code. */
static bool right_result(const struct judgement *j, const struct tags *t)
{
	struct interp_prog prog = { j->insns, j->cnt };
	struct interp_opts opts = { .budget_insns = 1000000 };
	struct jit_opts jit = { .features = arch_host_features() };
	u64 ctx[16], r0 = 0, native = 0;
	struct jit_code *code;

	for (u32 i = 0; i < sizeof(ctx); i++)
		((u8 *)ctx)[i] = i;
	if (interp_run(&prog, &opts, (u64)ctx, &r0) || jit_load(j->insns, j->cnt, &jit, &code)) {
		printf("# cannot be run here\n");
		return false;
	}
	native = code->entry(ctx);
	jit_code_free(code);
	if (r0 != t->retval || native != t->retval)
		printf("# result 0x%llx, as machine code 0x%llx, expected 0x%llx\n", (unsigned long long)r0,
		       (unsigned long long)native, (unsigned long long)t->retval);
	return r0 == t->retval && native == t->retval;
}

static bool has_msgs(const struct judgement *j, const struct tags *t)
{
	for (u32 i = 0; i < t->nr_msgs; i++) {
		bool found = j->err ? strstr(j->res->reason, t->msgs[i]) || strstr(j->res->hint, t->msgs[i]) :
				      !!strstr(j->log, t->msgs[i]);

		if (!found) {
			printf("# no '%s'\n", t->msgs[i]);
			return false;
		}
	}
	return !t->failure || t->nr_msgs;	/* a verdict for whatever reason proves nothing */
}

/* What the log of a refused program ends with is what is wrong. */
static bool says_why(const struct judgement *j)
{
	return !j->err || (j->res->reason[0] && strstr(j->log, j->res->reason));
}

static void compare(const struct judgement *j, void *arg)
{
	const char *slash = strrchr(run.path, '/');
	struct tags t;
	bool ok = !tags_read(run.btf, j->name, &t) && t.failure == !!j->err && has_msgs(j, &t) && says_why(j);

	(void)arg;
	if (ok && t.has_retval)
		ok = right_result(j, &t);
	run.rows++;
	run.failed += !ok;
	if (!ok)
		printf("# expected %s, got %d: %s\n", t.failure ? "failure" : "success", j->err, j->res->reason);
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

/* The targets' types, as a file; -1: they could not be had */
static int types_fd(void)
{
	const struct btf *btf = judge_target_btf();
	int fd = memfd_create("types", MFD_CLOEXEC);
	const void *raw;
	u32 bytes;

	raw = btf ? btf__raw_data(btf, &bytes) : NULL;
	if (!raw || fd < 0 || write(fd, raw, bytes) != bytes)
		return -1;
	return fd;
}

int main(int argc, char **argv)
{
	char types[32];
	struct judge_opts o = { .btf = types, .attach = "target_void",
				.log_level = VERIFY_LOG_ALL, .kernel = true, .prepare = set_flags };
	int opt;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((opt = getopt(argc, argv, "vp:")) != -1) {
		if (opt == 'v')
			run.verbose = true;
		else if (opt == 'p')
			o.program = optarg;
	}
	report_init(0);
	snprintf(types, sizeof(types), "/proc/self/fd/%d", types_fd());
	for (int i = optind; i < argc; i++)
		judge_file(argv[i], &o);
	printf("1..%u\n", run.rows);
	return !!run.failed;
}
