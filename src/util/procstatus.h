/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/PID/status, a number of which says what a thread is and who has to do with it. */
#ifndef FS_UTIL_PROCSTATUS_H
#define FS_UTIL_PROCSTATUS_H

#include <sys/types.h>

/* The decimal number in line @key ("PPid") of thread @tid; 0: there is no such line, or no such thread. */
long procstatus(pid_t tid, const char *key);

#endif
