/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FS_INJECT_MEM_H
#define FS_INJECT_MEM_H

#include <sys/types.h>

/* The memory of a process, to be read and written whatever its protection is. fd; -EPERM, -ESRCH and other errno */
int mem_open(pid_t pid);

#endif
