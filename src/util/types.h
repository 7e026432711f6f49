/* SPDX-License-Identifier: BSD-2-Clause */
/* Short integer names. As in the kernel, u64 is unsigned long long everywhere: print with %llu. */
#ifndef FS_UTIL_TYPES_H
#define FS_UTIL_TYPES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

#endif
