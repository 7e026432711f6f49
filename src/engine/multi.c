/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One program on many functions. With the kernel's tracing_multi: one link; what a glob matched
 * and the kernel refuses all the same is found by halving. Else: a copy of the program per
 * function, loaded and linked by a few threads. Functions of a glob may fail one by one; ids are
 * all or nothing.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/sys.h"
#include "bpf/uapi.h"
#include "engine/attach.h"
#include "engine/probe.h"
#include "util/log.h"

enum {
	MAX_THREADS = 8,
	PROGRESS_MS = 50,
	REASON_SIZE = 200,
};

struct item {
	struct ktarget target;
	uint64_t cookie;
	int err;
	char *why;			/* of err; malloc()ed */
	struct link_pair link;
};

struct multi {
	struct session *s;
	const struct fsession_multi_opts *opts;
	bool by_id;
	bool gpl;
	struct item *items;
	size_t cnt, cap;

	pthread_mutex_t lock;		/* of what follows, while threads run */
	pthread_cond_t changed;
	size_t next, done;
	int running;
	bool stop;
};

static void told_skipped(const struct multi *m, const char *func, int err, const char *why)
{
	if (m->opts->skipped)
		m->opts->skipped(func, err, why, m->opts->arg);
}

static int add_item(struct multi *m, const struct ktarget *t, uint64_t cookie)
{
	if (m->cnt == m->cap) {
		size_t cap = m->cap ? 2 * m->cap : 64;
		struct item *v = realloc(m->items, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		m->items = v;
		m->cap = cap;
	}
	m->items[m->cnt++] = (struct item){ .target = *t, .cookie = cookie, .link = { -1, -1 } };
	return 0;
}

static int on_match(const struct ktarget *t, const char *why, void *arg)
{
	struct multi *m = arg;

	if (why) {
		told_skipped(m, t->name, -EINVAL, why);
		return 0;
	}
	return add_item(m, t, 0);
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = ((const struct item *)a)->target.btf_id, y = ((const struct item *)b)->target.btf_id;

	return x < y ? -1 : x > y;
}

static int collect_ids(struct multi *m)
{
	const struct fsession_multi_opts *o = m->opts;
	struct ktarget t;
	const char *why;
	int err;

	for (size_t i = 0; i < o->cnt; i++) {
		err = ktarget_from_id(m->s->target.btf_fd, o->ids[i], &t);
		if (err)
			return err;
		why = ktarget_refusal(&t, NULL);
		if (why)
			return fail(-EINVAL, "program '%s': function '%s' %s", m->s->name, t.name, why);
		err = add_item(m, &t, o->cookies ? o->cookies[i] : 0);
		if (err)
			return err;
	}
	qsort(m->items, m->cnt, sizeof(*m->items), by_id);
	for (size_t i = 1; i < m->cnt; i++)
		if (m->items[i].target.btf_id == m->items[i - 1].target.btf_id)
			return fail(-EINVAL, "program '%s': function '%s' is given twice", m->s->name,
				    m->items[i].target.name);
	return 0;
}

/* -- Kernel multi ----------------------------------------------------------------------------- */

/* Links items [@from, @to) that have no error. */
static int link_range(struct multi *m, size_t from, size_t to)
{
	uint32_t *ids = malloc((to - from) * sizeof(*ids));
	uint64_t *cookies = malloc((to - from) * sizeof(*cookies));
	size_t n = 0;
	int fd = -ENOMEM;

	if (!ids || !cookies)
		goto out;
	for (size_t i = from; i < to; i++) {
		if (m->items[i].err)
			continue;
		ids[n] = m->items[i].target.btf_id;
		cookies[n++] = m->items[i].cookie;
	}
	fd = n ? sys_link_multi(m->s->prog_fd, FS_BPF_TRACE_FSESSION_MULTI, ids,
				m->opts->cookies ? cookies : NULL, n) : -ENOENT;
out:
	free(ids);
	free(cookies);
	return fd;
}

static void mark_failed(struct multi *m, size_t i, int err)
{
	const char *hint;

	m->items[i].err = err;
	m->items[i].why = strdup(attach_errstr(err, &hint));
}

static bool cancelled(struct multi *m, size_t done)
{
	return m->opts->progress && m->opts->progress(done, m->cnt, m->opts->arg);
}

/* Finds the functions of [@from, @to) that the kernel refuses, given that it refuses some. */
static int halve(struct multi *m, size_t from, size_t to, int err)
{
	size_t mid = from + (to - from) / 2, part[2][2] = { { from, mid }, { mid, to } };

	if (to - from == 1) {
		mark_failed(m, from, err);
		return 0;
	}
	for (int k = 0; k < 2; k++) {
		int fd = link_range(m, part[k][0], part[k][1]);

		if (cancelled(m, part[k][0]))
			err = -ECANCELED;
		if (fd >= 0)
			close(fd);
		else if (fd == -EPERM || fd == -ENOMEM || fd == -EBUSY)
			return fd;
		else
			halve(m, part[k][0], part[k][1], fd);
		if (err == -ECANCELED)
			return err;
	}
	return 0;
}

static int attach_kernel_multi(struct multi *m, struct link_pair *ret)
{
	int fd, err;

	if (cancelled(m, 0))
		return -ECANCELED;
	fd = link_range(m, 0, m->cnt);
	if (fd < 0 && !m->by_id && m->cnt > 1 && fd != -EPERM && fd != -EBUSY) {
		err = halve(m, 0, m->cnt, fd);
		if (err)
			return err;
		fd = link_range(m, 0, m->cnt);
	} else if (fd < 0 && !m->by_id && m->cnt == 1) {
		mark_failed(m, 0, fd);
	}
	if (fd >= 0 && cancelled(m, m->cnt)) {
		close(fd);
		return -ECANCELED;
	}
	if (fd < 0)
		return fd;
	*ret = (struct link_pair){ fd, -1 };
	return 0;
}

/* -- Copies ---------------------------------------------------------------------------------------- */

static int load_copy(struct multi *m, struct item *it, enum split_half half, char *log, size_t size)
{
	struct session_half h = {
		.target = &it->target,
		.half = half,
		.attach_cookie = it->cookie,
		.gpl = m->gpl,
		.log = log,
		.log_size = size,
	};

	return session_load(m->s, &h);
}

static void copy_failed(struct multi *m, struct item *it, enum split_half half, int err)
{
	size_t size = 1 << 18;
	char *log = calloc(1, size);
	const char *hint, *reason = NULL;
	int fd;

	it->err = err;
	if (log && (err == -EINVAL || err == -EACCES)) {
		fd = load_copy(m, it, half, log, size);
		if (fd >= 0)
			close(fd);
		reason = session_log_reason(log);
	}
	it->why = strdup(reason ? reason : attach_errstr(err, &hint));
	free(log);
}

static void attach_copy_native(struct multi *m, struct item *it)
{
	int fd = load_copy(m, it, SPLIT_ENTRY, NULL, 0), link;

	if (fd < 0) {
		copy_failed(m, it, SPLIT_ENTRY, fd);
		return;
	}
	link = sys_link_tracing(fd, FS_BPF_TRACE_FSESSION, it->cookie);
	close(fd);
	if (link < 0)
		copy_failed(m, it, SPLIT_ENTRY, link);
	else
		it->link.entry_fd = link;
}

static void attach_copy_split(struct multi *m, struct item *it)
{
	uint64_t cookie = probe_kernel(PROBE_SPLIT)->attach_cookie ? it->cookie : 0;
	int exit_fd, entry_fd, err;
	const char *step;

	exit_fd = load_copy(m, it, SPLIT_EXIT, NULL, 0);
	if (exit_fd < 0) {
		copy_failed(m, it, SPLIT_EXIT, exit_fd);
		return;
	}
	entry_fd = load_copy(m, it, SPLIT_ENTRY, NULL, 0);
	if (entry_fd < 0) {
		copy_failed(m, it, SPLIT_ENTRY, entry_fd);
	} else {
		err = attach_pair(entry_fd, exit_fd, cookie, &it->link, &step);
		if (err) {
			it->err = err;
			it->why = strdup(attach_errstr(err, &step));
		}
		close(entry_fd);
	}
	close(exit_fd);
}

static void *worker(void *arg)
{
	struct multi *m = arg;

	pthread_mutex_lock(&m->lock);
	while (m->next < m->cnt && !m->stop) {
		struct item *it = &m->items[m->next++];

		pthread_mutex_unlock(&m->lock);
		if (m->s->engine == FSESSION_ENGINE_KERNEL)
			attach_copy_native(m, it);
		else
			attach_copy_split(m, it);
		pthread_mutex_lock(&m->lock);
		m->done++;
		/* out of files or privilege: the rest would fail the same way */
		m->stop |= it->err && (m->by_id || it->err == -EMFILE || it->err == -EPERM ||
				       it->err == -ENOMEM);
	}
	m->running--;
	pthread_cond_signal(&m->changed);
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

static void wait_some(struct multi *m)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += PROGRESS_MS * 1000000L;
	if (ts.tv_nsec >= 1000000000L) {
		ts.tv_nsec -= 1000000000L;
		ts.tv_sec++;
	}
	pthread_cond_timedwait(&m->changed, &m->lock, &ts);
}

/* This thread reports progress, so that the caller is called back on its own thread. */
static int run_workers(struct multi *m)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[MAX_THREADS];
	int n = 0, want = cpus < 1 ? 1 : cpus > MAX_THREADS ? MAX_THREADS : cpus, err = 0;
	size_t done;

	pthread_mutex_lock(&m->lock);
	for (; n < want && (size_t)n < m->cnt; n++) {
		if (pthread_create(&threads[n], NULL, worker, m))
			break;
		m->running++;
	}
	if (!n)
		err = -EAGAIN;
	while (m->running) {
		wait_some(m);
		done = m->done;
		pthread_mutex_unlock(&m->lock);
		if (!err && cancelled(m, done))
			err = -ECANCELED;
		pthread_mutex_lock(&m->lock);
		m->stop |= err != 0;
	}
	pthread_mutex_unlock(&m->lock);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return err;
}

