/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hash and LRU hash, and their per-CPU kinds: lock-free, in shared memory, with nodes that are used
 * again at once. Each bucket is a list ordered by key, as in Michael's "High performance
 * dynamic lock-free hash tables and list-based sets" (2002): a link word holds a node index, a mark
 * ("the node that holds this word is deleted") and a tag that counts the word's changes, so that a
 * compare-and-swap never mistakes a node for its former self.
 *
 *   insert   link = {cur, 0} -> {node, 0}	node.next = {cur, 0} before
 *   delete   cur.next = {next, 0} -> {next, 1}; anyone then unlinks: link = {cur, 0} -> {next, 0}
 *   replace  cur.next = {next, 0} -> {node, 1}	node.next = {next, 0} before: the key never vanishes
 *
 * A node's owner word {generation, state} says whose it is: free, linked, or a token's (lane.h) while
 * an operation prepares it. Whoever takes a node out of a list frees it, by a compare-and-swap from
 * the word read while it was in the list. What a thread that died left behind, a node of a dead
 * token or one that was unlinked and not freed, is found by a scan when the map seems full.
 *
 * The count of entries is raised before an insertion and lowered after a deletion; in between, the
 * operation's word (by lane) says that a change is pending. For one that died there, the count is
 * lowered: it may then be too low, so that a few more entries fit, but a map never refuses an entry
 * that should fit. As soon as no operation is in flight, counting all entries makes it exact again.
 */
#include "rt/map_hash.h"

#include <linux/time.h>

#define HOPS_MAX (1u << 22)		/* of one search: more means scribbled memory */
#define SCAN_INTERVAL_NS 2000000ULL
#define LRU_SAMPLE 8			/* entries the oldest of which is evicted ... */
#define LRU_LOOK (RT_HASH_SPARE + 64)	/* ... looked for among so many nodes: more than can be free of those
					 * beyond the homes */

struct pos {		/* of a key: the link to it or to where it would be */
	u64 *link;
	u64 link_word;
	u32 idx;	/* node behind link, NIL at the end */
	u64 next_word;	/* of that node */
};

/* -- Words --- */

/* Both raise the number of changes. */
#define COUNT_UP ((1ULL << 32) + 1)
#define COUNT_DOWN ((1ULL << 32) - 1)

static void count_add(struct rt_map *m, u64 change)
{
	__atomic_fetch_add(&m->hdr->count, change, __ATOMIC_ACQ_REL);
}

static u64 *bucket_of(const struct rt_map *m, u32 hash)
{
	return (u64 *)(void *)m->index + (hash & m->index_mask);
}

/* Every bit of @v has a say in every bit of the result. */
static ALWAYS_INLINE u64 mix(u64 v)
{
	unsigned __int128 wide = (unsigned __int128)v * 0x9e3779b97f4a7c15ULL;

	return (u64)wide ^ (u64)(wide >> 64);
}

/* What costs is the way from the key to the bucket: a multiplication for each 8 bytes. */
static ALWAYS_INLINE u32 hash_of(const struct rt_map *m, const void *key, u32 bytes)
{
	u64 h = (m->seed + 1ULL) * 0xff51afd7ed558ccdULL, last = 0;
	const u8 *p = key;

	for (; bytes >= 8; bytes -= 8, p += 8)
		h = mix(h ^ *(const rt_u64_any *)p);
	if (bytes == 4)
		last = rt_get32(p);
	for (u32 i = 0; i < bytes && bytes != 4; i++)
		last |= (u64)p[i] << (8 * i);
	return bytes ? mix(h ^ last) : h;
}

static u32 key_hash(const struct rt_map *m, const void *key)
{
	return hash_of(m, key, m->key_size);
}

/* Any order will do that everybody agrees on. */
static int compare(const struct rt_map *m, const struct node *n, const void *key)
{
	u32 left = m->key_size;
	const u8 *a = n->key, *b = key;

	for (; left >= 8; left -= 8, a += 8, b += 8) {
		u64 x = rt_load((const u64 *)(const void *)a), y = *(const rt_u64_any *)b;

		if (x != y)
			return x < y ? -1 : 1;
	}
	for (; left; left--, a++, b++)
		if (rt_load(a) != *b)
			return rt_load(a) < *b ? -1 : 1;
	return 0;
}

