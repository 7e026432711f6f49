/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/btfraw.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Kinds up to ENUM64 (19); sizes of what follows a type: fixed, and per element of its vlen. */
static const struct {
	uint8_t fixed, each;
} tails[] = {
	[BTF_KIND_INT] = { 4, 0 },
	[BTF_KIND_PTR] = { 0, 0 },
	[BTF_KIND_ARRAY] = { sizeof(struct btf_array), 0 },
	[BTF_KIND_STRUCT] = { 0, sizeof(struct btf_member) },
	[BTF_KIND_UNION] = { 0, sizeof(struct btf_member) },
	[BTF_KIND_ENUM] = { 0, sizeof(struct btf_enum) },
	[BTF_KIND_FWD] = { 0, 0 },
	[BTF_KIND_TYPEDEF] = { 0, 0 },
	[BTF_KIND_VOLATILE] = { 0, 0 },
	[BTF_KIND_CONST] = { 0, 0 },
	[BTF_KIND_RESTRICT] = { 0, 0 },
	[BTF_KIND_FUNC] = { 0, 0 },
	[BTF_KIND_FUNC_PROTO] = { 0, sizeof(struct btf_param) },
	[BTF_KIND_VAR] = { sizeof(struct btf_var), 0 },
	[BTF_KIND_DATASEC] = { 0, sizeof(struct btf_var_secinfo) },
	[16 /* FLOAT */] = { 0, 0 },
	[17 /* DECL_TAG */] = { 4, 0 },
	[18 /* TYPE_TAG */] = { 0, 0 },
	[19 /* ENUM64 */] = { 0, 12 },
};

int btfraw_init(struct btfraw *b, const void *data, size_t size)
{
	const uint8_t *p = data;
	struct btf_header h;

	if (size < sizeof(h))
		return -EINVAL;
	memcpy(&h, p, sizeof(h));
	if (h.magic != BTF_MAGIC || h.hdr_len < sizeof(h) || h.hdr_len > size)
		return -EINVAL;
	size -= h.hdr_len;
	p += h.hdr_len;
	if (h.type_off > size || h.type_len > size - h.type_off || h.str_off > size ||
	    h.str_len > size - h.str_off || !h.str_len)
		return -EINVAL;
	b->types = p + h.type_off;
	b->types_size = h.type_len;
	b->strs = (const char *)p + h.str_off;
	b->strs_size = h.str_len;
	return b->strs[b->strs_size - 1] ? -EINVAL : 0;
}

int btfraw_next(const struct btfraw *b, struct btfraw_iter *it)
{
	size_t left = b->types_size - it->next, len = sizeof(it->t);
	uint32_t kind;

	if (!left)
		return 0;
	if (left < len)
		return -EINVAL;
	it->off = it->next;
	memcpy(&it->t, b->types + it->off, sizeof(it->t));
	kind = BTF_INFO_KIND(it->t.info);
	if (!kind || kind >= sizeof(tails) / sizeof(tails[0]))
		return -EINVAL;
	len += tails[kind].fixed + (size_t)tails[kind].each * BTF_INFO_VLEN(it->t.info);
	if (left < len)
		return -EINVAL;
	it->next = it->off + len;
	it->id++;
	return 1;
}

const char *btfraw_str(const struct btfraw *b, uint32_t off)
{
	return off < b->strs_size ? b->strs + off : NULL;
}

/* -- Check --------------------------------------------------------------------------------- */

#define MAX_CHAIN 32	/* as deep as the kernel resolves */
#define ANY_KIND -1

struct check {
	const struct btfraw *b;
	uint8_t *kinds;		/* [id], 0 = void */
	uint32_t *refs;		/* [id]: what a modifier refers to */
	uint32_t nr;		/* ids, with void */
};

static bool good_ref(const struct check *c, uint32_t id, int kind)
{
	return id < c->nr && (kind == ANY_KIND || c->kinds[id] == kind);
}

static bool good_name(const struct check *c, uint32_t off)
{
	return off < c->b->strs_size;
}

static bool is_modifier(int kind)
{
	return kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_CONST || kind == BTF_KIND_VOLATILE ||
	       kind == BTF_KIND_RESTRICT || kind == 18 /* TYPE_TAG */;
}

static bool chain_ends(const struct check *c, uint32_t id)
{
	for (int i = 0; i < MAX_CHAIN; i++) {
		if (!is_modifier(c->kinds[id]))
			return true;
		id = c->refs[id];
	}
	return false;
}

