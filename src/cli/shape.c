/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/shape.h"

#include <string.h>

#include <bpf/btf.h>

#define MODS_MAX 64	/* typedefs and qualifiers in a row: more is a loop */

static bool is_counter(const struct btf_type *t)
{
	return t && btf_is_int(t) && t->size <= 8 && !(btf_int_encoding(t) & BTF_INT_BOOL);
}

static bool is_char(const struct btf *btf, const struct btf_type *t)
{
	return t && btf_is_int(t) && t->size == 1 &&
	       (btf_int_encoding(t) & BTF_INT_CHAR ||
		!strcmp(btf__name_by_offset(btf, t->name_off), "char"));
}

/* Follows typedefs and qualifiers; @name becomes the first of ours among the typedefs' names. */
static const struct btf_type *strip(const struct btf *btf, uint32_t type, const char **name)
{
	static const char *const names[] = { "ksym_t", "ns_t", "hist_t", "hist_ns_t" };
	const struct btf_type *t = btf__type_by_id(btf, type);
	const char *n;

	*name = NULL;
	for (int i = 0; t && (btf_is_mod(t) || btf_is_typedef(t)); i++) {
		n = btf_is_typedef(t) ? btf__name_by_offset(btf, t->name_off) : "";
		for (size_t k = 0; !*name && k < sizeof(names) / sizeof(names[0]); k++)
			if (!strcmp(n, names[k]))
				*name = names[k];
		t = i < MODS_MAX ? btf__type_by_id(btf, t->type) : NULL;
	}
	return t;
}

static enum shape_kind kind_of_array(const struct btf *btf, const struct btf_type *t,
				     const char *name)
{
	const char *ignored;
	const struct btf_type *of = strip(btf, btf_array(t)->type, &ignored);

	if (is_char(btf, of))
		return SHAPE_STRING;
	if (name && !strncmp(name, "hist_", 5) && is_counter(of))
		return SHAPE_HIST;
	return SHAPE_ARRAY;
}

struct shape shape_of(const struct btf *btf, uint32_t type)
{
	const char *name;
	struct shape s = { .t = strip(btf, type, &name) };
	int64_t size = btf__resolve_size(btf, type);

	if (!s.t || size < 0)
		return s;
	s.size = size;
	if (btf_is_composite(s.t)) {
		s.kind = SHAPE_STRUCT;
	} else if (btf_is_array(s.t)) {
		s.kind = kind_of_array(btf, s.t, name);
		if (s.kind == SHAPE_HIST && !strcmp(name, "hist_ns_t"))
			s.unit = UNIT_NS;
	} else if (btf_is_int(s.t) || btf_is_ptr(s.t) || btf_is_any_enum(s.t) ||
		   btf_is_float(s.t)) {
		s.kind = SHAPE_SCALAR;
		if (name && is_counter(s.t) && s.size == 8)
			s.unit = !strcmp(name, "ksym_t") ? UNIT_KSYM :
				 !strcmp(name, "ns_t") ? UNIT_NS : UNIT_NONE;
	}
	return s;
}

struct bytes bytes_part(struct bytes data, size_t off, size_t size)
{
	if (!data.p || off > data.size || size > data.size - off)
		return (struct bytes){ NULL, 0 };
	return (struct bytes){ data.p + off, size };
}

uint32_t shape_nr_elements(const struct shape *s)
{
	return btf_array(s->t)->nelems;
}

uint32_t shape_element_type(const struct shape *s)
{
	return btf_array(s->t)->type;
}

struct bytes shape_element(const struct btf *btf, const struct shape *s, struct bytes data,
			   uint32_t i)
{
	int64_t size = btf__resolve_size(btf, btf_array(s->t)->type);

	return size < 0 ? (struct bytes){ NULL, 0 } : bytes_part(data, i * (size_t)size, size);
}

uint32_t shape_nr_members(const struct shape *s)
{
	return btf_vlen(s->t);
}

