/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int add_row(struct maps *m, const struct map_row *row, const char *path)
{
	if (!(m->nr & (m->nr - 1))) {	/* full at powers of two */
		struct map_row *rows = realloc(m->rows, (m->nr ? 2 * m->nr : 1) * sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		m->rows = rows;
	}
	m->rows[m->nr] = *row;
	m->rows[m->nr].path = strdup(path);
	return m->rows[m->nr++].path ? 0 : -ENOMEM;
}

static int read_rows(FILE *f, struct maps *ret)
{
	char line[4096 + 128];
	int err = 0, at;

	while (!err && fgets(line, sizeof(line), f)) {
		struct map_row row;

		if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu %n", &row.lo, &row.hi, row.perms, &row.off,
			   &row.dev_major, &row.dev_minor, &row.inode, &at) != 7)
			continue;
		line[strcspn(line, "\n")] = 0;
		err = add_row(ret, &row, line + at);
	}
	return err ?: ret->nr ? 0 : -ESRCH;
}

int maps_read(pid_t pid, struct maps *ret)
{
	char path[32];
	FILE *f;
	int err;

	*ret = (struct maps){ 0 };
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT ? -ESRCH : -errno;
	err = read_rows(f, ret);
	fclose(f);
	if (err)
		maps_done(ret);
	return err;
}

void maps_done(struct maps *m)
{
	for (u32 i = 0; i < m->nr; i++)
		free(m->rows[i].path);
	free(m->rows);
	*m = (struct maps){ 0 };
}

bool maps_is_program(const struct map_row *row)
{
	static const char ours[] = "/memfd:" MAPS_OURS;

	return row->perms[2] == 'x' && row->path[0] == '/' && strncmp(row->path, ours, sizeof(ours) - 1);
}

const struct map_row *maps_find(const struct maps *m, u64 addr)
{
	u32 lo = 0, hi = m->nr;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (addr < m->rows[mid].lo)
			hi = mid;
		else if (addr >= m->rows[mid].hi)
			lo = mid + 1;
		else
			return &m->rows[mid];
	}
	return NULL;
}

/* Overlay file systems show other device numbers in maps than stat() does: the inode has to do. */
static int open_same(const char *path, const struct map_row *row)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_ino == row->inode)
		return fd;
	close(fd);
	return -ENOENT;
}

/* map_files needs privilege; the path is one of the process's own root; its executable can be opened by any name. */
int maps_open(pid_t pid, const struct map_row *row)
{
	char path[4096 + 64];
	int fd;

	if (row->path[0] != '/')
		return -ENOENT;
	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", pid, row->lo, row->hi);
	fd = open_same(path, row);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "/proc/%d/root%s", pid, row->path);
	fd = open_same(path, row);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	fd = open_same(path, row);
	return fd >= 0 ? fd : -ENOENT;
}