/* -- Search --- */

/*
 * One walk for the first node that is not before the key. With @help, unlinks the deleted nodes it
 * meets. Without, walks through them: as long as the link to the first of them has not changed, all
 * of them are where they were, since the word of a deleted node never changes.
 */
enum { FOUND, ABSENT, CHANGED };

static int walk(struct rt_map *m, u32 hash, const void *key, bool help, struct pos *pos, u32 *hops)
{
	pos->link = bucket_of(m, hash);
	pos->link_word = rt_load_acquire(pos->link);
	pos->idx = word_idx(pos->link_word);
	while (is_node(m, pos->idx) && ++*hops < HOPS_MAX) {
		struct node *n = node_at(m, pos->idx);
		u64 owner = rt_load(&n->owner);
		int order;

		pos->next_word = rt_load_acquire(&n->next);
		order = compare(m, n, key);
		rt_fence_acquire();
		if (rt_load(pos->link) != pos->link_word)
			return CHANGED;
		if (!word_mark(pos->next_word)) {
			if (order >= 0)
				return order ? ABSENT : FOUND;
			pos->link = &n->next;
			pos->link_word = pos->next_word;
		} else if (help) {
			u64 to = word_next(pos->link_word, word_idx(pos->next_word), false);

			if (!rt_cas64(pos->link, pos->link_word, to))
				return CHANGED;
			rt_hash_node_free(m, pos->idx, owner);
			pos->link_word = to;
		}
		pos->idx = word_idx(pos->next_word);
	}
	return ABSENT;
}

/* Is the key there? @pos says where. After HOPS_MAX, the memory is not a map any more: no, nowhere. */
static bool search(struct rt_map *m, u32 hash, const void *key, bool help, struct pos *pos)
{
	u32 hops = 0;
	int r;

	do
		r = walk(m, hash, key, help, pos, &hops);
	while (r == CHANGED && hops < HOPS_MAX);
	if (hops >= HOPS_MAX)
		pos->link = NULL;
	return r == FOUND && pos->link;
}

static ALWAYS_INLINE bool same_key(const struct node *n, const void *key, u32 bytes)
{
	const u8 *a = n->key, *b = key;

	for (; bytes >= 8; bytes -= 8, a += 8, b += 8)
		if (rt_load((const u64 *)(const void *)a) != *(const rt_u64_any *)b)
			return false;
	if (bytes >= 4) {
		if (rt_load((const u32 *)(const void *)a) != rt_get32(b))
			return false;
		bytes -= 4, a += 4, b += 4;
	}
	for (; bytes; bytes--, a++, b++)
		if (rt_load(a) != *b)
			return false;
	return true;
}

/*
 * The entry, if it is node number @nr, from 0. No bucket need be looked at: while the owner's word says "linked" the node is in
 * its list, and it holds this key as long as that word is the same; as a deleted one it would be marked.
 * @node_bytes: m->elem_bytes. @next: what its next word was then
 */
static ALWAYS_INLINE struct node *find_at(struct rt_map *m, u32 nr, const void *key, u32 bytes, u32 node_bytes,
					  u64 *next)
{
	struct node *n = (struct node *)(void *)(m->nodes + (u64)nr * node_bytes);
	u64 owner = rt_load_acquire(&n->owner);
	bool same;

	*next = rt_load_acquire(&n->next);
	same = (u32)owner == NODE_LINKED && same_key(n, key, bytes) && !word_mark(*next);
	rt_fence_acquire();
	return same && rt_load(&n->owner) == owner ? n : NULL;
}

static ALWAYS_INLINE struct node *find_home(struct rt_map *m, u32 hash, const void *key, u32 bytes,
					    u32 node_bytes, u64 *next)
{
	u32 nr = rt_hash_home(m, hash);
	struct node *n = find_at(m, nr, key, bytes, node_bytes, next);

	return n ? n : find_at(m, nr ^ 1, key, bytes, node_bytes, next);
}

