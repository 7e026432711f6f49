/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * whole [--calls FILE] [--ran FILE] [--forks 1] [--worst N] -- COMMAND [ARG...]: runs COMMAND with a session on every function of its
 * executable and of all shared objects it starts with. Its status is COMMAND's, or 99 where that could not be
 * done or something was wrong. On stderr: how many functions there are and why some are left out, how long the
 * process was stopped, and whether entries and exits agree.
 *
 * Entries of each function must be exits, calls that were unwound, and calls that are on the stacks when its threads end,
 * but for the runs that were missed: of entries or of exits.
 *
 * --calls: FILE is written by COMMAND: lines "ADDRESS CALLS LEFT", calls by a counter of its own of the function
 * that begins there in the executable's file, and how many of them did not return. They must be what the
 * sessions saw or, in a signal handler that interrupted a program, missed.
 * --ran FILE: lines "OBJECT ADDRESS TIMES" of another count, on a run that nobody traced: how often the instruction
 * there was executed. For functions of these objects that is the number of entries, or of missed ones.
 * --forks 1: in its children, calls return that were made in their parent. --worst: says which did not return.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "asm.h"
#include "image/ubtf.h"
#include "image/uproc.h"
#include "inject/launch.h"
#include "inject/remote.h"
#include "open.h"
#include "rt/helper.h"
#include "syscall/env.h"

#define FUNCS_MAX (1u << 17)
#define REASONS_MAX 64
#define BROKEN 99

struct count {
	u64 entries, exits;
};

struct func {
	const char *name;
	u64 addr;		/* in the file */
	bool in_exe;
	const char *object;
	u64 ran;		/* by another count */
	u64 open;		/* calls that are on a stack when the thread ends */
};

struct image {
	u64 start, end;
	u32 func;
};

struct whole {
	pid_t pid;
	struct remote *r;
	struct rt_map *rt;
	int memfd;
	u64 map;
	bool forks;
	struct image *images;
	u32 nr_images, nr_unknown;
	struct tramp_req *reqs;
	struct tramp_link **links;
	struct func *funcs;
	const struct count *counts;
	u32 nr;			/* of these four arrays */
	u32 large, large_traced, odd;	/* of 16 bytes and more; neither of those two: not left as entered */
	struct { char why[128]; u32 cnt; } reasons[REASONS_MAX];
	u32 nr_reasons;
	double stopped_ms;
	int bad;
};

static struct whole w;

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "whole: %s\n", what);
	if (w.pid)
		kill(w.pid, SIGKILL);
	_exit(BROKEN);
}

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e3 + ts.tv_nsec / 1e6;
}

/* -- The program --- */

static int resolve(void *arg, const struct bpf_insn *insn, struct bpf_call *ret)
{
	*ret = (struct bpf_call){ BPF_CALL_ADDR, 0 };
	if (insn_is_kfunc_call(insn))
		ret->kind = BPF_CALL_SESSION_IS_RETURN;
	else
		ret->addr = remote_helper(arg, insn->imm == BPF_FUNC_get_attach_cookie ?
						       (void *)rt_help_get_attach_cookie : (void *)rt_help_map_lookup);
	return 0;
}

static void make_map(void)
{
	struct rt_map *m = calloc(1, sizeof(*m));
	void *mem;

	must(!env_init(), "no environment");
	m->type = BPF_MAP_TYPE_ARRAY;
	m->key_size = 4;
	m->value_size = sizeof(struct count);
	m->max_entries = FUNCS_MAX;
	m->nr_cpus = env_nr_cpus();
	must(!rt_map_layout(m), "no map");
	w.memfd = memfd_create("whole", MFD_CLOEXEC);
	must(w.memfd >= 0 && !ftruncate(w.memfd, m->total_bytes), "no memory for the map");
	mem = mmap(NULL, m->total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, w.memfd, 0);
	must(mem != MAP_FAILED, "no memory for the map");
	rt_map_init(m, mem, 7);
	w.rt = m;
	w.counts = (const struct count *)(void *)m->values;
}

/* counts[attach cookie]: entries or exits */
static struct tramp_prog *new_prog(void)
{
	static struct asm_prog prog;
	struct tramp_prog_opts opts = { .flags = TRAMP_PROG_RUN };
	struct tramp_prog *p;
	char text[512];
	u64 values;

