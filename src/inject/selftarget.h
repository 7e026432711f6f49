/* SPDX-License-Identifier: BSD-2-Clause */
/* This process as the target of bpf(2). */
#ifndef FS_INJECT_SELFTARGET_H
#define FS_INJECT_SELFTARGET_H

/* From now on tracing programs of this process attach to its own functions. Any number of times. */
void selftarget_use(void);

#endif
