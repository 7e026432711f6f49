/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf(2) without a kernel: the same commands, structs, flags and errno values over objects of this
 * process. See docs/user-engine.md.
 */
#ifndef FS_SYSCALL_SYSCALL_H
#define FS_SYSCALL_SYSCALL_H

#include "util/types.h"

/*
 * @cmd: BPF_MAP_CREATE ..., or-ed with BPF_COMMON_ATTRS (1 << 16) if @common, a struct bpf_common_attr
 * of @size_common bytes, is given. Pointers may be anything.
 * Return: a file descriptor, 0, or -errno. Any thread.
 */
int user_bpf(int cmd, void *attr, unsigned size, void *common, unsigned size_common);

/* What bpf(2) has no place for: calls with program @fd at their exit that ended without one. 0: none such */
u64 user_bpf_unwound(int fd);

#endif
