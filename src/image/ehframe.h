/* SPDX-License-Identifier: BSD-2-Clause */
/* Which code .eh_frame describes. Of a stripped file, all that says where functions begin and end. */
#ifndef FS_IMAGE_EHFRAME_H
#define FS_IMAGE_EHFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ehframe {
	const uint8_t *data;
	size_t size;
	uint64_t addr;		/* of .data, which offsets are relative to */
	size_t next;		/* entry; 0 at first */
};

struct ehframe_fde {
	uint64_t start, size;
	/* Its first instruction finds a frame that others have made: it goes on with a function. */
	bool is_part;
};

/* The next entry for code: 1, or 0 at the end, or where damage begins. Entries in forms that no compiler
 * writes (indirect, relative to data) are left out. */
int ehframe_next(struct ehframe *f, struct ehframe_fde *ret);

#endif
