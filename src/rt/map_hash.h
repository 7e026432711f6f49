/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the hash share: nodes, and the words that say what became of them (map_hash.c). */
#ifndef FS_RT_MAP_HASH_H
#define FS_RT_MAP_HASH_H

#include "rt/map.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

#define NIL 0u			/* nodes are numbered from 1: zeroed memory is an empty map */
#define RT_HASH_SPARE 64	/* nodes for replacements and operations in flight */
#define RT_HASH_NODE_MIN 32	/* bytes; both homes of an entry are in one cache line then */

enum { NODE_FREE = 0, NODE_LINKED = 1 };	/* states; others are tokens */

struct node {		/* 16-byte aligned */
	u64 next;	/* 63:32 tag, 31:1 index, 0 mark */
	u64 word;	/* a value of up to 8 bytes: replaced together with the word above */
	u64 owner;	/* 63:32 generation, 31:0 state */
	u8 key[];	/* rounded up to 8; then a larger value, unless per CPU; at the end LRU's last use */
};

static ALWAYS_INLINE u32 word_idx(u64 w)
{
	return (u32)w >> 1;
}

static ALWAYS_INLINE bool word_mark(u64 w)
{
	return w & 1;
}

/* What comes after @old in the same place. */
static ALWAYS_INLINE u64 word_next(u64 old, u32 idx, bool mark)
{
	return ((old >> 32) + 1) << 32 | (u64)idx << 1 | mark;
}

static ALWAYS_INLINE struct node *node_at(const struct rt_map *m, u32 idx)
{
	return (struct node *)(void *)(m->nodes + (u64)(idx - 1) * m->elem_bytes);
}

static ALWAYS_INLINE bool is_node(const struct rt_map *m, u32 idx)
{
	return idx != NIL && idx <= m->nr_nodes;
}

/* The number, from 0, of the node where an entry would best be; its neighbour in the pair is next. */
static ALWAYS_INLINE u32 rt_hash_home(const struct rt_map *m, u32 hash)
{
	return hash & m->home_mask;
}

u32 rt_hash_nr_words(const struct rt_map *m);
/* A node for an entry with that hash, in its home or the pair's other one if it can be. Owned by @token. NIL:
 * there is none. */
u32 rt_hash_node_alloc(struct rt_map *m, u32 hash, u32 token);
/* Ends the life of the node which @word, its owner word when it was in a list or prepared, is about. */
void rt_hash_node_free(struct rt_map *m, u32 idx, u64 word);
/* Node @idx is free, and will be found. */
void rt_hash_hint_free(const struct rt_map *m, u32 idx);

#endif
