/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz_world.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_gen.h"
#include "maps.h"

#define MAPS 16
#define ENTRIES_MAX 4
#define REGIONS_MAX 256
#define BLOCKS_MAX 65536
#define RECORDS_MAX 500		/* that a run gets */
#define ROUNDS_MAX 5		/* of loops */
#define CALLBACKS_MAX 2000	/* in a run; then loops are done */

struct region {
	u64 at;
	u32 bytes;
	bool read_only;
};

struct map {			/* what a map pointer points at */
	u32 max_entries;	/* of .entries */
	u64 entries[ENTRIES_MAX]; /* array of programs */
	const struct verify_map *type;
	u8 *keys[ENTRIES_MAX];	/* of which as many are there */
	u8 *values[ENTRIES_MAX];
};

struct iter {
	u64 at;			/* of the program's 8 bytes; 0: unused */
	s32 next, end;
	u32 rounds;
};

#define ITERS_MAX 64
#define ITER_MAGIC 0x17e4a70c00ULL

static struct {
	struct world_opts o;
	u64 rnd;
	u64 hash;
	const char *wrong;
	u64 frames[INSN_FRAMES_MAX];	/* ends of stacks */
	u32 nr_frames;
	struct region regions[REGIONS_MAX];
	u32 nr_regions;
	struct map maps[MAPS];
	struct iter iters[ITERS_MAX];
	s32 *counts[ITERS_MAX];	/* what they return */
	u32 nr_held;		/* records and iterators */
	u32 records, callbacks;	/* in this run */
	u8 *ctx;
	void *blocks[BLOCKS_MAX]; /* freed at the end, so that nothing else comes to lie there */
	u32 nr_blocks;
	u32 lasting;		/* regions and blocks of all runs */
} w;

const struct bpf_prog_array_layout world_prog_array = { offsetof(struct map, max_entries),
							offsetof(struct map, entries) };

/* -- Memory --- */

/* Other choices than those the programs are made of. */
static u64 choose(void)
{
	w.rnd = w.rnd * 6364136223846793005ULL + 1442695040888963407ULL;
	return (w.rnd >> 29) ^ w.rnd;
}

static u64 choose_edge(void)
{
	static const u64 v[] = { 0, 1, 8, 63, 0x7fffffff, 0x80000000, 0xffffffff, 1ULL << 63, ~0ULL };
	u64 c = choose();

	return c % 4 ? v[c / 4 % COUNT(v)] : choose() >> c / 4 % 64;
}

static void tell(const void *p, u32 bytes)
{
	for (u32 i = 0; i < bytes; i++)
		w.hash = (w.hash ^ ((const u8 *)p)[i]) * 0x100000001b3ULL;
}

static bool inside(u64 at, u64 bytes, u64 from, u64 size)
{
	return at >= from && at - from <= size && bytes <= size - (at - from);
}

const char *world_access(u64 at, u32 bytes, bool write)
{
	for (u32 i = 0; i < w.nr_frames; i++)
		if (inside(at, bytes, w.frames[i] - INSN_STACK_BYTES, INSN_STACK_BYTES))
			return NULL;
	for (u32 i = 0; i < w.nr_regions; i++)
		if (inside(at, bytes, w.regions[i].at, w.regions[i].bytes))
			return write && w.regions[i].read_only ? "a write to what may only be read" : NULL;
	return "access outside";
}

const char *world_wrong(void)
{
	return w.wrong;
}

static void wrong(const char *what)
{
	if (!w.wrong)
		w.wrong = what;
}

void world_frame(u32 depth, u64 fp)
{
	if (depth >= INSN_FRAMES_MAX) {
		wrong("more frames than there may be");
		return;
	}
	w.frames[depth] = fp;
	w.nr_frames = depth + 1;
}

/* May a helper touch that? */
static bool may(u64 at, u64 bytes, bool write)
{
	if (!w.o.interpreted || !bytes)
		return !w.wrong;
	if (bytes > 4096 || world_access(at, bytes, write))
		wrong("a helper is given memory that there is not");
	return !w.wrong;
}

static void know(u64 at, u32 bytes, bool read_only)
{
	if (w.nr_regions == REGIONS_MAX)
		abort();
	w.regions[w.nr_regions++] = (struct region){ at, bytes, read_only };
}

static void *memory(u32 bytes, bool read_only)
{
	void *p = malloc(bytes);

	if (!p || w.nr_blocks == BLOCKS_MAX)
		abort();
	know((u64)p, bytes, read_only);
	w.blocks[w.nr_blocks++] = p;
	return p;
}

