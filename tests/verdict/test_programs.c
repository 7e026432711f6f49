/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules and the corpus, judged by ours and by the running kernel, with its types: verdicts must agree, but where
 * a tag says so (tests/verifier/verdict.h); and how many instructions each visits. As root, in a guest:
 *	test_programs [-v] [-t] [FILE.bpf.o...]		-t: what it takes, too, the better of two times
 *	test_programs --engine=kernel			the corpus, -t, for tools/bench-kernels
 *	test_programs -l PROGRAM FILE.bpf.o		the kernel's log of one
 *
 *	tools/vm -k 7.2 -- build/tests/verdict/test_programs
 *
 * The object is loaded once, all programs of it; a program that the kernel refuses is, as far as libbpf knows, loaded.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <glob.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/bpfcall.h"
#include "cli/judge.h"
#include "cli/report.h"
#include "linux72.h"
#include "syscall/attr.h"
#include "tags.h"

#define LOG_BYTES (16 << 20)
#define LOG_STATS 4
#define LOG_ALL 2
#define PROGS_MAX 512
#ifndef OBJECTS			/* where they are, from here */
#define OBJECTS "../verifier/"
#endif

static char log_buf[LOG_BYTES];
static struct {
	const char *path, *alone;
	struct btf *btf;	/* of the object */
	struct bpf_object *obj;	/* while the kernel judges it */
	u32 rows, failed, left_out, results;
	u64 mine, theirs;	/* instructions visited */
	u64 mine_ns, theirs_ns;	/* that took: with tools/vm --icount, instructions executed */
	double worst, worst_ns;
	bool times, bench;
} run;

static struct verdict {
	char name[64], reason[256], target[64];
	u32 target_id;
	int err;
	u64 visited, ns;
} verdicts[PROGS_MAX];
static u32 nr_verdicts;