/* As search() without help, for who wants the node alone: what costs is the branches. */
static __attribute__((noinline)) struct node *find_listed(struct rt_map *m, u32 hash, const void *key)
{
	u64 *link, word, next;
	u32 hops = 0;

again:
	link = bucket_of(m, hash);
	word = rt_load_acquire(link);
	for (u32 idx = word_idx(word); is_node(m, idx) && ++hops < HOPS_MAX; idx = word_idx(next)) {
		struct node *n = node_at(m, idx);
		bool same;

		next = rt_load_acquire(&n->next);
		same = same_key(n, key, m->key_size) && !word_mark(next);
		rt_fence_acquire();
		if (rt_load(link) != word)
			goto again;
		if (same)
			return n;
		if (word_mark(next))
			continue;
		link = &n->next;
		word = next;
	}
	return NULL;
}

static ALWAYS_INLINE struct node *find(struct rt_map *m, const void *key, u32 bytes, u32 node_bytes)
{
	u32 hash = hash_of(m, key, bytes);
	u64 next;
	struct node *n = find_home(m, hash, key, bytes, node_bytes, &next);

	return n ? n : find_listed(m, hash, key);
}

/* -- Lost nodes --- */

/* By lane: 63:32 number of pending changes of the count, 31:0 token of the operation; or 0. */
static u64 *ops_in_flight(const struct rt_map *m)
{
	return (u64 *)(void *)(m->index - RT_LANES * sizeof(u64));
}

#define PENDING_ONE (1ULL << 32)

struct op {
	struct rt_scope scope;
	struct rt_thread *t;
	u64 *word;
	bool outermost;	/* not in a handler that interrupted another one on this map */
};

/* Takes back what the operation of the dead @word may have counted. */
static void settle(struct rt_map *m, u64 word)
{
	if (!(word >> 32))
		return;
	rt_store(&m->hdr->inexact, 1);
	for (u32 n = word >> 32; n && n < 8; n--)
		count_add(m, COUNT_DOWN);
	rt_store_release(&m->hdr->inexact, 1);	/* again: a recount may have ended before the change */
}

static bool op_begin(struct rt_map *m, struct op *op)
{
	op->t = rt_enter(&op->scope);
	if (!op->t)
		return false;
	op->word = &ops_in_flight(m)[rt_token(op->t) % RT_LANES];
	op->outermost = (u32)rt_load(op->word) != rt_token(op->t);
	if (op->outermost)	/* the lane's last owner may have died in the middle */
		settle(m, __atomic_exchange_n(op->word, rt_token(op->t), __ATOMIC_SEQ_CST));
	return true;
}

static void op_end(struct op *op)
{
	if (op->outermost)
		rt_store_release(op->word, 0);
	rt_exit(op->t, &op->scope);
}