	must(!remote_map(w.r, w.rt, w.memfd, &w.map, &values), "the map cannot be shared");
	memset(&prog, 0, sizeof(prog));
	snprintf(text, sizeof(text),
		 "r6 = r1\ncall %d\n*(u32 *)(r10 - 4) = r0\nr1 = r6\ncall kfunc#1\nr7 = r0\nr7 <<= 3\n"
		 "r1 = %llu ll\nr2 = r10\nr2 += -4\ncall 1\nif r0 == 0 goto out\nr0 += r7\nr1 = 1\n"
		 "lock *(u64 *)(r0 + 0) += r1\nout:\nr0 = 0\nexit\n", BPF_FUNC_get_attach_cookie, w.map);
	must(!asm_text(&prog, text), "assembly");
	opts.insns = prog.insns;
	opts.cnt = prog.cnt;
	opts.jit.features = arch_host_features();
	opts.jit.resolve = resolve;
	opts.jit.arg = w.r;
	must(!tramp_prog_new(remote_space(w.r), &opts, &p), "no program");
	return p;
}

/* -- Functions --- */

static void count_reason(const char *why)
{
	u32 i = 0;

	while (i < w.nr_reasons && strcmp(w.reasons[i].why, why))
		i++;
	if (i == REASONS_MAX)
		return;
	if (i == w.nr_reasons)
		snprintf(w.reasons[w.nr_reasons++].why, sizeof(w.reasons[0].why), "%s", why);
	w.reasons[i].cnt++;
}

static bool is_hooked(const char *name)
{
	for (int i = 0; i < REMOTE_HOOKS; i++)
		if (!strcmp(name, remote_hook_name(i)))
			return true;
	return false;
}

static void add_func(struct ubtf *u, const struct ufunc *f, u64 bias, bool in_exe, const char *object)
{
	const struct usym *sym = f->sym;
	struct tramp_proto proto = { .untyped = true };
	char why_buf[128], buf[128];
	const char *why;
	struct tramp *t;

	if (sym->flags & (USYM_ALIAS | USYM_PART | USYM_IFUNC) || w.nr == FUNCS_MAX)
		return;
	if (is_hooked(sym->name))
		return;		/* replaced by ours */
	why = ubtf_refusal(u, sym, why_buf);
	if (why && (!strcmp(why, "is not left the way it is entered") || strstr(why, "looks at its caller"))) {
		w.odd++;
		return;
	}
	w.large += sym->size >= 16;
	proto.entered = ubtf_entered(u, sym);
	snprintf(buf, sizeof(buf), "%.100s#%u", sym->name, w.nr);
	if (!why && tramp_get(remote_space(w.r), bias + sym->addr, sym->size, &proto, buf, &t))
		why = "cannot be traced there";
	if (why && sym->size >= 16)
		count_reason(why);
	if (why)
		return;
	w.large_traced += sym->size >= 16;
	w.funcs[w.nr] = (struct func){ sym->name, sym->addr, in_exe, object, 0, 0 };
	w.reqs[w.nr] = (struct tramp_req){ t, new_prog(), TRAMP_FSESSION, w.nr };
	w.nr++;
}

static void hook_all(const struct ubtf *u, u64 bias)
{
	for (int i = 0; i < REMOTE_HOOKS; i++) {
		const struct usym *sym = usyms_find(u->syms, remote_hook_name(i));

		if (sym)
			remote_hook(w.r, i, bias + sym->addr, sym->size);
	}
}

static void add_objects(void)
{
	struct ubtf_opts opts = { .nameless = true, .typed = "" };
	struct uproc *p;

	must(!uproc_open(w.pid, &p), "no process");
	for (u32 i = 0; i < p->nr; i++) {
		const struct uproc_obj *o = &p->objs[i];
		int fd = uproc_open_obj(p, o);
		struct ubtf *u;
		u64 bias;

		if (fd < 0 || ubtf_open_opts(fd, o->path, &opts, &u))
			continue;
		close(fd);
		bias = uproc_bias(o, u->elf);
		if (uproc_is_exe(p, o) || !strncmp(o->name, "libc.", 5))
			hook_all(u, bias);
		for (u32 j = 0; j < u->nr; j++)
			add_func(u, &u->funcs[j], bias, uproc_is_exe(p, o), o->name);
	}	/* names are borrowed of what was opened */
}

/* -- Attach --- */

static const struct tramp_target_ops *real;

static int timed_patch(void *arg, const struct tramp_patch *patches, u32 nr)
{
	double start = now_ms();
	int err = real->patch(arg, patches, nr);

	w.stopped_ms = now_ms() - start;
	return err;
}

