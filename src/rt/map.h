/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maps. What is shared is one flat memory of offsets (struct rt_map_hdr, docs/user-engine.md); what a
 * program's map pointer points at is struct rt_map, private to the process: the geometry computed
 * from six numbers and where the memory is mapped here. Offsets are never read back from shared
 * memory, indices read from it are checked, so that a process which scribbles over a map damages
 * no more than its contents.
 *
 * All operations are signal-safe and never wait for another thread. Those which change a map or
 * return a pointer want the caller between rt_enter() and rt_exit().
 */
#ifndef FS_RT_MAP_H
#define FS_RT_MAP_H

#include <linux/bpf.h>

#include "rt/lane.h"
#include "rt/rt.h"

#define RT_MAP_MAGIC 0x70616d66	/* "fmap" */
#define RT_MAP_VERSION 3
#define RT_PAGE 4096
#define RT_LINE __attribute__((aligned(64)))

struct rt_map_hdr {		/* at offset 0 of the memory; the first page */
	u32 magic;
	u16 version;
	u16 hdr_bytes;
	u32 type;		/* the six numbers everything follows from */
	u32 key_size;
	u32 value_size;
	u32 max_entries;
	u32 map_flags;
	u32 nr_cpus;
	u64 total_bytes;
	u64 index_off;		/* for readers that know no better: as rt_map_init() computed them */
	u64 node_off;
	u64 bits_off;
	u64 value_off;
	u64 mmap_off;		/* what offset 0 of an application's mmap() means; 0: not mmap-able */
	u32 seed;		/* of the hash function */
	u32 pad;
	/* Words that change, a cache line for each kind of map */
	u64 count RT_LINE;	/* hash: 63:32 changes, 31:0 entries */
	u64 inexact;		/* hash: the count may be too low */
	u64 scan_ns;		/* hash: when it was last searched for lost nodes */
	u64 cursor RT_LINE;	/* LRU: hand */
	u64 head RT_LINE;	/* queue, stack: next to be written */
	u64 tail;		/* the oldest entry */
	u64 lock;		/* token of who is changing it */
	u64 ring[2] RT_LINE;	/* ring buffer: end of what is reserved; the last reservation */
	u32 wakeups;		/* ring buffer: futex, counts */
	u64 lengths[40] RT_LINE;	/* LPM: bit per prefix length that was ever used */
};

struct rt_map {
	/* what JIT code and helpers read first */
	u32 max_entries;
	u32 type;
	u32 key_size;
	u32 value_size;
	u32 map_flags;
	u32 nr_cpus;
	u32 elem_bytes;		/* distance of values (array), nodes (hash) or slots (queue) */
	u32 index_mask;		/* number of buckets - 1; ring: bytes - 1 */
	u32 nr_nodes;
	u32 home_mask;		/* hash: of the hash, where an entry's node would best be */
	u32 value_bytes;	/* value_size rounded up to 8 */
	u32 seed;
	u32 value_at;		/* of a node: offset of its value */
	u32 nr_hashes;		/* bloom filter; map_extra of its creation */
	u32 lock_at;		/* of a value: 1 + offset of its lock; 0: it has none */
	u32 lock_refuses;	/* it is a struct bpf_res_spin_lock, which BPF_F_LOCK does not take */
	struct rt_map_hdr *hdr;
	u8 *base;		/* = hdr */
	u8 *index;		/* buckets */
	u8 *nodes;
	u64 *bits;		/* hash: which nodes may be free */
	u8 *values;
	u64 cpu_stride;		/* per-CPU kinds: bytes from one CPU's values to the next one's */
	u64 total_bytes;
	u64 index_off, node_off, bits_off, value_off, mmap_off;
	const struct rt_map_ops *ops;
	int notify_fd;		/* ring buffer: eventfd of this process, or -1 */
	void *owner;		/* for who made it */
	u64 entries[];		/* prog array: what to jump to; maps of maps: struct rt_map of this process */
};

/*
 * One per map type. Absent operations are -EOPNOTSUPP (or NULL). Keys and values are the caller's,
 * of any alignment. @flags are update flags without BPF_F_LOCK, BPF_F_CPU, BPF_F_ALL_CPUS.
 */