/* Only the own thread changes its word while it lives, and handlers leave it as they found it. */
static void pending(struct op *op, u64 change)
{
	rt_store_release(op->word, rt_load(op->word) + change);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Frees node @idx if nobody alive will; says whether it is in a list. @token: the caller's. */
static bool node_check(struct rt_map *m, u32 idx, u32 token)
{
	struct node *n = node_at(m, idx);
	u64 owner = rt_load_acquire(&n->owner), next = rt_load_acquire(&n->next);
	u32 state = owner;
	struct pos pos;

	if (state == NODE_FREE) {
		rt_hash_hint_free(m, idx);
		return false;
	}
	if (state == token)
		return false;
	if (state == NODE_LINKED && !word_mark(next))
		return true;
	if (state != NODE_LINKED && !rt_token_is_dead(state))
		return !word_mark(next);	/* perhaps: counted, so that the map never overfills */
	if (search(m, key_hash(m, n->key), n->key, true, &pos) && pos.idx == idx) {
		rt_cas64(&n->owner, owner, owner >> 32 << 32 | NODE_LINKED);
		return true;
	}
	rt_hash_node_free(m, idx, owner);
	return false;
}

/* Is another operation on its way? Settles those whose thread died. */
static bool others_in_flight(struct rt_map *m, u32 token)
{
	u64 *ops = ops_in_flight(m);
	bool any = false;

	for (u32 i = 0; i < RT_LANES; i++) {
		u64 other = rt_load_acquire(&ops[i]);

		if (!other || (u32)other == token)
			continue;
		if (!rt_token_is_dead((u32)other)) {
			any = true;
			continue;
		}
		if (rt_cas64(&ops[i], other, 0))
			settle(m, other);
	}
	return any;
}

/*
 * Counts all entries, if nothing else happens meanwhile, in this thread neither; frees lost nodes in
 * any case. @own: entries the caller has counted and not yet inserted.
 */
static void recount(struct rt_map *m, const struct op *op, u32 own)
{
	u32 token = rt_token(op->t), linked = own;
	bool quiet = op->outermost && !others_in_flight(m, token);
	u64 count = rt_load_acquire(&m->hdr->count);

	for (u32 i = 1; i <= m->nr_nodes; i++)
		linked += node_check(m, i, token);
	if (!quiet || others_in_flight(m, token))
		return;
	rt_store(&m->hdr->inexact, 0);
	if (!rt_cas64(&m->hdr->count, count, ((count >> 32) + 1) << 32 | linked))
		rt_store(&m->hdr->inexact, 1);
}

/* At most every SCAN_INTERVAL_NS, unless someone else just does it. */
static void recount_sometimes(struct rt_map *m, const struct op *op, u32 own)
{
	u64 last = rt_load(&m->hdr->scan_ns), now = rt_clock_ns(CLOCK_MONOTONIC);

	if (now - last < SCAN_INTERVAL_NS || !rt_cas64(&m->hdr->scan_ns, last, now))
		return;
	rt_lanes_reap(RT_LANES);
	recount(m, op, own);
}

/* The map seems full: looks for what the dead left. @own: as for recount(). */
static void recover(struct rt_map *m, const struct op *op, u32 own)
{
	rt_lanes_reap(RT_LANES);
	others_in_flight(m, rt_token(op->t));
	recount_sometimes(m, op, own);
}

/* -- Removal --- */

/* Unlinks the node at @pos, which was just marked. */
static void unlink_marked(struct rt_map *m, struct pos *pos, u32 hash, const void *key, u64 owner,
			  u32 next_idx)
{
	if (rt_cas64(pos->link, pos->link_word, word_next(pos->link_word, next_idx, false)))
		rt_hash_node_free(m, pos->idx, owner);
	else
		search(m, hash, key, true, pos);
}

static long remove_at(struct rt_map *m, struct op *op, struct pos *pos, u32 hash, const void *key)
{
	struct node *n = node_at(m, pos->idx);
	u64 owner = rt_load(&n->owner);
	u32 next_idx = word_idx(pos->next_word);

	pending(op, PENDING_ONE);
	if (!rt_cas64(&n->next, pos->next_word, word_next(pos->next_word, next_idx, true))) {
		pending(op, -PENDING_ONE);
		return -EAGAIN;
	}
	count_add(m, COUNT_DOWN);
	pending(op, -PENDING_ONE);
	unlink_marked(m, pos, hash, key, owner, next_idx);
	return 0;
}

static bool is_lru(const struct rt_map *m)
{
	return m->type == BPF_MAP_TYPE_LRU_HASH || m->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* Where the hand was when the entry was last looked up. */
static u64 *used_of(const struct rt_map *m, struct node *n)
{
	return (u64 *)(void *)((u8 *)n + m->elem_bytes) - 1;
}

static void lru_use(struct rt_map *m, struct node *n)
{
	u64 now = rt_load(&m->hdr->cursor);

	if (is_lru(m) && rt_load(used_of(m, n)) != now)
		rt_store(used_of(m, n), now);
}

/* Of a few entries from the hand on, the one whose last use is longest ago; NIL: there are none. */
static u32 lru_oldest(struct rt_map *m, u64 hand)
{
	u32 best = NIL, seen = 0;
	u64 best_age = 0;

	for (u32 i = 0; i < LRU_LOOK && seen < LRU_SAMPLE; i++) {
		u32 idx = (hand + i) % m->nr_nodes + 1;
		struct node *n = node_at(m, idx);
		u64 age = hand - rt_load(used_of(m, n));

		if ((u32)rt_load_acquire(&n->owner) != NODE_LINKED || word_mark(rt_load(&n->next)))
			continue;
		seen++;
		if (best == NIL || age > best_age) {
			best = idx;
			best_age = age;
		}
	}
	return best;
}

static bool evict(struct rt_map *m, struct op *op)
{
	for (u32 i = 0; i < m->nr_nodes; i++) {
		u64 hand = __atomic_fetch_add(&m->hdr->cursor, LRU_SAMPLE, __ATOMIC_RELAXED);
		u32 idx = lru_oldest(m, hand), hash;
		struct node *n;
		struct pos pos;

		if (idx == NIL)
			continue;
		n = node_at(m, idx);
		hash = key_hash(m, n->key);
		if (search(m, hash, n->key, true, &pos) && pos.idx == idx &&
		    !remove_at(m, op, &pos, hash, n->key))
			return true;
	}
	return false;
}

/* -- Insertion --- */

struct insertion {
	struct rt_map *m;
	const void *key, *value;
	u64 flags;
	u32 cpu;	/* per-CPU kinds: as update_cpu; else RT_ALL_CPUS */
	u32 hash;
	u32 token;
	u32 idx;	/* the node it prepares; NIL: none yet */
	bool counted;
	struct op op;
};

static void *node_value(const struct rt_map *m, u32 idx, u32 cpu)
{
	if (m->cpu_stride)
		return m->values + cpu * m->cpu_stride + (u64)(idx - 1) * m->value_bytes;
	return (u8 *)node_at(m, idx) + m->value_at;
}

static void percpu_write(struct rt_map *m, u32 idx, const struct insertion *in, bool fresh)
{
	const u8 *from = in->value;

	for (u32 c = 0; c < m->nr_cpus; c++) {
		if (in->cpu >= RT_EACH_CPU || c == in->cpu)
			rt_copy(node_value(m, idx, c), from, m->value_size);
		else if (fresh)
			rt_zero(node_value(m, idx, c), m->value_bytes);
		if (in->cpu == RT_EACH_CPU)
			from += m->value_bytes;
	}
}

static u64 node_owner(const struct insertion *in)
{
	return rt_load(&node_at(in->m, in->idx)->owner);
}

static long take_node(struct insertion *in)
{
	struct rt_map *m = in->m;
	struct node *n;

	if (in->idx != NIL)
		return 0;
	in->idx = rt_hash_node_alloc(m, in->hash, in->token);
	if (in->idx == NIL) {
		recover(m, &in->op, in->counted);
		in->idx = rt_hash_node_alloc(m, in->hash, in->token);
	}
	if (in->idx == NIL)
		return -ENOMEM;
	n = node_at(m, in->idx);
	if (is_lru(m))	/* time goes by insertions */
		rt_store(used_of(m, n), __atomic_add_fetch(&m->hdr->cursor, 1, __ATOMIC_RELAXED));
	rt_copy(n->key, in->key, m->key_size);
	if (m->cpu_stride)
		percpu_write(m, in->idx, in, true);
	else if (!in->value)
		rt_zero(node_value(m, in->idx, 0), m->value_bytes);
	else
		rt_value_read(m, node_value(m, in->idx, 0), (void *)in->value, false);
	return 0;
}

static bool count_try(struct insertion *in)
{
	struct rt_map *m = in->m;
	s32 before;

	pending(&in->op, PENDING_ONE);
	before = (s32)__atomic_fetch_add(&m->hdr->count, COUNT_UP, __ATOMIC_ACQ_REL);
	in->counted = before < (s32)m->max_entries;
	if (!in->counted) {
		count_add(m, COUNT_DOWN);
		pending(&in->op, -PENDING_ONE);
	}
	return in->counted;
}

static long take_count(struct insertion *in)
{
	struct rt_map *m = in->m;

	if (rt_load(&m->hdr->inexact))
		recount_sometimes(m, &in->op, in->counted);
	if (in->counted || count_try(in))
		return 0;
	while (is_lru(m) && evict(m, &in->op))
		if (count_try(in))
			return 0;
	recover(m, &in->op, 0);
	return count_try(in) ? 0 : -E2BIG;
}

/* Publishes the prepared node: its owner is the list. */
static void node_linked(struct insertion *in, u64 owner)
{
	rt_cas64(&node_at(in->m, in->idx)->owner, owner, owner >> 32 << 32 | NODE_LINKED);
}

static void set_next(struct insertion *in, u32 next)
{
	struct node *n = node_at(in->m, in->idx);

	rt_store(&n->next, word_next(rt_load(&n->next), next, false));
}

static long insert_new(struct insertion *in, struct pos *pos)
{
	u64 owner;
	long err;

	if (in->flags == BPF_EXIST)
		return -ENOENT;
	err = take_count(in);
	if (!err)
		err = take_node(in);
	if (err)
		return err;
	owner = node_owner(in);
	set_next(in, pos->idx);
	if (!rt_cas64(pos->link, pos->link_word, word_next(pos->link_word, in->idx, false)))
		return -EAGAIN;
	node_linked(in, owner);
	in->counted = false;	/* both are the list's now */
	pending(&in->op, -PENDING_ONE);
	in->idx = NIL;
	return 0;
}

static bool value_is_word(const struct rt_map *m)
{
	return m->value_at == offsetof(struct node, word) && !m->lock_at;
}

/* Puts @value in place of what @n holds while @next is its word: so it is still the same entry. */
static bool replace_word(struct rt_map *m, struct node *n, u64 next, const void *value)
{
	u64 old, word = 0;

	if (value)
		rt_copy(&word, value, m->value_size);
	lru_use(m, n);
	old = rt_load(&n->word);
	return rtarch_cas128(&n->next, next, old, word_next(next, word_idx(next), false), word);
}

static long replace(struct insertion *in, struct pos *pos)
{
	struct rt_map *m = in->m;
	struct node *old = node_at(m, pos->idx);
	u64 owner, old_owner = rt_load(&old->owner);
	u32 idx;
	long err;

	if (in->flags == BPF_NOEXIST)
		return -EEXIST;
	if (m->cpu_stride) {	/* per-CPU values are written in place */
		percpu_write(m, pos->idx, in, false);
		lru_use(m, old);
		return 0;
	}
	if (value_is_word(m))
		return replace_word(m, old, pos->next_word, in->value) ? 0 : -EAGAIN;
	err = take_node(in);
	if (err)
		return err;
	idx = in->idx;
	owner = node_owner(in);
	set_next(in, word_idx(pos->next_word));
	if (!rt_cas64(&old->next, pos->next_word, word_next(pos->next_word, idx, true)))
		return -EAGAIN;
	node_linked(in, owner);
	in->idx = NIL;
	unlink_marked(m, pos, in->hash, in->key, old_owner, idx);
	return 0;
}

static long insertion_try(struct insertion *in)
{
	struct pos pos;

	if (search(in->m, in->hash, in->key, true, &pos))
		return replace(in, &pos);
	return pos.link ? insert_new(in, &pos) : -EIO;
}

/* @in: only .m, .key, .value, .flags and .cpu are set. (An initializer would become a call of memset().) */
static long insertion_run(struct insertion *in)
{
	long err;

	if (in->flags > BPF_EXIST)
		return -EINVAL;
	if (!op_begin(in->m, &in->op))
		return -EBUSY;
	in->hash = key_hash(in->m, in->key);
	in->token = rt_token(in->op.t);
	in->idx = NIL;
	in->counted = false;
	do
		err = insertion_try(in);
	while (err == -EAGAIN);
	if (in->idx != NIL)
		rt_hash_node_free(in->m, in->idx, node_owner(in));
	if (in->counted) {
		count_add(in->m, COUNT_DOWN);
		pending(&in->op, -PENDING_ONE);
	}
	op_end(&in->op);
	return err;
}

static long insert(struct rt_map *m, const void *key, const void *value, u64 flags, u32 cpu)
{
	struct insertion in;

	in.m = m;
	in.key = key;
	in.value = value;
	in.flags = flags;
	in.cpu = cpu;
	return insertion_run(&in);
}

/*
 * A value of up to 8 bytes is replaced where it is, together with the word that would change if the entry
 * were deleted meanwhile. @key is at home and needs no search: nothing is left half done, so no lane either.
 */
static bool replace_home(struct rt_map *m, const void *key, const void *value)
{
	u64 next;
	struct node *n = find_home(m, key_hash(m, key), key, m->key_size, m->elem_bytes, &next);

	return n && replace_word(m, n, next, value);
}

static long hash_update(struct rt_map *m, const void *key, const void *value, u64 flags)
{
	if (value_is_word(m) && (flags == BPF_ANY || flags == BPF_EXIST) && replace_home(m, key, value))
		return 0;
	return insert(m, key, value, flags, RT_ALL_CPUS);
}

/* Code of its own for the commonest nodes, without a frame. */
static __attribute__((noinline)) void *lookup_any(struct rt_map *m, const void *key)
{
	struct node *n = find(m, key, m->key_size, m->elem_bytes);

	if (!n)
		return NULL;
	lru_use(m, n);
	return (u8 *)n + m->value_at;
}

static __attribute__((noinline)) void *lookup_4(struct rt_map *m, const void *key)
{
	struct node *n = find(m, key, 4, RT_HASH_NODE_MIN);

	return n ? &n->word : NULL;
}

static void *hash_lookup(struct rt_map *m, const void *key)
{
	struct node *n;

	if (m->elem_bytes != RT_HASH_NODE_MIN)
		return lookup_any(m, key);
	if (m->key_size == 4)
		return lookup_4(m, key);
	if (m->key_size != 8)
		return lookup_any(m, key);
	n = find(m, key, 8, RT_HASH_NODE_MIN);
	return n ? &n->word : NULL;
}

/* @value: takes what is there, of every CPU; NULL: nobody wants it */
static long take_at(struct rt_map *m, struct op *op, struct pos *pos, u32 hash, const void *key, u8 *value)
{
	u32 cpus = !value ? 0 : m->cpu_stride ? m->nr_cpus : 1;

	for (u32 c = 0; c < cpus; c++)
		rt_value_read(m, value + c * m->value_bytes, node_value(m, pos->idx, c), false);
	return remove_at(m, op, pos, hash, key);
}

static long hash_take(struct rt_map *m, const void *key, void *value)
{
	u32 hash = key_hash(m, key);
	struct pos pos;
	struct op op;
	long err;

	if (!op_begin(m, &op))
		return -EBUSY;
	do
		err = search(m, hash, key, true, &pos) ? take_at(m, &op, &pos, hash, key, value) : -ENOENT;
	while (err == -EAGAIN);
	op_end(&op);
	return err;
}

static long hash_delete(struct rt_map *m, const void *key)
{
	return hash_take(m, key, NULL);
}

/* -- Iteration --- */

static u32 live_from(struct rt_map *m, u32 idx)
{
	for (u32 hops = 0; is_node(m, idx) && hops < HOPS_MAX; hops++) {
		u64 next = rt_load_acquire(&node_at(m, idx)->next);

		if (!word_mark(next))
			return idx;
		idx = word_idx(next);
	}
	return NIL;
}

u32 rt_hash_bucket_first(struct rt_map *m, u32 bucket)
{
	return live_from(m, word_idx(rt_load_acquire((u64 *)(void *)m->index + bucket)));
}

u32 rt_hash_bucket_next(struct rt_map *m, u32 node)
{
	return live_from(m, word_idx(rt_load_acquire(&node_at(m, node)->next)));
}

const void *rt_hash_key(const struct rt_map *m, u32 node)
{
	return node_at(m, node)->key;
}

/* The first live node of bucket @bucket or a later one. */
static u32 first_from(struct rt_map *m, u32 bucket)
{
	for (; bucket <= m->index_mask; bucket++) {
		u32 idx = rt_hash_bucket_first(m, bucket);

		if (idx != NIL)
			return idx;
	}
	return NIL;
}

static u32 next_live(struct rt_map *m, u32 idx, u32 bucket)
{
	idx = rt_hash_bucket_next(m, idx);
	return idx != NIL ? idx : first_from(m, bucket + 1);
}

static long hash_next_key(struct rt_map *m, const void *key, void *next)
{
	struct pos pos;
	u32 idx;

	if (key && search(m, key_hash(m, key), key, false, &pos))
		idx = next_live(m, pos.idx, key_hash(m, key) & m->index_mask);
	else
		idx = first_from(m, 0);
	if (idx == NIL)
		return -ENOENT;
	rt_copy(next, node_at(m, idx)->key, m->key_size);
	return 0;
}

static long hash_each(struct rt_map *m, long (*fn)(void *, const void *, void *), void *arg)
{
	u32 cpu = rt_cpu(rt_thread_self()), idx = first_from(m, 0);
	long nr = 0;

	while (idx != NIL && nr <= m->max_entries) {
		u32 bucket = key_hash(m, node_at(m, idx)->key) & m->index_mask;
		u32 next = next_live(m, idx, bucket);

		nr++;
		if (fn(arg, node_at(m, idx)->key, node_value(m, idx, cpu)))
			break;
		idx = next;
	}
	return nr;
}

/* -- Layout --- */

static bool is_percpu(const struct rt_map *m)
{
	return rt_map_is_percpu(m->type);
}

/* Nodes of up to a cache line never lie in two. */
static void node_layout(struct rt_map *m)
{
	u32 key_bytes = rt_round_up(m->key_size, 8);
	bool inside = m->value_bytes == 8 && !is_percpu(m);

	m->value_at = inside ? offsetof(struct node, word) : sizeof(struct node) + key_bytes;
	m->elem_bytes = sizeof(struct node) + key_bytes + (inside || is_percpu(m) ? 0 : m->value_bytes) +
			(is_lru(m) ? 8 : 0);
	if (m->elem_bytes <= RT_HASH_NODE_MIN)
		m->elem_bytes = RT_HASH_NODE_MIN;
	else if (m->elem_bytes <= 64)
		m->elem_bytes = 64;
	else
		m->elem_bytes = rt_round_up(m->elem_bytes, 16);
}

/* Small nodes are twice as many as entries, so that most entries are at home. */
static void homes_layout(struct rt_map *m, u64 buckets)
{
	u64 most = m->elem_bytes <= 64 && !is_percpu(m) ? 2ULL * m->max_entries : m->max_entries;
	u64 homes = buckets;

	while (homes > most)
		homes /= 2;
	m->home_mask = homes - 1;
	m->nr_nodes = RT_MAX(homes, m->max_entries) + RT_HASH_SPARE;
}

/* header | operations in flight | buckets | nodes | bits of free nodes, their summary | per-CPU values */
static int hash_layout(struct rt_map *m)
{
	u64 buckets = 1, words, off;

	while (buckets < 2ULL * m->max_entries)	/* most lists are one node, if any */
		buckets *= 2;
	if (buckets > 1u << 31 || 2ULL * m->max_entries + RT_HASH_SPARE > U32_MAX >> 1)
		return -E2BIG;
	m->index_mask = buckets - 1;
	node_layout(m);
	homes_layout(m, buckets);
	m->index_off = rt_round_up(sizeof(struct rt_map_hdr), RT_PAGE) + RT_LANES * sizeof(u64);
	m->node_off = rt_round_up(m->index_off + buckets * 8, 64);
	m->bits_off = rt_round_up(m->node_off + (u64)m->nr_nodes * m->elem_bytes, 64);
	words = rt_hash_nr_words(m);
	off = m->bits_off + (words + (words + 63) / 64) * 8;
	if (is_percpu(m)) {
		m->value_off = rt_round_up(off, 64);
		m->cpu_stride = rt_round_up((u64)m->nr_nodes * m->value_bytes, 64);
		off = m->value_off + m->cpu_stride * m->nr_cpus;
	}
	m->total_bytes = rt_round_up(off, RT_PAGE);
	return 0;
}

const struct rt_map_ops rt_hash_ops = {
	.layout = hash_layout,
	.lookup = hash_lookup,
	.update = hash_update,
	.del = hash_delete,
	.next_key = hash_next_key,
	.take = hash_take,
	.each = hash_each,
};

/* -- Per CPU --- */

static void *percpu_lookup_cpu(struct rt_map *m, const void *key, u32 cpu)
{
	struct pos pos;

	if (cpu >= m->nr_cpus || !search(m, key_hash(m, key), key, false, &pos))
		return NULL;
	lru_use(m, node_at(m, pos.idx));
	return node_value(m, pos.idx, cpu);
}

static void *percpu_lookup(struct rt_map *m, const void *key)
{
	return percpu_lookup_cpu(m, key, rt_cpu(rt_thread_self()));
}

static long percpu_update_cpu(struct rt_map *m, const void *key, const void *value, u64 flags, u32 cpu)
{
	return insert(m, key, value, flags, cpu);
}

static long percpu_update(struct rt_map *m, const void *key, const void *value, u64 flags)
{
	return percpu_update_cpu(m, key, value, flags, rt_cpu(rt_thread_self()));
}

const struct rt_map_ops rt_percpu_hash_ops = {
	.layout = hash_layout,
	.lookup = percpu_lookup,
	.update = percpu_update,
	.del = hash_delete,
	.lookup_cpu = percpu_lookup_cpu,
	.update_cpu = percpu_update_cpu,
	.next_key = hash_next_key,
	.take = hash_take,
	.each = hash_each,
};