/* Images are told apart by the names that add_func() gave. */
static int noted_code(void *arg, u64 area, u64 start, u64 end, u64 hdr, const char *name)
{
	const char *nr = name ? strrchr(name, '#') : NULL;

	if (nr && !strncmp(name, "trampoline:", 11) && w.nr_images < FUNCS_MAX)
		w.images[w.nr_images++] = (struct image){ start, end, atoi(nr + 1) };
	return real->add_code(arg, area, start, end, hdr, name);
}

static void attach(void)
{
	static struct tramp_target_ops ops;
	double start;
	int err;

	real = remote_space(w.r)->ops;
	ops = *real;
	ops.patch = timed_patch;
	ops.add_code = noted_code;
	remote_space(w.r)->ops = &ops;
	start = now_ms();
	err = tramp_attach_many(w.reqs, w.nr, w.links);
	fprintf(stderr, "whole: sessions on %u functions in %.0f ms, stopped for %.1f ms of it: %s\n", w.nr,
		now_ms() - start, w.stopped_ms, strerror(-err));
	must(!err, "cannot attach");
}

static void start(char **cmd)
{
	w.pid = fork();
	if (!w.pid) {
		launch_child();
		execvp(cmd[0], cmd);
		_exit(127);
	}
	must(!launch_parent(w.pid) && !remote_open(w.pid, &w.r), "cannot enter the command");
	w.reqs = calloc(FUNCS_MAX, sizeof(*w.reqs));
	w.links = calloc(FUNCS_MAX, sizeof(*w.links));
	w.funcs = calloc(FUNCS_MAX, sizeof(*w.funcs));
	w.images = calloc(FUNCS_MAX, sizeof(*w.images));
	must(w.reqs && w.links && w.funcs && w.images, "out of memory");
	make_map();
	add_objects();
	attach();
}

/* -- What came of it --- */

static void say_coverage(void)
{
	fprintf(stderr, "whole: %.2f %% of %u functions of 16 bytes and more", 100. * w.large_traced / w.large,
		w.large);
	for (u32 i = 0; i < w.nr_reasons; i++)
		fprintf(stderr, "; %u: %s", w.reasons[i].cnt, w.reasons[i].why);
	fprintf(stderr, " (and %u that are not left as they are entered)\n", w.odd);
	if (w.large_traced * 100ull < w.large * 97ull) {
		fprintf(stderr, "whole: fewer than 97 %% of functions\n");
		w.bad = BROKEN;
	}
}

static void on_open_frame(u64 pc, void *arg)
{
	(void)arg;
	for (u32 i = 0; i < w.nr_images; i++)
		if (pc > w.images[i].start && pc <= w.images[i].end)
			w.funcs[w.images[i].func].open++;
}

/* Of what was missed of a function, exits less entries */
static s64 missed_exits(u32 i, const struct guard_prog *stats)
{
	const struct count *c = &w.counts[i];

	return c->entries - c->exits - stats->unwound - w.funcs[i].open;
}

/* Are entries and exits of a function what they must be, as far as that can be known? */
static bool adds_up(u32 i, const struct guard_prog *stats)
{
	s64 exits = missed_exits(i, stats), all = stats->misses;

	return w.forks || w.nr_unknown || (exits <= all && -exits <= all && !((all - exits) & 1));
}

static void say_counts(u32 worst)
{
	u64 entries = 0, exits = 0, misses = 0, unwound = 0, open = 0;
	u32 called = 0;

	for (u32 i = 0; i < w.nr; i++) {
		const struct count *c = &w.counts[i];
		const struct func *f = &w.funcs[i];
		struct guard_prog stats;

		tramp_prog_stats(w.reqs[i].prog, &stats);
		entries += c->entries;
		exits += c->exits;
		misses += stats.misses;
		unwound += stats.unwound;
		open += f->open;
		called += !!c->entries;
		if (adds_up(i, &stats) && !(worst && c->entries != c->exits))
			continue;
		worst -= !!worst;
		fprintf(stderr, "whole: %s: %llu entries, %llu exits, %llu missed, %llu unwound, %llu open\n", f->name,
			c->entries, c->exits, stats.misses, stats.unwound, f->open);
		w.bad = adds_up(i, &stats) ? w.bad : BROKEN;
	}
	fprintf(stderr, "whole: %llu entries of %u functions = %llu exits, %llu unwound, %llu open; %llu missed; %s\n",
		entries, called, exits, unwound, open, misses,
		w.forks ? "children not looked at" : w.nr_unknown ? "stacks without unwind information" :
		w.bad ? "WRONG" : "exact for each");
	if (!entries)
		w.bad = BROKEN;
}

