/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include "bpf/sys.h"
#include "bpf/uapi.h"
#include "engine/probe.h"
#include "engine/twin.h"
#include "util/log.h"

const char *attach_errstr(int err, const char **hint)
{
	*hint = NULL;
	switch (-err) {
	case EBUSY:
		return "already attached, or replaced by an freplace program";
	case E2BIG:
		*hint = "other tools attach to the same function; a session takes two of its places";
		return "the function's trampoline is full";
	case EOPNOTSUPP:
		*hint = "fsession doctor tells what this kernel can do";
		return "the kernel has no trampolines for kernel functions on this machine";
	case ENOENT:
		return "the kernel cannot trace this function";
	case EMFILE:
	case ENFILE:
		*hint = "raise the limit of open files (ulimit -n)";
		return "too many open files";
	case EPERM:
		*hint = "needs CAP_BPF and CAP_PERFMON, or root";
		return log_errstr(err);
	}
	return log_errstr(err);
}

static int attach_failed(const struct session *s, const char *step, int err)
{
	const char *hint, *why, *doubt;

	doubt = s->attached || (err != -EBUSY && err != -ENOENT && err != -EINVAL &&
				err != -EOPNOTSUPP) ? NULL : ktarget_doubt(&s->target);
	/* of a function without room for a call at its start, x86 says that it is busy */
	if (doubt && (err == -EBUSY || err == -EOPNOTSUPP))
		err = -ENOENT;
	why = attach_errstr(err, &hint);
	if (doubt)
		hint = doubt;
	return fail_hint(err, hint, "program '%s': cannot attach %sto '%s': %s", s->name, step,
			 s->target_text, why);
}

int attach_pair(int entry_prog, int exit_prog, uint64_t attach_cookie, struct link_pair *ret,
		const char **step)
{
	struct link_pair p = { -1, -1 };
	int err;

	*step = "its exit half ";
	p.exit_fd = sys_link_tracing(exit_prog, BPF_TRACE_FEXIT, attach_cookie);
	if (p.exit_fd < 0)
		return p.exit_fd;
	*step = "its entry half ";
	p.entry_fd = sys_link_tracing(entry_prog, BPF_TRACE_FENTRY, attach_cookie);
	if (p.entry_fd < 0) {
		err = p.entry_fd;
		link_pair_close(&p);
		return err;
	}
	*ret = p;
	return 0;
}

/*
 * libbpf's program anew, in its place: kernels before 5.13 attach a program but once, a program
 * on a BPF program forgets its target, and an attach cookie may have to be baked in.
 */
static int reload(struct session *s, uint64_t attach_cookie)
{
	struct session_half h = {
		.target = &s->target,
		.half = SPLIT_ENTRY,
		.attach_cookie = attach_cookie,
		.gpl = session_is_gpl(s),
	};
	const char *what = s->engine == FSESSION_ENGINE_KERNEL ? "loading again" : "entry half";
	int fd = session_load_loudly(s, &h, what), err;

	if (fd < 0)
		return fd;
	err = session_replace_prog(s, fd);
	close(fd);
	return err;
}

/* Does @s need reload() before it is attached once more? */
static bool forgot_target(const struct session *s)
{
	return s->nr_attaches && s->target.prog_fd;
}

/* With an exit half of its own each time, for the same reasons. *@step: NULL if it is told already. */
static int attach_halves(struct session *s, uint64_t attach_cookie, struct link_pair *ret,
			 const char **step)
{
	struct session_half h = {
		.target = &s->target,
		.half = SPLIT_EXIT,
		.attach_cookie = attach_cookie,
		.gpl = session_is_gpl(s),
	};
	int exit_fd = session_load_loudly(s, &h, "exit half"), err;

	*step = NULL;
	if (exit_fd < 0)
		return exit_fd;
	err = attach_pair(s->prog_fd, exit_fd, probe_kernel(PROBE_SPLIT)->attach_cookie ? attach_cookie : 0, ret,
			  step);
	s->exit_id = err ? 0 : sys_prog_id(exit_fd);
	close(exit_fd);
	return err;
}

static int attach_split(struct session *s, uint64_t attach_cookie, struct link_pair *ret)
{
	bool baked = !probe_kernel(PROBE_SPLIT)->attach_cookie && s->uses.attach_cookie;
	const char *step = NULL;
	int err;

	err = twin_sync(s);
	if (!err && (forgot_target(s) || (baked && (attach_cookie || s->nr_attaches))))
		err = reload(s, attach_cookie);
	if (err)
		return err;
	err = attach_halves(s, attach_cookie, ret, &step);
	if ((err == -ENOENT || err == -EINVAL) && step && s->nr_attaches) {
		err = reload(s, attach_cookie);
		if (err)
			return err;
		err = attach_halves(s, attach_cookie, ret, &step);
	}
	return err && step ? attach_failed(s, step, err) : err;
}

static int attach_native(struct session *s, uint64_t attach_cookie, struct link_pair *ret)
{
	int fd, err = forgot_target(s) ? reload(s, attach_cookie) : 0;

	if (err)
		return err;
	fd = sys_link_tracing(s->prog_fd, FS_BPF_TRACE_FSESSION, attach_cookie);
	if (fd < 0)
		return attach_failed(s, "", fd);
	*ret = (struct link_pair){ fd, -1 };
	return 0;
}

int attach_single(struct session *s, uint64_t attach_cookie, struct bpf_link **ret)
{
	struct link_pair p;
	int err;

	if (s->attached)
		return attach_failed(s, "", -EBUSY);
	session_forget_calls(s);
	err = s->engine == FSESSION_ENGINE_KERNEL ? attach_native(s, attach_cookie, &p) :
						    attach_split(s, attach_cookie, &p);
	if (err)
		return err;
	err = link_new(s, &p, 1, ret);
	if (err) {
		link_pair_close(&p);
		return err;
	}
	s->attached = true;
	s->nr_attaches++;
	return 0;
}
