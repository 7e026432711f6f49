/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way to the user engine, which is no part of libfsession: the fsession command has it built in, other
 * programs link or preload libfsession-user.so (src/shim).
 */
#ifndef FS_ENGINE_USER_H
#define FS_ENGINE_USER_H

#include <sys/types.h>

#include "inject/follow.h"
#include "inject/proctarget.h"
#include "util/types.h"

struct user_engine {
	/*
	 * From now on bpf(2) of this process is the user engine's. @vmlinux: file name of the loaded shared
	 * object whose functions programs find without a module's name; NULL: the executable, unless a process
	 * was entered. 0 or -errno
	 */
	int (*use)(const char *vmlinux);
	/* The same, but programs attach to functions of process @pid, or of whichever was selected last: as of
	 * inject/proctarget.h. */
	int (*enter)(pid_t pid, enum proctarget_how how, struct proctarget **ret);
	void (*go_on)(struct proctarget *t);
	u64 (*mapped)(const struct proctarget *t, const char *name);
	void (*forget)(struct proctarget *t, const char *name);
	pid_t (*executed)(struct proctarget *t);
	void (*select)(struct proctarget *t);
	void (*leave)(struct proctarget *t);
	/* 0 if it still runs what was entered; -ESRCH: it has ended; -ENOEXEC: it executes another program. */
	int (*look)(const struct proctarget *t);
	/* As of inject/follow.h and inject/launch.h */
	enum follow_what (*next)(pid_t child, pid_t *pid);
	int (*launch_executed)(pid_t pid);
	void (*let_run)(pid_t pid);
	void (*release)(pid_t pid);
	/* Was one entered? Then a link to many functions cannot be tried on functions of this one. */
	bool (*is_elsewhere)(void);
	/* As of inject/launch.h. */
	int (*launch_child)(void);
	int (*launch_parent)(pid_t pid);
	/* As of syscall/lines.h. */
	int (*lines_open)(void);
	void (*lines_close)(int fd);
	u64 (*lines_lost)(void);
	/* As of inject/perfmap.h and inject/jitdump.h. */
	void (*perfmap_enable)(void);
	void (*jitdump_enable)(void);
	/* As user_bpf_unwound(). */
	u64 (*unwound)(int prog_fd);
};

/* Its address is NULL where there is none. */
extern const struct user_engine fsession_user_engine __attribute__((weak, visibility("default")));

#endif