/* A number of the kernel's log */
static u64 number_behind(const char *text)
{
	const char *at = strstr(log_buf, text);

	return at ? strtoull(at + strlen(text), NULL, 10) : 0;
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

static void set_flags(struct bpf_program *p)
{
	struct tags t;

	if (!tags_read(run.btf, bpf_program__name(p), &t))
		bpf_program__set_flags(p, bpf_program__flags(p) | t.flags);
}

static struct verdict *verdict_of(const char *name)
{
	for (u32 i = 0; i < nr_verdicts; i++)
		if (!strcmp(verdicts[i].name, name))
			return &verdicts[i];
	return NULL;
}

static void note(const struct judgement *j, void *arg)
{
	struct verdict *v = verdict_of(j->name);

	(void)arg;
	if (v)		/* judged again, for its time alone */
		v->ns = j->ns < v->ns ? j->ns : v->ns;
	if (v || nr_verdicts == PROGS_MAX)
		return;
	v = &verdicts[nr_verdicts++];
	v->err = j->err;
	v->target_id = j->target_id;
	v->visited = j->res->visited;
	v->ns = j->ns;
	snprintf(v->name, sizeof(v->name), "%s", j->name);
	snprintf(v->reason, sizeof(v->reason), "%s", j->res->reason);
	snprintf(v->target, sizeof(v->target), "%s", j->target ?: "");
}

static double ratio_of(u64 mine, u64 theirs, double *worst)
{
	double ret = (double)mine / (theirs ?: 1);

	*worst = ret > *worst ? ret : *worst;
	return ret;
}

static void print_costs(const struct verdict *v, u64 theirs_ns)
{
	u64 theirs = number_behind("\nprocessed ");

	run.mine += v->visited;
	run.theirs += theirs;
	run.mine_ns += v->ns;
	run.theirs_ns += theirs_ns;
	printf("# %-28s %7llu visited, Linux %7llu, ratio %.2f", v->name, (unsigned long long)v->visited,
	       (unsigned long long)theirs, ratio_of(v->visited, theirs, &run.worst));
	if (run.times)
		printf("; %6llu us, Linux %6llu, ratio %.2f", (unsigned long long)v->ns / 1000,
		       (unsigned long long)theirs_ns / 1000, ratio_of(v->ns, theirs_ns, &run.worst_ns));
	printf("\n");
}

/* @err, @ns: the kernel's */
static void compare(const struct verdict *v, const struct tags *t, int err, u64 ns)
{
	bool ok = t->failure == !!v->err && (t->failure == !!err) != t->linux_differs;

	if (!err && !v->err)
		print_costs(v, ns);
	if (run.alone)
		fputs(log_buf, stdout);
	if (!ok) {
		printf("# here %d: %s; Linux %d\n", v->err, v->reason, err);
		print_end(log_buf, 8);
	}
	run.failed += !ok;
	printf("%sok %u - %s\n", ok ? "" : "not ", ++run.rows, v->name);
}

static void leave_out(const char *name)
{
	run.left_out++;
	printf("ok %u - %s # SKIP not for this kernel\n", ++run.rows, name);
}

/* -- The kernel's judgement --- */

static int real_bpf(int cmd, const void *attr, size_t size)
{
	int ret;

	bpfcall_answer(NULL, NULL);
	ret = syscall(__NR_bpf, cmd, attr, size);
	ret = ret < 0 ? -errno : ret;
	return ret;
}

static int load_one(const struct verdict *v, const struct prog_load_attr *from)
{
	struct prog_load_attr a = *from;

	if (v->target[0])
		a.attach_btf_id = v->target_id;
	a.log_level = run.alone ? LOG_ALL : LOG_STATS;
	a.log_buf = (u64)log_buf;
	a.log_size = sizeof(log_buf);
	log_buf[0] = 0;
	return real_bpf(BPF_PROG_LOAD, &a, sizeof(a));
}

/* Only such programs can be given any ctx. */
static void check_result(const struct verdict *v, const struct tags *t, int fd, u32 type)
{
	u8 ctx[128];
	struct test_run_attr a = { .prog_fd = fd, .ctx_in = (u64)ctx, .ctx_size_in = sizeof(ctx) };
	int err;

	if (!t->has_retval || type != BPF_PROG_TYPE_SYSCALL)
		return;
	for (u32 i = 0; i < sizeof(ctx); i++)
		ctx[i] = i;
	err = real_bpf(BPF_PROG_TEST_RUN, &a, sizeof(a));
	run.results++;
	if (err || a.retval != (u32)t->retval) {
		run.failed++;
		printf("# %s: Linux returns 0x%x (%d), expected 0x%x\n", v->name, a.retval, err, (u32)t->retval);
	}
}

static bool is_for_this_kernel(const struct verdict *v, const struct tags *t)
{
	return !t->slow && (!v->target[0] || v->target_id);
}

static void judge_one(const struct verdict *v, const struct prog_load_attr *a)
{
	u64 took_ns, again_ns = 0;
	struct tags t;
	int fd;

	if (run.alone && strcmp(run.alone, v->name))
		return;
	if (tags_read(run.btf, v->name, &t) || !is_for_this_kernel(v, &t)) {
		leave_out(v->name);
		return;
	}
	fd = load_one(v, a);
	if (fd >= 0)
		check_result(v, &t, fd, a->prog_type);
	if (fd >= 0)
		close(fd);
	took_ns = 1000 * number_behind("verification time ");
	if (run.times && fd >= 0) {
		close(load_one(v, a));
		again_ns = 1000 * number_behind("verification time ");
	}
	compare(v, &t, fd < 0 ? fd : 0, again_ns && again_ns < took_ns ? again_ns : took_ns);
}

static void judge_same(const struct bpf_program *p, const struct prog_load_attr *a)
{
	const struct verdict *v = verdict_of(bpf_program__name(p));

	if (v)
		judge_one(v, a);
}

static int answer(int cmd, const void *attr, size_t size, void *arg)
{
	struct prog_load_attr a = { 0 };
	struct bpf_program *p;
	int ret = -1;

	memcpy(&a, attr, size < sizeof(a) ? size : sizeof(a));
	if (cmd == BPF_PROG_LOAD)
		bpf_object__for_each_program(p, run.obj)
			if ((u64)bpf_program__insns(p) == a.insns) {
				judge_same(p, &a);
				ret = memfd_create("program", MFD_CLOEXEC);
			}
	if (ret < 0)
		ret = real_bpf(cmd, attr, size);
	bpfcall_answer(answer, arg);
	return ret;
}

static int judge_by_kernel(const char *path)
{
	struct bpf_program *p;
	int err = -1;

	run.obj = bpf_object__open_file(path, NULL);
	if (!run.obj)
		return -1;
	bpf_object__for_each_program(p, run.obj) {
		bpf_program__set_autoload(p, true);
		if (strstr(bpf_program__section_name(p), ".s/"))
			bpf_program__set_flags(p, BPF_F_SLEEPABLE);
		set_flags(p);
	}
	bpfcall_answer(answer, NULL);
	err = bpf_object__load(run.obj);
	bpfcall_answer(NULL, NULL);
	bpf_object__close(run.obj);
	return err;
}

static void compare_all(const char *path, const struct judge_opts *o)
{
	nr_verdicts = 0;
	run.path = path;
	run.btf = btf__parse(path, NULL);
	if (!run.btf || judge_object(path, o, note, NULL) < 0 ||
	    (run.times && judge_object(path, o, note, NULL) < 0) || judge_by_kernel(path)) {
		run.failed++;
		printf("not ok %u - %s\n", ++run.rows, path);
	}
	btf__free(run.btf);
}

/* Beside this program's folder */
static void compare_folder(const char *folder, const struct judge_opts *o)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 64);
	glob_t files;

	path[n > 0 ? n : 0] = 0;
	snprintf(strrchr(path, '/') ?: path, 64, "/" OBJECTS "%s*.bpf.o", folder);
	if (glob(path, 0, NULL, &files)) {
		printf("not ok %u - nothing in %s\n", ++run.rows, path);
		run.failed++;
		return;
	}
	for (size_t i = 0; i < files.gl_pathc; i++)
		compare_all(files.gl_pathv[i], o);
	globfree(&files);
}

