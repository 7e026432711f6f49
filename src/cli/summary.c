/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fsession/fsession.h>

#include "cli/attach.h"
#include "cli/json.h"
#include "cli/lines.h"
#include "cli/report.h"
#include "cli/stop.h"
#include "cli/verbs.h"

#define NAMES_SHOWN 8	/* functions left out, per reason; -v shows all */

static const char *engine_name(enum fsession_engine e)
{
	static const char *const names[] = { "?", "kernel", "split", "user" };

	return names[e <= FSESSION_ENGINE_USER ? e : 0];
}

static void print_program(const struct attached *p, int pid, struct json *j)
{
	struct fsession_prog_info info = { .sz = sizeof(info) };
	const char *name = bpf_program__name(p->prog);
	char in[32] = "";
	bool ours = attach_is_fsession(p->prog) && !fsession_prog_info(p->prog, &info);

	if (pid)
		snprintf(in, sizeof(in), " in process %d", pid);
	if (j) {
		json_record(j, "program");
		json_key_str(j, "name", name);
		if (pid)
			json_key_u64(j, "pid", pid);
		json_key_str(j, "section", bpf_program__section_name(p->prog));
		json_key_str(j, "engine", ours ? engine_name(info.engine) : NULL);
		json_key_str(j, "reason", ours ? info.reason : NULL);
		json_key_str(j, "target", ours ? info.target : NULL);
		json_key_u64(j, "functions", p->nr_funcs);
		json_key_u64(j, "entry_id", info.entry_id);
		json_key_u64(j, "exit_id", info.exit_id);
		json_close(j, '}');
	} else if (!ours) {
		report_line("%s: %s by libbpf, section '%s'", name,
			    p->nr_funcs ? "attached" : "loaded, not attached,",
			    bpf_program__section_name(p->prog));
	} else if (p->nr_funcs > 1) {
		report_line("%s: engine %s on %d functions%s: %s", name, engine_name(info.engine),
			    p->nr_funcs, in, info.reason);
	} else {
		report_line("%s: engine %s on %s%s: %s", name, engine_name(info.engine), info.target, in,
			    info.reason);
	}
}

static int compare_reasons(const void *a, const void *b)
{
	const struct skipped *x = a, *y = b;
	int d = strcmp(x->reason, y->reason);

	return d ? d : strcmp(x->func, y->func);
}

/* One line per reason: those of @s[0..n) are equal. */
static void print_skipped(const struct skipped *s, size_t n, int verbose)
{
	size_t shown = verbose || n <= NAMES_SHOWN + 1 ? n : NAMES_SHOWN, size;
	char *text = NULL;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return;
	fprintf(f, "left out %zu function%s:", n, n == 1 ? "" : "s");
	for (size_t i = 0; i < shown; i++)
		fprintf(f, "%s %s", i ? "," : "", s[i].func);
	if (shown < n)
		fprintf(f, " and %zu more", n - shown);
	fprintf(f, " (%s)", s->reason);
	if (!fclose(f))
		report_line("%s", text);
	free(text);
}

static void print_all_skipped(const struct attach *a, int verbose, struct json *j)
{
	size_t from = 0;

	if (a->nr_skipped)
		qsort(a->skipped, a->nr_skipped, sizeof(*a->skipped), compare_reasons);
	for (size_t i = 0; i < a->nr_skipped; i++) {
		const struct skipped *s = &a->skipped[i];

		if (j) {
			json_record(j, "skipped");
			json_key_str(j, "program", bpf_program__name(s->prog));
			json_key_str(j, "function", s->func);
			json_key_str(j, "reason", s->reason);
			json_close(j, '}');
		} else if (i + 1 == a->nr_skipped || strcmp(s->reason, s[1].reason)) {
			print_skipped(&a->skipped[from], i + 1 - from, verbose);
			from = i + 1;
		}
	}
}

void summary_print_start(const struct run_opts *o, const struct attach *a, int pid, struct json *json)
{
	for (size_t i = 0; i < a->nr_progs; i++)
		print_program(&a->progs[i], pid, json);
	print_all_skipped(a, o->verbose, json);
}

/* The counters of a program. No engine has all of them. */
struct counters {
	struct fsession_stats s;
	uint64_t runs;		/* of the program, entries and exits */
	enum fsession_engine engine;
};

#define ANY_ENGINE FSESSION_ENGINE_AUTO

static const struct {
	const char *name;
	size_t off;
	enum fsession_engine only;
} columns[] = {
	{ "runs", offsetof(struct counters, runs), ANY_ENGINE },
	{ "entries", offsetof(struct counters, s.entries), FSESSION_ENGINE_SPLIT },
	{ "exits", offsetof(struct counters, s.exits), FSESSION_ENGINE_SPLIT },
	{ "missed", offsetof(struct counters, s.missed), ANY_ENGINE },
	{ "unmatched", offsetof(struct counters, s.unmatched), FSESSION_ENGINE_SPLIT },
	{ "full", offsetof(struct counters, s.full), FSESSION_ENGINE_SPLIT },
	{ "swept", offsetof(struct counters, s.swept), FSESSION_ENGINE_SPLIT },
	{ "open", offsetof(struct counters, s.open), FSESSION_ENGINE_SPLIT },
	{ "unwound", offsetof(struct counters, s.unwound), FSESSION_ENGINE_USER },
};