static bool forget(u64 at)
{
	for (u32 i = w.lasting; i < w.nr_regions; i++) {
		if (w.regions[i].at == at) {
			w.regions[i] = w.regions[--w.nr_regions];
			return true;
		}
	}
	return false;
}

static void fill(void *p, u32 bytes)
{
	for (u32 i = 0; i < bytes; i += 8) {
		u64 v = choose_edge();

		memcpy((u8 *)p + i, &v, bytes - i < 8 ? bytes - i : 8);
	}
}

void *world_ctx(void)
{
	return w.ctx;
}

/* -- Maps --- */

static void map_new(struct map *m, const struct verify_map *type)
{
	u32 n = type->max_entries < ENTRIES_MAX ? type->max_entries : ENTRIES_MAX;

	if (!type->key_size || !type->value_size)
		n = 0;
	*m = (struct map){ .type = type, .max_entries = n };
	for (u32 i = 0; i < n; i++) {
		if (type->type == BPF_MAP_TYPE_PROG_ARRAY)
			continue;
		m->keys[i] = memory(type->key_size, true);
		memset(m->keys[i], 0, type->key_size);
		memcpy(m->keys[i], &i, sizeof(i));
		m->values[i] = memory(type->value_size, type->flags & (1U << 7));
	}
}

static void map_fill(struct map *m)
{
	for (u32 i = 0; i < m->max_entries; i++) {
		m->entries[i] = i % 2 ? 0 : w.o.tail_entry;
		if (!m->values[i])
			continue;
		if (m->type->frozen)
			memcpy(m->values[i], m->type->frozen, m->type->value_size);
		else
			fill(m->values[i], m->type->value_size);
	}
}

u64 world_address(const struct bpf_insn *insn)
{
	struct map *m = &w.maps[insn->imm];

	return insn->src_reg == BPF_PSEUDO_MAP_VALUE ? (u64)m->values[0] + insn[1].imm : (u64)m;
}

static u64 map_lookup(u64 map, u64 key, u64 c, u64 d, u64 e)
{
	struct map *m = (struct map *)map;
	u64 number = 0;

	(void)c, (void)d, (void)e;
	if (!may(key, m->type->key_size, false))
		return 0;
	memcpy(&number, (void *)key, m->type->key_size);
	tell(&number, sizeof(number));
	if (m->type->type == BPF_MAP_TYPE_HASH)	/* another may have put it there */
		return choose() % 4 ? (u64)m->values[choose() % m->max_entries] : 0;
	return number < m->max_entries ? (u64)m->values[number] : 0;
}

static u64 map_update(u64 map, u64 key, u64 value, u64 d, u64 e)
{
	struct map *m = (struct map *)map;

	(void)d, (void)e;
	if (!may(key, m->type->key_size, false) || !may(value, m->type->value_size, false))
		return 0;
	tell((void *)key, m->type->key_size);
	memmove(m->values[choose() % m->max_entries], (void *)value, m->type->value_size);
	return choose_edge();
}

static u64 map_delete(u64 map, u64 key, u64 c, u64 d, u64 e)
{
	(void)c, (void)d, (void)e;
	if (may(key, ((struct map *)map)->type->key_size, false))
		tell((void *)key, ((struct map *)map)->type->key_size);
	return choose_edge();
}

static u64 map_push(u64 map, u64 value, u64 c, u64 d, u64 e)
{
	(void)c, (void)d, (void)e;
	if (may(value, ((struct map *)map)->type->value_size, false))
		tell((void *)value, ((struct map *)map)->type->value_size);
	return choose_edge();
}

static u64 map_pop(u64 map, u64 value, u64 c, u64 d, u64 e)
{
	(void)c, (void)d, (void)e;
	if (may(value, ((struct map *)map)->type->value_size, true))
		fill((void *)value, ((struct map *)map)->type->value_size);
	return choose_edge();
}

/* -- Memory with a size --- */

static u64 read_some(u64 to, u64 bytes, u64 c, u64 d, u64 e)
{
	(void)c, (void)d, (void)e;
	if (may(to, bytes, true))
		fill((void *)to, bytes);
	return choose_edge();
}

static u64 read_str(u64 to, u64 bytes, u64 c, u64 d, u64 e)
{
	read_some(to, bytes, c, d, e);
	return choose() % 3 ? choose() % 2 ? bytes : 0 : (u64)-14;
}

