/* SPDX-License-Identifier: BSD-2-Clause */
/* What is mapped in a process: /proc/PID/maps, and the files behind it. */
#ifndef FS_IMAGE_MAPS_H
#define FS_IMAGE_MAPS_H

#include <sys/types.h>

#include "util/types.h"

/* So begin names of memory that the engine shares with processes. */
#define MAPS_OURS "fsession-"

struct map_row {
	u64 lo, hi, off, inode;
	u32 dev_major, dev_minor;	/* as shown, which may not be what stat() says */
	char perms[5];		/* as the kernel prints them: "r-xp" */
	char *path;		/* of the file as the process sees it, "[vdso]" and the like, or "" */
};

struct maps {
	u32 nr;
	struct map_row *rows;	/* ascending */
};

/* 0, -ESRCH (no such process, or a dying one), -ENOMEM. maps_done() frees. */
int maps_read(pid_t pid, struct maps *ret);
void maps_done(struct maps *m);

/* Executable, and a file that is not the engine's own memory */
bool maps_is_program(const struct map_row *row);

/* NULL: nothing is mapped there */
const struct map_row *maps_find(const struct maps *m, u64 addr);

/* Opens the file that is mapped there, whatever has its name now. fd; -ENOENT: none is; other errno */
int maps_open(pid_t pid, const struct map_row *row);

#endif
