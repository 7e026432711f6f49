/* SPDX-License-Identifier: BSD-2-Clause */
/* Bloom filter: push sets bits, peek asks for them. map_extra: number of hash functions, 0 means 5. */
#include "rt/map.h"

#define HASHES_DEFAULT 5
#define BITS_MIN 64

/* A power of two with about 7/5 bits for each entry and hash function. */
static int bloom_layout(struct rt_map *m)
{
	u64 want = (u64)m->max_entries * (m->nr_hashes ?: HASHES_DEFAULT) * 7 / 5, bits = BITS_MIN;

	while (bits < want && bits < 1ULL << 32)
		bits *= 2;
	m->nr_hashes = m->nr_hashes ?: HASHES_DEFAULT;
	m->index_mask = bits - 1;
	m->index_off = rt_round_up(sizeof(struct rt_map_hdr), RT_PAGE);
	m->total_bytes = rt_round_up(m->index_off + bits / 8, RT_PAGE);
	return 0;
}

static u64 bloom_hash(const struct rt_map *m, const u8 *value)
{
	u64 h = m->seed ^ 0x9e3779b97f4a7c15ULL;

	for (u32 i = 0; i < m->value_size; i++)
		h = (h ^ value[i]) * 0x100000001b3ULL;
	return (h ^ h >> 29) * 0xff51afd7ed558ccdULL;
}

static u64 *bloom_word(const struct rt_map *m, u64 h, u32 i, u64 *bit)
{
	u32 at = ((u32)h + i * ((u32)(h >> 32) | 1)) & m->index_mask;

	*bit = 1ULL << at % 64;
	return (u64 *)(void *)m->index + at / 64;
}

static long bloom_push(struct rt_map *m, const void *value, u64 flags)
{
	u64 h = bloom_hash(m, value), bit;

	if (flags != BPF_ANY)
		return -EINVAL;
	for (u32 i = 0; i < m->nr_hashes; i++) {
		u64 *w = bloom_word(m, h, i, &bit);

		__atomic_fetch_or(w, bit, __ATOMIC_RELAXED);
	}
	return 0;
}

static long bloom_peek(struct rt_map *m, void *value)
{
	u64 h = bloom_hash(m, value), bit;

	for (u32 i = 0; i < m->nr_hashes; i++) {
		u64 *w = bloom_word(m, h, i, &bit);

		if (!(rt_load(w) & bit))
			return -ENOENT;
	}
	return 0;
}

const struct rt_map_ops rt_bloom_ops = {
	.layout = bloom_layout,
	.push = bloom_push,
	.peek = bloom_peek,
};
