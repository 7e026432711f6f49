/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/link.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "bpf/uapi.h"
#include "engine/session.h"
#include "engine/store.h"
#include "util/log.h"

#define BPF_FS_MAGIC 0xcafe4a11	/* include/uapi/linux/magic.h */
#define LINK_MAGIC 0x66736c6bU
#define EXIT_SUFFIX "_exit"		/* a bpf file system takes no dots in names */

/* The head as libbpf's src/libbpf.c has had it from 0.8 to 1.8. */
struct libbpf_link_head {
	int (*detach)(struct bpf_link *link);
	void (*dealloc)(struct bpf_link *link);
	char *pin_path;
	int fd;
	bool disconnected;
};

struct fs_link {
	struct libbpf_link_head head;
	char spare[64];			/* members a newer libbpf may add; zero */
	uint32_t magic;
	struct session *session;
	struct link_pair *pairs;	/* pairs[0].entry_fd is head.fd */
	size_t cnt;
	char *exit_pin;			/* where the exit half is pinned, or NULL */
};

void link_pair_close(struct link_pair *p)
{
	if (p->entry_fd >= 0)
		close(p->entry_fd);
	if (p->exit_fd >= 0)
		close(p->exit_fd);
	p->entry_fd = p->exit_fd = -1;
}

static bool on_bpffs(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];
	struct statfs fs;

	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
	return statfs(dir, &fs) || fs.f_type == BPF_FS_MAGIC;
}

/* libbpf looks at the file system and says -EINVAL, the kernel says -EPERM. */
static int pin_failed(int err, const char *path)
{
	const char *base = strrchr(path, '/'), *hint = NULL;

	if (!on_bpffs(path)) {
		err = -EINVAL;
		hint = "the path must lie on a bpf file system (mount -t bpf)";
	} else if (err == -EPERM && strchr(base ? base : path, '.')) {
		hint = "a bpf file system takes no dots in names";
	}
	return fail_hint(err, hint, "link: cannot pin at '%s': %s", path, log_errstr(err));
}

static int exit_path(const char *path, char *buf, size_t size)
{
	return snprintf(buf, size, "%s" EXIT_SUFFIX, path) < (int)size ? 0 : -ENAMETOOLONG;
}

/* Somebody pinned or unpinned the entry half by libbpf's own calls: the other half follows. */
static int follow_pin(struct fs_link *l)
{
	char path[PATH_MAX];
	int err;

	if (l->exit_pin && !l->head.pin_path)		/* bpf_link__unpin() knows of one pin */
		unlink(l->exit_pin);
	if (!l->head.pin_path || l->exit_pin || l->pairs[0].exit_fd < 0)
		return 0;
	err = exit_path(l->head.pin_path, path, sizeof(path));
	if (!err && bpf_obj_pin(l->pairs[0].exit_fd, path))
		err = -errno;
	if (err)
		return fail(err, "link: cannot pin the exit half at '%s': %s", path, log_errstr(err));
	l->exit_pin = strdup(path);
	return 0;
}

static int fs_link_detach(struct bpf_link *link)
{
	struct fs_link *l = (struct fs_link *)link;
	int err = follow_pin(l);

	for (size_t i = 0; i < l->cnt; i++)
		link_pair_close(&l->pairs[i]);
	l->head.fd = -1;
	if (!l->session)
		return err;
	l->session->attached = false;
	l->session->exit_id = 0;
	if (l->head.pin_path)
		l->session->pinned = true;
	else
		session_forget_calls(l->session);
	return err;
}

static void fs_link_dealloc(struct bpf_link *link)
{
	struct fs_link *l = (struct fs_link *)link;

	/* bpf_link__disconnect(): the kernel's links end with the process */
	if (l->session && l->head.disconnected)
		l->session->pinned = true;
	session_put(l->session);
	free(l->exit_pin);
	free(l->pairs);
	free(l);
}

static struct fs_link *make(struct session *s, const struct link_pair *pairs, size_t cnt)
{
	struct fs_link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->pairs = malloc(cnt * sizeof(*pairs));
	if (!l->pairs) {
		free(l);
		return NULL;
	}
	memcpy(l->pairs, pairs, cnt * sizeof(*pairs));
	l->cnt = cnt;
	l->magic = LINK_MAGIC;
	l->head.detach = fs_link_detach;
	l->head.dealloc = fs_link_dealloc;
	l->head.fd = pairs[0].entry_fd;
	l->session = s ? session_get(s) : NULL;
	return l;
}

/* -- Is this libbpf's struct ours? ------------------------------------------------------------- */

static int seen_detach, seen_dealloc;

static int dummy_detach(struct bpf_link *link)
{
	(void)link;
	seen_detach++;
	return 0;
}

static void dummy_dealloc(struct bpf_link *link)
{
	(void)link;
	seen_dealloc++;
}