struct rt_map_ops {
	/* Fills offsets, sizes and total_bytes from the six numbers. -E2BIG: too large */
	int (*layout)(struct rt_map *m);
	void (*init)(struct rt_map *m);			/* memory that was just zeroed */
	void *(*lookup)(struct rt_map *m, const void *key);	/* program's view: this CPU's value */
	/* @value NULL (hash, task storage): zeroes */
	long (*update)(struct rt_map *m, const void *key, const void *value, u64 flags);
	long (*del)(struct rt_map *m, const void *key);
	long (*push)(struct rt_map *m, const void *value, u64 flags);
	long (*pop)(struct rt_map *m, void *value);
	long (*peek)(struct rt_map *m, void *value);
	void *(*lookup_cpu)(struct rt_map *m, const void *key, u32 cpu);	/* per-CPU kinds */
	/* Per-CPU kinds: as update, for one CPU, or with RT_ALL_CPUS for all from one value, or with
	 * RT_EACH_CPU from nr_cpus values of value_bytes each. A new entry's other values are zero. */
	long (*update_cpu)(struct rt_map *m, const void *key, const void *value, u64 flags, u32 cpu);
	/* The key after @key (NULL: the first), -ENOENT at the end. @next may equal @key. */
	long (*next_key)(struct rt_map *m, const void *key, void *next);
	/* For bpf(2), where there is no stable place to look at. */
	long (*copy)(struct rt_map *m, const void *key, void *value);
	/* Copies what it looked up, and deletes it; one step for others. */
	long (*take)(struct rt_map *m, const void *key, void *value);
	/* Calls fn(arg, key, value) until it returns nonzero; number of calls */
	long (*each)(struct rt_map *m, long (*fn)(void *arg, const void *key, void *value), void *arg);
};

#define RT_ALL_CPUS 0xffffffffu
#define RT_EACH_CPU 0xfffffffeu

/* NULL: no such type here */
const struct rt_map_ops *rt_map_ops(u32 type);

/* Computes @m's geometry from .type, .key_size, .value_size, .max_entries, .map_flags, .nr_cpus. */
int rt_map_layout(struct rt_map *m);
/* Takes @base, total_bytes of zeroed memory, into use and writes its header. */
void rt_map_init(struct rt_map *m, void *base, u32 seed);
/* Takes the memory of a map that exists; @m has its geometry. -EINVAL: it is not such a map. */
int rt_map_attach(struct rt_map *m, void *base, u64 bytes);

/* All there are, for tables of them. */
#define RT_MAP_OPS(X) \
	X(array) X(percpu_array) X(hash) X(percpu_hash) X(ring) X(queue) X(stack) X(bloom) X(lpm) X(fd_array) \
	X(stacks) X(hash_of_maps) X(user_ring) X(task)

#define RT_DECLARE_MAP_OPS(name) extern const struct rt_map_ops rt_##name##_ops;
RT_MAP_OPS(RT_DECLARE_MAP_OPS)

/* Hashes by bucket: nodes by number, 0 at the end. */
u32 rt_hash_bucket_first(struct rt_map *m, u32 bucket);
u32 rt_hash_bucket_next(struct rt_map *m, u32 node);
const void *rt_hash_key(const struct rt_map *m, u32 node);

/* Ring buffers: what is reserved belongs to the running program, or is given up if that dies. */
void *rt_ring_reserve(struct rt_map *m, u64 size, u64 flags);	/* NULL: no room */
void rt_ring_commit(void *sample, u64 flags, bool discard);
long rt_ring_output(struct rt_map *m, const void *data, u64 size, u64 flags);
u64 rt_ring_query(struct rt_map *m, u64 what);
bool rt_ring_has_data(struct rt_map *m);	/* that the consumer can take */
/* A ring of this process comes and goes; -ENOSPC: too many. */
/* Writes a value but for its lock. */
void rt_value_write(const struct rt_map *m, void *to, const void *value);
/* Copies a value out, with zero for its lock; with @locked, under that. */
void rt_value_read(const struct rt_map *m, void *to, void *value, bool locked);
/* With BPF_F_LOCK in @flags a value that is there is changed under its lock. -EINVAL: it has none. */
long rt_map_update(struct rt_map *m, const void *key, const void *value, u64 flags);
/* Stack traces: the number of this one, -EEXIST (another one is there), -EBUSY. */
long rt_stacks_add(struct rt_map *m, const u64 *ips, u32 nr, u64 flags);
int rt_ring_enroll(struct rt_map *m);
void rt_ring_strike(struct rt_map *m);
/* Gives up a record that the consumer waits for and whose owner died. Any process that maps it. */
void rt_ring_recover(struct rt_map *m);
/* The same for all that are enrolled; wakes consumers that were held up. */
void rt_ring_recover_all(void);

static inline bool rt_map_is_percpu(u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

#endif