#define NR_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static uint64_t kernel_runs(const struct bpf_program *prog)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len) ? 0 : info.run_cnt;
}

static bool read_counters(const struct bpf_program *prog, struct counters *c)
{
	struct fsession_prog_info info = { .sz = sizeof(info) };

	*c = (struct counters){ .s = { .sz = sizeof(c->s) } };
	if (!attach_is_fsession(prog) || fsession_prog_info(prog, &info) ||
	    fsession_prog_stats(prog, &c->s))
		return false;
	c->engine = info.engine;
	c->runs = c->engine == FSESSION_ENGINE_SPLIT ? c->s.entries + c->s.exits : kernel_runs(prog);
	return true;
}

static uint64_t *counter_of(struct counters *c, size_t column)
{
	return (uint64_t *)(void *)((char *)c + columns[column].off);
}

static void print_counter(struct counters *c, size_t column, struct json *j)
{
	bool has = columns[column].only == ANY_ENGINE || columns[column].only == c->engine;
	uint64_t v = *counter_of(c, column);

	if (j) {
		json_key(j, columns[column].name);
		has ? json_u64(j, v) : json_null(j);
	} else if (has) {
		printf(" %10" PRIu64, v);
	} else {
		printf(" %10s", "-");
	}
}

struct total {
	char *name;
	struct counters c;
};

static struct total *total_of(struct totals *t, const char *name)
{
	struct total *v;

	for (size_t i = 0; i < t->nr; i++)
		if (!strcmp(t->v[i].name, name))
			return &t->v[i];
	v = realloc(t->v, (t->nr + 1) * sizeof(*v));
	if (!v)
		return NULL;
	t->v = v;
	v[t->nr] = (struct total){ .name = strdup(name) };
	return v[t->nr].name ? &v[t->nr++] : NULL;
}

void summary_add_stats(struct totals *t, const struct attach *a)
{
	for (size_t i = 0; i < a->nr_progs; i++) {
		const struct bpf_program *prog = a->progs[i].prog;
		struct counters c;
		struct total *sum = read_counters(prog, &c) ? total_of(t, bpf_program__name(prog)) : NULL;

		if (!sum)
			continue;
		sum->c.engine = c.engine;
		for (size_t k = 0; k < NR_COLUMNS; k++)
			*counter_of(&sum->c, k) += *counter_of(&c, k);
	}
}

void summary_print_stats(struct totals *t, struct json *json)
{
	if (!json) {
		printf("%-24s", "program");
		for (size_t i = 0; i < NR_COLUMNS; i++)
			printf(" %10s", columns[i].name);
		putchar('\n');
	}
	for (size_t i = 0; i < t->nr; i++) {
		struct total *sum = &t->v[i];

		if (json) {
			json_record(json, "stats");
			json_key_str(json, "program", sum->name);
		} else {
			printf("%-24s", sum->name);
		}
		for (size_t k = 0; k < NR_COLUMNS; k++)
			print_counter(&sum->c, k, json);
		if (json)
			json_close(json, '}');
		else
			putchar('\n');
		free(sum->name);
	}
	free(t->v);
	*t = (struct totals){ 0 };
}

/* What became of the command. */
static void report_command(const struct stop *stop, const char *name)
{
	int status = stop->child_status;

	if (!stop->child_ended)
		report_line("'%s' still runs, pid %d", name, stop->child);
	else if (WIFSIGNALED(status))
		report_line("'%s' was killed by signal %d (%s)", name, WTERMSIG(status),
			    strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		report_line("'%s' exited with status %d", name, WEXITSTATUS(status));
}

static void print_end_json(const struct stop *stop, const struct lines *lines, uint64_t lost,
			   struct json *j)
{
	static const char *const why[] = {
		[STOP_NOT_YET] = "error", [STOP_SIGNAL] = "signal", [STOP_TIME] = "time",
		[STOP_COMMAND] = "command", [STOP_PROCESS] = "process",
	};

	json_record(j, "end");
	json_key_str(j, "why", why[stop->why]);
	if (stop->why == STOP_SIGNAL)
		json_key_u64(j, "signal", stop->sig);
	if (stop->child_ended && WIFEXITED(stop->child_status))
		json_key_u64(j, "command_status", WEXITSTATUS(stop->child_status));
	if (stop->child_ended && WIFSIGNALED(stop->child_status))
		json_key_u64(j, "command_signal", WTERMSIG(stop->child_status));
	json_key_u64(j, "lines", lines->nr);
	json_key_u64(j, "lines_of_others", lines->nr_others);
	json_key_u64(j, "lost", lost);
	json_close(j, '}');
}

void summary_print_end(const struct stop *stop, char *const *cmd, const struct lines *lines,
		       uint64_t lost, struct json *json)
{
	if (lost)
		report_line("warning: %" PRIu64 " lines of bpf_printk() came too fast: lost", lost);
	if (stop->child)
		report_command(stop, cmd[0]);
	if (json)
		print_end_json(stop, lines, lost, json);
}
