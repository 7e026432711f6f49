/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fsession run: an object's life. What it prints goes to stdout as text or as JSON lines, what it
 * has to say about that to stderr.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fsession/fsession.h>

#include "cli/dump.h"
#include "cli/follow.h"
#include "cli/help.h"
#include "cli/inst.h"
#include "cli/json.h"
#include "cli/limits.h"
#include "cli/lines.h"
#include "cli/printk.h"
#include "cli/process.h"
#include "cli/report.h"
#include "cli/self.h"
#include "cli/stop.h"
#include "cli/summary.h"
#include "cli/symbols.h"
#include "cli/target.h"
#include "cli/verbs.h"
#include "cli/whose.h"
#include "engine/user.h"
#include "util/log.h"
#include "util/privilege.h"

#define SWEEP_MS 1000
#define MODULE_MS 100	/* how soon a shared object is seen that a process has loaded */
#define MANY_FUNCS 64	/* detaching from them may take a while, which is told */
#define PENDING_MS 10	/* lines wait for older ones of other CPUs */

struct run {
	const struct run_opts *o;
	const char *path;
	char **cmd;
	struct json json_out;
	struct json *json;	/* &json_out, or NULL = text */
	struct inst *insts;	/* where programs go to: the kernel, or each process */
	struct inst *owner;	/* of the maps; the first that was loaded */
	struct follow follow;	/* --follow */
	struct targets targets;
	char module[64];	/* a shared object whose functions are meant, in a process; "" = none */
	struct totals totals;
	struct symbols *symbols;	/* --dump */
	struct printk *printk;	/* NULL: no program prints */
	struct whose whose;
	struct lines lines;
	struct stop stop;
	int stats_fd;		/* open: the kernel counts runs; -1 = not wanted */
	struct self *self;	/* --lib */
	int lines_fd;		/* of the user engine; -1 = another one */
};

static bool is_cancelled(void *arg)
{
	struct run *r = arg;

	stop_wait(&r->stop, -1, 0);
	return r->stop.why != STOP_NOT_YET;
}

static bool prints(const struct bpf_program *prog)
{
	const struct bpf_insn *insns = bpf_program__insns(prog);

	for (size_t i = 0; i < bpf_program__insn_cnt(prog); i++)
		if (insns[i].code == (BPF_JMP | BPF_CALL) && !insns[i].src_reg &&
		    (insns[i].imm == BPF_FUNC_trace_printk ||
		     insns[i].imm == BPF_FUNC_trace_vprintk))
			return true;
	return false;
}

/* Without its lines a program runs all the same. */
static void open_printk(struct run *r, const struct bpf_object *obj)
{
	struct bpf_program *prog;
	struct log_capture why;
	char text[512];
	bool wanted = false;
	int err;

	bpf_object__for_each_program(prog, obj)
		wanted = wanted || (bpf_program__autoload(prog) && prints(prog));
	if (!wanted || r->printk)
		return;
	log_capture_start(&why, text, sizeof(text));
	err = printk_open(r->lines_fd, &r->printk);
	log_capture_stop(&why);
	if (err)
		log_msg(LOG_WARN, "%s", text);
}

static int load(const struct run *r, struct bpf_object *obj)
{
	unsigned int nr_errors = report_nr_errors();
	const char *why, *hint;
	int err;

	report_libbpf_reset();
	err = bpf_object__load(obj);
	if (!err || report_nr_errors() != nr_errors)
		return err;
	hint = report_verifier_hint();
	if (err == -EPERM || (err == -EACCES && !report_verifier_spoke()))
		hint = privilege_hint();
	why = err == -EPERM ? log_errstr(err) : report_libbpf_reason();
	return fail_hint(err, hint, "cannot load '%s': %s", r->path, why ? why : log_errstr(err));
}

static int open_object(const struct run *r, struct bpf_object **ret)
{
	int err;

	report_libbpf_reset();
	err = fsession_open_file(r->path, NULL, ret);
	if (err && report_libbpf_reason())
		report_line("hint: libbpf: %s", report_libbpf_reason());
	return err;
}

static int command_stdout(const struct run *r)
{
	return r->json ? STDERR_FILENO : STDOUT_FILENO;
}

static int enter(struct run *r, pid_t pid)
{
	struct inst *in = inst_add(&r->insts);
	int err;

	if (!in)
		return -ENOMEM;
	err = process_enter(&in->process, pid, r->o->follow ? PROCTARGET_HELD : PROCTARGET_ALONE, &r->stop);
	return err || !r->o->follow ? err : follow_add(&r->follow, pid, in);
}