static void print_sums(void)
{
	if (run.theirs)
		printf("# visited %llu, Linux %llu: ratio %.3f, the worst %.2f\n", (unsigned long long)run.mine,
		       (unsigned long long)run.theirs, (double)run.mine / run.theirs, run.worst);
	if (run.theirs_ns && run.times)
		printf("# took %llu us, Linux %llu: ratio %.3f, the worst %.2f\n",
		       (unsigned long long)run.mine_ns / 1000, (unsigned long long)run.theirs_ns / 1000,
		       (double)run.mine_ns / run.theirs_ns, run.worst_ns);
	if (run.bench)
		printf("bench verify_corpus %llu insns\nbench verify_corpus_by_linux %llu insns\n",
		       (unsigned long long)run.mine_ns, (unsigned long long)run.theirs_ns);
	printf("# %u agree, %u differ, %u left out; %u results compared\n1..%u\n",
	       run.rows - run.failed - run.left_out, run.failed, run.left_out, run.results, run.rows);
}

/* Number of files among the arguments, or -1: nothing to do. */
static int read_args(int argc, char **argv)
{
	int files = 0;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-l") && i + 1 < argc)
			run.alone = argv[++i];
		else if (!strcmp(argv[i], "-t"))
			run.times = true;
		else if (!strncmp(argv[i], "--engine=", 9))
			run.bench = run.times = true;
		else if (*argv[i] != '-')
			argv[files++] = argv[i];
		if (run.bench && strcmp(argv[i], "--engine=kernel"))
			return -1;
	}
	return files;
}

int main(int argc, char **argv)
{
	struct judge_opts o = { .kernel = true, .prepare = set_flags };
	bool verbose = argc > 1 && !strcmp(argv[1], "-v");
	int files = read_args(argc, argv);

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (files < 0 || !is_linux72())
		return 0;
	report_init(verbose ? 3 : 0);
	for (int i = 0; i < files; i++)
		compare_all(argv[i], &o);
	if (!files && !run.bench)
		compare_folder("rule_", &o);
	if (!files)
		compare_folder("corpus/", &o);
	print_sums();
	return !!run.failed;
}
