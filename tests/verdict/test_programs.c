/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The corpus, judged by ours and by the running kernel, with its types: verdicts must agree, but where a tag says
 * why not (verdict.h); and how many instructions each visits. `test_programs [-v] [FILE.bpf.o...]`, or
 * `test_programs -l PROGRAM FILE.bpf.o` for the kernel's log of one; as root, in a guest:
 *
 *	tools/vm -k 7.2 -- build/tests/verdict/test_programs
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <glob.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/judge.h"
#include "cli/report.h"
#include "linux72.h"

#define LOG_BYTES (16 << 20)
#define LOG_STATS 4
#define LOG_ALL 2
#define PROGS_MAX 128

static char log_buf[LOG_BYTES];
static struct {
	const char *path, *alone;
	struct btf *btf;	/* of the object */
	u32 rows, failed;
	u64 mine, theirs;	/* instructions visited */
	double worst;
} run;

static struct verdict {
	char name[64], reason[256];
	int err;
	u64 visited;
} verdicts[PROGS_MAX];
static u32 nr_verdicts;

static bool has_tag(const char *func, const char *prefix)
{
	s32 id = btf__find_by_name_kind(run.btf, func, BTF_KIND_FUNC);

	for (u32 i = 1; id > 0 && i < btf__type_cnt(run.btf); i++) {
		const struct btf_type *t = btf__type_by_id(run.btf, i);

		if (btf_kind(t) == BTF_KIND_DECL_TAG && (s32)t->type == id &&
		    !strncmp(btf__name_by_offset(run.btf, t->name_off), prefix, strlen(prefix)))
			return true;
	}
	return false;
}

static int prepare(struct bpf_program *p, bool wanted)
{
	const char *slash = strchr(bpf_program__section_name(p), '/');

	bpf_program__set_autoload(p, wanted);
	if (!wanted)
		return 0;
	bpf_program__set_log_buf(p, log_buf, sizeof(log_buf));
	bpf_program__set_log_level(p, run.alone ? LOG_ALL : LOG_STATS);
	if (bpf_program__type(p) != BPF_PROG_TYPE_TRACING)
		return 0;
	return slash ? bpf_program__set_attach_target(p, 0, slash + 1) : -1;
}

/* Negative: refused */
static int load(const char *name)
{
	struct bpf_object *obj = bpf_object__open_file(run.path, NULL);
	struct bpf_program *p;
	int err = obj ? 0 : -1;

	log_buf[0] = 0;
	bpf_object__for_each_program(p, obj)
		if (!err)
			err = prepare(p, !strcmp(bpf_program__name(p), name));
	if (!err)
		err = bpf_object__load(obj);
	bpf_object__close(obj);
	return err;
}

static u64 visited(void)
{
	const char *at = strstr(log_buf, "\nprocessed ");

	return at ? strtoull(at + 11, NULL, 10) : 0;
}

static void print_end(const char *text, u32 lines)
{
	const char *at = text + strlen(text);

	while (at > text && lines)
		lines -= *--at == '\n';
	while (*at) {
		size_t n = strcspn(at, "\n");

		printf("# %.*s\n", (int)n, at);
		at += n + !!at[n];
	}
}

static void note(const struct judgement *j, void *arg)
{
	struct verdict *v = &verdicts[nr_verdicts];

	(void)arg;
	if (nr_verdicts == PROGS_MAX)
		return;
	nr_verdicts++;
	v->err = j->err;
	v->visited = j->res->visited;
	snprintf(v->name, sizeof(v->name), "%s", j->name);
	snprintf(v->reason, sizeof(v->reason), "%s", j->res->reason);
}

static void compare(const struct verdict *v)
{
	bool differs = has_tag(v->name, "linux:");
	int err;
	bool ok;
	double ratio;

	if (run.alone && strcmp(run.alone, v->name))
		return;
	err = load(v->name);
	ok = (!err == !v->err) != differs && (!v->err || has_tag(v->name, "verdict:refuse"));
	if (run.alone)
		fputs(log_buf, stdout);
	if (!err && !v->err) {
		ratio = (double)v->visited / visited();
		run.mine += v->visited;
		run.theirs += visited();
		run.worst = ratio > run.worst ? ratio : run.worst;
		printf("# %-28s %7llu visited, Linux %7llu, ratio %.2f\n", v->name,
		       (unsigned long long)v->visited, (unsigned long long)visited(), ratio);
	}
	if (!ok) {
		printf("# here %d: %s; Linux %d\n", v->err, v->reason, err);
		print_end(log_buf, 8);
	}
	run.failed += !ok;
	printf("%sok %u - %s\n", ok ? "" : "not ", ++run.rows, v->name);
}

static void compare_all(const char *path, const struct judge_opts *o)
{
	nr_verdicts = 0;
	run.path = path;
	run.btf = btf__parse(path, NULL);
	if (!run.btf || judge_object(path, o, note, NULL) < 0) {
		run.failed++;
		printf("not ok %u - %s\n", ++run.rows, path);
	}
	for (u32 i = 0; i < nr_verdicts; i++)
		compare(&verdicts[i]);
	btf__free(run.btf);
}

/* Beside this program's folder */
static void compare_corpus(const struct judge_opts *o)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 64);
	glob_t files;

	path[n > 0 ? n : 0] = 0;
	strcpy(strrchr(path, '/') ?: path, "/../verifier/corpus/*.bpf.o");
	if (glob(path, 0, NULL, &files)) {
		printf("not ok %u - no corpus\n", ++run.rows);
		run.failed++;
		return;
	}
	for (size_t i = 0; i < files.gl_pathc; i++)
		compare_all(files.gl_pathv[i], o);
	globfree(&files);
}

int main(int argc, char **argv)
{
	struct judge_opts o = { .kernel = true };
	bool any = false;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!is_linux72())
		return 0;
	report_init(argc > 1 && !strcmp(argv[1], "-v") ? 3 : 0);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-l") && i + 1 < argc) {
			run.alone = argv[++i];
		} else if (*argv[i] != '-') {
			compare_all(argv[i], &o);
			any = true;
		}
	}
	if (!any)
		compare_corpus(&o);
	if (run.theirs)
		printf("# visited %llu, Linux %llu: ratio %.3f, the worst %.2f\n", (unsigned long long)run.mine,
		       (unsigned long long)run.theirs, (double)run.mine / run.theirs, run.worst);
	printf("1..%u\n", run.rows);
	return !!run.failed;
}
