/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/session.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/build.h"
#include "bpf/insn.h"
#include "bpf/rewrite.h"
#include "bpf/sys.h"
#include "bpf/uapi.h"
#include "engine/native.h"
#include "engine/probe.h"
#include "engine/twin.h"
#include "image/kproto.h"
#include "util/glob.h"
#include "util/log.h"

#define LOG_SIZE (1u << 20)
#define REPRESENTATIVE_TRIALS 32
#define PROG_NAME "fs_session"

static struct {
	pthread_mutex_t lock;		/* of the list and of refs */
	struct session *list;
	enum fsession_engine engine;	/* what fsession_register() wants */
} reg = { .lock = PTHREAD_MUTEX_INITIALIZER };

void session_set_engine(enum fsession_engine engine)
{
	reg.engine = engine;
}

enum fsession_engine session_engine(const struct session *s)
{
	return reg.engine == FSESSION_ENGINE_USER ? reg.engine : s->engine;
}

/* -- Lifetime ------------------------------------------------------------------------------ */

static void unload(struct session *s)
{
	pthread_mutex_lock(&reg.lock);	/* is_closed() of others looks at the fds of what is loaded */
	s->loaded = false;
	pthread_mutex_unlock(&reg.lock);
	free(s->insns);
	fdarray_done(&s->fds);
	free(s->glob);
	s->glob = NULL;
	free((void *)s->info.func_info);
	free((void *)s->info.line_info);
	free(s->entry_info[0]);
	free(s->entry_info[1]);
	s->entry_info[0] = s->entry_info[1] = NULL;
	s->insns = NULL;
	memset(&s->info, 0, sizeof(s->info));
	if (s->btf_fd >= 0)
		close(s->btf_fd);
	if (s->target_prog_fd >= 0)
		close(s->target_prog_fd);
	s->btf_fd = s->target_prog_fd = s->prog_fd = -1;
	twin_free(s->twins);
	s->twins = NULL;
	if (!s->pinned)
		store_put(&s->store);
	s->store.id = 0;
}

static void session_free(struct session *s)
{
	unload(s);
	free(s->want);
	free(s);
}

struct session *session_get(struct session *s)
{
	pthread_mutex_lock(&reg.lock);
	s->refs++;
	pthread_mutex_unlock(&reg.lock);
	return s;
}

void session_put(struct session *s)
{
	bool last;

	if (!s)
		return;
	pthread_mutex_lock(&reg.lock);
	last = --s->refs == 0;
	pthread_mutex_unlock(&reg.lock);
	if (last)
		session_free(s);
}

/* A program or BTF whose fd now is nothing, or another one, belonged to an object that was closed. */
static bool is_closed(const struct session *s)
{
	if (!s->loaded)
		return false;
	return (s->prog_fd >= 0 && sys_prog_id(s->prog_fd) != s->prog_id) ||
	       (s->btf_fd >= 0 && sys_btf_id(s->libbpf_btf_fd) != sys_btf_id(s->btf_fd));
}

/* Takes sessions out of the list: that of @prog, and those that are closed; NULL: all. */
static struct session *take_dead(const struct bpf_program *prog)
{
	struct session **p = &reg.list, *dead = NULL, *s;

	while ((s = *p)) {
		if (!prog || s->prog == prog || is_closed(s)) {
			*p = s->next;
			s->next = dead;
			dead = s;
		} else {
			p = &s->next;
		}
	}
	return dead;
}

static void drop(const struct bpf_program *prog)
{
	struct session *dead, *next;

	pthread_mutex_lock(&reg.lock);
	dead = take_dead(prog);
	pthread_mutex_unlock(&reg.lock);
	for (; dead; dead = next) {
		next = dead->next;
		session_put(dead);
	}
}

void session_drop_all(void)
{
	drop(NULL);
}

static struct session *find(const struct bpf_program *prog)
{
	struct session *s;

	/* the address may be that of a session's program which was closed */
	if (strncmp(bpf_program__section_name(prog), "fsession", 8))
		return NULL;
	pthread_mutex_lock(&reg.lock);
	for (s = reg.list; s && s->prog != prog; s = s->next)
		;
	pthread_mutex_unlock(&reg.lock);
	return s;
}

