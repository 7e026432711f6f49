/* SPDX-License-Identifier: BSD-2-Clause */
/* This process as the target of bpf(2). */
#ifndef FS_INJECT_SELFTARGET_H
#define FS_INJECT_SELFTARGET_H

/*
 * From now on tracing programs of this process attach to its own functions. @vmlinux: the file name of the
 * loaded shared object that plays vmlinux; NULL: the executable does. The first call decides.
 */
void selftarget_use(const char *vmlinux);

/* What stands for this process; never NULL. */
struct target *selftarget(void);

#endif
