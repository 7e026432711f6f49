/* SPDX-License-Identifier: BSD-2-Clause */
/* The application's pointers, which may be anything: copies that fail with -EFAULT instead of faulting. */
#ifndef FS_SYSCALL_UPTR_H
#define FS_SYSCALL_UPTR_H

#include "util/types.h"

int uptr_read(void *dst, u64 src, u64 bytes);
int uptr_write(u64 dst, const void *src, u64 bytes);
/* A string of at most @max bytes with its NUL. Length, -EFAULT, or -E2BIG without a NUL in time. */
int uptr_read_str(char *dst, u64 src, u64 max);
/* malloc()s @bytes and reads them; -EFAULT, -ENOMEM. */
int uptr_dup(u64 src, u64 bytes, void **ret);
/*
 * A struct of @actual bytes from a caller for whom we know @known: what is behind must be zero.
 * -E2BIG: it is not, or @actual is absurd; -EFAULT.
 */
int uptr_check_tail(u64 src, u64 known, u64 actual);

#endif