static u64 parse(u64 text, u64 bytes, u64 c, u64 out, u64 e)
{
	(void)c, (void)e;
	if (may(text, bytes, false))
		tell((void *)text, bytes);
	if (!bytes)
		wrong("a helper is given no bytes");
	return read_some(out, 8, 0, 0, 0);
}

static u64 take(u64 from, u64 bytes, u64 c, u64 d, u64 e)
{
	(void)c, (void)d, (void)e;
	if (may(from, bytes, false))
		tell((void *)from, bytes);
	return choose_edge();
}

static u64 ring_output(u64 map, u64 from, u64 bytes, u64 d, u64 e)
{
	(void)map;
	return take(from, bytes, 0, d, e);
}

/* -- What is held --- */

static u64 ring_reserve(u64 map, u64 bytes, u64 c, u64 d, u64 e)
{
	u8 *p;

	(void)map, (void)c, (void)d, (void)e;
	tell(&bytes, sizeof(bytes));
	if (choose() % 4 == 0 || w.records == RECORDS_MAX || bytes > 4096)
		return 0;
	p = memory(bytes, false);
	fill(p, bytes);
	w.records++;
	w.nr_held++;
	return (u64)p;
}

static u64 ring_commit(u64 record, u64 b, u64 c, u64 d, u64 e)
{
	(void)b, (void)c, (void)d, (void)e;
	if (!forget(record))
		wrong("what is given up is no record");
	else
		w.nr_held--;
	return choose_edge();
}

/* NULL: there is none */
static struct iter *find_iter(u64 at)
{
	struct iter *it;
	u64 word = 0;

	if (may(at, sizeof(word), true))
		memcpy(&word, (void *)at, sizeof(word));
	it = &w.iters[(u8)word % ITERS_MAX];
	if ((word & ~0xffULL) == ITER_MAGIC && (u8)word < ITERS_MAX && it->at == at)
		return it;
	wrong("there is no iterator");
	return NULL;
}

static u64 iter_new(u64 at, u64 start, u64 end, u64 d, u64 e)
{
	u64 word = ITER_MAGIC;

	(void)d, (void)e;
	while ((u8)word < ITERS_MAX && w.iters[(u8)word].at)
		word++;
	if ((u8)word == ITERS_MAX || !may(at, sizeof(word), true)) {
		wrong("too many iterators");
		return 0;
	}
	memcpy((void *)at, &word, sizeof(word));
	w.iters[(u8)word] = (struct iter){ at, start, end, 0 };
	know((u64)w.counts[(u8)word], sizeof(s32), true);
	w.nr_held++;
	return choose_edge();
}

static u64 iter_next(u64 at, u64 b, u64 c, u64 d, u64 e)
{
	struct iter *it = find_iter(at);

	(void)b, (void)c, (void)d, (void)e;
	if (!it || it->next >= it->end || it->rounds++ == ROUNDS_MAX)
		return 0;
	*w.counts[it - w.iters] = it->next++;
	return (u64)w.counts[it - w.iters];
}

static u64 iter_destroy(u64 at, u64 b, u64 c, u64 d, u64 e)
{
	struct iter *it = find_iter(at);

	(void)b, (void)c, (void)d, (void)e;
	if (!it)
		return 0;
	forget((u64)w.counts[it - w.iters]);
	it->at = 0;
	w.nr_held--;
	return choose_edge();
}

/* -- What calls back --- */

static u64 call_back(u64 cb, u64 r1, u64 r2, u64 r3, u64 r4)
{
	u64 r0;

	if (w.callbacks++ >= CALLBACKS_MAX)
		return 1;
	if (w.o.interpreted)
		r0 = interp_callback(cb, r1, r2, r3, r4, 0);
	else
		r0 = ((bpf_helper_fn)cb)(r1, r2, r3, r4, 0);
	if (r0 > 1)
		wrong("a callback returns neither 0 nor 1");
	return r0 || w.wrong;
}

static u64 loop(u64 nr, u64 cb, u64 ctx, u64 flags, u64 e)
{
	u32 i;

	(void)e;
	if (flags || (u32)nr > 1 << 23)
		return -E2BIG;
	for (i = 0; i < (u32)nr && i < ROUNDS_MAX; i++)
		if (call_back(cb, i, ctx, 0, 0))
			return i + 1;
	return i;
}

