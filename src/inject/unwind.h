/* SPDX-License-Identifier: BSD-2-Clause */
/* Lets unwinders of this process find the unwind information of code that no file holds. */
#ifndef FS_INJECT_UNWIND_H
#define FS_INJECT_UNWIND_H

#include "trampoline/tramp.h"

/* Code will be in [start, end). -ENOMEM */
int unwind_add_area(u64 start, u64 end);
/* A piece of code with its .eh_frame_hdr, at @hdr behind it, has appeared in such an area. One caller at a time. */
void unwind_add(u64 hdr);
/* The piece that starts at @start, which nobody is in, is about to go. */
void unwind_remove(u64 start);

/* Makes unwinders look here, too. Where that cannot be, each piece of code is registered with libgcc. */
void unwind_hook(struct tramp_space *s);

#endif
