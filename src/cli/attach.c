/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/attach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <fsession/fsession.h>

#include "cli/report.h"
#include "cli/target.h"
#include "image/bpfobj.h"
#include "util/log.h"

/* What follows the keyword of an fsession section ("", or "/..."), or NULL. */
static const char *section_rest(const struct bpf_program *prog, bool *multi)
{
	const char *s = bpf_program__section_name(prog);

	if (*s == '?')
		s++;
	if (strncmp(s, "fsession", 8))
		return NULL;
	s += 8;
	*multi = !strncmp(s, ".multi", 6);
	s += *multi ? 6 : 0;
	s += !strncmp(s, ".s", 2) ? 2 : 0;
	return *s && *s != '/' ? NULL : s;
}

bool attach_is_fsession(const struct bpf_program *prog)
{
	bool multi;

	return section_rest(prog, &multi);
}

bool attach_is_bare(const struct bpf_program *prog)
{
	bool multi;
	const char *rest = section_rest(prog, &multi);

	return rest && !rest[0];
}

/* The kernel would call it an unknown helper. */
static int check_foreign(const struct bpf_program *prog)
{
	const struct bpf_insn *insn = bpf_program__insns(prog);

	for (size_t i = 0; i < bpf_program__insn_cnt(prog); i++, insn++)
		if (insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg &&
		    (insn->imm == FS_MARKER_IS_RETURN || insn->imm == FS_MARKER_COOKIE))
			return fail_hint(-EINVAL, "sessions are for SEC(\"fsession...\")",
					 "program '%s': calls %s(), but its section is '%s'",
					 bpf_program__name(prog),
					 insn->imm == FS_MARKER_COOKIE ? "bpf_session_cookie" :
									 "bpf_session_is_return",
					 bpf_program__section_name(prog));
	return 0;
}

int attach_prepare(struct bpf_object *obj, const struct targets *t)
{
	struct bpf_program *prog;
	bool used = false;
	size_t nr_progs = 0;
	int err = 0;

	bpf_object__for_each_program(prog, obj) {
		if (!bpf_program__autoload(prog))
			continue;
		nr_progs++;
		err = attach_is_fsession(prog) ? 0 : check_foreign(prog);
		if (err)
			return err;
		if (!attach_is_bare(prog))
			continue;
		used = true;
		if (targets_kind(t) == TARGETS_NONE)
			return fail_hint(-EINVAL,
					 "--attach FUNC, --attach 'tcp_*' or --attach prog:ID",
					 "program '%s': its section '%s' names no function",
					 bpf_program__name(prog), bpf_program__section_name(prog));
		err = targets_set(t, prog);
		if (err)
			return err;
	}
	if (!nr_progs)
		return fail(-ENOENT, "object '%s': has no programs to load", bpf_object__name(obj));
	if (!used && targets_kind(t) != TARGETS_NONE)
		return fail_hint(-EINVAL, "--attach is for programs with SEC(\"fsession\")",
				 "--attach: every program of '%s' has its target already",
				 bpf_object__name(obj));
	return 0;
}

static int add_link(struct attach *a, struct bpf_link *link)
{
	struct bpf_link **links = realloc(a->links, (a->nr_links + 1) * sizeof(*links));

	if (!links) {
		bpf_link__destroy(link);
		return fail(-ENOMEM, "out of memory");
	}
	links[a->nr_links++] = link;
	a->links = links;
	return 0;
}

static int add_prog(struct attach *a, const struct bpf_program *prog, int nr_funcs)
{
	struct attached *progs = realloc(a->progs, (a->nr_progs + 1) * sizeof(*progs));

	if (!progs)
		return fail(-ENOMEM, "out of memory");
	progs[a->nr_progs++] = (struct attached){ prog, nr_funcs };
	a->progs = progs;
	return 0;
}

/* What the callbacks of fsession_attach_multi() get. */
struct multi {
	struct attach *a;
	const struct bpf_program *prog;
};

static int on_progress(size_t done, size_t total, void *arg)
{
	struct multi *m = arg;

	report_progress("attaching", done, total);
	return m->a->cancelled(m->a->arg);
}

