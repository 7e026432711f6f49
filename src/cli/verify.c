/* SPDX-License-Identifier: BSD-2-Clause */
/* fsession verify: what the verifier says of each program of an object. Nothing is loaded or run. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/help.h"
#include "cli/json.h"
#include "cli/judge.h"
#include "cli/report.h"
#include "cli/verbs.h"
#include "util/log.h"

struct verdicts {
	const struct verify_verb_opts *o;
	struct json json;
	unsigned int refused;
};

/* -- Text --- */

static void print_verdict(const struct judgement *j, void *arg)
{
	const struct verify_result *r = j->res;
	struct verdicts *v = arg;

	v->refused += !!j->err;
	fputs(j->log, stdout);
	printf("%s: %s (section %s; %llu instructions visited, %u states, %u at once, stack %u, %.3f ms)\n",
	       j->name, j->err ? "reject" : "accept", j->section, (unsigned long long)r->visited, r->states,
	       r->peak_states, r->stack_bytes, j->ns / 1e6);
	if (j->note)
		printf("  note: %s\n", j->note);
	if (!j->err || v->o->verbose)
		return;
	if (r->source)
		printf("  ; %s @ %s:%u\n", r->source, r->file, r->line);
	printf("  insn %u: %s\n", r->bad_insn, r->reason[0] ? r->reason : log_errstr(j->err));
	if (r->hint[0])
		printf("  hint: %s\n", r->hint);
}

/* -- JSON --- */

static void put_reason(struct json *json, const struct judgement *j)
{
	const struct verify_result *r = j->res;

	json_key(json, "errno");
	json_s64(json, -j->err);
	json_key_str(json, "reason", r->reason[0] ? r->reason : log_errstr(j->err));
	json_key_str(json, "hint", r->hint[0] ? r->hint : NULL);
	json_key_u64(json, "insn", r->bad_insn);
	json_key_str(json, "source", r->source);
	json_key_str(json, "file", r->source ? r->file : NULL);
	json_key_u64(json, "line", r->line);
}

static void put_verdict(const struct judgement *j, void *arg)
{
	struct verdicts *v = arg;
	struct json *json = &v->json;

	v->refused += !!j->err;
	json_open(json, '{');
	json_key_str(json, "name", j->name);
	json_key_str(json, "verdict", j->err ? "reject" : "accept");
	json_key_str(json, "section", j->section);
	json_key_str(json, "target", j->target);
	if (j->err)
		put_reason(json, j);
	json_key_str(json, "note", j->note);
	json_key_u64(json, "insns", j->cnt);
	json_key_u64(json, "insns_visited", j->res->visited);
	json_key_u64(json, "states", j->res->states);
	json_key_u64(json, "peak_states", j->res->peak_states);
	json_key_u64(json, "stack_bytes", j->res->stack_bytes);
	json_key_u64(json, "time_ns", j->ns);
	if (v->o->verbose)
		json_key_str(json, "log", j->log);
	json_close(json, '}');
}

static int judge_as_json(const char *path, const struct judge_opts *o, struct verdicts *v)
{
	struct json *json = &v->json;
	int err;

	json_init(json, stdout);
	json_open(json, '{');
	json_key(json, "programs");
	json_open(json, '[');
	err = judge_object(path, o, put_verdict, v);
	json_close(json, ']');
	json_close(json, '}');
	return err;
}

/* -- The verb --- */

static int check_operands(const struct verify_verb_opts *o, const struct opt_rest *rest)
{
	if (rest->nr_args != 1)
		return fail_hint(-EINVAL, "fsession verify FILE.bpf.o", "verify: %s",
				 rest->nr_args ? "one object at a time" : "no object given");
	if (rest->cmd)
		return fail(-EINVAL, "verify: it runs no command");
	if (o->btf && o->target)
		return fail(-EINVAL, "verify: types come from --btf or from --target, not from both");
	return 0;
}

static int verify_file(const char *path, const struct verify_verb_opts *o)
{
	struct judge_opts opts = {
		.btf = o->btf,
		.exe = o->target,
		.attach = o->attach,
		.program = o->program,
		.kernel = !o->target,
		.log_level = !o->verbose ? 0 : o->verbose == 1 ? VERIFY_LOG_STEPS : VERIFY_LOG_ALL,
	};
	struct verdicts v = { .o = o };
	int n = o->json ? judge_as_json(path, &opts, &v) : judge_object(path, &opts, print_verdict, &v);

	if (n < 0)
		return EXIT_UNJUDGED;
	if (!n) {
		fail(-ENOENT, o->program ? "object '%s': it has no program '%s'" :
		     "object '%s': it has no programs", path, o->program);
		return EXIT_UNJUDGED;
	}
	return v.refused ? EXIT_FAILED : EXIT_OK;
}

int verify_verb(const struct verb *v, char **argv)
{
	struct verify_verb_opts o = { 0 };
	struct opt_rest rest;
	int status;

	if (opt_parse(v->opts, argv, &o, &rest))
		return EXIT_USAGE;
	if (o.help) {
		help_print_verb(stdout, v);
		return EXIT_OK;
	}
	if (check_operands(&o, &rest))
		return EXIT_USAGE;
	report_init(o.verbose > 2 ? o.verbose : 0);
	status = verify_file(rest.args[0], &o);
	opt_done(v->opts, &o);
	return status;
}
