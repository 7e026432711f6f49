/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fsession/fsession.h>

#include "cli/opt.h"
#include "image/kprog.h"
#include "util/glob.h"
#include "util/log.h"

#define PROG "prog:"

static int prog_by_id(const char *name)
{
	char *end;
	unsigned long id = strtoul(name, &end, 10);
	int fd;

	fd = *end || id > UINT32_MAX ? -ENOENT : bpf_prog_get_fd_by_id(id);
	if (fd == -ENOENT)
		return fail_hint(fd, "'bpftool prog' lists them",
				 "--attach '" PROG "%s': no BPF program has this id", name);
	return fd < 0 ? fail(fd, "--attach '" PROG "%s': %s", name, log_errstr(fd)) : fd;
}

static int prog_by_path(const char *path)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	int fd = bpf_obj_get(path);

	if (fd < 0)
		return fail(fd, "--attach '" PROG "%s': %s", path, log_errstr(fd));
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.id)
		return fd;
	close(fd);
	return fail(-EINVAL, "--attach '" PROG "%s': not a BPF program", path);
}

/* Is it called @name? The kernel keeps 15 characters, its BTF all of them. */
static int prog_has_name(int fd, const char *name)
{
	struct log_capture quiet;
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	struct kprog prog;
	char buf[256];
	int ret;

	if (bpf_obj_get_info_by_fd(fd, &info, &len) ||
	    strncmp(info.name, name, sizeof(info.name) - 1))
		return 0;
	if (strlen(name) < sizeof(info.name))
		return 1;
	log_capture_start(&quiet, buf, sizeof(buf));
	ret = !kprog_open(fd, &prog);
	if (ret) {
		ret = !strcmp(prog.funcs[0].name, name);
		kprog_done(&prog);
	}
	log_capture_stop(&quiet);
	return ret;
}

static int fail_ambiguous(const char *name, uint32_t id, uint32_t other)
{
	char hint[128];

	snprintf(hint, sizeof(hint), "say which: '" PROG "%u' or '" PROG "%u'", id, other);
	return fail_hint(-EEXIST, hint, "--attach '" PROG "%s': several programs have this name",
			 name);
}

static int prog_by_name(const char *name)
{
	uint32_t id = 0, found_id = 0;
	int fd, found = -1;

	while (!bpf_prog_get_next_id(id, &id)) {
		fd = bpf_prog_get_fd_by_id(id);
		if (fd < 0)
			continue;
		if (!prog_has_name(fd, name)) {
			close(fd);
			continue;
		}
		if (found >= 0) {
			close(fd);
			close(found);
			return fail_ambiguous(name, found_id, id);
		}
		found = fd;
		found_id = id;
	}
	if (found < 0 && errno == EPERM)
		return fail_hint(-EPERM, "finding a program by name or id needs CAP_SYS_ADMIN",
				 "--attach '" PROG "%s': %s", name, log_errstr(EPERM));
	if (found < 0)
		return fail_hint(-ENOENT, "'bpftool prog' lists them",
				 "--attach '" PROG "%s': no BPF program has this name", name);
	return found;
}

/* @spec: ID, NAME or /PATH, perhaps with :FUNC */
static int open_prog(struct targets *t, const char *spec)
{
	char *name = strdup(spec), *func;
	struct kprog prog;
	const struct kprog_func *f;
	int err = 0;

	if (!name)
		return fail(-ENOMEM, "out of memory");
	func = strrchr(name, ':');
	if (func)
		*func++ = '\0';
	if (*name == '/')
		t->prog_fd = prog_by_path(name);
	else if (*name >= '0' && *name <= '9')
		t->prog_fd = prog_by_id(name);
	else
		t->prog_fd = prog_by_name(name);
	if (t->prog_fd < 0) {
		err = t->prog_fd;
		goto out;
	}
	err = kprog_open(t->prog_fd, &prog);
	if (err)
		goto out;
	f = kprog_find(&prog, func);
	if (f)
		snprintf(t->prog_func, sizeof(t->prog_func), "%s", f->name);
	else
		err = fail(-ENOENT, "--attach '" PROG "%s': the program has no function '%s'", spec,
			   func);
	kprog_done(&prog);
out:
	free(name);
	return err;
}

/* Makes @t->funcs "a,tcp_*" of "a" and "tcp_*", "m:a,b" of "m:a" and "m:b". */
static int add_func(struct targets *t, const char *spec)
{
	const char *colon = strchr(spec, ':'), *name = colon ? colon + 1 : spec;
	size_t len = name - spec, size;
	char *funcs;

	if (!t->funcs) {
		t->funcs = strdup(spec);
		return t->funcs ? 0 : fail(-ENOMEM, "out of memory");
	}
	/* One program is loaded against the types of one module. */
	if (strncmp(t->funcs, spec, len) || !strchr(t->funcs, ':') != !colon)
		return fail_hint(-EINVAL, "run fsession once for each module",
				 "--attach: '%s' and '%s' are not in the same module", t->funcs,
				 spec);
	size = strlen(t->funcs) + strlen(name) + 2;
	funcs = realloc(t->funcs, size);
	if (!funcs)
		return fail(-ENOMEM, "out of memory");
	strcat(strcat(funcs, ","), name);
	t->funcs = funcs;
	return 0;
}

int targets_open(const struct opt_list *specs, struct targets *ret)
{
	struct targets t = { .prog_fd = -1 };
	int err = 0;

	for (size_t i = 0; i < specs->n && !err; i++) {
		if (strncmp(specs->v[i], PROG, strlen(PROG)))
			err = add_func(&t, specs->v[i]);
		else if (specs->n > 1)
			err = fail(-EINVAL, "--attach '%s': a BPF program must be the only target",
				   specs->v[i]);
		else
			err = open_prog(&t, specs->v[i] + strlen(PROG));
	}
	if (err)
		targets_done(&t);
	else
		*ret = t;
	return err;
}

void targets_done(struct targets *t)
{
	free(t->funcs);
	if (t->prog_fd >= 0)
		close(t->prog_fd);
	*t = (struct targets){ .prog_fd = -1 };
}

enum targets_kind targets_kind(const struct targets *t)
{
	if (t->funcs)
		return glob_is_pattern(t->funcs) ? TARGETS_MANY : TARGETS_ONE;
	return t->prog_fd >= 0 ? TARGETS_ONE : TARGETS_NONE;
}

void targets_module(const struct targets *t, char *ret, size_t size)
{
	const char *colon = t->funcs ? strchr(t->funcs, ':') : NULL;

	snprintf(ret, size, "%.*s", colon ? (int)(colon - t->funcs) : 0, colon ? t->funcs : "");
}

int targets_set(const struct targets *t, struct bpf_program *prog)
{
	int err;

	if (t->funcs)
		return fsession_set_target(prog, t->funcs);
	err = bpf_program__set_attach_target(prog, t->prog_fd, t->prog_func);
	return err ? fail(err, "program '%s': BPF function '%s' cannot be its target: %s",
			  bpf_program__name(prog), t->prog_func, log_errstr(err)) : 0;
}
