/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/uproc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "image/uelf.h"
#include "util/log.h"
#include "util/slurp.h"

#define MAPS_MAX (64 << 20)
#define OBJS_MAX 65536

static bool is_known(const struct uproc *p, const struct uproc_obj *o)
{
	for (uint32_t i = p->nr; i-- > 0;)
		if (p->objs[i].inode == o->inode && p->objs[i].dev_major == o->dev_major &&
		    p->objs[i].dev_minor == o->dev_minor && !strcmp(p->objs[i].path, o->path))
			return true;
	return false;
}

static int add(struct uproc *p, const struct uproc_obj *o)
{
	struct uproc_obj *objs = p->objs;

	if (p->nr % 64 == 0)
		objs = realloc(objs, (p->nr + 64) * sizeof(*objs));
	if (!objs)
		return -ENOMEM;
	p->objs = objs;
	objs[p->nr] = *o;
	objs[p->nr].path = strdup(o->path);
	if (!objs[p->nr].path)
		return -ENOMEM;
	objs[p->nr].name = strrchr(objs[p->nr].path, '/') + 1;
	p->nr++;
	return 0;
}

/* "START-END r-xp OFFSET MAJOR:MINOR INODE    PATH" */
static int add_line(struct uproc *p, char *line)
{
	struct uproc_obj o = {};
	int path_at = 0;
	char exec;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*2c%c%*c %" SCNx64 " %" SCNx64 ":%" SCNx64 " %" SCNu64 " %n",
		   &o.start, &o.end, &exec, &o.offset, &o.dev_major, &o.dev_minor, &o.inode, &path_at) != 7 ||
	    !path_at)
		return 0;
	o.path = line + path_at;
	if (exec != 'x' || *o.path != '/' || !o.inode || is_known(p, &o) || p->nr == OBJS_MAX)
		return 0;
	return add(p, &o);
}

static int read_maps(pid_t tid, char **text)
{
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/proc/%d/maps", tid);
	err = slurp(path, MAPS_MAX, text, NULL);
	if (!err && !**text) {
		free(*text);
		*text = NULL;
		err = -ESRCH;
	}
	return err == -ENOENT ? -ESRCH : err;
}

/* Of whichever of its threads still has a memory; the one that has becomes @p->pid. */
static int read_any_maps(struct uproc *p, char **text)
{
	int err = read_maps(p->pid, text);
	const struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", p->pid);
	dir = err == -ESRCH ? opendir(path) : NULL;
	while (dir && err == -ESRCH && (entry = readdir(dir))) {
		pid_t tid = atoi(entry->d_name);

		if (tid > 0)
			err = read_maps(tid, text);
		if (!err)
			p->pid = tid;
	}
	if (dir)
		closedir(dir);
	return err;
}

int uproc_open(pid_t pid, struct uproc **ret)
{
	struct uproc *p = calloc(1, sizeof(*p));
	char *text = NULL, *next;
	int err;

	if (!p)
		return fail(-ENOMEM, "out of memory");
	p->pid = pid;
	err = read_any_maps(p, &text);
	if (err) {
		err = fail_hint(err, err == -ESRCH ? NULL : "be the user whose process it is, or root",
				"process %d: %s", pid, log_errstr(err));
		goto out;
	}
	for (char *line = text; *line && !err; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		err = add_line(p, line);
	}
	if (err)
		fail(err, "out of memory");
out:
	free(text);
	if (err)
		uproc_free(p);
	else
		*ret = p;
	return err;
}

void uproc_free(struct uproc *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; i < p->nr; i++)
		free(p->objs[i].path);
	free(p->objs);
	free(p);
}

/* Overlay file systems show other device numbers in maps than stat() does: the inode has to do. */
static int open_same(const char *path, const struct uproc_obj *o)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_ino == o->inode)
		return fd;
	close(fd);
	return -ENOENT;
}

int uproc_open_obj(const struct uproc *p, const struct uproc_obj *o)
{
	char path[4200];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/root%s", p->pid, o->path);
	fd = open_same(path, o);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, p->pid, o->start, o->end);
	fd = open_same(path, o);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "/proc/%d/exe", p->pid);
	fd = open_same(path, o);
	if (fd >= 0)
		return fd;
	return fail_hint(-ENOENT, "restart the process, or be root",
			 "process %d: '%s' is not the file any more that it has mapped", p->pid, o->path);
}

bool uproc_is_exe(const struct uproc *p, const struct uproc_obj *o)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/exe", p->pid);
	return !stat(path, &st) && st.st_ino == o->inode;
}

int uproc_read_word(const struct uproc *p, uint64_t addr, uint64_t *ret)
{
	struct iovec here = { ret, sizeof(*ret) }, there = { (void *)(uintptr_t)addr, sizeof(*ret) };
	ssize_t n = process_vm_readv(p->pid, &here, 1, &there, 1, 0);

	return n == sizeof(*ret) ? 0 : n < 0 ? -errno : -EFAULT;
}

uint64_t uproc_bias(const struct uproc_obj *o, const struct uelf *e)
{
	for (uint32_t i = 0; i < e->nr_segs; i++)
		if (e->segs[i].flags & PF_X && o->offset + (o->end - o->start) > e->segs[i].offset &&
		    o->offset < e->segs[i].offset + e->segs[i].filesz)
			return o->start - (e->segs[i].vaddr - e->segs[i].offset + o->offset);
	return 0;
}
