/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf(2) of this process, answered here: libbpf calls libc's syscall(), and the definition in bpfcall.c comes
 * first because the executable's symbols do. Whatever is not bpf(2) goes on to libc.
 */
#ifndef FS_CLI_BPFCALL_H
#define FS_CLI_BPFCALL_H

#include <stddef.h>

/* @attr: the caller's, @size bytes. Result: an fd or 0, or -errno. */
typedef int (*bpfcall_fn)(int cmd, const void *attr, size_t size, void *arg);

/* Until the next call; NULL: the kernel answers, as at the beginning. One thread. */
void bpfcall_answer(bpfcall_fn fn, void *arg);

#endif
