/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells a debugger of this process the names and frames of code that no file holds: gdb's JIT interface. */
#ifndef FS_INJECT_GDBJIT_H
#define FS_INJECT_GDBJIT_H

#include "util/types.h"

/* [start, end) is called @name and has its .eh_frame_hdr at @hdr. One caller at a time. */
void gdbjit_add(u64 start, u64 end, u64 hdr, const char *name);
/* What starts at @start goes. */
void gdbjit_remove(u64 start);

#endif
