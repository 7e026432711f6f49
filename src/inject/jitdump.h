/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Code for `perf inject --jit`: jit-PID.dump in the current directory, a record with the bytes of each piece. It also
 * tells code apart that lay in the same place one after the other, as perfmap.h does not.
 */
#ifndef FS_INJECT_JITDUMP_H
#define FS_INJECT_JITDUMP_H

#include <sys/types.h>

#include "util/types.h"

/* From now on such files are written. */
void jitdump_enable(void);

/*
 * The file of process @pid, which is to map a page of it to be executed: by that perf knows about the file. -1 where
 * it is not enabled, or cannot be written (which is logged, once). Borrowed.
 */
int jitdump_fd(pid_t pid);

/* [start, start + bytes) of process @pid holds @code. Any thread; nothing happens where it is not enabled. */
void jitdump_add(pid_t pid, u64 start, const void *code, u32 bytes, const char *name);

#endif