static int enter_all(struct run *r)
{
	pid_t *pids;
	int err = 0, nr = process_list(&r->o->pids, &pids);

	for (int i = 0; i < nr && !err; i++)
		err = enter(r, pids[i]);
	if (!nr)
		err = process_launch(&r->stop, r->cmd, command_stdout(r));
	err = nr < 0 ? nr : nr || err ? err : enter(r, r->stop.child);
	free(pids);
	return err;
}

/* The engine that needs no kernel, before anything asks one. */
static int use_user_engine(struct run *r)
{
	const char *option = r->o->lib ? "lib" : r->o->follow ? "follow" : r->o->perf_map ? "perf-map" :
			     r->o->jitdump ? "jitdump" : NULL;
	int err;

	if (r->o->engine != FSESSION_ENGINE_USER && option)
		return fail_hint(-EINVAL, "--engine user", "--%s is for the user engine", option);
	if (r->o->engine != FSESSION_ENGINE_USER)
		return 0;
	if (!&fsession_user_engine)
		return fail(-EOPNOTSUPP, "engine user: not for this machine's architecture yet");
	if (r->o->perf_map)
		fsession_user_engine.perfmap_enable();
	if (r->o->jitdump)
		fsession_user_engine.jitdump_enable();
	if (r->o->lib) {
		err = self_open(r->o->lib, &r->self);
		err = err ?: fsession_user_engine.use(r->o->lib);
	} else if (r->o->pids.n || r->cmd) {
		err = enter_all(r);
	} else {
		err = fail_hint(-EINVAL, "-- COMMAND, --pid PID or --lib ./libfoo.so",
				"engine user: nothing to trace");
	}
	if (err)
		return err;
	r->lines_fd = fsession_user_engine.lines_open();
	return r->lines_fd < 0 ? fail(r->lines_fd, "bpf_printk: %s", log_errstr(r->lines_fd)) : 0;
}

static int start_command(struct run *r)
{
	if (r->self)
		return self_start_call(r->self, r->cmd, &r->stop.call_fd);
	if (r->stop.child_waits) {
		process_start(&r->stop);
		return 0;
	}
	return stop_start_command(&r->stop, r->cmd, command_stdout(r), NULL);
}

/* It may be loaded later (dlopen). */
static bool must_wait(const struct run *r, struct inst *in)
{
	if (!strstr(r->module, ".so") || !in->process.target)
		return false;
	in->module_at = fsession_user_engine.mapped(in->process.target, r->module);
	if (in->module_at)
		return false;
	if (!r->o->follow)
		report_line("process %d has not loaded '%s': waiting for it", in->process.pid, r->module);
	return true;
}

static int set_up(struct run *r, struct inst *in)
{
	int err;

	in->attach = (struct attach){ is_cancelled, r };
	if (must_wait(r, in))
		return 0;
	if (in->process.target)
		process_select(&in->process);
	err = open_object(r, &in->obj);
	if (!err && r->owner)
		err = inst_share_maps(in, r->owner);
	if (!err)
		err = attach_prepare(in->obj, &r->targets);
	if (!err)
		err = load(r, in->obj);
	if (!err)
		open_printk(r, in->obj);
	if (!err)
		err = attach_all(&in->attach, in->obj, &r->targets);
	if (err)
		return err;
	if (!r->owner)
		r->owner = in;
	if (r->symbols && in->process.target)
		symbols_keep(r->symbols);
	summary_print_start(r->o, &in->attach, r->insts->next || r->o->follow ? in->process.pid : 0, r->json);
	return 0;
}

static int set_up_followed(void *arg, struct inst *in)
{
	return set_up(arg, in);
}

static void retire(void *arg, struct inst *in)
{
	struct run *r = arg;

	if (r->o->stats)
		summary_add_stats(&r->totals, &in->attach);
	inst_leave(in);
	in->retired = true;
	if (in != r->owner)
		inst_free(&r->insts, in);
}

/* A command, or a process, may be a shell whose children have the functions. */
static int set_up_all(struct run *r)
{
	struct inst *next;
	int err = 0;

	for (struct inst *in = r->insts; in && !err; in = next) {
		next = in->next;
		if (r->o->follow)
			err = follow_set_up(&r->follow, in, !r->cmd);
		else
			err = set_up(r, in);
	}
	return err;
}