static bool makes_tail_calls(const struct bpf_program *prog)
{
	const struct bpf_insn *insns = bpf_program__insns(prog);
	size_t cnt = bpf_program__insn_cnt(prog);

	for (size_t i = 0; i < cnt; i += insn_slots(&insns[i]))
		if (insn_is_tail_call(&insns[i]))
			return true;
	return false;
}

/* May a program be entered by a tail call? Where no session program makes one, none is. */
static bool any_makes_tail_calls(void)
{
	struct session *s;

	pthread_mutex_lock(&reg.lock);
	for (s = reg.list; s && !s->tail_calls; s = s->next)
		;
	pthread_mutex_unlock(&reg.lock);
	return s;
}

int session_setup(struct bpf_program *prog, long kind)
{
	struct session *s;

	drop(prog);
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->refs = 1;
	s->prog = prog;
	s->kind = kind;
	s->tail_calls = makes_tail_calls(prog);
	s->btf_fd = s->target_prog_fd = s->prog_fd = -1;
	snprintf(s->name, sizeof(s->name), "%s", bpf_program__name(prog));
	pthread_mutex_lock(&reg.lock);
	s->next = reg.list;
	reg.list = s;
	pthread_mutex_unlock(&reg.lock);
	return 0;
}

/* Remembers libbpf's fd, by which a closed object is recognised later, by any thread: fd and id change
 * together, under the lock. */
static void note_fd_locked(struct session *s)
{
	int fd = bpf_program__fd(s->prog);

	if (fd < 0 || s->prog_fd == fd)
		return;
	s->prog_fd = fd;
	s->prog_id = sys_prog_id(fd);
}

static void note_fd(struct session *s)
{
	pthread_mutex_lock(&reg.lock);
	note_fd_locked(s);
	pthread_mutex_unlock(&reg.lock);
}

int session_replace_prog(struct session *s, int fd)
{
	int err = 0;

	pthread_mutex_lock(&reg.lock);
	if (dup3(fd, s->prog_fd, O_CLOEXEC) < 0)
		err = -errno;
	s->prog_id = sys_prog_id(s->prog_fd);
	pthread_mutex_unlock(&reg.lock);
	return err;
}

int session_of(const struct bpf_program *prog, struct session **ret)
{
	struct session *s = prog ? find(prog) : NULL;

	if (!s)
		return fail_hint(-EINVAL, "call fsession_register() before opening the object",
				 "program '%s': not an fsession program",
				 prog ? bpf_program__name(prog) : "(null)");
	if (!s->loaded || bpf_program__fd(prog) < 0)	/* the kernel may have refused it */
		return fail(-EINVAL, "program '%s': not loaded", s->name);
	note_fd(s);
	*ret = s;
	return 0;
}

struct session *session_of_object(const struct session *sibling, uint32_t prog_id)
{
	struct session *s;

	pthread_mutex_lock(&reg.lock);
	for (s = reg.list; s; s = s->next) {
		/* of the same object, hence still open */
		if (!s->loaded || s->btf_id != sibling->btf_id)
			continue;
		note_fd_locked(s);
		if (s->prog_id == prog_id)
			break;
	}
	pthread_mutex_unlock(&reg.lock);
	return s;
}

int session_set_target(struct bpf_program *prog, const char *target)
{
	struct session *s = prog ? find(prog) : NULL;
	char *copy;

	if (!s || s->loaded || !target || !*target)
		return fail(-EINVAL, "program '%s': cannot set a target: %s",
			    prog ? bpf_program__name(prog) : "(null)",
			    !s ? "not an fsession program" :
			    s->loaded ? "it is loaded already" : "empty name");
	copy = strdup(target);
	if (!copy)
		return -ENOMEM;
	free(s->want);
	s->want = copy;
	return 0;
}

/* -- Target --------------------------------------------------------------------------------- */

/* Behind the slash of SEC("fsession/..."), or "" */
static const char *section_target(const struct bpf_program *prog)
{
	const char *slash = strchr(bpf_program__section_name(prog), '/');

	return slash ? slash + 1 : "";
}

static bool is_multi_section(const struct bpf_program *prog)
{
	return !strncmp(bpf_program__section_name(prog), "fsession.multi", 14);
}

static int take_first(const struct ktarget *t, const char *why, void *arg)
{
	if (why)
		return 0;
	*(struct ktarget *)arg = *t;
	return 1;
}

