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
#define RT_MAP_VERSION 1
#define RT_PAGE 4096

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
	u64 pad0[2];
	/* Words that change, a cache line each */
	u64 count;		/* hash: 63:32 changes, 31:0 entries, never too few */
	u64 pad1[7];
	u64 cursor;		/* hand of an LRU hash */
	u64 scan_ns;		/* when a full hash was last searched for lost nodes */
	u64 pad2[6];
	u64 head;		/* queue, stack: position words */
	u64 pad3[7];
	u64 tail;
	u64 pad4[7];
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
	u32 value_bytes;	/* value_size rounded up to 8 */
	u32 seed;
	u32 value_at;		/* of a node: offset of its value */
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

extern const struct rt_map_ops rt_array_ops, rt_percpu_array_ops, rt_hash_ops, rt_percpu_hash_ops;

static inline bool rt_map_is_percpu(u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

#endif
