/* SPDX-License-Identifier: BSD-2-Clause */
/* libspin.so: a function to be traced by whatever can, and calls of it. */
#ifndef FS_BENCH_SPIN_H
#define FS_BENCH_SPIN_H

/* Calls work() so often; prints "spin NS", the CPU time of one call. Returns 0. */
long spin(long calls);

/* Where work() is in the file. */
unsigned long spin_offset(void);

#endif
