/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/uproc.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "image/maps.h"
#include "image/uelf.h"
#include "util/log.h"

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

static int add_row(struct uproc *p, const struct map_row *row)
{
	const struct uproc_obj o = {
		.path = row->path, .start = row->lo, .end = row->hi, .offset = row->off,
		.dev_major = row->dev_major, .dev_minor = row->dev_minor, .inode = row->inode,
	};

	if (!maps_is_program(row) || !o.inode || is_known(p, &o) || p->nr == OBJS_MAX)
		return 0;
	return add(p, &o);
}

/* Of whichever of its threads still has a memory; the one that has becomes @p->pid. */
static int read_any_maps(struct uproc *p, struct maps *maps)
{
	int err = maps_read(p->pid, maps);
	const struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", p->pid);
	dir = err == -ESRCH ? opendir(path) : NULL;
	while (dir && err == -ESRCH && (entry = readdir(dir))) {
		pid_t tid = atoi(entry->d_name);

		if (tid > 0)
			err = maps_read(tid, maps);
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
	struct maps maps = { 0 };
	int err;

	if (!p)
		return fail(-ENOMEM, "out of memory");
	p->pid = pid;
	err = read_any_maps(p, &maps);
	if (err) {
		err = fail_hint(err, err == -ESRCH ? NULL : "be the user whose process it is, or root",
				"process %d: %s", pid, log_errstr(err));
		goto out;
	}
	for (uint32_t i = 0; i < maps.nr && !err; i++)
		err = add_row(p, &maps.rows[i]);
	if (err)
		fail(err, "out of memory");
out:
	maps_done(&maps);
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

int uproc_open_obj(const struct uproc *p, const struct uproc_obj *o)
{
	const struct map_row row = { .lo = o->start, .hi = o->end, .inode = o->inode, .path = o->path };
	int fd = maps_open(p->pid, &row);

	if (fd >= 0)
		return fd;
	return fail_hint(fd, "restart the process, or be root",
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
