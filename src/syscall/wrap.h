/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libbpf on top of the user engine: linked with wrap_args (meson.build), its calls of libc's functions
 * come here, and those that are about our objects go to the engine. The rest pass through.
 */
#ifndef FS_SYSCALL_WRAP_H
#define FS_SYSCALL_WRAP_H

#include <stdbool.h>
#include <stddef.h>

/* Where bpf(2) goes: to the engine (true, the beginning) or to the kernel. */
void wrap_set(bool user);

/* The types that stand for the kernel's from now on, whoever answers bpf(2): @bytes of BTF, borrowed. NULL: no more. */
void wrap_vmlinux(const void *raw, size_t bytes);

#endif