/* Something to load a program for that is attached elsewhere later. */
static int representative(struct session *s, const char *glob)
{
	int err;

	if (glob[0]) {
		err = ktarget_glob(glob, take_first, &s->target);
		if (err == 1)
			return 0;
		return err ? err : fail(-ENOENT, "program '%s': no function that matches '%s' can be "
					"attached to", s->name, glob);
	}
	err = ktarget_find("bpf_fentry_test1", &s->target);
	return err;
}

static void describe_target(struct session *s)
{
	const struct ktarget *t = &s->target;

	if (s->glob && s->glob[0])
		snprintf(s->target_text, sizeof(s->target_text), "%s", s->glob);
	else if (t->prog_fd)
		snprintf(s->target_text, sizeof(s->target_text), "prog %u:%s",
			 sys_prog_id(t->prog_fd), t->name);
	else
		snprintf(s->target_text, sizeof(s->target_text), "%s%s%s", t->module,
			 t->module[0] ? ":" : "", t->name);
}

/*
 * Does the kernel take the target for a function of five arguments? Then a load of the slot behind
 * them, of the return value, is accepted; else there is nothing.
 */
static bool kernel_assumes_five(const struct session *s)
{
	struct bpf_insn insns[] = {
		INSN_LDX(BPF_DW, BPF_REG_0, BPF_REG_1, 5 * 8),
		INSN_MOV_I(BPF_REG_0, 0),
		INSN_EXIT(),
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = BPF_TRACE_FEXIT,
		    .prog_flags = s->flags,
		    .attach_btf_id = s->target.btf_id,
		    .attach_prog_fd = s->target_prog_fd);
	int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "fs_probe", "GPL", insns,
			       sizeof(insns) / sizeof(insns[0]), &opts);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int resolve_prog_target(struct session *s, const struct bpf_prog_load_opts *opts)
{
	int err;

	s->target_prog_fd = fcntl(opts->attach_prog_fd, F_DUPFD_CLOEXEC, 3);
	if (s->target_prog_fd < 0)
		return fail(-errno, "program '%s': target program fd %d: %s", s->name,
			    opts->attach_prog_fd, log_errstr(errno));
	err = opts->attach_btf_id ?
	      ktarget_prog_from_id(s->target_prog_fd, opts->attach_btf_id, &s->target) :
	      ktarget_find_prog(s->target_prog_fd, section_target(s->prog), &s->target);
	if (!err && s->target.proto.maybe_unreliable && kernel_assumes_five(s))
		kproto_unreliable(&s->target.proto);
	return err;
}

static int resolve_target(struct session *s, const struct bpf_prog_load_opts *opts)
{
	const char *spec = s->want ? s->want : section_target(s->prog);

	free(s->glob);
	s->glob = NULL;
	if (opts->attach_prog_fd > 0)
		return resolve_prog_target(s, opts);
	if (opts->attach_btf_id)
		return ktarget_from_id(opts->attach_btf_obj_fd, opts->attach_btf_id, &s->target);
	if (s->kind & KIND_MULTI || glob_is_pattern(spec)) {
		s->glob = strdup(spec);
		if (!s->glob)
			return -ENOMEM;
		s->kind |= KIND_MULTI;
		return representative(s, s->glob);
	}
	if (!*spec)
		return fail_hint(-EINVAL, "name one in the section, SEC(\"fsession/FUNC\"), or call "
				 "bpf_program__set_attach_target() or fsession_set_target(); the "
				 "fsession command has --attach",
				 "program '%s': no function to attach to", s->name);
	return ktarget_find(spec, &s->target);
}

static int check_target(const struct session *s)
{
	const char *hint = NULL, *why = s->kind & KIND_MULTI ? NULL :
							       ktarget_refusal(&s->target, &hint);

	if (!why)
		return 0;
	return fail_hint(-EINVAL, hint, "program '%s': function '%s' %s", s->name, s->target.name, why);
}

/* -- Engine --------------------------------------------------------------------------------- */

/* A rung that wants a capability is refused, the others are not supported. */
static int no_engine(const struct rung_result *r)
{
	return strstr(r->remedy, "CAP_") ? -EPERM : -EOPNOTSUPP;
}

