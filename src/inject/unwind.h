/* SPDX-License-Identifier: BSD-2-Clause */
/* Lets unwinders of this process find the unwind information of code that no file holds. */
#ifndef FS_INJECT_UNWIND_H
#define FS_INJECT_UNWIND_H

#include "util/types.h"

/* [start, end) has its .eh_frame_hdr at @hdr; for good. */
int unwind_add(u64 start, u64 end, u64 hdr);

#endif
