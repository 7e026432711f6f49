/* SPDX-License-Identifier: BSD-2-Clause */
/* The public calls of <fsession/fsession.h>, thin over the engine. */
#include <fsession/fsession.h>

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/uapi.h"
#include "engine/attach.h"
#include "engine/link.h"
#include "engine/probe.h"
#include "engine/session.h"
#include "engine/store.h"
#include "engine/user.h"
#include "image/bpfobj.h"
#include "image/ktarget.h"
#include "util/log.h"

/* -- Messages ---------------------------------------------------------------------------------- */

static fsession_print_fn print_fn;
static void *print_arg;

static void print_to_user(int level, const char *line, void *arg)
{
	(void)arg;
	if (print_fn)
		print_fn((enum fsession_log_level)level, line, print_arg);
}

void fsession_set_print(fsession_print_fn fn, void *arg)
{
	print_fn = fn;
	print_arg = arg;
	log_set_sink(print_to_user, NULL);
}

const char *fsession_last_error(void)
{
	return log_last_error();
}

/* -- Options ----------------------------------------------------------------------------------- */

/* Copies the caller's struct, older or newer than ours; -EINVAL if it sets what we do not know. */
static int take_opts(void *dst, size_t dst_size, const void *src, const char *what)
{
	size_t size;

	memset(dst, 0, dst_size);
	if (!src)
		return 0;
	memcpy(&size, src, sizeof(size));
	if (size < sizeof(size))
		return fail(-EINVAL, "%s: sz is not set", what);
	for (size_t i = dst_size; i < size; i++)
		if (((const char *)src)[i])
			return fail(-EINVAL, "%s: asks for something newer than this library (%s)", what,
				    "non-zero bytes behind what it knows");
	memcpy(dst, src, size < dst_size ? size : dst_size);
	return 0;
}

/* The same the other way round, for structs the library fills. */
static int give_info(void *dst, const void *src, size_t src_size, const char *what)
{
	size_t size, n;

	if (!dst)
		return fail(-EINVAL, "%s: nothing to fill", what);
	memcpy(&size, dst, sizeof(size));
	if (size < sizeof(size))
		return fail(-EINVAL, "%s: sz is not set", what);
	n = size < src_size ? size : src_size;
	memcpy((char *)dst + sizeof(size), (const char *)src + sizeof(size), n - sizeof(size));
	return 0;
}

/* -- Registration --------------------------------------------------------------------------------- */

static const struct {
	const char *sec;
	int kind;
} sections[] = {
	{ "fsession+", 0 },
	{ "fsession.s+", KIND_SLEEPABLE },
	{ "fsession.multi+", KIND_MULTI },
	{ "fsession.multi.s+", KIND_MULTI | KIND_SLEEPABLE },
};

#define NR_SECTIONS ((int)(sizeof(sections) / sizeof(sections[0])))

static int handlers[NR_SECTIONS];
static bool registered;

/* libbpf before 1.3 keeps a freed list when its last handler goes, and writes to it at the next
 * registration: one handler, of a section nobody has, stays for good. */
static int keep_one_handler(void)
{
	static int placeholder = -1;

	if (placeholder < 0)
		placeholder = libbpf_register_prog_handler("fsession.placeholder", BPF_PROG_TYPE_UNSPEC,
							   0, NULL);
	return placeholder < 0 ? fail(placeholder, "fsession_register: libbpf refuses a handler: %s",
				      log_errstr(placeholder)) : 0;
}

static int attach_by_libbpf(const struct bpf_program *prog, long kind, struct bpf_link **link)
{
	struct session *s;
	int err = session_of(prog, &s);

	(void)kind;
	*link = NULL;
	if (err)
		return err;
	if (!(s->kind & KIND_MULTI))
		return attach_single(s, 0, link);
	if (!s->glob || !s->glob[0])
		return 0;		/* a bare section: attached by hand, as with libbpf's own */
	err = attach_multi(s, NULL, NULL, link);
	return err < 0 ? err : 0;
}

static int use_user_engine(void)
{
	if (!&fsession_user_engine)
		return fail_hint(-EOPNOTSUPP, "link the program as pkg-config --libs fsession-user says",
				 "fsession_register: this program does not have the user engine");
	return fsession_user_engine.use(NULL);
}

