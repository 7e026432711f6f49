/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the trampoline asks of the process whose functions it traces. src/inject fills it in; nothing
 * else in this folder touches a process.
 */
#ifndef FS_TRAMPOLINE_TARGET_H
#define FS_TRAMPOLINE_TARGET_H

#include "arch/tramp.h"

#define TRAMP_REACH (0x7fffffffULL - (64 << 20))	/* of a direct jump, with room for areas */

/* One change of text. Threads whose PC is at .from[i] in the old bytes go on at .to[i]; with any of these, no
 * other place behind the first byte is one to go on from. */
struct tramp_patch {
	u64 addr;
	u32 len;
	u8 old[ARCH_PATCH_MAX], new[ARCH_PATCH_MAX];
	u32 nr_moves;
	u64 from[ARCH_PATCH_MAX], to[ARCH_PATCH_MAX];
};

struct tramp_piece {
	u64 start, end;
	bool used;
};

/* All return 0 or -errno and say why. */
struct tramp_target_ops {
	/* Maps @code_bytes to be executed and, right behind, @data_bytes to be written, all of it
	 * within TRAMP_REACH of @near. The last @shared_bytes of the data are the same memory in
	 * processes that the target forks. */
	int (*map)(void *arg, u64 near, u64 code_bytes, u64 data_bytes, u64 shared_bytes, u64 *ret);
	/* GUARD_BLOCKS_BYTES of blocks: zeroed private memory, the last block full of ones. */
	int (*map_guards)(void *arg, u64 *ret);
	/* Tells guards of the target (struct guard_table) that images may be between these addresses. */
	int (*add_images)(void *arg, u64 start, u64 end);
	/* Into mapped memory that no thread runs or reads yet; may be there only before the next .store, .read or .patch. */
	int (*write)(void *arg, u64 addr, const void *bytes, u32 len);
	/* One aligned word of mapped data, at once. Cannot fail, unless the target is dead. */
	void (*store)(void *arg, u64 addr, u64 value);
	/* Reads up to @len bytes, as far as they are readable; returns how many. */
	int (*read)(void *arg, u64 addr, void *buf, u32 len);
	/* The same from the file that is mapped there, -ENOENT if none is. */
	int (*read_file)(void *arg, u64 addr, void *buf, u32 len);
	/* All patches or none, with no thread running meanwhile. -EPERM: not allowed to stop it. */
	int (*patch)(void *arg, const struct tramp_patch *patches, u32 nr);
	/* 0: no thread is inside a program whose guard is @guard_off, or about to enter it from code of
	 * images. -EAGAIN: one is. -EPERM */
	int (*is_quiet)(void *arg, u64 guard_off);
	/* Code has appeared in the area that starts at @area, without .find_users behind all that was there before;
	 * @hdr is the address of its .eh_frame_hdr. @name: for people. */
	int (*add_code)(void *arg, u64 area, u64 start, u64 end, u64 hdr, const char *name);
	/*
	 * Sets .used of those pieces, ascending and apart, into which a word of memory that can be written points, or
	 * a register of a thread. *@looked_at: how many bytes that was. -E2BIG: too much memory; -EAGAIN, -EPERM.
	 * NULL: nobody can tell; what is there stays.
	 */
	int (*find_users)(void *arg, struct tramp_piece *pieces, u32 nr, u64 *looked_at);
	/* Code, and its unwind information behind it, is about to go, and other code to appear in its place. With
	 * .find_users. */
	void (*remove_code)(void *arg, u64 area, u64 start, u32 bytes);
};

#endif
