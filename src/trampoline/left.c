/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that leave a traced function by other ways than a return: their exit programs never run, and are
 * counted. Nothing on the straight way knows of it. An unwinder calls the image's personality routine for
 * each frame that it leaves; longjmp() is replaced, where somebody counts, by one that looks for frames of
 * images on the stack that it is about to drop. Such a frame is known by its stamp, which is cleared when the
 * frame ends, by a return or here.
 *
 * Seen are jumps within one stack. (A jump to another one, as some coroutines make, ends no call.)
 */
#include "trampoline/guard.h"

#define PAGE 4096ULL
#define JUMP_BYTES_MAX (64ULL << 20)	/* beyond it is another stack */

enum { UA_CLEANUP_PHASE = 2, URC_CONTINUE_UNWIND = 8 };

u64 guard_jump_originals[GUARD_JUMPS];

static u64 frame_of(const u64 *stamp)
{
	return (u64)stamp - GUARD_FRAME_STAMP;
}

/* Of the open call with exit programs whose frame has its stamp at @at, if there is one. */
static const struct guard_image *image_at(const u64 *at)
{
	u64 addr = guard_stamp(*at, frame_of(at));
	const struct guard_image *image = (const struct guard_image *)addr;

	if (addr % GUARD_IMAGE_ALIGN || !guard_is_image(addr))
		return NULL;
	return image->magic == GUARD_IMAGE_MAGIC && image->exits ? image : NULL;
}

static void count(const struct guard_image *image)
{
	const u64 *exits = (const u64 *)image->exits;

	for (u64 i = 1; i <= exits[0]; i++) {
		const struct guard_link *link = (const struct guard_link *)exits[i];

		if (__atomic_load_n(&link->off, __ATOMIC_RELAXED) != GUARD_DETACHED_OFF)
			__atomic_fetch_add(&((struct guard_prog *)link->prog)->unwound, 1, __ATOMIC_RELAXED);
	}
}

static u64 page_end(u64 at)
{
	return (at & -PAGE) + PAGE;
}

/* The innermost frame of @image is the one that is left: those below it have been. */
int guard_left(struct guard_image *image, int actions)
{
	u64 *at = __builtin_frame_address(0), *end = (u64 *)page_end((u64)at);

	if (!(actions & UA_CLEANUP_PHASE))
		return URC_CONTINUE_UNWIND;
	count(image);
	while (*at != guard_stamp((u64)image, frame_of(at))) {
		if (++at < end)
			continue;
		if (!guard_is_readable((u64)at))
			return URC_CONTINUE_UNWIND;	/* the unwinder is on a stack of its own */
		end = (u64 *)page_end((u64)at);
	}
	*at = 0;
	return URC_CONTINUE_UNWIND;
}

static bool is_one_stack(u64 from, u64 to)
{
	if (from >= to || to - from > JUMP_BYTES_MAX)
		return false;
	for (u64 at = page_end(from); at < to; at += PAGE)
		if (!guard_is_readable(at))
			return false;
	return true;
}

void guard_jump(u64 to, u64 from)
{
	if (to % sizeof(u64) || !is_one_stack(from, to))
		return;
	for (u64 *at = (u64 *)from; at < (u64 *)to; at++) {
		const struct guard_image *image = image_at(at);

		if (!image)
			continue;
		count(image);
		*at = 0;
	}
}
