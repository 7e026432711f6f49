/* SPDX-License-Identifier: BSD-2-Clause */
#include "trampoline/space.h"

#include <stdio.h>
#include <stdlib.h>

#include "trampoline/unwind.h"

/* Of the first areas; who has many functions gets larger ones, since there may not be many. */
#define AREAS_SMALL 8
#define AREA_SHIFT_MAX 4
#define CODE_BYTES (256u << 10)
#define DATA_BYTES (32u << 10)		/* slots */
#define SHARED_BYTES (96u << 10)	/* links, counters */
#define CODE_ALIGN 16
#define DATA_ALIGN 8

static u64 align_up(u64 v, u64 to)
{
	return (v + to - 1) & ~(to - 1);
}

static bool has_room(struct space_area *a, u32 code_bytes, u32 data_bytes, u32 shared_bytes)
{
	u32 place = range_find(&a->code, code_bytes, CODE_ALIGN);

	if (place == RANGE_NONE || range_find(&a->data, data_bytes, DATA_ALIGN) == RANGE_NONE ||
	    range_find(&a->shared, shared_bytes, DATA_ALIGN) == RANGE_NONE)
		return false;
	if (code_bytes)
		a->place = place;
	return true;
}

static u32 count_areas(const struct tramp_space *s)
{
	u32 nr = 0;

	for (const struct space_area *a = s->areas; a; a = a->next)
		nr++;
	return nr;
}

static int add_area(struct tramp_space *s, u64 near, u32 code_bytes, struct space_area **ret)
{
	u32 nr = count_areas(s) / AREAS_SMALL, shift = nr < AREA_SHIFT_MAX ? nr : AREA_SHIFT_MAX;
	u64 code = align_up(code_bytes ?: 1, CODE_BYTES << shift), data = DATA_BYTES << shift;
	u64 shared = SHARED_BYTES << shift, at;
	struct space_area *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return -ENOMEM;
	err = s->ops->map(s->arg, near, code, data + shared, shared, &at);
	err = err ?: s->ops->add_images(s->arg, at, at + code);
	if (err) {
		free(a);
		return err;
	}
	a->start = at;
	a->code.bytes = code;
	a->data.bytes = data;
	a->shared.bytes = shared;
	a->next = s->areas;
	s->areas = a;
	*ret = a;
	return 0;
}

int space_find(struct tramp_space *s, u64 near, u32 code_bytes, u32 data_bytes, u32 shared_bytes,
	       struct space_area **ret)
{
	for (struct space_area *a = s->areas; a; a = a->next) {
		if (space_in_reach(a->start, near) && has_room(a, code_bytes, data_bytes, shared_bytes)) {
			*ret = a;
			return 0;
		}
	}
	return add_area(s, near, code_bytes, ret);
}

u64 space_code_at(const struct space_area *a)
{
	return a->start + a->place;
}

static u32 take(struct range *r, u32 bytes)
{
	u32 at = range_find(r, bytes, DATA_ALIGN);

	range_take(r, at, align_up(bytes, DATA_ALIGN));	/* of the end, or of a hole's start: cannot fail */
	return at;
}

u64 space_take_data(struct space_area *a, u32 bytes)
{
	return a->start + a->code.bytes + take(&a->data, bytes);
}

static u64 shared_start(const struct space_area *a)
{
	return a->start + a->code.bytes + a->data.bytes;
}

u64 space_take_shared(struct space_area *a, u32 bytes)
{
	return shared_start(a) + take(&a->shared, bytes);
}

int space_take_guard(struct tramp_space *s, u64 *off)
{
	if (s->nr_guards) {
		*off = s->guards[--s->nr_guards];
		return 0;
	}
	if (s->plane_off == GUARD_BLOCK_BYTES) {
		int err = s->ops->map_guards(s->arg, &s->plane);

		if (err)
			return err;
		s->plane_off = GUARD_FIRST_OFF;
	}
	*off = s->plane + s->plane_off - s->guard.blocks;
	s->plane_off += 8;
	return 0;
}

u64 space_piece_addr(const struct space_piece *p)
{
	return p->area->start + p->off;
}

int space_place_code(struct tramp_space *s, struct space_area *a, const struct space_code *c,
		     struct space_piece *ret)
{
	const struct codebuf *code = c->code;
	struct codebuf b = { .cap = align_up(code->len, 8) + UNWIND_BYTES(c->cfi->cnt) };
	u64 at = space_code_at(a), hdr;
	char name[SPACE_NAME_MAX];
	u32 bytes;
	int err;

	if (code->err)
		return code->err;
	b.buf = malloc(b.cap);
	if (!b.buf)
		return -ENOMEM;
	codebuf_put(&b, code->buf, code->len);
	while (b.len % 8)
		codebuf_u8(&b, s->arch->trap_byte);
	hdr = at + b.len;
	unwind_emit(s->arch, c->cfi, at, code->len, hdr, &b);
	bytes = align_up(b.len, CODE_ALIGN);
	err = b.err ?: bytes > range_room(&a->code, a->place) ? -E2BIG : 0;
	err = err ?: s->ops->write(s->arg, at, b.buf, b.len);
	snprintf(name, sizeof(name), "%s:%s", c->kind, c->name);
	err = err ?: s->ops->add_code(s->arg, a->start, at, at + code->len, hdr, name);
	err = err ?: range_take(&a->code, a->place, bytes);
	if (!err) {
		*ret = (struct space_piece){ a, a->place, bytes };
		a->place += bytes;
	}
	free(b.buf);
	return err;
}

/* -- Used again --- */

bool space_reclaims(const struct tramp_space *s)
{
	return s->ops->find_users;
}

/* Who gets there all the same is to stop at once. */
static void fill_with_traps(struct tramp_space *s, const struct space_piece *p)
{
	u8 *traps = malloc(p->bytes);

	if (!traps)
		return;
	memset(traps, s->arch->trap_byte, p->bytes);
	s->ops->write(s->arg, space_piece_addr(p), traps, p->bytes);
	free(traps);
}

void space_give_code(struct tramp_space *s, const struct space_piece *p)
{
	if (!space_reclaims(s))
		return;
	s->ops->remove_code(s->arg, p->area->start, space_piece_addr(p), p->bytes);
	fill_with_traps(s, p);
	range_give(&p->area->code, p->off, p->bytes);
}

void space_give_shared(struct tramp_space *s, u64 addr, u32 bytes)
{
	struct space_area *a = s->areas;

	while (a && addr - shared_start(a) >= a->shared.bytes)
		a = a->next;
	if (a && space_reclaims(s))
		range_give(&a->shared, addr - shared_start(a), align_up(bytes, DATA_ALIGN));
}

void space_give_guard(struct tramp_space *s, u64 off)
{
	u64 *guards = space_reclaims(s) ? realloc(s->guards, (s->nr_guards + 1) * sizeof(*guards)) : NULL;

	if (!guards)
		return;
	s->guards = guards;
	guards[s->nr_guards++] = off;
}
