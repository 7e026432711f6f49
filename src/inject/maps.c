/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trampoline/target.h"

#define LOWEST 0x10000

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

		if (sscanf(line, "%llx-%llx %4s %llx %*s %llu %n", &row.lo, &row.hi, row.perms, &row.off,
			   &row.inode, &at) != 5)
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

/* Candidates are the ends of gaps between mappings. */
u64 maps_gap(const struct maps *m, u64 near, u64 bytes, u64 tried)
{
	u64 best = 0, best_dist = TRAMP_REACH, end = LOWEST;

	for (u32 i = 0; i < m->nr; i++) {
		u64 lo = m->rows[i].lo, spots[2] = { lo - bytes, end };

		for (int j = 0; j < 2 && lo > end && lo - end >= bytes; j++) {
			u64 dist = spots[j] > near ? spots[j] - near : near - spots[j];

			if (dist < best_dist && dist > tried) {
				best = spots[j];
				best_dist = dist;
			}
		}
		end = m->rows[i].hi;
	}
	return best;
}

/* map_files needs privilege; the path is one of the process's own root. */
int maps_open(pid_t pid, const struct map_row *row)
{
	char path[4096 + 64];
	struct stat st;
	int fd;

	if (row->path[0] != '/')
		return -ENOENT;
	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", pid, row->lo, row->hi);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "/proc/%d/root%s", pid, row->path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && st.st_ino == row->inode)
		return fd;
	close(fd);
	return -ENOENT;
}
