/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guard that is held belongs to one of three: a program which this thread runs right now and which
 * a signal handler interrupted; one which such a handler left for good by siglongjmp(); or nobody,
 * where the thread died inside and its thread pointer lives again. The first is a miss, the others
 * are taken over. They are told apart by the frame address that the guard holds:
 *
 *  - our frame is above it, on the same stack: what was there has been left;
 *  - ours is below: alive if the frame still says whose it is (the image's stamp at -8, the guard's
 *    own address at -24). A dead frame that nothing has overwritten yet passes for alive: a miss too many,
 *    until something is called from further up;
 *  - a handler on the alternate stack may be above or below what it interrupted, which then counts as
 *    alive if its frame says so.
 */
#include "trampoline/guard.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>

#include "arch/host.h"

#define BAD_HOW 0x7fffffff

/* Between reading a link and taking its guard a thread may be here, too. */
#define GUARD_TEXT __attribute__((section("fs_guard_text")))

struct guard_table guard_table;

/* -- Blocks --- */

static u64 *words_of(u64 block)
{
	return (u64 *)block;
}

GUARD_TEXT static bool is_abandoned(void)
{
	const u32 *alive = (const u32 *)guard_table.alive;

	return alive && __atomic_load_n(alive, __ATOMIC_RELAXED) & GUARD_TRACER_GONE;
}

/*
 * The owner's word goes 0, tp | 1, tp: a signal handler of the same thread that comes in between finds
 * the odd value and completes the claim.
 */
GUARD_TEXT u64 guard_claim(u64 tp)
{
	u32 start = (tp * GUARD_HASH_MULT >> GUARD_HASH_SHIFT & GUARD_HASH_MASK) >> GUARD_BLOCK_SHIFT;

	for (u32 i = 0; i < GUARD_THREADS && !is_abandoned(); i++) {
		u32 nr = (start + i) % GUARD_THREADS;
		u64 *block = words_of(guard_table.blocks + ((u64)nr << GUARD_BLOCK_SHIFT));
		u64 *owner = &block[GUARD_TP_OFF / 8], seen = 0;

		if (__atomic_compare_exchange_n(owner, &seen, tp | 1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			seen = tp | 1;
		if ((seen & ~1ULL) != tp)
			continue;
		__atomic_fetch_or(&guard_table.claimed[nr / 64], 1ULL << nr % 64, __ATOMIC_RELAXED);
		block[GUARD_DETACHED_OFF / 8] = 1;
		__atomic_store_n(owner, tp, __ATOMIC_RELEASE);
		return (u64)block;
	}
	return guard_table.blocks + (u64)GUARD_THREADS * GUARD_BLOCK_BYTES;
}

/* -- Held guards --- */

GUARD_TEXT bool guard_is_image(u64 addr)
{
	u64 nr = __atomic_load_n(&guard_table.nr_ranges, __ATOMIC_ACQUIRE);

	for (u64 i = 0; i < nr; i++)
		if (addr >= guard_table.ranges[i].start && addr < guard_table.ranges[i].end)
			return true;
	return false;
}

GUARD_TEXT bool guard_is_readable(u64 addr)
{
	return arch_host_syscall(SYS_rt_sigprocmask, BAD_HOW, addr, 0, 8) != -EFAULT;
}

/* Does the frame still say that it runs what @cell guards? The stack it was on may be gone. */
GUARD_TEXT static bool is_intact(u64 frame, const u64 *cell)
{
	const u64 *stamp = (const u64 *)(frame + GUARD_FRAME_STAMP);
	const u64 *held = (const u64 *)(frame + GUARD_FRAME_CELL);

	return guard_is_readable((u64)held) && guard_is_readable((u64)stamp) && *held == (u64)cell &&
	       guard_is_image(guard_stamp(*stamp, frame));
}

/* On the alternate signal stack, with @frame elsewhere? */
GUARD_TEXT static bool is_elsewhere(u64 frame)
{
	stack_t ss = {};

	if (arch_host_syscall(SYS_sigaltstack, 0, (long)&ss, 0, 0) || !(ss.ss_flags & SS_ONSTACK))
		return false;
	return frame - (u64)ss.ss_sp >= ss.ss_size;
}

/* Seen from @frame, in a call that came later. */
GUARD_TEXT static bool is_alive(u64 holder, const u64 *cell, u64 frame)
{
	if (frame >= holder && !is_elsewhere(holder))
		return false;
	return is_intact(holder, cell);
}

GUARD_TEXT bool guard_busy(u64 *cell, struct guard_link *link, u64 frame)
{
	if (__atomic_load_n(&link->off, __ATOMIC_RELAXED) == GUARD_DETACHED_OFF)
		return false;
	if (*cell != 1 /* no block for this thread */ && !is_alive(*cell, cell, frame))
		return true;
	__atomic_fetch_add(&((struct guard_prog *)link->prog)->misses, 1, __ATOMIC_RELAXED);
	return false;
}
