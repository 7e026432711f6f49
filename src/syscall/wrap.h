/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libbpf on top of the user engine: linked with wrap_args (meson.build), its calls of libc's functions
 * come here, and those that are about our objects go to the engine. The rest pass through.
 */
#ifndef FS_SYSCALL_WRAP_H
#define FS_SYSCALL_WRAP_H

#include <stdbool.h>

/* Where bpf(2) goes: to the engine (true, the beginning) or to the kernel. */
void wrap_set(bool user);

#endif
