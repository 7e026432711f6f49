/* SPDX-License-Identifier: BSD-2-Clause */
/* The types that programs are judged against: of the running kernel and its modules, or of a file. */
#ifndef FS_CLI_JUDGETYPES_H
#define FS_CLI_JUDGETYPES_H

#include "verifier/verifier.h"

struct judgetypes {
	struct btf *file;	/* or NULL: the kernel's */
	struct ubtf *exe;	/* owns .file, then */
	char path[64];		/* of what libbpf may read as .file; "": of the file that was named */
	int memfd;		/* behind it, or -1 */
	struct btf *kernel;	/* read when first needed; NULL then: there is none */
	struct btf *any;	/* with the one function that stands for all */
	u32 task_id;		/* of struct task_struct in .file or .kernel; 0: not looked for */
	struct btf *module;	/* the last that was looked into */
	bool no_kernel;
};

struct judgetarget {
	char name[128];		/* "" if the program has none */
	bool any;		/* then it is judged for any function */
	char why[256];		/* nothing was found */
};

/* @path: raw BTF, or an ELF file with a section of it; @exe: an executable, whose types may also be DWARF; both
 * NULL: the kernel's. -errno, printed. */
int judgetypes_open(struct judgetypes *t, const char *path, const char *exe);
void judgetypes_done(struct judgetypes *t);

/*
 * Sets @o's target from "SECTION/FUNC" or "SECTION/MODULE:FUNC"; @attach is for bare sections; a program without
 * either gets a function without arguments and result, so that it is judged for every function.
 * Return: 0, or -ENOENT, -ESRCH (no types at all), -ENOMEM with @ret->why.
 */
int judgetypes_target(struct judgetypes *t, struct verify_opts *o, const char *section, const char *attach,
		      struct judgetarget *ret);
/* The kernel's types as a file, for libbpf's relocations; NULL: there are none. Valid until judgetypes_done(). */
const char *judgetypes_kernel_path(struct judgetypes *t);
/* Name of a kfunc by its id in the kernel's types; NULL: none. */
const char *judgetypes_kfunc(struct judgetypes *t, u32 id);

#endif
