/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/btfraw.h"

#include <errno.h>
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
