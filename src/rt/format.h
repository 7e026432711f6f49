/* SPDX-License-Identifier: BSD-2-Clause */
/* printf for helpers: formats and arguments as bpf_snprintf() and bpf_trace_printk() take them. */
#ifndef FS_RT_FORMAT_H
#define FS_RT_FORMAT_H

#include "rt/rt.h"

#define RT_FORMAT_ARGS 12

/*
 * %d %i %u %x %X %p %c %s with l, ll, width, 0 and -; strings are read fault-safe. Cut at @size with its
 * NUL, as snprintf(). Without @args nothing is put for them: so a format is checked before there are any.
 * Return: the length without the NUL if there were room, or -EINVAL.
 */
long rt_format(char *to, u32 size, const char *fmt, u32 fmt_size, const u64 *args, u32 nr);

#endif
