/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stack traces: a table of slots, in which a trace's place and number is its hash. A slot's word says who
 * writes it or, once it is written, what it holds:
 *
 *	0			empty
 *	62:32 changes | token	being written; free again if the writer died
 *	DONE | 62:32 | hash	readers look at the word again after they have copied
 */
#include "rt/map.h"

#define DONE (1ULL << 63)
#define CHANGE_ONE (1ULL << 32)
#define CHANGES ((DONE - 1) & ~(CHANGE_ONE - 1))
#define WORD_BYTES 8

static u64 *slot_of(const struct rt_map *m, u32 i)
{
	return (u64 *)(void *)(m->values + (u64)i * m->elem_bytes);
}

static int layout(struct rt_map *m)
{
	u32 slots = 1;

	while (slots < m->max_entries)
		slots *= 2;
	m->index_mask = slots - 1;
	m->elem_bytes = WORD_BYTES + m->value_bytes;
	m->value_off = rt_round_up(sizeof(struct rt_map_hdr), RT_PAGE);
	m->total_bytes = rt_round_up(m->value_off + (u64)slots * m->elem_bytes, RT_PAGE);
	return 0;
}

static u32 hash_of(const struct rt_map *m, const u64 *ips, u32 nr)
{
	u64 h = m->seed;

	for (u32 i = 0; i < nr; i++)
		h = (h ^ ips[i]) * 0x9e3779b97f4a7c15ULL, h ^= h >> 29;
	return h >> 32;
}

static bool holds(const struct rt_map *m, const u64 *slot, const u64 *ips, u32 nr)
{
	u32 words = m->value_size / sizeof(u64);

	for (u32 i = 0; i < words; i++)
		if (rt_load(&slot[1 + i]) != (i < nr ? ips[i] : 0))
			return false;
	return true;
}

static bool is_busy(u64 word)
{
	return word && !(word & DONE) && !rt_token_is_dead((u32)word);
}

long rt_stacks_add(struct rt_map *m, const u64 *ips, u32 nr, u64 flags)
{
	u32 hash = hash_of(m, ips, nr), id = hash & m->index_mask, token = rt_token(rt_thread_self());
	u64 *slot = slot_of(m, id), word = rt_load_acquire(slot), next = (word + CHANGE_ONE) & CHANGES;

	if (word & DONE && (u32)word == hash && (flags & BPF_F_FAST_STACK_CMP || holds(m, slot, ips, nr)))
		return id;
	if (word & DONE && !(flags & BPF_F_REUSE_STACKID))
		return -EEXIST;
	if (is_busy(word) || !rt_cas64(slot, word, next | token))
		return -EBUSY;
	rt_zero(slot + 1, m->value_bytes);
	rt_copy(slot + 1, ips, nr * sizeof(u64));
	rt_store_release(slot, DONE | next | hash);
	return id;
}

static long stacks_copy(struct rt_map *m, const void *key, void *value)
{
	u32 id = rt_get32(key);
	u64 *slot, word;

	if (id > m->index_mask)
		return -ENOENT;
	slot = slot_of(m, id);
	do {
		word = rt_load_acquire(slot);
		if (!(word & DONE))
			return -ENOENT;
		rt_copy(value, slot + 1, m->value_size);
		rt_fence_acquire();
	} while (rt_load(slot) != word);
	return 0;
}

static long stacks_delete(struct rt_map *m, const void *key)
{
	u32 id = rt_get32(key);
	u64 *slot, word;

	if (id > m->index_mask)
		return -E2BIG;
	slot = slot_of(m, id);
	word = rt_load(slot);
	return word & DONE && rt_cas64(slot, word, word & CHANGES) ? 0 : -ENOENT;
}

static long stacks_next_key(struct rt_map *m, const void *key, void *next)
{
	u32 id = key && rt_get32(key) <= m->index_mask ? rt_get32(key) + 1 : 0;

	for (; id <= m->index_mask; id++) {
		if (!(rt_load(slot_of(m, id)) & DONE))
			continue;
		rt_put32(next, id);
		return 0;
	}
	return -ENOENT;
}

static long stacks_update(struct rt_map *m, const void *key, const void *value, u64 flags)
{
	(void)m;
	(void)key;
	(void)value;
	(void)flags;
	return -EINVAL;
}

static long stacks_take(struct rt_map *m, const void *key, void *value)
{
	return stacks_copy(m, key, value) ?: stacks_delete(m, key);
}

const struct rt_map_ops rt_stacks_ops = {
	.layout = layout,
	.update = stacks_update,
	.del = stacks_delete,
	.next_key = stacks_next_key,
	.copy = stacks_copy,
	.take = stacks_take,
};