static int first_error(const struct multi *m)
{
	for (size_t i = 0; i < m->cnt; i++)
		if (m->items[i].err)
			return m->items[i].err;
	return 0;
}

static int attach_copies(struct multi *m)
{
	int err;

	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->changed, NULL);
	m->gpl = session_is_gpl(m->s);
	err = run_workers(m);
	pthread_mutex_destroy(&m->lock);
	pthread_cond_destroy(&m->changed);
	if (!err && m->stop)
		err = first_error(m);
	return err;
}

/* -- Together --------------------------------------------------------------------------------------- */

static void report_skipped(struct multi *m)
{
	for (size_t i = 0; i < m->cnt; i++)
		if (m->items[i].err)
			told_skipped(m, m->items[i].target.name, m->items[i].err,
				     m->items[i].why ? m->items[i].why : log_errstr(m->items[i].err));
}

/* A name for the function that failed, and why, when there is one to blame. */
static int blame(struct multi *m, int err)
{
	const char *hint, *why = attach_errstr(err, &hint);

	if (err == -ECANCELED)
		return fail(err, "program '%s': attaching was cancelled", m->s->name);
	for (size_t i = 0; i < m->cnt; i++)
		if (m->items[i].err == err)
			return fail_hint(err, hint, "program '%s': cannot attach to '%s': %s", m->s->name,
					 m->items[i].target.name, m->items[i].why ? m->items[i].why : why);
	return fail_hint(err, hint, "program '%s': cannot attach to %zu functions: %s", m->s->name,
			 m->cnt, why);
}