struct member shape_member(const struct btf *btf, const struct shape *s, struct bytes data,
			   uint32_t i)
{
	const struct btf_member *m = btf_members(s->t) + i;
	uint32_t off = btf_member_bit_offset(s->t, i);
	struct member ret = { btf__name_by_offset(btf, m->name_off), m->type, data, off,
			      btf_member_bitfield_size(s->t, i) };
	int64_t size;

	if (!ret.bits) {
		size = btf__resolve_size(btf, m->type);
		ret.data = bytes_part(data, off / 8, size < 0 ? SIZE_MAX : (size_t)size);
		ret.bit_off = 0;
	}
	return ret;
}

static uint64_t read_bits(struct bytes data, uint32_t off, uint32_t bits)
{
	unsigned __int128 window = 0;	/* 64 bits may touch 9 bytes */
	size_t first = off / 8, end = (off + bits + 7) / 8;

	memcpy(&window, data.p + first, end - first);
	window >>= off % 8;
	return bits == 64 ? (uint64_t)window : (uint64_t)window & ((1ull << bits) - 1);
}

static const char *enum_name(const struct btf *btf, const struct btf_type *t, uint64_t x)
{
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		if (btf_is_enum64(t) && btf_enum64_value(btf_enum64(t) + i) == x)
			return btf__name_by_offset(btf, btf_enum64(t)[i].name_off);
		if (btf_is_enum(t) && (uint32_t)btf_enum(t)[i].val == (uint32_t)x)
			return btf__name_by_offset(btf, btf_enum(t)[i].name_off);
	}
	return NULL;
}

static double real_of(uint64_t x, uint32_t bits)
{
	double d;
	float f;

	if (bits == 64) {
		memcpy(&d, &x, sizeof(d));
		return d;
	}
	memcpy(&f, &x, sizeof(f));
	return f;
}

static enum scalar_kind kind_of_int(const struct shape *s)
{
	bool is_signed = btf_is_int(s->t) ? btf_int_encoding(s->t) & BTF_INT_SIGNED :
					    btf_kflag(s->t);	/* an enum */

	if (s->unit == UNIT_KSYM)
		return SCALAR_KSYM;
	if (s->unit == UNIT_NS)
		return SCALAR_NS;
	if (btf_is_int(s->t) && btf_int_encoding(s->t) & BTF_INT_BOOL)
		return SCALAR_BOOL;
	return is_signed ? SCALAR_SIGNED : SCALAR_UNSIGNED;
}

struct scalar shape_scalar(const struct btf *btf, const struct shape *s, struct bytes data,
			   uint32_t bit_off, uint32_t bits)
{
	struct scalar r = { .data = data };

	bits = bits ? bits : 8 * s->size;
	if (!data.p || !bits || ((uint64_t)bit_off + bits + 7) / 8 > data.size)
		return r;
	if (bits > 64) {
		r.kind = SCALAR_WIDE;
		return r;
	}
	r.x = read_bits(data, bit_off, bits);
	if (btf_is_ptr(s->t)) {
		r.kind = SCALAR_HEX;
	} else if (btf_is_float(s->t)) {
		r.kind = bits == 64 || bits == 32 ? SCALAR_REAL : SCALAR_WIDE;
		r.real = real_of(r.x, bits);
	} else {
		r.kind = kind_of_int(s);
		if (r.kind == SCALAR_SIGNED)
			r.x = (uint64_t)((int64_t)(r.x << (64 - bits)) >> (64 - bits));
		r.name = btf_is_any_enum(s->t) ? enum_name(btf, s->t, r.x) : NULL;
		if (r.name)
			r.kind = SCALAR_NAME;
	}
	return r;
}

int shape_string_len(struct bytes data)
{
	size_t len = data.p ? strnlen((const char *)data.p, data.size) : 0;

	for (size_t i = 0; i < len; i++)
		if ((data.p[i] < 0x20 && !strchr("\t\n\r", data.p[i])) || data.p[i] >= 0x7f)
			return -1;
	for (size_t i = len; i < data.size; i++)
		if (data.p[i])
			return -1;
	return len;
}