static void on_skipped(const char *func, int err, const char *reason, void *arg)
{
	struct multi *m = arg;
	struct attach *a = m->a;
	struct skipped *s = a->skipped;

	(void)err;
	if (!(a->nr_skipped & (a->nr_skipped - 1)))	/* full at each power of two */
		s = realloc(s, (a->nr_skipped ? 2 * a->nr_skipped : 1) * sizeof(*s));
	if (!s)
		return;
	a->skipped = s;
	s[a->nr_skipped++] = (struct skipped){ m->prog, strdup(func), strdup(reason) };
}

/* Returns the number of functions. */
static int attach_glob(struct attach *a, struct bpf_program *prog, const char *glob)
{
	struct multi m = { a, prog };
	struct fsession_multi_opts opts = { .sz = sizeof(opts), .progress = on_progress,
					    .skipped = on_skipped, .arg = &m };
	struct bpf_link *link;
	int err, n = fsession_attach_multi(prog, glob, &opts, &link);

	report_progress("attaching", 1, 1);
	if (n < 0)
		return n;
	err = add_link(a, link);
	return err ? err : n;
}

static int attach_one(struct attach *a, struct bpf_program *prog)
{
	struct bpf_link *link;
	int err = fsession_attach(prog, NULL, &link);

	if (!err)
		err = add_link(a, link);
	return err ? err : 1;
}

static int attach_fsession(struct attach *a, struct bpf_program *prog, const struct targets *t)
{
	bool multi;
	const char *rest = section_rest(prog, &multi);

	if (*rest)
		return multi ? attach_glob(a, prog, rest + 1) : attach_one(a, prog);
	if (targets_kind(t) == TARGETS_ONE && (!multi || !t->funcs))
		return attach_one(a, prog);
	return attach_glob(a, prog, t->funcs);
}

/* kprobe, tracepoint, xdp...: libbpf knows. */
static int attach_other(struct attach *a, struct bpf_program *prog)
{
	unsigned int nr_errors = report_nr_errors();
	struct bpf_link *link = NULL;
	const char *why;
	int err;

	if (!bpf_program__autoattach(prog))
		return 0;
	report_libbpf_reset();
	link = bpf_program__attach(prog);
	err = link ? 0 : -errno;
	if (!err)
		err = add_link(a, link);
	else if (err == -EOPNOTSUPP)
		return 0;	/* the section does not say where: loaded only */
	if (!err)
		return 1;
	why = report_libbpf_reason();
	return report_nr_errors() != nr_errors ? err :
	       fail(err, "program '%s': cannot be attached: %s", bpf_program__name(prog),
		    why ? why : log_errstr(err));
}

int attach_all(struct attach *a, struct bpf_object *obj, const struct targets *t)
{
	unsigned int nr_errors;
	struct bpf_program *prog;
	int err, n;

	bpf_object__for_each_program(prog, obj) {
		if (!bpf_program__autoload(prog))
			continue;
		if (a->cancelled(a->arg))
			return -ECANCELED;
		nr_errors = report_nr_errors();
		n = attach_is_fsession(prog) ? attach_fsession(a, prog, t) : attach_other(a, prog);
		if (n == -ECANCELED)
			return n;
		if (n < 0 && report_nr_errors() == nr_errors)
			fail(n, "program '%s': cannot be attached: %s", bpf_program__name(prog),
			     log_errstr(n));
		err = n < 0 ? n : add_prog(a, prog, n);
		if (err)
			return err;
	}
	return 0;
}

size_t attach_nr_funcs(const struct attach *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->nr_progs; i++)
		n += a->progs[i].nr_funcs;
	return n;
}

void attach_detach(struct attach *a)
{
	while (a->nr_links)
		bpf_link__destroy(a->links[--a->nr_links]);
}

void attach_done(struct attach *a)
{
	attach_detach(a);
	for (size_t i = 0; i < a->nr_skipped; i++) {
		free(a->skipped[i].func);
		free(a->skipped[i].reason);
	}
	free(a->skipped);
	free(a->progs);
	free(a->links);
}