static int choose_engine(struct session *s)
{
	enum fsession_engine want = reg.engine == FSESSION_ENGINE_USER ? FSESSION_ENGINE_KERNEL : reg.engine;
	const struct kernel_features *f = probe_kernel(want == FSESSION_ENGINE_SPLIT ? PROBE_SPLIT : PROBE_NATIVE);
	bool native = want != FSESSION_ENGINE_SPLIT && f->native.works, split = false;

	if (want == FSESSION_ENGINE_KERNEL && !native)
		return fail_hint(no_engine(&f->native), f->native.remedy[0] ? f->native.remedy : NULL,
				 "program '%s': engine %s: %s", s->name,
				 reg.engine == want ? "kernel" : "user", f->native.how);
	if (!native)
		split = probe_kernel(PROBE_SPLIT)->split.works;
	if (want == FSESSION_ENGINE_SPLIT && !split)
		return fail_hint(no_engine(&f->split), f->split.remedy[0] ? f->split.remedy : NULL,
				 "program '%s': engine split: %s", s->name, f->split.how);
	if (!native && !split)
		return fail_hint(no_engine(&f->split),
				 f->split.remedy[0] ? f->split.remedy : "fsession doctor tells more",
				 "program '%s': no engine works here: %s", s->name, f->split.how);
	s->engine = native ? FSESSION_ENGINE_KERNEL : FSESSION_ENGINE_SPLIT;
	if (want != FSESSION_ENGINE_AUTO)
		snprintf(s->reason, sizeof(s->reason), "asked for");
	else
		snprintf(s->reason, sizeof(s->reason), "%s", f->native.how);
	return 0;
}

/* -- Loading -------------------------------------------------------------------------------- */

static void split_settings(struct session *s, const struct session_half *h, struct split_params *p)
{
	const struct kernel_features *f = probe_kernel(PROBE_SPLIT);
	bool tail_target = any_makes_tail_calls();

	*p = (struct split_params){
		.half = h->half,
		.store = s->store,
		.nr_slots = h->target->proto.nr_slots,
		.ret_void = h->target->proto.ret_size == 0,
		.func_ip = s->uses.func_ip && !f->get_func_ip ? ktarget_addr(h->target) : 0,
		.has_get_func_arg = f->get_func_arg,
		.has_get_func_ip = f->get_func_ip,
		.has_attach_cookie = f->attach_cookie,
		.has_cmpxchg = f->cmpxchg,
		/* the kernel guards each program by itself, and no callee of a tail call; what a program's
		 * copies for many functions share needs a guard over all of them */
		.has_guard = f->recursion_guard && !(s->kind & KIND_MULTI) && !tail_target,
		.strong_release = !f->ordered_stores,
		.tail_target = tail_target,
		.no_spill = s->no_spill,
		.attach_cookie = h->attach_cookie,
		.is_return_id = f->is_return_id,
		.cookie_id = f->cookie_id,
		.throw_id = f->throw_id,
		.twin_array = twin_of,
		.arg = &s->twins,
	};
}

static int load_insns(const struct session *s, const struct session_half *h,
		      const struct split_code *code, int attach_type)
{
	const struct ktarget *t = h->target;
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = attach_type,
		    .prog_flags = s->flags,
		    .attach_btf_id = t ? t->btf_id : 0,
		    .attach_btf_obj_fd = t ? t->btf_fd : s->target.btf_fd,
		    .attach_prog_fd = t ? t->prog_fd : 0,
		    .fd_array = s->fds.fds,
		    .log_buf = h->log,
		    .log_size = h->log_size,
		    .log_level = h->log ? 1 : 0);
	int fd;

	if (s->btf_fd >= 0) {
		opts.prog_btf_fd = s->btf_fd;
		opts.func_info = code->func_info;
		opts.func_info_cnt = s->info.func_cnt;
		opts.func_info_rec_size = s->info.func_rec;
		opts.line_info = code->line_info;
		opts.line_info_cnt = s->info.line_cnt;
		opts.line_info_rec_size = s->info.line_rec;
	}
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, s->name, h->gpl ? "GPL" : "Proprietary",
			   code->insns, code->cnt, &opts);
	return fd < 0 ? sys_error(-fd) : fd;
}

/* Messages printed. */
static int build_half(struct session *s, const struct session_half *h, struct split_code *ret)
{
	const struct kernel_features *f = probe_kernel(0);
	struct split_params p;

	if (s->engine == FSESSION_ENGINE_KERNEL)
		return native_build(s->name, s->insns, s->cnt, &s->info, f->is_return_id, f->cookie_id,
				    ret);
	split_settings(s, h, &p);
	return split_build(s->name, s->insns, s->cnt, &s->info, &p, ret);
}

