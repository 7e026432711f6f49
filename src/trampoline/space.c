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

static bool has_room(const struct space_area *a, u32 code_bytes, u32 data_bytes, u32 shared_bytes)
{
	return space_code_at(a) + code_bytes <= a->code_end &&
	       align_up(a->data_at, DATA_ALIGN) + data_bytes <= a->data_end &&
	       align_up(a->shared_at, DATA_ALIGN) + shared_bytes <= a->shared_end;
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
	a->code = a->code_at = at;
	a->code_end = a->data_at = at + code;
	a->data_end = a->shared_at = at + code + data;
	a->shared_end = at + code + data + shared;
	a->next = s->areas;
	s->areas = a;
	*ret = a;
	return 0;
}

int space_find(struct tramp_space *s, u64 near, u32 code_bytes, u32 data_bytes, u32 shared_bytes,
	       struct space_area **ret)
{
	for (struct space_area *a = s->areas; a; a = a->next) {
		if (space_in_reach(a->code, near) && has_room(a, code_bytes, data_bytes, shared_bytes)) {
			*ret = a;
			return 0;
		}
	}
	return add_area(s, near, code_bytes, ret);
}

u64 space_code_at(const struct space_area *a)
{
	return align_up(a->code_at, CODE_ALIGN);
}

u64 space_take_code(struct space_area *a, u32 bytes)
{
	u64 at = space_code_at(a);

	a->code_at = at + bytes;
	return at;
}

u64 space_take_data(struct space_area *a, u32 bytes)
{
	u64 at = align_up(a->data_at, DATA_ALIGN);

	a->data_at = at + bytes;
	return at;
}

u64 space_take_shared(struct space_area *a, u32 bytes)
{
	u64 at = align_up(a->shared_at, DATA_ALIGN);

	a->shared_at = at + bytes;
	return at;
}

int space_take_guard(struct tramp_space *s, u64 *off)
{
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

int space_place_code(struct tramp_space *s, struct space_area *a, const struct space_code *c, u64 *ret)
{
	struct codebuf b = { .cap = UNWIND_BYTES(c->cfi->cnt) };
	const struct codebuf *code = c->code;
	u64 at = space_code_at(a), hdr;
	char name[SPACE_NAME_MAX];
	int err;

	if (code->err)
		return code->err;
	b.buf = malloc(b.cap);
	if (!b.buf)
		return -ENOMEM;
	hdr = align_up(at + code->len, 8);
	unwind_emit(s->arch, c->cfi, at, code->len, hdr, &b);
	err = hdr + b.len > a->code_end ? -E2BIG : b.err;
	err = err ?: s->ops->write(s->arg, at, code->buf, code->len);
	err = err ?: s->ops->write(s->arg, hdr, b.buf, b.len);
	snprintf(name, sizeof(name), "%s:%s", c->kind, c->name);
	err = err ?: s->ops->add_code(s->arg, a->code, at, at + code->len, hdr, name);
	if (!err) {
		space_take_code(a, hdr + b.len - at);
		*ret = at;
	}
	free(b.buf);
	return err;
}