static u32 find_func(u64 addr)
{
	u32 i = 0;

	while (i < w.nr && !(w.funcs[i].in_exe && w.funcs[i].addr == addr))
		i++;
	return i;
}

static void compare_func(u32 i, u64 calls, u64 left)
{
	const struct count *c = &w.counts[i];
	u64 misses = tramp_prog_misses(w.reqs[i].prog);

	if (c->entries + c->exits + misses == 2 * calls - left && c->entries <= calls && c->exits <= calls - left)
		return;
	fprintf(stderr, "whole: %s: %llu calls of which %llu did not return; seen: %llu entries, %llu exits, %llu missed\n",
		w.funcs[i].name, calls, left, c->entries, c->exits, misses);
	w.bad = BROKEN;
}

static void compare_calls(const char *path)
{
	FILE *f = fopen(path, "r");
	u64 addr, calls, left, all = 0;
	u32 nr = 0, untraced = 0;

	must(f, "no file of calls");
	while (fscanf(f, "%llx %llu %llu", &addr, &calls, &left) == 3) {
		u32 i = find_func(addr);

		nr++;
		all += calls;
		if (i == w.nr)
			untraced++;
		else
			compare_func(i, calls, left);
	}
	fclose(f);
	fprintf(stderr, "whole: %u functions counted %llu calls themselves, %u of them without session\n", nr, all, untraced);
	if (!nr || untraced)
		w.bad = BROKEN;
}

/* -- Another count --- */

static bool is_object(const char *name, const char *const *objects, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		if (!strcmp(objects[i], name))
			return true;
	return false;
}

static void note_ran(const char *object, u64 addr, s64 times)
{
	for (u32 i = 0; i < w.nr; i++)
		if (w.funcs[i].addr == addr && !strcmp(w.funcs[i].object, object))
			w.funcs[i].ran += times;
}

static void compare_ran(const char *path)
{
	static const char *objects[16];
	FILE *f = fopen(path, "r");
	u32 nr = 0, nr_funcs = 0;
	u64 addr, all = 0;
	char object[256];
	s64 times;

	must(f, "no file of another count");
	while (fscanf(f, "%255s %llx %lld", object, &addr, &times) == 3) {
		if (!is_object(object, objects, nr) && nr < 16)
			objects[nr++] = strdup(object);
		note_ran(object, addr, times);
	}
	fclose(f);
	for (u32 i = 0; i < w.nr; i++) {
		struct guard_prog stats;
		u64 entries;

		if (!is_object(w.funcs[i].object, objects, nr))
			continue;
		tramp_prog_stats(w.reqs[i].prog, &stats);
		entries = w.counts[i].entries + (stats.misses - missed_exits(i, &stats)) / 2;
		nr_funcs += !!w.funcs[i].ran;
		all += w.funcs[i].ran;
		if (entries == w.funcs[i].ran)
			continue;
		fprintf(stderr, "whole: %s: %llu entries, ran %llu times\n", w.funcs[i].name, entries, w.funcs[i].ran);
		w.bad = BROKEN;
	}
	fprintf(stderr, "whole: another count has %llu calls of %u functions\n", all, nr_funcs);
	if (!all)
		w.bad = BROKEN;
}

int main(int argc, char **argv)
{
	const char *calls = NULL, *ran = NULL;
	u32 worst = 0;
	int status, i;

	for (i = 1; i + 1 < argc && strcmp(argv[i], "--"); i += 2) {
		if (!strcmp(argv[i], "--calls"))
			calls = argv[i + 1];
		else if (!strcmp(argv[i], "--ran"))
			ran = argv[i + 1];
		else if (!strcmp(argv[i], "--forks"))
			w.forks = true;
		else if (!strcmp(argv[i], "--worst"))
			worst = atoi(argv[i + 1]);
	}
	must(i + 1 < argc, "usage: whole [--calls FILE] [--ran FILE] [--forks 1] [--worst N] -- COMMAND [ARG...]");
	start(&argv[i + 1]);
	must(!open_watch(w.pid, on_open_frame, NULL, &status, &w.nr_unknown), "lost the command");
	say_coverage();
	say_counts(worst);
	if (calls)
		compare_calls(calls);
	if (ran)
		compare_ran(ran);
	remote_close(w.r);
	if (WIFSIGNALED(status)) {
		fprintf(stderr, "whole: the command was killed by signal %d\n", WTERMSIG(status));
		w.bad = BROKEN;
	}
	_exit(w.bad ?: WEXITSTATUS(status));	/* files are still open, whose names are borrowed */
}