static int load_half(const struct session *s, const struct session_half *h,
		     const struct split_code *code)
{
	int type = h->half == SPLIT_ENTRY ? BPF_TRACE_FENTRY : BPF_TRACE_FEXIT;

	if (s->engine == FSESSION_ENGINE_KERNEL)
		type = h->target ? FS_BPF_TRACE_FSESSION : FS_BPF_TRACE_FSESSION_MULTI;
	return load_insns(s, h, code, type);
}

int session_load(struct session *s, const struct session_half *h)
{
	struct split_code code;
	int fd = build_half(s, h, &code);

	if (fd)
		return fd;
	fd = load_half(s, h, &code);
	split_code_done(&code);
	return fd;
}

const char *session_log_reason(char *log)
{
	static const char * const noise[] = {
		"processed ", "verification time", "stack depth", "max_states", "hint: ",
	};
	char *end = log + strlen(log), *line;

	while (end > log) {
		bool skip;

		while (end > log && (end[-1] == '\n' || end[-1] == ' '))
			*--end = '\0';
		line = memrchr(log, '\n', end - log);
		line = line ? line + 1 : log;
		skip = !*line;
		for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
			skip |= !strncmp(line, noise[i], strlen(noise[i]));
		if (!skip)
			return line;
		end = line;
		*end = '\0';
		if (end == log)
			break;
	}
	return NULL;
}

static const char *refusal_hint(const struct session *s, const struct ktarget *target, int err)
{
	const char *doubt = target ? ktarget_doubt(target) : NULL;

	if (err == -EPERM)
		return "needs CAP_BPF and CAP_PERFMON, or root";
	if (s->uses.missing_kfunc)
		return "it calls a function that this kernel lacks: if that is bpf_session_is_return() or "
		       "bpf_session_cookie(), open the object with fsession_open_file() or its like";
	return doubt;
}

/* Tells the verifier's reason. Return: an fd if the kernel, asked again, agrees after all. */
static int explain(const struct session *s, const struct session_half *h,
		   const struct split_code *code, const char *what)
{
	struct session_half with_log = *h;
	const char *reason;
	int fd;

	with_log.log = calloc(1, LOG_SIZE);
	with_log.log_size = LOG_SIZE;
	if (!with_log.log)
		return -ENOMEM;
	fd = load_half(s, &with_log, code);
	if (fd < 0) {
		log_msg(LOG_DEBUG, "%s", with_log.log);
		reason = session_log_reason(with_log.log);
		fail_hint(fd, refusal_hint(s, h->target, fd), "program '%s': %s: the kernel refuses it: %s",
			  s->name, what, reason ? reason : log_errstr(fd));
	}
	free(with_log.log);
	return fd;
}

int session_load_loudly(struct session *s, const struct session_half *h, const char *what)
{
	struct split_code code;
	int fd = build_half(s, h, &code);

	if (fd)
		return fd;
	fd = load_half(s, h, &code);
	if (fd < 0)
		fd = explain(s, h, &code, what);
	split_code_done(&code);
	return fd;
}

void session_forget_calls(struct session *s)
{
	if (s->store.id)
		store_purge(&s->store);
}

bool session_is_gpl(struct session *s)
{
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);

	note_fd(s);
	if (s->prog_fd < 0 || bpf_obj_get_info_by_fd(s->prog_fd, &info, &len))
		return true;
	return info.gpl_compatible;
}

/* -- What libbpf is about to load ----------------------------------------------------------------- */

static void *copy_info(const void *info, uint32_t cnt, uint32_t rec)
{
	void *p = cnt ? malloc((size_t)cnt * rec) : NULL;

	if (p)
		memcpy(p, info, (size_t)cnt * rec);
	return p;
}

