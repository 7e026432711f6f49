/* SPDX-License-Identifier: BSD-2-Clause */
/* Unwind information for one piece of code: .eh_frame_hdr, CIE and FDE in one block. */
#ifndef FS_TRAMPOLINE_UNWIND_H
#define FS_TRAMPOLINE_UNWIND_H

#include "arch/tramp.h"

/* Enough for unwind_emit() with @rows rows. */
#define UNWIND_BYTES(rows) (128 + 16 * (rows))
#define UNWIND_BYTES_FEW UNWIND_BYTES(56)	/* of an image, stub or copy */

/* For [code, code + len) and a block that will lie at @addr. The header is at its start, .eh_frame at
 * UNWIND_FRAME_OFF, ended by a zero word. */
void unwind_emit(const struct arch_tramp_ops *arch, const struct arch_cfi *cfi, u64 code, u32 len,
		 u64 addr, struct codebuf *b);

#define UNWIND_FRAME_OFF 20
#define UNWIND_START_OFF 12	/* in the header: distance of the code from it, ... */
#define UNWIND_FDE_OFF 16	/* ... and of its FDE, ... */
#define UNWIND_FDE_LEN_OFF 12	/* ... in which is the code's length */

#endif
