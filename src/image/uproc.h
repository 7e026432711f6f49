/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process has mapped to execute: its executable and shared objects. */
#ifndef FS_IMAGE_UPROC_H
#define FS_IMAGE_UPROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct uelf;

struct uproc_obj {
	char *path;		/* as the process sees it, in its mount namespace */
	const char *name;	/* of the file, without folders */
	uint64_t start, end;	/* first executable mapping */
	uint64_t offset;	/* of the file, at .start */
	uint64_t dev_major, dev_minor, inode;
};

struct uproc {
	pid_t pid;		/* a thread that lives: the first one may have ended before the others */
	struct uproc_obj *objs;	/* each file once, by address */
	uint32_t nr;
};

/* 0, or (printed) -ESRCH: no such process, or it has ended, or is a kernel thread; -EACCES: not ours to look at;
 * -errno */
int uproc_open(pid_t pid, struct uproc **ret);
void uproc_free(struct uproc *p);

/*
 * An fd of the very file that is mapped, also from another mount namespace and after it was replaced.
 * -ENOENT: it was deleted, and only root could still open it; -errno; printed.
 */
int uproc_open_obj(const struct uproc *p, const struct uproc_obj *o);

/* Is it the program itself? */
bool uproc_is_exe(const struct uproc *p, const struct uproc_obj *o);

/* A word of its memory. 0, or -errno, which is not printed. */
int uproc_read_word(const struct uproc *p, uint64_t addr, uint64_t *ret);

/* What to add to the file's addresses to have the process'. */
uint64_t uproc_bias(const struct uproc_obj *o, const struct uelf *e);

#endif