int fsession_register(const struct fsession_register_opts *user)
{
	struct fsession_register_opts o;
	int err = take_opts(&o, sizeof(o), user, "fsession_register");

	if (err)
		return err;
	if (o.engine > FSESSION_ENGINE_USER)
		return fail(-EINVAL, "fsession_register: unknown engine %d", o.engine);
	if (o.engine == FSESSION_ENGINE_USER)
		err = use_user_engine();
	if (err)
		return err;
	err = store_configure(o.store_slots, o.max_sessions);
	if (!err)
		err = keep_one_handler();
	if (err)
		return err;
	log_set_level(o.log_level < 0 ? LOG_ERROR : o.log_level ? o.log_level : LOG_WARN);
	session_set_engine(o.engine);
	for (int i = 0; i < NR_SECTIONS && !registered; i++) {
		LIBBPF_OPTS(libbpf_prog_handler_opts, h,
			    .cookie = sections[i].kind,
			    .prog_setup_fn = session_setup,
			    .prog_prepare_load_fn = session_prepare,
			    .prog_attach_fn = attach_by_libbpf);

		/* the type by its number: Debian 12's enum ends before it */
		handlers[i] = libbpf_register_prog_handler(sections[i].sec, BPF_PROG_TYPE_TRACING,
							   (enum bpf_attach_type)FS_BPF_TRACE_FSESSION, &h);
		if (handlers[i] < 0) {
			err = fail(handlers[i], "fsession_register: libbpf refuses section '%s': %s",
				   sections[i].sec, log_errstr(handlers[i]));
			while (--i >= 0)
				libbpf_unregister_prog_handler(handlers[i]);
			return err;
		}
	}
	registered = true;
	return 0;
}

void fsession_unregister(void)
{
	for (int i = 0; i < NR_SECTIONS && registered; i++)
		libbpf_unregister_prog_handler(handlers[i]);
	registered = false;
	session_drop_all();
	store_drop();
	ktarget_cache_drop();
}

/* -- Opening foreign objects ------------------------------------------------------------------------- */

/* @what: for messages; @name: for libbpf, unless @opts names it */
static int open_image(const void *data, size_t size, const char *what, const char *name,
		      const struct bpf_object_open_opts *opts, struct bpf_object **ret)
{
	/* the caller's libbpf.h may be newer: what we do not know, libbpf does, or refuses */
	size_t sz = opts && opts->sz > sizeof(*opts) ? opts->sz : sizeof(*opts);
	struct bpf_object_open_opts *named = calloc(1, sz);
	struct bpf_object *obj;
	void *copy = NULL;
	int err = named ? bpfobj_patch(data, size, what, &copy) : -ENOMEM;

	if (err < 0)
		goto out;
	if (opts)
		memcpy(named, opts, opts->sz);
	named->sz = sz;
	if (!named->object_name)
		named->object_name = name;
	obj = bpf_object__open_mem(copy ? copy : data, size, named);
	err = obj ? 0 : -errno;
	if (err)
		fail(err, "object '%s': libbpf cannot open it: %s", what, log_errstr(err));
	else
		*ret = obj;
out:
	free(copy);
	free(named);
	return err;
}

int fsession_open_mem(const void *data, size_t size, const struct bpf_object_open_opts *opts,
		      struct bpf_object **ret)
{
	const char *name = opts && opts->sz > offsetof(struct bpf_object_open_opts, object_name) ?
			   opts->object_name : NULL;

	if (!data || !ret)
		return fail(-EINVAL, "fsession_open_mem: no data");
	if (!name)
		name = "memory";
	return open_image(data, size, name, name, opts, ret);
}

static int read_file(const char *path, void **ret, size_t *ret_size)
{
	struct stat st;
	size_t got = 0;
	int fd, err = 0;
	char *data;
	ssize_t n;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(-errno, "object '%s': cannot open it: %s", path, log_errstr(errno));
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	else if (st.st_size > BPFOBJ_MAX_SIZE)
		err = -EFBIG;
	if (err) {
		close(fd);
		return fail(err, "object '%s': %s", path, err == -EINVAL ? "not a regular file" :
			    err == -EFBIG ? "larger than 64 MiB" : log_errstr(err));
	}
	data = malloc(st.st_size + 1);
	while (data && got < (size_t)st.st_size) {
		n = read(fd, data + got, st.st_size - got);
		if (n <= 0)
			break;
		got += n;
	}
	close(fd);
	if (!data)
		return -ENOMEM;
	*ret = data;
	*ret_size = got;
	return 0;
}

/* "dir/name.bpf.o" as libbpf names objects: "name" */
static void object_name(const char *path, char *buf, size_t size)
{
	const char *base = strrchr(path, '/');
	size_t len;

	base = base ? base + 1 : path;
	len = strcspn(base, ".");
	snprintf(buf, size, "%.*s", (int)(len ? len : strlen(base)), base);
}

int fsession_open_file(const char *path, const struct bpf_object_open_opts *opts,
		       struct bpf_object **ret)
{
	size_t size = 0;
	char name[64];
	void *data = NULL;
	int err;

	if (!path || !ret)
		return fail(-EINVAL, "fsession_open_file: no path");
	err = read_file(path, &data, &size);
	if (err)
		return err;
	object_name(path, name, sizeof(name));
	err = open_image(data, size, path, name, opts, ret);
	free(data);
	return err;
}

