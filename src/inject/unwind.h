/* SPDX-License-Identifier: BSD-2-Clause */
/* Lets unwinders of this process find the unwind information of code that no file holds. */
#ifndef FS_INJECT_UNWIND_H
#define FS_INJECT_UNWIND_H

#include "trampoline/tramp.h"

/*
 * [start, end), in the area of code starting at @area and behind all that was added to it before, has
 * its .eh_frame_hdr at @hdr; for good. One caller at a time. -ENOMEM
 */
int unwind_add(u64 area, u64 start, u64 end, u64 hdr);

/* Makes unwinders look here, too. Where that cannot be, each piece of code is registered with libgcc. */
void unwind_hook(struct tramp_space *s);

#endif
