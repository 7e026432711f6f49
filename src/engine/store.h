/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The session store of the split engine: what the entry half leaves for the exit half.
 *
 * Two one-element arrays, addressed directly by the programs and mapped here:
 *
 * slots	one record per call inside a traced function, found by a hash of ctx and the
 *		session id, STORE_PROBES slots in a row (STORE_PROBES - 1 spare ones at the end, so
 *		nothing wraps). ctx is an address inside the caller's own kernel stack: the same
 *		at entry and exit, and unique among live calls of one function.
 * lines	two cache lines per session and CPU: the busy flag, scratch, counters. Only programs
 *		of that session on that CPU write it, one at a time.
 *
 * Claiming a slot is the one atomic on memory that CPUs share: a compare-and-exchange of the
 * key, or, where BPF has none (Linux < 5.12), an add to a claim count of which the one who
 * reads 1 is the owner. Only the thread that runs the traced function ever reads a record's
 * payload, so nothing else needs ordering but the release (a plain store after the payload's on
 * x86; an exchange elsewhere).
 */
#ifndef FS_ENGINE_STORE_H
#define FS_ENGINE_STORE_H

#include <stdbool.h>
#include <stdint.h>

struct store_slot {
	uint64_t key;		/* ctx, less the table's address; 0 = free; with STORE_TAG: being freed
				 * or taken over */
	uint64_t cookie;
	uint32_t id;		/* session; with STORE_MARKER: announces a tail call of its program */
	uint32_t tid;		/* of the caller, in the initial pid namespace; 0 = idle task */
	uint32_t claims;	/* without compare-and-exchange: who reads 1 owns the slot */
	uint32_t stamp;		/* a number of this call */
};

struct store_line {
	uint32_t busy;		/* the exit half runs (without a guard: either half) */
	uint32_t in_entry;	/* the entry half runs (with a guard) */
	uint64_t cell_entry;	/* the record's offset, for who has no other way to it */
	uint64_t cell_exit;
	uint64_t entries;
	uint64_t exits;
	uint64_t unmatched;
	uint64_t missed;
	uint64_t full;
	/* the next 64 bytes */
	uint64_t stale;		/* records that an entry took over: their exit was lost */
	uint64_t pad[7];
};

enum {
	STORE_SLOT_SIZE = 32,
	STORE_LINE_SHIFT = 7,
	STORE_LINE_SIZE = 1 << STORE_LINE_SHIFT,
	STORE_PROBES = 8,
	STORE_TAG = 1,			/* a key is a multiple of 8 */
	STORE_MARKER_SHIFT = 30,
	STORE_MARKER = 1 << STORE_MARKER_SHIFT,
	STORE_MIN_SLOTS = 64,
	STORE_MAX_SLOTS = 1 << 16,	/* an array's value is at most 4 MiB on old kernels */
	STORE_DEF_SLOTS = 1 << 16,
	STORE_DEF_SESSIONS = 512,
};

_Static_assert(sizeof(struct store_slot) == STORE_SLOT_SIZE, "programs count in these");
_Static_assert(sizeof(struct store_line) == STORE_LINE_SIZE, "programs count in these");

/* Where the programs of one session find things. */
struct store_ref {
	int slots_fd;
	uint32_t slots_bits;	/* 1 << bits slots, and STORE_PROBES - 1 spare */
	int lines_fd;
	uint32_t line_off;	/* of CPU 0's line */
	uint32_t cpu_mask;	/* CPU ids there may be, rounded up to a power of two, minus 1 */
	uint32_t id;		/* 1 .. */
};

struct store_counters {
	uint64_t entries, exits, unmatched, missed, full, swept, open;
};

/* Settings for the store that the first session creates. 0 = default. -EINVAL out of range. */
int store_configure(uint32_t slots, uint32_t max_sessions);

/* A session id with zeroed lines. -ENOSPC: max_sessions are in use; -EPERM, -ENOMEM, ... Messages
 * are printed. */
int store_get(struct store_ref *ret);
/* Gives it back; its records are dropped. */
void store_put(const struct store_ref *ref);

/* Drops the records of a session that was detached, as swept; returns how many. */
int store_purge(const struct store_ref *ref);
void store_read(const struct store_ref *ref, struct store_counters *ret);
/* Sessions tell which kernel symbol a caller inside the function has on its stack. */
void store_set_symbol(const struct store_ref *ref, const char *func);
int store_sweep(void);
void store_drop(void);

/* The highest CPU id of a list as "0-3,8-11": there may be fewer CPUs than that. -EINVAL. */
int store_last_cpu(const char *list);

#endif