static bool layout_ok;

static void check_layout(void)
{
	static char pin_path[] = "/fsession";
	struct fs_link dummy = { .head = { dummy_detach, dummy_dealloc, pin_path, 0x1234, false } };
	struct bpf_link *link = (struct bpf_link *)&dummy;

	if (bpf_link__fd(link) != 0x1234 || bpf_link__pin_path(link) != pin_path)
		return;
	dummy.head.pin_path = NULL;
	bpf_link__disconnect(link);
	if (!dummy.head.disconnected)
		return;
	dummy.head.disconnected = false;
	bpf_link__destroy(link);
	layout_ok = seen_detach == 1 && seen_dealloc == 1;
}

static int link_check_layout(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, check_layout);
	if (layout_ok)
		return 0;
	return fail(-EOPNOTSUPP, "link: libbpf %s lays out struct bpf_link in a way this library does "
		    "not know", libbpf_version_string());
}

int link_new(struct session *s, const struct link_pair *pairs, size_t cnt, struct bpf_link **ret)
{
	struct fs_link *l;
	int err = link_check_layout();

	if (err)
		return err;
	l = make(s, pairs, cnt);
	if (!l)
		return -ENOMEM;
	*ret = (struct bpf_link *)l;
	return 0;
}

/* -- Pins --------------------------------------------------------------------------------------- */

static struct fs_link *ours(struct bpf_link *link)
{
	struct fs_link *l = (struct fs_link *)link;

	/* libbpf's own links are smaller: compare the function before looking further */
	return link && l->head.detach == fs_link_detach ? l : NULL;
}

int link_pin(struct bpf_link *link, const char *path)
{
	struct fs_link *l = ours(link);
	char other[PATH_MAX];
	int err;

	if (!path || !*path)
		return fail(-EINVAL, "link: empty path");
	if (bpf_link__pin_path(link))
		return fail(-EBUSY, "link: is pinned already, at '%s'", bpf_link__pin_path(link));
	if (l && l->cnt > 1)
		return fail(-EINVAL, "link: a session of %zu functions without tracing_multi cannot be "
			    "pinned", l->cnt);
	if (l && l->pairs[0].exit_fd >= 0) {
		err = exit_path(path, other, sizeof(other));
		if (!err && bpf_obj_pin(l->pairs[0].exit_fd, other))
			err = -errno;
		if (err)
			return pin_failed(err, other);
		l->exit_pin = strdup(other);
	}
	err = bpf_link__pin(link, path);
	if (err) {
		if (l && l->exit_pin) {
			unlink(other);
			free(l->exit_pin);
			l->exit_pin = NULL;
		}
		return pin_failed(err, path);
	}
	return 0;
}

/* Maps and programs can be pinned too, and tell of themselves by the same call. */
static bool is_link(int fd)
{
	char path[64], name[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, name, sizeof(name) - 1);
	if (n < 0)
		return true;		/* no /proc: the attach type has to do */
	name[n] = '\0';
	return strstr(name, "bpf_link") || strstr(name, "bpf-link");
}

/* Attach type of a link fd, or -errno. */
static int link_type(int fd)
{
	struct bpf_link_info info = {};
	uint32_t len = sizeof(info);

	if (!is_link(fd))
		return -EINVAL;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (info.type == FS_BPF_LINK_TYPE_TRACING_MULTI)
		return FS_BPF_TRACE_FSESSION_MULTI;
	return info.type == BPF_LINK_TYPE_TRACING ? (int)info.tracing.attach_type : -EINVAL;
}

int link_open(const char *path, struct bpf_link **ret)
{
	struct link_pair p = { -1, -1 };
	char other[PATH_MAX];
	int err, type;

	p.entry_fd = bpf_obj_get(path);
	if (p.entry_fd < 0)
		return fail(-errno, "link: cannot open '%s': %s", path, log_errstr(errno));
	type = link_type(p.entry_fd);
	err = exit_path(path, other, sizeof(other));
	if (!err && type == BPF_TRACE_FENTRY) {
		p.exit_fd = bpf_obj_get(other);
		err = p.exit_fd < 0 ? -errno : 0;
		if (err)
			fail(err, "link: '%s' is pinned, but its exit half '%s' is not: %s", path, other,
			     log_errstr(err));
	} else if (type != FS_BPF_TRACE_FSESSION && type != FS_BPF_TRACE_FSESSION_MULTI) {
		err = fail(-EINVAL, "link: '%s' is not an fsession link", path);
	}
	if (!err)
		err = link_new(NULL, &p, 1, ret);
	if (err) {
		link_pair_close(&p);
		return err;
	}
	((struct fs_link *)*ret)->head.pin_path = strdup(path);
	((struct fs_link *)*ret)->exit_pin = p.exit_fd >= 0 ? strdup(other) : NULL;
	return 0;
}