/* What follows a type @len bytes apart each: {name, type, ...} with @name and @ref at these offsets. */
static bool good_tail(const struct check *c, const struct btfraw_iter *it, size_t len, int name_at,
		      int ref_at, int ref_kind)
{
	const uint8_t *p = c->b->types + it->off + sizeof(it->t);
	uint32_t v;

	for (uint32_t i = 0; i < BTF_INFO_VLEN(it->t.info); i++, p += len) {
		if (name_at >= 0) {
			memcpy(&v, p + name_at, sizeof(v));
			if (!good_name(c, v))
				return false;
		}
		if (ref_at >= 0) {
			memcpy(&v, p + ref_at, sizeof(v));
			if (!good_ref(c, v, ref_kind))
				return false;
		}
	}
	return true;
}

static bool good_array(const struct check *c, const struct btfraw_iter *it)
{
	struct btf_array a;

	memcpy(&a, c->b->types + it->off + sizeof(it->t), sizeof(a));
	return good_ref(c, a.type, ANY_KIND) && good_ref(c, a.index_type, ANY_KIND);
}

static bool good_type(const struct check *c, const struct btfraw_iter *it)
{
	int kind = BTF_INFO_KIND(it->t.info);

	if (!good_name(c, it->t.name_off))
		return false;
	switch (kind) {
	case BTF_KIND_ARRAY:
		return good_array(c, it);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return good_tail(c, it, sizeof(struct btf_member), 0, 4, ANY_KIND);
	case BTF_KIND_ENUM:
		return good_tail(c, it, sizeof(struct btf_enum), 0, -1, 0);
	case 19 /* ENUM64 */:
		return good_tail(c, it, 12, 0, -1, 0);
	case BTF_KIND_DATASEC:
		/* of .extern sections, functions as well */
		return good_tail(c, it, sizeof(struct btf_var_secinfo), -1, 0, ANY_KIND);
	case BTF_KIND_FUNC_PROTO:
		return good_ref(c, it->t.type, ANY_KIND) &&
		       good_tail(c, it, sizeof(struct btf_param), 0, 4, ANY_KIND);
	case BTF_KIND_FUNC:
		return good_ref(c, it->t.type, BTF_KIND_FUNC_PROTO);
	case BTF_KIND_PTR:
		return good_ref(c, it->t.type, ANY_KIND);
	case BTF_KIND_VAR:
	case 17 /* DECL_TAG */:
		return it->t.type && good_ref(c, it->t.type, ANY_KIND);
	default:
		return !is_modifier(kind) || (good_ref(c, it->t.type, ANY_KIND) && chain_ends(c, it->id));
	}
}

/* DATASEC entries are variables or functions; a variable's size is asked for by its type. */
static bool good_datasec(const struct check *c, const struct btfraw_iter *it)
{
	const uint8_t *p = c->b->types + it->off + sizeof(it->t);

	for (uint32_t i = 0; i < BTF_INFO_VLEN(it->t.info); i++) {
		struct btf_var_secinfo v;

		memcpy(&v, p + i * sizeof(v), sizeof(v));
		if (c->kinds[v.type] != BTF_KIND_VAR && c->kinds[v.type] != BTF_KIND_FUNC)
			return false;
	}
	return true;
}

static int learn(struct check *c)
{
	struct btfraw_iter it = {};
	int more;

	c->nr = 1;
	while ((more = btfraw_next(c->b, &it)) > 0)
		c->nr++;
	if (more < 0)
		return more;
	c->kinds = calloc(c->nr, sizeof(*c->kinds));
	c->refs = calloc(c->nr, sizeof(*c->refs));
	if (!c->kinds || !c->refs)
		return -ENOMEM;
	it = (struct btfraw_iter){};
	while (btfraw_next(c->b, &it) > 0) {
		c->kinds[it.id] = BTF_INFO_KIND(it.t.info);
		c->refs[it.id] = it.t.type < c->nr ? it.t.type : 0;
	}
	return 0;
}

int btfraw_check(const struct btfraw *b, uint32_t *bad)
{
	struct check c = { .b = b };
	struct btfraw_iter it = {};
	int err = learn(&c);

	*bad = 0;
	while (!err && btfraw_next(b, &it) > 0) {
		if (good_type(&c, &it) &&
		    (BTF_INFO_KIND(it.t.info) != BTF_KIND_DATASEC || good_datasec(&c, &it)))
			continue;
		*bad = it.id;
		err = -EINVAL;
	}
	free(c.kinds);
	free(c.refs);
	return err;
}
