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
#define BLOCKS_MAX 4096

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

void world_frame(u32 depth, u64 fp)
{
	w.frames[depth] = fp;
	w.nr_frames = depth + 1;
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

/* May a helper touch that? */
static bool may(u64 at, u64 bytes, bool write)
{
	if (!w.o.interpreted || !bytes)
		return !w.wrong;
	if (bytes > 4096 || world_access(at, bytes, write))
		wrong("a helper is given memory that there is not");
	return !w.wrong;
}

static u8 *memory(u32 bytes, bool read_only)
{
	u8 *p = malloc(bytes);

	if (!p || w.nr_regions == REGIONS_MAX || w.nr_blocks == BLOCKS_MAX)
		abort();
	w.regions[w.nr_regions++] = (struct region){ (u64)p, bytes, read_only };
	w.blocks[w.nr_blocks++] = p;
	return p;
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
	bool keyed = type->key_size && type->value_size && type->type != BPF_MAP_TYPE_PROG_ARRAY;
	u32 n = !keyed ? 0 : type->max_entries < ENTRIES_MAX ? type->max_entries : ENTRIES_MAX;

	*m = (struct map){ .type = type, .max_entries = n };
	for (u32 i = 0; i < n; i++) {
		m->keys[i] = memory(type->key_size, true);
		memset(m->keys[i], 0, type->key_size);
		memcpy(m->keys[i], &i, sizeof(i));
		m->values[i] = memory(type->value_size, type->flags & (1U << 7));
	}
}

static void map_fill(struct map *m)
{
	for (u32 i = 0; i < ENTRIES_MAX && m->values[i]; i++) {
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
	};

	return nr < COUNT(helpers) ? helpers[nr] : NULL;
}

int world_resolve(void *arg, const struct bpf_insn *insn, struct bpf_call *ret)
{
	bpf_helper_fn fn = insn->src_reg ? NULL : find_helper(insn->imm);

	(void)arg;
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
}

void world_begin(const struct world_opts *o)
{
	w.o = *o;
	w.rnd = o->seed;
	w.hash = 0;
	w.wrong = NULL;
	w.nr_frames = 0;
	w.nr_regions = w.lasting;
	fill(w.ctx, GEN_CTX_BYTES);
	for (u32 i = 0; i < MAPS && w.maps[i].type; i++)
		map_fill(&w.maps[i]);
}

const char *world_end(void)
{
	return w.wrong;
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
