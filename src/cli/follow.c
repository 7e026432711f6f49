/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/follow.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/user.h"
#include "util/log.h"
#include "util/procstatus.h"

struct followed {
	pid_t pid;
	struct inst *inst;	/* NULL: nothing is traced in it */
	struct followed *next;
};

static struct followed **find(struct follow *f, pid_t pid)
{
	struct followed **p = &f->list;

	while (*p && (*p)->pid != pid)
		p = &(*p)->next;
	return p;
}

int follow_add(struct follow *f, pid_t pid, struct inst *in)
{
	struct followed *p = malloc(sizeof(*p));

	if (!p)
		return fail(-ENOMEM, "out of memory");
	*p = (struct followed){ pid, in, f->list };
	f->list = p;
	if (in)
		in->users++;
	return 0;
}

static void on_exec(struct follow *f, pid_t pid);

/* What a stop has hidden from follow_next(). @t may have been left. */
static bool look_behind(struct follow *f, struct proctarget *t)
{
	pid_t pid = t ? fsession_user_engine.executed(t) : 0;

	if (pid)
		on_exec(f, pid);
	return pid;
}

static void put(struct follow *f, struct inst *in)
{
	struct proctarget *t = in ? in->process.target : NULL;

	if (!in || --in->users)
		return;
	f->retire(f->arg, in);
	look_behind(f, t);
}

static void forget(struct follow *f, struct followed **p)
{
	struct followed *gone = *p;

	if (!gone)
		return;
	*p = gone->next;
	put(f, gone->inst);
	free(gone);
}

/* -- Instances --- */

static void name_of(pid_t pid, char *ret, size_t size)
{
	char path[32];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, ret, size - 1);
	ret[n > 0 ? n : 0] = 0;
}

static void give_up(struct follow *f, struct inst *in)
{
	struct proctarget *t = in->process.target;

	for (struct followed *p = f->list; p; p = p->next)
		if (p->inst == in)
			p->inst = NULL;
	if (t)
		fsession_user_engine.go_on(t);
	inst_leave(in);
	inst_free(f->insts, in);
	look_behind(f, t);
}

/* That functions are missing is for those who ask, unless it is @news; other reasons are for everybody. */
static void tell(const struct follow *f, pid_t pid, int err, bool news)
{
	bool missing = err == -ENOENT || err == -ESRCH;
	char exe[512];

	name_of(pid, exe, sizeof(exe));
	log_msg(missing && !news ? LOG_INFO : LOG_WARN, "process %d (%s) is not traced: %s", pid, exe, f->why);
}

/* @enter: a program was executed just now. */
static int try_set_up(struct follow *f, struct inst *in, pid_t pid, bool enter)
{
	struct log_capture why;
	int err = 0;

	log_capture_start(&why, f->why, sizeof(f->why));
	if (enter)
		err = fsession_user_engine.launch_executed(pid);
	if (enter && !err)
		err = process_enter(&in->process, pid, PROCTARGET_PARKED, f->stop);
	err = err ?: f->set_up(f->arg, in);
	log_capture_stop(&why);
	f->why[strcspn(f->why, "\n")] = 0;
	return err;
}

int follow_set_up(struct follow *f, struct inst *in, bool news)
{
	int err = try_set_up(f, in, in->process.pid, false);
	bool opened = in->obj;

	if (!err)
		return 0;
	if (opened && err != -ECANCELED)
		tell(f, in->process.pid, err, news);
	give_up(f, in);
	if (err == -ECANCELED)
		return err;
	return opened ? 0 : fail(err, "%s", f->why);
}

void follow_replace(struct follow *f, struct inst *old, struct inst *in)
{
	in->users = old->users;
	for (struct followed *p = f->list; p; p = p->next)
		if (p->inst == old)
			p->inst = in;
}

const char *follow_why(const struct follow *f)
{
	return f->why;
}

/* -- Events --- */

static void on_fork(struct follow *f, pid_t pid)
{
	struct followed *parent;

	if (*find(f, pid))
		return;		/* known: it stopped for another reason */
	parent = *find(f, procstatus(pid, "PPid"));
	follow_add(f, pid, parent ? parent->inst : NULL);
}

static void on_exec(struct follow *f, pid_t pid)
{
	struct inst *in = inst_add(f->insts);
	int err;

	forget(f, find(f, pid));
	if (!in || follow_add(f, pid, in)) {
		fsession_user_engine.let_run(pid);
		return;
	}
	err = try_set_up(f, in, pid, true);
	if (!err) {
		fsession_user_engine.go_on(in->process.target);
		return;
	}
	tell(f, pid, err, false);
	if (!in->process.target)
		fsession_user_engine.let_run(pid);	/* nobody else does */
	give_up(f, in);
}

static void look_for_hidden(struct follow *f)
{
	struct followed **p = &f->list;

	while (*p) {
		bool gone = kill((*p)->pid, 0) && errno == ESRCH;

		if (gone)
			forget(f, p);
		if (gone || look_behind(f, (*p)->inst ? (*p)->inst->process.target : NULL))
			p = &f->list;	/* of which others may be gone, too */
		else
			p = &(*p)->next;
	}
}

void follow_look(struct follow *f)
{
	enum follow_what what;
	pid_t pid;

	while ((what = fsession_user_engine.next(f->stop->child_ended ? -1 : f->stop->child, &pid))) {
		if (what == FOLLOW_FORKED)
			on_fork(f, pid);
		else if (what == FOLLOW_EXECUTED)
			on_exec(f, pid);
		else
			forget(f, find(f, pid));
	}
	look_for_hidden(f);
}

bool follow_any(const struct follow *f)
{
	return f->list;
}

void follow_done(struct follow *f)
{
	struct followed *p;

	while ((p = f->list)) {
		f->list = p->next;
		fsession_user_engine.release(p->pid);
		free(p);
	}
}
