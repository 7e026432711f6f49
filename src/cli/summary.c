/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <bpf/libbpf.h>
#include <fsession/fsession.h>

#include "cli/attach.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/stop.h"
#include "cli/verbs.h"

#define NAMES_SHOWN 8	/* functions left out, per reason; -v shows all */

static const char *engine_name(enum fsession_engine e)
{
	return e == FSESSION_ENGINE_KERNEL ? "kernel" : e == FSESSION_ENGINE_SPLIT ? "split" : "?";
}

static void print_program(const struct attached *p, struct json *j)
{
	struct fsession_prog_info info = { .sz = sizeof(info) };
	const char *name = bpf_program__name(p->prog);
	bool ours = attach_is_fsession(p->prog) && !fsession_prog_info(p->prog, &info);

	if (j) {
		json_record(j, "program");
		json_key_str(j, "name", name);
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
		report_line("%s: engine %s on %d functions: %s", name, engine_name(info.engine),
			    p->nr_funcs, info.reason);
	} else {
		report_line("%s: engine %s on %s: %s", name, engine_name(info.engine), info.target,
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
	fprintf(f, "left out %zu function%s (%s):", n, n == 1 ? "" : "s", s->reason);
	for (size_t i = 0; i < shown; i++)
		fprintf(f, "%s %s", i ? "," : "", s[i].func);
	if (shown < n)
		fprintf(f, " and %zu more", n - shown);
	if (!fclose(f))
		report_line("%s", text);
	free(text);
}

static void print_all_skipped(const struct attach *a, int verbose, struct json *j)
{
	size_t from = 0;

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

void summary_print_start(const struct run_opts *o, const struct attach *a, struct json *json)
{
	for (size_t i = 0; i < a->nr_progs; i++)
		print_program(&a->progs[i], json);
	print_all_skipped(a, o->verbose, json);
}

static const struct {
	const char *name;
	size_t off;
} counters[] = {
	{ "entries", offsetof(struct fsession_stats, entries) },
	{ "exits", offsetof(struct fsession_stats, exits) },
	{ "unmatched", offsetof(struct fsession_stats, unmatched) },
	{ "missed", offsetof(struct fsession_stats, missed) },
	{ "full", offsetof(struct fsession_stats, full) },
	{ "swept", offsetof(struct fsession_stats, swept) },
	{ "open", offsetof(struct fsession_stats, open) },
};

#define NR_COUNTERS (sizeof(counters) / sizeof(counters[0]))

static void print_counters(const struct bpf_program *prog, const struct fsession_stats *s,
			   struct json *j)
{
	uint64_t v;

	if (j) {
		json_record(j, "stats");
		json_key_str(j, "program", bpf_program__name(prog));
	} else {
		printf("%-24s", bpf_program__name(prog));
	}
	for (size_t i = 0; i < NR_COUNTERS; i++) {
		memcpy(&v, (const char *)s + counters[i].off, sizeof(v));
		if (j)
			json_key_u64(j, counters[i].name, v);
		else
			printf(" %10" PRIu64, v);
	}
	if (j)
		json_close(j, '}');
	else
		putchar('\n');
}

void summary_print_stats(const struct attach *a, struct json *json)
{
	struct fsession_stats s = { .sz = sizeof(s) };

	if (!json) {
		printf("%-24s", "program");
		for (size_t i = 0; i < NR_COUNTERS; i++)
			printf(" %10s", counters[i].name);
		putchar('\n');
	}
	for (size_t i = 0; i < a->nr_progs; i++)
		if (attach_is_fsession(a->progs[i].prog) &&
		    !fsession_prog_stats(a->progs[i].prog, &s))
			print_counters(a->progs[i].prog, &s, json);
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

static void print_end_json(const struct stop *stop, uint64_t nr_lines, uint64_t lost,
			   struct json *j)
{
	static const char *const why[] = {
		[STOP_NOT_YET] = "error", [STOP_SIGNAL] = "signal", [STOP_TIME] = "time",
		[STOP_COMMAND] = "command",
	};

	json_record(j, "end");
	json_key_str(j, "why", why[stop->why]);
	if (stop->why == STOP_SIGNAL)
		json_key_u64(j, "signal", stop->sig);
	if (stop->child_ended && WIFEXITED(stop->child_status))
		json_key_u64(j, "command_status", WEXITSTATUS(stop->child_status));
	if (stop->child_ended && WIFSIGNALED(stop->child_status))
		json_key_u64(j, "command_signal", WTERMSIG(stop->child_status));
	json_key_u64(j, "lines", nr_lines);
	json_key_u64(j, "lost", lost);
	json_close(j, '}');
}

void summary_print_end(const struct stop *stop, char *const *cmd, uint64_t nr_lines, uint64_t lost,
		       struct json *json)
{
	if (lost)
		report_line("warning: %" PRIu64 " lines of bpf_printk() came too fast and were lost",
			    lost);
	if (stop->child)
		report_command(stop, cmd[0]);
	if (json)
		print_end_json(stop, nr_lines, lost, json);
}
