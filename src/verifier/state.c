/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* -- Registers --- */

void reg_set_none(struct reg *r)
{
	memset(r, 0, sizeof(*r));
}

/* All but the number: a part small enough for compilers to do it without a loop. */
static void clear_head(struct reg *r)
{
	memset(r, 0, offsetof(struct reg, v));
}

void reg_set_scalar(struct reg *r, struct scalar v)
{
	clear_head(r);
	r->type = REG_SCALAR;
	r->v = v;
}

void reg_set_unknown(struct reg *r)
{
	reg_set_scalar(r, scalar_unknown());
}

void reg_set_const(struct reg *r, u64 v)
{
	reg_set_scalar(r, scalar_const(v));
}

void reg_set_pointer(struct reg *r, enum reg_type type, u32 flags)
{
	clear_head(r);
	r->type = type;
	r->flags = flags;
	r->v = scalar_const(0);
}

const char *reg_type_name(const struct reg *r)
{
	static const char *const names[REG_TYPES] = {
		[REG_NONE] = "nothing",		[REG_SCALAR] = "scalar",
		[REG_CTX] = "ctx",		[REG_STACK] = "fp",
		[REG_MAP] = "map_ptr",		[REG_MAP_VALUE] = "map_value",
		[REG_MAP_KEY] = "map_key",	[REG_MEM] = "mem",
		[REG_BTF] = "ptr_",		[REG_PACKET] = "pkt",
		[REG_PACKET_META] = "pkt_meta", [REG_PACKET_END] = "pkt_end",
		[REG_FUNC] = "func",		[REG_DYNPTR] = "dynptr",
	};

	if (r->type == REG_MEM && r->flags & REG_RECORD)
		return r->flags & REG_MAYBE_NULL ? "ringbuf_mem_or_null" : "ringbuf_mem";
	if (r->flags & REG_MAYBE_NULL && r->type == REG_MAP_VALUE)
		return "map_value_or_null";
	if (r->flags & REG_MAYBE_NULL && r->type == REG_MEM)
		return "mem_or_null";
	return names[r->type];
}

/* -- Frames --- */

static _Thread_local u64 bytes;		/* of frames, stacks and references */

u64 state_bytes(void)
{
	return bytes;
}

struct frame *frame_new(u32 subprog, u32 callsite)
{
	struct frame *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->subprog = subprog;
	f->callsite = callsite;
	reg_set_pointer(&f->regs[INSN_FP], REG_STACK, 0);
	bytes += sizeof(*f);
	return f;
}

void frame_free(struct frame *f)
{
	if (!f)
		return;
	bytes -= sizeof(*f) + f->slots * sizeof(*f->stack);
	free(f->stack);
	free(f);
}

int frame_grow(struct frame *f, u32 slots)
{
	struct slot *stack;

	if (slots <= f->slots)
		return 0;
	stack = realloc(f->stack, slots * sizeof(*stack));
	if (!stack)
		return -ENOMEM;
	memset(stack + f->slots, 0, (slots - f->slots) * sizeof(*stack));
	bytes += (slots - f->slots) * sizeof(*stack);
	f->stack = stack;
	f->slots = slots;
	return 0;
}

static struct frame *frame_copy(const struct frame *from)
{
	struct frame *f = malloc(sizeof(*f));

	if (!f)
		return NULL;
	*f = *from;
	f->stack = NULL;
	if (f->slots)
		f->stack = malloc(f->slots * sizeof(*f->stack));
	if (f->slots && !f->stack) {
		free(f);
		return NULL;
	}
	bytes += sizeof(*f) + f->slots * sizeof(*f->stack);
	if (!f->slots)
		return f;
	memcpy(f->stack, from->stack, f->slots * sizeof(*f->stack));
	return f;
}

/* -- States --- */

struct state *state_new(void)
{
	struct state *s = calloc(1, sizeof(*s));

	if (s)
		s->trace = NO_TRACE;
	return s;
}

void state_free(struct state *s)
{
	if (!s)
		return;
	for (u32 i = 0; i < INSN_FRAMES_MAX; i++)
		frame_free(s->frames[i]);
	bytes -= s->nr_refs * sizeof(*s->refs);
	free(s->refs);
	free(s);
}

int state_copy(const struct state *from, struct state **ret)
{
	struct state *s = malloc(sizeof(*s));

	if (!s)
		return -ENOMEM;
	*s = *from;
	memset(s->frames, 0, sizeof(s->frames));
	s->refs = NULL;
	s->nr_refs = 0;
	s->next = NULL;
	s->branches = s->hits = s->misses = 0;
	s->in_loop = 0;
	s->is_head = s->by_rounds = s->listed = false;
	for (u32 i = 0; i <= from->depth; i++) {
		s->frames[i] = frame_copy(from->frames[i]);
		if (!s->frames[i])
			goto out;
	}
	if (from->nr_refs) {
		s->refs = malloc(from->nr_refs * sizeof(*s->refs));
		if (!s->refs)
			goto out;
		bytes += from->nr_refs * sizeof(*s->refs);
		memcpy(s->refs, from->refs, from->nr_refs * sizeof(*s->refs));
		s->nr_refs = from->nr_refs;
	}
	*ret = s;
	return 0;
out:
	state_free(s);
	return -ENOMEM;
}

int state_add_ref(struct state *s, u8 kind, u32 id, u32 insn)
{
	struct ref *refs = realloc(s->refs, (s->nr_refs + 1) * sizeof(*refs));

	if (!refs)
		return -ENOMEM;
	bytes += sizeof(*refs);
	refs[s->nr_refs++] = (struct ref){ .id = id, .insn = insn, .kind = kind };
	s->refs = refs;
	return 0;
}

int state_drop_ref(struct state *s, u32 id)
{
	for (u32 i = 0; i < s->nr_refs; i++) {
		if (s->refs[i].id != id)
			continue;
		memmove(&s->refs[i], &s->refs[i + 1], (s->nr_refs - i - 1) * sizeof(*s->refs));
		s->nr_refs--;
		bytes -= sizeof(*s->refs);
		return 0;
	}
	return -EINVAL;
}

const struct ref *state_find_ref(const struct state *s, u8 kind)
{
	for (u32 i = s->nr_refs; i; i--)
		if (s->refs[i - 1].kind == kind)
			return &s->refs[i - 1];
	return NULL;
}

static bool slot_is_spill(const struct slot *slot)
{
	for (int i = 0; i < 8; i++)
		if (slot->kind[i] == SLOT_SPILL)
			return true;
	return false;
}

void state_each_reg(struct state *s, reg_fn fn, void *arg)
{
	for (u32 i = 0; i <= s->depth; i++) {
		struct frame *f = s->frames[i];

		for (u32 r = 0; r < INSN_FP; r++)
			fn(&f->regs[r], arg);
		for (u32 k = 0; k < f->slots; k++)
			if (slot_is_spill(&f->stack[k]))
				fn(&f->stack[k].reg, arg);
	}
}