int fsession_open_skeleton(struct bpf_object_skeleton *s, const struct bpf_object_open_opts *opts)
{
	const void *original;
	void *copy = NULL;
	int err;

	if (!s || !s->data)
		return fail(-EINVAL, "fsession_open_skeleton: no skeleton");
	err = bpfobj_patch(s->data, s->data_sz, s->name, &copy);
	if (err < 0)
		return err;
	if (!copy)
		return bpf_object__open_skeleton(s, opts);
	original = s->data;
	s->data = copy;
	err = bpf_object__open_skeleton(s, opts);
	s->data = (void *)original;
	free(copy);
	return err;
}

/* -- Attaching ------------------------------------------------------------------------------------ */

int fsession_set_target(struct bpf_program *prog, const char *target)
{
	return session_set_target(prog, target);
}

int fsession_attach(const struct bpf_program *prog, const struct fsession_attach_opts *user,
		    struct bpf_link **ret)
{
	struct fsession_attach_opts o;
	struct session *s;
	int err = take_opts(&o, sizeof(o), user, "fsession_attach");

	if (!err)
		err = session_of(prog, &s);
	if (err)
		return err;
	if (!ret)
		return fail(-EINVAL, "program '%s': no place for the link", s->name);
	if (s->kind & KIND_MULTI)
		return fail_hint(-EINVAL, "use fsession_attach_multi()", "program '%s': was loaded for "
				 "many functions", s->name);
	return attach_single(s, o.cookie, ret);
}

int fsession_attach_multi(const struct bpf_program *prog, const char *glob,
			  const struct fsession_multi_opts *user, struct bpf_link **ret)
{
	struct fsession_multi_opts o;
	struct session *s;
	int err = take_opts(&o, sizeof(o), user, "fsession_attach_multi");

	if (!err)
		err = session_of(prog, &s);
	if (!err && !ret)
		err = fail(-EINVAL, "program '%s': no place for the link", s->name);
	return err ? err : attach_multi(s, glob, &o, ret);
}

int fsession_link_pin(struct bpf_link *link, const char *path)
{
	return link ? link_pin(link, path) : fail(-EINVAL, "fsession_link_pin: no link");
}

int fsession_link_open(const char *path, struct bpf_link **ret)
{
	return path && ret ? link_open(path, ret) : fail(-EINVAL, "fsession_link_open: no path");
}

/* -- Looking at things --------------------------------------------------------------------------- */

int fsession_prog_info(const struct bpf_program *prog, struct fsession_prog_info *ret)
{
	struct fsession_prog_info info = {};
	struct session *s;
	int err = session_of(prog, &s);

	if (err)
		return err;
	info.engine = session_engine(s);
	info.reason = s->reason;
	info.target = s->target_text;
	info.entry_id = s->prog_id;
	info.exit_id = s->exit_id;
	return give_info(ret, &info, sizeof(info), "fsession_prog_info");
}

static uint64_t recursion_misses(int fd)
{
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.recursion_misses;
}

int fsession_prog_stats(const struct bpf_program *prog, struct fsession_stats *ret)
{
	struct fsession_stats st = {};
	struct store_counters c = {};
	struct session *s;
	int err = session_of(prog, &s), fd;

	if (err)
		return err;
	st.missed = recursion_misses(s->prog_fd);
	if (s->store.id) {
		store_read(&s->store, &c);
		fd = s->exit_id ? bpf_prog_get_fd_by_id(s->exit_id) : -1;
		if (fd >= 0) {
			st.missed += recursion_misses(fd);
			close(fd);
		}
	}
	if (session_engine(s) == FSESSION_ENGINE_USER)
		st.unwound = fsession_user_engine.unwound(s->prog_fd);
	st.entries = c.entries;
	st.exits = c.exits;
	st.unmatched = c.unmatched;
	st.missed += c.missed;
	st.full = c.full;
	st.swept = c.swept;
	st.open = c.open;
	return give_info(ret, &st, sizeof(st), "fsession_prog_stats");
}

int fsession_sweep(void)
{
	return store_sweep();
}

int fsession_probe(void (*cb)(const struct fsession_rung *rung, void *arg), void *arg)
{
	const struct kernel_features *f = probe_kernel(PROBE_ALL);
	const struct {
		const char *name;
		const struct rung_result *r;
	} rungs[] = {
		{ "kernel multi", &f->multi },
		{ "kernel", &f->native },
		{ "split", &f->split },
	};
	int works = 0;

	if (!cb)
		return fail(-EINVAL, "fsession_probe: no function to call");
	for (size_t i = 0; i < sizeof(rungs) / sizeof(rungs[0]); i++) {
		struct fsession_rung rung = {
			.name = rungs[i].name,
			.works = rungs[i].r->works,
			.how = rungs[i].r->how,
			.remedy = rungs[i].r->remedy,
		};

		works += rung.works;
		cb(&rung, arg);
	}
	return works;
}
