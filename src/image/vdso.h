/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's code in every process (vdso(7)), by its memory. */
#ifndef FS_IMAGE_VDSO_H
#define FS_IMAGE_VDSO_H

#include "util/types.h"

/* Where clock_gettime() is in the vdso whose first @bytes bytes are at @image, from its start; 0: nowhere */
u64 vdso_clock_gettime(const void *image, u64 bytes);

/* The same in this process, as an address. */
u64 vdso_own_clock_gettime(void);

#endif
