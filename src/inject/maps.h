/* SPDX-License-Identifier: BSD-2-Clause */
/* Room between what is mapped in a process. */
#ifndef FS_INJECT_MAPS_H
#define FS_INJECT_MAPS_H

#include "image/maps.h"

/* The nearest free room for @bytes that is further than @tried from @near and within TRAMP_REACH; 0: none */
u64 maps_gap(const struct maps *m, u64 near, u64 bytes, u64 tried);

#endif
