/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which nodes of a hash are free, and whose they become.
 *
 * A bit per node, set: probably taken. Above, a bit per word of bits, set: probably all taken. Both
 * are hints where to look; the owner word decides.
 */
#include "rt/map_hash.h"

u32 rt_hash_nr_words(const struct rt_map *m)
{
	return (m->nr_nodes + 63) / 64;
}

static u64 *summary_word(const struct rt_map *m, u32 word)
{
	return m->bits + rt_hash_nr_words(m) + word / 64;
}

/* Which of @total things have no bit in the word that speaks of @first and the 63 after it. */
static u64 zeros(u64 bits, u32 first, u32 total)
{
	return total - first >= 64 ? ~bits : ~bits & ((1ULL << (total - first)) - 1);
}

static u64 word_free(const struct rt_map *m, u32 word)
{
	return zeros(__atomic_load_n(&m->bits[word], __ATOMIC_SEQ_CST), word * 64, m->nr_nodes);
}

void rt_hash_hint_free(const struct rt_map *m, u32 idx)
{
	u32 nr = idx - 1, word = nr / 64;
	u64 *s = summary_word(m, word), bit = 1ULL << word % 64;

	__atomic_fetch_and(&m->bits[word], ~(1ULL << nr % 64), __ATOMIC_SEQ_CST);
	if (__atomic_load_n(s, __ATOMIC_SEQ_CST) & bit)
		__atomic_fetch_and(s, ~bit, __ATOMIC_SEQ_CST);
}

/* All nodes of a word are taken; looked at again, since someone may just have freed one. */
static void hint_full(const struct rt_map *m, u32 word)
{
	u64 *s = summary_word(m, word), bit = 1ULL << word % 64;

	__atomic_fetch_or(s, bit, __ATOMIC_SEQ_CST);
	if (word_free(m, word))
		__atomic_fetch_and(s, ~bit, __ATOMIC_SEQ_CST);
}

static bool node_claim(struct rt_map *m, u32 idx, u64 word, u32 token)
{
	u64 mine = ((word >> 32) + 1) << 32 | token;

	return rt_cas64(&node_at(m, idx)->owner, word, mine);
}

void rt_hash_node_free(struct rt_map *m, u32 idx, u64 word)
{
	u64 *p = &node_at(m, idx)->owner, now = word;

	do {
		if (rt_cas64(p, now, word >> 32 << 32 | NODE_FREE)) {
			rt_hash_hint_free(m, idx);
			return;
		}
		now = rt_load(p);	/* who inserted it may only now note that it is linked */
	} while (now >> 32 == word >> 32 && (u32)now != NODE_FREE);
}

static u32 claim_from_word(struct rt_map *m, u32 word, u32 token)
{
	u64 *w = &m->bits[word], left;

	while ((left = word_free(m, word))) {
		u32 bit = __builtin_ctzll(left), idx = word * 64 + bit + 1;
		u64 owner;

		if (__atomic_fetch_or(w, 1ULL << bit, __ATOMIC_SEQ_CST) & 1ULL << bit)
			continue;
		owner = rt_load(&node_at(m, idx)->owner);
		if ((u32)owner == NODE_FREE && node_claim(m, idx, owner, token))
			return idx;
	}
	hint_full(m, word);
	return NIL;
}

static bool claim_home(struct rt_map *m, u32 nr, u32 token)
{
	u64 *w = &m->bits[nr / 64], bit = 1ULL << nr % 64, owner;

	if (rt_load(w) & bit || __atomic_fetch_or(w, bit, __ATOMIC_SEQ_CST) & bit)
		return false;
	owner = rt_load(&node_at(m, nr + 1)->owner);
	return (u32)owner == NODE_FREE && node_claim(m, nr + 1, owner, token);
}

/* Away from home, from a place that depends on the lane on, so that threads keep apart. */
u32 rt_hash_node_alloc(struct rt_map *m, u32 hash, u32 token)
{
	u32 words = rt_hash_nr_words(m), groups = (words + 63) / 64;
	u32 lane = token % RT_LANES, start = lane * 7 % groups, home = rt_hash_home(m, hash);

	for (u32 i = 0; i < 2; i++)
		if (claim_home(m, home ^ i, token))
			return (home ^ i) + 1;
	for (u32 i = 0; i < groups; i++) {
		u32 group = (start + i) % groups, turn = lane * 11 % 64;
		u64 some = zeros(rt_load(summary_word(m, group * 64)), group * 64, words);

		some = some >> turn | (turn ? some << (64 - turn) : 0);
		for (; some; some &= some - 1) {
			u32 word = group * 64 + (__builtin_ctzll(some) + turn) % 64;
			u32 idx = claim_from_word(m, word, token);

			if (idx != NIL)
				return idx;
		}
	}
	return NIL;
}
