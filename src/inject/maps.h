/* SPDX-License-Identifier: BSD-2-Clause */
/* Room between and in what is mapped in a process. */
#ifndef FS_INJECT_MAPS_H
#define FS_INJECT_MAPS_H

#include "image/maps.h"

/* The nearest free room for @bytes that is further than @tried from @near and within TRAMP_REACH; 0: none */
u64 maps_gap(const struct maps *m, u64 near, u64 bytes, u64 tried);

/*
 * Where code of a few bytes can be lent: @bytes zeros at the end of an executable mapping, the vdso's first, then those
 * of files; 0: nowhere.
 * @mem: its /proc/PID/mem. @left: these bytes will do as well: code that somebody who was killed has left; NULL: none
 */
u64 maps_padding(const struct maps *m, int mem, const u8 *left, u32 bytes);

#endif