static int make_link(struct multi *m, struct bpf_link **ret)
{
	struct link_pair *pairs = calloc(m->cnt, sizeof(*pairs));
	size_t n = 0;
	int err;

	if (!pairs)
		return -ENOMEM;
	for (size_t i = 0; i < m->cnt; i++)
		if (m->items[i].link.entry_fd >= 0)
			pairs[n++] = m->items[i].link;
	err = n ? link_new(m->s, pairs, n, ret) :
		  fail(-ENOENT, "program '%s': none of %zu functions could be attached", m->s->name,
		       m->cnt);
	free(pairs);
	return err ? err : (int)n;
}

/* Ids of a kernel's link all count in the BTF that its program was loaded for. */
static bool same_object(const struct multi *m)
{
	for (size_t i = 0; i < m->cnt; i++)
		if (m->items[i].target.btf_obj_id != m->s->target.btf_obj_id)
			return false;
	return true;
}

static int attach_all(struct multi *m, struct bpf_link **ret)
{
	struct link_pair pair;
	int err, n = 0;

	if (m->s->kernel_multi && same_object(m)) {
		err = attach_kernel_multi(m, &pair);
		if (err)
			return blame(m, err);
		err = link_new(m->s, &pair, 1, ret);
		if (err)
			link_pair_close(&pair);
		for (size_t i = 0; i < m->cnt; i++)
			n += !m->items[i].err;
		return err ? err : n;
	}
	err = attach_copies(m);
	n = err ? blame(m, err) : make_link(m, ret);
	for (size_t i = 0; n < 0 && i < m->cnt; i++)
		link_pair_close(&m->items[i].link);
	return n;
}