static int start(struct run *r)
{
	struct fsession_register_opts opts = {
		.sz = sizeof(opts),
		.engine = r->o->engine,
		.log_level = report_fsession_level(r->o->verbose),
	};
	int err;

	limits_raise();
	whose_begin(&r->whose);
	err = use_user_engine(r);
	if (!err)
		err = fsession_register(&opts);
	if (!err)
		err = targets_open(&r->o->attach, &r->targets);
	if (!err)
		targets_module(&r->targets, r->module, sizeof(r->module));
	/* May be missing: then the kernel engine's runs are 0. The user engine's programs are compiled for it. */
	if (!err && r->o->stats)
		r->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (!err && !r->insts && !inst_add(&r->insts))
		err = -ENOMEM;
	err = err ?: set_up_all(r);
	whose_end(&r->whose);
	if (!err && r->printk)
		printk_set_whose(r->printk, &r->whose);
	return err;
}

static size_t drain(struct run *r, enum printk_drain how)
{
	size_t left = 0;

	if (r->printk)
		left = printk_drain(r->printk, how, lines_print, &r->lines);
	fflush(stdout);
	return left;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

/* What was attached in it is gone. */
static void on_unload(struct run *r, struct inst *in)
{
	struct inst *next = inst_add(&r->insts);

	if (!next)
		return;
	report_line("process %d has unloaded '%s'", in->process.pid, r->module);
	if (r->o->stats)
		summary_add_stats(&r->totals, &in->attach);
	attach_detach(&in->attach);
	fsession_user_engine.forget(in->process.target, r->module);
	next->process = in->process;
	in->process = (struct process){ .fd = -1 };
	in->retired = true;
	follow_replace(&r->follow, in, next);
	if (in != r->owner)
		inst_free(&r->insts, in);
	next->attach = (struct attach){ is_cancelled, r };
}

/* Has the shared object come or gone? */
static void look_at_module(struct run *r, struct inst *in)
{
	uint64_t at;

	if (!in->process.target || in->process.over)
		return;
	at = fsession_user_engine.mapped(in->process.target, r->module);
	if (at == in->module_at || process_look(&in->process, &r->stop, !r->o->follow))
		return;		/* or that of another program */
	if (in->module_at)
		on_unload(r, in);
	else if (at && set_up(r, in))
		in->module_at = at;	/* said why not: not again */
}

static void look_at_modules(struct run *r)
{
	for (struct inst *in = r->insts, *next; in; in = next) {
		next = in->next;
		look_at_module(r, in);
	}
}

/* Those that have ended are told. With the last of --pid the run ends; a command's end is another event. */
static void look_at_processes(struct run *r)
{
	bool any = false;

	r->stop.process_event = r->stop.child_event = false;
	for (struct inst *in = r->insts; in; in = in->next)
		any |= !process_look(&in->process, &r->stop, !r->o->follow);
	if (r->o->follow) {
		follow_look(&r->follow);
		any = follow_any(&r->follow);
	}
	if (!any && (!r->cmd || r->o->follow))
		stop_because(&r->stop, r->cmd ? STOP_COMMAND : STOP_PROCESS);
}

static int watch(struct run *r)
{
	uint64_t next_sweep_ms = now_ms() + SWEEP_MS, next_module_ms = 0;
	size_t left = 0;
	int err = 0;

	if (r->o->for_ns)
		err = stop_after(&r->stop, r->o->for_ns);
	if (!err && r->cmd)
		err = start_command(r);
	while (!err && r->stop.why == STOP_NOT_YET) {
		err = stop_wait(&r->stop, r->printk ? printk_fd(r->printk) : -1,
				left ? PENDING_MS : *r->module ? MODULE_MS : SWEEP_MS);
		left = drain(r, PRINTK_NOW);
		if (r->stop.process_event || (r->o->follow && r->stop.child_event))
			look_at_processes(r);
		if (*r->module && now_ms() >= next_module_ms) {
			look_at_modules(r);
			next_module_ms = now_ms() + MODULE_MS;
		}
		if (now_ms() >= next_sweep_ms) {
			fsession_sweep();
			look_at_processes(r);
			next_sweep_ms = now_ms() + SWEEP_MS;
		}
	}
	return err;
}

static void print_stats(struct run *r)
{
	for (const struct inst *in = r->insts; in; in = in->next)
		if (!in->retired)
			summary_add_stats(&r->totals, &in->attach);
	summary_print_stats(&r->totals, r->json);
}

static size_t nr_funcs(const struct run *r)
{
	size_t n = 0;

	for (const struct inst *in = r->insts; in; in = in->next)
		n += attach_nr_funcs(&in->attach);
	return n;
}

static int finish(struct run *r)
{
	int err = 0;

	stop_give_back(&r->stop);
	if (r->o->stats)
		print_stats(r);
	if (nr_funcs(r) >= MANY_FUNCS)
		report_line("detaching from %zu functions", nr_funcs(r));
	for (struct inst *in = r->insts; in; in = in->next)
		inst_leave(in);
	follow_done(&r->follow);
	process_forget_command(&r->stop);
	drain(r, PRINTK_FINAL);
	if (!r->owner && *follow_why(&r->follow))
		err = fail(-ENOENT, "nothing was traced: %s", follow_why(&r->follow));
	else if (!r->owner)
		err = fail(-ENOENT, "nothing was traced: '%s' was never loaded", r->module);
	else if (r->o->dump)
		err = dump_print(r->owner->obj, r->symbols, r->json);
	else if (!r->printk && !r->o->stats)
		report_line("hint: it prints nothing by itself; --dump prints its variables and maps");
	summary_print_end(&r->stop, r->cmd, &r->lines, r->printk ? printk_lost(r->printk) : 0,
			  r->json);
	return err;
}

/* The functions that were meant may be others than those that were looked at. */
static void hint_at_others(const struct run *r, int err)
{
	bool opened = r->insts && r->insts->obj;

	if (err == -ENOENT && r->stop.child_waits && !r->o->follow)
		report_line("hint: --follow is for functions of what the command executes");
	if ((err == -ENOENT || err == -EPERM) && opened && r->cmd && r->o->engine == FSESSION_ENGINE_AUTO)
		report_line("hint: --engine user is for functions of the command");
}

static int run(struct run *r)
{
	int err, err_finish;
	const char *why;

	if (r->o->dump) {
		r->symbols = symbols_new();
		if (!r->symbols)
			return fail(-ENOMEM, "out of memory");
	}
	err = stop_begin(&r->stop);
	r->stop.outlives_child = r->o->follow;
	if (!err)
		err = start(r);
	if (err == -ECANCELED) {
		report_line("stopped before everything was attached");
	} else if (err && !report_nr_errors()) {	/* libbpf's own, which are kept from the user */
		why = report_libbpf_reason();
		fail(err, "object '%s': %s", r->path, why ? why : log_errstr(err));
	}
	if (err) {
		hint_at_others(r, err);
		if (r->json)
			summary_print_end(&r->stop, r->cmd, &r->lines, 0, r->json);
		return err;
	}
	err = watch(r);
	if (r->self && r->stop.why == STOP_COMMAND)
		report_line("'%s' returned %ld", r->cmd[0], self_result(r->self));
	err_finish = finish(r);
	return err ? err : err_finish;
}

/* Takes what was made, however far that went. */
static void run_done(struct run *r)
{
	inst_free_all(&r->insts);
	follow_done(&r->follow);
	process_forget_command(&r->stop);
	targets_done(&r->targets);
	printk_close(r->printk);
	whose_done(&r->whose);
	symbols_free(r->symbols);
	stop_end(&r->stop);
	if (r->stats_fd >= 0)
		close(r->stats_fd);
	if (r->lines_fd >= 0)
		fsession_user_engine.lines_close(r->lines_fd);
	self_close(r->self);
	fsession_unregister();
}

static int check_operands(const struct opt_rest *rest)
{
	if (!rest->nr_args)
		return fail_hint(-EINVAL, "fsession run FILE.bpf.o", "run: no object given");
	if (rest->nr_args > 1)
		return fail_hint(-EINVAL, "a command goes after '--'",
				 "run: one object at a time: unexpected '%s'", rest->args[1]);
	if (rest->cmd && !rest->cmd[0])
		return fail(-EINVAL, "run: no command after '--'");
	return 0;
}

int run_verb(const struct verb *v, char **argv)
{
	struct run_opts o = { 0 };
	struct run r = { .o = &o, .targets = { .prog_fd = -1 }, .stats_fd = -1, .lines_fd = -1,
			 .stop = { .sig_fd = -1, .timer_fd = -1, .call_fd = -1, .processes_fd = -1,
				   .child_fd = -1 } };
	struct opt_rest rest;
	int err;

	if (opt_parse(v->opts, argv, &o, &rest))
		return EXIT_USAGE;
	if (o.help) {
		help_print_verb(stdout, v);
		return EXIT_OK;
	}
	if (check_operands(&rest))
		return EXIT_USAGE;
	if (o.pids.n)
		o.engine = FSESSION_ENGINE_USER;
	if (o.follow)
		r.follow = (struct follow){ .insts = &r.insts, .stop = &r.stop, .set_up = set_up_followed,
					    .retire = retire, .arg = &r };
	lines_begin();
	r.path = rest.args[0];
	r.cmd = rest.cmd;
	json_init(&r.json_out, stdout);
	r.json = o.json ? &r.json_out : NULL;
	r.lines = (struct lines){ .prefix = o.prefix, .json = r.json };
	report_init(o.verbose);
	err = run(&r);
	run_done(&r);
	opt_done(v->opts, &o);
	return err ? EXIT_FAILED : EXIT_OK;
}