static int keep_original(struct session *s, const struct bpf_prog_load_opts *opts)
{
	int err;

	s->cnt = bpf_program__insn_cnt(s->prog);
	s->insns = malloc(s->cnt * sizeof(*s->insns));
	if (!s->insns)
		return -ENOMEM;
	memcpy(s->insns, bpf_program__insns(s->prog), s->cnt * sizeof(*s->insns));
	err = fdarray_copy(opts->fd_array, s->insns, s->cnt, &s->fds);
	if (err)
		return fail(err, "program '%s': BTF of a module that it calls: %s", s->name,
			    log_errstr(err));
	s->flags = opts->prog_flags | (s->kind & KIND_SLEEPABLE ? BPF_F_SLEEPABLE : 0);
	if (opts->prog_btf_fd > 0 && opts->func_info_cnt) {
		s->info = (struct split_info){
			.func_info = copy_info(opts->func_info, opts->func_info_cnt,
					       opts->func_info_rec_size),
			.func_cnt = opts->func_info_cnt,
			.func_rec = opts->func_info_rec_size,
			.line_info = copy_info(opts->line_info, opts->line_info_cnt,
					       opts->line_info_rec_size),
			.line_cnt = opts->line_info_cnt,
			.line_rec = opts->line_info_rec_size,
		};
		s->libbpf_btf_fd = opts->prog_btf_fd;
		s->btf_fd = fcntl(opts->prog_btf_fd, F_DUPFD_CLOEXEC, 3);
		if (s->btf_fd < 0)
			return -errno;
		s->btf_id = sys_btf_id(s->btf_fd);
	}
	return 0;
}

static void aim(const struct session *s, struct bpf_prog_load_opts *opts)
{
	opts->prog_flags = s->flags;
	opts->attach_btf_id = s->kernel_multi ? 0 : s->target.btf_id;
	opts->attach_prog_fd = s->target_prog_fd > 0 ? s->target_prog_fd : 0;
	opts->attach_btf_obj_fd = s->target.btf_fd;
}

/* Gives @code to libbpf, which reads the infos after we return: they are kept. */
static int set_code(struct session *s, struct bpf_program *prog, struct split_code *code,
		    struct bpf_prog_load_opts *opts)
{
	int err = bpf_program__set_insns(prog, code->insns, code->cnt);

	free(s->entry_info[0]);
	free(s->entry_info[1]);
	s->entry_info[0] = code->func_info;
	s->entry_info[1] = code->line_info;
	code->func_info = code->line_info = NULL;
	split_code_done(code);
	if (s->btf_fd >= 0) {
		opts->func_info = s->entry_info[0];
		opts->line_info = s->entry_info[1];
	}
	return err;
}

static int prepare_kernel(struct session *s, struct bpf_program *prog,
			  struct bpf_prog_load_opts *opts)
{
	const struct kernel_features *f = probe_kernel(0);
	struct split_code code;
	int err = native_build(s->name, s->insns, s->cnt, &s->info, f->is_return_id, f->cookie_id, &code);

	if (!err)
		err = set_code(s, prog, &code, opts);
	if (err)
		return err;
	aim(s, opts);
	opts->expected_attach_type = (int)(s->kernel_multi ? FS_BPF_TRACE_FSESSION_MULTI :
							     FS_BPF_TRACE_FSESSION);
	return 0;
}

