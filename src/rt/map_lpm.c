/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Longest prefix match: a hash of {length, prefix with the bits behind it cleared}, searched for every
 * length that was ever used, longest first. So it has the hash's guarantees, and costs one hash
 * lookup per length in use (a routing table has a dozen). Iteration goes by the hash, not by prefix.
 */
#include "rt/map.h"

#define KEY_MAX (4 + 256)

static u32 bits_max(const struct rt_map *m)
{
	return (m->key_size - 4) * 8;
}

/* The key as it is stored: @len bits of @key. */
static void key_cut(const struct rt_map *m, u8 *to, const u8 *key, u32 len)
{
	u32 bytes = m->key_size - 4, whole = len / 8;

	rt_put32(to, len);
	rt_zero(to + 4, bytes);
	rt_copy(to + 4, key + 4, whole);
	if (len % 8)
		to[4 + whole] = key[4 + whole] & (u8)(0xff00 >> len % 8);
}

static void *lpm_lookup(struct rt_map *m, const void *key)
{
	u32 len = rt_get32(key);
	u8 cut[KEY_MAX];

	if (len > bits_max(m))
		return NULL;
	for (s32 word = len / 64; word >= 0; word--) {
		u64 bits = rt_load(&m->hdr->lengths[word]);

		if ((u32)word == len / 64 && len % 64 != 63)
			bits &= (2ULL << len % 64) - 1;
		while (bits) {
			u32 top = 63 - __builtin_clzll(bits);
			void *v;

			key_cut(m, cut, key, word * 64 + top);
			v = rt_hash_ops.lookup(m, cut);
			if (v)
				return v;
			bits &= ~(1ULL << top);
		}
	}
	return NULL;
}

static long lpm_update(struct rt_map *m, const void *key, const void *value, u64 flags)
{
	u32 len = rt_get32(key);
	u8 cut[KEY_MAX];
	long err;

	if (flags > BPF_EXIST || len > bits_max(m))
		return -EINVAL;
	key_cut(m, cut, key, len);
	if (!(rt_load(&m->hdr->lengths[len / 64]) >> len % 64 & 1))
		__atomic_fetch_or(&m->hdr->lengths[len / 64], 1ULL << len % 64, __ATOMIC_RELEASE);
	err = rt_hash_ops.update(m, cut, value, flags);
	return err == -E2BIG ? -ENOSPC : err;
}

static long lpm_delete(struct rt_map *m, const void *key)
{
	u32 len = rt_get32(key);
	u8 cut[KEY_MAX];

	if (len > bits_max(m))
		return -EINVAL;
	key_cut(m, cut, key, len);
	return rt_hash_ops.del(m, cut);
}

static long lpm_next_key(struct rt_map *m, const void *key, void *next)
{
	u8 cut[KEY_MAX];
	u32 len = key ? rt_get32(key) : 0;

	if (!key || len > bits_max(m))
		return rt_hash_ops.next_key(m, NULL, next);
	key_cut(m, cut, key, len);
	return rt_hash_ops.next_key(m, cut, next);
}

static int lpm_layout(struct rt_map *m)
{
	return m->key_size <= KEY_MAX ? rt_hash_ops.layout(m) : -EINVAL;
}

static long lpm_each(struct rt_map *m, long (*fn)(void *, const void *, void *), void *arg)
{
	return rt_hash_ops.each(m, fn, arg);
}

const struct rt_map_ops rt_lpm_ops = {
	.layout = lpm_layout,
	.lookup = lpm_lookup,
	.update = lpm_update,
	.del = lpm_delete,
	.next_key = lpm_next_key,
	.each = lpm_each,
};
