/* SPDX-License-Identifier: BSD-2-Clause */
/* One look at all instructions of a file: what they call, jump to, and take the address of. */
#ifndef FS_IMAGE_USCAN_H
#define FS_IMAGE_USCAN_H

#include <stdint.h>

struct uelf;
struct usyms;

#define USCAN_NEAR 64		/* bytes after a function's start that a patch may displace, and more */

struct uscan {
	/* Ascending addresses less than USCAN_NEAR after the start of a function which branches outside of
	 * that function lead to; the start itself where the code before the function goes on into it. */
	uint64_t *targets;
	uint32_t nr_targets;
	/* Per row of the symbols: its address is called, computed or stored, not only jumped to. */
	uint8_t *is_used;
};

/* @s in order. 0, -ENOMEM, -EFBIG, -errno; prints nothing. Without a decoder for the file's machine there
 * are no targets and all functions are used. */
int uscan_run(struct uelf *e, const struct usyms *s, struct uscan *ret);
void uscan_done(struct uscan *s);

#endif