static int check_arguments(const struct session *s, const char *glob,
			   const struct fsession_multi_opts *o)
{
	if (!(s->kind & KIND_MULTI) && (glob || o->ids))
		return fail_hint(-EINVAL, "call fsession_set_target() with the pattern before loading it",
				 "program '%s': was loaded for '%s' alone", s->name, s->target_text);
	if ((o->ids == NULL) != (o->cnt == 0) || (glob && o->ids) || (o->cookies && !o->ids))
		return fail(-EINVAL, "program '%s': give a pattern, or ids and their number", s->name);
	if (!glob && !o->ids && s->kind & KIND_MULTI && !(s->glob && s->glob[0]))
		return fail(-EINVAL, "program '%s': neither a pattern nor ids", s->name);
	if (o->cnt > FS_MAX_MULTI_IDS)
		return fail(-E2BIG, "program '%s': %zu ids: at most %u", s->name, o->cnt,
			    FS_MAX_MULTI_IDS);
	return s->attached ? fail(-EBUSY, "program '%s': already attached", s->name) : 0;
}

int attach_multi(struct session *s, const char *glob, const struct fsession_multi_opts *opts,
		 struct bpf_link **ret)
{
	static const struct fsession_multi_opts none = { .sz = sizeof(none) };
	struct multi m = { .s = s, .opts = opts ? opts : &none };
	int n;

	n = check_arguments(s, glob, m.opts);
	if (n)
		return n;
	if (!(s->kind & KIND_MULTI)) {		/* an exact name is a pattern, too */
		n = attach_single(s, 0, ret);
		return n ? n : 1;
	}
	m.by_id = m.opts->ids != NULL;
	n = m.by_id ? collect_ids(&m) : ktarget_glob(glob ? glob : s->glob, on_match, &m);
	if (!n && !m.cnt)
		n = fail(-ENOENT, "program '%s': no function that matches '%s' can be attached to",
			 s->name, glob ? glob : s->glob ? s->glob : "the ids");
	session_forget_calls(s);
	if (!n)
		n = attach_all(&m, ret);
	if (!m.by_id && n > 0)
		report_skipped(&m);
	for (size_t i = 0; i < m.cnt; i++)
		free(m.items[i].why);
	free(m.items);
	if (n > 0) {
		s->attached = true;
		s->nr_attaches++;
	}
	return n;
}