static u64 each(u64 map, u64 cb, u64 ctx, u64 flags, u64 e)
{
	const struct map *m = (const struct map *)map;
	u32 i;

	(void)flags, (void)e;
	for (i = 0; i < m->max_entries; i++)
		if (choose() % 4 && call_back(cb, map, (u64)m->keys[i], (u64)m->values[i], ctx))
			return i + 1;
	return i;
}

/* -- All of them --- */

static bpf_helper_fn find_helper(u32 nr)
{
	static const bpf_helper_fn helpers[] = {
		[BPF_FUNC_map_lookup_elem] = map_lookup,
		[BPF_FUNC_map_update_elem] = map_update,
		[BPF_FUNC_map_delete_elem] = map_delete,
		[BPF_FUNC_map_push_elem] = map_push,
		[BPF_FUNC_map_pop_elem] = map_pop,
		[BPF_FUNC_map_peek_elem] = map_pop,
		[BPF_FUNC_probe_read_kernel] = read_some,
		[BPF_FUNC_probe_read_user] = read_some,
		[BPF_FUNC_probe_read_kernel_str] = read_str,
		[BPF_FUNC_probe_read_user_str] = read_str,
		[BPF_FUNC_get_current_comm] = read_some,
		[BPF_FUNC_snprintf] = read_some,
		[BPF_FUNC_strtol] = parse,
		[BPF_FUNC_strtoul] = parse,
		[BPF_FUNC_trace_printk] = take,
		[BPF_FUNC_ringbuf_output] = ring_output,
		[BPF_FUNC_ringbuf_reserve] = ring_reserve,
		[BPF_FUNC_ringbuf_submit] = ring_commit,
		[BPF_FUNC_ringbuf_discard] = ring_commit,
		[BPF_FUNC_loop] = loop,
		[BPF_FUNC_for_each_map_elem] = each,
	};

	return nr < COUNT(helpers) ? helpers[nr] : NULL;
}

static bpf_helper_fn find_kfunc(const char *name)
{
	static const struct {
		const char *name;
		bpf_helper_fn fn;
	} kfuncs[] = {
		{ "bpf_iter_num_new", iter_new },
		{ "bpf_iter_num_next", iter_next },
		{ "bpf_iter_num_destroy", iter_destroy },
	};

	for (u32 i = 0; name && i < COUNT(kfuncs); i++)
		if (!strcmp(kfuncs[i].name, name))
			return kfuncs[i].fn;
	return NULL;
}

int world_resolve(void *arg, const struct bpf_insn *insn, struct bpf_call *ret)
{
	bool kfunc = insn_is_kfunc_call(insn);
	bpf_helper_fn fn = kfunc ? find_kfunc(test_kfunc_name(insn->imm)) : find_helper(insn->imm);

	(void)arg;
	if (insn_is_tail_call(insn)) {
		*ret = (struct bpf_call){ BPF_CALL_TAIL, 0 };
		return 0;
	}
	*ret = (struct bpf_call){ BPF_CALL_ADDR, (u64)fn };
	return fn ? 0 : -ENOENT;
}

/* -- Runs --- */

void world_new(void)
{
	const struct verify_map *type;

	w.nr_regions = w.nr_blocks = 0;
	w.ctx = memory(GEN_CTX_BYTES, true);
	for (u32 i = 0; (type = test_map(i)); i++)
		map_new(&w.maps[i], type);
	w.lasting = w.nr_regions;
	for (u32 i = 0; i < ITERS_MAX; i++)
		w.counts[i] = memory(sizeof(s32), true);
	w.nr_regions = w.lasting;	/* iterators lend those */
}

void world_begin(const struct world_opts *o)
{
	w.o = *o;
	w.rnd = o->seed;
	w.hash = 0;
	w.wrong = NULL;
	w.nr_frames = w.nr_held = w.records = w.callbacks = 0;
	memset(w.iters, 0, sizeof(w.iters));
	w.nr_regions = w.lasting;
	fill(w.ctx, GEN_CTX_BYTES);
	for (u32 i = 0; i < MAPS && w.maps[i].type; i++)
		map_fill(&w.maps[i]);
}

const char *world_end(void)
{
	return w.wrong ?: w.nr_held ? "something is held at the end" : NULL;
}

u64 world_hash(void)
{
	for (u32 i = 0; i < MAPS; i++)
		for (u32 k = 0; k < ENTRIES_MAX && w.maps[i].values[k]; k++)
			tell(w.maps[i].values[k], w.maps[i].type->value_size);
	return w.hash;
}

void world_free(void)
{
	while (w.nr_blocks)
		free(w.blocks[--w.nr_blocks]);
}