/* The exit half is verified now, so that a program which cannot run fails when it is loaded. */
static int verify_exit_half(struct session *s)
{
	struct session_half h = { .target = &s->target, .half = SPLIT_EXIT, .gpl = true };
	int fd = -1;

	/* main's frame and its callees' share 512 bytes, of which we may have taken the last */
	s->no_spill = false;
	if (s->uses.subprogs && !s->uses.tail_calls) {
		fd = session_load(s, &h);
		s->no_spill = fd < 0;
	}
	if (fd < 0)
		fd = session_load_loudly(s, &h, "exit half");
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int prepare_split(struct session *s, struct bpf_program *prog,
			 struct bpf_prog_load_opts *opts)
{
	struct session_half h = { .target = &s->target, .half = SPLIT_ENTRY };
	struct split_params p;
	struct split_code code;
	int err;

	if (s->flags & BPF_F_SLEEPABLE && !probe_kernel(PROBE_SPLIT)->recursion_guard)
		return fail(-EOPNOTSUPP, "program '%s': sleepable sessions need Linux 5.12: before, a "
			    "sleepable program may change its CPU", s->name);
	store_set_symbol(&s->store, s->kind & KIND_MULTI || s->target.prog_fd ? "" : s->target.name);
	err = verify_exit_half(s);
	if (err)
		return err;
	split_settings(s, &h, &p);
	err = split_build(s->name, s->insns, s->cnt, &s->info, &p, &code);
	if (err)
		return err;
	err = set_code(s, prog, &code, opts);
	aim(s, opts);
	opts->expected_attach_type = BPF_TRACE_FENTRY;
	return err;
}

struct trial {
	struct session *s;
	int left;
};

static int try_load_for(const struct ktarget *t, const char *why, void *arg)
{
	struct trial *trial = arg;
	struct session_half h = { .target = t, .half = SPLIT_EXIT, .gpl = true };
	int fd;

	if (why)
		return 0;
	fd = session_load(trial->s, &h);
	if (fd >= 0) {
		close(fd);
		trial->s->target = *t;
		return 1;
	}
	return --trial->left ? 0 : 1;
}

/* A program that loads from ctx suits some of the functions its pattern matches: it is to be loaded for
 * one of those. Finding none among the first is left to the loading, which then says why. */
static int choose_representative(struct session *s)
{
	struct trial trial = { s, REPRESENTATIVE_TRIALS };
	int err;

	if (!s->glob || !s->glob[0] || !s->uses.ctx_loads)
		return 0;
	err = ktarget_glob(s->glob, try_load_for, &trial);
	return err < 0 ? err : 0;
}

static int prepare(struct session *s, struct bpf_program *prog, struct bpf_prog_load_opts *opts)
{
	const struct kernel_features *f;
	int err = keep_original(s, opts);

	if (err)
		return err;
	/* what is tried and loaded besides libbpf's program would need it too */
	if (s->flags & FS_BPF_F_TOKEN_FD)
		return fail_hint(-EOPNOTSUPP, "run it outside the user namespace, with CAP_BPF and CAP_PERFMON",
				 "program '%s': sessions cannot be loaded with a BPF token", s->name);
	f = probe_kernel(0);
	if (split_scan(s->insns, s->cnt, f->is_return_id, f->cookie_id, &s->uses))
		return fail(-EINVAL, "program '%s': malformed instructions", s->name);
	err = choose_engine(s);
	if (!err)
		err = resolve_target(s, opts);
	if (!err)
		err = check_target(s);
	if (err)
		return err;
	if (s->kind & KIND_MULTI)
		s->kernel_multi = s->engine == FSESSION_ENGINE_KERNEL && !s->uses.ctx_loads &&
				  probe_kernel(PROBE_MULTI)->multi.works;
	if (is_multi_section(prog) && s->uses.ctx_loads)
		return fail_hint(-EACCES, "its functions have different arguments: use "
				 "bpf_get_func_arg() and bpf_get_func_ret()",
				 "program '%s': a .multi program cannot load from ctx", s->name);
	if (s->kind & KIND_MULTI && s->uses.tail_calls && s->engine == FSESSION_ENGINE_SPLIT)
		return fail_hint(-EOPNOTSUPP, "load it for one function, once for each",
				 "program '%s': makes tail calls: on many functions at once the split "
				 "engine cannot run it", s->name);
	describe_target(s);
	if (s->engine == FSESSION_ENGINE_SPLIT)
		err = store_get(&s->store);
	if (!err)
		err = choose_representative(s);
	if (err)
		return err;
	err = s->engine == FSESSION_ENGINE_KERNEL ? prepare_kernel(s, prog, opts) :
						    prepare_split(s, prog, opts);
	if (err)
		return err;
	pthread_mutex_lock(&reg.lock);
	s->loaded = true;
	pthread_mutex_unlock(&reg.lock);
	return 0;
}

/* bpf_program__clone() of newer libbpf comes with the instructions we set before. */
static int prepare_clone(const struct session *s, struct bpf_prog_load_opts *opts)
{
	if (s->engine == FSESSION_ENGINE_SPLIT)
		return fail_hint(-EOPNOTSUPP, "use fsession_attach_multi()", "program '%s': the split "
				 "engine's programs cannot be cloned", s->name);
	opts->prog_flags = s->flags;
	opts->expected_attach_type = (int)FS_BPF_TRACE_FSESSION;
	if (!opts->attach_btf_id)
		aim(s, opts);
	return 0;
}

int session_prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long kind)
{
	struct session *s = find(prog);
	int err;

	if (!s) {
		err = session_setup(prog, kind);
		if (err)
			return err;
		s = find(prog);
	}
	if (s->loaded && bpf_program__fd(prog) >= 0)
		return prepare_clone(s, opts);
	unload(s);
	err = prepare(s, prog, opts);
	if (err)
		unload(s);
	return err;
}
